"""FtpMasters=N: where several ssh connections win, and where they do not: on a long line each has a
TCP window of its own (slowpipe), and each channel has one inside ssh (2 MiB)."""
import os

from lab import wait_until
from report import median, spread, table

COUNTS = (1, 2, 4, 8, 16)


def masters_up(lab):
    return sum(name.startswith("m") for name in os.listdir(lab.path("run", "ftp-over-ssh")))


def transfers(lab, port, direction, k):
    url = "ftp://127.0.0.1:%d/m" % port
    return lab.together([["curl", "-sS", "-o", "/dev/null", url] if direction == "GET" else
                         ["curl", "-sS", "-T", lab.path("ftp", "m"), "%s.%d" % (url, i)]
                         for i in range(k)])


def case(lab, host, port, direction, k, mib, rounds):
    """{N: [MB/s, ...]}, the values of N in turn."""
    lab.publish("m", (mib << 20) // k)
    tunnels = {n: lab.tunnel("-o", "FtpMasters=%d" % n, targets=[port], host=host)
               for n in COUNTS}
    wait_until("FtpMasters", lambda: masters_up(lab) == sum(COUNTS))
    speeds = {n: [] for n in COUNTS}
    for i in range(rounds + 1):
        for n, (_, ports) in tunnels.items():
            took = transfers(lab, ports[0], direction, k)
            if i > 0:
                speeds[n].append(mib * 1.048576 / took)
    for process, _ in tunnels.values():
        lab.stop(process)
    return speeds


def run(lab, quick, out):
    port = lab.vsftpd("pasv_min_port=10000", "pasv_max_port=19999")
    relay, (slow,) = lab.program("slowpipe", 50, 4, lab.sshd_port)
    lab.ssh_host("far", slow)
    plan = [("no delay", "bench", "GET", 1, 128), ("no delay", "bench", "GET", 8, 128),
            ("100 ms", "far", "GET", 1, 32), ("100 ms", "far", "GET", 8, 128),
            ("100 ms", "far", "PUT", 8, 128)]
    if quick:
        plan = [("no delay", "bench", "GET", 4, 64)]
    rows = []
    for line, host, direction, k, mib in plan:
        speeds = case(lab, host, port, direction, k, mib, 1 if quick else 3)
        rows.append(["%s, %s ×%d" % (line, direction, k)] + ["%.0f ±%.0f %%" % (median(speeds[n]), spread(speeds[n]))
                              for n in COUNTS])
    lab.stop(relay)
    out.section("FtpMasters, MB/s", table(
        ["line, transfers at once"] + ["N = %d" % n for n in COUNTS], rows))
