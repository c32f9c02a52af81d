"""An FTP server for what others would never say. rude.py ADDRESS PORT KIND

silent: accepts and says nothing; tls: refuses every login for want of TLS; control: its replies
and the names it knows have control characters in them; full: serves nobody; ssh: is something else;
rude: does not answer QUIT; marks: an empty line, Telnet and UTF-8's mark before the greeting.
"""
import socket
import sys
import threading


def serve(conn, kind):
    say = lambda text: conn.sendall(text.encode("latin-1") + b"\r\n")
    if kind == "silent":
        conn.recv(1)
        return
    if kind in ("full", "ssh"):
        say("421 too many users" if kind == "full" else "SSH-2.0-rude")
        conn.recv(1)
        conn.close()
        return
    say({"control": "220 \x1b[2Jcleared", "marks": "\r\n\xff\xfd\x18\xef\xbb\xbf220 hello"}.get(
        kind, "220 hello"))
    for line in conn.makefile("r", encoding="latin-1", newline="\n"):
        verb = line[:4].strip().upper()
        if verb == "QUIT" and kind == "rude":
            continue
        if verb == "QUIT":
            say("221 bye")
            break
        if verb in ("USER", "PASS") and kind == "tls":
            say("550 SSL/TLS required on the control channel")
        elif verb == "USER":
            say("331 \x07password\x9b31m, please")
        else:
            say("230 in" if verb == "PASS" else "502 \x1b]0;title\x07 no")
    conn.close()


with socket.create_server((sys.argv[1], int(sys.argv[2]))) as server:
    while True:
        threading.Thread(target=serve, args=(server.accept()[0], sys.argv[3]),
                         daemon=True).start()
