"""An FTP server that does as it is told, for what real ones cannot be made to do.

fakeftpd.py address port
RETR END-BYTES-ACTIVE sends BYTES bytes, closes the data connection, and ends the transfer as
END says: with that reply code; "none": without one; "lost": by closing the control
connection; "early": 426 before the data connection is closed; "bare": likewise, without a 150.
"""
import random
import re
import socket
import sys
import threading
import time

from slow import SLOW

LATE = random.Random(1)


class Session(threading.Thread):
    def __init__(self, control):
        super().__init__(daemon=True)
        self.control = control
        self.connect = None  # makes the data connection
        self.start()

    def say(self, line):
        self.control.sendall(line.encode("latin-1") + b"\r\n")

    def greet(self):
        self.say("220 fake")

    def run(self):
        try:
            self.greet()
            for line in self.control.makefile("r", encoding="latin-1", newline="\n"):
                verb, _, arg = line.strip().partition(" ")
                getattr(self, "do_" + verb.lower(), self.do_other)(arg)
        except (OSError, EOFError):
            pass
        self.control.close()

    def do_other(self, arg):
        self.say("200 Fine.")

    def do_user(self, arg):
        self.say("331 Go on.")

    def do_pass(self, arg):
        self.say("230 In.")

    def do_quit(self, arg):
        self.say("221 Bye.")
        raise EOFError

    def listen(self):
        listener = socket.create_server((self.control.getsockname()[0], 0))
        listener.settimeout(20 * SLOW)
        self.connect = lambda: listener.accept()[0]
        return listener.getsockname()[1]

    def do_pasv(self, arg):
        port = self.listen()
        self.say("227 Entering Passive Mode (127,0,0,1,%d,%d)." % (port >> 8, port & 255))

    def do_epsv(self, arg):
        self.say("229 Entering Extended Passive Mode (|||%d|)" % self.listen())

    def do_port(self, arg):
        n = arg.split(",")
        to = ".".join(n[:4]), int(n[4]) * 256 + int(n[5])
        self.connect = lambda: socket.create_connection(to, 20)
        self.say("200 PORT.")

    def do_eprt(self, arg):
        _, _, host, port, _ = arg.split(arg[0])
        self.connect = lambda: socket.create_connection((host, int(port)), 20)
        self.say("200 EPRT.")

    def do_size(self, arg):
        self.say("213 2000000")

    def do_retr(self, arg):
        end, size, _ = re.match(r"(\w+)-(\d+)-(\d)", arg).groups()
        data = self.connect()
        if end != "bare":
            self.say("150 Here it comes.")
        data.sendall(bytes(int(size)))
        if end in ("early", "bare"):
            self.say("426 That is all.")
            time.sleep(LATE.random() * 0.01)
        data.close()
        time.sleep(LATE.random() * 0.02)
        if end == "lost":
            raise EOFError
        if end.isdigit():
            self.say(end + " That went wrong.")


def serve(session):
    with socket.create_server((sys.argv[1], int(sys.argv[2])), backlog=128) as server:
        while True:
            session(server.accept()[0])


if __name__ == "__main__":
    serve(Session)
