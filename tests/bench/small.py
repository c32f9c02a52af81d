"""Many small files over one control connection."""
import os

from lab import free_port
from report import median, spread, table, verdict

SIZE, SLOW = 1000, 10


def run(lab, quick, out):
    count, rounds = (60, 1) if quick else (500, 3)
    for i in range(count):
        lab.publish("f%d" % i, SIZE)
    port = lab.vsftpd("pasv_min_port=10000", "pasv_max_port=19999") # away from TIME_WAIT
    socks = free_port()
    _, at = lab.master("small", "-D", "127.0.0.1:%d" % socks)
    plain, (through,) = lab.tunnel("-S", at, targets=[port])
    fast, (nodelay,) = lab.tunnel("-o", "FtpNoDelay=yes", targets=[port])
    names = "f[0-%d]" % (count - 1)

    def curl(at_port, *more):
        return ["curl", "-sS", *more, "-o", "/dev/null",
                "ftp://127.0.0.1:%d/%s" % (at_port, names)]
    peers = {
        "direct FTP, passive": curl(port),
        "direct FTP, active": curl(port, "-P", "127.0.0.1"),
        "ssh -D (SOCKS), passive": curl(port, "--socks5", "127.0.0.1:%d" % socks),
        "ftp-over-ssh, passive": curl(through),
        "ftp-over-ssh, active": curl(through, "-P", "127.0.0.1"),
        "ftp-over-ssh, FtpNoDelay=yes, passive": curl(nodelay),
        "ftp-over-ssh, FtpNoDelay=yes, active": curl(nodelay, "-P", "127.0.0.1")}
    took = {peer: [] for peer in peers}
    for i in range(rounds):
        for peer, command in peers.items():
            if i == 0 or took[peer][0] < SLOW: # those wait for timers, always the same ones
                took[peer].append(lab.together([command]))
    lab.stop(plain)
    lab.stop(fast)
    for i in range(count):
        os.unlink(lab.path("ftp", "f%d" % i))
    mid = {peer: median(t) for peer, t in took.items()}
    out.section("%d files of %d bytes, one control connection" % (count, SIZE), table(
        ["peer", "s", "ms per file"],
        [[p, "%.2f ±%.0f %%" % (mid[p], spread(took[p])), "%.2f" % (1000 * mid[p] / count)]
         for p in peers]))
    for name, a, b, goal in (
            ("small files, time over that of ssh -D", "ftp-over-ssh, passive",
             "ssh -D (SOCKS), passive", 1.0),
            ("small files, active over passive", "ftp-over-ssh, active",
             "ftp-over-ssh, passive", 1.3),
            ("small files, active over passive, FtpNoDelay=yes",
             "ftp-over-ssh, FtpNoDelay=yes, active", "ftp-over-ssh, FtpNoDelay=yes, passive",
             1.3)):
        value = mid[a] / mid[b]
        out.figure(name, "%.2f" % value, verdict(value, goal))
    out.brief("%d small files" % count, ["seconds"],
              {p: ["%.2f" % mid[p]] for p in peers})
