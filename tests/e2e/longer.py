"""A ProxyCommand, "longer.py port": to an sshd on 127.0.0.1 by a line of 50 ms to and fro. What is asked over
there is answered that much later, whereas an FTP client says its next word at once."""
import os
import queue
import socket
import sys
import threading
import time

ONE_WAY = 0.025


def one_way(read, write):
    line = queue.Queue()

    def speak():
        while True:
            due, data = line.get()
            time.sleep(max(0, due - time.monotonic()))
            while data:
                data = data[write(data):]
            if due < 0:
                os._exit(0)

    threading.Thread(target=speak, daemon=True).start()
    while data := read(1 << 16):
        line.put((time.monotonic() + ONE_WAY, data))
    line.put((-1, b""))


sshd = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
sshd.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
threading.Thread(target=one_way, args=(sshd.recv, lambda data: os.write(1, data)), daemon=True).start()
one_way(lambda size: os.read(0, size), sshd.send)
threading.Event().wait()
