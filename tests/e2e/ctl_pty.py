"""Run a program in a pseudo-terminal; the end is asked for once a text has appeared often enough.

ctl_pty.py HOW TEXT TIMES program [argument ...]
HOW: q, ^C, ^Z^C, TERM (a signal) or hangup. Prints what came; exits with the program's
status, 99 when it did not end, 98 when the terminal was not restored.
"""
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time

from slow import SLOW

how, text, times = sys.argv[1], sys.argv[2].encode(), int(sys.argv[3])
master, slave = pty.openpty()
termios.tcsetwinsize(slave, (12, int(os.environ.get("RIG_WIDTH", "80"))))
before = termios.tcgetattr(slave)


def own_terminal():
    os.setsid()
    import fcntl
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


child = subprocess.Popen(sys.argv[4:], stdin=slave, stdout=slave, stderr=slave, preexec_fn=own_terminal)
seen = b""
end = time.monotonic() + 20 * SLOW


def pump(until):
    global seen
    while not until() and time.monotonic() < end:
        if select.select([master], [], [], 0.05)[0]:
            try:
                seen += os.read(master, 65536)
            except OSError:
                return


pump(lambda: seen.count(text) >= times)
if how == "TERM":
    child.send_signal(signal.SIGTERM)
elif how == "hangup":
    os.close(slave)
    child.send_signal(signal.SIGHUP)
else:
    os.write(master, {"q": b"q", "^C": b"\x03", "^Z^C": b"\x1a\x03"}[how])
end = time.monotonic() + 20 * SLOW
pump(lambda: child.poll() is not None)  # returns early when its last descriptor is closed
try:
    child.wait(max(1, end - time.monotonic()))
except subprocess.TimeoutExpired:
    child.kill()
    sys.exit(99)
pump(lambda: not select.select([master], [], [], 0)[0])
sys.stdout.buffer.write(seen)
sys.stdout.flush()
if how != "hangup" and termios.tcgetattr(slave) != before:
    sys.exit(98)
sys.exit(child.returncode)
