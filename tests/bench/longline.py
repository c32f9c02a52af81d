"""One transfer over a long line: what a channel's window (ours grows, those of ssh -L, ssh -D and
sftp are 2 MiB) leaves of it. The TCP connection under it may have 64 MiB under way, as that between
two hosts with large buffers, or 4, as Linux begins with."""
from lab import free_port
from report import median, plot, ratios, spread, table

WIDE, PLAIN = 64, 4
LONGER = 8
# round trip in ms, what may be under way in MiB, rounds
LINES = [(25, WIDE, 3), (50, WIDE, 1), (100, WIDE, 3), (200, WIDE, 1), (300, WIDE, 1),
         (100, PLAIN, 2)]
OURS, PEERS = "ftp-over-ssh", ("ssh -L", "ssh -D", "sftp")


def amount(rtt):
    """MiB that take about four seconds at 2 MiB each round trip, and not too many."""
    return min(64, 6400 // rtt)


class Line:
    def __init__(self, lab, rtt, width, port, passive=None):
        self.lab, self.port, self.mib = lab, port, amount(rtt)
        self.relay, (slow,) = lab.program("slowpipe", rtt / 2, width, lab.sshd_port)
        self.host, self.socks = "far%d" % slow, free_port()
        lab.ssh_host(self.host, slow)
        forwards = ["-D", "127.0.0.1:%d" % self.socks]
        for p in filter(None, (port, passive)):
            forwards += ["-L", "127.0.0.2:%d:127.0.0.1:%d" % (p, p)]
        self.master, self.at = lab.master(self.host, *forwards, host=self.host)
        lab.speed_up(self.at, self.host)
        self.tunnel, (self.through,) = lab.tunnel(targets=[port], host=self.host)

    def command(self, peer, direction, name):
        path = self.lab.path("ftp", name)
        if peer == "sftp":
            batch = self.lab.path("batch")
            with open(batch, "w") as f:
                print("get %s /dev/null" % path if direction == "GET" else
                      "put %s %s.up" % (path, path), file=f)
            return ["sftp", "-q", "-F", self.lab.ssh_config, "-o", "ControlPath=" + self.at,
                    "-b", batch, self.host]
        host, port = {"ssh -L": ("127.0.0.2", self.port), "ssh -D": ("127.0.0.1", self.port),
                      OURS: ("127.0.0.1", self.through)}[peer]
        url = "ftp://%s:%d/%s" % (host, port, name)
        socks = ["--socks5", "127.0.0.1:%d" % self.socks] if peer == "ssh -D" else []
        what = ["-o", "/dev/null", url] if direction == "GET" else ["-T", path, url + ".up"]
        return ["curl", "-sS", *socks, *what]

    def speed(self, peer, direction):
        """As long as the others take: what comes before the first byte weighs the same then."""
        mib = self.mib * (LONGER if peer == OURS and direction == "GET" else 1)
        took = self.lab.together([self.command(peer, direction, "long%d" % mib)])
        return mib * 1.048576 / took

    def close(self):
        for process in (self.tunnel, self.master, self.relay):
            self.lab.stop(process)


def figures(out, rtt, width, got):
    line = "%d ms" % rtt if width == WIDE else "%d ms, %d MiB of TCP" % (rtt, width)
    for direction in ("GET", "PUT"):
        ours = got[direction, OURS]
        for peer in PEERS:
            limit = 0.95 if direction == "PUT" or width == PLAIN else 7 if rtt == 100 else 1
            out.figure("%s ×1, %s, speed over that of %s" % (direction, line, peer),
                       ratios(ours, got[direction, peer]), limit, at_most=False)
        if rtt == 100 and width == WIDE:
            out.brief("%s over a line of %s, MB/s" % (direction, line), ours, "ssh -L",
                      got[direction, "ssh -L"])


def pictures(out, got):
    """{(round trip, width): {(direction, peer): [MB/s]}}, of the wide lines."""
    wide = [(rtt, speeds) for (rtt, width), speeds in got.items() if width == WIDE]
    for direction in ("GET", "PUT"):
        picture = "longline-%s.svg" % direction
        plot(out.path(picture), "One %s over a long line" % direction, "round trip, ms", "MB/s",
             [(peer, [(rtt, median(speeds[direction, peer])) for rtt, speeds in wide])
              for peer in (OURS, *PEERS)])
        out.text("![%s over long lines](%s)" % (direction, picture))


def run(lab, quick, out):
    lines = [(25, WIDE, 1)] if quick else LINES
    for mib in {amount(rtt) for rtt, _, _ in lines}:
        for size in (mib, LONGER * mib):
            lab.publish("long%d" % size, size << 20)
    passive = free_port()
    port = lab.vsftpd(passive=passive)
    got = {}
    for rtt, width, rounds in lines:
        line, speeds = Line(lab, rtt, width, port, passive), {}
        for _ in range(rounds):
            for direction in ("GET", "PUT"):
                for peer in (*PEERS, OURS):
                    speeds.setdefault((direction, peer), []).append(line.speed(peer, direction))
        line.close()
        figures(out, rtt, width, speeds)
        got[rtt, width] = speeds
    out.section("One transfer over a long line, MB/s", table(
        ["round trip, TCP buffers", "", *PEERS, OURS],
        [["%d ms, %d MiB" % line, direction] + ["%.0f ±%.0f %%" % (
            median(speeds[direction, peer]), spread(speeds[direction, peer]))
            for peer in (*PEERS, OURS)]
         for line, speeds in got.items() for direction in ("GET", "PUT")]))
    if not quick:
        pictures(out, got)
