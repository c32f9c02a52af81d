"""quickftpd.py [passive_port]: an FTP server that costs as little as it can. RETR N sends N
bytes, STOR takes what comes. Prints its port."""
import re
import socket
import sys
import threading

PASSIVE = 32 # data ports of a session, in turn: connecting to one of which there are thousands in
             # TIME_WAIT takes longer and longer, whoever does it
BLOCK = bytes(range(251)) * 4096


def content(size):
    return (BLOCK * (size // len(BLOCK) + 1))[:size] if size > len(BLOCK) else BLOCK[:size]


def listener(port=0):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", port))
    s.listen(1024)
    return s


class Session(threading.Thread):
    def __init__(self, control, passive):
        super().__init__(daemon=True)
        self.control, self.active = control, None
        self.passive = [passive] if passive else [] # used from the last one on
        self.ports = 1 if passive else PASSIVE
        control.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def reply(self, text):
        self.control.sendall(text + b"\r\n")

    def data(self):
        if self.active:
            return socket.create_connection(self.active)
        return self.passive[-1].accept()[0]

    def retr(self, arg):
        self.reply(b"150 here it comes")
        with self.data() as s:
            s.sendall(content(int(arg)))
        self.reply(b"226 done")

    def stor(self, _):
        self.reply(b"150 let it come")
        with self.data() as s:
            while s.recv(1 << 18):
                pass
        self.reply(b"226 done")

    def passive_port(self):
        self.passive.append(listener() if len(self.passive) < self.ports else self.passive.pop(0))
        self.active = None
        return self.passive[-1].getsockname()[1]

    def pasv(self, _):
        port = self.passive_port()
        self.reply(b"227 Entering Passive Mode (127,0,0,1,%d,%d)" % (port >> 8, port & 255))

    def epsv(self, _):
        self.reply(b"229 Entering Extended Passive Mode (|||%d|)" % self.passive_port())

    def port(self, arg):
        n = [int(x) for x in re.findall(rb"\d+", arg)]
        self.active = (".".join(map(str, n[:4])), n[4] << 8 | n[5])
        self.reply(b"200 PORT")

    def eprt(self, arg):
        _, _, host, port, _ = arg.decode().split("|")
        self.active = (host, int(port))
        self.reply(b"200 EPRT")

    def command(self, line):
        verb, _, arg = line.strip().partition(b" ")
        known = {b"RETR": self.retr, b"STOR": self.stor, b"PASV": self.pasv, b"EPSV": self.epsv,
                 b"PORT": self.port, b"EPRT": self.eprt}
        if verb in known:
            known[verb](arg)
        else:
            self.reply({b"USER": b"331 who?", b"PASS": b"230 in"}.get(verb, b"200 fine"))

    def run(self):
        try:
            self.reply(b"220 quick")
            rest = b""
            while True:
                more = self.control.recv(4096)
                if not more:
                    break
                *lines, rest = (rest + more).split(b"\n")
                for line in lines:
                    self.command(line)
        except OSError:
            pass
        self.control.close()


def main():
    threading.stack_size(256 * 1024)
    passive = listener(int(sys.argv[1])) if len(sys.argv) > 1 else None
    server = listener()
    print(server.getsockname()[1], flush=True)
    while True:
        Session(server.accept()[0], passive).start()


if __name__ == "__main__":
    main()
