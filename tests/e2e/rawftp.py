"""A raw FTP client for scenarios that look at how things end: sockets, no library between.

The server is $AT_ADDR $AT_PORT, the login $FTP_USER $FTP_PASS.
"""
import os
import re
import socket
import struct

from slow import SLOW

MODES = ("pasv", "epsv", "port", "eprt")
TIMEOUT = 40 * SLOW


class Raw:
    """One control connection; data connections are opened and left to the caller."""

    def __init__(self, at=None, login=True, receive_buffer=0, patience=TIMEOUT):
        self.at = at or (os.environ["AT_ADDR"], int(os.environ["AT_PORT"]))
        self.receive_buffer, self.patience = receive_buffer, patience
        self.control = socket.create_connection(self.at, patience)
        self.rest = b""
        if login:
            self.expect(self.reply(), "220")
            if self.command("USER " + os.environ["FTP_USER"])[:3] == "331":
                self.expect(self.command("PASS " + os.environ["FTP_PASS"]), "230")
            self.expect(self.command("TYPE I"), "200")

    @staticmethod
    def expect(reply, code):
        if reply is None or not reply.startswith(code):
            raise OSError("wanted %s, got %r" % (code, reply))
        return reply

    def send(self, line):
        self.control.sendall(line.encode("latin-1") + b"\r\n")

    def line(self):
        """One line, None at the end of the control connection, however it ended."""
        while b"\n" not in self.rest:
            try:
                more = self.control.recv(65536)
            except socket.timeout:
                raise
            except OSError:
                return None
            if not more:
                return None
            self.rest += more
        line, self.rest = self.rest.split(b"\n", 1)
        return line.rstrip(b"\r").decode("latin-1")

    def reply(self):
        """The last line of a whole reply; None at the end."""
        line = self.line()
        while line is not None and not re.match(r"\d\d\d($| )", line):
            line = self.line()
        return line

    def command(self, line):
        self.send(line)
        return self.reply()

    def final(self):
        """The reply that is not preliminary."""
        reply = self.reply()
        while reply is not None and reply[:1] == "1":
            reply = self.reply()
        return reply

    def listener(self):
        s = socket.socket(self.control.family)
        if self.receive_buffer:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        s.bind((self.control.getsockname()[0], 0))
        s.listen(1)
        s.settimeout(self.patience)
        return s

    def dial(self, port):
        s = socket.socket(self.control.family)
        if self.receive_buffer:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_buffer)
        s.settimeout(self.patience)
        s.connect((self.at[0], port))
        return s

    def passive_port(self, mode):
        if mode == "epsv":
            reply = self.expect(self.command("EPSV"), "229")
            return int(re.search(r"\(\|\|\|(\d+)\|\)", reply).group(1))
        reply = self.expect(self.command("PASV"), "227")
        n = re.search(r"\((\d+,){4}(\d+),(\d+)\)", reply)
        return int(n.group(2)) * 256 + int(n.group(3))

    def active(self, mode, listener):
        host, port = listener.getsockname()[:2]
        if mode == "eprt":
            line = "EPRT |%d|%s|%d|" % (2 if ":" in host else 1, host, port)
        else:
            line = "PORT %s,%d,%d" % (host.replace(".", ","), port >> 8, port & 255)
        self.expect(self.command(line), "200")

    def transfer(self, mode, command, sized=False):
        """Begin a transfer: the data connection. The 1xx reply is not read yet. sized: ask for the
        size before, as most clients do; a large file then goes its own way (FtpForward=auto)."""
        if mode in ("pasv", "epsv"):
            data = self.dial(self.passive_port(mode))
            self.begin(command, sized)
            return data
        with self.listener() as listener:
            self.active(mode, listener)
            self.begin(command, sized)
            data = listener.accept()[0]
        data.settimeout(self.patience)
        return data

    def begin(self, command, sized):
        if sized:
            self.expect(self.command("SIZE " + command.split(" ", 1)[1]), "213")
        self.send(command)

    def close(self):
        self.control.close()


def reset_on_close(s):
    """From now on close() sends a reset."""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
