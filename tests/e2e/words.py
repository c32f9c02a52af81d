"""Words that FTP knows and clients seldom say: words.py NAME ADDRESS PORT ..."""
import os
import re
import socket
import zlib

from raw import Ftp, check, expect, main, read, round_trip, session

CONTENT = bytes(range(256)) * 200
ROOT = os.environ.get("FTP_ROOT", "")
GIB = 1 << 30


def names(address, port):
    """File names of bytes beyond ASCII, and with blanks, arrive as they are."""
    utf8_only = os.environ["FTP_KIND"] == "pyftpd"
    for name in (b"caf\xc3\xa9 \xe2\x82\xac", b"latin-\xe9\xe8", b"two  blanks", b"quote\"s"):
        if utf8_only and b"\xe9" in name:
            continue

        def words():
            text = name.decode("latin-1")
            with session(address, port) as ftp:
                ftp.put(text, CONTENT)
                expect(name in os.listdir(os.fsencode(ROOT)), "names: %s" % os.listdir(ROOT))
                expect(ftp.get(text, "eprt") == CONTENT, "what came back")
                expect(text in ftp.list("pasv", "NLST"), "NLST")
                ftp.want("DELE " + text, 250)
                ftp.quit()
        check("name %r" % name, words)


def telnet(address, port):
    """0xFF is Telnet's escape: doubled by those who mean it (RFC 959 3.1, RFC 2640 3.1)."""
    def words():
        with session(address, port) as ftp:
            ftp.put("y\xff\xffz", CONTENT)
            found = [n for n in os.listdir(os.fsencode(ROOT)) if n.startswith(b"y\xff")]
            expect(len(found) == 1, "names: %s" % found)
            print("# y FF FF z is stored as %r" % found[0])
            expect(ftp.get("y\xff\xffz") == CONTENT, "what came back")
            ftp.want("DELE y\xff\xffz", 250)
            ftp.sock.sendall(b"NO\xff\xf1OP\r\n")      # IAC NOP in the middle
            expect(ftp.reply()[0] == 200, "NOOP with IAC NOP")
            ftp.quit()
    check("0xFF doubled", words)


def plain(address, port):
    """Commands that are passed on, each with its transfer."""
    def append():
        with session(address, port) as ftp:
            ftp.put("appended", CONTENT)
            ftp.put("appended", CONTENT, "eprt", "APPE")
            expect(read(os.path.join(ROOT, "appended")) == CONTENT * 2, "not appended")
            ftp.quit()
    check("APPE", append)

    def unique():
        with session(address, port) as ftp:
            for mode in ("epsv", "port"):
                before = set(os.listdir(ROOT))
                ftp.put("", CONTENT, mode, "STOU")
                new = set(os.listdir(ROOT)) - before
                expect(len(new) == 1, "%s: new files: %s" % (mode, new))
                expect(read(os.path.join(ROOT, new.pop())) == CONTENT, "other bytes")
            ftp.quit()
    if os.environ["FTP_KIND"] != "pureftpd":    # which has no STOU
        check("STOU", unique)

    def others():
        with session(address, port) as ftp:
            code, text = ftp.cmd("SITE HELP")
            expect(code in (200, 211, 214, 500, 550), text)
            code, text = ftp.cmd("HOST ftp.example.org")
            expect(code in (220, 500, 501, 502, 503, 504, 530), text)
            ftp.want("PWD", 257)
            expect("213" in ftp.want("SIZE appended", 213), "SIZE")
            for _ in range(2):
                ftp.want("NOOP", 200)
            ftp.quit()
    check("SITE, HOST, PWD, SIZE", others)

    def machine_list():
        with session(address, port) as ftp:
            for mode in ("epsv", "port"):
                expect("appended" in ftp.list(mode, "MLSD"), "not there")
            expect("appended" in ftp.want("MLST appended", 250), "MLST")
            ftp.quit()
    if os.environ["FTP_KIND"] != "vsftpd":      # which has no MLSD
        check("MLSD, MLST", machine_list)


def beyond(address, port):
    """REST behind 4 GiB, of a file that is mostly a hole."""
    path = os.path.join(ROOT, "hole")
    with open(path, "wb") as f:
        f.truncate(5 * GIB)
        f.seek(5 * GIB - 1000)
        f.write(CONTENT[:1000])
    os.chmod(path, 0o666)

    def down():
        with session(address, port) as ftp:
            expect(ftp.want("SIZE hole", 213).split()[1] == str(5 * GIB), "SIZE")
            for mode in ("epsv", "eprt"):
                ftp.want("REST %d" % (5 * GIB - 1000), 350)
                expect(ftp.get("hole", mode) == CONTENT[:1000], "%s: other bytes" % mode)
            ftp.quit()
    check("REST behind 4 GiB, RETR", down)

    def up():
        with session(address, port) as ftp:
            data = ftp.open("epsv")
            ftp.want("REST %d" % (5 * GIB), 350)
            ftp.send("STOR hole")
            expect(ftp.reply()[0] in (125, 150), "STOR")
            with data() as sock:
                sock.sendall(CONTENT)
            ftp.final(226)
            with open(path, "rb") as f:
                f.seek(5 * GIB)
                expect(f.read() == CONTENT, "other bytes")
            ftp.quit()
    check("REST behind 4 GiB, STOR", up)
    os.unlink(path)


def mode_z(address, port):
    """Compressed data goes through as it is."""
    def words():
        with session(address, port) as ftp:
            ftp.want("MODE Z", 200)
            for mode in ("epsv", "port", "pasv", "eprt"):
                ftp.put("compressed", zlib.compress(CONTENT), mode)
                expect(read(os.path.join(ROOT, "compressed")) == CONTENT, "stored otherwise")
                expect(zlib.decompress(ftp.get("compressed", mode)) == CONTENT, "other bytes")
            ftp.want("MODE S", 200)
            expect(ftp.get("compressed") == CONTENT, "MODE S again")
            ftp.quit()
    check("MODE Z", words)


def say_plain(sock):
    sock.sendall(b"ABOR\r\n")


def say_urgent(sock):
    sock.send(b"ABOR\r\n", socket.MSG_OOB)      # as Python's ftplib does


def say_telnet(sock):
    sock.sendall(b"\xff\xf4\xff")               # as lftp and the BSD clients do
    sock.send(b"\xf2", socket.MSG_OOB)
    sock.sendall(b"ABOR\r\n")


def one_abor(address, port, mode, say, down):
    with session(address, port) as ftp:
        data = ftp.begin(mode, "RETR big" if down else "STOR broken")
        if down:
            expect(len(data.recv(65536)) > 0, "no data before ABOR")
        else:
            data.sendall(CONTENT)
        say(ftp.sock)
        data.close()
        seen = [ftp.final()[0]]
        ftp.send("NOOP")    # pure-ftpd drops what comes together with ABOR
        while seen[-1] != 200:
            seen.append(ftp.final()[0])
        expect(seen[0] in (226, 225, 426, 450, 451, 551, 552), "replies: %s" % seen)
        round_trip(ftp, mode, "after-abor", CONTENT)
        ftp.quit()


def abor(address, port):
    """ABOR in the middle, in the three ways that clients say it; then the session goes on."""
    for mode in ("epsv", "port"):
        for down in (True, False):
            for say in (say_plain, say_urgent, say_telnet):
                check("ABOR %s, %s, %s" % ("down" if down else "up", mode, say.__name__[4:]),
                      one_abor, address, port, mode, say, down)


if __name__ == "__main__":
    main(globals())
