"""Many small files over a long line, fetched by programs that people have. All ssh connections
stand before the clock starts, but for rclone's sftp; rclone has four files under way at a time."""
import os
import shutil

from longline import PLAIN, Line
from programs import lftp_sftp, rclone_ftp, rclone_sftp, rsync, ssh
from quickftpd import content
from report import table

SIZE = 1000
OURS = "ftp-over-ssh, "


def fetchers(lab, line, count):
    """{what: its command}; each fetches the directory d into "got". Only what the machine has."""
    source, got = lab.path("ftp", "d"), lab.path("got")
    words, batch = ssh(lab, line.at)[1:], lab.path("files.batch")
    with open(batch, "w") as f:
        print("get %s/* %s" % (source, got), file=f)
    ours = "ftp://127.0.0.1:%d/d" % line.through
    names = "/f[0-%d]" % (count - 1)
    curl = ["curl", "-sS", "-o", got + "/#1"]
    plan = {
        OURS + "curl": [*curl, ours + names],
        "ssh -D, curl": [*curl, "--socks5", "127.0.0.1:%d" % line.socks,
                         "ftp://127.0.0.1:%d/d%s" % (line.port, names)],
        OURS + "lftp": ["lftp", "-c", "mirror %s %s" % (ours, got)],
        OURS + "lftp, 4 at once": ["lftp", "-c", "mirror -P 4 %s %s" % (ours, got)],
        "sftp of lftp": lftp_sftp(lab, line.at, line.host, "mirror %s %s" % (source, got)),
        "sftp": ["sftp", "-q", *words, "-b", batch, line.host],
        "scp -r": ["scp", "-q", *words, "-r", "%s:%s/." % (line.host, source), got],
        "rsync": rsync(lab, line.at, "-r", "%s:%s/" % (line.host, source), got),
    }
    if shutil.which("rclone"):
        plan[OURS + "rclone"] = rclone_ftp(line.through, "copy", ":ftp:d", got)
        plan["sftp of rclone"] = rclone_sftp(lab, line.host[3:], "copy", ":sftp:" + source, got)
    return {what: command for what, command in plan.items() if shutil.which(command[0])}


def fetch(lab, command, count):
    """Milliseconds per file."""
    got = lab.path("got")
    os.mkdir(got)
    took = lab.together([command])
    found = sum(len(files) for _, _, files in os.walk(got))
    shutil.rmtree(got)
    if found != count:
        raise RuntimeError("%s: %d files of %d" % (command[0], found, count))
    return 1000 * took / count


def run(lab, quick, out):
    delays, count = ((25,), 3) if quick else ((25, 100), 50)
    os.mkdir(lab.path("ftp", "d"), 0o755)
    for i in range(count):
        with open(lab.path("ftp", "d", "f%d" % i), "wb") as f:
            f.write(content(SIZE))
    port = lab.vsftpd("pasv_min_port=10000", "pasv_max_port=19999")
    took = {}
    for rtt in delays:
        line = Line(lab, rtt, PLAIN, port)
        for what, command in fetchers(lab, line, count).items():
            took.setdefault(what, []).append(fetch(lab, command, count))
        line.close()
    out.section("%d files of %d bytes over a long line" % (count, SIZE), table(
        ["ms per file (round trips)"] + ["%d ms" % rtt for rtt in delays],
        [[what] + ["%.0f (%.1f)" % (ms, ms / rtt) for ms, rtt in zip(values, delays)]
         for what, values in took.items()]))
