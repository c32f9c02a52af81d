"""Run a command whose stderr is a terminal at which somebody types.

typed.py command [argument ...]
Prints what appears there, not what is echoed.
"""
import os
import pty
import subprocess
import sys
import termios

controller, terminal = pty.openpty()
mode = termios.tcgetattr(terminal)
mode[1] &= ~termios.OPOST
mode[3] &= ~termios.ECHO
termios.tcsetattr(terminal, termios.TCSANOW, mode)
process = subprocess.Popen(sys.argv[1:], stderr=terminal)
os.write(controller, b"secret\n")
status = process.wait()
os.close(terminal)
try:
    while text := os.read(controller, 4096):
        sys.stdout.buffer.write(text)
except OSError:  # the end of a terminal
    pass
sys.exit(status)
