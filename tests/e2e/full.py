"""A port whose queue of connections is full: who connects to it waits until this ends. Prints it."""
import signal
import socket

listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(0)
waiting = [socket.socket() for _ in range(4)]
for s in waiting:
    s.setblocking(False)
    s.connect_ex(listener.getsockname())
print(listener.getsockname()[1], flush=True)
signal.pause()
