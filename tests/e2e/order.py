"""Does a final reply overtake its data?

order.py NAME SIZE BYTES_PER_SECOND TIMES fetches NAME in all four modes at once, TIMES times one
after the other, with a small receive buffer and at that pace. When 226 comes, every byte must
have been read or lie in our own kernel. Prints how many transfers were looked at.
"""
import array
import fcntl
import select
import sys
import termios
import threading
import time

from rawftp import MODES, Raw

name, size, pace, times = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
wrong, count = [], []


def waiting(s):
    buf = array.array("i", [0])
    fcntl.ioctl(s, termios.FIONREAD, buf)
    return buf[0]


def fetch(mode):
    ftp = Raw(receive_buffer=16384)
    for _ in range(times):
        data = ftp.transfer(mode, "RETR " + name, sized=True)
        got, over, begun, final = 0, False, time.time(), None
        while not over or final is None:
            late = got / pace - (time.time() - begun)
            wanted = [ftp.control] if over or late > 0 else [ftp.control, data]
            ready = select.select(wanted, [], [], min(max(late, 0), 1) if late > 0 else 60)[0]
            if ftp.control in ready and final is None:
                final = ftp.reply()
                if final is not None and final[0] == "1":
                    final = None
                    continue
                if final is None or final[0] != "2":
                    raise OSError("the reply is %r" % final)
                there = got + (0 if over else waiting(data))
                if there != size:
                    wrong.append("%s: %s with %d of %d bytes here" % (mode, final, there, size))
            if data in ready:
                block = data.recv(min(16384, max(pace // 50, 1)))
                got += len(block)
                over = not block
        data.close()
        if got != size:
            wrong.append("%s: %d of %d bytes" % (mode, got, size))
        count.append(mode)
    ftp.close()


def guarded(mode):
    try:
        fetch(mode)
    except OSError as why:
        wrong.append("%s: %r" % (mode, why))


threads = [threading.Thread(target=guarded, args=(m,)) for m in MODES]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(count), "transfers")
if wrong:
    sys.exit("order: " + "; ".join(wrong))
