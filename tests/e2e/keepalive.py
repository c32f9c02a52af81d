"""Commands during transfers of a real server: keepalive.py record|compare|some FILE [download|upload ...]

Uploads and downloads in every mode with one command in their middle; what was answered, in which
order, and what became of the file. `record` writes that down; `compare` prints "ok NAME" where it
is the same, else "not ok NAME: why"; `some` does so with the first few commands alone. The server is
$AT_ADDR $AT_PORT, its files are in $FTP_ROOT, `big` among them.
"""
import concurrent.futures
import json
import os
import select
import socket
import sys

from rawftp import MODES, Raw
from slow import SLOW

COMMANDS = ("XYZZY", "PWD", "EPSV", "PASV", "NOOP", "STAT", "TYPE I", "SIZE big", "CWD /", "FEAT",
            "MDTM big", "REST 0", "HELP", "ALLO 10", "MODE S", "OPTS UTF8 ON", "DELE nothing")
UPLOAD = bytes(n * n % 251 for n in range(101000))


def read(path):
    with open(os.path.join(os.environ["FTP_ROOT"], path), "rb") as f:
        return f.read()


BIG = memoryview(read("big"))


class Late(Exception):
    """The server was through before it heard the command. What has been seen otherwise."""


def code(reply):
    return reply and reply[:3]


def upload(ftp, mode, command):
    """As somebody who waits for the answer before the rest is sent. (ProFTPD looks for commands
    whenever data have come: one that comes a moment later waits for the next, so the wait ends.)"""
    name = "up-%s-%s" % (mode, command.replace(" ", "-").replace("/", ""))
    data = ftp.transfer(mode, "STOR " + name)
    seen = [code(ftp.reply())]
    data.sendall(UPLOAD[:51000])
    ftp.send(command)
    select.select([ftp.control], [], [], 2 * SLOW)
    data.sendall(UPLOAD[51000:])
    data.close()
    seen += sorted(code(ftp.reply()) or "end" for _ in range(2))
    path = os.path.join(os.environ["FTP_ROOT"], name)
    seen.append("whole" if read(path) == UPLOAD else "%d bytes kept" % os.path.getsize(path))
    os.unlink(path)
    return seen


def download(ftp, mode, command):
    """Data and replies are read as they come, the command is sent when a part is there."""
    data = ftp.transfer(mode, "RETR big")
    data.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16) # the server is not to be through before
    seen, same, size, asked = [code(ftp.reply())], True, 0, False
    while True:
        ready, _, _ = select.select([data], [], [], 15 * SLOW)
        if not ready:
            raise OSError("nothing comes any more after %d bytes" % size)
        part = data.recv(1 << 16)
        if not part:
            break
        same = same and part == BIG[size:size + len(part)]
        size += len(part)
        if size > 200000 and not asked:
            ftp.send(command)
            asked = True
    data.close()
    replies = [code(ftp.reply()) or "end" for _ in range(2)]
    seen += sorted(replies) + ["whole" if same and size == len(BIG) else "other bytes, %d" % size]
    if replies[0] == "226":
        raise Late(seen)
    return seen


def once(what, mode, command):
    """What was seen, and was it too late?"""
    ftp, late = None, False
    try:
        ftp = Raw(patience=15 * SLOW)
        try:
            seen = what(ftp, mode, command)
        except Late as why:
            seen, late = why.args[0], True
        return seen + [code(ftp.command("NOOP")), code(ftp.command("QUIT"))], late
    except OSError as why:
        return ["failed: %s" % why], False
    finally:
        if ftp:
            ftp.close()


def one(name, what, mode, command, wanted):
    """A command that came too late says nothing, if another answer is wanted: it is tried again."""
    for _ in range(5):
        seen, late = once(what, mode, command)
        if not late or seen == wanted.get(name, seen):
            break
    return name, seen


def play(kinds, wanted, some=False):
    jobs = [("%s by %s, %s in its middle" % (what.__name__, mode.upper(), command), what, mode, command)
            for mode in MODES for what in kinds
            for command in (COMMANDS if mode in ("pasv", "port") and not some else COMMANDS[:4])]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return dict(pool.map(lambda job: one(*job, wanted), jobs))


def main(how, path, *kinds):
    kinds = [globals()[kind] for kind in kinds]
    if how == "record":
        with open(path, "w") as f:
            json.dump(play(kinds, {}), f)
        return
    with open(path) as f:
        wanted = json.load(f)
    for name, seen in play(kinds, wanted, how == "some").items():
        same = seen == wanted[name]
        print("ok " + name if same else "not ok %s: %s; direct: %s" % (
            name, " ".join(map(str, seen)), " ".join(map(str, wanted[name]))), flush=True)


main(*sys.argv[1:])
