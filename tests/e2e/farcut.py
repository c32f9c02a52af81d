"""Somebody dies at the worst moment: farcut.py "METHOD ..." CASE ...

down/VICTIM/SIZE/PAUSE  a far client (-R) reads 1,000 bytes of SIZE, pauses for so many seconds (in which
                        it may have its 226), the victim is killed with SIGKILL, the client goes on
up/VICTIM/WAY           an upload (-L or -R) in its middle, the victim is killed: the server must not
                        take it for complete, also when the tunnel has ended after the session's death
VICTIM is master, sshd, tunnel, broker or session (the two processes of a helper); further: three
masters beside the first one, which lives on.
Each has a tunnel of its own; all run side by side. Prints "ok NAME" or "not ok NAME: why".
"""
import contextlib
import glob
import os
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "dialogues"))

from peers import HERE, Client, Server, pattern, retr  # noqa: E402
from slow import SLOW  # noqa: E402

ENV = os.environ
HALF = 300000
READY = threading.Semaphore(0)


def under(pid):
    """All descendants."""
    parents = {}
    for stat in glob.glob("/proc/[0-9]*/stat"):
        with contextlib.suppress(OSError), open(stat) as f:
            child, rest = f.read().split(" ", 1)
            parents[int(child)] = int(rest.rsplit(")", 1)[1].split()[1])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]


def is_helper(pid):
    try:
        with open("/proc/%d/cmdline" % pid) as f:
            return any(word.endswith("/ftp-over-ssh-helper") for word in f.read().split("\0"))
    except OSError:
        return False


class Scene:
    """A server, a tunnel, and somebody to be killed."""

    def __init__(self, method, way, verbs, masters=1, host="rig"):
        self.listener = socket.create_server((HERE, 0))
        self.meeting, self.servers, self.verbs = {}, [], verbs
        threading.Thread(target=self.accept, daemon=True).start()
        spec = "ftp/127.0.0.1:0:%s:%d" % (HERE, self.listener.getsockname()[1])
        self.sshd = set(under(int(ENV["SSHD_PID"])))
        self.tunnel = subprocess.Popen(
            [ENV["FOS"], "-F", ENV["RIG"] + "/ssh_config", "-N", "-o", "FtpForward=" + method,
             "-o", "FtpAbortHold=20", "-o", "FtpMasters=%d" % masters, way, spec, host],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
            stderr=open("%s/log/farcut.err" % ENV["RIG"], "ab"))
        words = self.tunnel.stdout.readline().replace(" (remote)", "").split()
        self.at = int(words[2].rstrip(",").rsplit(":", 1)[1])
        self.sshd = set(under(int(ENV["SSHD_PID"]))) - self.sshd
        READY.release()
        late = time.monotonic() + 20 * SLOW
        while masters > 1 and len(self.masters()) < masters:
            if time.monotonic() > late:
                raise OSError("not so many masters")
            time.sleep(0.05)

    def accept(self):
        while True:
            server = Server(self.listener.accept()[0], self.verbs, self.meeting)
            self.servers.append(server)
            threading.Thread(target=server.serve, daemon=True).start()

    def client(self):
        client = Client(socket.create_connection((HERE, self.at), 20 * SLOW), self.meeting)
        client.log_in()
        return client

    def masters(self):
        """Their pids, the first one first."""
        found = {}
        for path in glob.glob("%s/ftp-over-ssh/m%d.*" % (ENV["XDG_RUNTIME_DIR"], self.tunnel.pid)):
            said = subprocess.run(["ssh", "-O", "check", "-S", path, "none"],
                                  capture_output=True, text=True).stderr
            if "pid=" in said:
                found[int(path.rsplit(".", 1)[1])] = int(said.split("pid=")[1].split(")")[0])
        return [found[number] for number in sorted(found)]

    def victims(self, kind):
        if kind == "tunnel":
            return [self.tunnel.pid]
        if kind == "master":
            return self.masters()
        if kind == "further":
            return self.masters()[1:]
        if kind == "sshd":
            return list(self.sshd)
        helpers = [pid for pid in under(self.tunnel.pid) if is_helper(pid)]
        brokers = [pid for pid in helpers if any(is_helper(child) for child in under(pid))]
        return brokers if kind == "broker" else [pid for pid in helpers if pid not in brokers]

    def kill(self, kind):
        victims = self.victims(kind)
        if not victims:
            raise OSError("nobody to kill: " + kind)
        for pid in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def ended(self):
        """Has the upload come to a clean end, as its server sees it?"""
        for server in self.servers:
            try:
                while "data" in server.files:
                    if not server.files["data"].recv(65536):
                        return True
            except BlockingIOError:
                pass
            except OSError:  # a reset is told once
                del server.files["data"]
        return False

    def end(self):
        self.tunnel.terminate()
        self.tunnel.wait(30 * SLOW)


def down(method, victim, size, pause):
    size = int(size)
    scene = Scene(method, "-R", {"RETR": retr(size)}, masters=4 if victim == "further" else 1)
    client = scene.client()
    data = client.prepare("PASV")()
    client.ask("RETR f")
    client.take(data, 1000, note=False)
    early = client.reply(float(pause) * SLOW)
    scene.kill(victim)
    client.patience = 12 * SLOW
    seen = client.take(data).split()
    final = early or client.reply()
    got = 1000 + int(seen[1])
    scene.end()
    if got < size and seen[3] == "EOF" and final[:1] == "2":
        return "%d of %d bytes, a clean end, and %s %s" % (
            got, size, final, "before the death" if early else "after it")
    return None


def half(s, _):
    s.say("150 give it to me")
    s.files["data"] = s.data()
    s.take(s.files["data"], HALF)
    s.files["data"].setblocking(False)
    s.tell("half is there")
    s.meeting.setdefault("it was looked at", threading.Event()).wait(60 * SLOW)


def up(method, victim, way):
    scene = Scene(method, way, {"STOR": half})
    client = scene.client()
    data = client.prepare("PASV")()
    client.ask("STOR f")
    client.give(data, pattern(HALF))
    client.hear("half is there")
    scene.kill(victim)
    time.sleep(1 * SLOW)
    client.close()
    time.sleep(6 * SLOW)
    when = "while the tunnel lived" if scene.ended() else None
    if victim != "tunnel":
        scene.end()
        time.sleep(4 * SLOW)
        when = when or ("when it had ended" if scene.ended() else None)
    client.tell("it was looked at")
    return "the server saw a clean end %s" % when if when else None


def play(method, case):
    kind, *args = case.split("/")
    name = "%s: %s" % (method, case.replace("/", " "))
    try:
        why = {"down": down, "up": up}[kind](method, *args)
    except (OSError, IndexError, ValueError) as wrong:
        why = "failed: %r" % wrong
    print("not ok %s: %s" % (name, why) if why else "ok " + name, flush=True)


def main(methods, *cases):
    """Those whose sshd dies begin first, one by one: then it is known which process is theirs."""
    plays = sorted(((method, case) for case in cases for method in methods.split()),
                   key=lambda play: "/sshd/" not in play[1])
    threads = []
    for method, case in plays:
        threads.append(threading.Thread(target=play, args=(method, case)))
        threads[-1].start()
        if "/sshd/" in case:
            READY.acquire(timeout=20 * SLOW)
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
