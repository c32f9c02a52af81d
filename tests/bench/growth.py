"""Does a data channel cost more when a tunnel has had many? And what does one cost?"""
import time

from client import Client
from lab import cpu, descendants, private_memory
from report import plot, table

SESSIONS, SIZE, PLOTTED = 4, 100, 100
WALL, OWN, SSH, MEMORY, MASTER = range(1, 6)
GOAL_GROWTH, GOAL_CPU_MS = 1.2, 0.2


def mib(pids):
    return sum(map(private_memory, pids)) / 1048576


def drive(lab, method, active, count, seconds):
    """Transfers in windows, sessions in turn, until there were so many or time is up:
    [(channels so far, wall, own CPU, ssh's CPU, own memory, the master's)], times in ms per
    channel, memory in MiB."""
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
            time.monotonic() - start, cpu(own) - cpu_own, cpu(ssh) - cpu_ssh)),
            mib(own), mib([master.pid])))
    for c in clients:
        c.close()
    for p in (tunnel, master, server):
        lab.stop(p)
    return points


def mean(points, column):
    return sum(p[column] for p in points) / len(points)


class Course:
    """What one of these runs has shown: its first and its last 25th part, and all points."""

    def __init__(self, lab, method, active, count, seconds):
        self.method, self.active = method, active
        self.name = "%s, %s" % (method, "active" if active else "passive")
        self.points = drive(lab, method, active, count, seconds)
        self.count = self.points[-1][0]
        n = max(1, len(self.points) // 25)
        self.first, self.last = self.points[:n], self.points[-n:]
        self.growth = mean(self.last, WALL) / mean(self.first, WALL)

    def row(self):
        ends = [(mean(self.first, c), mean(self.last, c)) for c in (WALL, OWN, SSH, MEMORY, MASTER)]
        return ([self.name, self.count] + ["%.2f → %.2f" % e for e in ends[:3]] +
                ["%.1f → %.1f" % e for e in ends[3:]] + ["%.2f" % self.growth])

    def lines(self, all_of_it):
        """To be plotted."""
        said = {WALL: "wall clock", OWN: "own CPU time", SSH: "CPU time of ssh and sshd"}
        return [("%s: %s" % (self.name, said[c]), [(p[0], p[c]) for p in self.points])
                for c in said if all_of_it or c == WALL]

    def figures(self, out):
        out.figure("channel %d over the first, %s" % (self.count, self.name), [self.growth],
                   GOAL_GROWTH)
        out.figure("own CPU time per data channel, " + self.name, [p[OWN] for p in self.points],
                   GOAL_CPU_MS, " ms")

    def briefs(self, out):
        out.brief("small transfer no. %d, ms" % self.count, [mean(self.last, WALL)],
                  "the first one", [mean(self.first, WALL)])
        out.brief("CPU time of a small transfer, ms", [mean(self.points, OWN)],
                  "ssh's and sshd's", [mean(self.points, SSH)])


def show(out, courses, picture):
    out.section("Cost of a data channel while a tunnel has more and more of them", table(
        ["FtpForward, client", "channels", "wall clock, ms, first → last", "own CPU, ms",
         "ssh and sshd CPU, ms", "own memory, MiB", "the master's, MiB", "growth"],
        [c.row() for c in courses]))
    plot(out.path(picture), "One small transfer, while a tunnel has had many",
         "data channels so far", "ms",
         [line for c in courses for line in c.lines(len(courses) == 1)])
    out.text("![growth](%s)" % picture)


def run(lab, quick, out):
    few, many = (1000, 2000) if quick else (10000, 100000)
    limits = (4, 4, 4, 4) if quick else (150, 150, 40, 40)
    plan = [("proxy", False, many), ("proxy", True, many), ("mux", False, few), ("mux", True, few)]
    courses = [Course(lab, *what, seconds) for what, seconds in zip(plan, limits)]
    for c in courses:
        if c.method == "proxy":
            c.figures(out)
    courses[0].briefs(out)
    show(out, courses, "growth.svg")
