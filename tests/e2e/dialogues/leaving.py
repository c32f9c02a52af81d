"""QUIT, ABOR, and services that are not FTP."""
import time

from peers import pattern, refuses_amid, retr, stor
from table import dialogue

# --- ABOR ------------------------------------------------------------------------------------


def aborted(replies, how="close"):
    def retr_(s, _):
        s.say("150 here it comes")
        data = s.data()
        s.give(data, pattern(50000))
        s.line()
        s.finish(data, how)
        s.say(*replies)
    return retr_


def aborted_stor(replies):
    def stor_(s, _):
        s.say("150 give it to me")
        data = s.data()
        s.take(data, 1000)
        s.line()
        s.finish(data)
        s.say(*replies)
    return stor_


ABORS = (("426 and 226", ("426 aborted", "226 ABOR done")), ("226 alone", ("226 ABOR done",)),
         ("225 alone", ("225 ABOR done",)), ("226 and 226", ("226 sent", "226 ABOR done")),
         ("451 and 225", ("451 aborted", "225 ABOR done")))

for _name, _replies in ABORS:
    for _mode in ("PASV", "PORT"):
        @dialogue("%s: ABOR of a download answered %s" % (_mode, _name), RETR=aborted(_replies),
                  liberties="failed")
        def _(c, mode=_mode, count=len(_replies)):
            ready = c.prepare(mode)
            c.ask("RETR f")
            data = ready()
            c.take(data, 50000)
            c.send("ABOR")
            c.take(data)
            c.finish(data)
            for _ in range(count):
                c.reply()
            c.quiet()
            c.get(mode, "LIST")
            c.bye()

    @dialogue("ABOR of an upload answered %s" % _name, STOR=aborted_stor(_replies),
              liberties="failed no_reset")
    def _(c, count=len(_replies)):
        ready = c.prepare("PASV")
        c.ask("STOR f")
        data = ready()
        c.give(data, pattern(1000))
        c.send("ABOR")
        c.take(data)
        c.finish(data)
        for _ in range(count):
            c.reply()
        c.quiet()
        c.get("EPSV", "LIST")
        c.bye()


@dialogue("ABOR and the next command in one segment", RETR=aborted(("426 aborted", "226 ABOR done")),
          liberties="failed")
def _(c):
    data = c.prepare("PASV")()
    c.ask("RETR f")
    c.take(data, 50000)
    c.send("ABOR", "PWD")
    c.take(data)
    c.finish(data)
    for _ in range(3):
        c.reply()
    c.get("PASV", "LIST")
    c.bye()


@dialogue("the client closes, then ABOR", RETR=aborted(("426 aborted", "226 ABOR done")))
def _(c):
    data = c.prepare("PASV")()
    c.ask("RETR f")
    c.take(data, 50000)
    c.finish(data)
    c.send("ABOR")
    for _ in range(2):
        c.reply()
    c.get("PASV", "LIST")
    c.bye()


for _answer in ("226 nothing to abort", "225 nothing to abort", "500 what?", "502 not here"):
    @dialogue("ABOR of nothing answered %s" % _answer[:3], ABOR=_answer)
    def _(c):
        c.ask("ABOR", "PWD")
        c.get()
        c.ask("ABOR")
        c.get("PORT")
        c.bye()


@dialogue("ABOR is refused, the download goes on", RETR=refuses_amid("502 I never abort"))
def _(c):
    c.ask_amid("ABOR")
    c.bye()


def late_abor(s, _):
    """The transfer is over before ABOR is read."""
    s.say("150 here it comes")
    data = s.data()
    s.give(data, pattern(1000))
    s.hear("ABOR was sent")
    s.finish(data)
    s.say("226 sent")


@dialogue("ABOR that comes too late", RETR=late_abor)
def _(c):
    data = c.prepare("EPSV")()
    c.ask("RETR f")
    c.take(data, 1000)
    c.send("ABOR")
    c.tell("ABOR was sent")
    c.take_rest(data)
    c.reply()
    c.get()
    c.bye()


@dialogue("ABOR before any data, PORT and nobody listens", RETR=lambda s, _: (
    s.say("150 soon"), s.line(), s.say("426 aborted", "226 ABOR done")))
def _(c):
    c.prepare("PORT")
    c.ask("RETR f", "ABOR")
    c.reply()
    c.get("PASV", "LIST")
    c.bye()


# --- QUIT ------------------------------------------------------------------------------------

def deaf(s, _):
    """Not a word, but it waits for the end."""


@dialogue("QUIT is not answered, and the client goes", QUIT=deaf)
def _(c):
    c.send("QUIT")


@dialogue("QUIT, and the client goes without reading")
def _(c):
    c.get()
    c.send("QUIT")


@dialogue("the client goes without QUIT")
def _(c):
    c.get()
    c.ask("NOOP")


@dialogue("the client goes while a command is not answered", PWD=deaf)
def _(c):
    c.send("PWD")


@dialogue("QUIT is answered by the end alone", QUIT=lambda s, _: s.die(), liberties="told")
def _(c):
    c.get()
    c.bye()


@dialogue("QUIT, 221, and the server waits for the client", QUIT="221 after you")
def _(c):
    c.bye()
    c.quiet()


@dialogue("QUIT in two lines, late", QUIT=lambda s, _: (
    time.sleep(2), s.say("221-You have", "221 been seen"), s.die()), takes=2)
def _(c):
    c.bye()
    c.reply()


@dialogue("RETR and QUIT in one segment", RETR=retr(300000))
def _(c):
    data = c.prepare("PASV")()
    c.send("RETR f", "QUIT")
    c.reply()
    c.take(data)
    c.reply()
    c.reply()
    c.reply()


@dialogue("STOR, QUIT in one segment, closed at once")
def _(c):
    data = c.prepare("PASV")()
    c.send("STOR f", "QUIT")
    c.give(data, pattern(800))
    c.finish(data)
    for _ in range(4):
        c.reply()


@dialogue("a device: all its commands without waiting, the file, and gone")
def _(c):
    c.send("TYPE I", "PASV")
    c.reply()
    data = c.dial(c.port_of(c.reply()))
    c.send("STOR f")
    c.give(data, pattern(5000))
    c.finish(data)
    c.send("QUIT")
    for _ in range(4):
        c.reply()


def quit_within(s, _):
    s.say("150 give it to me")
    data = s.data()
    s.take(data, 1000)
    s.line()
    s.say("221 when you are done")
    s.take(data)
    s.finish(data)
    s.say("226 stored")
    s.die()


@dialogue("QUIT in mid upload, the rest is sent after its 221", STOR=quit_within)
def _(c):
    ready = c.prepare("PASV")
    c.ask("STOR f")
    data = ready()
    c.give(data, pattern(1000))
    c.ask("QUIT")
    c.give(data, pattern(90000))
    c.finish(data)
    c.reply()
    c.reply()


def quit_down(s, _):
    s.say("150 here it comes")
    data = s.data()
    s.give(data, pattern(1000))
    s.line()
    s.say("221 when you are done")
    s.hear("the answer was read")
    s.give(data, pattern(1000))
    s.finish(data)
    s.say("226 sent")
    s.die()


@dialogue("QUIT in mid download, answered at once", RETR=quit_down)
def _(c):
    ready = c.prepare("EPSV")
    c.ask("RETR f")
    data = ready()
    c.take(data, 1000)
    c.ask("QUIT")
    c.tell("the answer was read")
    c.take(data)
    c.reply()
    c.reply()


@dialogue("an upload, then QUIT and close without reading", STOR=stor(), takes=2)
def _(c):
    ready = c.prepare("PASV")
    c.ask("STOR f")
    data = ready()
    c.give(data, pattern(100000))
    c.finish(data)
    c.send("QUIT")


# --- not FTP ---------------------------------------------------------------------------------

for _line in ("SSH-2.0-OpenSSH_9.2p1", "RTSP/1.0 400 Bad Request", "Debian login:",
              "HTTP/1.1 400 Bad Request"):
    @dialogue("not FTP: %s" % _line.split()[0], login=False, liberties="banner",
              greeting=lambda s, _, line=_line: s.say(line))
    def _(c):
        try:
            c.note((c.next_line() or b"END").decode("latin-1"))
        except TimeoutError:
            c.silence("silence")
