"""Bulk throughput: GET and PUT, one transfer or several side by side. Every FTP transfer is
made by curl where nothing else is said; all ssh connections stand before the clock starts."""
import os
import shutil

from lab import Broken, cpu_of_ended, free_port
from programs import lftp_sftp, rclone_ftp, rclone_sftp, rsync
from report import median, ratios, spread, table

METHODS = ("mux", "proxy")
RELAYED = "ssh -L behind a bare relay" # the least that can stand between ssh and a client
GOALS = {("mux", "ssh -L"): 0.97, ("mux", RELAYED): 0.97, ("mux", "sftp"): 1.0,
         ("proxy", "ssh -L"): 0.85, ("proxy", RELAYED): 0.85}
CLOSE = ["sftp", RELAYED, "ssh -L", "ftp-over-ssh, mux", "ftp-over-ssh, proxy"] # ratios with a goal


class Bulk:
    def __init__(self, lab, quick):
        self.lab, self.quick = lab, quick
        self.mib = int(os.environ.get("BENCH_MIB", 32 if quick else 96))
        self.rounds = int(os.environ.get("BENCH_ROUNDS", 1 if quick else 4))
        self.parallel = (1, 4) if quick else (1, 4, 16)
        for k in self.parallel:
            lab.publish("down%d" % k, (self.mib << 20) // k)
        self.passive = [free_port() for _ in range(max(self.parallel))]
        self.ports = [lab.vsftpd(passive=p) for p in self.passive]
        wide = lab.vsftpd("pasv_min_port=10000", "pasv_max_port=19999")
        self.socks_port = free_port()
        self.masters()
        self.tunnels = {}
        for method in METHODS:
            self.tunnels[method] = lab.tunnel("-S", self.at, "-o", "FtpForward=" + method,
                                              targets=[*self.ports, wide])
        self.peers = {
            "direct FTP": self.curl(self.ports), "ssh -L": self.curl(self.ports, host="127.0.0.2"),
            RELAYED: self.curl(self.ports, host="127.0.0.3"),
            "ssh -D (SOCKS)": self.curl(self.ports, "--socks5",
                                        "127.0.0.1:%d" % self.socks_port),
            "sftp": self.sftp(), "scp": self.scp(), "FTPS (TLS)": self.ftps()}
        if shutil.which("lftp"):
            self.peers["sftp of lftp"] = self.lftp()
        if shutil.which("rclone"):
            self.peers["sftp of rclone"] = self.rclone(":sftp:%s/" % lab.path("ftp"), lambda *what:
                                                       rclone_sftp(lab, lab.sshd_port, *what))
            self.peers["rclone, ftp-over-ssh, proxy"] = self.rclone(":ftp:", lambda *what:
                rclone_ftp(self.tunnels["proxy"][1][-1], *what)) # several connections at once
        if shutil.which("rsync"):
            self.peers["rsync"] = self.rsync()
        for method, (_, ports) in self.tunnels.items():
            self.peers["ftp-over-ssh, " + method] = self.curl(ports)
        self.wide = [p for p in self.peers if p in (
            "direct FTP", "ssh -D (SOCKS)", *CLOSE)]

    def masters(self):
        """One ssh connection for all rivals and us, so that none has a better one: the ports
        agree because ssh listens on 127.0.0.2 where vsftpd has 127.0.0.1."""
        forwards = ["-D", "127.0.0.1:%d" % self.socks_port]
        for port in self.ports + self.passive:
            forwards += ["-L", "127.0.0.2:%d:127.0.0.1:%d" % (port, port)]
        _, self.at = self.lab.master("m", *forwards)
        self.relay = self.lab.relay("127.0.0.3", "127.0.0.2", self.ports + self.passive)

    def curl(self, ports, *more, host="127.0.0.1"):
        def build(direction, k, i):
            url = "ftp://%s:%d/" % (host, ports[i])
            if direction == "GET":
                return ["curl", "-sS", *more, "-o", "/dev/null", url + "down%d" % k]
            return ["curl", "-sS", *more, "-T", self.lab.path("ftp", "down%d" % k),
                    url + "up%d" % i]
        return build

    def through_ssh(self, program):
        return [program, "-q", "-F", self.lab.ssh_config, "-o", "ControlPath=" + self.at]

    def sftp(self):
        def build(direction, k, i):
            down, up = self.lab.path("ftp", "down%d" % k), self.lab.path("ftp", "up%d" % i)
            batch = self.lab.path("batch.%s.%d.%d" % (direction, k, i))
            with open(batch, "w") as f:
                print("get %s /dev/null" % down if direction == "GET" else
                      "put %s %s" % (down, up), file=f)
            return [*self.through_ssh("sftp"), "-b", batch, "bench"]
        return build

    def scp(self):
        def build(direction, k, i):
            down, up = self.lab.path("ftp", "down%d" % k), self.lab.path("ftp", "up%d" % i)
            pair = ["bench:" + down, "/dev/null"] if direction == "GET" else [down, "bench:" + up]
            return [*self.through_ssh("scp"), *pair]
        return build

    def lftp(self):
        def build(direction, k, i):
            down = self.lab.path("ftp", "down%d" % k)
            return lftp_sftp(self.lab, self.at, "bench", "get %s -o /dev/null" % down
                             if direction == "GET" else "put %s -o %s" % (
                                 down, self.lab.path("ftp", "up%d" % i)))
        return build

    def rclone(self, remote, command):
        def build(direction, k, i):
            if direction == "GET":
                return command("cat", "%sdown%d" % (remote, k))
            return command("copyto", self.lab.path("ftp", "down%d" % k), "%sup%d" % (remote, i))
        return build

    def rsync(self):
        def build(direction, k, i):
            down, up = self.lab.path("ftp", "down%d" % k), self.lab.path("ftp", "up%d" % i)
            pair = ["bench:" + down, up] if direction == "GET" else [down, "bench:" + up]
            return rsync(self.lab, self.at, "--whole-file", *pair)
        return build

    def ftps(self):
        """None where there is no openssl(1) to make a certificate."""
        pem = self.lab.path("pem")
        try:
            self.lab.call(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
                           "2", "-subj", "/CN=localhost", "-keyout", pem, "-out", pem + ".crt"])
        except (Broken, OSError):
            return None
        with open(pem, "a") as f:
            f.write(open(pem + ".crt").read())
        os.chmod(pem, 0o644)
        port = self.lab.vsftpd("ssl_enable=YES", "allow_anon_ssl=YES", "rsa_cert_file=" + pem,
                               "require_ssl_reuse=NO", "ssl_ciphers=HIGH", "ssl_tlsv1=YES")
        return self.curl([port] * 16, "--ssl-reqd", "-k", "--tls13-ciphers",
                         "TLS_AES_128_GCM_SHA256")

    def one(self, build, direction, k):
        took = self.lab.together([build(direction, k, i) for i in range(k)])
        for i in range(k):
            try:
                os.unlink(self.lab.path("ftp", "up%d" % i))
            except OSError:
                pass
        return self.mib * 1048576 / 1e6 / took

    def turns(self, k, n):
        """The peers of round n: the close ones follow each other, to and fro and once more; the
        others come every second round, and not where it has to be quick."""
        others = [p for p in (self.peers if k == 1 else self.wide)
                  if self.peers[p] and p not in CLOSE and n % 2 == 1 and not self.quick]
        return others + (CLOSE if self.quick else 2 * (CLOSE + CLOSE[::-1]))

    def measure(self):
        """{(direction, k, peer): [MB/s, ...]}; the rounds go through all peers in turn."""
        result = {}
        for n in range(self.rounds + 1):
            for k, direction, peer in [(k, d, p) for k in self.parallel for d in ("GET", "PUT")
                                       for p in self.turns(k, n)]:
                speed = self.one(self.peers[peer], direction, k)
                if n > 0: # the first round warms up
                    result.setdefault((direction, k, peer), []).append(speed)
        each = self.turns(1, 0).count(RELAYED)
        gigabytes = (self.rounds + 1) * each * 2 * len(self.parallel) * self.mib * 1048576 / 1e9
        relays = {m: p for m, (p, _) in self.tunnels.items()}
        relays[RELAYED] = self.relay
        self.cpu = {m: cpu_of_ended(p.pid) / gigabytes for m, p in relays.items()}
        return result


def run(lab, quick, out):
    bulk = Bulk(lab, quick)
    result = bulk.measure()
    for process, _ in bulk.tunnels.values():
        lab.stop(process)
    columns = [(d, k) for k in bulk.parallel for d in ("GET", "PUT")]
    rows = []
    for peer in bulk.peers:
        cells = []
        for d, k in columns:
            got = result.get((d, k, peer))
            cells.append("%.0f ±%.0f %%" % (median(got), spread(got)) if got else "–")
        rows.append([peer] + cells)
    out.section("Bulk throughput, MB/s", table(
        ["%d MiB in all, curl; medians ± half of the middle half" % bulk.mib] +
        ["%s ×%d" % c for c in columns], rows))
    out.text("The bare relay has used %.2f s of CPU time per GB." % bulk.cpu[RELAYED])
    for (method, other), goal in GOALS.items():
        for d, k in columns:
            out.figure("%s ×%d, %s, speed over that of %s" % (d, k, method, other), ratios(
                result[d, k, "ftp-over-ssh, " + method], result[d, k, other]), goal, at_most=False)
    for method in METHODS:
        out.figure("own CPU time per GB relayed, " + method, [bulk.cpu[method]], 0.35, " s")
        for d in ("GET", "PUT"):
            out.brief("%s on loopback, %s, MB/s" % (d, method),
                      result[d, 1, "ftp-over-ssh, " + method], "ssh -L", result[d, 1, "ssh -L"])
