"""CPython's own tests of ftplib, with their server behind a tunnel.

ftplib_suite.py ADDRESS SERVER_PORT CLIENT_PORT [ADDRESS SERVER_PORT CLIENT_PORT]...
The server listens on SERVER_PORT of ADDRESS, its clients are sent to CLIENT_PORT.
Prints "ok NAME" or "not ok NAME: why". Left out is what is about TLS, and the cases that never talk
to that server.
"""
import sys
import unittest
import warnings

warnings.simplefilter("ignore")
try:
    from test import test_ftplib
except ImportError:
    sys.exit("ftplib_suite: this Python comes without its own tests")

# Wants the address of the server's 227 at the client: there it is the tunnel's.
NOT_THROUGH_A_TUNNEL = ("test_makepasv_issue43285_security_disabled",)
PORTS = {sys.argv[i]: (int(sys.argv[i + 1]), int(sys.argv[i + 2])) for i in range(1, len(sys.argv), 3)}


class Behind(test_ftplib.DummyFTPServer):
    """The tests' server, on a port of its own; the clients are told of another."""

    def __init__(self, address, *args, **more):
        here = {"localhost": "127.0.0.1"}.get(address[0], address[0])
        super().__init__((here, PORTS[here][0]), *args, **more)
        self.port = PORTS[here][1]

    def bind(self, address):
        self.set_reuse_addr()
        super().bind(address)


class Lines(unittest.TestResult):
    def addSuccess(self, test):
        print("ok " + self.name(test), flush=True)

    def addFailure(self, test, err):
        why = " ".join(str(err[1]).split()) or repr(err[1])
        print("not ok %s: %s: %s" % (self.name(test), err[0].__name__, why[:300]), flush=True)

    addError = addFailure

    def addSkip(self, test, reason):
        print("# %s: %s" % (self.name(test), reason), flush=True)

    @staticmethod
    def name(test):
        return ".".join(test.id().rsplit(".", 2)[1:])


def main():
    test_ftplib.DummyFTPServer = Behind
    cases = [case for kind in (test_ftplib.TestFTPClass, test_ftplib.TestIPv6Environment)
             for case in unittest.defaultTestLoader.loadTestsFromTestCase(kind)
             if case.id().rsplit(".", 1)[1] not in NOT_THROUGH_A_TUNNEL]
    unittest.TestSuite(cases).run(Lines())


main()
