"""An FTP client that opens data connections in whichever way it is told.

ftpc.py pasv|epsv|port|eprt what [argument ...]
The server is $AT_ADDR $AT_PORT, the login $FTP_USER $FTP_PASS; see WHAT for the rest.
"""
import hashlib
import io
import os
import random
import socket
import sys
import threading

from slow import SLOW

sys.modules["ssl"] = None  # ftplib does without, and to load it takes longer than all the rest
import ftplib  # noqa: E402

TIMEOUT = 30 * SLOW


class Client(ftplib.FTP):
    """ftplib chooses by address family; here the mode does."""

    def __init__(self, mode):
        super().__init__(timeout=TIMEOUT)
        self.mode = mode
        self.set_pasv(mode in ("pasv", "epsv"))
        self.connect(os.environ["AT_ADDR"], int(os.environ["AT_PORT"]))
        self.login(os.environ["FTP_USER"], os.environ["FTP_PASS"])

    def makepasv(self):
        peer = self.sock.getpeername()
        if self.mode == "epsv":
            return ftplib.parse229(self.sendcmd("EPSV"), peer)
        return peer[0], ftplib.parse227(self.sendcmd("PASV"))[1]

    def sendeprt(self, host, port):
        if self.mode == "port":
            return self.sendport(host, port)
        return super().sendeprt(host, port)

    def sendport(self, host, port):
        if self.mode == "eprt":
            return super().sendeprt(host, port)
        return super().sendport(host, port)

    def get(self, name, rest=None):
        parts = []
        self.retrbinary("RETR " + name, parts.append, rest=rest)
        return b"".join(parts)

    def put(self, name, content):
        self.storbinary("STOR " + name, io.BytesIO(content))


def read(name):
    with open(name, "rb") as f:
        return f.read()


def write(name, content, how="wb"):
    with open(name, how) as f:
        f.write(content)


def expect(what, condition):
    if not condition:
        sys.exit("ftpc: wrong: " + what)


def session(ftp):
    """What clients.sh wants of every client."""
    write("got", ftp.get("mid"))
    write("got0", ftp.get("empty"))
    lines = []
    ftp.retrlines("LIST", lines.append)
    write("list", "\n".join(lines).encode())
    write("part", ftp.get("mid", rest=os.path.getsize("part")), "ab")
    ftp.put("up", read("src"))
    ftp.put("up0", b"")
    ftp.quit()


def content_of(number):
    """Reproducible bytes, a few hundred to a few thousand of them."""
    source = random.Random(number)
    return source.randbytes(source.randrange(200, 5000))


def many(ftp, count, first=0):
    """Send and fetch `count` small files in this session."""
    for number in range(int(first), int(first) + int(count)):
        content = content_of(number)
        ftp.put("small-%d" % number, content)
        expect("small-%d" % number, ftp.get("small-%d" % number) == content)
        ftp.delete("small-%d" % number)
    ftp.quit()


def parallel(ftp, sessions, transfers):
    """Several sessions at once, each with `transfers` files one after the other."""
    failed = []

    def one(number):
        try:
            many(Client(ftp.mode), transfers, number * 10000)
        except (Exception, SystemExit) as why:
            failed.append("session %d: %r" % (number, why))

    threads = [threading.Thread(target=one, args=(n,)) for n in range(int(sessions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ftp.quit()
    expect("; ".join(failed[:5]), not failed)


def digest(ftp, name):
    """Fetch `name` without keeping it; print its SHA-256."""
    sha = hashlib.sha256()
    ftp.retrbinary("RETR " + name, sha.update, blocksize=1 << 18)
    ftp.quit()
    print(sha.hexdigest())


def send(ftp, path, name):
    """Send the file `path` as `name`."""
    with open(path, "rb") as f:
        ftp.storbinary("STOR " + name, f, blocksize=1 << 18)
    ftp.quit()


def drain(connection):
    got = 0
    try:
        while data := connection.recv(1 << 18):
            got += len(data)
    except ConnectionError:
        pass
    connection.close()
    return got


def replies_until_noop(ftp):
    """Servers answer ABOR with 426 and 226, 226 and 225, ...: all that comes before NOOP's."""
    ftp.putcmd("NOOP")
    codes = []
    while (code := ftp.getmultiline()[:3]) != "200":
        codes.append(code)
    return codes


def abor(ftp, big, small, path):
    """ABOR as urgent data in the middle of fetching `big`, then the session goes on."""
    ftp.voidcmd("TYPE I")
    connection = ftp.transfercmd("RETR " + big)
    expect("some data before ABOR", len(connection.recv(65536)) > 0)
    ftp.sock.sendall(b"ABOR\r\n", socket.MSG_OOB)
    drain(connection)
    expect("replies to RETR and ABOR", replies_until_noop(ftp))
    expect("the file after ABOR", ftp.get(small) == read(path))
    ftp.put("after-abor", read(path))
    ftp.quit()


def told(ftp, name):
    """Fetch `name` for each line of stdin; print how it ended."""
    print("ready", flush=True)
    for _ in sys.stdin:
        try:
            connection = ftp.transfercmd("RETR " + name)
            drain(connection)
            print(ftp.getmultiline(), flush=True)
        except ftplib.Error as why:
            print(why, flush=True)
        except ConnectionError: # seen already while it connects
            print("reset", flush=True)


WHAT = {f.__name__: f for f in (session, many, parallel, digest, send, abor, told)}

if __name__ == "__main__":
    try:
        WHAT[sys.argv[2]](Client(sys.argv[1]), *sys.argv[3:])
    except (ftplib.Error, OSError, EOFError, socket.timeout) as failure:
        sys.exit("ftpc: %s" % (str(failure) or repr(failure)))
