"""An FTP server that speaks like the one of z/OS: 125 before a transfer and 250 after it,
data set names in quotes, MVS listings, jobs instead of files after SITE FILETYPE=JES.

zosftpd.py address port directory
"""
import os
import sys

import fakeftpd

LISTING = (
    "Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname\r\n"
    "WORK01 3390   2026/11/20  1   15  FB      80  3200  PS  MID\r\n"
    "WORK02 3390   2026/11/19  2   30  VB     255 27998  PO  SOURCE.C\r\n"
)
SPOOL = "JOBNAME  JOBID    OWNER    STATUS CLASS\r\nTESTERA  JOB01234 TESTER   OUTPUT A        RC=0000\r\n"


class Zos(fakeftpd.Session):
    filetype = "SEQ"

    def greet(self):
        self.say("220-FTPSERVE IBM FTP CS V2R5 at zos.example, 12:00:00 on 2026-11-20.")
        self.say("220 Connection will close if idle for more than 5 minutes.")

    def path(self, name):
        return os.path.join(sys.argv[3], os.path.basename(name.strip("'").split(".")[-1].lower()))

    def send(self, content, begin, end):
        data = self.connect()
        self.say(begin)
        data.sendall(content)
        data.close()
        self.say(end)

    def do_user(self, arg):
        self.say("331 Send password please.")

    def do_pass(self, arg):
        self.say('230-TESTER is logged on.  Working directory is "TESTER.".')
        self.say("230 TESTER is logged on.")

    def do_pwd(self, arg):
        self.say("257 \"'TESTER.'\" is working directory.")

    def do_syst(self, arg):
        self.say("215 MVS is the operating system of this server. FTP Server is running on z/OS.")

    def do_site(self, arg):
        key, _, value = arg.partition("=")
        if key.upper() == "FILETYPE":
            self.filetype = value.upper()
        self.say("200 SITE command was accepted")

    def do_list(self, arg):
        text = SPOOL if self.filetype == "JES" else LISTING
        self.send(text.encode(), "125 List started OK", "250 List completed successfully.")

    def do_size(self, arg):
        self.say("502 SIZE command is not implemented.")

    def do_retr(self, arg):
        with open(self.path(arg), "rb") as f:
            content = f.read()
        self.send(content, "125 Sending data set %s" % arg.upper(), "250 Transfer completed successfully.")

    def do_stor(self, arg):
        data = self.connect()
        job = self.filetype == "JES"
        self.say("125 Sending Job to JES internal reader FIXrecfm 80" if job else
                 "125 Storing data set %s" % arg.upper())
        with data, data.makefile("rb") as stream, open(self.path(arg), "wb") as f:
            f.write(stream.read())
        if job:
            self.say("250-It is known to JES as JOB01234")
        self.say("250 Transfer completed successfully.")


fakeftpd.serve(Zos)
