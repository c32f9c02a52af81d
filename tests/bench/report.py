"""Tables in Markdown, plots in SVG."""
import math
import statistics

COLOURS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b", "#17becf", "#7f7f7f")


def median(values):
    return statistics.median(values)


def quartiles(values):
    """The middle half of what was measured lies between them."""
    if len(values) < 3:
        return min(values), max(values)
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, high


def spread(values):
    """Half of the middle half, in per cent of the median."""
    low, high = quartiles(values)
    return 50 * (high - low) / median(values)


def ratios(ours, theirs):
    """Of runs that followed each other, so that both had the same load beside them."""
    return [a / b for a, b in zip(ours, theirs)]


def table(head, rows):
    out = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    out += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(out) + "\n"


def verdict(values, limit, at_most=True):
    """A goal is met, or missed, only where the spread allows to say so."""
    low, high = quartiles(values)
    if not at_most:
        low, high, limit = -high, -low, -limit
    said = "met" if high <= limit else "**missed**" if low > limit else "not decided"
    return "%s (goal: %s %g)" % (said, "at most" if at_most else "at least", abs(limit))


def nice_step(span):
    step = 10 ** math.floor(math.log10(span))
    for factor in (5, 2, 1):
        if span / (step * factor) >= 3:
            return step * factor
    return step / 2


class Frame:
    """The drawing area and its axes."""
    left, top, width, height = 70, 40, 560, 300

    def __init__(self, series, log_x):
        xs = [x for _, points in series for x, _ in points]
        self.log_x = log_x
        self.x0, self.x1 = (min(xs), max(xs)) if log_x else (0, max(xs))
        self.y1 = 1.05 * max(y for _, points in series for _, y in points)

    def x(self, value):
        if self.log_x:
            at = math.log(value / self.x0) / math.log(self.x1 / self.x0)
        else:
            at = value / self.x1
        return self.left + at * self.width

    def y(self, value):
        return self.top + self.height * (1 - value / self.y1)

    def ticks(self):
        out, right, bottom = [], self.left + self.width, self.top + self.height
        step = nice_step(self.y1)
        for i in range(int(self.y1 / step) + 1):
            y = self.y(i * step)
            out.append('<path d="M%d %.1fH%d" stroke="#ddd"/>' % (self.left, y, right))
            out.append('<text x="%d" y="%.1f" text-anchor="end">%g</text>'
                       % (self.left - 6, y + 4, i * step))
        if self.log_x:
            marks = [10 ** i for i in range(7) if self.x0 <= 10 ** i <= self.x1]
        else:
            step = nice_step(self.x1)
            marks = [i * step for i in range(int(self.x1 / step) + 1)]
        for mark in marks:
            out.append('<text x="%.1f" y="%d" text-anchor="middle">%g</text>'
                       % (self.x(mark), bottom + 18, mark))
        return out


def text(x, y, what, more=""):
    what = what.replace("&", "&amp;").replace("<", "&lt;")
    return '<text x="%d" y="%d" %s>%s</text>' % (x, y, more, what)


def plot(path, title, x_label, y_label, series, log_x=False):
    """series: [(name, [(x, y), ...]), ...]"""
    f = Frame(series, log_x)
    bottom = f.top + f.height
    out = ['<svg xmlns="http://www.w3.org/2000/svg" width="660" height="%d" '
           'font-family="sans-serif" font-size="12">' % (bottom + 50 + 18 * len(series)),
           '<rect width="100%" height="100%" fill="white"/>',
           text(f.left, 22, title, 'font-size="15"'),
           text(f.left, f.top - 4, y_label),
           text(f.left + f.width, bottom + 36, x_label, 'text-anchor="end"')]
    out += f.ticks()
    for i, (name, points) in enumerate(series):
        line = " ".join("%.1f,%.1f" % (f.x(x), f.y(y)) for x, y in points)
        colour = COLOURS[i % len(COLOURS)]
        out.append('<polyline points="%s" fill="none" stroke="%s" stroke-width="1.5"/>'
                   % (line, colour))
        y = bottom + 50 + 18 * i
        out.append('<path d="M%d %dh24" stroke="%s" stroke-width="3"/>' % (f.left, y - 4, colour))
        out.append(text(f.left + 32, y, name))
    with open(path, "w") as svg:
        svg.write("\n".join(out) + "\n</svg>\n")
