"""Many small files over one control connection, by a client of our own: curl 7.88 waits a second
whenever the answer to EPSV is there at once.

sshd sends small packets at once only after a command has run on the connection. Two masters:
one on which that has happened, as on any that somebody works on, and one as ssh -N makes it."""
import os
import time

from client import Client
from lab import free_port
from quickftpd import content
from report import median, spread, table, verdict

SIZE = 1000


def fetch(count, active, port, socks=None):
    """Milliseconds per file."""
    client = Client(port, socks=socks)
    client.login()
    start = time.monotonic()
    for i in range(count):
        client.get(SIZE, active, b"f%d" % i)
    took = time.monotonic() - start
    client.close()
    return 1000 * took / count


def peers_of(lab, name, port, speed_up):
    socks = free_port()
    _, at = lab.master("small" + name, "-D", "127.0.0.1:%d" % socks)
    if speed_up:
        lab.speed_up(at)
    tunnel, (through,) = lab.tunnel("-S", at, targets=[port])
    return tunnel, {"ssh -D (SOCKS), passive" + name: (False, port, socks),
                    "ftp-over-ssh, passive" + name: (False, through),
                    "ftp-over-ssh, active" + name: (True, through)}


def run(lab, quick, out):
    count, rounds = (60, 2) if quick else (500, 7)
    for i in range(count):
        with open(lab.path("ftp", "f%d" % i), "wb") as f:
            f.write(content(SIZE))
    port = lab.vsftpd("pasv_min_port=10000", "pasv_max_port=19999") # away from TIME_WAIT
    slow = ", ssh -N"
    worked, fast_peers = peers_of(lab, "", port, True)
    idle, slow_peers = peers_of(lab, slow, port, False)
    peers = {"direct FTP, passive": (False, port), "direct FTP, active": (True, port),
             **fast_peers, **slow_peers}
    took = {peer: [] for peer in peers}
    for i in range(rounds + 1):
        for peer, args in peers.items():
            if not peer.endswith(slow):
                took[peer].append(fetch(count, *args))
            elif i == 1: # they wait for timers, always the same ones
                took[peer].append(fetch(count // 5, *args))
    lab.stop(worked)
    lab.stop(idle)
    for i in range(count):
        os.unlink(lab.path("ftp", "f%d" % i))
    mid = {peer: median(t[1:] or t) for peer, t in took.items()}
    out.section("%d files of %d bytes, one control connection" % (count, SIZE), table(
        ["peer", "ms per file"],
        [[p, "%.2f ±%.0f %%" % (mid[p], spread(took[p][1:] or took[p]))] for p in peers]))
    for name, a, b, goal in (
            ("small files, time over that of ssh -D", "ftp-over-ssh, passive",
             "ssh -D (SOCKS), passive", 1.0),
            ("small files, active over passive", "ftp-over-ssh, active",
             "ftp-over-ssh, passive", 1.3)):
        for where in ("", slow):
            value = mid[a + where] / mid[b + where]
            out.figure(name + where, "%.2f" % value, verdict(value, goal))
    out.brief("%d small files" % count, ["ms per file"], {p: ["%.2f" % mid[p]] for p in peers})
