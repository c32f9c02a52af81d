"""An FTP server out of pyftpdlib for the rig.

pyftpd.py address port root user password log [statement ...]
Each statement is Python and may change `handler` (the handler class) and `server`.
"""
import logging
import sys
import warnings

warnings.simplefilter("ignore")
sys.modules["OpenSSL"] = None  # pyftpdlib does without, and to load it takes long
from pyftpdlib.authorizers import DummyAuthorizer  # noqa: E402
from pyftpdlib.handlers import FTPHandler  # noqa: E402
from pyftpdlib.servers import FTPServer  # noqa: E402

address, port, root, user, password, log = sys.argv[1:7]


class handler(FTPHandler):
    authorizer = DummyAuthorizer()
    timeout = 600


handler.authorizer.add_user(user, password, root, perm="elradfmwMT")
logging.basicConfig(filename=log, level=logging.DEBUG, format="%(message)s")
server = FTPServer((address, int(port)), handler)
server.max_cons = 3000
for statement in sys.argv[7:]:
    exec(statement)
server.serve_forever()
