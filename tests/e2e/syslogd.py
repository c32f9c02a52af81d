"""A syslog daemon: append what comes to the datagram socket to a file. syslogd.py SOCKET FILE"""
import os
import socket
import sys

log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind(sys.argv[1])
with open(sys.argv[2], "ab", buffering=0) as out:
    while True:
        out.write(log.recv(8192).rstrip(b"\0\n") + b"\n")
