"""What the measurements stand on: an sshd, FTP servers and tunnels, all on loopback, in a
directory of their own; everything is stopped by its pid when the lab is closed."""
import os
import pwd
import random
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get("FTP_OVER_SSH_BUILD", TOP)
FOS = BUILD + "/ctl/ftp-over-ssh"
CIPHER = "aes128-gcm@openssh.com"
DEADLINE = 60


class Broken(Exception):
    pass


def free_port():
    """Below the range that connect(2) takes its ports from."""
    while True:
        port = random.randrange(20000, 32000)
        with socket.socket() as s:
            try:
                s.bind(("0.0.0.0", port))
                return port
            except OSError:
                pass


def wait_until(what, condition):
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            raise Broken(what)
        time.sleep(0.01)


def answers(address, port):
    try:
        with socket.create_connection((address, port), 1):
            return True
    except OSError:
        return False


def descendants(pid):
    found = []
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            for child in map(int, f.read().split()):
                found += [child] + descendants(child)
    except OSError:
        pass
    return found


def cpu(pids):
    """Seconds of CPU time that these (single-threaded) processes have used."""
    total = 0.0
    for pid in pids:
        try:
            with open("/proc/%d/schedstat" % pid) as f:
                total += int(f.read().split()[0]) / 1e9
        except OSError:
            pass
    return total


def cpu_of_ended(pid):
    """... and that all ended and awaited descendants of a process have used."""
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def private_memory(pid):
    with open("/proc/%d/smaps_rollup" % pid) as f:
        return 1024 * sum(int(line.split()[1]) for line in f if line.startswith("Private_"))


class Lab:
    def __init__(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
        base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else "/tmp"
        self.dir = tempfile.mkdtemp(prefix="fosb.", dir=base)
        os.chmod(self.dir, 0o711)
        self.running = []
        for name in ("log", "home", "run", "ssh", "ftp"):
            os.mkdir(self.path(name), 0o755)
        os.chmod(self.path("run"), 0o700)
        self.env = {"HOME": self.path("home"), "XDG_RUNTIME_DIR": self.path("run"),
                    "PATH": os.environ["PATH"], "LC_ALL": "C", "BENCH_LAB": self.dir,
                    "FTP_OVER_SSH_HELPER": BUILD + "/helper/ftp-over-ssh-helper"}
        self.ftp_user = "daemon" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
        os.chown(self.path("ftp"), pwd.getpwnam(self.ftp_user).pw_uid, -1)
        self.sshd_start()

    def path(self, *names):
        return os.path.join(self.dir, *names)

    # processes

    def spawn(self, name, argv, **more):
        log = open(self.path("log", name), "ab")
        p = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=more.pop("stdout", log),
                             stderr=log, env=self.env, **more)
        log.close()
        self.running.append(p)
        return p

    def stop(self, process):
        if process not in self.running:
            return
        self.running.remove(process)
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def call(self, argv, **more):
        result = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, env=self.env, timeout=300, **more)
        if result.returncode != 0:
            raise Broken("%s: %s" % (" ".join(argv[:6]), result.stderr.decode()[-300:]))

    def together(self, commands):
        """Run commands side by side: the seconds until the last one has ended."""
        start = time.monotonic()
        all_of_them = [subprocess.Popen(c, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, env=self.env) for c in commands]
        errors = [p.communicate(timeout=300)[1] for p in all_of_them]
        took = time.monotonic() - start
        for p, error, command in zip(all_of_them, errors, commands):
            if p.returncode != 0:
                raise Broken("%s: %s" % (" ".join(command[:8]), error.decode()[-300:]))
        return took

    def strays(self):
        """Masters of ours in the background: their environment names this lab."""
        mark = ("BENCH_LAB=" + self.dir).encode()
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/environ" % pid, "rb") as f:
                    if mark in f.read().split(b"\0"):
                        yield int(pid)
            except OSError:
                pass

    def close(self):
        for process in reversed(list(self.running)):
            self.stop(process)
        for pid in list(self.strays()):
            try:
                os.kill(pid, signal.SIGTERM)
            except OSError:
                pass
        shutil.rmtree(self.dir, ignore_errors=True)

    # ssh

    def sshd_start(self):
        ssh, self.sshd_port = self.path("ssh"), free_port()
        for key in ("host", "user"):
            self.call(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "%s/%s" % (ssh, key)])
        # What runs there must not begin with the startup files of whoever measures.
        with open(ssh + "/user.pub") as key, open(ssh + "/authorized_keys", "w") as f:
            f.write('environment="HOME=%s" %s' % (self.path("home"), key.read()))
        if os.getuid() == 0:
            os.makedirs("/run/sshd", exist_ok=True)
        with open(ssh + "/sshd_config", "w") as f:
            f.write("\n".join([
                "Port %d" % self.sshd_port, "ListenAddress 127.0.0.1", "HostKey %s/host" % ssh,
                "AuthorizedKeysFile %s/authorized_keys" % ssh, "PidFile none", "StrictModes no",
                "UsePAM no", "PasswordAuthentication no", "PermitRootLogin prohibit-password",
                "MaxStartups 1000", "MaxSessions 1000", "PermitUserEnvironment yes",
                "Subsystem sftp internal-sftp", ""]))
        self.sshd = self.spawn("sshd", [shutil.which("sshd"), "-D", "-e", "-f",
                                        ssh + "/sshd_config"])
        wait_until("sshd", lambda: answers("127.0.0.1", self.sshd_port))
        self.ssh_config = ssh + "/config"
        self.ssh_host("bench", self.sshd_port)

    def ssh_host(self, alias, port):
        with open(self.path("ssh", "host.pub")) as f:
            key = " ".join(f.read().split()[:2])
        with open(self.path("ssh", "known_hosts"), "a") as f:
            f.write("[127.0.0.1]:%d %s\n" % (port, key))
        with open(self.ssh_config, "a") as f:
            f.write("\n  ".join([
                "Host " + alias, "HostName 127.0.0.1", "Port %d" % port,
                "User " + pwd.getpwuid(os.getuid()).pw_name,
                "IdentityFile " + self.path("ssh", "user"), "IdentitiesOnly yes",
                "UserKnownHostsFile " + self.path("ssh", "known_hosts"),
                "GlobalKnownHostsFile /dev/null", "Ciphers " + CIPHER, ""]).rstrip() + "\n")

    def master(self, name, *options, host="bench"):
        """A ControlMaster of the lab's own, in the foreground: process and control path."""
        at = self.path("ssh", name)
        p = self.spawn("master-" + name, ["ssh", "-F", self.ssh_config, "-MN", "-S", at,
                                          *options, host])
        wait_until("ssh master " + name, lambda: os.path.exists(at))
        self.call(["ssh", "-F", self.ssh_config, "-S", at, "-O", "check", host])
        return p, at

    def speed_up(self, path, host="bench"):
        """A command on a master: from then on sshd sends small packets at once."""
        self.call(["ssh", "-F", self.ssh_config, "-S", path, host, "true"])

    def tunnel(self, *options, targets, host="bench"):
        """ftp-over-ssh -N: its process and the ports on 127.0.0.1, one for each target."""
        argv = [FOS, "-F", self.ssh_config, "-N", *options]
        for port in targets:
            argv += ["-L", "ftp/127.0.0.1:0:127.0.0.1:%d" % port]
        p = self.spawn("tunnel", argv + [host], stdout=subprocess.PIPE)
        ports = []
        for _ in targets:
            line = p.stdout.readline().decode()
            if not line.startswith("listening on "):
                raise Broken("the tunnel says: %r; see %s" % (line, self.path("log", "tunnel")))
            ports.append(int(line.split(",")[0].rsplit(":", 1)[1]))
        return p, ports

    def relay(self, address, to, ports):
        """address:port to to:port for each of them, by the least that can do it (relay.c)."""
        program = self.path("relay")
        self.call([os.environ.get("CC", "cc"), "-O2", "-o", program, HERE + "/relay.c"])
        p = self.spawn("relay", [program, address, to, *map(str, ports)], stdout=subprocess.PIPE)
        if p.stdout.readline() != b"ready\n":
            raise Broken("relay does not start, see " + self.path("log", "relay"))
        return p

    # FTP

    def vsftpd(self, *extra, passive=None, address="127.0.0.1"):
        port = free_port()
        conf = self.path("vsftpd.%d" % port)
        lines = ["listen=YES", "listen_ipv6=NO", "listen_address=" + address,
                 "listen_port=%d" % port, "background=NO", "anonymous_enable=YES",
                 "anon_root=" + self.path("ftp"), "anon_upload_enable=YES",
                 "anon_other_write_enable=YES", "anon_world_readable_only=NO", "anon_umask=022",
                 "write_enable=YES", "ftp_username=" + self.ftp_user,
                 "run_as_launching_user=YES", "max_clients=0", "max_per_ip=0", "isolate=NO",
                 "isolate_network=NO", "seccomp_sandbox=NO", "xferlog_enable=NO", *extra]
        if passive:
            lines += ["pasv_min_port=%d" % passive, "pasv_max_port=%d" % passive]
        with open(conf, "w") as f:
            f.write("\n".join(lines) + "\n")
        argv = ["vsftpd", conf]
        if os.getuid() == 0: # anonymous writing to the top needs no chroot, so no root
            os.chown(conf, pwd.getpwnam(self.ftp_user).pw_uid, -1)
            argv = ["setpriv", "--reuid", self.ftp_user, "--clear-groups", *argv]
        self.spawn("vsftpd", argv)
        wait_until("vsftpd", lambda: answers(address, port))
        return port

    def publish(self, name, size):
        with open(self.path("ftp", name), "wb") as f:
            block = os.urandom(1 << 20)
            for at in range(0, size, len(block)):
                f.write(block[:min(len(block), size - at)])

    def program(self, name, *args):
        """One of our own servers (Python); it has a line to say when it is ready."""
        import sys
        p = self.spawn(name, [sys.executable, "-B", "%s/%s.py" % (HERE, name), *map(str, args)],
                       stdout=subprocess.PIPE)
        line = p.stdout.readline().decode().split()
        if not line:
            raise Broken("%s does not start, see %s" % (name, self.path("log", name)))
        return p, [int(word) for word in line]
