"""How programs that people use are called. Those of ssh's own kind go through a master that stands
(at); rclone's sftp makes a connection of its own."""
import os
import pwd
import subprocess

RCLONE = ["rclone", "--config", "/dev/null"]


def ssh(lab, at):
    return ["ssh", "-F", lab.ssh_config, "-o", "ControlPath=" + at]


def lftp_sftp(lab, at, host, commands):
    return ["lftp", "-c", "set xfer:clobber yes; set sftp:connect-program '%s -a -x'; "
            "open -u x,x sftp://%s; %s" % (" ".join(ssh(lab, at)), host, commands)]


def rclone_sftp(lab, port, *what):
    return [*RCLONE, "--sftp-host", "127.0.0.1", "--sftp-port", str(port), "--sftp-user",
            pwd.getpwuid(os.getuid()).pw_name, "--sftp-key-file", lab.path("ssh", "user"),
            "--sftp-disable-hashcheck", "--sftp-set-modtime=false", *what]


def rclone_ftp(port, *what):
    """An anonymous login takes any password, rclone only one that it has obscured."""
    done = subprocess.run(["rclone", "obscure", "x"], capture_output=True, check=True)
    return [*RCLONE, "--ftp-host", "127.0.0.1", "--ftp-port", str(port), "--ftp-user", "anonymous",
            "--ftp-pass", done.stdout.decode().strip(), *what]


def rsync(lab, at, *what):
    return ["rsync", "-e", " ".join(ssh(lab, at)), *what]
