"""Who may have the data: relay.py NAME ADDRESS PORT ..."""
import os
import socket

from raw import Ftp, Wrong, check, dotted, expect, main, session, tuple227
from slow import SLOW

CONTENT = bytes(range(256)) * 100


def received_nothing(sock):
    with sock:
        sock.settimeout(10 * SLOW)
        try:
            return sock.recv(1) == b""
        except ConnectionError:
            return True


def pending(ftp):
    """PASV, and where the data port is."""
    return tuple227(ftp.want("PASV", 227))


def fetch_at(ftp, at, source):
    """The download that was prepared, by a connection from this address of ours."""
    ftp.send("RETR shared")
    with socket.create_connection(at, 10, (source, 0) if source else None) as data:
        parts = []
        while True:
            part = data.recv(65536)
            if not part:
                break
            parts.append(part)
    ftp.final(226)
    expect(b"".join(parts) == CONTENT, "the wrong bytes")


def stranger(address, port, own, other):
    """Another host comes to the data port first, then the right one."""
    def words():
        with session(address, port, source=own) as ftp:
            ftp.put("shared", CONTENT)
            at = pending(ftp)
            expect(at[0] == address, "227 names %s" % at[0])
            for _ in range(3):
                expect(received_nothing(socket.create_connection(at, 10, (other, 0))),
                       "the stranger got data")
            fetch_at(ftp, at, own)
            ftp.quit()
    check("another host's data connections are refused, ours is served", words)


def bounce(address, port, *others):
    """PORT to somebody else (CVE-1999-0017), or to a system port."""
    def words():
        with session(address, port) as ftp:
            own = ftp.sock.getsockname()[0]
            for other in others:
                for command in ("PORT " + dotted(other, 30000), "EPRT |1|%s|30000|" % other):
                    ftp.want(command, 500, 501)
            ftp.want("PORT " + dotted(own, 25), 500, 501)
            ftp.quit()
    check("PORT to other hosts and to system ports is refused", words)


def as_user(uid, function):
    """In a process of that user; its answer is True or False."""
    pid = os.fork()
    if pid == 0:
        try:
            os.setgid(uid)
            os.setuid(uid)
            os._exit(0 if function() else 1)
        except BaseException:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def greeted(address, port):
    with socket.create_connection((address, int(port)), 10) as sock:
        try:
            return sock.recv(3) == b"220"
        except ConnectionError:
            return False


def users(address, port, uid, may):
    """Another user of this host: the control connection, and data that is ours."""
    may, uid = may == "may", int(uid)

    def control():
        expect(as_user(uid, lambda: greeted(address, port)) == may, "wrong")

    def data():
        with session(address, port) as ftp:
            ftp.put("shared", CONTENT)
            at = pending(ftp)
            if not may:
                expect(as_user(uid, lambda: received_nothing(socket.create_connection(at, 10))),
                       "he got data")
                fetch_at(ftp, at, None)
            else:
                ftp.send("RETR shared")
                expect(as_user(uid, lambda: not received_nothing(
                    socket.create_connection(at, 10))), "he got nothing")
                ftp.final()
            ftp.quit()
    check("another user: control connection", control)
    check("another user: data connection", data)


def data_ports(address, port, low, high):
    """FtpDataPorts: within the range; 425 when there is none left; and then again."""
    low, high = int(low), int(high)
    count = high - low + 1

    def words():
        sessions = [Ftp(address, port) for _ in range(count + 1)]
        seen = sorted(pending(ftp)[1] for ftp in sessions[:count])
        expect(seen == list(range(low, high + 1)), "ports: %s" % seen)
        for command in ("PASV", "EPSV"):
            sessions[-1].want(command, 425)
        sessions[0].put("shared", CONTENT, "port")      # gives its listener back
        for mode in ("pasv", "epsv", "pasv", "epsv"):
            sessions[-1].put("shared", CONTENT, mode)
        for ftp in sessions:
            ftp.quit()
    check("ports %d to %d, 425 when all are in use" % (low, high), words)


def told(address, port, wanted):
    """The address in the 227."""
    def words():
        with session(address, port) as ftp:
            got = pending(ftp)[0]
            expect(got == wanted, "227 names %s" % got)
            ftp.quit()
    check("227 names " + wanted, words)


if __name__ == "__main__":
    main(globals())
