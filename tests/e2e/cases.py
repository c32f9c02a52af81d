"""What a scenario lets a client do through one listener: cases.py NAME ADDRESS PORT ...

Every function here is a case; it reports by check(). $FTP_ROOT is the server's directory.
"""
import json
import os
import subprocess

from raw import check, expect, main, round_trip, session
from slow import SLOW

CONTENT = bytes(range(256)) * 300


def one_mode(address, port, mode):
    with session(address, port) as ftp:
        name = "via-" + mode
        round_trip(ftp, mode, name, CONTENT, os.path.join(os.environ["FTP_ROOT"], name))
        ftp.want("DELE " + name, 250)
        ftp.quit()


def modes(address, port, *wanted):
    """PUT, GET and LIST in each mode, each in a session of its own."""
    for mode in wanted:
        check("client " + mode.upper(), one_mode, address, port, mode)


def one_closed(address, port, mode):
    for content in (CONTENT[:300], CONTENT[:9000], CONTENT[:30000]):
        with session(address, port) as ftp:
            with ftp.open(mode)() as data:
                data.sendall(content)
            ftp.want("NOOP", 200)
            ftp.want("STOR closed", 125, 150)
            ftp.final(226, 250)
            expect(ftp.get("closed", mode) == content, "stored otherwise")
            ftp.want("DELE closed", 250)
            ftp.quit()


def closed(address, port, *wanted):
    """Uploads whose data connection is closed before their command, the first one of a session."""
    for mode in wanted:
        check("client %s, closed before STOR" % mode.upper(), one_closed, address, port, mode)


def in_turn(address, port, *wanted):
    """The same in one session: what was learned in one mode must not harm the next."""
    def all_in_one():
        with session(address, port) as ftp:
            for mode in wanted:
                round_trip(ftp, mode, "turn", CONTENT)
            ftp.quit()
    check("in one session: " + " ".join(wanted).upper(), all_in_one)


def several(address, port, mode, count="3"):
    """So many transfers in one session, for a look at what the server was asked."""
    def all_of_them():
        with session(address, port) as ftp:
            for number in range(int(count)):
                ftp.put("several%d" % number, CONTENT, mode)
            ftp.quit()
    check("%s transfers, %s" % (count, mode.upper()), all_of_them)


def no_call(setup, mode):
    """After a refused transfer: nobody called on an active client, a passive one got nothing."""
    try:
        data = setup()
    except OSError:
        return
    with data:
        data.settimeout(5 * SLOW)
        try:
            expect(data.recv(1) == b"", "%s: data after the refusal" % mode)
        except ConnectionError:
            pass
    # pyftpdlib connects when it hears PORT, whatever comes then
    expect(mode in ("pasv", "epsv") or os.environ["FTP_KIND"] == "pyftpd",
           "%s: a connection after the refusal" % mode)


def one_refusal(address, port, mode):
    refused = []
    with session(address, port) as ftp:
        for command in ("RETR no-such-file", "STOR no/such/place", "LIST no/such/place"):
            setup = ftp.open(mode, patience=0)
            ftp.send(command)
            code, text = ftp.reply()
            if code in (125, 150):     # some look only then, or list nothing
                code, text = ftp.final()
                expect(code in (226, 426, 450, 451, 550), text)
                continue
            expect(code in (450, 550, 553), "%s: %s" % (command, text))
            refused.append(setup)
        ftp.put("after-refusal", CONTENT, mode)
        expect(ftp.get("after-refusal", mode) == CONTENT, "the next transfer")
        ftp.quit()
        for setup in refused:
            no_call(setup, mode)


def refused(address, port, *wanted):
    """Transfers that the server refuses: its own words, and no stray connection."""
    for mode in wanted:
        check("client %s: a refused transfer" % mode.upper(), one_refusal, address, port, mode)


def refusal(address, port, words, mode, *others):
    """The server's own refusal of a mode, as direct; the others work in the same session."""
    def told():
        with session(address, port) as ftp:
            text = ftp.cmd(mode.upper())[1]
            expect(text.startswith(words), text)
            for other in others:
                round_trip(ftp, other, "refusal", CONTENT)
            ftp.quit()
    check("%s: the server's own %s" % (mode.upper(), words), told)


def told_at_once(address, port, program, name, count="20"):
    """What status says right after a 226 is true then: whose session it is, and every byte."""
    def figures():
        for number in range(int(count)):
            with session(address, port) as ftp:
                ftp.put("at-once", CONTENT[:1000 + number], "pasv" if number % 2 else "eprt")
                said = subprocess.run([program, "status", "-j", name], stdout=subprocess.PIPE, check=True)
                last = json.loads(said.stdout)["tunnels"][0]["sessions"][-1]
                seen = last["user"], last["bytes_up"], last["transfers"]
                expect(seen == (os.environ["FTP_USER"], 1000 + number, 1), "%d: %s" % (number, seen))
                ftp.quit()
    check("status right after a 226", figures)


def epsv_all(address, port):
    """After EPSV ALL nothing but EPSV may be used (RFC 2428 4)."""
    def words():
        with session(address, port) as ftp:
            ftp.want("EPSV ALL", 200, 220)
            for command in ("PASV", "PORT 127,0,0,1,80,80", "EPRT |1|127.0.0.1|30000|"):
                code, text = ftp.cmd(command)
                expect(500 <= code < 600, "%s: %s" % (command, text))
            ftp.put("epsv-all", CONTENT, "epsv")
            expect(ftp.get("epsv-all", "epsv") == CONTENT, "what came back")
            ftp.quit()
    check("EPSV ALL", words)


def says(address, port, codes, *commands):
    """The last of these commands gets one of the codes ("500,501")."""
    def words():
        with session(address, port) as ftp:
            for command in commands:
                code, text = ftp.cmd(command)
            expect(str(code) in codes.split(","), "%s: %s" % (command, text))
    check("%s: %s" % (commands[-1], codes), words)


def has(address, port, command, *words, wanted=True):
    """The reply to the command has a line for each of these words."""
    def reply():
        with session(address, port) as ftp:
            lines = [line.split()[0] for line in ftp.cmd(command)[1].split("\n") if line.split()]
            for word in words:
                expect((word in lines) == wanted, "%s: %s" % (word, lines))
            expect("211" in lines, "the last line: %s" % lines)
    check("%s: %s%s" % (command, "" if wanted else "without ", " ".join(words)), reply)


def lacks(*args):
    has(*args, wanted=False)


if __name__ == "__main__":
    main(globals())
