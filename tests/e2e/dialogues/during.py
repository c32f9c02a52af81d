"""Commands while a transfer is under way, answered at once or after it."""
import socket

from peers import pattern
from table import dialogue

# What clients ask in the meantime, and what servers were seen to answer.
AT_ONCE = (
    ("NOOP", "200 yes"), ("NOOP", "250 yes"), ("NOOP", "450 busy"), ("NOOP", "500 what?"),
    ("NOOP", "502 not here"), ("NOOP", "550 no"), ("NOOP", "421 idle"), ("PWD", '257 "/"'), ("TYPE I", "200 type set"),
    ("STAT", "211-Status\n 211 of it\n211 End"), ("STAT", "213 1000 bytes so far"),
    ("EPSV", "450 EPSV: data transfer in progress"), ("PASV", "450 PASV: data transfer in progress"),
    ("PASV", "500 not now"), ("SITE IDLE 900", "500 not understood"), ("XYZZY", "500 what?"),
    ("SIZE f", "213 1000"), ("MDTM f", "550 no such file"), ("REST 0", "350 from there"),
    ("USER me", "530 you are in"), ("USER me", "331 again?"), ("REIN", "220 again"),
    ("HELP", "214-Help\n214 done"), ("CWD /", "250 there"), ("ALLO 1", "202 not needed"),
    ("ACCT a", "503 not now"), ("DELE g", "450 busy"), ("SYST", "215 UNIX Type: L8"),
)


def slug(text):
    return text.split("\n")[0][:3]


def down_at_once(answer):
    def retr(s, _):
        s.say("150 here it comes")
        data = s.data()
        s.give(data, pattern(1000))
        s.line()
        s.say(*answer.split("\n"))
        s.hear("the answer was read")
        s.give(data, pattern(2000))
        s.finish(data)
        s.say("226 sent")
    return retr


def up_at_once(answer):
    def stor(s, _):
        s.say("150 give it to me")
        data = s.data()
        s.take(data, 1000)
        s.line()
        s.say(*answer.split("\n"))
        s.take(data)
        s.finish(data)
        s.say("226 stored")
    return stor


for _command, _answer in AT_ONCE:
    @dialogue("download, %s answered %s at once" % (_command, slug(_answer)),
              RETR=down_at_once(_answer))
    def _(c, command=_command, answer=_answer):
        ready = c.prepare("PASV")
        c.ask("RETR f")
        data = ready()
        c.take(data, 1000)
        c.ask(command)
        c.tell("the answer was read")
        c.take_rest(data)
        c.bye()

    @dialogue("upload, %s answered %s at once" % (_command, slug(_answer)), STOR=up_at_once(_answer))
    def _(c, command=_command, answer=_answer):
        ready = c.prepare("EPSV")
        c.ask("STOR f")
        data = ready()
        c.give(data, pattern(1000))
        c.ask(command)
        c.give(data, pattern(2000))
        c.finish(data)
        c.reply()
        c.bye()

for _mode in ("PORT", "EPRT"):
    for _command, _answer in AT_ONCE[6:7] + AT_ONCE[13:14]:
        @dialogue("%s: download and upload, %s answered %s at once" % (
            _mode, _command, slug(_answer)), RETR=down_at_once(_answer), STOR=up_at_once(_answer))
        def _(c, mode=_mode, command=_command):
            ready = c.prepare(mode)
            c.ask("RETR f")
            data = ready()
            c.take(data, 1000)
            c.ask(command)
            c.tell("the answer was read")
            c.take_rest(data)
            ready = c.prepare(mode)
            c.ask("STOR f")
            data = ready()
            c.give(data, pattern(1000))
            c.ask(command)
            c.give(data, pattern(50000))
            c.finish(data)
            c.reply()
            c.bye()


def slow_down(s, _):
    """vsftpd: the next command is read when the transfer is over."""
    s.say("150 here it comes")
    data = s.data()
    s.give(data, pattern(1000))
    s.hear("it was asked")
    s.give(data, pattern(100))
    s.finish(data)
    s.say("226 sent")


def slow_up(s, _):
    s.say("150 give it to me")
    data = s.data()
    s.take(data)
    s.finish(data)
    s.say("226 stored")


for _command in ("NOOP", "PWD", "STAT", "SIZE f", "EPSV", "CWD /", "XYZZY"):
    @dialogue("transfers, %s answered after them" % _command, RETR=slow_down, STOR=slow_up)
    def _(c, command=_command):
        ready = c.prepare("PASV")
        c.ask("RETR f")
        data = ready()
        c.take(data, 1000)
        c.send(command)
        c.tell("it was asked")
        c.take_rest(data)
        c.reply()
        ready = c.prepare("PORT")
        c.ask("STOR f")
        data = ready()
        c.give(data, pattern(10))
        c.send(command)
        c.give(data, pattern(1000))
        c.finish(data)
        c.reply()
        c.reply()
        c.get("PASV", "LIST")
        c.bye()


def many(s, _):
    s.say("150 here it comes")
    data = s.data()
    for _ in range(12):
        s.give(data, pattern(500))
        s.obey(s.line())
    s.finish(data)
    s.say("226 sent")


@dialogue("download with a keepalive every 500 bytes", RETR=many)
def _(c):
    ready = c.prepare("EPSV")
    c.ask("RETR f")
    data = ready()
    for command in ("NOOP", "PWD", "STAT", "XYZZY") * 3:
        c.take(data, 500)
        c.ask(command)
    c.take_rest(data)
    c.get("PASV", "LIST")
    c.bye()


def three_behind(s, _):
    s.say("150 here it comes")
    data = s.data()
    s.give(data, pattern(1000))
    for answer in ("200 yes", "500 what?", '257 "/"'):
        s.line()
        s.say(answer)
    s.give(data, pattern(1000))
    s.finish(data)
    s.say("226 sent")


@dialogue("three commands in one segment during a download, answered at once", RETR=three_behind)
def _(c):
    ready = c.prepare("PASV")
    c.ask("RETR f")
    data = ready()
    c.take(data, 1000)
    c.send("NOOP", "XYZZY", "PWD")
    for _ in range(3):
        c.reply()
    c.take_rest(data)
    c.bye()


@dialogue("a half-close of the data connection by a downloading client")
def _(c):
    ready = c.prepare("PASV")
    c.ask("RETR f")
    data = ready()
    data.shutdown(socket.SHUT_WR)
    c.take_rest(data)
    c.get()
    c.bye()


def after_data(answer):
    """All data are there, then the other command is answered, then the transfer."""
    def retr(s, _):
        s.say("150 here it comes")
        data = s.data()
        s.give(data, pattern(1000))
        s.line()
        s.finish(data)
        s.say(answer, "226 sent")
    return retr


for _command, _answer in (("NOOP", "200 yes"), ("PWD", '257 "/"'), ("XYZZY", "500 what?")):
    @dialogue("%s answered %s between the data and their 226" % (_command, slug(_answer)),
              RETR=after_data(_answer))
    def _(c, command=_command):
        ready = c.prepare("PASV")
        c.ask("RETR f")
        data = ready()
        c.take(data, 1000)
        c.send(command)
        c.take_rest(data)
        c.reply()
        c.get("EPSV", "LIST")
        c.bye()
