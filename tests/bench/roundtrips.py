"""Round trips: the same transfers over lines of different length. A relay delays; what it does
not delay, the handshake of a TCP connection made directly, the client waits for itself."""
import time

from client import Client
from lab import free_port
from report import median, table


def timed(client, active, count):
    took = []
    for _ in range(count):
        start = time.monotonic()
        client.get(100, active)
        took.append(time.monotonic() - start)
    return took


def direct(lab, rtt, port, passive, active, count):
    active_port = free_port()
    relay, ports = lab.program("slowpipe", rtt * 500, 4, port, passive, active_port)
    client = Client(ports[0], lambda trips: time.sleep(trips * rtt), ports[1], ports[2])
    client.listen(active_port)
    took = timed(client, active, count)
    client.close()
    lab.stop(relay)
    return took


def tunnelled(lab, rtt, port, active, count, *options):
    relay, (slow,) = lab.program("slowpipe", rtt * 500, 4, lab.sshd_port)
    host = "slow%d" % slow
    lab.ssh_host(host, slow)
    tunnel, (through,) = lab.tunnel("-o", "FtpNoDelay=yes", *options, targets=[port], host=host)
    time.sleep(4 * rtt) # FtpNoDelay works beside us
    client = Client(through)
    took = timed(client, active, count)
    client.close()
    lab.stop(tunnel)
    lab.stop(relay)
    return took


def run(lab, quick, out):
    delays, count = ((0.025,), 5) if quick else ((0.025, 0.1), 9)
    passive = free_port()
    server, (port,) = lab.program("quickftpd", passive)
    rows = []
    for rtt in delays:
        for active in (False, True):
            mode = "active" if active else "passive"
            plain = direct(lab, rtt, port, passive, active, count)
            ours = tunnelled(lab, rtt, port, active, count)
            trips = [median(t[1:]) / rtt for t in (plain, ours)]
            first = [t[0] / rtt for t in (plain, ours)]
            rows.append(["%d ms" % (rtt * 1000), mode] + ["%.1f" % x for x in (
                first[0], trips[0], first[1], trips[1])])
            out.figure("round trips beyond direct FTP, %s, %d ms" % (mode, rtt * 1000),
                       [(a - b) / rtt for a, b in zip(ours[1:], plain[1:])], 0.25)
            if rtt == delays[-1]:
                out.brief("round trips of a transfer, %s, %d ms" % (mode, rtt * 1000), [trips[1]],
                          "direct FTP", [trips[0]])
    lab.stop(server)
    out.section("Round trips of a transfer, from PASV or PORT to 226", table(
        ["round trip", "mode", "direct, first", "direct, next", "ftp-over-ssh, first",
         "ftp-over-ssh, next"], rows))
