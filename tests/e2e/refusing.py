"""An FTP server whose data ports are closed: refusing.py port closed_port; and a client that wants
one after the other: refusing.py address:port count.
"""
import socket
import sys
import threading


def serve(control, closed):
    with control:
        answer(control, closed)


def answer(control, closed):
    control.sendall(b"220 refusing\r\n")
    for line in control.makefile("rb"):
        verb = line.split()[0].upper() if line.split() else b""
        if verb == b"EPSV":
            control.sendall(b"229 Entering (|||%d|)\r\n" % closed)
        elif verb == b"PASV":
            control.sendall(b"227 Entering (127,0,0,1,%d,%d)\r\n" % divmod(closed, 256))
        elif verb == b"RETR":
            control.sendall(b"425 No\r\n")
        elif verb == b"QUIT":
            control.sendall(b"221 Bye\r\n")
            return
        else:
            control.sendall(b"230 Yes\r\n" if verb == b"USER" else b"200 Yes\r\n")


def server(port, closed):
    listener = socket.create_server(("127.0.0.1", port))
    while True:
        control = listener.accept()[0]
        threading.Thread(target=serve, args=(control, closed), daemon=True).start()


def client(address, port, count):
    control = socket.create_connection((address, port), timeout=30)
    replies = control.makefile("rb")

    def say(line):
        control.sendall(line + b"\r\n")
        return replies.readline()

    replies.readline()
    say(b"USER x")
    for _ in range(count):
        reply = say(b"EPSV")
        if not reply.startswith(b"229"):
            sys.exit(repr(reply))
        data = int(reply.split(b"|")[3])
        try:  # dialled at once: it may be closed already
            connection = socket.create_connection((address, data), timeout=30)
        except ConnectionError:
            connection = None
        say(b"RETR x")
        if connection:
            connection.close()
    return say(b"QUIT").startswith(b"221")


at, _, port = sys.argv[1].rpartition(":")
if at:
    sys.exit(0 if client(at, int(port), int(sys.argv[2])) else 1)
server(int(port), int(sys.argv[2]))
