"""Speak FTP through the pipes of a program.

piped.py file program [argument ...]: log in, fetch mid by EPSV, compare it with the file.
"""
import os
import re
import socket
import subprocess
import sys

with open(sys.argv[1], "rb") as f:
    wanted = f.read()
program = subprocess.Popen(sys.argv[2:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def reply(code):
    while True:
        line = program.stdout.readline().decode()
        if line[:3] != code:
            sys.exit("piped: wanted %s, got %r" % (code, line))
        if line[3:4] != "-":
            return line


def command(text, code):
    program.stdin.write(text.encode() + b"\r\n")
    program.stdin.flush()
    return reply(code)


reply("220")
command("USER " + os.environ["FTP_USER"], "331")
command("PASS " + os.environ["FTP_PASS"], "230")
command("TYPE I", "200")
port = re.search(r"\(\|\|\|(\d+)\|\)", command("EPSV", "229")).group(1)
data = socket.create_connection(("127.0.0.1", int(port)), 20)
command("RETR mid", "150")
got = b"".join(iter(lambda: data.recv(65536), b""))
reply("226")
if got != wanted:
    sys.exit("piped: the file differs")
command("QUIT", "221")
program.stdin.close()
sys.exit(program.wait(20))
