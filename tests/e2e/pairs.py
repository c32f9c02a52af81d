"""An FTP session whose control connection is something else than TCP.

pairs.py pipes|pair|halves COMMAND [ARG ...]: COMMAND gets two pipes, a socket pair for both
directions, or a socket pair for each, as its standard input and output. Log in as $FTP_USER, list
twice (EPSV, PORT), QUIT; COMMAND must have closed its side and ended with 0 then.
"""
import ftplib
import os
import socket
import subprocess
import sys


class Ends:
    """What ftplib needs of a socket, over two descriptors."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.sendall = lambda data: os.write(writer, data)

    def makefile(self, *args, **kwargs):
        return os.fdopen(self.reader, "r", encoding="latin-1", newline=None, closefd=False)

    def getpeername(self):
        return "127.0.0.1", 0

    getsockname = getpeername

    def close(self):
        pass


def connect(kind, command):
    if kind == "pipes":
        (theirs_in, writer), (reader, theirs_out) = os.pipe(), os.pipe()
    elif kind == "pair":
        ours, theirs = socket.socketpair()
        reader = writer = ours.detach()
        theirs_in = theirs_out = theirs.detach()
    else:
        a, b = socket.socketpair(), socket.socketpair()
        writer, theirs_in = a[0].detach(), a[1].detach()
        reader, theirs_out = b[0].detach(), b[1].detach()
    program = subprocess.Popen(command, stdin=theirs_in, stdout=theirs_out)
    os.close(theirs_in)
    if theirs_out != theirs_in:
        os.close(theirs_out)
    return program, Ends(reader, writer)


def listing(ftp, passive):
    lines = []
    ftp.set_pasv(passive)
    ftp.retrlines("LIST", lines.append)
    if not lines:
        sys.exit("pairs: an empty listing")


program, ends = connect(sys.argv[1], sys.argv[2:])
ftp = ftplib.FTP()
ftp.sock, ftp.af, ftp.host = ends, socket.AF_INET, "127.0.0.1"
ftp.file = ends.makefile()
ftp.welcome = ftp.getresp()
ftp.login(os.environ["FTP_USER"], os.environ["FTP_PASS"])
ftp.makepasv = lambda: ("127.0.0.1", ftplib.parse229(ftp.sendcmd("EPSV"), ("", 0))[1])
listing(ftp, True)
listing(ftp, False)
if not ftp.sendcmd("QUIT").startswith("221"):
    sys.exit("pairs: no 221")
if os.read(ends.reader, 1) != b"":
    sys.exit("pairs: it has not closed its side")
sys.exit(program.wait(20))
