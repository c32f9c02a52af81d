"""How data connections and control connections end: early, late, by a reset, never."""
import socket
import time

from peers import Over, pattern, retr, stor
from slow import SLOW
from table import dialogue


def late_accept(s, _):
    """The small upload is over before the server looks."""
    s.say("150 give it to me")
    time.sleep(0.3)
    data = s.data()
    s.take(data)
    s.finish(data)
    s.say("226 stored")


def eager(c, mode, command, size):
    """A client that does not wait: sends all and closes before the 150."""
    if mode in ("PASV", "EPSV"):
        data = c.prepare(mode)()
        c.send(command)
    else:
        ready = c.prepare(mode)
        c.send(command)
        data = ready()
    c.give(data, pattern(size))
    c.finish(data)
    c.reply()
    c.reply()


for _mode in ("PASV", "EPSV", "PORT", "EPRT"):
    for _size in (4, 2000, 60000):
        @dialogue("%s: uploads of %d bytes, closed before their 150" % (_mode, _size), takes=2)
        def _(c, mode=_mode, size=_size):
            for number in range(3):
                eager(c, mode, "STOR f%d" % number, size)
            c.bye()

    @dialogue("%s: an upload closed before its 150, and a server that looks late" % _mode,
              STOR=late_accept, takes=2)
    def _(c, mode=_mode):
        eager(c, mode, "STOR f", 700)
        eager(c, mode, "STOR g", 0)
        c.bye()


@dialogue("an upload that is sent and closed before STOR", takes=2)
def _(c):
    for _ in range(3):
        data = c.prepare("PASV")()
        c.give(data, pattern(300))
        c.finish(data)
        c.ask("TYPE I", "STOR f")
        c.reply()
    c.bye()


@dialogue("a client that reads the end of its upload: closed before the 226", STOR=stor())
def _(c):
    for _ in range(10):
        c.put_and_look("PASV", "STOR f", 2000)
    c.bye()


def reply_first(c, patience=None):
    """The 226 is read before the data."""
    for mode in ("PASV", "PORT"):
        ready = c.prepare(mode)
        c.ask("RETR f")
        data = ready()
        c.reply(patience)
        c.take(data)
        c.finish(data)
    c.bye()


@dialogue("a downloading client closes when it has seen 226, not before", RETR=retr(5000))
def _(c):
    reply_first(c)


@dialogue("an empty file, its reply read before its end", RETR=retr(0))
def _(c):
    reply_first(c, 3 * SLOW)


# --- servers that end early ------------------------------------------------------------------

def ends_early(answer, size=1000, heard=None):
    """heard: what it waits for before it answers."""
    def upload(s, _):
        s.say("150 give it to me")
        data = s.data()
        s.take(data, size)
        s.finish(data)
        if heard:
            s.hear(heard)
        s.say(answer)
    return upload


for _answer in ("452 disk full", "552 too much", "426 no more", "226 that is enough"):
    @dialogue("the server ends an upload in its middle and says %s" % _answer[:3],
              STOR=ends_early(_answer), liberties="failed no_reset")
    def _(c):
        ready = c.prepare("PASV")
        c.ask("STOR f")
        data = ready()
        c.give(data, pattern(1000))
        c.take_rest(data)
        c.get("EPSV")
        c.bye()


for _mode in ("PASV", "PORT"):
    @dialogue("%s: the server closes an upload that it has not read, and says 226" % _mode,
              STOR=ends_early("226 that is enough", 1000000, "the end is seen"), liberties="failed no_reset")
    def _(c, mode=_mode):
        ready = c.prepare(mode)
        c.ask("STOR f")
        data = ready()
        c.give(data, pattern(20000000))
        c.tell("the end is seen")
        c.finish(data)
        c.reply()
        c.get("EPSV")
        c.bye()


def abrupt(answer):
    def upload(s, _):
        s.say("150 give it to me")
        data = s.data()
        s.take(data, 1000)
        s.say(answer)
        s.hear("the reply was read")
        s.take(data)
        s.finish(data)
    return upload


for _answer in ("451 disk error", "500 no more", "226 that is enough"):
    @dialogue("%s in the middle of an upload, which goes on" % _answer[:3], STOR=abrupt(_answer),
              liberties="failed dies")
    def _(c):
        ready = c.prepare("PASV")
        c.ask("STOR f")
        data = ready()
        c.give(data, pattern(1000))
        c.reply()
        c.finish(data)
        c.tell("the reply was read")
        c.get("EPSV")
        c.bye()


def half_down(how, last, dies=False):
    def download(s, _):
        s.say("150 here it comes")
        data = s.data()
        s.give(data, pattern(100000))
        s.hear("it was read")
        s.finish(data, how)
        if last:
            s.say(last)
        if dies:
            s.die(how)
    return download


HALVES = (("closes, 426", "close", "426 broken", False), ("closes, 451", "close", "451 bad", False),
          ("resets, 426", "reset", "426 broken", False), ("resets, 550", "reset", "550 bad", False),
          ("dies", "close", None, True), ("dies by resets", "reset", None, True),
          ("says 421 and dies", "close", "421 shutting down", True))

for _name, _how, _last, _dies in HALVES:
    for _mode in ("PASV", "PORT"):
        @dialogue("%s: in mid download the server %s" % (_mode, _name),
                  RETR=half_down(_how, _last, _dies), liberties="failed told")
        def _(c, mode=_mode):
            ready = c.prepare(mode)
            c.ask("RETR f")
            data = ready()
            c.take(data, 100000)
            c.tell("it was read")
            c.take_rest(data)
            c.ask("NOOP")


def half_taken(s, last):
    """The half of an upload, and what the server says then, if anything."""
    s.say("150 give it to me")
    data = s.data()
    s.take(data, 1000)
    if last:
        s.say(last)
    return data


def half_up(how, last):
    def upload(s, _):
        s.finish(half_taken(s, last), how)
        s.die(how)
    return upload


for _name, _how, _last in (("dies", "close", None), ("dies by resets", "reset", None),
                           ("says 421 and dies", "close", "421 shutting down")):
    @dialogue("in mid upload the server " + _name, STOR=half_up(_how, _last),
              liberties="failed no_reset told")
    def _(c):
        ready = c.prepare("EPSV")
        c.ask("STOR f")
        data = ready()
        c.give(data, pattern(1000))
        c.take_rest(data)
        c.ask("NOOP")


def reads_on(last):
    def upload(s, _):
        data = half_taken(s, last)
        s.finish(s.control)
        s.take(data)
        s.tell("it is there")
        raise Over
    return upload


for _name, _last in (("says 421, leaves", "421 idle for too long"), ("leaves", None)):
    for _mode in ("PASV", "PORT"):
        @dialogue("%s: in mid upload the server %s, and reads on" % (_mode, _name), STOR=reads_on(_last),
                  liberties="unseen")
        def _(c, mode=_mode, last=_last):
            ready = c.prepare(mode)
            c.ask("STOR f")
            data = ready()
            c.give(data, pattern(1000))
            if last:
                c.reply()
            c.reply()
            c.give(data, pattern(90000))
            c.finish(data)
            c.hear("it is there")


def connects_and_refuses(s, _):
    data = s.data()
    s.say("550 no such file")
    s.finish(data)


for _n in range(8):  # what is seen first is chance
    @dialogue("PORT: the server connects, refuses, and QUIT is there: %d" % _n, RETR=connects_and_refuses,
              liberties="data_too")
    def _(c):
        ready = c.prepare("PORT")
        c.send("RETR f", "QUIT")
        for _ in range(3):
            c.reply()
        data = ready()
        c.take(data)
        c.finish(data)


# --- 421 and the end at odd moments ----------------------------------------------------------

def at_421(s, _):
    s.say("421 enough")
    s.die()


@dialogue("421 as the greeting", login=False, greeting=at_421)
def _(c):
    c.reply()
    c.reply()


@dialogue("the end instead of a greeting", login=False, greeting=lambda s, _: s.die(),
          liberties="told")
def _(c):
    c.reply()
    c.reply()


for _verb in ("USER", "PASS", "PWD", "PASV", "RETR", "STOR", "QUIT", "NOOP"):
    @dialogue("421 instead of the answer to %s" % _verb, **{_verb: at_421}, liberties="data_too")
    def _(c, verb=_verb):
        if verb in ("RETR", "STOR"):
            data = c.prepare("PASV")()
            c.ask(verb + " f")
            c.take(data)
        else:
            c.ask(verb)
        c.reply()

    @dialogue("the end instead of an answer to %s" % _verb, **{_verb: lambda s, _: s.die()},
              liberties="data_too told")
    def _(c, verb=_verb):
        if verb in ("RETR", "STOR"):
            data = c.prepare("EPSV")()
            c.ask(verb + " f")
            c.take(data)
        else:
            c.ask(verb)
        c.reply()


def idle(s, _):
    s.say('257 "/"')
    s.hear("it is time")
    s.say("421 idle for too long")
    s.die()


@dialogue("421 that nobody asked for", PWD=idle)
def _(c):
    c.ask("PWD")
    c.tell("it is time")
    c.reply()
    c.reply()


@dialogue("421 with three commands waiting", NOOP=at_421)
def _(c):
    c.send("NOOP", "PWD", "TYPE I")
    c.reply()
    c.reply()


def half_closed(s, _):
    """The server's half of the control connection is closed, it reads on."""
    s.say("221 I say no more")
    s.control.shutdown(socket.SHUT_WR)


@dialogue("a server that says no more but reads on", QUIT=half_closed)
def _(c):
    c.bye()
    c.reply()


@dialogue("a client that says no more but reads on")
def _(c):
    c.send("PWD", "TYPE I", "QUIT")
    c.control.shutdown(socket.SHUT_WR)
    for _ in range(4):
        c.reply()


@dialogue("a client that says no more during its download", RETR=retr(200000))
def _(c):
    ready = c.prepare("PASV")
    c.send("RETR f", "QUIT")
    c.control.shutdown(socket.SHUT_WR)
    c.reply()
    c.take(ready())
    c.reply()
    c.reply()
    c.reply()


# --- clients that die ------------------------------------------------------------------------

def lost_upload(s, _):
    s.say("150 give it to me")
    data = s.data()
    s.take(data, 1000)
    s.tell("the first part is there")
    s.patience = 2
    s.take(data)
    s.finish(data)
    s.say("226 or so")
    raise Over


for _how in ("close", "reset"):
    @dialogue("a client that dies in mid upload by %s" % _how, STOR=lost_upload, liberties="dies",
              takes=3)
    def _(c, how=_how):
        ready = c.prepare("PASV")
        c.ask("STOR f")
        data = ready()
        c.give(data, pattern(1000))
        c.hear("the first part is there")
        c.finish(c.control, how)
        c.finish(data, how)


def lost_download(s, _):
    s.say("150 here it comes")
    data = s.data()
    gone = False
    for _ in range(4000):
        gone = gone or not s.give(data, pattern(40000))
        if gone:
            break
    s.note("the client is gone" if gone else "nobody told me")
    s.finish(data)
    s.say("426 where are you?")


for _how in ("close", "reset"):
    @dialogue("a client that dies in mid download by %s" % _how, RETR=lost_download)
    def _(c, how=_how):
        ready = c.prepare("EPSV")
        c.ask("RETR f")
        data = ready()
        c.take(data, 100000)
        c.finish(c.control, how)
        c.finish(data, how)

    @dialogue("a client that ends only its download by %s" % _how, RETR=lost_download)
    def _(c, how=_how):
        ready = c.prepare("PASV")
        c.ask("RETR f")
        data = ready()
        c.take(data, 100000)
        c.finish(data, how)
        c.reply()
        c.get("PASV", "LIST")
        c.bye()
