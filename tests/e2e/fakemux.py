"""A ControlMaster that is none: fakemux.py PATH garbage|huge|wrong|silent|close|closed_later.

It listens at PATH and, when it is spoken to, answers with nonsense.
"""
import os
import socket
import struct
import sys
import threading
import time

path, how = sys.argv[1:]
HELLO = struct.pack(">III", 8, 1, 4)


def serve(peer):
    try:
        if how == "close":
            return
        if how == "silent":
            time.sleep(600)
        peer.recv(4096)
        if how == "garbage":
            peer.sendall(b"SSH-2.0-OpenSSH_9.2\r\n" * 10)
        elif how == "huge":
            peer.sendall(struct.pack(">I", 0x7fffffff) + b"x" * 100000)
        elif how == "version":
            peer.sendall(struct.pack(">III", 8, 1, 99))
        else:  # wrong: an answer to a request that was never made
            peer.sendall(HELLO)
            while peer.recv(4096):
                peer.sendall(struct.pack(">IIII", 12, 0x80000005, 4711, os.getpid()))
        time.sleep(2)
    except OSError:
        pass
    finally:
        peer.close()


server = socket.socket(socket.AF_UNIX)
server.bind(path)
server.listen(16)
print("ready", flush=True)
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
