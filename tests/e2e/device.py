"""A scanner or a camera: active mode only, by PORT, and nothing that RFC 959 does not have.

device.py address port user password local-file remote-file
"""
import socket
import sys

from slow import SLOW

address, port, user, password, local, remote = sys.argv[1:]
control = socket.create_connection((address, int(port)), 20 * SLOW)
control.settimeout(20 * SLOW)
replies = control.makefile("r", encoding="latin-1", newline="\r\n")


def reply(wanted):
    line = replies.readline()
    while line[3:4] != " ":
        line = replies.readline()
    if line[0] not in wanted:
        sys.exit("the server said: " + line.strip())


def command(line, wanted):
    control.sendall(line.encode() + b"\r\n")
    reply(wanted)


reply("2")
command("USER " + user, "23")
command("PASS " + password, "2")
command("TYPE I", "2")
with socket.create_server((control.getsockname()[0], 0)) as listener, open(local, "rb") as f:
    listener.settimeout(20 * SLOW)
    at = listener.getsockname()
    command("PORT %s,%d,%d" % (at[0].replace(".", ","), at[1] >> 8, at[1] & 255), "2")
    command("STOR " + remote, "1")
    with listener.accept()[0] as data:
        data.sendall(f.read())
reply("2")
command("QUIT", "2")
