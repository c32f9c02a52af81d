"""A million data channels on one master. Takes half an hour, so only where it is asked for."""
from growth import Course, show


def run(lab, quick, out):
    course = Course(lab, "proxy", False, 5000 if quick else 1000000, 7200)
    course.figures(out)
    show(out, [course], "million.svg")
