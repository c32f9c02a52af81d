"""Random cuts, of downloads and uploads: who takes a part for the whole?

anycut.py COUNT SEED    at least so many transfers are cut; $JOBS rounds at once
A round has a tunnel of its own (-L or -R, proxy or mux) and ROUND transfers in all four modes. When some
of them have come to their points one victim is killed with SIGKILL: the link between ssh and sshd
(reset), sshd, the master, the tunnel, the broker, the session process, the client or the FTP server.
A lie is a clean end of the data and a 2xx for a file that is short: at the client, or at the server, which
keeps what ends so. Each is printed; the last line counts. Client and server are processes of
their own, which write down what they see. (An sshd that dies, or has lost its ssh, ends an upload
of -L cleanly, as the kernel does for it: "by_sshd". Nobody can do anything about that.)
"""
import collections
import contextlib
import json
import os
import random
import signal
import socket
import sys
import threading
import time
import zlib

from farcut import HERE, Client, Scene, Server, pattern
from peers import reset_on_close
from slow import SLOW

ENV = os.environ
ROUND = 8
MODES = ("PASV", "EPSV", "PORT", "EPRT")
VICTIMS = ("link", "sshd", "master", "tunnel", "broker", "session", "client", "server")
GIVES_UP = 7 * SLOW  # the server, where an upload goes mute
STARTS = threading.Lock()  # one by one: so it is known which sshd is whose


class Diary:
    """What a process writes down before it is killed."""

    def __init__(self, path):
        self.fd = os.open(path, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600)

    def note(self, *what):
        os.write(self.fd, json.dumps(what).encode() + b"\n")

    def read(self):
        lines = os.pread(self.fd, 1 << 24, 0).splitlines()
        return [json.loads(line) for line in lines]


class Link:
    """A TCP connection between ssh and sshd that can be cut."""

    def __init__(self):
        self.listener = socket.create_server((HERE, 0))
        self.socks = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                ssh = self.listener.accept()[0]
                sshd = socket.create_connection((HERE, int(ENV["SSHD_PORT"])))
                self.socks += [ssh, sshd]
                for one, other in ((ssh, sshd), (sshd, ssh)):
                    threading.Thread(target=self.carry, args=(one, other), daemon=True).start()

    @staticmethod
    def carry(one, other):
        with contextlib.suppress(OSError):
            while octets := one.recv(1 << 18):
                other.sendall(octets)
            other.shutdown(socket.SHUT_WR)

    def cut(self):
        for sock in self.socks + [self.listener]:
            with contextlib.suppress(OSError):
                reset_on_close(sock)
                sock.close()
        self.socks = []


def to_end(data, patience):
    """Bytes, their CRC, how it ended."""
    got = crc = 0
    data.settimeout(patience)
    while True:
        try:
            part = data.recv(1 << 16)
        except TimeoutError:
            return got, crc, "mute"
        except OSError:
            return got, crc, "reset"
        if not part:
            return got, crc, "EOF"
        got, crc = got + len(part), zlib.crc32(part, crc)


# --- the server, a process -----------------------------------------------------------------------

def serving(diary):
    def retr(s, name):
        size = int(name.split("-")[1])
        s.say("150 here it comes" + (" (%d bytes)." % size if size % 2 else ""))
        data = s.data()
        if not s.give(data, pattern(size)):
            s.finish(data)
            return s.say("426 broken")
        s.finish(data)
        return s.say("226 sent")

    def stor(s, name):
        s.say("150 give it to me")
        data = s.data()
        if data is None:
            return s.say("425 no data connection")
        got, _, end = to_end(data, GIVES_UP)
        diary.note("stored", name, got, end)
        s.finish(data)
        return s.say("226 stored" if end == "EOF" else "426 broken")

    return {"RETR": retr, "STOR": stor}


def serve(listener, diary):
    while True:
        server = Server(listener.accept()[0], serving(diary), {})
        server.patience = 60 * SLOW
        threading.Thread(target=server.serve, daemon=True).start()


# --- the client, a process -----------------------------------------------------------------------

class Transfer(threading.Thread):
    def __init__(self, at, name, mode, point, stays, meet):
        super().__init__(daemon=True)
        self.at, self.name_, self.mode, self.point = at, name, mode, point
        self.stays, self.meet = stays, meet
        self.told = False
        self.start()

    def run(self):
        try:
            self.play()
        except OSError as why:
            self.meet.diary.note("failed", self.name_, repr(why))
        self.reached(True)

    def reached(self, passes=False):
        if not self.told:
            self.told = True
            self.meet.reached()
            if self.stays and not passes:
                self.meet.cut.wait(20 * SLOW)

    def play(self):
        client = Client(socket.create_connection((HERE, self.at), 20 * SLOW), {})
        client.patience = 20 * SLOW
        client.log_in()
        client.ask("TYPE I")
        ready = client.prepare(self.mode)
        begun = client.ask(("RETR " if self.name_[0] == "d" else "STOR ") + self.name_)
        data = ready() if begun[:1] == "1" else None
        if data is None:
            return self.meet.diary.note("failed", self.name_, begun)
        self.meet.diary.note("begun", self.name_)
        getattr(self, {"d": "down", "u": "up"}[self.name_[0]])(client, data)
        return client.close()

    def down(self, client, data):
        size, got, crc = int(self.name_.split("-")[1]), 0, 0
        while got < self.point:
            part = data.recv(min(1 << 16, self.point - got))
            if not part:
                break
            got, crc = got + len(part), zlib.crc32(part, crc)
        self.reached()
        more, _, end = to_end(data, client.patience)
        data.close()
        self.meet.diary.note("fetched", self.name_, got + more, end, client.reply(), size)

    def up(self, client, data):
        size = int(self.name_.split("-")[1])
        octets = pattern(size)
        with contextlib.suppress(OSError):
            data.sendall(octets[:self.point])
            self.reached()
            data.sendall(octets[self.point:])
        self.reached()
        data.close()
        self.meet.diary.note("sent", self.name_, client.reply())


class Meet:
    """Of the transfers of a client, and of their parent with it."""

    def __init__(self, diary, wanted):
        self.diary, self.wanted = diary, wanted
        self.cut, self.lock, self.there = threading.Event(), threading.Lock(), 0

    def reached(self):
        with self.lock:
            self.there += 1
            if self.there == self.wanted:
                self.diary.note("now")


def client_process(at, plays, wanted, diary, go_on):
    meet = Meet(diary, wanted)
    transfers = [Transfer(at, *play, meet) for play in plays]
    threading.Thread(target=lambda: (os.read(go_on, 1), meet.cut.set()), daemon=True).start()
    for transfer in transfers:
        transfer.join()
    diary.note("over")


# --- a round -------------------------------------------------------------------------------------

def forked(work):
    pid = os.fork()
    if pid == 0:
        try:
            work()
        finally:
            os._exit(0)
    return pid


class Stage(Scene):
    """Its server is a process, whose end is like any process's."""

    def accept(self):
        pass


def choose(rng):
    size = rng.choice((rng.randrange(1, 3000), rng.randrange(100000), rng.randrange(3000000),
                       rng.randrange(3000000, 24000000)))
    point = rng.choice((0, size, max(size - rng.randrange(3000), 0), rng.randrange(size + 1),
                        rng.randrange(size + 1)))
    return size, point


def play_round(number, rng, tally):
    method, way = rng.choice(("mux", "proxy")), rng.choice(("-L", "-R"))
    victim = VICTIMS[number % len(VICTIMS)]
    diary = Diary("%s/anycut.%d" % (ENV["RIG"], number))
    plays = []
    for n in range(ROUND):
        size, point = choose(rng)
        kind = "u" if victim == "client" or rng.random() < 0.5 else "d"
        plays.append(("%s-%d-%d.%d" % (kind, size, number, n), rng.choice(MODES), point,
                      rng.random() < 0.5))
    with STARTS:
        link = Link() if victim == "link" else None
        host = "rig"
        if link:
            host = "link%d" % number
            with open("%s/ssh/%s.conf" % (ENV["RIG"], host), "w") as f, \
                    open(ENV["RIG"] + "/ssh/rig.conf") as of:
                f.write(of.read().replace("Host rig", "Host " + host).replace(
                    "Port " + ENV["SSHD_PORT"], "Port %d\nHostKeyAlias [%s]:%s" % (
                        link.listener.getsockname()[1], HERE, ENV["SSHD_PORT"])))
        stage = Stage(method, way, {}, host=host)
        server = forked(lambda: serve(stage.listener, diary))
        stage.listener.close()
        go_on, let_go = os.pipe()
        wanted = rng.randrange(1, ROUND + 1)
        client = forked(lambda: client_process(stage.at, plays, wanted, diary, go_on))
    wait_for(diary, "now", 30)
    time.sleep(rng.choice((0, rng.random() * 0.004, rng.random() * 0.1)))
    seen = diary.read()
    under_way = {line[1] for line in seen if line[0] == "begun"} - {
        line[1] for line in seen if line[0] in ("fetched", "sent")}
    if victim == "link":
        link.cut()
    elif victim in ("client", "server"):
        os.kill({"client": client, "server": server}[victim], signal.SIGKILL)
    else:
        with contextlib.suppress(OSError):
            stage.kill(victim)
    os.write(let_go, b"!")
    if rng.random() < 0.3:
        time.sleep(rng.random() * 3)
        stage.tunnel.terminate()
    wait_for(diary, "over", 60, client)
    time.sleep(GIVES_UP + 1 if any(play[0][0] == "u" for play in plays) else 0)
    for pid in (client, server):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    stage.end()
    if link:
        link.cut()
    os.close(go_on)
    os.close(let_go)
    tally.add("%s %s %s" % (way, method, victim), plays, diary.read(), under_way)


def wait_for(diary, what, seconds, pid=None):
    deadline = time.monotonic() + seconds * SLOW
    while time.monotonic() < deadline:
        if any(line[0] == what for line in diary.read()):
            return
        if pid and os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return
        time.sleep(0.005)


class Tally:
    def __init__(self):
        self.lock, self.n = threading.Lock(), collections.Counter()

    def add(self, where, plays, lines, under_way):
        sizes = {play[0]: int(play[0].split("-")[1]) for play in plays}
        modes = {play[0]: play[1] for play in plays}
        with self.lock:
            self.n["rounds"] += 1
            for name in under_way:
                self.n["uploads" if name[0] == "u" else "downloads"] += 1
            self.n["cut"] += len(under_way)
            for line in lines:
                if line[0] == "fetched":
                    _, name, got, end, reply, size = line
                    self.judge(where, modes[name], got, size, end, reply[:1] == "2", line)
                    self.n["mute"] += end == "mute"
                elif line[0] == "stored":
                    self.judge(where, modes[line[1]], line[2], sizes[line[1]], line[3], True, line)
                elif line[0] == "failed":
                    self.n["never"] += 1
            stored = {line[1]: line for line in lines if line[0] == "stored"}
            for line in lines:
                kept = stored.get(line[1]) if line[0] == "sent" else None
                if line[0] == "sent" and line[2][:1] == "2" and (
                        kept is None or kept[2] < sizes[line[1]]):
                    self.lie(where, modes[line[1]], "the client has %s for %s" % (line[2], kept))

    def judge(self, where, mode, got, size, end, yes, line):
        if got >= size:
            self.n["whole"] += 1
        elif line[0] == "stored" and end == "EOF" and where.startswith("-L") and where.endswith(
                ("link", "sshd", "master")):
            self.n["by_sshd"] += 1
        elif end == "EOF" and yes:
            self.lie(where, mode, line)
        elif end == "EOF":
            self.n["clean"] += 1
        else:
            self.n["broken"] += 1

    def lie(self, where, mode, what):
        self.n["lies"] += 1
        print("lie: %s %s: %s" % (where, mode, what), flush=True)

    def line(self):
        names = ("rounds", "cut", "downloads", "uploads", "lies", "clean", "broken", "whole", "mute",
                 "never", "by_sshd")
        return " ".join("%s=%d" % (name, self.n[name]) for name in names)


def main(count, seed):
    tally, numbers, lock = Tally(), iter(range(1 << 30)), threading.Lock()

    def work():
        while tally.n["cut"] < count:
            with lock:
                number = next(numbers)
            try:
                play_round(number, random.Random("%s-%d" % (seed, number)), tally)
            except Exception as why:
                print("failed: round %d: %r" % (number, why), flush=True)
                tally.n["failed"] += 1
                if tally.n["failed"] > 20:
                    return
            if number % 10 == 9:
                print("so far: " + tally.line(), flush=True)
    threads = [threading.Thread(target=work) for _ in range(int(ENV.get("ANYCUT_JOBS", 3)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(tally.line() + " failed=%d" % tally.n["failed"])


main(int(sys.argv[1]), sys.argv[2])
