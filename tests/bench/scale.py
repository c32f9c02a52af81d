"""Many sessions on one tunnel: their start, their memory, and transfers side by side."""
import os
import time

from client import Client
from lab import descendants, free_port, private_memory
from report import median, plot, table

GOAL_START_MS, GOAL_MIB, GOAL_TRANSFERS_S = 1.0, 0.2, 60


def greeting(port):
    """Seconds from connect to the server's greeting, and the session."""
    start = time.monotonic()
    client = Client(port)
    return time.monotonic() - start, client


def starts(port, count):
    took = []
    for _ in range(count):
        seconds, client = greeting(port)
        client.close()
        took.append(1000 * seconds)
    return took


def side_by_side(clients, size):
    """A transfer in each session, all of them open before the first one is read."""
    open_ones = [(c, c.begin_passive(b"%d" % size)) for c in clients]
    for client, data in open_ones:
        client.finish(data, size)


def accepts(lab, at, port, steps):
    """[(sessions beside it, ms)] from connect to the first word of a helper that does nothing but
    say it: what the tunnel itself and the start of a program take, without ssh."""
    helper, real = lab.path("helper"), lab.env["FTP_OVER_SSH_HELPER"]
    with open(helper, "w") as f:
        f.write("#!/bin/sh\necho 220 here\nread -r line\n")
    os.chmod(helper, 0o755)
    lab.env["FTP_OVER_SSH_HELPER"] = helper
    tunnel, (through,) = lab.tunnel("-S", at, targets=[port])
    lab.env["FTP_OVER_SSH_HELPER"] = real
    clients, found = [], []
    for n in steps:
        while len(clients) < n:
            clients.append(greeting(through)[1])
        found.append((n, median(starts(through, 20))))
    for c in clients:
        c.close()
    lab.stop(tunnel)
    return found


def run(lab, quick, out):
    steps = (1, 10, 100) if quick else (1, 10, 100, 1000)
    server, (port,) = lab.program("quickftpd")
    static = free_port()
    master, at = lab.master("scale", "-L", "127.0.0.1:%d:127.0.0.1:%d" % (static, port))
    lab.speed_up(at)
    tunnel, (through,) = lab.tunnel("-S", at, targets=[port])
    clients, ours, theirs = [], [], []
    for n in steps:
        while len(clients) < n:
            clients.append(greeting(through)[1])
        mine, plain = starts(through, 20), starts(static, 20)
        if n == 1:
            extra = [a - b for a, b in zip(mine, plain)]
        ours.append((n, median(mine)))
        theirs.append((n, median(plain)))
    own = descendants(tunnel.pid)
    per_session = sum(map(private_memory, own)) / len(clients) / 1048576
    start = time.monotonic()
    side_by_side(clients, 65536)
    took = time.monotonic() - start
    for c in clients:
        c.close()
    lab.stop(tunnel)
    helper = accepts(lab, at, port, steps)
    for p in (master, server):
        lab.stop(p)
    out.section("Many sessions on one tunnel", table(
        ["idle sessions beside it", "connect to greeting, ssh -L (ms)", "ftp-over-ssh (ms)",
         "accept to helper (ms)"],
        [[n, "%.2f" % b, "%.2f" % a, "%.2f" % h]
         for (n, a), (_, b), (_, h) in zip(ours, theirs, helper)]))
    plot(out.path("sessions.svg"), "From connect to the FTP server's greeting",
         "idle sessions beside it", "ms",
         [("ftp-over-ssh", ours), ("ssh -L, by hand", theirs),
          ("accept to helper alone", helper)], log_x=True)
    out.text("![sessions](sessions.svg)")
    out.brief("start of a session beside %d others, ms" % steps[-1], [ours[-1][1]], "ssh -L",
              [theirs[-1][1]])
    out.figure("start of a session on top of ssh's own channel", extra, GOAL_START_MS, " ms")
    out.figure("private memory of an idle session, both processes (%d of them)" % len(clients),
               [per_session], GOAL_MIB, " MiB")
    out.figure("%d transfers of 64 KiB at once, all right" % len(clients), [took],
               GOAL_TRANSFERS_S, " s")
