"""Replies that come late, twice, never, or with other codes; sizes that are announced."""
import time

from peers import Over, pattern, retr, stor
from table import dialogue


def thrice(c, mode="PASV", command="RETR f"):
    c.get(mode, command)
    c.ask("NOOP")
    c.get(mode, command)
    c.bye()


# (name, lines before the data, bytes, lines after them, liberties)
DOWN = (
    ("125 and 250", "125 open", 1000, "250 fine", ""),
    ("150 and 200", "150 go", 1000, "200 fine", ""),
    ("150 and 226 in two lines", "150-it\n150 comes", 1000, "226-it\n226 was sent", ""),
    ("bare codes", "150", 1000, "226", ""),
    ("two 150", "150 soon\n150 now", 1000, "226 sent", ""),
    ("a 120 before the 150", "120 wait\n150 now", 1000, "226 sent", ""),
    ("two 226", "150 go", 1000, "226 sent\n226 sent again", ""),
    ("a 226, then a 426", "150 go", 1000, "226 sent\n426 or not", "failed"),
    ("550 after 150 and no byte", "150 go", 0, "550 no such file", ""),
    ("451 after 150 and no byte", "150 go", 0, "451 disk error", ""),
    ("426 after 150 and no byte", "150 go", 0, "426 no", ""),
    ("500 after 150 and no byte", "150 go", 0, "500 what?", ""),
    ("550 after all bytes", "150 go", 1000, "550 not quite", "failed"),
    ("451 after all bytes", "150 go", 1000, "451 not quite", "failed"),
    ("426 after all bytes", "150 go", 1000, "426 not quite", "failed"),
    ("500 after all bytes", "150 go", 1000, "500 not quite", "failed"),
    ("552 after 2 MB", "150 go", 2000000, "552 not quite", "failed"),
    ("226 and no byte", "150 go", 0, "226 empty", ""),
    ("250 and no byte", "125 go", 0, "250 empty", ""),
    ("451 in two lines", "150 go", 1000, "451-not\n451 quite", "failed"),
)


def says(before, size, after):
    def download(s, _):
        s.say(*before.split("\n"))
        data = s.data()
        s.give(data, pattern(size))
        s.finish(data)
        s.say(*after.split("\n"))
    return download


def extra(before, after):
    """How many replies there are more than one before and one after the data."""
    codes = [line[:3] for line in before.split("\n") if line[3:4] != "-"]
    return len(codes) - 1, after.count("\n") * ("-" not in after)


for _name, _before, _size, _after, _liberty in DOWN:
    for _verb in ("RETR f", "LIST"):
        @dialogue("%s with %s" % (_verb, _name), liberties=_liberty,
                  **{_verb.split()[0]: says(_before, _size, _after)})
        def _(c, verb=_verb, more=extra(_before, _after)):
            for _ in range(2):
                ready = c.prepare("PASV")
                c.ask(verb)
                for _ in range(more[0]):
                    c.reply()
                data = ready()
                c.take_rest(data)
                for _ in range(more[1]):
                    c.reply()
                c.ask("NOOP")
            c.bye()

UP = (
    ("125 and 250", "125 open", "250 fine"), ("200 at the end", "150 go", "200 fine"),
    ("110 markers in between", "150 go\n110 MARK 1 = 1\n110 MARK 2 = 2", "226 stored"),
    ("two 150, as for STOU", "150 FILE: u\n150 go", "226 stored"),
    ("two lines each", "150-give\n150 it", "226-it\n226 is stored"),
    ("552 after all", "150 go", "552 disk full"), ("451 after all", "150 go", "451 disk error"),
    ("550 after all", "150 go", "550 not you"), ("426 after all", "150 go", "426 lost"),
    ("two 226", "150 go", "226 stored\n226 again"),
)

for _name, _first, _last in UP:
    @dialogue("upload with " + _name, STOR=stor(_first, _last))
    def _(c, more=extra(_first, _last)):
        for mode in ("PASV", "PORT"):
            ready = c.prepare(mode)
            c.ask("STOR f")
            for _ in range(more[0]):
                c.reply()
            data = ready()
            c.give(data, pattern(5000))
            c.finish(data)
            c.reply()
            for _ in range(more[1]):
                c.reply()
            c.ask("NOOP")
        c.bye()

for _wait in (2, 7, 12):
    @dialogue("226 comes %d s after a download" % _wait, takes=_wait, RETR=retr(5000, wait=_wait))
    def _(c):
        c.get("PASV")
        c.ask("NOOP")
        c.bye()

    @dialogue("226 comes %d s after an upload" % _wait, takes=_wait, STOR=stor(wait=_wait))
    def _(c):
        c.put("PASV", size=5000)
        c.ask("NOOP")
        c.bye()

for _mode in ("EPSV", "PORT"):
    @dialogue("%s: 226 comes 11 s after a listing" % _mode, takes=11, LIST=retr(5000, wait=11))
    def _(c, mode=_mode):
        c.get(mode, "LIST")
        c.get(mode)
        c.bye()


@dialogue("226 comes 9 s after an empty download", takes=9, RETR=retr(0, wait=9))
def _(c):
    c.get("PASV")
    c.put("PASV")
    c.bye()


@dialogue("451 comes 6 s after an upload", takes=6, STOR=stor(last="451 virus found", wait=6))
def _(c):
    c.put("EPSV")
    c.get("EPSV")
    c.bye()


def late_150(s, _):
    time.sleep(6)
    retr()(s, "")


@dialogue("150 comes after 6 s", takes=6, RETR=late_150)
def _(c):
    c.get("PASV")
    c.bye()


def slow_file(s, _):
    s.say("150 from a tape")
    data = s.data()
    for _ in range(3):
        time.sleep(3)
        s.give(data, pattern(1000))
    s.finish(data)
    s.say("226 sent")


@dialogue("a download that pauses for 3 s three times", takes=9, RETR=slow_file)
def _(c):
    c.get("PASV")
    c.bye()


@dialogue("a download that begins after 6 s of nothing", takes=6,
          RETR=lambda s, _: (s.say("150 wait"), s.files.update(d=s.data()), time.sleep(6),
                             s.give(s.files["d"], pattern(9)), s.finish(s.files["d"]),
                             s.say("226 sent")))
def _(c):
    c.get("EPSV")
    c.get("EPSV")
    c.bye()


@dialogue("no final reply to a download, three times", RETR=retr(last=""))
def _(c):
    for mode in ("PASV", "EPSV", "PASV"):
        ready = c.prepare(mode)
        c.ask("RETR f")
        data = ready()
        c.take(data)
        c.finish(data)
    c.ask("NOOP")
    c.get("PASV", "LIST")
    c.bye()


for _modes in (("PASV", "EPSV"), ("PORT", "EPRT")):
    @dialogue("no final reply to an upload, then %s" % _modes[0], STOR=stor(last=""))
    def _(c, modes=_modes):
        for mode in modes:
            ready = c.prepare(mode)
            c.ask("STOR f")
            data = ready()
            c.give(data, pattern(700))
            c.finish(data)
        c.ask("PWD")
        c.get(modes[0])
        c.bye()


def reply_first(s, _):
    s.say("150 go")
    data = s.data()
    s.give(data, pattern(1000))
    s.say("226 sent")
    s.hear("the reply was read")
    s.give(data, pattern(500))
    s.finish(data)


@dialogue("226 while data are still to come", RETR=reply_first)
def _(c):
    ready = c.prepare("PASV")
    c.ask("RETR f")
    data = ready()
    c.take(data, 1000)
    c.tell("the reply was read")
    c.take_rest(data)
    c.get("PASV", "LIST")
    c.bye()


def no_150(s, _):
    data = s.data()
    s.give(data, pattern(1000))
    s.finish(data)
    s.say("226 sent without a word")


@dialogue("a download without a 150", RETR=no_150)
def _(c):
    for mode in ("PASV", "PORT"):
        ready = c.prepare(mode)
        c.send("RETR f")
        data = ready()
        c.take_rest(data)
    c.bye()


def swapped(s, _):
    data = s.data()
    s.give(data, pattern(1000))
    s.finish(data)
    s.say("226 sent", "150 it comes")


@dialogue("226, and its 150 after it", RETR=swapped)
def _(c):
    ready = c.prepare("PASV")
    c.send("RETR f")
    data = ready()
    c.take_rest(data)
    c.reply()
    c.get("PASV", "LIST")
    c.bye()


@dialogue("421 and the end right after a 226",
          RETR=lambda s, _: (retr()(s, ""), s.say("421 good night"), s.die()))
def _(c):
    c.get("PASV")
    c.reply()
    c.reply()


@dialogue("a listing that is answered in the reply, by 211", LIST=lambda s, _: s.say(
    "211-Files", " f 1000", "211 End"))
def _(c):
    for mode in ("PASV", "EPSV"):
        ready = c.prepare(mode)
        c.ask("LIST")
        c.finish(ready())
    c.get("PASV")
    c.bye()


@dialogue("150 and 425 without a data connection",
          RETR=lambda s, _: s.say("150 go", "425 cannot open it"))
def _(c):
    for mode in ("PASV", "PORT"):
        c.prepare(mode)
        c.ask("RETR f")
        c.reply()
        c.ask("NOOP")
    c.bye()


@dialogue("150 and 421 without a data connection",
          RETR=lambda s, _: (s.say("150 go", "421 timeout"), s.die()))
def _(c):
    c.prepare("PASV")
    c.ask("RETR f")
    c.reply()
    c.reply()


# --- announced sizes -------------------------------------------------------------------------

def announced(size, really, how="close", last="226 sent"):
    def download(s, _):
        s.say("150 Opening BINARY mode data connection for f (%d bytes)." % size)
        data = s.data()
        s.give(data, pattern(really))
        s.hear("it was read")
        s.finish(data, how)
        s.say(last)
    return download


@dialogue("a size that is announced and comes", RETR=announced(70000, 70000))
def _(c):
    c.ask("TYPE I")
    sized(c, 70000)


@dialogue("a size that is announced in TYPE A, and line ends", RETR=announced(70000, 69000))
def _(c):
    c.ask("TYPE A")
    sized(c, 69000)


@dialogue("a size that is announced, with REST", RETR=announced(70000, 60000))
def _(c):
    c.ask("TYPE I", "REST 10000")
    sized(c, 60000)


@dialogue("a SIZE that has grown old", RETR=retr(900), SIZE="213 1000")
def _(c):
    c.ask("TYPE I", "SIZE f")
    c.get()
    c.bye()


@dialogue("more than was announced", RETR=announced(500, 900))
def _(c):
    c.ask("TYPE I")
    sized(c, 900)


@dialogue("a reset after 1,000 of 300,000 announced bytes, and 426", liberties="failed",
          RETR=announced(300000, 1000, "reset", "426 broken"))
def _(c):
    c.ask("TYPE I")
    sized(c, 1000)


def sized(c, really):
    ready = c.prepare("PASV")
    c.ask("RETR f")
    data = ready()
    if really:
        c.take(data, really)
    c.tell("it was read")
    c.take_rest(data)
    c.bye()


def short_lie(s, _):
    """The server is reset by its disk, or whatever, and says 226 all the same."""
    announced(300000, 1000, "reset")(s, "")
    raise Over


@dialogue("a reset after 1,000 of 300,000 announced bytes, and 226: no success", RETR=short_lie,
          liberties="short")
def _(c):
    c.ask("TYPE I")
    ready = c.prepare("PASV")
    c.ask("RETR f")
    data = ready()
    c.take(data, 1000)
    c.tell("it was read")
    c.take(data)
    c.reply()
