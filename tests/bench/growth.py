"""Does a data channel cost more when a tunnel has had many? And what does one cost?"""
import time

from client import Client
from lab import cpu, descendants
from report import plot, table

SESSIONS, SIZE, PLOTTED = 4, 100, 100
GOAL_GROWTH, GOAL_CPU_MS = 1.2, 0.2


def drive(lab, method, active, count, seconds):
    """Transfers in windows, sessions in turn, until there were so many or time is up:
    [(channels so far, wall, own CPU, ssh's CPU)], times in ms per channel."""
    server, (port,) = lab.program("quickftpd")
    master, at = lab.master("growth-%s-%s" % (method, active))
    lab.speed_up(at)
    before = set(descendants(lab.sshd.pid))
    tunnel, (through,) = lab.tunnel("-S", at, "-o", "FtpForward=" + method, targets=[port])
    clients = [Client(through) for _ in range(SESSIONS)]
    for c in clients:
        c.login()
        for _ in range(5):
            c.get(SIZE, active)
    own = descendants(tunnel.pid)
    ssh = [master.pid, *before]
    window, points, end = count // PLOTTED, [], time.monotonic() + seconds
    for i in range(PLOTTED):
        if time.monotonic() > end:
            break
        start, cpu_own, cpu_ssh = time.monotonic(), cpu(own), cpu(ssh)
        for _ in range(window):
            clients[i % SESSIONS].get(SIZE, active)
        points.append(((i + 1) * window, *(1000 * x / window for x in (
            time.monotonic() - start, cpu(own) - cpu_own, cpu(ssh) - cpu_ssh))))
    for c in clients:
        c.close()
    for p in (tunnel, master, server):
        lab.stop(p)
    return points


def mean(points, column):
    return sum(p[column] for p in points) / len(points)


def run(lab, quick, out):
    few, many = (2500, 5000) if quick else (10000, 100000)
    limits = (8, 8, 5, 5) if quick else (150, 150, 40, 40)
    plan = [("proxy", False, many), ("proxy", True, many), ("mux", False, few), ("mux", True, few)]
    rows, series = [], []
    for (method, active, count), seconds in zip(plan, limits):
        points = drive(lab, method, active, count, seconds)
        count = points[-1][0]
        name = "%s, %s" % (method, "active" if active else "passive")
        n = max(1, len(points) // 25)
        first, last = points[:n], points[-n:]
        growth = [mean(last, c) / mean(first, c) for c in (1, 2, 3)]
        rows.append([name, count] + ["%.2f → %.2f" % (mean(first, c), mean(last, c))
                                     for c in (1, 2, 3)] + ["%.2f" % growth[0]])
        series.append((name, [(p[0], p[1]) for p in points]))
        if method == "proxy":
            out.figure("channel %d over the first, %s" % (count, name), [growth[0]], GOAL_GROWTH)
            out.figure("own CPU time per data channel, %s" % name, [p[2] for p in points],
                       GOAL_CPU_MS, " ms")
            if not active:
                out.brief("small transfer no. %d, ms" % count, [mean(last, 1)], "the first one",
                          [mean(first, 1)])
                out.brief("CPU time of a small transfer, ms", [mean(points, 2)], "ssh's and sshd's",
                          [mean(points, 3)])
    out.section("Cost of a data channel while a tunnel has more and more of them, ms", table(
        ["FtpForward, client", "channels", "wall clock, first → last", "own CPU",
         "ssh and sshd CPU", "growth"], rows))
    plot(out.path("growth.svg"), "One small transfer, while a tunnel has had many",
         "data channels so far", "ms of wall clock", series)
    out.text("![growth](growth.svg)")
