#!/usr/bin/env python3
"""Make the fuzzers' seeds (corpus/) from what the unit tests play, pack and list.

The tests write down the sessions that they play and the packets that they make (unit_seed());
their tables of texts are read from their sources. With build/fuzz/fuzz_NAME (make fuzz) only
those that add to the coverage are kept."""
import ast
import glob
import hashlib
import os
import re
import shutil
import subprocess
import tempfile

here = os.path.dirname(os.path.abspath(__file__))
unit = os.path.join(here, '..', 'unit')
built = os.path.join(here, '..', '..', 'build', 'fuzz')
WRITERS = {'session': 'session*', 'mux': 'muxmsg', 'chanmsg': 'chanmsg', 'status': 'status'}


def read(name):
    with open(os.path.join(unit, name), encoding='ascii') as f:
        return re.sub(r'/\*.*?\*/', '', f.read(), flags=re.S)


def literals(text):
    """The C string literals of a text, neighbours joined."""
    found = re.findall(r'((?:"(?:\\.|[^"\\])*"\s*)+)', text)
    for group in found:
        parts = re.findall(r'"((?:\\.|[^"\\])*)"', group)
        yield b''.join(ast.literal_eval('b"' + re.sub(r'\\(\d)(?!\d)', r'\\00\1', p) + '"')
                       for p in parts)


def written(fuzzer):
    """What the tests write down when they are run."""
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, fuzzer))
        for test in sorted(glob.glob(os.path.join(unit, 'test_%s.test' % WRITERS[fuzzer]))):
            subprocess.run([test], check=True, stdout=subprocess.DEVNULL,
                           env={**os.environ, 'UNIT_SEEDS': folder})
        for name in os.listdir(os.path.join(folder, fuzzer)):
            with open(os.path.join(folder, fuzzer, name), 'rb') as f:
                yield f.read()


def said(session):
    """What each side says in a session (see steps.h)."""
    both, at = [b'', b''], 2
    while at < len(session):
        step, at = session[at], at + 1
        if step < 0x80:
            n = (step & 63) + 1
            both[step >> 6] += session[at:at + n]
            at += n
        elif step < 0xc0:
            at += 1
    return both


def seeds():
    """(fuzzer, bytes) for each seed."""
    for fuzzer in WRITERS:
        for seed in written(fuzzer):
            yield fuzzer, seed
            if fuzzer == 'session':
                client, server = said(seed)
                yield 'line', bytes([1 | 6]) + client
                yield 'line', bytes([6]) + server
                yield 'reply', server.replace(b'\r\n', b'\n')
    for text in (s for s in literals(read('test_ftp.c')) if 2 < len(s) < 100):
        if b'|' in text or b',' in text or b'(' in text:
            yield 'reply', text
            verb = b'EPRT ' if b'|' in text else b'PORT '
            yield 'command', text if text[:1].isalpha() else verb + text
    for text in literals(read('test_options.c')):
        if b'=' in text and len(text) < 80:
            yield 'options', text
    for text in literals(read('test_spec.c')):
        if 3 < len(text) < 60:
            yield 'spec', text
    for text in literals(read('test_config_forwards.c')):
        yield 'spec', text


def keep(fuzzer, all_of_them):
    """Write them into the corpus, each with a name of its own."""
    folder = os.path.join(here, 'corpus', 'fuzz_' + fuzzer)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for seed in all_of_them:
        with open(os.path.join(folder, hashlib.sha256(seed).hexdigest()[:12]), 'wb') as f:
            f.write(seed)
    program = os.path.join(built, 'fuzz_' + fuzzer)
    if os.path.exists(program):
        with tempfile.TemporaryDirectory() as merged:
            subprocess.run([program, '-merge=1', merged, folder], check=True,
                           stderr=subprocess.DEVNULL,
                           env={**os.environ, 'LLVM_PROFILE_FILE': '/dev/null'})
            kept = {open(os.path.join(merged, name), 'rb').read() for name in os.listdir(merged)}
        for name in os.listdir(folder):
            with open(os.path.join(folder, name), 'rb') as f:
                if f.read() not in kept:
                    os.unlink(f.name)
    print('fuzz_%s: %d seeds' % (fuzzer, len(os.listdir(folder))))


def main():
    found = {}
    for fuzzer, data in seeds():
        found.setdefault(fuzzer, set()).add(data)
    for fuzzer in sorted(found):
        keep(fuzzer, found[fuzzer])


main()
