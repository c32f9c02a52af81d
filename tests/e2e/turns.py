"""turns.py SSHD_PORT: how often must the ssh connection turn round for a transfer?

A relay to sshd that lets one side speak at a time: what it says is passed on when it has been
silent for QUIET seconds. So whatever needs no answer from over there goes in one turn, and the
count does not depend on the machine. Prints the relay's port; then for each line of input,
"PORT passive|active", logs in there and prints the turns of three transfers of the file a."""
import ftplib
import select
import socket
import sys
import threading
import time

from slow import SLOW

QUIET = 0.15 * SLOW


class Relay(threading.Thread):
    def __init__(self, sshd_port):
        super().__init__(daemon=True)
        self.sshd_port = sshd_port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.turns = 0
        self.spoken = time.monotonic()

    def one_way(self, source, sink):
        """True when something was said."""
        said = b""
        while select.select([source], [], [], QUIET)[0]:
            data = source.recv(1 << 16)
            if not data:
                raise EOFError
            said += data
        sink.sendall(said)
        if said:
            self.spoken = time.monotonic()
        return bool(said)

    def run(self):
        near = self.listener.accept()[0]
        far = socket.create_connection(("127.0.0.1", self.sshd_port))
        try:
            while True:
                self.turns += self.one_way(near, far)
                self.one_way(far, near)
        except (EOFError, OSError):
            near.close()
            far.close()

    def wait_for_silence(self):
        while time.monotonic() - self.spoken < 6 * QUIET:
            time.sleep(QUIET)


def transfer(ftp):
    with ftp.transfercmd("RETR a") as data:
        while data.recv(1 << 16):
            pass
    ftp.voidresp()


def measure(relay, port, mode):
    ftp = ftplib.FTP()
    ftp.connect("127.0.0.1", port, 60 * SLOW)
    ftp.login()
    ftp.set_pasv(mode == "passive")
    counts = []
    for _ in range(3):
        relay.wait_for_silence()
        before = relay.turns
        transfer(ftp)
        counts.append(relay.turns - before)
    ftp.close()
    return counts


def main():
    relay = Relay(int(sys.argv[1]))
    relay.start()
    print(relay.listener.getsockname()[1], flush=True)
    for line in sys.stdin:
        port, mode = line.split()
        print(*measure(relay, int(port), mode), flush=True)


main()
