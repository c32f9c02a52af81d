"""The whole table of modes: modes.py table SERVERS TUNNEL...

SERVERS has a line "address:port kind user password root" for each FTP server; a TUNNEL is
"server_mode=file", the file being what ftp-over-ssh -N printed. Every listener is a row,
every way in which the client opens data connections is a column; each cell is done with
every kind of server in a session of its own.
"""
import collections
import concurrent.futures
import re
import sys

from raw import Ftp, check, main, round_trip, read

POOL = concurrent.futures.ThreadPoolExecutor(4)
CLIENT_MODES = ("pasv", "epsv", "port", "eprt")
LISTENING = re.compile(r"listening on (\S+):(\d+)( \(remote\))?, forwarding to (\S+)")


def servers(path):
    table = {}
    for line in read(path).decode().splitlines():
        at, kind, user, password, root = line.split()
        table[at] = (kind, user, password, root)
    return table


def family(address):
    return "IPv6" if ":" in address else "IPv4"


def listeners(path):
    """(flag, client address, port, target)"""
    for address, port, remote, target in LISTENING.findall(read(path).decode()):
        yield "-R" if remote else "-L", address.strip("[]"), port, target


def serves(place, client_mode, content):
    """None, or what is wrong."""
    kind, user, password, root, address, port = place
    name = "cell-%s" % client_mode
    try:
        ftp = Ftp(address, port, user, password)
        round_trip(ftp, client_mode, name, content, root + "/" + name)
        ftp.want("DELE " + name, 250)
        ftp.quit()
    except (Exception) as why:
        return "%s: %s" % (kind, str(why) or repr(why))
    return None


def cell(places, client_mode, content):
    """One cell: every server, all at once. The kinds that passed, and what is wrong with the others."""
    wrong = list(POOL.map(lambda place: serves(place, client_mode, content), places))
    return [place[0] for place, why in zip(places, wrong) if why is None], [why for why in wrong if why]


def complain(wrong):
    if wrong:
        raise ValueError("; ".join(wrong))


def table(servers_file, content_file, *tunnels):
    known = servers(servers_file)
    content = read(content_file)
    rows = collections.OrderedDict()
    for tunnel in tunnels:
        server_mode, path = tunnel.split("=", 1)
        for flag, address, port, target in listeners(path):
            kind, *login = known[target]
            row = (server_mode, flag, family(address), family(target.rsplit(":", 1)[0]))
            rows.setdefault(row, []).append((kind, *login, address, port))
    marks = {}
    for row, places in rows.items():
        for client_mode in CLIENT_MODES:
            passed, wrong = cell(places, client_mode, content)
            marks[row, client_mode] = "".join(k[:2] for k in passed) or "none"
            check("server mode %s, %s, client %s, server %s: client %s"
                  % (*row, client_mode.upper()), complain, wrong)
    print("# %-8s %-4s %-7s %-7s" % ("mode", "", "client", "server")
          + "".join(" %-10s" % m.upper() for m in CLIENT_MODES))
    for row in rows:
        print("# %-8s %-4s %-7s %-7s" % row
              + "".join(" %-10s" % marks[row, m] for m in CLIENT_MODES))
    print("# cells: %d, with %d transfers" % (len(marks), sum(
        3 * len(places) for places in rows.values()) * len(CLIENT_MODES)), flush=True)


if __name__ == "__main__":
    main({"table": table})
    sys.exit(0)
