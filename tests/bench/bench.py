"""bench.py [section ...]: small bulk longline growth roundtrips files scale masters, and what is
not in all of them: million; see run."""
import datetime
import os
import platform
import subprocess
import sys
import time

import bulk
import files
import growth
import longline
import masters
import million
import roundtrips
import scale
import small
from lab import BUILD, CIPHER, FOS, HERE, Lab
from report import median, quartiles, table, verdict

SECTIONS = {"small": small, "bulk": bulk, "longline": longline, "growth": growth,
            "roundtrips": roundtrips, "files": files, "scale": scale, "masters": masters}
BY_NAME = {"million": million} # long ones, not in "all of them"; each keeps a file of its own


BUSY = ("- **the machine was busy with other work**: speeds and CPU times are worse than they would "
        "be, and what needs a free processor loses most")


README = os.path.join(os.path.dirname(os.path.dirname(HERE)), "README.md")
MARKS = "<!-- bench -->\n", "<!-- /bench -->\n"


class Out:
    """What was found: sections for people, figures with their goals, a brief for README."""

    def __init__(self, directory, name):
        self.directory, self.name = directory, name
        self.parts, self.figures, self.briefs = [], [], []
        os.makedirs(directory, exist_ok=True)

    def path(self, name):
        return os.path.join(self.directory, name)

    def text(self, what):
        self.parts.append(what + "\n")

    def section(self, title, what):
        self.text("## %s\n\n%s" % (title, what))
        print("\n%s\n\n%s" % (title, what), flush=True)

    def figure(self, name, values, limit, unit="", at_most=True):
        """values: all that was measured of it."""
        said = "%.2f%s" % (median(values), unit)
        if len(values) > 1:
            said += " (%.2f to %.2f)" % quartiles(values)
        row = [name, said, verdict(values, limit, at_most), "%.1f" % os.getloadavg()[0]]
        self.figures.append(row)
        print("%s: %s, %s, load %s" % tuple(row), flush=True)

    def brief(self, what, ours, peer, theirs):
        """A line of README's table: values that were measured in turn, or one each."""
        self.briefs.append([what, "%.3g" % median(ours), peer, "%.3g" % median(theirs),
                            "%.2f" % median([a / b for a, b in zip(ours, theirs)])])

    def table_of_briefs(self):
        return table(["", "ftp-over-ssh", "beside it", "", "ratio"], self.briefs)

    def write(self, about):
        with open(self.path(self.name), "w") as f:
            f.write("# Measurements\n\n%s\n" % about)
            f.write(table(["figure", "median (middle half)", "goal", "load"], self.figures) + "\n")
            f.write("\n".join(self.parts))

    def write_readme(self, date):
        with open(README) as f:
            before, rest = f.read().split(MARKS[0])
        words = "`make bench`, %s; medians; [all of it](tests/bench/results/results.md):\n\n" % date
        with open(README, "w") as f:
            f.write(before + MARKS[0] + words + self.table_of_briefs() + MARKS[1] +
                    rest.split(MARKS[1])[1])


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
    chosen, sections = sys.argv[1:] or list(SECTIONS), {**SECTIONS, **BY_NAME}
    if any(name not in sections for name in chosen):
        sys.exit("bench: the sections are: " + " ".join(sections))
    full = not quick and chosen == list(SECTIONS)
    alone = chosen[0] if len(chosen) == 1 and chosen[0] in BY_NAME else None
    kept = not quick and (full or alone)
    out = Out(HERE + "/results" if kept else os.path.join(BUILD, "build", "bench"),
              (alone or "results") + ".md")
    heading, start = about(os.getloadavg()[0]), time.monotonic()
    for name in chosen:
        lab = Lab()
        try:
            sections[name].run(lab, quick, out)
        finally:
            lab.close()
        out.text("Load when this part ended: %.1f\n" % os.getloadavg()[0])
        print("(%s: %.0f s so far)" % (name, time.monotonic() - start), flush=True)
    out.write(heading)
    if full:
        out.write_readme(datetime.date.today())
    print("\n" + out.table_of_briefs())
    print("written: " + out.path(out.name))


if __name__ == "__main__":
    main()
