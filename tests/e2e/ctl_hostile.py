"""Programs that do not behave, for the status of a tunnel.

As the helper (FTP_OVER_SSH_HELPER, see 48-ctl-hostile.t): ctl_hostile.py ... -s FD ...
floods its tunnel with reports, good ones and nonsense, and says "220 flood" to its client.
As a reader: ctl_hostile.py reader SOCKET: connects often, asks nonsense, reads nothing.
As a binder: ctl_hostile.py bind PATH [listen]: a socket; stays until its stdin ends.
"""
import os
import random
import socket
import struct
import sys


def record(kind, *fields, version=2):
    body = struct.pack(">II", version, kind)
    for field in fields:
        body += field
    return struct.pack(">I", len(body)) + body


def u32(n):
    return struct.pack(">I", n)


def text(field):
    return u32(len(field)) + field


def u64(n):
    return struct.pack(">Q", n)


def session(user):
    return record(5, u32(7), u32(1), text(b"peer"), text(user), text(b"server"), u32(0), u32(9),
                  u32(3), text(b"\x1b[2JCWD"),
                  u32(0), u64(2**64 - 1), u64(1), u64(2**64 - 1), u64(5))


def channel(number, method=0):
    return record(6, u32(number), u32(1), text(b"EPSV"), text(b"\x9b\xff"), u32(method),
                  text(b"RETR \xff\x1b]0;x\x07"),
                  u64(2**64 - 1), u64(2**63), u64(0), u32(0))


def nonsense(rng):
    good = bytearray(session(b"mallory") + channel(1))
    kind = rng.randrange(6)
    if kind == 0:
        return rng.randbytes(rng.randrange(1, 9000))
    if kind == 1:
        return session(b"x" * 64)
    if kind == 2:
        return session(b"mallory") + b"".join(channel(i) for i in range(17))
    if kind == 3:
        return session(b"mallory") + channel(1, method=9)
    if kind == 4:
        return session(b"mall\0ry")
    good[rng.randrange(len(good))] ^= 1 << rng.randrange(8)
    return bytes(good[:rng.randrange(1, len(good) + 1)])


def flood(fd):
    status = socket.socket(fileno=fd)
    stream = status.type == socket.SOCK_STREAM  # where there is no SEQPACKET: lengths before them
    rng = random.Random(1)
    os.write(1, b"220 flood\r\n")
    status.setblocking(stream)
    packets = [nonsense(rng) for _ in range(500)]
    while True:
        for packet in [session(b"mallory") + channel(1), *rng.sample(packets, 20)]:
            try:
                status.sendall(struct.pack("=I", len(packet)) + packet) if stream else status.send(packet)
            except (BlockingIOError, InterruptedError):
                pass
            except OSError:
                return
        if os.getppid() == 1:
            return


def read_nothing(path):
    kept = []
    rng = random.Random(2)
    asks = [b"", record(1, u32(0), u32(0), u32(0)), record(1, u32(9), u32(0), u32(0)), b"\xff" * 128,
            record(1, u32(1), u32(2**32 - 1), u32(7)), record(1, u32(0), u32(0), u32(0), version=3)]
    for i in range(300):
        asks.append(rng.randbytes(rng.randrange(1, 200)))
    for i, ask in enumerate(asks * 2):
        s = socket.socket(socket.AF_UNIX)
        s.connect(path)
        try:
            s.send(ask)
        except OSError:
            pass
        if i % 50 == 0:
            kept.append(s)
    for _ in range(12):
        s = socket.socket(socket.AF_UNIX)
        s.connect(path)
        kept.append(s)
    print("done", flush=True)
    sys.stdin.read()


if sys.argv[1] == "reader":
    read_nothing(sys.argv[2])
elif sys.argv[1] == "bind":
    s = socket.socket(socket.AF_UNIX)
    s.bind(sys.argv[2])
    if sys.argv[3:]:
        s.listen(5)
    print("bound", flush=True)
    sys.stdin.read()
else:
    flood(int(sys.argv[sys.argv.index("-s") + 1]))
