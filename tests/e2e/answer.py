"""A user at a terminal who answers what he is asked.

answer.py PATTERN ANSWER COMMAND [ARG ...]: run COMMAND with a pseudo-terminal as its controlling
one; whenever the regular expression PATTERN appears there, type ANSWER; print what appeared
and exit as COMMAND does. Standard output and error of COMMAND are ours. After 40 s: killed, 124.
"""
import os
import pty
import re
import select
import signal
import sys
import time

pattern, answer = re.compile(sys.argv[1].encode()), sys.argv[2].encode()
kept = [os.dup(1), os.dup(2)]
pid, terminal = pty.fork()
if pid == 0:
    os.dup2(kept[0], 1)
    os.dup2(kept[1], 2)
    os.execvp(sys.argv[3], sys.argv[3:])
seen, shown, end, status = b"", b"", time.monotonic() + 40, None
while status is None and time.monotonic() < end:
    if select.select([terminal], [], [], 0.05)[0]:
        try:
            seen += os.read(terminal, 1024)
        except OSError:
            pass
    if pattern.search(seen):
        shown, seen = shown + seen, b""
        os.write(terminal, answer + b"\n")
    done, code = os.waitpid(pid, os.WNOHANG)
    if done:
        status = os.waitstatus_to_exitcode(code)
if status is None:
    os.kill(pid, signal.SIGKILL)
    status = 124
os.write(kept[0], (shown + seen).replace(b"\r", b""))
sys.exit(status if status >= 0 else 128 - status)
