"""The table of dialogues, and what may differ between the two views of one.

Through the tunnel a dialogue must look as it does direct, to client and server. What may differ
is written here, and nowhere else; a dialogue names the liberty that it needs:

always      addresses and ports; how a control connection ends (ssh has no reset); CR before LF.
failed      a transfer that the server itself reports as failed after bytes have flowed, or that it
            leaves without a word, may end in a reset where direct it ends cleanly, and then with
            fewer bytes; a far client, who cannot be reset, sees no end until the reply.
refused     a data port that is dead is found out after the connection: whoever was refused direct is
            reset here (far: mute), and a 2xx for such a transfer is a 425.
short       a file that is shorter than announced is not followed by a 2xx here.
no_reset    a reset of a data connection comes out of ssh as an end.
dies        an upload of a client that died is not ended.
unseen      when its control connection is over nobody can tell whether a client lives that is not
            of our machine, or a portable build's: its upload is not ended.
ours        we refuse by ourselves, in our own words: the class of the code counts.
feat        FEAT without AUTH, PBSZ and PROT, and AUTH is refused.
banner      a service that is not FTP gets quoted in a 421.
mode        FtpServerMode=auto: a client in active mode whose server refuses PORT and EPRT gets through,
            the server being asked for passive mode instead.
other       after a port that was dead, the next setup may be asked for by another verb.
far_client  a client behind -R is not of our machine: only its loopback and its own address can be
            named in PORT.
told        a server that leaves without a word may be reported by a 421 of ours before the end.
data_too    a data connection ends with its session, cleanly or not.
smuggled    a 227, 228 or 229 that nobody waits for is not passed on; who waits for a
            reply is told 500. A line in the middle of a reply that looks like one gets a blank in front.
urgent      sshd takes the last octet of urgent data away: where the client is far, ABOR as urgent
            data may not be understood.
"""
import os
import re

TABLE = {}


class Dialogue:
    def __init__(self, name, client, verbs, liberties, takes, login):
        self.name, self.client, self.verbs = name, client, verbs
        self.liberties, self.takes, self.login = liberties, takes, login


def dialogue(name, liberties="", takes=1, login=True, **verbs):
    """The decorated function is the client, the verbs are what the server does otherwise.
    takes: about how many seconds, the longest ones begin first."""
    unknown = set(liberties.split()) - set(LIBERTIES)
    assert name not in TABLE and not unknown, (name, unknown)

    def remember(client):
        TABLE[name] = Dialogue(name, client, verbs, liberties.split(), takes, login)
        return client
    return remember


def sub(pattern, text, lines):
    return [re.sub(pattern, text, line) for line in lines]


def failed(client, server, _far, _direct):
    return sub(r"^data \d+ \w+ (EOF|reset|mute)$", "data, and an end", client), server


def short(client, server, _far, _direct):
    """Direct: a reset. Through ssh the reset is not seen, so that the reply has to tell."""
    good = "EOF" in client[-2] and client[-1][:1] == "2"
    return client[:-2] + ["looks whole" if good else "looks broken"], server


def refused(client, server, _far, direct):
    """The dead port shows in connect() or after it; what was said about it counts by its class."""
    client = [line for line in client if line != "no connection"]
    client = sub(r"^(data 0 0000 (EOF|reset|mute)|no data connection|sent|not sent)$", "no data",
                 client)
    client = sub(r"^(226|250|425|426) .*" if direct else r"^(425|426) .*", "425", client)
    return [line for line in client if line[:3] != "150"], server


def no_reset(client, server, _far, _direct):
    return sub(r" reset$", " EOF", client), sub(r" reset$", " EOF", server)


def dies(client, server, _far, _direct):
    return client, sub(r"^data \d+ \w+ (EOF|reset|silence|mute)$", r"data", server)


def unseen(client, server, far, direct):
    return dies(client, server, far, direct) if far or os.environ.get("RIG_PORTABLE") else (client, server)


def ours(client, server, _far, _direct):
    return sub(r"^([45])\d\d\b.*", r"\1xx", client), server


def feat(client, server, _far, _direct):
    return sub(r" /  ?(AUTH|PBSZ|PROT)[^/]*(?= /)", "", client), server


def banner(client, server, _far, _direct):
    return sub(r"^.*(SSH-2.0-Open|RTSP/1.0|login:|HTTP/1.1).*", r"\1", client), \
        [line for line in server if line != "END"]


def mode(client, server, _far, direct):
    """What was refused direct is a success here; the server's other setups are left to it."""
    client = sub(r"^5\d\d no$" if direct else r"^200 (PORT|EPRT)$", "active", client)
    return client, [line for line in server if line not in ("PASV", "EPSV")]


def other(client, server, _far, _direct):
    client = sub(r"^22[79].*", "22x", client)
    return client, sub(r"^(PASV|EPSV)$", "PASV or EPSV", server)


def told(client, server, _far, _direct):
    ends = sub(r"^421 .*", "END", client)
    return [line for at, line in enumerate(ends) if at == 0 or ends[at - 1:at + 1] != 2 * ["END"]], \
        server


def data_too(client, server, _far, _direct):
    return sub(r"^data 0 0000 (EOF|reset|mute)$", "data, and an end", client), server


def smuggled(client, server, _far, _direct):
    client = [line for line in client if not re.match("22[789]$|silence|500 Unexpected", line)]
    return sub(" /  (?=22[789])", " / ", client), server


def far_client(client, server, far, _direct):
    return (["far"], ["far"]) if far else (client, server)


def urgent(client, server, far, _direct):
    return (["far"], ["far"]) if far else (client, server)


LIBERTIES = {"failed": failed, "short": short, "refused": refused, "no_reset": no_reset, "dies": dies, "unseen": unseen,
             "ours": ours, "feat": feat, "banner": banner, "mode": mode, "other": other, "far_client": far_client,
             "told": told, "smuggled": smuggled, "data_too": data_too, "urgent": urgent}


def seen(item, views, far, direct):
    """What is compared: the views of one way, direct or not, with what may differ taken out.
    far: the way that the direct one is compared with has its client on the far side."""
    client, server = views
    for name in item.liberties:
        client, server = LIBERTIES[name](list(client), list(server), far, direct)
    return client, server
