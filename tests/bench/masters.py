"""FtpMasters=N: where several ssh connections win, and where they do not: on a long line each has a
TCP window of its own (slowpipe), and each channel has one inside ssh (2 MiB)."""
import os

from lab import wait_until
from report import median, spread, table

COUNTS = (1, 2, 4)


def masters_up(lab):
    return sum(name.startswith("m") for name in os.listdir(lab.path("run", "ftp-over-ssh")))


def mirror(lab, ports, k, size_name):
    return lab.together([["curl", "-sS", "-o", "/dev/null", "ftp://127.0.0.1:%d/%s" % (
        ports[0], size_name)] for _ in range(k)])


def case(lab, host, port, k, mib, rounds):
    """{N: [MB/s, ...]}, the values of N in turn."""
    lab.publish("m", (mib << 20) // k)
    tunnels = {n: lab.tunnel("-o", "FtpMasters=%d" % n, targets=[port], host=host)
               for n in COUNTS}
    wait_until("FtpMasters", lambda: masters_up(lab) == sum(COUNTS))
    speeds = {n: [] for n in COUNTS}
    for i in range(rounds + 1):
        for n, (_, ports) in tunnels.items():
            took = mirror(lab, ports, k, "m")
            if i > 0:
                speeds[n].append(mib * 1.048576 / took)
    for process, _ in tunnels.values():
        lab.stop(process)
    return speeds


def run(lab, quick, out):
    port = lab.vsftpd("pasv_min_port=10000", "pasv_max_port=19999")
    relay, (slow,) = lab.program("slowpipe", 50, 4, lab.sshd_port)
    lab.ssh_host("far", slow)
    plan = [("no delay, 1 transfer", "bench", 1, 128), ("no delay, 8 at once", "bench", 8, 128),
            ("100 ms, 1 transfer", "far", 1, 32), ("100 ms, 8 at once", "far", 8, 128)]
    if quick:
        plan = [("no delay, 4 at once", "bench", 4, 64)]
    rows = []
    for name, host, k, mib in plan:
        speeds = case(lab, host, port, k, mib, 1 if quick else 3)
        rows.append([name] + ["%.0f ±%.0f %%" % (median(speeds[n]), spread(speeds[n]))
                              for n in COUNTS])
    lab.stop(relay)
    out.section("FtpMasters, MB/s", table(
        ["line, parallel downloads"] + ["N = %d" % n for n in COUNTS], rows))
