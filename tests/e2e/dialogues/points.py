"""Refusals, ends and ABOR at each point of a transfer."""
from peers import pattern, retr, stor
from table import dialogue

MODES = ("PASV", "PORT")


def transfer(c, mode, command, replies=1, size=3000):
    """One that is begun without waiting for the 150: the data, then so many replies."""
    ready = c.prepare(mode)
    c.send(command)
    data = ready()
    if command.startswith("RETR"):
        c.take(data)
    else:
        c.give(data, pattern(size))
    c.finish(data)
    for _ in range(replies):
        c.reply()


# --- refused: before the connection, behind it, in the middle ------------------------------------

def connected(code):
    def command(s, _):
        data = s.data()
        s.say(code)
        s.finish(data)
    return command


def midway(code, down):
    def command(s, _):
        s.say("150 go")
        data = s.data()
        if down:
            s.give(data, pattern(700))
            s.hear("it was read")
        else:
            s.take(data, 700)
        s.say(code)
        s.finish(data)
    return command


for _mode in MODES:
    for _code in ("425 no", "450 no", "552 no"):
        for _verb in ("RETR", "STOR"):
            @dialogue("%s: 150, then %s to %s before its connection" % (_mode, _code[:3], _verb),
                      **{_verb: "150 go\n" + _code}, liberties="failed no_reset")
            def _(c, mode=_mode, verb=_verb):
                for _ in range(2):
                    ready = c.prepare(mode)
                    c.ask(verb + " f")
                    c.reply()
                    if mode == "PASV":
                        c.finish(ready())
                c.get(mode, "LIST")
                c.bye()

            @dialogue("%s: a connection, then %s to %s, and no 150" % (_mode, _code[:3], _verb),
                      **{_verb: connected(_code)}, liberties="failed no_reset")
            def _(c, mode=_mode, verb=_verb):
                for _ in range(2):
                    ready = c.prepare(mode)
                    c.send(verb + " f")
                    data = ready()
                    c.reply()
                    c.take(data)
                    c.finish(data)
                c.get(mode, "LIST")
                c.bye()

            @dialogue("%s: %s in the middle of %s" % (_mode, _code[:3], _verb), liberties="failed no_reset",
                      **{_verb: midway(_code, _verb == "RETR")})
            def _(c, mode=_mode, verb=_verb):
                ready = c.prepare(mode)
                c.ask(verb + " f")
                data = ready()
                if verb == "RETR":
                    c.take(data, 700)
                    c.tell("it was read")
                else:
                    c.give(data, pattern(700))
                c.take_rest(data)
                c.get(mode, "LIST")
                c.bye()

    for _refused, _code, _next in (("LIST", "450 no", "NLST"), ("LIST", "502 no", "NLST"), ("MLSD", "501 no", "LIST")):
        @dialogue("%s: %s answered %s, %s over the same connection" % (_mode, _refused, _code[:3], _next),
                  **{_refused: _code})
        def _(c, mode=_mode, refused=_refused, command=_next):
            for _ in range(2):
                ready = c.prepare(mode)
                c.ask(refused, "NOOP", command)
                data = ready()
                c.take_rest(data)
            c.bye()


# --- without a 150, or with another end -----------------------------------------------------------

def early_end(code):
    def command(s, _):
        s.finish(s.data())
        s.say("150 go", code)
    return command


def goes_on(s, _):
    s.say("150 go")
    data = s.data()
    s.give(data, pattern(1000))
    s.say("226-sent", " nearly")
    s.hear("it was read")
    s.give(data, pattern(2000))
    s.finish(data)
    s.say("226 sent")


for _mode in MODES:
    for _last in ("226 stored", "250 stored", "200 stored"):
        @dialogue("%s: transfers whose only reply is %s" % (_mode, _last[:3]), RETR=retr(first="", last=_last),
                  STOR=stor(first="", last=_last))
        def _(c, mode=_mode):
            for size in (0, 500, 100000):
                transfer(c, mode, "STOR f", size=size)
                transfer(c, mode, "RETR f")
            c.bye()

    @dialogue("%s: the connection ends before the 150" % _mode, RETR=early_end("226 sent"),
              STOR=early_end("552 full"), liberties="failed no_reset")
    def _(c, mode=_mode):
        for command in ("RETR f", "STOR f"):
            ready = c.prepare(mode)
            c.send(command)
            data = ready()
            c.reply()
            c.take_rest(data)
        c.bye()

    @dialogue("%s: a 226 of several lines, with data in between" % _mode, RETR=goes_on)
    def _(c, mode=_mode):
        ready = c.prepare(mode)
        c.ask("RETR f")
        data = ready()
        c.take(data, 1000)
        c.tell("it was read")
        c.take_rest(data)
        c.bye()

    @dialogue("%s: REST and APPE, REST that is refused and STOR" % _mode, REST=lambda s, arg: (
        s.say("350 from there" if arg == "10" else "554 not there")))
    def _(c, mode=_mode):
        for start, command in (("10", "APPE f"), ("20", "STOR f"), ("10", "STOU")):
            c.ask("REST " + start)
            c.put(mode, command)
        c.bye()

    for _text in ("150-wait\n150 a tape\n200 there", "120 wait\n250 there"):
        @dialogue("%s: CWD answered %s first" % (_mode, _text[:3]), CWD=_text)
        def _(c, mode=_mode):
            for _ in range(2):
                c.ask("CWD a")
                c.reply()
                c.get(mode)
                c.put(mode)
            c.bye()


# --- ABOR -------------------------------------------------------------------------------------------

def aborted(*answers):
    def command(s, _):
        s.say("150 go")
        data = s.data()
        s.give(data, pattern(1000))
        s.line()
        s.finish(data)
        s.say(*answers)
    return command


def not_begun(s, _):
    s.line()
    s.say("426 aborted", "226 ABOR done")


def stored_first(s, _):
    s.say("150 go")
    data = s.data()
    s.take(data)
    s.finish(data)
    s.line()
    s.say("226 stored", "226 nothing to abort")


for _mode in MODES:
    for _verb in ("RETR", "STOR"):
        @dialogue("%s: ABOR before the 150 of %s" % (_mode, _verb), **{_verb: not_begun}, liberties="failed")
        def _(c, mode=_mode, verb=_verb):
            ready = c.prepare(mode)
            c.send(verb + " f", "ABOR")
            c.reply()
            c.reply()
            if mode == "PASV":
                c.finish(ready())
            c.get(mode, "LIST")
            c.bye()

    @dialogue("%s: ABOR behind the end of an upload" % _mode, STOR=stored_first)
    def _(c, mode=_mode):
        ready = c.prepare(mode)
        c.ask("STOR f")
        data = ready()
        c.give(data, pattern(1000))
        c.finish(data)
        c.send("ABOR")
        c.reply()
        c.reply()
        c.get(mode, "LIST")
        c.bye()

    for _answers in (("250 aborted",), ("426 aborted", "225 done"), ("450 aborted", "226 done"),
                     ("552 aborted", "226 done")):
        @dialogue("%s: ABOR answered %s" % (_mode, " and ".join(text[:3] for text in _answers)),
                  RETR=aborted(*_answers), liberties="failed")
        def _(c, mode=_mode, replies=len(_answers)):
            ready = c.prepare(mode)
            c.ask("RETR f")
            data = ready()
            c.take(data, 1000)
            c.send("ABOR")
            c.take(data)
            c.finish(data)
            for _ in range(replies):
                c.reply()
            c.get(mode, "LIST")
            c.bye()


# --- the end is said before, or without, the connection --------------------------------------------

def early(down, *before):
    """These replies first, the last of them when the connection is there."""
    def command(s, _):
        s.say(*before[:-1])
        data = s.data()
        s.say(before[-1])
        if down:
            s.give(data, pattern(2000))
        else:
            s.take(data)
        s.finish(data)
        s.say("226 done")
    return command


for _mode in MODES:
    for _replies in (("226 first", "150 go"), ("250 first", "125 go"), ("150 go", "226 first"), ("200 hm", "150 go")):
        @dialogue("%s: %s, and then %s" % (_mode, _replies[0][:3], _replies[1][:3]), liberties="failed",
                  RETR=early(True, *_replies), STOR=early(False, *_replies), APPE=early(False, *_replies))
        def _(c, mode=_mode, last=_replies[1]):
            for command in ("STOR f", "RETR f", "APPE f"):
                ready = c.prepare(mode)
                c.ask(command)
                data = ready()
                if last[0] == "1":
                    c.reply()
                if command == "RETR f":
                    c.take(data)
                else:
                    c.note("sent" if c.give(data, pattern(3000)) else "not sent")
                c.finish(data)
                for _ in range(1 if last[0] == "1" else 2):
                    c.reply()
            c.bye()

    for _text in ("211-in line\n a\n211 end", "213 in line", "226 in line", "250 in line"):
        @dialogue("%s: %s to LIST in line, NLST over the same connection" % (_mode, _text[:3]), LIST=_text)
        def _(c, mode=_mode):
            for _ in range(2):
                ready = c.prepare(mode)
                c.ask("LIST", "NOOP", "NLST")
                data = ready()
                c.take_rest(data)
            c.bye()

    for _text in ("200 in line", "226 in line", "250 in line"):
        for _verb in ("STOR f", "APPE f", "STOU"):
            @dialogue("%s: %s to %s in line, others over the same connection" % (_mode, _text[:3], _verb[:4]),
                      **{_verb[:4]: _text})
            def _(c, mode=_mode, verb=_verb):
                for again in ("RETR f", "STOR g" if verb != "STOR f" else "APPE g"):
                    ready = c.prepare(mode)
                    c.ask(verb, "NOOP", again)
                    data = ready()
                    if again[0] == "R":
                        c.take(data)
                    else:
                        c.give(data, pattern(500))
                    c.finish(data)
                    c.reply()
                c.prepare(mode)
                c.ask(verb)
                c.get(mode)
                c.bye()


@dialogue("PASV: the client connects behind a 226", RETR=early(True, "226 first", "150 go"))
def _(c):
    number = c.port_of(c.ask("PASV"))
    c.ask("RETR f")
    data = c.dial(number)
    c.reply()
    c.take_rest(data)
    c.bye()


def to_the_end(s, _):
    """Without a 150, and another command is refused in the middle."""
    data = s.data()
    s.take(data, 500)
    s.line()
    s.say("500 what?")
    s.take(data)
    s.finish(data)
    s.say("226 stored")


for _mode in MODES:
    @dialogue("%s: no 150, and a command in the middle of the upload is refused" % _mode, STOR=to_the_end)
    def _(c, mode=_mode):
        ready = c.prepare(mode)
        c.send("STOR f")
        data = ready()
        c.give(data, pattern(500))
        c.ask("XYZZY")
        c.give(data, pattern(2500))
        c.finish(data)
        c.reply()
        c.get(mode)
        c.bye()

    @dialogue("%s: PASV is said behind a transfer that 500 ends" % _mode, RETR="150 go\n500 no")
    def _(c, mode=_mode):
        c.prepare(mode)
        c.send("RETR f", "PASV")
        c.reply()
        c.reply()
        data = c.dial(c.port_of(c.reply()) or 1)
        c.ask("LIST")
        c.take_rest(data)
        c.bye()


def more_behind(s, _):
    s.say("150 go")
    data = s.data()
    s.give(data, pattern(10))
    s.say("226 sent")
    s.hear("it was closed")
    s.give(data, pattern(1000))
    s.finish(data)


@dialogue("a client that has enough closes, and data come behind the 226", RETR=more_behind)
def _(c):
    for mode in MODES:
        ready = c.prepare(mode)
        c.ask("RETR f")
        data = ready()
        c.take(data, 10)
        c.finish(data)
        c.tell("it was closed")
        c.reply()
    c.bye()
