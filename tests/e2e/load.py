"""Many transfers, many sessions.

load.py transfers COUNT [MODE]   COUNT downloads and uploads in one session; beforehand some that
                                 do not count. Prints "warm" and "done" and waits for a line of
                                 stdin each time, so that one can look at what the session holds
load.py sessions COUNT ROUNDS    COUNT sessions at once, each with ROUNDS of each
load.py idle COUNT               COUNT logged-in sessions; prints "ready", waits for stdin to end
"""
import os
import random
import sys
import threading

from rawftp import MODES, Raw
from slow import SLOW

WARM = 10
CROWD = 120 * SLOW  # seconds; ssh looks at all of its channels for every message
wrong = []
# vsftpd's backlog is 32: what is beyond is dropped, with and without a tunnel, and TCP tries
# again after 1, 3, 7, 15 and 31 seconds.
connecting = threading.Semaphore(30)


def body(number):
    return random.Random(number).randbytes(random.Random(number).randrange(1, 9000))


def up_and_down(ftp, mode, number):
    name, content = "load-%d" % number, body(number)
    data = ftp.transfer(mode, "STOR " + name)
    Raw.expect(ftp.reply(), "150")
    data.sendall(content)
    data.close()
    Raw.expect(ftp.final(), "226")
    data = ftp.transfer(mode, "RETR " + name)
    got = b"".join(iter(lambda: data.recv(65536), b""))
    data.close()
    Raw.expect(ftp.final(), "226")
    if got != content:
        raise OSError("%s differs: %d of %d bytes" % (name, len(got), len(content)))
    Raw.expect(ftp.command("DELE " + name), "250")


def stop(word):
    print(word, flush=True)
    sys.stdin.readline()


def transfers(count, mode="epsv"):
    ftp = Raw()
    for number in range(WARM):
        up_and_down(ftp, mode, number)
    stop("warm")
    for number in range(int(count) // 2):
        up_and_down(ftp, mode, number)
    stop("done")
    ftp.command("QUIT")


def one_session(number, rounds, everybody):
    try:
        with connecting:
            ftp = Raw(patience=CROWD)
        everybody.wait(CROWD)
        for n in range(rounds):
            up_and_down(ftp, MODES[number % 4], number * 1000 + n)
        everybody.wait(2 * CROWD)
        ftp.command("QUIT")
        ftp.close()
    except (OSError, threading.BrokenBarrierError) as why:
        wrong.append("session %d: %r" % (number, why))


def sessions(count, rounds):
    threading.stack_size(256 * 1024)
    everybody = threading.Barrier(int(count))
    threads = [threading.Thread(target=one_session, args=(n, int(rounds), everybody))
               for n in range(int(count))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def idle(count):
    kept = [Raw() for _ in range(int(count))]
    print("ready", flush=True)
    sys.stdin.read()
    for ftp in kept:
        ftp.close()


try:
    {"transfers": transfers, "sessions": sessions, "idle": idle}[sys.argv[1]](*sys.argv[2:])
except OSError as failure:
    wrong.append(repr(failure))
if wrong:
    sys.exit("load: %d failed: %s" % (len(wrong), "; ".join(wrong[:5])))
os._exit(0)
