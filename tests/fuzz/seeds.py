#!/usr/bin/env python3
"""Make the fuzzers' seeds (corpus/) from the dialogues and tables of the unit tests."""
import ast
import os
import re
import shutil

here = os.path.dirname(os.path.abspath(__file__))
unit = os.path.join(here, '..', 'unit')


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


def dialogues():
    text = read('recorded.h')
    login = b''.join(literals(re.search(r'#define RECORDED_LOGIN(.*?)\n\n', text, re.S)[1]))
    body = text[text.index('recorded[] = {'):text.index('#define RECORDED_COUNT')]
    for script in literals(body.replace('RECORDED_LOGIN', '')):
        yield (login + script).split(b'\n')


def encode(steps, mode):
    """As fuzz_session.c reads it."""
    out = bytearray([mode])
    for i, step in enumerate(steps):
        side = 64 if step.startswith(b'<<') else 0
        if step.startswith(b'? end'):
            out += bytes([128 | (64 if step.endswith(b'server') else 0) | 60])
        elif step.startswith(b'?'):
            out += bytes([128, i & 255, 7 * i & 255])
        elif step:
            said = (step[3:] if side else step[2:]) + b'\r\n'
            while said:
                out += bytes([side | len(said[:64]) - 1]) + said[:64]
                said = said[64:]
    return bytes(out)


def seeds():
    """(fuzzer, bytes) for each seed."""
    for n, steps in enumerate(dialogues()):
        yield 'session', encode(steps, n & 3)
        for first, fuzzer, side in (b'> ', 'line', 1), (b'<< ', 'line', 0):
            said = b'\r\n'.join(s[len(first):] for s in steps if s.startswith(first))
            yield fuzzer, bytes([side | 6]) + said + b'\r\n'
        yield 'reply', b'\n'.join(s[3:] for s in steps if s.startswith(b'<<'))
    tables = [s for s in literals(read('test_ftp.c')) if 2 < len(s) < 100]
    for text in tables:
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
    for kind in 1, 2, 3, 5, 6, 7:
        yield 'mux', bytes([128, 0, 0, kind, 0, 0, 0, 9, 0, 0, 0, 3]) + b'why'
    yield 'mux', bytes([0, 0, 0, 1, 0, 0, 0, 4])


def main():
    corpus = os.path.join(here, 'corpus')
    shutil.rmtree(corpus, ignore_errors=True)
    count = {}
    for fuzzer, data in dict.fromkeys(seeds()):
        folder = os.path.join(corpus, 'fuzz_' + fuzzer)
        os.makedirs(folder, exist_ok=True)
        count[fuzzer] = count.get(fuzzer, 0) + 1
        with open(os.path.join(folder, '%03d' % count[fuzzer]), 'wb') as f:
            f.write(data)


main()
