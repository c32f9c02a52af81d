"""Check ftp-over-ssh-ctl status -j, on stdin, against its schema; print a value.

ctl_schema.py [expression]	of j, the document; t, s, c: the first tunnel, session, channel
"""
import json
import sys

TUNNEL = dict(error=None, name=str, destination=str, pid=int, age=int, master=("down", "starting", "up"),
              master_pid=int, master_ours=bool, control_path=str, method=("proxy", "mux"), total_sessions=int,
              total_transfers=int, total_failed=int, total_bytes_up=int, total_bytes_down=int,
              total_refused=int, options=int, stopping=bool, last_error=str, error_age=int, next_attempt=int,
              listeners=list, sessions=list)
LISTENER = dict(address=str, target=str, remote=bool)
SESSION = dict(number=int, pid=int, peer=str, user=str, server=str, remote=bool, age=int, commands=int,
               command=str, busy=bool, transfers=int, failed=int, bytes_up=int, bytes_down=int,
               channels=list)
CHANNEL = dict(number=int, direction=("none", "down", "up"), client_verb=str, server_verb=str,
               method=("proxy", "mux"), transfer=str, bytes=int, total=int, rate=int, age=int)


def once(pairs):
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), f"a key comes twice: {keys}"
    return dict(pairs)


def conforms(value, wanted):
    if wanted is None or isinstance(wanted, tuple):
        return value in (wanted or (None,))
    return type(value) is wanted and (wanted is not int or value >= 0)


def check(record, schema):
    assert list(record) and set(record) == set(schema), set(record) ^ set(schema)
    for key, wanted in schema.items():
        assert conforms(record[key], wanted), (key, record[key], wanted)


raw = sys.stdin.buffer.read()
assert raw.isascii() and not any(b < 0x20 and b != 0x0a for b in raw)
j = json.loads(raw, object_pairs_hook=once)
check(j, dict(version=int, tunnels=list))
assert j["version"] == 2
t = s = c = None
for tunnel in reversed(j["tunnels"]):
    if "error" in tunnel and tunnel["error"] is not None:
        check(tunnel, dict(pid=int, error=str))
        continue
    check(tunnel, TUNNEL)
    t = tunnel
    for listener in t["listeners"]:
        check(listener, LISTENER)
    for session in reversed(t["sessions"]):
        check(session, SESSION)
        s = session
        for channel in reversed(s["channels"]):
            check(channel, CHANNEL)
            c = channel
if len(sys.argv) > 1:
    print(eval(sys.argv[1]))
