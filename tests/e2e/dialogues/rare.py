"""What peers do seldom: data connections, setups, greetings, ends."""
import select
import socket
import time

from peers import HERE, epsv, pasv, pattern, retr, stor
from slow import SLOW
from table import dialogue

# --- the same data connection, for what comes after a refusal ---------------------------------

def refuses(*codes):
    left = {}

    def how(verb):
        def command(s, arg):
            at = left.setdefault(id(s), list(codes))
            if at:
                s.say(at.pop(0))
            elif verb == "STOR":
                stor()(s, arg)
            else:
                retr()(s, arg)
        return command
    return {verb: how(verb) for verb in ("RETR", "LIST", "NLST", "STOR")}


for _codes in (("550 no",), ("450 busy",), ("501 which?",), ("500 what?",), ("502 no",), ("504 no",),
               ("530 log in",), ("551 no",), ("553 no",), ("550 no", "550 no", "550 no"),
               ("425 not yet",), ("421 not yet",), ("451 no",), ("452 full",), ("200 hm",)):
    for _mode in ("PASV", "PORT"):
        @dialogue("%s: %s to RETR, then STOR over the same connection" % (
            _mode, " ".join(code[:3] for code in _codes)), **refuses(*_codes))
        def _(c, mode=_mode, codes=_codes):
            ready = c.prepare(mode)
            for _ in codes:
                c.ask("RETR f")
            c.ask("NOOP", "STOR g")
            data = ready()
            c.give(data, pattern(700))
            c.finish(data)
            c.reply()
            c.get(mode)
            c.bye()


@dialogue("530 to RETR, a login, and RETR over the same connection", **refuses("530 log in"))
def _(c):
    data = c.prepare("EPSV")()
    c.ask("RETR f", "USER me", "PASS secret", "RETR f")
    c.take_rest(data)
    c.bye()


# --- ends of data connections ----------------------------------------------------------------

@dialogue("the server ends the data connection before RETR is said", PASV=lambda s, _: (
    pasv(s, _), s.files.update(d=s.data()), s.finish(s.files["d"])), RETR="425 it was closed",
    takes=5)
def _(c):
    data = c.prepare("PASV")()
    c.take(data)
    c.finish(data)
    c.ask("RETR f")
    c.get("EPSV", "LIST")
    c.bye()


def data_first(s, _):
    pasv(s, _)
    data = s.data()
    s.give(data, pattern(1000))
    s.finish(data)


@dialogue("the data are there before RETR is said", PASV=data_first,
          RETR=lambda s, _: s.say("150 go", "226 gone"))
def _(c):
    for _ in range(2):
        data = c.prepare("PASV")()
        c.ask("RETR f")
        c.take_rest(data)
    c.bye()


@dialogue("150 and 226 in one segment after all data", RETR=lambda s, _: (
    s.files.update(d=s.data()), s.give(s.files["d"], pattern(3000)), s.finish(s.files["d"]),
    s.say("150 go", "226 gone")))
def _(c):
    for mode in ("PASV", "PORT"):
        ready = c.prepare(mode)
        c.send("RETR f")
        data = ready()
        c.take_rest(data)
        c.reply()
    c.bye()


def stays_open(s, _):
    s.say("150 give it to me")
    data = s.data()
    s.take(data)
    s.say("226 stored")
    s.hear("the reply was read")
    s.finish(data)


@dialogue("the server ends an upload's data connection after its 226", STOR=stays_open)
def _(c):
    for mode in ("EPSV", "PORT"):
        ready = c.prepare(mode)
        c.ask("STOR f")
        data = ready()
        c.give(data, pattern(900))
        c.finish(data, "half")
        c.reply()
        c.tell("the reply was read")
        c.take(data)
        c.finish(data)
    c.bye()


for _mode in ("EPSV", "PORT", "EPRT"):
    @dialogue("%s: a client that reads the end of its upload" % _mode)
    def _(c, mode=_mode):
        for command, size in (("STOR f", 1), ("APPE f", 70000), ("STOU", 3000)):
            c.put_and_look(mode, command, size)
        c.bye()


def closes_control(s, _):
    s.say("150 here it comes")
    data = s.data()
    s.give(data, pattern(1000))
    s.finish(data)
    s.say("226 sent, and good night")
    s.die()


for _mode in ("PASV", "PORT"):
    @dialogue("%s: a server for one file: 226 and the end" % _mode, RETR=closes_control)
    def _(c, mode=_mode):
        c.get(mode)
        c.reply()


def reads_on(s, _):
    s.say("150 give it to me")
    data = s.data()
    s.take(data, 1000)
    s.tell("the first part is there")
    s.take(data)
    s.finish(data)
    s.say("226 stored")


@dialogue("a client that says no more in mid upload", STOR=reads_on, liberties="dies")
def _(c):
    data = c.prepare("PASV")()
    c.ask("STOR f")
    c.give(data, pattern(1000))
    c.hear("the first part is there")
    c.control.shutdown(socket.SHUT_WR)
    c.give(data, pattern(3000))
    c.finish(data)
    c.reply()
    c.reply()


def resets_early(s, _):
    s.say("150 here it comes")
    s.finish(s.data(), "reset")
    s.say("426 broken")


@dialogue("a reset before the first byte, and 426", RETR=resets_early, STOR=resets_early,
          liberties="no_reset failed")
def _(c):
    for mode in ("PASV", "PORT"):
        ready = c.prepare(mode)
        c.ask("RETR f")
        data = ready()
        c.take_rest(data)
    c.get("PASV", "LIST")
    c.bye()


# --- setting up ------------------------------------------------------------------------------

@dialogue("setups in small letters")
def _(c):
    for setup in ("pasv", "epsv", "Pasv", "Epsv"):
        data = c.dial(c.port_of(c.ask(setup)) or 1)
        c.ask("retr f")
        c.take_rest(data)
    c.bye()


@dialogue("EPRT with another delimiter, port in small letters")
def _(c):
    for form in ("EPRT !1!127.0.0.1!%d!", "eprt |1|127.0.0.1|%d|"):
        listener = c.listen()
        c.ask(form % listener.getsockname()[1], "RETR f")
        data = c.accept(listener)
        c.take_rest(data)
    listener = c.listen()
    c.ask("port 127,0,0,1,%d,%d" % divmod(listener.getsockname()[1], 256), "LIST")
    data = c.accept(listener)
    c.take_rest(data)
    c.bye()


@dialogue("a 227 to EPSV, a 229 to PASV", PASV=epsv, EPSV=pasv)
def _(c):
    c.get("PASV")
    c.get("EPSV")
    c.view[:] = [line if line[:3] not in ("227", "229") else "22x" for line in c.view]
    c.bye()


for _text in ("220 port", "226 port", "250 port", "200-the\n200 port"):
    @dialogue("PORT answered %s" % _text.split("\n")[0], PORT=lambda s, arg, text=_text: (
        port_quietly(s, arg), s.say(*text.split("\n"))))
    def _(c):
        c.get("PORT")
        c.put("PORT")
        c.bye()


@dialogue("PORT answered 425, and nothing else is tried", PORT="425 not now")
def _(c):
    c.prepare("PORT")
    c.get("PASV")
    c.prepare("PORT")
    c.bye()


LONG = "226-%s\n" % ("w" * 70) * 3000 + "226 done"


@dialogue("last words of 3,000 lines", RETR=retr(5000, last=LONG), STOR=stor(last=LONG))
def _(c):
    c.get("PASV")
    c.put("PASV")
    c.ask("NOOP")
    c.bye()


@dialogue("arguments that are none", PASV=lambda s, arg: (
    s.say("501 no argument is allowed") if arg else pasv(s, arg)),
          EPSV=lambda s, arg: s.say("522 use (1)") if arg else epsv(s, arg), LPSV="501 nor here")
def _(c):
    c.ask("PASV foo bar", "LPSV 4", "EPSV 123456789")
    c.get("PASV")
    c.bye()


@dialogue("EPSV 2 answered 522, EPSV", EPSV=lambda s, arg: (
    s.say("522 use (1)") if arg == "2" else epsv(s, arg)))
def _(c):
    c.ask("EPSV 2")
    c.get("EPSV")
    c.bye()


def port_quietly(s, arg):
    n = arg.split(",")
    s.way = ".".join(n[:4]), int(n[4]) * 256 + int(n[5])


for _mode in ("PORT", "EPRT"):
    @dialogue("%s: a port where nobody listens" % _mode, liberties="refused", RETR=retr(first=""))
    def _(c, mode=_mode):
        sock = c.keep(socket.socket())
        sock.bind((HERE, 0))
        c.ask(c.active(mode, sock), "RETR f")
        c.send("QUIT")


@dialogue("PASV, and nobody comes", RETR=lambda s, _: s.say("425 nobody came"), takes=1)
def _(c):
    for verb in ("PASV", "EPSV"):
        c.ask(verb, "RETR f")
    c.get("PASV", "LIST")
    c.bye()


@dialogue("EPSV ALL is refused, PASV is taken", EPSV=lambda s, arg: (
    s.say("522 use (1)") if arg else epsv(s, arg)))
def _(c):
    c.ask("EPSV ALL")
    c.get("PASV")
    c.get("EPSV")
    c.bye()


@dialogue("PASV, REIN, a login, PASV")
def _(c):
    c.prepare("PASV")
    c.ask("REIN", "USER me", "PASS secret")
    c.get("PASV")
    c.put("PORT")
    c.bye()


@dialogue("PORT, then PASV, then PORT, and only the last is used")
def _(c):
    for modes in (("PORT", "PASV", "EPRT"), ("PASV", "PORT", "EPSV"), ("EPSV", "PASV")):
        for mode in modes[:-1]:
            c.prepare(mode)
        c.get(modes[-1])
        c.put(modes[-1])
    c.bye()


@dialogue("a client that connects, waits for 3 s, and then asks", takes=3)
def _(c):
    data = c.prepare("PASV")()
    time.sleep(3)
    c.ask("RETR f")
    c.take_rest(data)
    c.bye()


# --- greetings, ends -------------------------------------------------------------------------

@dialogue("a greeting with nothing but its code", greeting="220", login=False)
def _(c):
    c.log_in()
    c.get()
    c.bye()


@dialogue("a greeting whose lines look like other protocols", login=False, greeting=lambda s, _: s.say(
    "220-welcome", "", "  220 spaces", "* OK", "+OK", "SSH-2.0", "220 done"))
def _(c):
    c.log_in()
    c.get()
    c.bye()


for _what, _greeting in (("a line of text", b"Welcome\r\n220 ready\r\n"), ("Telnet", b"\xff\xfb\x01220 ready\r\n"),
                         ("UTF-8's mark", b"\xef\xbb\xbf220 ready\r\n")):
    @dialogue("%s before the greeting" % _what, login=False,
              greeting=lambda s, _, greeting=_greeting: s.raw(greeting))
    def _(c):
        c.note(c.next_line().decode("latin-1"))
        c.note(c.next_line().decode("latin-1") if c.buffer else "")
        c.get()
        c.bye()


for _line in ("* OK IMAP4rev1 ready", "+OK POP3 ready", "<html>"):
    @dialogue("not FTP either: %s" % _line.split()[0], login=False, liberties="banner",
              greeting=lambda s, _, line=_line: s.say(line))
    def _(c, line=_line):
        try:
            text = (c.next_line() or b"END").decode("latin-1")
        except TimeoutError:
            text = c.silence("silence")
        c.note("it was quoted" if line.split()[0] in text else text)


@dialogue("221, and the server takes commands nevertheless", QUIT="221 as you like")
def _(c):
    c.bye()
    c.ask("NOOP")
    c.get()
    c.bye()


@dialogue("USER answered 230, no password", USER="230 in", login=False)
def _(c):
    c.reply()
    c.ask("USER me")
    c.get()
    c.put("PORT")
    c.bye()


@dialogue("QUIT behind a whole upload that is still unread", STOR=lambda s, _: (
    s.say("150 give"), time.sleep(2), s.files.update(d=s.data()), s.take(s.files["d"]),
    s.finish(s.files["d"]), s.say("226 stored")), takes=2)
def _(c):
    data = c.prepare("EPSV")()
    c.send("STOR f")
    c.give(data, pattern(500))
    c.send("QUIT")
    c.finish(data)
    for _ in range(4):
        c.reply()


# --- the reply first ---------------------------------------------------------------------------

@dialogue("150 and 226 to a client that does not connect", RETR=lambda s, _: s.say("150 now", "226 nothing"))
def _(c):
    c.ask("PASV", "RETR f")
    c.reply(3 * SLOW)
    c.get("PASV", "LIST")
    c.bye()


def leaves_its_data(s, _):
    s.say("150 here it comes")
    data = s.data()
    s.give(data, pattern(1000))
    s.control.shutdown(socket.SHUT_WR)
    time.sleep(7)
    s.give(data, pattern(1000))
    s.finish(data)


@dialogue("a download that goes on 7 s after its server's last word", RETR=leaves_its_data, takes=7, liberties="failed")
def _(c):
    data = c.prepare("PASV")()
    c.ask("RETR f")
    c.take(data, 1000)
    select.select([data], [], [], 20 * SLOW)
    c.take(data, 1000)
    c.take_rest(data)
