"""The control stream itself: segments, pipelining, odd octets, long lines, many lines."""
import socket
import time

from peers import pattern, retr
from table import dialogue

# --- pipelining ------------------------------------------------------------------------------


@dialogue("four commands in one segment")
def _(c):
    c.send("PWD", "TYPE I", "FEAT", "NOOP")
    for _ in range(4):
        c.reply()
    c.bye()


@dialogue("forty commands in one segment")
def _(c):
    c.send(*["NOOP", "PWD", "XYZZY", "STAT"] * 10)
    for _ in range(40):
        c.reply()
    c.bye()


@dialogue("the whole login in one segment", login=False)
def _(c):
    c.send("USER me", "PASS secret", "SYST", "PWD", "QUIT")
    for _ in range(6):
        c.reply()
    c.reply()


@dialogue("lftp: PASV, REST and RETR in one segment")
def _(c):
    for verb in ("PASV", "EPSV"):
        c.send(verb, "REST 0", "RETR f")
        data = c.dial(c.port_of(c.reply()))
        c.reply()
        c.reply()
        c.take_rest(data)
    c.bye()


@dialogue("PORT and RETR in one segment")
def _(c):
    for mode in ("PORT", "EPRT"):
        listener = c.listen()
        c.send(c.active(mode, listener), "TYPE I", "RETR f")
        data = c.accept(listener)
        for _ in range(3):
            c.reply()
        c.take_rest(data)
    c.bye()


@dialogue("PORT, STOR, PORT, RETR, QUIT in one segment")
def _(c):
    one, two = c.listen(), c.listen()
    c.send(c.active("PORT", one), "STOR f", c.active("PORT", two), "RETR f", "QUIT")
    data = c.accept(one)
    c.give(data, pattern(300))
    c.finish(data)
    data = c.accept(two)
    c.take(data)
    c.finish(data)
    for _ in range(8):
        c.reply()


@dialogue("RETR and the next PASV in one segment", takes=2)
def _(c):
    data = c.prepare("PASV")()
    for _ in range(4):
        c.send("RETR f", "PASV")
        c.reply()
        c.take_rest(data)
        data = c.dial(c.port_of(c.reply()))
    c.ask("LIST")
    c.take(data)
    c.reply()
    c.bye()


@dialogue("RETR and SIZE of the next file in one segment")
def _(c):
    for _ in range(3):
        data = c.prepare("EPSV")()
        c.send("RETR f", "SIZE g", "MDTM g")
        c.reply()
        c.take(data)
        c.finish(data)
        for _ in range(3):
            c.reply()
    c.bye()


# --- segments --------------------------------------------------------------------------------

@dialogue("commands one octet at a time")
def _(c):
    c.dribble("PWD\r\n")
    c.reply()
    c.dribble("PASV\r\nTYPE I\r\n")
    data = c.dial(c.port_of(c.reply()))
    c.reply()
    c.dribble("RETR a file\r\n")
    c.reply()
    c.take_rest(data)
    c.bye()


def dribbled(s, _):
    number = s.passive()
    s.dribble("227-Entering\r\n 227 inside\r\n227 (127,0,0,1,%d,%d)\r\n" % divmod(number, 256))


def dribbled_retr(s, _):
    s.dribble("150 go\r\n")
    data = s.data()
    s.give(data, pattern(100))
    s.finish(data)
    s.dribble("226-sent\r\n226 it\r\n")


@dialogue("replies one octet at a time", PASV=dribbled, RETR=dribbled_retr, takes=2)
def _(c):
    c.get("PASV")
    c.get("PASV")
    c.bye()


def torn(s, _):
    s.raw(b"257 \"/")
    time.sleep(0.2)
    s.raw(b"\" is it\r")
    time.sleep(0.2)
    s.raw(b"\n")


@dialogue("a reply torn between CR and LF", PWD=torn)
def _(c):
    c.ask("PWD", "PWD")
    c.raw(b"NOO")
    time.sleep(0.2)
    c.raw(b"P\r")
    time.sleep(0.2)
    c.raw(b"\nPWD\r\n")
    c.reply()
    c.reply()
    c.bye()


@dialogue("bare line feeds from client and server", NOOP=lambda s, _: s.raw(b"200 yes\n"),
          FEAT=lambda s, _: s.raw(b"211-F\n SIZE\n211 End\n"))
def _(c):
    c.raw(b"NOOP\nFEAT\n")
    c.reply()
    c.reply()
    c.raw(b"PWD\n")
    c.reply()
    c.bye()


def one_read(s, _):
    """A server that takes one read for one command, from now on."""
    s.say("200 slowly, please")
    while True:
        s.control.settimeout(s.patience)
        got = s.control.recv(4096)
        s.note("read %r" % got)
        if not got or got.startswith(b"QUIT"):
            s.say("221 goodbye")
            s.die()
        s.say("200 " + got.decode("latin-1").split()[0])


@dialogue("a server that takes one read() for one command", SITE=one_read)
def _(c):
    c.ask("SITE ONE", "NOOP", "TYPE I", "PWD", "STAT", "QUIT")


# --- what stands in a line -------------------------------------------------------------------

@dialogue("small letters, spaces and odd names", RETR=retr(10))
def _(c):
    c.send("pwd")
    c.reply()
    for name in ("a file", " leading", "trailing ", "-r", "a/b/../c", "%n%s", "quote\"d", "tab\there",
                 "\xe4\xf6\xfc", "\xc3\xa4", "a;b|c&d", "(127,0,0,1,4,5)", "PORT 1,2,3,4,5,6"):
        c.ask("SIZE " + name)
    c.get("PASV", "RETR  two spaces  ")
    c.get("PASV", "retr f")
    c.bye()


@dialogue("IAC in a file name", PWD=lambda s, _: s.raw(b'257 "/y\xff\xffz" is it\r\n'))
def _(c):
    c.ask("PWD")
    c.raw(b"SIZE y\xff\xffz\r\n")
    c.reply()
    c.bye()


@dialogue("Telnet options in between")
def _(c):
    c.raw(b"\xff\xfd\x01\xff\xfb\x03PWD\r\n")
    c.reply()
    c.raw(b"NO\xff\xf1OP\r\n")
    c.reply()
    c.bye()


@dialogue("NUL in a reply", PWD=lambda s, _: s.raw(b'257 "/a\0b" is it\r\n'))
def _(c):
    c.ask("PWD", "NOOP")
    c.bye()


@dialogue("a command of 4,000 octets and a reply of 30,000",
          STAT=lambda s, _: s.say("213 " + "x" * 30000))
def _(c):
    c.ask("SIZE " + "n" * 4000, "STAT", "NOOP")
    c.bye()


def long_list(s, _):
    s.say("213-it is long", *[" line %d %s" % (n, "x" * (n % 70)) for n in range(2000)], "213 End")


@dialogue("a reply of two thousand lines", STAT=long_list)
def _(c):
    c.ask("STAT f", "NOOP")
    c.get()
    c.bye()


TRAPS = ("213-status", "213", " 213 not the end", "226 not the end either", "200 nor this",
         "227 Entering (1,2,3,4,5,6)", "213-", "2130", "", "220-x", "213 End")


@dialogue("a reply whose lines look like replies", liberties="smuggled",
          STAT=lambda s, _: s.say(*[line for line in TRAPS if line != "213"]))
def _(c):
    c.ask("STAT f", "NOOP")
    c.get()
    c.ask("STAT f")
    c.bye()


@dialogue("every line with its code", greeting=lambda s, _: s.say("220-a", "220-b", "220 c"),
          PASS=lambda s, _: s.say("230-hello", "230-227 (1,2,3,4,5,6)", "230 in"))
def _(c):
    c.ask("NOOP")
    c.get()
    c.bye()


@dialogue("120, then 220", greeting=lambda s, _: (s.say("120 in a moment"), time.sleep(0.5),
                                                   s.say("220 ready")), login=False)
def _(c):
    c.reply()
    c.log_in()
    c.get()
    c.bye()


@dialogue("a wrong password, another, and an account", USER="331 and?",
          PASS=lambda s, arg: s.say("332 and the account?" if arg == "right" else "530 no"),
          login=False)
def _(c):
    c.reply()
    c.ask("USER me", "PASS wrong", "USER me", "PASS right", "ACCT a")
    c.get()
    c.ask("REIN")
    c.bye()


@dialogue("FEAT with TLS in it", liberties="feat", FEAT=lambda s, _: s.say(
    "211-Features:", " AUTH TLS", " EPSV", " PBSZ", " PROT", " UTF8", "211 End"))
def _(c):
    c.ask("FEAT", "OPTS UTF8 ON")
    c.bye()


@dialogue("FEAT without TLS, MLST, MLSD, OPTS")
def _(c):
    c.ask("FEAT", "OPTS MLST type;", "MLST f")
    c.get("EPSV", "MLSD /")
    c.bye()


@dialogue("a reply that nobody asked for", NOOP=lambda s, _: s.say("200 yes", "250 and more"))
def _(c):
    c.ask("NOOP")
    c.reply()
    c.ask("PWD")
    c.get()
    c.bye()


@dialogue("a 227 that nobody asked for", NOOP=lambda s, _: s.say(
    "227 Entering (127,0,0,1,200,200)", "200 yes"), liberties="smuggled")
def _(c):
    c.ask("NOOP")
    c.reply(1)
    c.ask("PWD")
    c.bye()


@dialogue("commands that rename, make, remove, change modes")
def _(c):
    c.ask("MKD d", "RNFR f", "RNTO g", "DELE g", "RMD d", "CDUP", "SITE CHMOD 644 f", "ALLO 1000",
          "STRU F", "MODE S", "HELP", "SYST", "MDTM f")
    c.bye()


# --- urgent data -----------------------------------------------------------------------------

def until_abor(s, _):
    s.say("150 here it comes")
    data = s.data()
    s.give(data, pattern(1000))
    s.line()
    s.finish(data)
    s.say("426 aborted", "226 ABOR done")


def aborting(c, how):
    data = c.prepare("PASV")()
    c.ask("RETR f")
    c.take(data, 1000)
    how(c)
    c.take_rest(data)
    c.reply()
    c.get("PASV", "LIST")
    c.bye()


def lftp(c):
    c.raw(b"\xff\xf4\xff")
    c.raw(b"\xf2", socket.MSG_OOB)
    c.raw(b"ABOR\r\n")


def python(c):
    c.raw(b"ABOR\r\n", socket.MSG_OOB)


def wrong_order(c):
    c.raw(b"\xf4")
    c.raw(b"\xff", socket.MSG_OOB)
    c.raw(b"abor\r\n")


def plain_telnet(c):
    c.raw(b"\xff\xf4\xff\xf2ABOR\r\n")


for _how in (lftp, python, wrong_order, plain_telnet):
    @dialogue("ABOR with urgent data: %s" % _how.__name__, RETR=until_abor, liberties="failed urgent")
    def _(c, how=_how):
        aborting(c, how)
