"""The ordinary dialogues: every mode, every kind of transfer, in one session and in several."""
import time

from peers import pattern, retr, stor
from table import dialogue

MODES = ("PASV", "EPSV", "PORT", "EPRT")

for _mode in MODES:
    @dialogue("%s: download, listing and upload" % _mode)
    def _(c, mode=_mode):
        c.get(mode)
        c.get(mode, "LIST")
        c.get(mode, "NLST -a")
        c.put(mode)
        c.bye()

    @dialogue("%s: nothing to send" % _mode, RETR=retr(0), LIST=retr(0))
    def _(c, mode=_mode):
        c.get(mode)
        c.put(mode, size=0)
        c.get(mode, "LIST")
        c.bye()

    @dialogue("%s: 3 MB each way" % _mode, RETR=retr(3000000), takes=2)
    def _(c, mode=_mode):
        c.get(mode)
        c.put(mode, size=3000000)
        c.bye()

    @dialogue("%s: a setup that is not used, then another" % _mode)
    def _(c, mode=_mode):
        c.prepare(mode)
        c.ask("NOOP")
        c.get(mode)
        c.put(mode)
        c.bye()

    @dialogue("%s: APPE, STOU, REST and RETR, REST and STOR" % _mode)
    def _(c, mode=_mode):
        c.put(mode, "APPE log")
        c.put(mode, "STOU")
        c.ask("REST 100")
        c.get(mode)
        c.ask("REST 200")
        c.put(mode)
        c.bye()

    @dialogue("%s: twenty files in one session" % _mode, takes=2)
    def _(c, mode=_mode):
        for number in range(10):
            c.get(mode, "RETR f%d" % number)
            c.put(mode, "STOR g%d" % number, 100 * number)
        c.bye()


@dialogue("all modes in turn in one session")
def _(c):
    for mode in MODES * 2 + ("LPSV", "LPRT"):
        c.get(mode)
        c.put(mode)
    c.bye()


@dialogue("LPSV and LPRT")
def _(c):
    for mode in ("LPSV", "LPRT"):
        c.get(mode)
        c.put(mode)
    c.bye()


@dialogue("EPSV 1 and EPSV 2 where the server takes both")
def _(c):
    c.get("EPSV 1")
    c.get("EPSV 2")
    c.bye()


@dialogue("EPSV ALL, then EPSV")
def _(c):
    c.ask("EPSV ALL")
    c.get("EPSV")
    c.put("EPSV")
    c.bye()


@dialogue("TYPE A: the bytes stay what they are")
def _(c):
    c.ask("TYPE A")
    c.get("PASV")
    ready = c.prepare("PASV")
    c.ask("STOR text")
    data = ready()
    c.give(data, b"one\r\ntwo\nthree\r" + b"\xff\xfb\x01\xff\xff" * 20)
    c.finish(data)
    c.reply()
    c.bye()


@dialogue("MODE Z: what is in it is nobody's business")
def _(c):
    c.ask("MODE Z")
    c.get("EPSV")
    c.put("EPSV")
    c.bye()


def _block(s, arg):
    if s.files.get("data") is None:
        s.say("150 a new connection")
        s.files["data"] = s.data()
    else:
        s.say("125 the old connection")
    s.give(s.files["data"], b"\x40\x03\xe8" + pattern(1000))
    if arg == "last":
        s.finish(s.files["data"])
        s.say("226 closing")
    else:
        s.say("250 done, it stays open")


@dialogue("MODE B: one data connection for three files", RETR=_block)
def _(c):
    c.ask("MODE B")
    ready = c.prepare("PASV")
    c.ask("RETR a")
    data = ready()
    c.take(data, 1003)
    c.reply()
    c.ask("RETR b")
    c.take(data, 1003)
    c.reply()
    c.ask("RETR last")
    c.take_rest(data)
    c.bye()


@dialogue("a reader that takes its time", RETR=retr(400000), takes=3)
def _(c):
    ready = c.prepare("PASV")
    c.ask("RETR f")
    data = ready()
    for _ in range(8):
        c.take(data, 30000, note=False)
        time.sleep(0.05)
    c.take_rest(data)
    c.bye()


def _both(s, _):
    s.say("150 talk")
    data = s.data()
    s.take(data, 500)
    s.give(data, pattern(700))
    s.take(data)
    s.finish(data)
    s.say("226 talked")


@dialogue("bytes in both directions over one data connection", STOR=_both)
def _(c):
    for mode in ("PASV", "PORT"):
        ready = c.prepare(mode)
        c.ask("STOR f")
        data = ready()
        c.give(data, pattern(500))
        c.take(data, 700)
        c.give(data, pattern(300))
        c.finish(data, "half")
        c.take_rest(data)
    c.bye()


@dialogue("an upload in ten pieces", STOR=stor())
def _(c):
    ready = c.prepare("EPSV")
    c.ask("STOR f")
    data = ready()
    for _ in range(10):
        c.give(data, pattern(777))
        time.sleep(0.02)
    c.finish(data)
    c.reply()
    c.bye()
