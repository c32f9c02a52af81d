"""FXP (RFC 959 5.2): one server is told to listen, the other to connect there.

fxp.py copy FROM TO...: FROM and each TO is address:port:user:password:root. Both ways round,
with PASV and PORT, and with EPSV and EPRT.
"""
import os

from raw import Ftp, check, dotted, expect, listener, main, port229, read, tuple227

CONTENT = bytes(range(256)) * 4000


def place(text):
    address, port, user, password, root = text.split(":")
    return address, port, user, password, root


def passive_words(ftp):
    address, port = tuple227(ftp.want("PASV", 227))
    return "PORT " + dotted(address, port)


def extended_words(ftp):
    port = port229(ftp.want("EPSV", 229))
    return "EPRT |1|%s|%d|" % (ftp.sock.getpeername()[0], port)


WORDS = {"PASV and PORT": passive_words, "EPSV and EPRT": extended_words}


def both(source, target, listens, words, content, verb="STOR"):
    """source sends to target; the one that listens gets its transfer command first."""
    calls = target if listens is source else source
    calls.want(words(listens), 200)
    commands = {source: "RETR fxp-from", target: verb + " fxp-to"}
    for ftp in (listens, calls):
        ftp.send(commands[ftp])
    for ftp in (calls, listens):
        code, text = ftp.reply()
        expect(code in (125, 150), text)
    for ftp in (source, target):
        ftp.final(226, 250)


def one(from_, to, listens, words, content):
    a, b = place(from_), place(to)
    with open(os.path.join(a[4], "fxp-from"), "wb") as f:
        f.write(content)
    source, target = Ftp(*a[:4]), Ftp(*b[:4])
    both(source, target, source if listens == "source" else target, words, content)
    expect(read(os.path.join(b[4], "fxp-to")) == content, "another file arrived")
    target.want("DELE fxp-to", 250)
    # and each of them serves its own client as before
    for ftp in (source, target):
        ftp.put("own", content[:1000])
        expect(ftp.get("own") == content[:1000], "its own transfer")
        ftp.quit()


def copy(from_, *targets):
    for to in targets:
        for listens in ("source", "target"):
            for name, words in WORDS.items():
                check("%s, the %s listens" % (name, listens), one, from_, to, listens, words,
                      CONTENT)


if __name__ == "__main__":
    main(globals())
