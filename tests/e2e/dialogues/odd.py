"""What peers do seldom: replies, and commands in the middle of something."""
import socket
import time

from peers import pasv, pattern, refuses_amid, reply227, retr, stor
from table import dialogue

# --- two things at once on one control connection --------------------------------------------


def setup_within(s, _):
    """The next data connection is set up while the first is in use."""
    s.say("150 here it comes")
    data = s.data()
    s.give(data, pattern(1000))
    s.obey(s.line())
    s.hear("the answer was read")
    s.give(data, pattern(2000))
    s.finish(data)
    s.say("226 sent")


for _mode in ("PASV", "EPSV", "PORT", "EPRT"):
    @dialogue("%s in mid download, for the next one" % _mode, RETR=setup_within, LIST=retr(300))
    def _(c, mode=_mode):
        data = c.prepare("PASV")()
        c.ask("RETR f")
        c.take(data, 1000)
        ready = c.prepare(mode)
        c.tell("the answer was read")
        c.take_rest(data)
        c.ask("LIST")
        data = ready()
        c.take_rest(data)
        c.bye()


def setup_within_up(s, _):
    s.say("150 give it to me")
    data = s.data()
    s.take(data, 1000)
    s.obey(s.line())
    s.take(data)
    s.finish(data)
    s.say("226 stored")


for _mode in ("PASV", "PORT"):
    @dialogue("%s in mid upload, for the next one" % _mode, STOR=setup_within_up)
    def _(c, mode=_mode):
        data = c.prepare("EPSV")()
        c.ask("STOR f")
        c.give(data, pattern(1000))
        ready = c.prepare(mode)
        c.give(data, pattern(2000))
        c.finish(data)
        c.reply()
        c.ask("RETR f")
        data = ready()
        c.take_rest(data)
        c.bye()


@dialogue("LIST in mid download is refused by 450",
          RETR=refuses_amid("450 another transfer is under way"))
def _(c):
    c.ask_amid("LIST")
    c.get("PASV", "LIST")
    c.bye()


def answers_late(answers):
    """The data are over, and the commands sent meanwhile are answered before the 226."""
    def download(s, _):
        s.say("150 here it comes")
        data = s.data()
        s.give(data, pattern(1000))
        s.finish(data)
        for answer in answers:
            s.line()
            s.say(*answer.split("\n"))
        s.say("226 sent")
    return download


for _command, _answer in (("NOOP", "200 yes"), ("MLST f", "250-it\n type=file; f\n250 End"),
                          ("CWD /", "250 there"), ("SIZE f", "550 no such file"), ("NOOP", "450 busy")):
    @dialogue("EOF, then %s answered %s, then 226" % (_command, _answer[:3]), takes=5,
              RETR=answers_late([_answer]))
    def _(c, command=_command):
        data = c.prepare("PASV")()
        c.ask("RETR f")
        c.take(data)
        c.finish(data)
        c.ask(command)
        c.reply()
        c.get("PASV", "LIST")
        c.bye()


def ends_then_answers(s, _):
    s.say("150 give it to me")
    data = s.data()
    s.take(data)
    s.line()
    s.say("250 there")
    s.finish(data)
    s.say("226 stored")


@dialogue("upload sent and closed, CWD answered 250, then 226", STOR=ends_then_answers)
def _(c):
    for mode in ("PASV", "PORT"):
        ready = c.prepare(mode)
        c.ask("STOR f")
        data = ready()
        c.give(data, pattern(1000))
        c.finish(data)
        c.ask("CWD /")
        c.reply()
    c.bye()


def swallows(s, _):
    """Commands during a transfer are read and forgotten."""
    s.say("150 here it comes")
    data = s.data()
    s.give(data, pattern(1000))
    s.line()
    s.line()
    s.give(data, pattern(1000))
    s.finish(data)
    s.say("226 sent")


@dialogue("NOOP and PWD in mid download are never answered", RETR=swallows)
def _(c):
    for mode in ("PASV", "EPSV"):
        data = c.prepare(mode)()
        c.ask("RETR f")
        c.take(data, 1000)
        c.send("NOOP", "PWD")
        c.take_rest(data)
    c.ask("SYST")
    c.get("PASV", "LIST")
    c.bye()


def swallows_up(s, _):
    s.say("150 give it to me")
    data = s.data()
    s.take(data, 1000)
    s.line()
    s.take(data)
    s.finish(data)
    s.say("226 stored")


@dialogue("NOOP in mid upload is never answered, then QUIT", STOR=swallows_up)
def _(c):
    data = c.prepare("EPSV")()
    c.ask("STOR f")
    c.give(data, pattern(1000))
    c.send("NOOP")
    c.give(data, pattern(1000))
    c.finish(data)
    c.reply()
    c.bye()


def stat_urgent(s, _):
    s.say("150 here it comes")
    data = s.data()
    s.give(data, pattern(1000))
    s.line()
    s.say("213-status", " half of it", "213 end")
    s.hear("the answer was read")
    s.finish(data)
    s.say("226 sent")


@dialogue("STAT behind an interrupt and urgent data", RETR=stat_urgent, liberties="urgent")
def _(c):
    data = c.prepare("PASV")()
    c.ask("RETR f")
    c.take(data, 1000)
    c.raw(b"\xff\xf4\xff")
    c.raw(b"\xf2", socket.MSG_OOB)
    c.ask("STAT")
    c.tell("the answer was read")
    c.take_rest(data)
    c.bye()


# --- replies that are left out, doubled, in odd places ---------------------------------------

for _verb in ("NOOP", "TYPE", "CWD"):
    @dialogue("%s is never answered, then a setup" % _verb, **{_verb: lambda s, _: None})
    def _(c, verb=_verb):
        for mode in ("PASV", "EPSV"):
            c.send(verb + " I")
            c.get(mode)
        c.send(verb + " I")
        c.put("PASV")
        c.bye()


@dialogue("SIZE is answered twice, then a download", SIZE=lambda s, _: s.say("213 1000", "213 1000"))
def _(c):
    c.ask("SIZE f")
    c.reply()
    c.get()
    c.ask("SIZE f")
    c.reply()
    c.put("PORT")
    c.bye()


@dialogue("226, and a 200 that nobody asked for", RETR=retr(last="226 sent\n200 what now?"))
def _(c):
    for mode in ("PASV", "EPSV"):
        c.get(mode)
        c.reply()
        c.ask("NOOP")
    c.bye()


@dialogue("PASV is answered twice", PASV=lambda s, _: (pasv(s, _), s.say(
    reply227(s.way.getsockname()[1]))), liberties="smuggled")
def _(c):
    data = c.prepare("PASV")()
    c.reply(1)
    c.ask("RETR f")
    c.take_rest(data)
    c.bye()


@dialogue("no final reply to a download, then QUIT", RETR=retr(last=""))
def _(c):
    data = c.prepare("PASV")()
    c.ask("RETR f")
    c.take(data)
    c.finish(data)
    c.bye()


@dialogue("PORT: no final reply, three times", RETR=retr(last=""), STOR=stor(last=""))
def _(c):
    for command in ("RETR f", "STOR f", "RETR g"):
        ready = c.prepare("PORT")
        c.ask(command)
        data = ready()
        if command == "STOR f":
            c.give(data, pattern(300))
        else:
            c.take(data)
        c.finish(data)
    c.ask("PWD")
    c.get("PORT", "LIST")
    c.bye()


def early_226(s, _):
    s.say("150 give it to me", "226 stored, nearly")
    data = s.data()
    s.take(data)
    s.finish(data)


@dialogue("an upload whose 226 is there before its data", STOR=early_226)
def _(c):
    for mode in ("PASV", "EPSV"):
        data = c.prepare(mode)()
        c.send("STOR f")
        c.give(data, pattern(5000))
        c.finish(data)
        c.reply()
        c.reply()
        c.ask("NOOP")
    c.bye()


for _how, _verb, _answer in (("226", "LIST", "226 there is none"), ("450", "LIST", "450 no files"),
                             ("550", "NLST", "550 no files"), ("212", "LIST", "212-a\n f\n212 b"),
                             ("250", "NLST", "250 none")):
    for _mode in ("PASV", "EPSV", "PORT", "EPRT"):
        @dialogue("%s: %s answered %s, no 150 and no data connection" % (_mode, _verb, _how),
                  **{_verb: _answer})
        def _(c, mode=_mode, verb=_verb):
            for _ in range(2):
                ready = c.prepare(mode)
                c.ask(verb)
                if mode in ("PASV", "EPSV"):
                    c.finish(ready())
            c.get(mode)
            c.bye()


@dialogue("PORT: 150, and nobody comes, 425 after 3 s", takes=3, RETR=lambda s, _: (
    s.say("150 wait"), time.sleep(3), s.say("425 could not")))
def _(c):
    c.prepare("PORT")
    c.ask("RETR f")
    c.reply()
    c.get("PORT", "LIST")
    c.bye()


def late_error(s, _):
    s.say("150 here it comes")
    data = s.data()
    s.give(data, pattern(1000))
    s.finish(data)
    time.sleep(7)
    s.say("451 not quite")


@dialogue("451 comes 7 s after a whole download", RETR=late_error, takes=7, liberties="failed")
def _(c):
    c.get("PASV")
    c.get("PORT", "LIST")
    c.bye()


@dialogue("226 comes 7 s late, the client says QUIT meanwhile", RETR=retr(5000, wait=7), takes=7)
def _(c):
    data = c.prepare("PASV")()
    c.ask("RETR f")
    c.take(data)
    c.finish(data)
    c.send("QUIT")
    c.reply()
    c.reply()
    c.reply()


@dialogue("226 comes 7 s late, PWD and PASV are asked meanwhile", RETR=retr(5000, wait=7), takes=7)
def _(c):
    data = c.prepare("EPSV")()
    c.ask("RETR f")
    c.take(data)
    c.finish(data)
    c.send("PWD", "PASV")
    c.reply()
    c.reply()
    data = c.dial(c.port_of(c.reply()) or 1)
    c.ask("LIST")
    c.take_rest(data)
    c.bye()
