"""Hostile FTP servers and clients over the whole chain.

hostile.py serve ADDRESS PORT     the server; the name that USER gives says what it does:
    foreign low zero multi two octet  replies to PASV that must not be followed, or need care
    flood       replies that nobody asked for, without end
    endless     a multi-line reply without end
    long        a line without end
    loris       one byte of the greeting of a reply each 50 ms
    quiet       never answers again
hostile.py client DEED            a deed below, against $AT_ADDR $AT_PORT
"""
import os
import socket
import sys
import threading
import time

from fakeftpd import Session
from rawftp import Raw
from slow import SLOW

# kB that a helper may take; the watchers of a watched build take some as well
GROWN_MAX = {"sanitize": 64000, "valgrind": 250000}.get(os.environ.get("RIG_WATCH"), 12000)


class Hostile(Session):
    kind = ""

    def do_user(self, arg):
        self.kind = arg
        super().do_user(arg)

    def do_pasv(self, arg):
        port = self.listen()
        high, low = port >> 8, port & 255
        self.say({
            "foreign": "227 Entering Passive Mode (192,0,2,1,%d,%d)." % (high, low),
            "low": "227 Entering Passive Mode (127,0,0,1,0,22).",
            "zero": "227 Entering Passive Mode (0,0,0,0,%d,%d)." % (high, low),
            "multi": "227-Entering (1,2,3,4,5)\r\n some text\r\n227 Passive (127,0,0,1,%d,%d)" %
                     (high, low),
            "two": "227 (127,0,0,1,%d,%d) or (127,0,0,1,200,1)" % (high, low),
            "octet": "227 Entering Passive Mode (127,0,0,1,%d,%d)." % (high, low + 256),
        }.get(self.kind, "227 Entering Passive Mode (127,0,0,1,%d,%d)." % (high, low)))

    def do_noop(self, arg):
        chunk = {"flood": b"200 " + b"x" * 90 + b"\r\n", "endless": b"still going on\r\n",
                 "long": b"y" * 100}.get(self.kind)
        if self.kind == "quiet":
            time.sleep(600)
        if self.kind == "loris":
            for byte in b"200 at last\r\n":
                self.control.sendall(bytes((byte,)))
                time.sleep(0.05)
            return
        if chunk is None:
            self.say("200 Fine.")
            return
        if self.kind == "endless":
            self.say("200-It begins")
        while True:
            self.control.sendall(chunk * 1000)


def serve(address, port):
    with socket.create_server((address, int(port)), backlog=128) as server:
        while True:
            Hostile(server.accept()[0])


def expect(what, condition):
    if not condition:
        sys.exit("hostile: " + str(what))


def login(kind):
    os.environ["FTP_USER"] = kind
    return Raw()


def passive(kind, wanted):
    ftp = login(kind)
    reply = ftp.command("PASV")
    expect(reply, reply[:3] in wanted.split("|"))
    if reply[:3] == "227":
        expect(reply, "(127,0,0,1," in reply)
        data = ftp.dial(int(reply.split(",")[4]) * 256 + int(reply.split(",")[5].rstrip(").")))
        ftp.send("RETR 226-1000-0")
        got = b"".join(iter(lambda: data.recv(65536), b""))
        expect("%d bytes" % len(got), len(got) == 1000)
        Raw.expect(ftp.final(), "226")
    expect("the session goes on", ftp.command("NOOP")[:3] == "200")


def answers(line, wanted):
    ftp = login("fine")
    ftp.control.sendall(line)
    for code in wanted.split():
        reply = ftp.reply()
        expect("%r to %r" % (reply, line[:60]), reply is not None and reply.startswith(code))
    expect("the session goes on", ftp.command("NOOP") == "200 Fine.")


def rss_of_helpers():
    """The largest resident set of any helper of the tunnel, in kB."""
    most = 0
    for pid in os.listdir("/proc"):
        try:
            with open("/proc/%s/cmdline" % pid) as f:
                if "ftp-over-ssh-helper" not in f.read():
                    continue
            with open("/proc/%s/environ" % pid) as f:
                if "RIG=" + os.environ["RIG"] not in f.read().split("\0"):
                    continue
            with open("/proc/%s/status" % pid) as f:
                most = max(most, int(f.read().split("VmHWM:")[1].split()[0]))
        except (OSError, IndexError, ValueError):
            continue
    return most


def bounded(kind, ends, seconds=3):
    """The client asks and does not read; the helpers must not grow. Does the session end?"""
    ftp = login(kind)
    ftp.send("NOOP")
    until = time.time() + seconds
    most = 0
    while time.time() < until:
        most = max(most, rss_of_helpers())
        time.sleep(0.1)
    expect("the helper has grown to %d kB" % most, most < GROWN_MAX and (ends or most > 0))
    print("%s: at most %d kB" % (kind, most))
    ftp.control.settimeout(10 * SLOW)
    got = 0
    last = more = b""
    while got < 30000000:
        more = ftp.control.recv(1 << 16)
        got += len(more)
        last = (last + more)[-200:]
        if not more:
            break
    expect("%d bytes, then %r" % (got, last), (not more and b"421 Closing" in last) == ends)


def pipeline():
    """10,000 commands without reading an answer, then all of them."""
    ftp = login("fine")
    sender = threading.Thread(target=lambda: ftp.control.sendall(b"NOOP\r\n" * 10000))
    sender.start()
    time.sleep(1)
    most = rss_of_helpers()
    count = 0
    while count < 10000:
        expect("answer %d" % count, ftp.line() == "200 Fine.")
        count += 1
    sender.join()
    expect("the helper has grown to %d kB" % most, 0 < most < GROWN_MAX)


def setups(lines, count, wanted):
    """Data connections that nobody uses, asked for without reading an answer."""
    ftp = login("fine")
    sender = threading.Thread(target=lambda: ftp.control.sendall(lines * count))
    sender.start()
    for i in range(count * lines.count(b"\n")):
        reply = ftp.reply()
        expect("answer %d: %r" % (i, reply), reply is not None and reply[:3] in wanted.split("|"))
    sender.join()
    expect("the session goes on", ftp.command("NOOP") == "200 Fine.")
    passive("fine", "227")


def slow_client():
    """A command byte by byte; others are served meanwhile."""
    ftp = login("fine")
    for byte in b"NOOP\r\n":
        ftp.control.sendall(bytes((byte,)))
        time.sleep(0.05)
        other = login("fine")
        expect("another session", other.command("NOOP") == "200 Fine.")
        other.close()
    expect("the answer", ftp.reply() == "200 Fine.")


def no_ftp(begin):
    s = socket.create_connection((os.environ["AT_ADDR"], int(os.environ["AT_PORT"])), 10)
    s.sendall(begin + b"\r\nUSER x\r\nPASS y\r\nPORT 127,0,0,1,20,1\r\n")
    got = b""
    try:
        while True:
            more = s.recv(1000)
            if not more:
                break
            got += more
    except ConnectionResetError:
        pass
    expect(got, b"331" not in got and b"230" not in got)


def quiet():
    """The server has gone silent: the client can still leave, and the helper ends."""
    ftp = login("quiet")
    ftp.send("NOOP")
    ftp.close()


BOUNCE = "CVE-1999-0017, CVE-2001-0405: "
DEEDS = {
    "CVE-2020-8284, CVE-2021-4189: 227 with a foreign address": lambda: passive("foreign", "227"),
    "227 with 0.0.0.0": lambda: passive("zero", "227"),
    "227 of several lines": lambda: passive("multi", "227"),
    "227 with a system port": lambda: passive("low", "425"),
    "227 with two addresses": lambda: passive("two", "425"),
    "227 with an octet over 255": lambda: passive("octet", "425"),
    BOUNCE + "PORT to somebody else": lambda: answers(b"PORT 192,0,2,1,20,20\r\n", "500"),
    BOUNCE + "PORT to a system port": lambda: answers(b"PORT 127,0,0,1,0,22\r\n", "500"),
    BOUNCE + "EPRT to somebody else": lambda: answers(b"EPRT |1|192.0.2.1|5000|\r\n", "500"),
    "PORT behind telnet bytes": lambda: answers(b"\xff\xf4\xff\xf2PO\xff\xf1RT 192,0,2,1,20,20\r\n",
                                                "500"),
    "PORT with junk": lambda: answers(b"PORT 127,0,0,1,20,20,1\r\n", "501"),
    "CRLF injection: NUL in a command": lambda: answers(b"NOOP\0PORT 192,0,2,1,20,20\r\n", "500"),
    "CRLF injection: a bare CR in a command":
        lambda: answers(b"NOOP\rPORT 192,0,2,1,20,20\r\n", "500"),
    "a command of 20 KiB": lambda: answers(b"CWD " + b"a" * 20000 + b"\r\n", "500"),
    "empty lines": lambda: answers(b"\r\n\r\n\r\nNOOP\r\n", "200"),
    "two lines in one packet": lambda: answers(b"NOOP\r\nPORT 192,0,2,1,20,20\r\n", "200 500"),
    "AUTH TLS": lambda: answers(b"AUTH TLS\r\n", "502"),
    "CVE-2020-16043: HTTP": lambda: no_ftp(b"POST / HTTP/1.1\r\nHost: x\r\n"),
    "CVE-2020-16043: HTTP with a long first line":
        lambda: no_ftp(b"POST /" + b"x" * 20000 + b" HTTP/1.1\r\n"),
    "CVE-2020-16043: TLS": lambda: no_ftp(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    "a flood of replies": lambda: bounded("flood", True),
    "a multi-line reply without end": lambda: bounded("endless", False),
    "a line without end": lambda: bounded("long", True),
    "a slow server": lambda: login("loris").expect(login("loris").command("NOOP"), "200 at last"),
    "a slow client": slow_client,
    "10,000 pipelined commands": pipeline,
    "1,000 pipelined PASV": lambda: setups(b"PASV\r\n", 1000, "227|425"),
    "200 pipelined PORT": lambda: setups(b"PORT 127,0,0,1,200,1\r\n", 200, "200|425"),
    "100 of each": lambda: setups(b"PASV\r\nPORT 127,0,0,1,200,1\r\nEPSV\r\n"
                                  b"EPRT |1|127.0.0.1|5000|\r\n", 100, "200|227|229|425"),
    "a silent server": quiet,
}

if __name__ == "__main__":
    if sys.argv[1] == "serve":
        serve(*sys.argv[2:])
    elif sys.argv[1] == "list":
        print("\n".join(DEEDS))
    else:
        DEEDS[sys.argv[2]]()
