"""started.py [-l] COMMAND...: run it as systemd would: with a socket for its notices, whose
texts are printed, and with -l a listening one, whose port is printed. The command ends when
standard input does."""
import os
import select
import socket
import subprocess
import sys
import tempfile

args = sys.argv[1:]
environment = dict(os.environ)
directory = tempfile.mkdtemp()
notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notices.bind(directory + '/notify')
environment['NOTIFY_SOCKET'] = directory + '/notify'
passed, arrange = [], None
if args[0] == '-l':
    args = args[1:]
    listener = socket.create_server(('127.0.0.1', 0))
    print('port', listener.getsockname()[1], flush=True)
    passed, arrange = [3], lambda: os.dup2(listener.fileno(), 3)
    environment['LISTEN_FDS'] = '1'
    # the process that will be the command sets it to its own
    args = ['sh', '-c', 'LISTEN_PID=$$ exec "$@"', 'sh'] + args
command = subprocess.Popen(args, env=environment, pass_fds=passed, preexec_fn=arrange,
                           stdin=subprocess.DEVNULL)
running = True
while running and command.poll() is None:
    for ready in select.select([notices, sys.stdin], [], [], 1)[0]:
        if ready is notices:
            print(notices.recv(4096).decode(), flush=True)
        else:
            running = False
command.terminate()
status = command.wait(20)
os.unlink(directory + '/notify')
os.rmdir(directory)
print('status', status, flush=True)
