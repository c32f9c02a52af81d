"""Lines of FtpLog=json, held against the manual's section about them.

log_schema.py manual log expression: prints the expression, with the objects in `events`; fails when a line is
no such object, or has other members than its event is described with.
"""
import json
import re
import sys

section = open(sys.argv[1]).read().split(".Ss Messages as JSON")[1].split("\n.Ss ")[0]
lists = section.split(".Bl ")[1:]
common = re.findall(r"^\.It Cm (\w+)$", lists[0], re.M)
members = {}
for item in re.split(r"^\.It Cm ", lists[1].split(".El")[0], flags=re.M)[1:]:
    head, *lines = item.splitlines()
    for event in re.findall(r"\w+", head):
        members[event] = common + re.findall(r"^\.Cm (\w+)", "\n".join(lines), re.M)
numbers = set(re.findall(r"^\.Cm (\w+)", section.split(".El")[-1].split("are numbers")[0], re.M))
events = []
for line in open(sys.argv[2], encoding="ascii"):
    event = json.loads(line)
    events.append(event)
    if list(event) != members[event["event"]]:
        sys.exit(f"not as described, {members[event['event']]}: {line}")
    for name, value in event.items():
        if not isinstance(value, int if name in numbers else str):
            sys.exit(f"{name} is of another type: {line}")
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event["time"]):
        sys.exit(f"no time: {line}")
print(eval(sys.argv[3]))
