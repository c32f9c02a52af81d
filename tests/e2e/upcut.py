"""Uploads that are cut, and honest ones: what does the server have in the end?

upcut.py batch COUNT SEED SECONDS   COUNT clients, each a process of its own, through the tunnel
                at $AT_ADDR $AT_PORT; then wait, SECONDS at most, until the server has no
                session left, look into $FTP_ROOT, and print on the last line
    cut         uploads that were broken off
    lies        those of them that the server keeps, with something missing
    full        those of them that the server keeps with every byte (cut after the last one)
    honest      uploads that were finished in one way or another
    lost        those of them that did not arrive whole
upcut.py one MODE NAME SIZE HOW POINT   one such client; see the class Upload.
"""
import os
import random
import signal
import subprocess
import sys
import threading
import time

from rawftp import MODES, Raw, reset_on_close
from slow import SLOW

ENV = os.environ
CUTS = ("kill", "kill_data_first", "rst", "rst_data_first", "rst_data", "early", "fin",
        "eager_kill", "eager_rst")
HONEST = ("wait", "quit", "quit_at_once", "wait")


def content(name, size):
    return random.Random(name).randbytes(size)


class Upload:
    def __init__(self, mode, name, size, how, point):
        self.how = how
        low = os.open("/dev/null", os.O_RDONLY)  # lower than the control connection
        self.ftp = Raw()
        body = content(name, size)
        if how == "early" and mode in ("port", "eprt"):
            with self.ftp.listener() as listener:
                self.ftp.active(mode, listener)
                self.ftp.send("STOR " + name)
                die()
        self.data = self.ftp.transfer(mode, "STOR " + name)
        if how == "early":
            die()
        if how.startswith("eager"):
            self.data.sendall(body[:point])
            getattr(self, "do_" + how[6:])()
            return
        # Only now, as RFC 959 has it: whoever closes a data connection before it was
        # accepted cannot be told from a stranger any more.
        Raw.expect(self.ftp.reply(), "1")
        if how == "kill_data_first":
            os.dup2(self.data.fileno(), low)
            self.data.close()
            self.data = type(self.data)(fileno=low)
        self.data.sendall(body[:point])
        getattr(self, "do_" + how)()

    def do_kill(self):
        """The kernel closes both, in the order of their descriptors."""
        die()

    do_kill_data_first = do_kill

    def do_rst(self):
        reset_on_close(self.data)
        reset_on_close(self.ftp.control)
        self.ftp.control.close()
        self.data.close()

    def do_rst_data_first(self):
        reset_on_close(self.data)
        reset_on_close(self.ftp.control)
        self.data.close()
        self.ftp.control.close()

    def do_rst_data(self):
        """The session lives on, and must be told."""
        reset_on_close(self.data)
        self.data.close()
        reply = self.ftp.final()
        if reply is not None and reply[0] == "2":
            sys.exit("upcut: 226 for a reset upload")

    def do_fin(self):
        """An exit that closes both in good order, without a word."""
        self.ftp.control.close()
        self.data.close()

    def do_wait(self):
        self.data.close()
        Raw.expect(self.ftp.final(), "226")
        Raw.expect(self.ftp.command("NOOP"), "2")

    def do_quit(self):
        self.data.close()
        self.ftp.send("QUIT")
        Raw.expect(self.ftp.final(), "226")

    def do_quit_at_once(self):
        self.data.close()
        self.ftp.send("QUIT")
        self.ftp.close()


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def sessions(pid):
    """Has the FTP server any session process?"""
    return subprocess.run(["pgrep", "-P", str(pid)], capture_output=True).stdout != b""


def choose(number, rng):
    """What one client does, as arguments of `one`."""
    mode = MODES[number % 4]
    size = rng.choice((0, 1, rng.randrange(2, 70000), rng.randrange(2, 70000), rng.randrange(3000000)))
    if number % 5 == 0:
        how, point = HONEST[number // 5 % len(HONEST)], size
    else:
        how = CUTS[number % len(CUTS)]
        point = min(size, rng.choice((0, size, size - rng.randrange(2000), rng.randrange(size + 1),
                                      rng.randrange(size + 1))))
    return mode, "%s-%d" % (how, number), size, how, max(point, 0)


def start(chosen, failed):
    client = subprocess.run([sys.executable, __file__, "one"] + [str(c) for c in chosen],
                            stderr=subprocess.PIPE, text=True, timeout=60 * SLOW)
    if chosen[3] in HONEST + ("rst_data",) and client.returncode != 0:
        failed.append("%s: %s" % (chosen[1], client.stderr.strip().splitlines()[-1:]))


def batch(count, seed, seconds):
    rng = random.Random(seed)
    chosen, failed = [choose(n, rng) for n in range(count)], []
    for at in range(0, count, 16):
        threads = [threading.Thread(target=start, args=(c, failed)) for c in chosen[at:at + 16]]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    deadline = time.time() + seconds * SLOW
    while sessions(int(ENV["FTP_PID"])) and time.time() < deadline:
        time.sleep(0.05)
    if sessions(int(ENV["FTP_PID"])):
        failed.append("the server's sessions do not end")
    tally = dict.fromkeys(("cut", "lies", "full", "honest", "lost"), 0)
    for mode, name, size, how, point in chosen:
        path = os.path.join(ENV["FTP_ROOT"], name)
        there = os.path.exists(path)
        whole = there and open(path, "rb").read() == content(name, size)
        if how in HONEST:
            tally["honest"] += 1
            tally["lost"] += not whole
        else:
            tally["cut"] += 1
            tally["full"] += whole
            tally["lies"] += there and not whole
        if (there and not whole) or (how in HONEST and not whole):
            print("wrong: %s %s: %d of %d bytes sent, %s" % (
                mode, name, point, size, "%d there" % os.path.getsize(path) if there else "not there"))
    for text in failed:
        print("failed: " + text)
    print(" ".join("%s=%d" % item for item in tally.items()) + " failed=%d" % len(failed))


if sys.argv[1] == "one":
    Upload(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5], int(sys.argv[6]))
else:
    batch(*[int(a) for a in sys.argv[2:5]])
