"""What a scenario lets a client do through one listener: cases.py NAME ADDRESS PORT ...

Every function here is a case; it reports by check(). $FTP_ROOT is the server's directory.
"""
import os
import socket
import sys

from raw import Ftp, Wrong, check, dotted, expect, listener, main, read, round_trip, session

CONTENT = bytes(range(256)) * 300


def one_mode(address, port, mode):
    with session(address, port) as ftp:
        name = "via-" + mode
        round_trip(ftp, mode, name, CONTENT, os.path.join(os.environ["FTP_ROOT"], name))
        ftp.want("DELE " + name, 250)
        ftp.quit()


def modes(address, port, *wanted):
    """PUT, GET and LIST in each mode, each in a session of its own."""
    for mode in wanted:
        check("client " + mode.upper(), one_mode, address, port, mode)


def in_turn(address, port, *wanted):
    """The same in one session: what was learned in one mode must not harm the next."""
    def all_in_one():
        with session(address, port) as ftp:
            for mode in wanted:
                round_trip(ftp, mode, "turn", CONTENT)
            ftp.quit()
    check("in one session: " + " ".join(wanted).upper(), all_in_one)


if __name__ == "__main__":
    main(globals())
