"""Check ftp-over-ssh-ctl status -j, on stdin, against its schema; print a value.

ctl_schema.py expression        of j, the document; t, s, c: the first tunnel, session, channel
ctl_schema.py -w SECONDS WANTED expression command ...
                                wait until it is that, of what the command prints
"""
import json
import subprocess
import sys
import time

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


def value(raw, expression):
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
    return str(eval(expression, {**globals(), "j": j, "t": t, "s": s, "c": c}))


def wait(seconds, wanted, expression, *command):
    end = time.monotonic() + float(seconds)
    while True:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        try:
            got = value(done.stdout, expression)
        except (AssertionError, LookupError, TypeError, ValueError) as why:
            got = repr(why)
        if got == wanted:
            return
        if time.monotonic() > end:
            sys.exit("got:    %s\nwanted: %s" % (got, wanted))
        time.sleep(0.05)


if sys.argv[1:2] == ["-w"]:
    wait(*sys.argv[2:])
else:
    print(value(sys.stdin.buffer.read(), sys.argv[1]))
