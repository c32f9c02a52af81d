"""Strangers at the tunnel's ports.

guards.py DEED...   as root: the client is another user than the stranger (nobody). Each deed prints
"ok DEED" or what was wrong.
"""
import os
import pwd
import select
import socket
import sys
import time

from rawftp import Raw
from slow import SLOW

AT = os.environ["AT_ADDR"], int(os.environ["AT_PORT"])
NOBODY = pwd.getpwnam("nobody").pw_uid


def as_stranger(deed, *args):
    """Run deed in a process of the user nobody; what it returns (a short text)."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setgid(65534)
        os.setuid(NOBODY)
        try:
            text = deed(*args)
        except OSError as why:
            text = "error %s" % why
        os.write(write, text.encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as f:
        text = f.read()
    os.waitpid(pid, 0)
    return text


def look(at):
    """What somebody who connects to `at` and waits is given."""
    with socket.create_connection(at, 10) as s:
        s.settimeout(10 * SLOW)
        try:
            return "got %r" % s.recv(1000)
        except ConnectionResetError:
            return "got b''"
        except socket.timeout:
            return "kept waiting"


def knock(at, count):
    """Connect so often and keep all of them open."""
    kept = []
    for _ in range(count):
        s = socket.socket()
        s.setblocking(False)
        s.connect_ex(at)
        kept.append(s)
        if len(kept) == 200:
            for old in kept:
                old.close()
            kept = []
    time.sleep(0)
    return "done"


def expect(what, condition):
    if not condition:
        sys.exit("guards: " + str(what))


def fetch(ftp, port):
    data = ftp.dial(port)
    ftp.send("RETR mid")
    got = b"".join(iter(lambda: data.recv(65536), b""))
    Raw.expect(ftp.final(), "226")
    with open(os.environ["RIG"] + "/data/mid", "rb") as f:
        expect("the client's file differs", f.read() == got)


def control():
    """The control port: no greeting for a stranger, and nobody is hurt."""
    seen = as_stranger(look, AT)
    expect(seen, seen == "got b''" or "421" in seen)
    ftp = Raw()
    fetch(ftp, ftp.passive_port("epsv"))


def data():
    """A stranger comes to the data port first."""
    for mode in ("pasv", "epsv"):
        ftp = Raw()
        port = ftp.passive_port(mode)
        ftp.send("RETR mid")
        seen = as_stranger(look, (AT[0], port))
        expect(seen, seen == "got b''")
        stranger_first = ftp.dial(port)
        got = b"".join(iter(lambda: stranger_first.recv(65536), b""))
        Raw.expect(ftp.final(), "226")
        with open(os.environ["RIG"] + "/data/mid", "rb") as f:
            expect("the client's file differs", f.read() == got)


def once():
    """A second connection to a data port."""
    ftp = Raw()
    port = ftp.passive_port("epsv")
    first = ftp.dial(port)
    deadline = time.time() + 10 * SLOW
    while time.time() < deadline:
        try:
            second = socket.create_connection((AT[0], port), 5)
        except ConnectionRefusedError:
            break
        except ConnectionResetError: # it was in the queue of the listener that was closed
            continue
        second.settimeout(5 * SLOW)
        try:
            expect("a second connection was given bytes", second.recv(10) == b"")
        except ConnectionResetError:
            pass
    else:
        sys.exit("guards: the port stays open after its connection")
    ftp.send("RETR mid")
    got = b"".join(iter(lambda: first.recv(65536), b""))
    Raw.expect(ftp.final(), "226")
    expect("the file is empty", got)


def flood():
    """2,000 connections of a stranger to the control port, and as many to a data port."""
    ftp = Raw()
    port = ftp.passive_port("epsv")
    as_stranger(knock, AT, 2000)
    as_stranger(knock, (AT[0], port), 2000)
    begun = time.time()
    fetch(ftp, port)
    other = Raw()
    fetch(other, other.passive_port("pasv"))
    expect("the owner had to wait %d s" % (time.time() - begun), time.time() - begun < 20 * SLOW)


def unused():
    """A port that was replaced by another PASV is closed."""
    ftp = Raw()
    old, new = ftp.passive_port("epsv"), ftp.passive_port("epsv")
    deadline = time.time() + 5 * SLOW
    while time.time() < deadline:
        s = socket.socket()
        if s.connect_ex((AT[0], old)) != 0:
            break
        s.close()
        select.select([], [], [], 0.02)
    else:
        sys.exit("guards: the replaced port stays open")
    fetch(ftp, new)


for name in sys.argv[1:]:
    {"control": control, "data": data, "once": once, "flood": flood, "unused": unused}[name]()
    print("ok", name)
