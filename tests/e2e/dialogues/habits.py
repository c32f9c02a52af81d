"""Habits of single servers and clients: what is said in the middle, twice, early, late, or never."""
import time

from peers import pasv, pattern, port, retr, stor
from table import dialogue

# --- what we refuse ourselves, in the middle of a transfer --------------------------------------


def answers_if_asked(s, _):
    """Through the tunnel it is not."""
    s.say("150 here it comes")
    data = s.data()
    s.give(data, pattern(1000))
    s.hear("it was asked")
    try:
        s.next_line(0.2)
        s.say("502 not here")
    except TimeoutError:
        pass
    s.hear("the answer was read")
    s.finish(data)
    s.say("226 sent")


for _command in ("AUTH TLS", "PBSZ 0", "PROT P", "CCC", "PORT 1,2,3,4,5,6"):
    @dialogue("%s in mid download is refused at once" % _command, RETR=answers_if_asked, liberties="ours")
    def _(c, command=_command):
        data = c.prepare("PASV")()
        c.ask("RETR f")
        c.take(data, 1000)
        c.send(command)
        c.tell("it was asked")
        c.reply()
        c.tell("the answer was read")
        c.take_rest(data)
        c.bye()


# --- another reply before the 150 ----------------------------------------------------------------

for _text in ("200 hm", "211 hm", "230 hm", "350 hm", "450 hm", "550 hm"):
    for _mode in ("PASV", "PORT"):
        @dialogue("%s: %s before the 150 to STOR" % (_mode, _text[:3]), STOR=stor(_text + "\n150 give"))
        def _(c, mode=_mode):
            for _ in range(2):
                ready = c.prepare(mode)
                c.ask("STOR f")
                c.reply()
                data = ready()
                c.give(data, pattern(5000))
                c.finish(data)
                c.reply()
            c.ask("NOOP")
            c.bye()

for _verb, _answer in (("TYPE", "200 set\n200 set"), ("SIZE", "213 5\n213 5"), ("PORT", "200 again"),
                       ("CWD", "250 there\n200 there"), ("MDTM", "550 no\n550 no")):
    @dialogue("%s is answered twice before each transfer" % _verb, **{_verb: (lambda s, arg: (
        port(s, arg), s.say("200 again"))) if _verb == "PORT" else _answer})
    def _(c, verb=_verb):
        for command in ("RETR f", "STOR f") * 2:
            if verb != "PORT":
                c.ask(verb + " I")
            listener = c.listen()
            c.ask(c.active("PORT", listener))
            c.send(command)
            while c.reply()[:1] in ("2", "5"):
                pass
            data = c.accept(listener)
            if command == "RETR f":
                c.take(data)
            else:
                c.give(data, pattern(3000))
            c.finish(data)
            c.reply()
        c.bye()


# --- a second answer, and then a late one --------------------------------------------------------

@dialogue("CWD is answered twice, and PASV 2 s after that", takes=4, CWD=lambda s, _: (
    s.say("200 there"), s.files.update(late=True)), PASV=lambda s, arg: (
        s.say("250 there") if s.files.pop("late", False) else None, time.sleep(2), pasv(s, arg)))
def _(c):
    c.ask("CWD /a")
    c.ask("PASV")
    data = c.dial(c.port_of(c.reply()) or 1)
    c.ask("RETR f")
    c.take_rest(data)
    c.get("PASV")
    c.bye()


# --- 421 in the middle of a transfer which goes on ------------------------------------------------

def idle_down(s, _):
    s.say("150 here it comes")
    data = s.data()
    s.give(data, pattern(1000))
    s.say("421 you are idle")
    s.hear("it was read")
    s.give(data, pattern(1000))
    s.finish(data)
    s.say("226 sent")


def idle_up(s, _):
    s.say("150 give it to me")
    data = s.data()
    s.take(data, 1000)
    s.say("421 you are idle")
    s.take(data)
    s.finish(data)
    s.say("226 stored")


for _mode in ("PASV", "PORT"):
    @dialogue("%s: 421 in the middle of transfers which go on" % _mode, RETR=idle_down, STOR=idle_up)
    def _(c, mode=_mode):
        ready = c.prepare(mode)
        c.ask("RETR f")
        data = ready()
        c.take(data, 1000)
        c.reply()
        c.tell("it was read")
        c.take_rest(data)
        ready = c.prepare(mode)
        c.ask("STOR f")
        data = ready()
        c.give(data, pattern(1000))
        c.reply()
        c.give(data, pattern(1000))
        c.finish(data)
        c.reply()
        c.ask("NOOP")
        c.bye()


# --- who speaks first ------------------------------------------------------------------------------

def greets_when_spoken_to(s, _):
    first = s.line()
    s.say("220 yes?")
    s.obey(first)


for _name, _greeting, _replies in (
        ("does not greet", lambda s, _: None, 0), ("greets when it is spoken to", greets_when_spoken_to, 1),
        ("greets after 2 s", lambda s, _: (time.sleep(2), s.say("220 ready")), 1)):
    for _command in ("USER me", "SYST", "XYZZY"):
        @dialogue("a server that %s, and a client that says %s" % (_name, _command), greeting=_greeting,
                  login=False, takes=2)
        def _(c, command=_command, replies=_replies):
            c.send(command)
            for _ in range(replies):
                c.reply()
            c.reply()
            c.ask("USER me", "PASS secret", "PWD")
            c.get()
            c.put("PORT")
            c.get("EPRT", "LIST")
            c.bye()


# --- transfers by verbs that we do not know ------------------------------------------------------

def site(s, arg):
    (stor() if arg.startswith("PUT") else retr())(s, arg)


for _mode in ("PASV", "PORT"):
    for _command in ("XSTOR f", "SITE PUT f"):
        @dialogue("%s: %s stores a file" % (_mode, _command), XSTOR=stor("125 give"), SITE=site)
        def _(c, mode=_mode, command=_command):
            for size in (3000, 0):
                c.put(mode, command, size)
                c.get(mode)
            c.bye()

    for _command in ("XLIST", "COMB f", "SITE INDEX f"):
        @dialogue("%s: %s sends a file" % (_mode, _command), XLIST=retr(3000), COMB=retr(0), SITE=site)
        def _(c, mode=_mode, command=_command):
            c.get(mode, command)
            c.put(mode)
            c.bye()

    @dialogue("%s: sent without a 1xx" % _mode, XLIST=retr(3000, first=None), COMB=retr(0, first=None))
    def _(c, mode=_mode):
        for command in ("XLIST", "COMB f"):
            ready = c.prepare(mode)
            c.send(command)
            c.take_rest(ready())
        c.get(mode)
        c.bye()

    @dialogue("%s: RMDA begins by 150 and needs no data connection" % _mode, RMDA="150 so\n250 gone")
    def _(c, mode=_mode):
        ready = c.prepare(mode)
        c.ask("RMDA f")
        c.reply()
        c.ask("RETR f")
        c.take_rest(ready())
        c.bye()
