"""slowpipe.py MS MIB PORT...: relays that keep every byte back for MS milliseconds in each
direction on its way to 127.0.0.1:PORT. Prints the ports to connect to, one for each PORT. MIB is
what may be under way in one connection, as the TCP buffers of its two ends allow: 4 is what Linux
begins with (tcp_wmem)."""
import collections
import heapq
import itertools
import select
import socket
import sys
import time

READ = 1 << 20
DELAY, WINDOW = float(sys.argv[1]) / 1000, int(sys.argv[2]) << 20
turn = itertools.count()
later = [] # (when, turn, function, its argument)
poll = select.epoll()
sockets = {} # descriptor: function of what happens there


def at(function, argument):
    heapq.heappush(later, (time.monotonic() + DELAY, next(turn), function, argument))


def run_later():
    """What is due, and the seconds until the next one is."""
    while later:
        left = later[0][0] - time.monotonic()
        if left > 0:
            return left
        _, _, function, argument = heapq.heappop(later)
        function(argument)
    return -1


class Line:
    """Two sockets, and the bytes between them."""

    def __init__(self, near, far):
        self.pumps = [Pump(self, near, far), Pump(self, far, near)]
        for s in (near, far):
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            s.setblocking(False)
            sockets[s.fileno()] = lambda events, s=s: self.happens(s, events)
            poll.register(s, 0)

    def happens(self, s, events):
        for pump in self.pumps:
            if s is pump.sink and events & ~select.EPOLLIN:
                pump.write()
            if s is pump.source and events & ~select.EPOLLOUT:
                pump.read()

    def arm(self):
        if all(pump.over for pump in self.pumps):
            for pump in self.pumps:
                sockets.pop(pump.source.fileno(), None)
                pump.source.close()
            return
        for this, other in (self.pumps, self.pumps[::-1]):
            poll.modify(this.source, select.EPOLLIN * this.wants() |
                        select.EPOLLOUT * (other.ready > 0))


class Pump:
    """Read while there is room on the line, write when it is due, and make room for more when the
    acknowledgement would be back."""

    def __init__(self, line, source, sink):
        self.line, self.source, self.sink = line, source, sink
        self.room, self.ready = WINDOW, 0
        self.pieces = collections.deque() # of these so many are due: ready
        self.ended = self.over = False

    def wants(self):
        return not self.ended and self.room > 0

    def read(self):
        if not self.wants():
            return
        try:
            data = self.source.recv(min(READ, self.room))
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self.ended = not data
        self.room -= len(data)
        self.pieces.append(memoryview(data))
        at(Pump.due, self)
        self.line.arm()

    def due(self):
        self.ready += 1
        self.write()

    def write(self):
        while self.ready > 0 and not self.over:
            n = self.write_piece(self.pieces[0])
            if n < len(self.pieces[0]):
                self.pieces[0] = self.pieces[0][n:]
                break
            self.pieces.popleft()
            self.ready -= 1
        self.line.arm()

    def write_piece(self, data):
        """How much is gone. Who has left takes all."""
        n = len(data)
        try:
            if n > 0:
                n = self.sink.send(data)
                at(self.acknowledge, n)
            else:
                self.over = True
                self.sink.shutdown(socket.SHUT_WR)
        except BlockingIOError:
            return 0
        except OSError:
            pass
        return n

    def acknowledge(self, n):
        self.room += n
        if not self.over:
            self.line.arm()


def listener(port):
    def accept(_):
        near = server.accept()[0]
        try:
            Line(near, socket.create_connection(("127.0.0.1", port))).arm()
        except OSError:
            near.close()

    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen(64)
    sockets[server.fileno()] = accept
    poll.register(server, select.EPOLLIN)
    return server


def main():
    servers = [listener(int(port)) for port in sys.argv[3:]]
    print(*[s.getsockname()[1] for s in servers], flush=True)
    while True:
        for fd, events in poll.poll(run_later()):
            if fd in sockets:
                sockets[fd](events)


main()
