"""A service manager, as far as a tunnel sees one.

activate.py NOTIFY COUNT COMMAND [ARG ...]: print COUNT free loopback ports, hand the sockets that
listen there to COMMAND (LISTEN_FDS), print what comes over NOTIFY_SOCKET, which is NOTIFY, pass
SIGTERM on, and exit as COMMAND does. NOTIFY "@" is one of the abstract name space.
"""
import os
import signal
import socket
import sys
import threading

path, count = sys.argv[1], int(sys.argv[2])
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
name = "\0fos-%d" % os.getpid() if path == "@" else path
notify.bind(name)
listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
print(*(l.getsockname()[1] for l in listeners), flush=True)
pid = os.fork()
if pid == 0:
    high = [os.dup(l.fileno()) for l in listeners]
    high = [os.dup2(fd, 100 + i) for i, fd in enumerate(high)]
    for i, fd in enumerate(high):
        os.dup2(fd, 3 + i)
    os.closerange(3 + count, 200)
    os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(count),
                      NOTIFY_SOCKET=name.replace("\0", "@"))
    os.execv(sys.argv[3], sys.argv[3:])
for l in listeners:
    l.close()
signal.signal(signal.SIGTERM, lambda *_: os.kill(pid, signal.SIGTERM))


def listen():
    while True:
        print(notify.recv(4096).decode(), flush=True)


threading.Thread(target=listen, daemon=True).start()
while True:
    try:
        done, status = os.waitpid(pid, 0)
        break
    except InterruptedError:
        pass
notify.settimeout(1)
threading.Event().wait(0.2)  # for the listener to print what is there
sys.exit(os.waitstatus_to_exitcode(status))
