"""Setting up: when servers accept, ports that are dead, the same connection again."""
import re
import socket
import time

from peers import HERE, pasv, pattern, reply227, retr, stor
from slow import SLOW
from table import dialogue

# --- servers that sit in accept() right after PASV -------------------------------------------


def accepting(answer):
    def setup(s, _):
        s.passive()
        s.say(answer % {"port": s.way.getsockname()[1], "high": s.way.getsockname()[1] >> 8,
                        "low": s.way.getsockname()[1] & 255})
        s.files["data"] = s.data()
        s.note("connected" if s.files["data"] else "nobody came")
    return setup


def impatient(s, _):
    """Before it reads another command, or never."""
    s.passive()
    s.way.settimeout(3)
    s.say("227 quick (127,0,0,1,%d,%d)" % divmod(s.way.getsockname()[1], 256))
    try:
        s.files["data"] = s.keep(s.way.accept()[0])
        s.note("connected")
    except OSError:
        s.note("too late")


def now_retr(s, _):
    s.say("150 go")
    s.give(s.files["data"], pattern(1000))
    s.finish(s.files["data"])
    s.say("226 sent")


def now_stor(s, _):
    s.say("150 go")
    s.take(s.files["data"])
    s.finish(s.files["data"])
    s.say("226 stored")


NOW = {"PASV": accepting("227 now (127,0,0,1,%(high)d,%(low)d)"),
       "EPSV": accepting("229 now (|||%(port)d|)"),
       "RETR": now_retr, "LIST": now_retr, "STOR": now_stor}

for _between in ((), ("TYPE I",), ("REST 0",), ("SIZE f",), ("NOOP",), ("MDTM f",),
                 ("TYPE I", "SIZE f", "REST 10")):
    @dialogue("a server that accepts right after PASV, then %s" % (" ".join(_between) or "at once"),
              **NOW)
    def _(c, between=_between):
        for mode, get in (("PASV", True), ("EPSV", True), ("PASV", False), ("EPSV", False)):
            ready = c.prepare(mode)
            c.ask(*between) if between else None
            c.ask("RETR f" if get else "STOR f")
            data = ready()
            if get:
                c.take(data)
            else:
                c.give(data, pattern(400))
            c.finish(data)
            c.reply()
        c.bye()


@dialogue("a server that accepts soon after its 227, or never", PASV=impatient, RETR=now_retr)
def _(c):
    ready = c.prepare("PASV")
    c.ask("TYPE I", "RETR f")
    data = ready()
    c.take_rest(data)
    c.bye()


# --- one port for all ------------------------------------------------------------------------

def fixed(s, _):
    if "port" not in s.files:
        s.files["port"] = s.listen()
    s.say(reply227(s.passive(s.files["port"])))


@dialogue("a server with one port for all its data connections", PASV=fixed)
def _(c):
    for _ in range(5):
        c.get("PASV")
        c.put("PASV")
    c.bye()


# --- the same data connection for the next command -------------------------------------------

def picky(s, arg):
    """Refuses what is not there, and keeps the data connection for the next command."""
    if "no" in arg:
        s.say("550 no such file")
    else:
        retr()(s, arg)


def picky_stor(s, arg):
    if "no" in arg:
        s.say("553 not there")
    else:
        stor()(s, arg)


for _mode in ("PASV", "EPSV", "PORT", "EPRT"):
    @dialogue("%s: RETR is refused, another takes its data connection" % _mode,
              RETR=picky, LIST=picky, STOR=picky_stor)
    def _(c, mode=_mode):
        ready = c.prepare(mode)
        c.ask("RETR nothing")
        c.ask("RETR f")
        data = ready()
        c.take_rest(data)
        ready = c.prepare(mode)
        c.ask("STOR no/where")
        c.ask("STOR f")
        data = ready()
        c.give(data, pattern(3000))
        c.finish(data)
        c.reply()
        c.bye()


@dialogue("lynx: EPSV, RETR of a directory, CWD, LIST", RETR="550 not a plain file")
def _(c):
    ready = c.prepare("EPSV")
    c.ask("RETR /pub", "CWD /pub", "LIST")
    data = ready()
    c.take_rest(data)
    c.bye()


@dialogue("a refused RETR, the client closes and sets up again", RETR=picky)
def _(c):
    for mode in ("PASV", "EPSV"):
        ready = c.prepare(mode)
        c.ask("RETR nothing")
        c.finish(ready())
        c.get(mode)
    c.bye()


@dialogue("a refused STOR whose file was sent already", STOR=picky_stor)
def _(c):
    ready = c.prepare("PASV")
    data = ready()
    c.send("STOR no/where")
    c.give(data, pattern(100))
    c.finish(data)
    c.reply()
    c.put("PASV")
    c.bye()


# --- dead ports ------------------------------------------------------------------------------

# By mux ssh does not say whether a port is dead or forbidden (87-forbidden.t): that is tried out. Of a dead
# one the server must not be asked for active mode.

def dead(answer):
    """The port is bound, and nobody listens there."""
    def setup(s, _):
        sock = s.keep(socket.socket())
        sock.bind((HERE, 0))
        number = sock.getsockname()[1]
        s.way = None
        s.say(answer % {"port": number, "high": number >> 8, "low": number & 255})
    return setup


DEAD227 = dead("227 dead (127,0,0,1,%(high)d,%(low)d)")
DEAD229 = dead("229 dead (|||%(port)d|)")


def no_data(s, _):
    s.say("425 no data connection")


def go_425(s, _):
    s.say("150 go", "425 nobody came")


def go_226(s, _):
    s.say("150 go", "226 done, says it")


for _answer, _how in (("425", no_data), ("150 and 425", go_425), ("150 and 226", go_226)):
    @dialogue("a dead port, and a download answered %s" % _answer, PASV=DEAD227, RETR=_how,
              liberties="refused")
    def _(c):
        c.get("EPSV", "LIST")
        c.view[-1] = "listed: " + c.view[-1]
        ready = c.prepare("PASV")
        c.send("RETR f")
        c.take(ready())
        c.reply()
        if c.view[-1][:1] == "1":
            c.reply()

    @dialogue("a dead port, and an upload answered %s" % _answer, PASV=DEAD227, STOR=_how,
              liberties="refused")
    def _(c):
        c.get("EPSV", "LIST")
        c.view[-1] = "listed: " + c.view[-1]
        data = c.prepare("PASV")()
        c.send("STOR f")
        for _ in range(20):
            c.give(data, pattern(10000))
        c.finish(data)
        c.note("no data")
        c.reply()
        if c.view[-1][:1] == "1":
            c.reply()


@dialogue("the first ports of a session are dead", PASV=DEAD227, RETR=no_data, liberties="refused other")
def _(c):
    for _ in range(2):
        ready = c.prepare("PASV")
        c.send("RETR f")
        c.take(ready())
        c.reply()
        c.get("EPSV", "LIST")
        c.view[-1] = "listed: " + c.view[-1]
    c.bye()


@dialogue("EPSV with a dead port, then PASV", EPSV=DEAD229, liberties="other")
def _(c):
    c.get("PASV")
    data = c.prepare("EPSV")()
    if data is not None:
        c.take(data)
        c.finish(data)
    while not c.view[-1].startswith("229"):
        c.view.pop()
    for _ in range(2):
        c.get("PASV")
        c.put("PASV")
    c.bye()


@dialogue("an address that is none, and a good port", PASV=lambda s, _: s.say(
    reply227(s.passive(), "999.0.0.1")))
def _(c):
    c.get("PASV")
    c.put("PASV")
    c.bye()


for _name, _form in (("no parentheses", "227 Passive 127,0,0,1,%d,%d"),
                     ("an equals sign", "227 =127,0,0,1,%d,%d"),
                     ("address 0", "227 Entering (0,0,0,0,%d,%d)."),
                     ("spaces", "227 Entering (127, 0, 0, 1, %d, %d)"),
                     ("leading zeros", "227 Entering (127,000,000,001,%03d,%03d)"),
                     ("two lines", "227-Entering\n227 (127,0,0,1,%d,%d)"),
                     ("a private address", "227 Entering (192,168,77,1,%d,%d)")):
    @dialogue("227 with " + _name, PASV=lambda s, _, form=_form: s.say(
        *(form % divmod(s.passive(), 256)).split("\n")))
    def _(c):
        found = c.ask("PASV")
        c.view[-1] = c.view[-1][:3]
        digits = [int(n) for n in re.findall(r"\d+", found.replace("227", "", 1))]
        data = c.dial(digits[-2] * 256 + digits[-1])
        c.ask("RETR f")
        c.take_rest(data)
        c.bye()

for _name, _form in (("exclamation marks", "229 Extended (!!!%d!)"), ("a dot", "229 Ext (|||%d|)."),
                     ("filled fields", "229 Extended (|1|127.0.0.1|%d|)"),
                     ("no words", "229 (|||%d|)")):
    @dialogue("229 with " + _name, EPSV=lambda s, _, form=_form: s.say(form % s.passive()))
    def _(c):
        found = c.ask("EPSV")
        digits = [int(n) for n in re.findall(r"\d+", found)]
        data = c.dial(digits[-1])
        c.ask("RETR f")
        c.take_rest(data)
        c.bye()


@dialogue("EPSV refused by 500, then PASV", EPSV="500 what?")
def _(c):
    c.ask("EPSV")
    c.get("PASV")
    c.ask("EPSV")
    c.get("PORT")
    c.bye()


@dialogue("PASV refused by 502, then PORT", PASV="502 not here", EPSV="502 not here")
def _(c):
    c.ask("PASV", "EPSV")
    c.get("PORT")
    c.put("EPRT")
    c.bye()


@dialogue("PORT refused by 500, then PASV", PORT="500 no", EPRT="522 no", liberties="mode")
def _(c):
    for mode in ("PORT", "EPRT"):
        c.prepare(mode)
    c.get("PASV")
    c.bye()


@dialogue("a transfer without a setup", RETR="425 use PASV first", STOR="425 use PASV first")
def _(c):
    c.ask("RETR f", "STOR f")
    c.get("PASV", "LIST")
    c.bye()


def knock(number):
    try:
        socket.create_connection((HERE, number), 8 * SLOW).close()
    except OSError:
        pass


def used_up(down):
    """What was agreed on is, by the first transfer: so do all servers with a passive port."""
    def command(s, _):
        if s.way is None:
            s.say("425 Use PORT or PASV first.")
            return
        s.say("150 go")
        data = s.data()
        if not isinstance(s.way, tuple):
            s.way.close()
        s.way = None
        if down:
            s.give(data, pattern(1000))
        else:
            s.take(data)
        s.finish(data)
        s.say("226 done")
    return command


for _mode in ("PASV", "EPSV", "PORT", "EPRT"):
    @dialogue("%s once, several transfers" % _mode, RETR=used_up(True), LIST=used_up(True), STOR=used_up(False))
    def _(c, mode=_mode):
        listener = c.listen()
        number = c.port_of(c.ask(mode)) if mode[-1] == "V" else c.ask(c.active(mode, listener)) and None
        data = c.dial(number) if number else None
        c.ask("RETR f")
        c.take_rest(data or c.accept(listener))
        if number:
            knock(number)
        c.ask("RETR f", "LIST", "STOR f")
        c.put(mode)
        c.ask("STOR f")
        c.bye()


def late_250(s, _):
    """CWD answered 200 and, late, 250: the second crosses PASV."""
    s.say("200 there")
    s.files["late"] = True


def crossing_pasv(s, arg):
    if s.files.pop("late", False):
        s.say("250 now there")
    pasv(s, arg)


@dialogue("CWD answered 200 and, crossing PASV, 250", CWD=late_250, PASV=crossing_pasv)
def _(c):
    c.ask("CWD /a")
    c.send("PASV")
    c.reply()
    found = c.reply()
    number = c.port_of(found)
    data = c.dial(number) if number else None
    c.ask("RETR f")
    c.take_rest(data)
    c.get("PASV")
    c.bye()


@dialogue("STOU before PORT", STOU=lambda s, _: (s.say("150 FILE: u"), s.files.update(
    pending=True)), PORT=lambda s, arg: stou_port(s, arg))
def _(c):
    listener = c.listen()
    c.send("STOU")
    c.reply()
    c.ask(c.active("PORT", listener))
    data = c.accept(listener)
    c.give(data, pattern(900))
    c.finish(data)
    c.reply()
    c.bye()


def stou_port(s, arg):
    n = arg.split(",")
    s.way = ".".join(n[:4]), int(n[4]) * 256 + int(n[5])
    s.say("200 PORT is fine")
    if s.files.pop("pending", False):
        data = s.data()
        s.take(data)
        s.finish(data)
        s.say("226 stored")


def lan_address():
    """Another address of this machine: what a packet to the world would leave from."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(("192.0.2.1", 9))
            return sock.getsockname()[0]
        except OSError:
            return HERE


@dialogue("PORT and EPRT with the client's address in its LAN", liberties="far_client")
def _(c):
    address = lan_address()
    for mode in ("PORT", "EPRT"):
        listener = c.listen(address)
        c.ask(c.active(mode, listener, address), "RETR f")
        data = c.accept(listener)
        c.take_rest(data)
    c.bye()


def five_seconds(s, _):
    s.say("150 soon")
    time.sleep(4)
    data = s.data()
    s.give(data, pattern(1000))
    s.finish(data)
    s.say("226 sent")


@dialogue("PORT: the server connects 4 s after its 150", RETR=five_seconds, takes=4)
def _(c):
    c.get("PORT")
    c.bye()


def connects_at_once(s, arg):
    """pyftpdlib: the server connects when it hears PORT."""
    n = arg.split(",")
    s.way = ".".join(n[:4]), int(n[4]) * 256 + int(n[5])
    s.files["data"] = s.data()
    s.say("200 PORT, and connected")


@dialogue("PORT: the server connects before its 200", PORT=connects_at_once, RETR=now_retr,
          STOR=now_stor)
def _(c):
    c.get("PORT")
    c.put("PORT")
    c.bye()


@dialogue("PASV: the client connects after its RETR")
def _(c):
    for command in ("RETR f", "LIST", "STOR f"):
        number = c.port_of(c.ask("PASV"))
        c.ask(command)
        data = c.dial(number)
        if command == "STOR f":
            c.give(data, pattern(50))
        else:
            c.take(data)
        c.finish(data)
        c.reply()
    c.bye()
