"""Downloads that are cut: does any of them look whole?

cut.py KIND cuts seed size [server command ...]
KIND is the victim: master, sshd, session (of the FTP server), server, helper, helper_session; or
fake, none.
The file is `big` of that size (fake: whatever the scripted server sends). In every round a
tunnel of its own serves ROUND sessions, in all four modes, with and without SIZE before; at a
pseudo-random point of one of them the victim is killed with SIGKILL. What is counted, on the last line:
    tried      downloads that were running or over when the cut came
    cut        downloads of which something is missing
    lies       cut ones that looked whole: a clean end of file, and 2xx or no reply at all (where
               the server itself ended the data so and never said a word, no reply is no lie)
    clean      cut ones with a clean end of file, though a reply told of the failure
    broken     whole ones that looked cut (allowed when somebody was killed)
"""
import glob
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time

from rawftp import MODES, Raw
from slow import SLOW

ROUND = 8
ENV = os.environ
with open(ENV["RIG"] + "/data/big", "rb") as big:
    BIG = memoryview(big.read())


def fresh_tunnel():
    """ftp-over-ssh -N with a master of its own: its process and its port."""
    tunnel = subprocess.Popen(
        [ENV["FOS"], "-F", ENV["RIG"] + "/ssh_config", "-N", "-L", "0:" + ENV["FTP_AT"]] +
        ENV.get("CUT_OPTIONS", "").split() + ["rig"],
        stdout=subprocess.PIPE, stderr=open(ENV["RIG"] + "/log/cut-tunnel.err", "ab"), text=True)
    line = tunnel.stdout.readline()
    if not line.startswith("listening on"):
        sys.exit("cut: the tunnel does not start")
    return tunnel, int(line.split(",")[0].rsplit(":", 1)[1])


def parents():
    """pid -> its parent, of all processes."""
    found = {}
    for stat in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(stat) as f:
                pid, rest = f.read().split(" ", 1)
        except OSError:
            continue
        found[int(pid)] = int(rest.rsplit(")", 1)[1].split()[1])
    return found


def children(pid):
    of = parents()
    found = [pid]
    for parent in found:
        found += [p for p in of if of[p] == parent]
    return found[1:]


def children_of(pid):
    of = parents()
    return [p for p in of if of[p] == pid]


def is_helper(pid):
    """Also where valgrind runs it."""
    with open("/proc/%d/cmdline" % pid) as f:
        return any(word.endswith("/ftp-over-ssh-helper") for word in f.read().split("\0"))


def master_pid(tunnel):
    for path in glob.glob("%s/ftp-over-ssh/m%d.*" % (ENV["XDG_RUNTIME_DIR"], tunnel.pid)):
        done = subprocess.run(["ssh", "-O", "check", "-S", path, "none"],
                              capture_output=True, text=True)
        if "pid=" in done.stderr:
            return int(done.stderr.split("pid=")[1].split(")")[0])
    sys.exit("cut: no master")


class Server:
    """The FTP server: the rig's at first, started again by us when we have killed it."""

    def __init__(self, command):
        self.command = command
        self.pid = int(ENV["FTP_PID"])
        self.process = None

    def start_again(self):
        if self.process:
            self.process.wait()
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        self.pid = self.process.pid
        deadline = time.time() + 20 * SLOW
        while time.time() < deadline:
            try:
                with socket.create_connection((ENV["FTP_ADDR"], int(ENV["FTP_PORT"])), 5) as s:
                    if s.recv(3) == b"220":
                        return
            except OSError:
                pass
            time.sleep(0.02)
        sys.exit("cut: the server does not start again")

    def stop(self):
        if self.process:
            for pid in children(self.pid) + [self.pid]:
                kill(pid)
            self.process.wait()


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


class Download(threading.Thread):
    def __init__(self, mode, sized, name, size, point, hold, cutter):
        super().__init__()
        self.mode, self.sized, self.name_, self.size, self.point = mode, sized, name, size, point
        self.hold, self.cutter = hold, cutter
        self.got, self.same, self.end, self.reply, self.failed = 0, True, None, None, None
        self.silent = False
        self.start()

    def run(self):
        try:
            self.fetch()
        except OSError as why:
            self.failed = why
            self.cutter.begun()
        self.cutter.reached()

    def fetch(self):
        ftp = Raw()
        data = ftp.transfer(self.mode, "RETR " + self.name_, self.sized)
        self.take(data)
        self.cutter.begun()
        told = False
        while self.end is None:
            if self.got >= self.point and not told:
                told = True
                self.cutter.reached()
                if self.hold:
                    self.cutter.done.wait(20 * SLOW)
            self.take(data)
        data.close()
        self.reply = self.final(ftp)
        ftp.close()

    def final(self, ftp):
        """None also where there is no answer at all (fake's "none")."""
        ftp.control.settimeout(5 * SLOW)
        try:
            return ftp.final()
        except socket.timeout:
            self.silent = True
            return None

    def take(self, data):
        try:
            block = data.recv(1 << 16)
        except OSError as why:
            self.end = "timeout" if isinstance(why, socket.timeout) else "reset"
            return
        if not block:
            self.end = "eof"
        self.same = self.same and block == BIG[self.got:self.got + len(block)]
        self.got += len(block)

    def looks_whole(self):
        return self.end == "eof" and (self.reply is None or self.reply[0] == "2")

    def is_as_served(self):
        """The scripted server ends the data before its time and then stays silent, to whom it may
        concern: the client sees just that, and no success."""
        return self.name_.startswith("none-") and self.silent and self.reply is None


class Cutter:
    """Counts the downloads that have begun, and those that have come to their point; lets
    them run once the victims are known, and the hammer fall."""

    def __init__(self, wanted):
        self.count, self.wanted, self.started = 0, wanted, 0
        self.go, self.due, self.done = threading.Event(), threading.Event(), threading.Event()
        self.all_begun, self.lock = threading.Event(), threading.Lock()

    def begun(self):
        with self.lock:
            self.started += 1
            if self.started == ROUND:
                self.all_begun.set()
        self.go.wait(30 * SLOW)

    def reached(self):
        with self.lock:
            self.count += 1
            if self.count >= self.wanted:
                self.due.set()

    def cut(self, victims, pause):
        self.go.set()
        self.due.wait(30 * SLOW)
        if pause:
            time.sleep(pause)
        for pid in victims:
            kill(pid)
        self.done.set()


class Tally:
    def __init__(self, size):
        self.size = size
        self.tried = self.cut = self.lies = self.clean = self.broken = self.never = self.hung = 0

    def add(self, d):
        if d.failed is not None:
            self.never += 1
            print("never began: %s %s: %r" % (d.name_, d.mode, d.failed))
            return
        if d.end is None:
            sys.exit("cut: its own thread has died: %s %s" % (d.name_, d.mode))
        self.tried += 1
        self.hung += d.end == "timeout" or (d.silent and not d.name_.startswith("none"))
        if d.silent:
            print("silent: %s %s, %d bytes, %s" % (d.name_, d.mode, d.got, d.end))
        if d.got == self.size and d.same:
            self.broken += not d.looks_whole()
            return
        self.cut += 1
        if d.is_as_served():
            return
        if d.looks_whole():
            self.lies += 1
            print("lie: %s, %d of %d bytes, reply %r" % (d.mode, d.got, self.size, d.reply))
        elif d.end == "eof":
            self.clean += 1
            print("clean end: %s, %d of %d bytes, reply %r" % (d.mode, d.got, self.size, d.reply))

    def report(self):
        names = ("tried", "cut", "lies", "clean", "broken", "never", "hung")
        print(" ".join("%s=%d" % (n, getattr(self, n)) for n in names))


def point_of(rng, size):
    """Anywhere; often near the end, where data, end of file and reply meet."""
    return rng.randrange(size) if rng.random() < 0.6 else size - rng.randrange(min(size, 150000))


def victims_of(kind, tunnel, server):
    if kind == "master":
        return [master_pid(tunnel)]
    if kind == "helper":  # both processes of every one
        return [p for p in children(tunnel.pid) if is_helper(p)]
    if kind == "helper_session":
        return [p for p in children(tunnel.pid) if p not in children_of(tunnel.pid) and
                is_helper(p)]
    if kind == "sshd":
        return children(int(ENV["SSHD_PID"]))
    return children(server.pid) + ([server.pid] if kind == "server" else [])


def one_round(kind, rng, size, server, tally):
    tunnel, port = fresh_tunnel()
    ENV["AT_ADDR"], ENV["AT_PORT"] = "127.0.0.1", str(port)
    cutter = Cutter(rng.randrange(1, ROUND + 1))
    name = "big"
    if kind in ("fake", "none"):
        cutter.go.set()
        cutter.done.set()
    running = []
    for n in range(ROUND):
        if kind == "fake":
            name = "%s-%d-%d" % (rng.choice(("426", "451", "550", "none", "lost", "421", "early",
                                             "bare")),
                                 rng.randrange(size), rng.randrange(2))
        running.append(Download(MODES[n % 4], n % 8 < 4, name, size, point_of(rng, size),
                                rng.random() < 0.5, cutter))
    if kind not in ("fake", "none"):
        cutter.all_begun.wait(30 * SLOW)
        cutter.cut(victims_of(kind, tunnel, server), rng.choice((0, rng.random() * 0.004)))
    for d in running:
        d.join()
        tally.add(d)
    tunnel.terminate()
    tunnel.wait(15 * SLOW)
    if kind == "server":
        server.start_again()


def main():
    kind, cuts, seed, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    rng = random.Random("%s-%d" % (kind, seed))
    server = Server(sys.argv[5:])
    tally = Tally(size)
    for _ in range(-(-cuts // ROUND)):
        one_round(kind, rng, size, server, tally)
    server.stop()
    tally.report()


main()
