"""Habits of single servers and clients: what is said in the middle, twice, early, late, or never."""
from peers import pattern
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
        c.take(data)
        c.finish(data)
        c.reply()
        c.bye()
