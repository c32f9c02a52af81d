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
                c.take(data)
                c.finish(data)
                c.reply()
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
                c.take(data)
                c.finish(data)
                c.reply()
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
            c.take(data)
            c.finish(data)
            c.reply()
        c.bye()

    @dialogue("%s: a 226 of several lines, with data in between" % _mode, RETR=goes_on)
    def _(c, mode=_mode):
        ready = c.prepare(mode)
        c.ask("RETR f")
        data = ready()
        c.take(data, 1000)
        c.tell("it was read")
        c.take(data)
        c.finish(data)
        c.reply()
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
