"""slowpipe.py MS PORT...: relays that keep every byte back for MS milliseconds in each direction
on its way to 127.0.0.1:PORT. Prints the ports to connect to, one for each PORT. As many bytes are
under way in one connection as Linux lets one TCP connection have (tcp_wmem)."""
import asyncio
import sys

WINDOW = 4 << 20


async def pump(reader, writer, delay):
    """Read while there is room on the line, write when it is due, and make room for more when
    the acknowledgement would be back."""
    loop = asyncio.get_running_loop()
    queue = asyncio.Queue()
    room, more = WINDOW, asyncio.Event()

    def acknowledge(n):
        nonlocal room
        room += n
        more.set()

    async def deliver():
        while True:
            due, data = await queue.get()
            await asyncio.sleep(max(0, due - loop.time()))
            if not data:
                writer.write_eof()
                return
            writer.write(data)
            await writer.drain()

    task = loop.create_task(deliver())
    try:
        while True:
            while room == 0:
                more.clear()
                await more.wait()
            data = await reader.read(min(65536, room))
            room -= len(data)
            await queue.put((loop.time() + delay, data))
            if not data:
                break
            loop.call_later(2 * delay, acknowledge, len(data))
    except ConnectionError:
        await queue.put((loop.time() + delay, b""))
    await task


async def serve(port, delay):
    async def client(reader, writer):
        try:
            far = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(pump(reader, far[1], delay), pump(far[0], writer, delay))
            far[1].close()
        except OSError:
            pass
        writer.close()

    server = await asyncio.start_server(client, "127.0.0.1", 0)
    return server.sockets[0].getsockname()[1]


async def main():
    delay = float(sys.argv[1]) / 1000
    print(*[await serve(int(port), delay) for port in sys.argv[2:]], flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
