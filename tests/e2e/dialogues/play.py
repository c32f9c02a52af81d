"""Real dialogues over real sockets, each played direct and through the tunnel.

play.py METHOD ...      the values of FtpForward to try, each with -L and -R
Direct they are played twice, which proves the dialogues themselves. Each is played with -L and with -R,
by the methods in turn: the first with -L by the first one and with -R by the second, and so on. With
$WAYS=all, or where some were chosen, each is played in all ways.
$DIALOGUES are parts of the names of those to play, $SHOW=1 shows the views of those that differ.
Prints "ok NAME" or "not ok NAME: why" for each; $FOS is the program, $RIG its directory.
"""
import concurrent.futures
import importlib
import multiprocessing
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from peers import HERE, Client, Server  # noqa: E402
from slow import SLOW  # noqa: E402
from table import TABLE, seen  # noqa: E402

LANES = int(os.environ.get("LANES", 14))
FILES = ("plain", "during", "replies", "setups", "closings", "stream", "leaving",
         "odd", "rare", "habits", "points")
FAULTS = ("Traceback", "fell", "not played", "the other one", "still there")


class Lane:
    """One port of the server, where one dialogue is played after the other."""

    def __init__(self):
        self.listener = socket.create_server((HERE, 0), backlog=16)
        self.port = self.at = self.listener.getsockname()[1]
        self.verbs, self.meeting, self.servers = {}, {}, []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            control = self.listener.accept()[0]
            server = Server(control, self.verbs, self.meeting)
            server.thread = threading.Thread(target=self.serve, args=(server,), daemon=True)
            self.servers.append(server)
            server.thread.start()

    @staticmethod
    def serve(server):
        try:
            server.serve()
        except OSError as why:
            server.note("fell: %s" % why)
        except Exception:
            server.note(traceback.format_exc())

    def play(self, item):
        """The views of both peers."""
        self.verbs, self.meeting, self.servers = item.verbs, {}, []
        client = Client(socket.create_connection((HERE, self.at), 20 * SLOW), self.meeting)
        try:
            if item.login:
                client.log_in()
            item.client(client)
        except Exception:
            client.note(traceback.format_exc())
        client.close()
        view = []
        for server in self.servers:
            server.thread.join(14 * SLOW)
            view += server.view + (["still there"] if server.thread.is_alive() else [])
        return list(client.view), view


class Tunnel:
    def __init__(self, lanes, way, method):
        specs = []
        for lane in lanes:
            specs += [way, "ftp/127.0.0.1:0:%s:%d" % (HERE, lane.port)]
        log = open("%s/log/dialogues%s-%s.err" % (os.environ["RIG"], way, method), "w")
        self.process = subprocess.Popen(
            [os.environ["FOS"], "-F", os.environ["RIG"] + "/ssh_config", "-N",
             "-o", "FtpForward=" + method, "-o", "FtpAbortHold=3"] + specs + ["rig"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)
        at = {}
        for _ in lanes:
            words = self.process.stdout.readline().replace(" (remote)", "").split()
            if words[:2] != ["listening", "on"]:
                raise OSError("the tunnel does not start: %s" % words)
            at[words[5].rsplit(":", 1)[1]] = words[2].rstrip(",").rsplit(":", 1)[1]
        for lane in lanes:
            lane.at = int(at[str(lane.port)])

    def helpers(self):
        found = subprocess.run(["pgrep", "-P", str(self.process.pid), "-f", "ftp-over-ssh-helper"],
                               stdout=subprocess.PIPE, text=True)
        return found.stdout.split()

    def left(self):
        """Helpers that stay although their clients and servers are gone."""
        deadline = time.monotonic() + 20 * SLOW
        while self.helpers() and time.monotonic() < deadline:
            time.sleep(0.05)
        return len(self.helpers())

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20 * SLOW)


def play_one(lane, name, views):
    try:
        views[name] = lane.play(TABLE[name])
    except OSError as why:
        views[name] = ["not played: %s" % why], []


def play_all(names, way, method):
    """name -> views, for one way; under "" what became of the tunnel."""
    lanes = [Lane() for _ in range(min(LANES, len(names)))]
    tunnel = Tunnel(lanes, way, method) if way else None
    work, views = queue.SimpleQueue(), {}
    for name in names:
        work.put(name)

    def run(lane):
        while not work.empty():
            try:
                name = work.get_nowait()
            except queue.Empty:
                return
            play_one(lane, name, views)
    threads = [threading.Thread(target=run, args=(lane,), daemon=True) for lane in lanes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(150 * SLOW)
    if tunnel:
        left, status = tunnel.left(), tunnel.stop()
        views[""] = "helpers left: %d, exit status: %d" % (left, status)
    return views


def difference(name, direct, other, way):
    """What differs, None if nothing does."""
    if other is None:
        return "was not played to its end"
    far = way.startswith("-R")
    wanted = seen(TABLE[name], direct, far, True)
    got = seen(TABLE[name], other, far, way == "direct again")
    for who, a, b in zip(("client", "server"), wanted, got):
        if a != b:
            at = next((i for i, pair in enumerate(zip(a, b)) if pair[0] != pair[1]),
                      min(len(a), len(b)))
            return "%s, step %d: %s; direct: %s" % (
                who, at, " | ".join(b[at:at + 3]) or "nothing", " | ".join(a[at:at + 3]) or "nothing")
    return None


def share(names, methods):
    """way, method -> the names that are played so."""
    every = os.environ.get("WAYS") == "all" or os.environ.get("DIALOGUES")
    shares = {("", "direct again"): names}
    for m, method in enumerate(methods):
        for w, way in enumerate(("-L", "-R")):
            shares[way, method] = [name for n, name in enumerate(names)
                                   if every or (n + m + w) % len(methods) == 0]
    return shares


def judge(names, direct, ways):
    for name in names:
        # A script that is wrong by itself: nobody may wait for nothing.
        wrong = ["[direct] %s" % line for line in direct[name][0] + direct[name][1]
                 if line.startswith(FAULTS) or re.search("silence|mute", line) and
                 "dies" not in TABLE[name].liberties]
        for way, views, played in ways:
            why = name in played and difference(name, direct[name], views.get(name), way)
            if why:
                wrong.append("[%s] %s" % (way, why))
                if os.environ.get("SHOW"):
                    show(name, way, direct[name], views.get(name))
        print("not ok %s: %s" % (name, "; ".join(wrong)) if wrong else "ok " + name, flush=True)
    print("# %d dialogues, direct and by %s" % (len(names), ", ".join(way[0] for way in ways)))


def show(name, way, direct, other):
    for who, a, b in zip(("client", "server"), direct, other or ([], [])):
        print("#   %s %s, %s direct: %s" % (name, way, who, " | ".join(a)))
        print("#   %s %s, %s tunnel: %s" % (name, way, who, " | ".join(b)))


def main(methods):
    for part in FILES:
        before = len(TABLE)
        importlib.import_module(part)
        assert len(TABLE) > before, part + ".py: another one was imported"
    wanted = [part for part in os.environ.get("DIALOGUES", "").split(",") if part]
    names = [name for name in TABLE if not wanted or any(part in name for part in wanted)]
    ways = share(names, methods)
    context = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(len(ways) + 1, context) as pool:
        plays = [pool.submit(play_all, sorted(played, key=lambda name: -TABLE[name].takes), *way)
                 for way, played in [(("", "direct"), names), *ways.items()]]
        views = [play.result() for play in plays]
    judge(names, views[0], [(" ".join(way).strip(), found, set(played))
                            for (way, played), found in zip(ways.items(), views[1:])])
    for way, found in zip(ways, views[1:]):
        if way[0]:
            good = found[""] == "helpers left: 0, exit status: 0"
            print(("ok" if good else "not ok") + " the tunnel of %s %s: no helper is left%s" % (
                *way, "" if good else ": " + found[""]))


if __name__ == "__main__":
    main(sys.argv[1:])
