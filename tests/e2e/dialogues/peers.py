"""The two peers of a dialogue: an FTP server and an FTP client that do what their script says and
write down what they see.

A view is a list of strings, in the order in which its peer saw things:
    150 text            a reply (lines of one reply joined by " / "), or the command that came
    data 1000 d87f EOF  what came over a data connection: bytes, their CRC, how it ended:
                        EOF, reset, silence, mute (nothing comes although a reply has come),
                        so far (no end was waited for)
    END                 the end of the control connection, however it came (ssh knows no reset)
    silence             nothing came, for as long as anybody would wait
Addresses and ports are left out of both views: 227, 228, 229 and PORT, EPRT, LPRT and what answers
these by 200 have no more than their name there; EPSV has no family.
"""
import errno
import random
import re
import select
import socket
import struct
import threading
import time
import zlib

from slow import SLOW

PATIENCE = 20 * SLOW
MEETING = 15 * SLOW
HERE = "127.0.0.1"
TELNET = re.compile(rb"\xff[\xfb-\xfe].|[\xf0-\xff]", re.S)
SETUP = re.compile(r"^(227|228|229|200 PORT|200 EPRT|200 LPRT)\b.*", re.S)
ACTIVE = re.compile(r"^(PORT|EPRT|LPRT|EPSV(?= [12]))\b.*", re.I | re.S)


BLOCK = bytes((n * n + 7 * n + (n >> 8)) & 255 for n in range(40961))


def pattern(size):
    """So many bytes that are no text, and are not the same everywhere."""
    return (BLOCK * (size // len(BLOCK) + 1))[:size]


def reset_on_close(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Over(Exception):
    """The script of this peer ends here."""


class Peer:
    """What both of them can do: lines over a control connection, bytes over a data connection."""

    def __init__(self, control, meeting):
        self.control, self.meeting = control, meeting
        self.view, self.buffer, self.ended = [], b"", False
        self.patience = PATIENCE
        self.open = [control]
        control.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        control.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)

    def note(self, what):
        self.view.append(what)
        return what

    def silence(self, what):
        self.patience = min(self.patience, 1)
        return self.note(what)

    def raw(self, octets, flags=0):
        try:
            self.control.settimeout(self.patience)
            if flags:
                self.control.send(octets, flags)
            else:
                self.control.sendall(octets)
        except OSError:
            pass

    def say(self, *lines):
        self.raw("".join(line + "\r\n" for line in lines).encode("latin-1"))

    def dribble(self, text):
        """One octet a segment."""
        for octet in text.encode("latin-1"):
            self.raw(bytes([octet]))
            time.sleep(0.004)

    def next_line(self, patience=None):
        """A line without its end; None: the connection has ended. Raises TimeoutError."""
        deadline = time.monotonic() + (patience or self.patience)
        while b"\n" not in self.buffer and not self.ended:
            self.control.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                more = self.control.recv(65536)
            except TimeoutError:
                raise
            except OSError:
                more = b""
            self.ended = not more
            self.buffer += more
        if b"\n" not in self.buffer:
            return None
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r")

    def tell(self, what):
        """Say to the other script, outside of FTP, that this is done."""
        self.meeting.setdefault(what, threading.Event()).set()

    def hear(self, what):
        if not self.meeting.setdefault(what, threading.Event()).wait(MEETING):
            self.silence("the other one never came to: " + what)

    def keep(self, sock):
        sock.settimeout(self.patience)
        self.open.append(sock)
        return sock

    def listen(self, address=HERE):
        """Not on a port that sshd could have next: who dials one that is closed again would be a
        stranger at its listener."""
        while True:
            try:
                return self.keep(socket.create_server((address, random.randrange(20000, 32000)),
                                                      backlog=16))
            except OSError as why:
                if why.errno != errno.EADDRINUSE:
                    raise

    def take(self, data, exactly=None, note=True):
        """Read to the end, or so many bytes; how it went goes into the view."""
        got, crc, end = 0, 0, "so far"
        if data is None:
            return self.note("no data connection") if note else None
        begun, self.replied = time.monotonic(), False
        while got != exactly:
            try:
                data.settimeout(min(self.patience, 3 * SLOW))
                part = data.recv(min(65536, (exactly or 1 << 30) - got))
            except TimeoutError:
                silent = self.no_more(time.monotonic() - begun)
                if silent is None:
                    continue
                end = silent
                break
            except OSError:
                end = "reset"
                break
            if not part:
                end = "EOF"
                break
            begun = time.monotonic()
            got, crc = got + len(part), zlib.crc32(part, crc)
        return self.note("data %d %04x %s" % (got, crc & 65535, end)) if note else None

    def no_more(self, waited):
        """Nothing has come for a while: is that the end? None: wait."""
        if self.replied:
            return "mute"
        self.replied = bool(self.ended or self.buffer or select.select([self.control], [], [], 0)[0])
        if waited < self.patience:
            return None
        self.patience = min(self.patience, 1)
        return "silence"

    def give(self, data, octets):
        """True if they are gone."""
        if data is None:
            return False
        try:
            data.settimeout(self.patience)
            data.sendall(octets)
            return True
        except OSError:
            return False

    def finish(self, data, how="close"):
        if data is None:
            return
        try:
            if how == "reset":
                reset_on_close(data)
            elif how == "half":
                data.shutdown(socket.SHUT_WR)
                return
            data.close()
        except OSError:
            pass

    def close(self):
        for sock in self.open[::-1]:
            sock.close()


class Server(Peer):
    """Obeys a table: verb -> function(server, argument), or the text of the reply."""

    def __init__(self, control, verbs, meeting):
        super().__init__(control, meeting)
        self.verbs, self.way, self.at = verbs, None, None
        self.files = {}

    def line(self):
        """The next command, as it stands in the view; Over at the end of the connection."""
        try:
            line = self.next_line()
        except TimeoutError:
            self.silence("silence")
            raise Over from None
        if line is None:
            self.note("END")
            raise Over
        line = TELNET.sub(b"", line).decode("latin-1")
        verb, space, arg = line.partition(" ")
        line = verb.upper() + space + arg
        self.note(ACTIVE.sub(r"\1", line))
        return line

    def serve(self):
        try:
            greeting = self.verbs.get("greeting", "220 ready")
            if callable(greeting):
                greeting(self, "")
            else:
                self.say(greeting)
            while True:
                self.obey(self.line())
        except Over:
            pass
        self.close()

    def obey(self, line):
        verb, _, arg = line.partition(" ")
        how = self.verbs.get(verb, STANDARD.get(verb, "502 no such command"))
        if callable(how):
            how(self, arg)
        else:
            self.say(*how.split("\n"))

    def passive(self, listener=None):
        """A port to connect to; its number."""
        self.way = listener or self.listen()
        return self.way.getsockname()[1]

    def data(self):
        """The data connection, in whichever direction it was agreed; None: there is none."""
        try:
            if isinstance(self.way, tuple):
                return self.keep(socket.create_connection(self.way, 5 * SLOW))
            self.way.settimeout(8 * SLOW)
            return self.keep(self.way.accept()[0])
        except (OSError, AttributeError):
            return None

    def die(self, how="close"):
        """The end of the process: all connections go, in one way or the other."""
        for sock in self.open[::-1]:
            self.finish(sock, how)
        raise Over


def reply227(port, address=HERE):
    return "227 Entering Passive Mode (%s,%d,%d)" % (address.replace(".", ","), port >> 8, port & 255)


def pasv(s, _):
    s.say(reply227(s.passive()))


def epsv(s, arg):
    if arg.upper() == "ALL":
        s.say("200 EPSV only, then")
    else:
        s.say("229 Entering Extended Passive Mode (|||%d|)" % s.passive())


def lpsv(s, _):
    port = s.passive()
    s.say("228 Entering Long Passive Mode (4,4,127,0,0,1,2,%d,%d)" % (port >> 8, port & 255))


def port(s, arg):
    n = arg.split(",")
    s.way = ".".join(n[:4]), int(n[4]) * 256 + int(n[5])
    s.say("200 PORT is fine")


def eprt(s, arg):
    _, _, host, number, _ = arg.split(arg[0])
    s.way = host, int(number)
    s.say("200 EPRT is fine")


def lprt(s, arg):
    n = arg.split(",")
    s.way = ".".join(n[2:6]), int(n[7]) * 256 + int(n[8])
    s.say("200 LPRT is fine")


def retr(size=1000, first="150 here it comes", last="226 sent", wait=0.0):
    """A download of so many bytes."""
    def download(s, _):
        if first:
            s.say(first)
        data = s.data()
        if data is None:
            s.say("425 no data connection")
            return
        s.give(data, pattern(size))
        s.finish(data)
        time.sleep(wait)
        if last:
            s.say(*last.split("\n"))
    return download


def refuses_amid(answer):
    """A download that goes on when the command in its middle was refused."""
    def download(s, _):
        s.say("150 here it comes")
        data = s.data()
        s.give(data, pattern(1000))
        s.line()
        s.say(answer)
        s.hear("the answer was read")
        s.give(data, pattern(1000))
        s.finish(data)
        s.say("226 sent")
    return download


def stor(first="150 give it to me", last="226 stored", wait=0.0):
    """An upload, to its end."""
    def upload(s, _):
        if first:
            s.say(*first.split("\n"))
        data = s.data()
        if data is None:
            s.say("425 no data connection")
            return
        s.take(data)
        s.finish(data)
        time.sleep(wait)
        if last:
            s.say(*last.split("\n"))
    return upload


def leave(s, _):
    s.say("221 goodbye")
    s.die()


STANDARD = {
    "USER": "331 and the password?", "PASS": "230 logged in", "ACCT": "230 logged in",
    "SYST": "215 UNIX Type: L8", "TYPE": "200 type set", "MODE": "200 mode set",
    "STRU": "200 structure set", "CWD": "250 there", "CDUP": "250 up", "PWD": '257 "/" is it',
    "SIZE": "213 1000", "MDTM": "213 20240229120000", "REST": "350 from there", "NOOP": "200 yes",
    "ALLO": "202 not needed", "FEAT": "211-Features\n SIZE\n MDTM\n REST STREAM\n211 End",
    "HELP": "214-Help\n none\n214 done", "STAT": "211-Status\n fine\n211 End", "SITE": "200 done",
    "DELE": "250 deleted", "RNFR": "350 and to?", "RNTO": "250 renamed", "MKD": '257 "/d" made',
    "RMD": "250 removed", "ABOR": "226 nothing to abort", "REIN": "220 again", "QUIT": leave,
    "OPTS": "200 option set", "MLST": "250-Listing\n type=file; f\n250 End",
    "PASV": pasv, "EPSV": epsv, "LPSV": lpsv, "PORT": port, "EPRT": eprt, "LPRT": lprt,
    "RETR": retr(), "LIST": retr(300), "NLST": retr(60), "MLSD": retr(400),
    "STOR": stor(), "APPE": stor(), "STOU": stor("150 FILE: unique.1"),
}


class Client(Peer):
    def send(self, *lines):
        self.say(*lines)

    def reply(self, patience=None):
        """One whole reply: into the view, and returned as it came; "" where there is none."""
        try:
            lines = [self.next_line(patience)]
            if lines[0] is not None and lines[0][3:4] == b"-":
                while lines[-1] is not None and not self.is_last(lines[-1], lines[0][:3]):
                    lines.append(self.next_line(patience))
        except TimeoutError:
            self.silence("silence")
            return ""
        if lines[-1] is None:
            self.note("END")
            return ""
        text = " / ".join(line.decode("latin-1") for line in lines)
        self.note(SETUP.sub(r"\1", text))
        return text

    @staticmethod
    def is_last(line, code):
        return line[:4] == code + b" " or line == code

    def ask(self, *lines):
        """Each of these commands when the one before is answered; the last answer."""
        for line in lines:
            self.send(line)
            answer = self.reply()
        return answer

    def quiet(self, seconds=0.7):
        """Nothing comes for now."""
        try:
            line = self.next_line(seconds * SLOW)
        except TimeoutError:
            return self.note("quiet")
        return self.note("not quiet: %s" % line)

    def log_in(self):
        self.reply()
        self.ask("USER me", "PASS secret")

    def dial(self, port):
        try:
            return self.keep(socket.create_connection((HERE, port), 8 * SLOW))
        except OSError:
            self.note("no connection")
            return None

    @staticmethod
    def port_of(text):
        found = re.search(r"\|\|\|(\d+)\||(\d+),(\d+)\)", text)
        if not found:
            return None
        whole, high, low = found.groups()
        return int(whole) if whole else int(high) * 256 + int(low)

    def prepare(self, mode):
        """Agree on a data connection: a function that gives it once the transfer command is sent."""
        if mode.split()[0] in ("PASV", "EPSV", "LPSV"):
            number = self.port_of(self.ask(mode))
            if number is None:
                return lambda: None
            data = self.dial(number)
            return lambda: data
        listener = self.listen()
        self.ask(self.active(mode, listener))
        return lambda: self.accept(listener)

    @staticmethod
    def active(mode, listener, address=HERE):
        number = listener.getsockname()[1]
        dotted = "%s,%d,%d" % (address.replace(".", ","), number >> 8, number & 255)
        return {"PORT": "PORT " + dotted, "EPRT": "EPRT |1|%s|%d|" % (address, number),
                "LPRT": "LPRT 4,4,%s,2,%d,%d" % (
                    address.replace(".", ","), number >> 8, number & 255)}[mode]

    def accept(self, listener):
        listener.settimeout(self.patience)
        try:
            return self.keep(listener.accept()[0])
        except OSError:
            self.silence("nobody connects")
            return None

    def take_rest(self, data):
        """To its end, and the reply behind it."""
        self.take(data)
        self.finish(data)
        self.reply()

    def get(self, mode="PASV", command="RETR f"):
        """A whole download, as most clients do it."""
        ready = self.prepare(mode)
        if self.ask(command)[:1] != "1":
            return
        data = ready()
        self.take_rest(data)

    def put(self, mode="PASV", command="STOR f", size=1000):
        ready = self.prepare(mode)
        if self.ask(command)[:1] != "1":
            return
        data = ready()
        self.note("sent" if self.give(data, pattern(size)) else "not sent")
        self.finish(data)
        self.reply()

    def ask_amid(self, command):
        """Of refuses_amid()."""
        data = self.prepare("PASV")()
        self.ask("RETR f")
        self.take(data, 1000)
        self.ask(command)
        self.tell("the answer was read")
        self.take_rest(data)

    def put_and_look(self, mode, command, size):
        """Is the data connection of an upload closed by the server's side when the reply is there?"""
        ready = self.prepare(mode)
        self.ask(command)
        data = ready()
        self.give(data, pattern(size))
        self.finish(data, "half")
        self.reply()
        data.setblocking(False)
        try:
            self.note("ended" if not data.recv(1) else "data")
        except BlockingIOError:
            self.note("still open at 226")
        self.finish(data)

    def bye(self):
        self.ask("QUIT")
