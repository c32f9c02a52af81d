"""FTP spoken word by word: a client that is told every command, and test lines from it.

A script says `from raw import *`, opens sessions with Ftp(address, port) and reports by
check(NAME, FUNCTION, ...), which prints "ok NAME" or "not ok NAME: why" for raw.sh.
"""
import contextlib
import hashlib
import os
import re
import socket
import sys

from slow import SLOW

TIMEOUT = 20 * SLOW
USER = os.environ.get("FTP_USER", "tester")
PASS = os.environ.get("FTP_PASS", "se.cret")


class Wrong(Exception):
    """Something is not as it should be."""


def expect(condition, what):
    if not condition:
        raise Wrong(what)


def digest(content):
    return hashlib.sha256(content).hexdigest()


def check(name, function, *args, **more):
    """One line of the test's outcome; the function's failure is the test's."""
    try:
        function(*args, **more)
    except (Wrong, OSError, EOFError, ValueError) as why:
        print("not ok %s: %s" % (name, str(why) or repr(why)), flush=True)
        return False
    print("ok %s" % name, flush=True)
    return True


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def dotted(address, port):
    """PORT's argument."""
    return "%s,%d,%d" % (address.replace(".", ","), port >> 8, port & 255)


def long_address(address, port):
    """LPRT's argument (RFC 1639)."""
    octets = socket.inet_pton(family_of(address), address)
    family = 6 if len(octets) == 16 else 4
    return ",".join(str(n) for n in (family, len(octets), *octets, 2, port >> 8, port & 255))


def tuple227(text):
    found = re.search(r"\((\d+),(\d+),(\d+),(\d+),(\d+),(\d+)\)", text)
    expect(found, "no address in: " + text)
    n = found.groups()
    return ".".join(n[:4]), int(n[4]) * 256 + int(n[5])


def port229(text):
    found = re.search(r"\(\|\|\|(\d+)\|\)", text)
    expect(found, "no port in: " + text)
    return int(found.group(1))


def tuple228(text):
    found = re.search(r"\(([\d,]+)\)", text)
    expect(found, "no address in: " + text)
    n = [int(x) for x in found.group(1).split(",")]
    host = n[2:2 + n[1]]
    family = socket.AF_INET if n[0] == 4 else socket.AF_INET6
    return socket.inet_ntop(family, bytes(host)), n[-2] * 256 + n[-1]


def listener(address, port=0, patience=TIMEOUT):
    s = socket.socket(family_of(address))
    s.bind((address, port))
    s.listen(5)
    s.settimeout(patience)
    return s


class Ftp:
    """One control connection. Every method raises when the server says no."""

    def __init__(self, address, port, user=USER, password=PASS, source=None):
        self.source = (source, 0) if source else None
        self.sock = socket.create_connection((address, int(port)), TIMEOUT, self.source)
        self.buffer = b""
        self.said = []
        self.patience = TIMEOUT     # of a listener, for its connection
        if user is None:
            return
        self.welcome = self.reply()
        expect(self.welcome[0] == 220, "the greeting: %s" % (self.welcome,))
        self.login(user, password)

    def login(self, user, password):
        code, text = self.cmd("USER " + user)
        if code == 331:
            code, text = self.cmd("PASS " + password)
        expect(code in (230, 202), "login: %d %s" % (code, text))
        self.want("TYPE I", 200)

    def line(self):
        while b"\n" not in self.buffer:
            more = self.sock.recv(65536)
            if not more:
                raise EOFError("the control connection was closed")
            self.buffer += more
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r").decode("latin-1")

    def reply(self):
        lines = [self.line()]
        code = lines[0][:3]
        expect(code.isdigit(), "no reply: %r" % lines[0])
        while lines[-1][:4].rstrip() != code or (lines[-1][3:4] == "-"):
            lines.append(self.line())
        self.said.append("\n".join(lines))
        return int(code), "\n".join(lines)

    def send(self, line):
        """A str goes out as Latin-1, bytes as they are."""
        raw = line if isinstance(line, bytes) else line.encode("latin-1")
        self.sock.sendall(raw + b"\r\n")

    def cmd(self, line):
        self.send(line)
        return self.reply()

    def want(self, line, *codes):
        code, text = self.cmd(line)
        expect(code in codes, "%s: %s" % (line, text))
        return text

    def final(self, *codes):
        """The final reply of a transfer that is under way."""
        code, text = self.reply()
        while code < 200:
            code, text = self.reply()
        expect(not codes or code in codes, "final reply: " + text)
        return code, text

    def close(self):
        self.sock.close()

    def quit(self):
        self.want("QUIT", 221, 226)
        self.close()

    def own_address(self, inet):
        """Where we listen: IPv4 of the loopback when the control connection is on ::1."""
        address = self.sock.getsockname()[0]
        return "127.0.0.1" if inet and ":" in address else address

    # Each mode says its command and returns a function that gives the data connection.

    def dial(self, at):
        sock = socket.create_connection(at, TIMEOUT, self.source)
        return lambda: sock

    def pasv(self, verb="PASV"):
        return self.dial(tuple227(self.want(verb, 227)))

    def pasw(self):
        return self.pasv("P@SW")

    def epsv(self, arg=""):
        port = port229(self.want("EPSV" + arg, 229))
        return self.dial((self.sock.getpeername()[0], port))

    def lpsv(self):
        return self.dial(tuple228(self.want("LPSV", 228)))

    def await_(self, address, command):
        server = listener(address, patience=self.patience)
        self.want(command(address, server.getsockname()[1]), 200)

        def accept():
            with server:
                return server.accept()[0]
        return accept

    def port(self):
        return self.await_(self.own_address(True), lambda a, p: "PORT " + dotted(a, p))

    def eprt(self):
        return self.await_(self.own_address(False), lambda a, p: "EPRT |%d|%s|%d|" % (
            2 if ":" in a else 1, a, p))

    def lprt(self):
        return self.await_(self.own_address(False), lambda a, p: "LPRT " + long_address(a, p))

    def open(self, mode, patience=TIMEOUT):
        self.patience = patience
        try:
            return getattr(self, mode)()
        finally:
            self.patience = TIMEOUT

    # Transfers

    def begin(self, mode, command):
        """Say it all up to the 1xx; returns the data connection."""
        setup = self.open(mode)
        self.send(command)
        code, text = self.reply()
        expect(code in (125, 150), "%s %s: %s" % (mode, command, text))
        data = setup()
        data.settimeout(TIMEOUT)
        return data

    def get(self, name, mode="epsv", verb="RETR"):
        data = self.begin(mode, ("%s %s" % (verb, name)).rstrip())
        with data:
            parts = []
            while True:
                part = data.recv(1 << 18)
                if not part:
                    break
                parts.append(part)
        self.final(226, 250)
        return b"".join(parts)

    def list(self, mode="epsv", verb="LIST"):
        return self.get("", mode, verb).decode("latin-1")

    def put(self, name, content, mode="epsv", verb="STOR"):
        data = self.begin(mode, ("%s %s" % (verb, name)).rstrip())
        with data:
            data.sendall(content)
        return self.final(226, 250)


def read(path):
    with open(path, "rb") as f:
        return f.read()


@contextlib.contextmanager
def session(address, port, **how):
    ftp = Ftp(address, port, **how)
    try:
        yield ftp
    finally:
        ftp.close()


def round_trip(ftp, mode, name, content, stored=None):
    """PUT, GET and LIST; stored: where the server keeps the file, to look at it there."""
    ftp.put(name, content, mode)
    if stored:
        expect(digest(read(stored)) == digest(content), "%s: stored otherwise" % mode)
    expect(digest(ftp.get(name, mode)) == digest(content), "%s: fetched otherwise" % mode)
    expect(name in ftp.list(mode), "%s: not in the list" % mode)


def main(table):
    """script.py NAME ARGUMENT...: the function of that name."""
    table[sys.argv[1]](*sys.argv[2:])
