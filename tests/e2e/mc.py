"""Midnight Commander at a terminal: copy the first file of the left panel into the right one.

mc.py url directory file size: ends with 0 when file in directory has size bytes.
"""
import os
import pty
import select
import sys
import time

url, directory, name, size = sys.argv[1:]
target = os.path.join(directory, name)
# Control-N, and for F5 and F10 escape and a digit: in any terminal.
DOWN, COPY, ENTER, QUIT = b"\x0e", b"\x1b5", b"\r", b"\x1b0\r"

pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execvp("mc", ["mc", "-u", "-d", "-b", url, directory])


def output(until, seconds):
    """What mc draws, until it has drawn that."""
    seen, end = b"", time.monotonic() + seconds
    while until not in seen and time.monotonic() < end:
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            seen += os.read(terminal, 65536)
        except OSError:  # mc has ended
            break
    return seen


def copied():
    return os.path.exists(target) and os.path.getsize(target) == int(size)


seen = output(name.encode(), 20)
os.write(terminal, DOWN)
output(b"\x00", 0.5)
os.write(terminal, COPY)
seen += output(b"source mask", 10)
os.write(terminal, ENTER)
end = time.monotonic() + 20
while not copied() and time.monotonic() < end:
    seen += output(b"\x00", 0.1)
os.write(terminal, QUIT)
end = time.monotonic() + 5
while time.monotonic() < end and os.waitpid(pid, os.WNOHANG) == (0, 0):
    output(b"\x00", 0.1)
if not copied():
    sys.exit("mc has copied nothing; it has drawn: %r" % seen[-1500:])
