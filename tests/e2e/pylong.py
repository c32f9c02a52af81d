"""For pyftpd.py: a server that knows LPSV and LPRT (RFC 1639), and no other such command."""
# `handler` is pyftpd.py's.
for verb in ("LPSV", "LPRT"):
    handler.proto_cmds = dict(handler.proto_cmds)  # noqa: F821
    handler.proto_cmds[verb] = handler.proto_cmds["PASV" if verb == "LPSV" else "EPRT"]


def lpsv(self, line):
    def say(text, *args, **how):
        del self.respond
        port = int(text.split("|||")[1].rstrip("|)."))
        self.respond("228 Entering Long Passive Mode (4,4,127,0,0,1,2,%d,%d)"
                     % (port >> 8, port & 255))
    self.respond = say
    self._make_epasv(extmode=True)


def lprt(self, line):
    n = [int(x) for x in line.split(",")]
    self._make_eport(".".join(map(str, n[2:6])), n[7] * 256 + n[8])


def no(self, line):
    self.respond("502 No.")


handler.ftp_LPSV = lpsv     # noqa: F821
handler.ftp_LPRT = lprt     # noqa: F821
handler.ftp_PASV = handler.ftp_EPSV = handler.ftp_PORT = handler.ftp_EPRT = no  # noqa: F821
