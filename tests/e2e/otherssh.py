"""An ssh server in Python that lets everybody in and forwards: otherssh.py asyncssh|paramiko port hostkey."""
import asyncio
import select
import socket
import sys
import threading


def with_asyncssh(port, key):
    import asyncssh

    class Server(asyncssh.SSHServer):
        def begin_auth(self, username):
            return False

        def connection_requested(self, *where):
            return True

        def server_requested(self, host, at):
            return True

    async def serve():
        await asyncssh.create_server(Server, "127.0.0.1", port, server_host_keys=[key],
                                     process_factory=lambda process: process.exit(0))
        await asyncio.get_running_loop().create_future()

    asyncio.run(serve())


def with_paramiko(port, key):
    import paramiko

    def relay(channel, sock):
        with sock, channel:
            while True:
                for end in select.select([channel, sock], [], [])[0]:
                    other = sock if end is channel else channel
                    data = end.recv(1 << 15)
                    if not data:
                        return
                    other.sendall(data)

    def start(*args):
        threading.Thread(target=relay, args=args, daemon=True).start()

    class Server(paramiko.ServerInterface):
        def __init__(self, transport):
            self.transport, self.wanted, self.listeners = transport, {}, {}

        def check_auth_none(self, username):
            return paramiko.AUTH_SUCCESSFUL

        def check_channel_request(self, kind, chanid):
            return paramiko.OPEN_SUCCEEDED

        def check_channel_exec_request(self, channel, command):
            channel.send_exit_status(0)
            threading.Timer(0.01, channel.close).start()
            return True

        def check_channel_direct_tcpip_request(self, chanid, origin, destination):
            try:
                self.wanted[chanid] = socket.create_connection(destination)
            except OSError:
                return paramiko.OPEN_FAILED_CONNECT_FAILED
            return paramiko.OPEN_SUCCEEDED

        def check_port_forward_request(self, address, at):
            try:
                listener = socket.create_server(("127.0.0.1", at))
            except OSError:
                return False
            at = listener.getsockname()[1]
            self.listeners[at] = listener
            threading.Thread(target=self.accept, args=(listener, address, at), daemon=True).start()
            return at

        def accept(self, listener, address, at):
            try:
                while True:
                    sock, origin = listener.accept()
                    start(self.transport.open_forwarded_tcpip_channel(origin, (address, at)), sock)
            except OSError:
                pass

        def cancel_port_forward_request(self, address, at):
            self.listeners.pop(at).close()

    def serve(sock):
        transport = paramiko.Transport(sock)
        transport.add_server_key(paramiko.Ed25519Key.from_private_key_file(key))
        server = Server(transport)
        transport.start_server(server=server)
        while transport.is_active():
            channel = transport.accept(1)
            if channel is not None and channel.get_id() in server.wanted:
                start(channel, server.wanted.pop(channel.get_id()))

    listener = socket.create_server(("127.0.0.1", port), backlog=50)
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


{"asyncssh": with_asyncssh, "paramiko": with_paramiko}[sys.argv[1]](int(sys.argv[2]), sys.argv[3])
