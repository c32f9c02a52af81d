"""A ControlMaster that is none: fakemux.py PATH HOW [REAL].

It listens at PATH and answers with nonsense: HOW is a row of SPOILT. With REAL, the control
socket of a real master, it hands everything on until SIGUSR1, and after SIGUSR2 again
(FtpForward=stdio excepted: descriptors are not handed on).
"""
import signal
import socket
import struct
import sys
import threading

path, how = sys.argv[1:3]
real = sys.argv[3] if len(sys.argv) > 3 else None
spoiling = real is None

HELLO = struct.pack(">III", 8, 1, 4)
ALIVE = struct.pack(">IIII", 12, 0x80000005, 0, 4242)


def wrong_id(packet):
    """To a request that was never made; a hello has no id."""
    return packet if packet[4:8] == HELLO[4:8] else packet[:8] + b"\0\0\x47\x11" + packet[12:]


SPOILT = {
    "garbage": lambda packet: b"SSH-2.0-OpenSSH_9.2\r\n" * 10,
    "huge": lambda packet: struct.pack(">I", 0x7fffffff) + b"x" * 100000,
    "short": lambda packet: struct.pack(">I", 3) + packet[4:7],
    "wrong": wrong_id,
    "version": lambda packet: packet[:8] + struct.pack(">I", 99) + packet[12:],
    "silent": lambda packet: b"",
    "close": lambda packet: None,
}


def say(peer, packet):
    said = SPOILT[how](packet) if spoiling else packet
    if said is None:
        peer.shutdown(socket.SHUT_RDWR)
    else:
        peer.sendall(said)


def invent(peer):
    say(peer, HELLO)
    while peer.recv(4096):
        say(peer, ALIVE)


def copy(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def hand_on(peer):
    master = socket.socket(socket.AF_UNIX)
    master.connect(real)
    threading.Thread(target=copy, args=(peer, master), daemon=True).start()
    with master, master.makefile("rb") as packets:
        while head := packets.read(4):
            say(peer, head + packets.read(struct.unpack(">I", head)[0]))


def serve(peer):
    try:
        (hand_on if real else invent)(peer)
    except OSError:
        pass
    finally:
        peer.close()


def turn(number, frame):
    global spoiling
    spoiling = number == signal.SIGUSR1


signal.signal(signal.SIGUSR1, turn)
signal.signal(signal.SIGUSR2, turn)
server = socket.socket(socket.AF_UNIX)
server.bind(path)
server.listen(16)
print("ready", flush=True)
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
