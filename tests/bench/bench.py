"""bench.py [section ...]: bulk small growth roundtrips scale masters; see run."""
import datetime
import os
import platform
import subprocess
import sys
import time

import bulk
import growth
import masters
import roundtrips
import scale
import small
from lab import BUILD, CIPHER, FOS, HERE, Lab
from report import table

SECTIONS = {"bulk": bulk, "small": small, "growth": growth, "roundtrips": roundtrips,
            "scale": scale, "masters": masters}


BUSY = ("- **the machine was busy with other work**: speeds and CPU times are worse than they would "
        "be, and what needs a free processor loses most")


class Out:
    """What was found: sections for people, figures with their goals, a brief for README."""

    def __init__(self, directory):
        self.directory = directory
        self.parts, self.figures, self.briefs = [], [], []
        os.makedirs(directory, exist_ok=True)

    def path(self, name):
        return os.path.join(self.directory, name)

    def text(self, what):
        self.parts.append(what + "\n")

    def section(self, title, what):
        self.text("## %s\n\n%s" % (title, what))
        print("\n%s\n\n%s" % (title, what), flush=True)

    def figure(self, name, value, verdict):
        self.figures.append([name, value, verdict])
        print("%s: %s, %s" % (name, value, verdict), flush=True)

    def brief(self, title, head, rows):
        self.briefs.append(table([title] + head, [[n] + cells for n, cells in rows.items()]))

    def write(self, about):
        with open(self.path("results.md"), "w") as f:
            f.write("# Measurements\n\n%s\n" % about)
            f.write(table(["figure", "value", "goal"], self.figures) + "\n")
            f.write("\n".join(self.parts))
        with open(self.path("brief.md"), "w") as f:
            f.write("\n".join(self.briefs))


def version(*argv):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return (done.stdout or done.stderr).decode().split("\n")[0].strip()


def machine():
    cpu = "?"
    with open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("model name"):
                cpu = line.split(":", 1)[1].strip()
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2 ** 30
    return "%s, %d cores, %.0f GiB, Linux %s" % (cpu, os.cpu_count(), memory, platform.release())


def about(load):
    commit = version("git", "-C", HERE, "describe", "--always", "--dirty")
    return "\n".join([
        "- %s; %s; load before it began: %.2f" % (datetime.date.today(), machine(), load),
        "- %s (%s), %s, %s, %s" % (version(FOS, "-V"), commit, version("ssh", "-V"),
                                   " ".join(version("curl", "-V").split()[:2]),
                                   version("vsftpd", "-v")),
        "- cipher %s; everything on loopback of one machine; the peers take turns" % CIPHER,
        BUSY if load > 0.3 * os.cpu_count() else "", ""])


def main():
    quick = os.environ.get("QUICK") == "1"
    chosen = sys.argv[1:] or list(SECTIONS)
    if any(name not in SECTIONS for name in chosen):
        sys.exit("bench: the sections are: " + " ".join(SECTIONS))
    full = not quick and len(chosen) == len(SECTIONS)
    out = Out(HERE + "/results" if full else os.path.join(BUILD, "build", "bench"))
    heading, start = about(os.getloadavg()[0]), time.monotonic()
    for name in chosen:
        lab = Lab()
        try:
            SECTIONS[name].run(lab, quick, out)
        finally:
            lab.close()
        out.text("Load when this part ended: %.1f\n" % os.getloadavg()[0])
        print("(%s: %.0f s so far)" % (name, time.monotonic() - start), flush=True)
    out.write(heading)
    print("written: " + out.path("results.md"))


if __name__ == "__main__":
    main()
