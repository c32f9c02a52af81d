"""A user at a terminal with a shell that has job control.

terminal.py STEP ...: a step is "> text" (typed, with a newline), "^C" and the like (typed), or
"< regex" (awaited, in what has appeared since the last one that was found), or "? text < regex" (typed again
and again, until it has appeared), "= columns" (the terminal is resized), "given" (until the shell has given
the terminal to a job), or "hangup" (it is gone; then what stands in the file $RIG/hung is awaited by the
caller). All that appeared is printed; the exit status is 1 if something was missing.
"""
import os
import pty
import re
import select
import sys
import termios
import time

LIMIT = 15 * int(os.environ.get("RIG_SLOW", "1"))
inputrc = os.environ["RIG"] + "/inputrc"
with open(inputrc, "w") as out:
    out.write("set enable-bracketed-paste off\n")
os.environ["INPUTRC"] = inputrc
pid, terminal = pty.fork()
if pid == 0:
    os.environ["PS1"] = "ready> "
    os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
seen, shown = "", ""


def awaited(regex, limit=LIMIT):
    global seen, shown
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if found := re.search(regex, seen):
            seen = seen[found.end():]
            return True
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                got = os.read(terminal, 4096).decode("latin-1").replace("\r", "")
            except OSError:
                return False
            seen, shown = seen + got, shown + got
    return False


def asked(text, regex):
    for _ in range(LIMIT):
        os.write(terminal, text.encode() + b"\n")
        if awaited(regex, 1):
            return True
    return False


def given():
    end = time.monotonic() + LIMIT
    while os.tcgetpgrp(terminal) == pid and time.monotonic() < end:
        time.sleep(0.01)
    return os.tcgetpgrp(terminal) != pid


for step in sys.argv[1:]:
    if step.startswith("? ") and asked(*step[2:].split(" < ")):
        continue
    if step.startswith("= "):
        termios.tcsetwinsize(terminal, (24, int(step[2:])))
    elif step == "hangup":
        os.close(terminal)
        break
    elif step == "given" or step.startswith(("< ", "? ")):
        if step[0] == "?" or not (given() if step == "given" else awaited(step[2:])):
            print("missing", step, "\n" + shown)
            sys.exit(1)
    else:
        text = step[2:] + "\n" if step.startswith("> ") else chr(ord(step[1]) - 64)
        os.write(terminal, text.encode())
print(shown)
