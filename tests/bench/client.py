"""An FTP client that does nothing but what is measured."""
import re
import socket

from quickftpd import content


class Wrong(Exception):
    pass


def numbers(port):
    return b"127,0,0,1,%d,%d" % (port >> 8, port & 255)


class Client:
    """handshake(round_trips): to wait after each connect and accept, where the network that is
    played does not delay them by itself. socks: the port of an ssh -D that it goes through."""

    def __init__(self, port, handshake=None, data_port=None, active_at=None, socks=None):
        self.handshake, self.data_port, self.active_at = handshake, data_port, active_at
        self.socks = socks
        self.control = self.connect(port)
        self.control.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""
        self.listener = None
        self.want(b"220")

    def connect(self, port):
        s = socket.create_connection(("127.0.0.1", self.socks or port), 60)
        if self.socks: # RFC 1928: no authentication; connect to an IPv4 address
            s.sendall(b"\5\1\0")
            answer = s.recv(2)
            s.sendall(b"\5\1\0\1" + bytes([127, 0, 0, 1, port >> 8, port & 255]))
            if answer + s.recv(10, socket.MSG_WAITALL)[:2] != b"\5\0\5\0":
                raise Wrong("ssh -D refuses")
        if self.handshake:
            self.handshake(1)
        return s

    def line(self):
        while b"\n" not in self.rest:
            more = self.control.recv(4096)
            if not more:
                raise Wrong("the control connection has ended")
            self.rest += more
        line, _, self.rest = self.rest.partition(b"\n")
        return line

    def want(self, code):
        line = self.line()
        if not line.startswith(code):
            raise Wrong("wanted %r, got %r" % (code, line))
        return line

    def ask(self, command, code):
        self.control.sendall(command + b"\r\n")
        return self.want(code)

    def login(self):
        self.ask(b"USER anonymous", b"331")
        self.ask(b"PASS x@", b"230")

    def listen(self, active_port=None):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", active_port or 0))
        self.listener.listen(8)

    def begin_passive(self, name):
        port = int(re.findall(rb"\|\|\|(\d+)\|", self.ask(b"EPSV", b"229"))[0])
        data = self.connect(self.data_port or port)
        self.control.sendall(b"RETR " + name + b"\r\n")
        return data

    def begin_active(self, name):
        if self.listener is None:
            self.listen()
        at = self.active_at or self.listener.getsockname()[1]
        self.ask(b"PORT " + numbers(at), b"200")
        self.control.sendall(b"RETR " + name + b"\r\n")
        data = self.listener.accept()[0]
        if self.handshake:
            self.handshake(1.5) # SYN, SYN and ACK, ACK and data
        return data

    def finish(self, data, size):
        got = []
        with data:
            while True:
                part = data.recv(65536)
                if not part:
                    break
                got.append(part)
        if b"".join(got) != content(size):
            raise Wrong("not the bytes that were sent")
        self.want(b"150")
        self.want(b"226")

    def get(self, size, active=False, name=None):
        begin = self.begin_active if active else self.begin_passive
        self.finish(begin(name or b"%d" % size), size)

    def close(self):
        self.control.close()
        if self.listener:
            self.listener.close()
