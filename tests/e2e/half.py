"""Half an upload: half.py MODE NAME BYTES sends so much of NAME, says so, and waits for the end
that others bring about. Fails if that looks like success."""
import sys

from rawftp import Raw

ftp = Raw()
data = ftp.transfer(sys.argv[1], "STOR " + sys.argv[2])
data.sendall(bytes(int(sys.argv[3])))
print("sent", flush=True)
reply = ftp.final()
print("reply:", reply, flush=True)
if reply is not None and reply[0] < "4":
    sys.exit("half: the client believes that it is done: %s" % reply)
