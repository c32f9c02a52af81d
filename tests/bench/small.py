"""Many small files over one control connection, by a client of our own: curl 7.88 waits a second
whenever the answer to EPSV is there at once.

sshd sends small packets at once only after a command has run on the connection: ssh -D is measured
on one where that has happened, and so is ftp-over-ssh where it uses that one. Where it makes its
own, nothing is set: that is what a user gets."""
import os
import time

from client import Client
from lab import free_port
from quickftpd import content
from report import median, ratios, spread, table

SIZE = 1000
DEFAULT, SOCKS = "ftp-over-ssh, passive", "ssh -D (SOCKS), passive"


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


def run(lab, quick, out):
    count, rounds = (60, 2) if quick else (500, 7)
    for i in range(count):
        with open(lab.path("ftp", "f%d" % i), "wb") as f:
            f.write(content(SIZE))
    port = lab.vsftpd("pasv_min_port=10000", "pasv_max_port=19999") # away from TIME_WAIT
    socks = free_port()
    _, at = lab.master("small", "-D", "127.0.0.1:%d" % socks)
    lab.speed_up(at)
    tunnel, (ours,) = lab.tunnel(targets=[port])
    guest, (theirs,) = lab.tunnel("-S", at, targets=[port])
    peers = {"direct FTP, passive": (False, port), "direct FTP, active": (True, port),
             SOCKS: (False, port, socks), DEFAULT: (False, ours),
             "ftp-over-ssh, active": (True, ours),
             "ftp-over-ssh, passive, a master of the user's": (False, theirs),
             "ftp-over-ssh, active, a master of the user's": (True, theirs)}
    took = {peer: [] for peer in peers}
    for i in range(rounds + 1):
        for peer, args in peers.items():
            speed = fetch(count, *args)
            if i > 0:
                took[peer].append(speed)
    for process in (tunnel, guest):
        lab.stop(process)
    for i in range(count):
        os.unlink(lab.path("ftp", "f%d" % i))
    out.section("%d files of %d bytes, one control connection" % (count, SIZE), table(
        ["peer", "ms per file"],
        [[p, "%.2f ±%.0f %%" % (median(took[p]), spread(took[p]))] for p in peers]))
    for name, a, b, goal in (
            ("small files, nothing set, time over that of ssh -D", DEFAULT, SOCKS, 1.0),
            ("small files, a master of the user's, time over that of ssh -D",
             "ftp-over-ssh, passive, a master of the user's", SOCKS, 1.0),
            ("small files, active over passive", "ftp-over-ssh, active", DEFAULT, 1.3)):
        out.figure(name, ratios(took[a], took[b]), goal)
    out.brief("%d small files, nothing set, ms per file" % count, took[DEFAULT],
              "ssh -D after a command", took[SOCKS])
