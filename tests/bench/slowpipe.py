"""slowpipe.py MS PORT...: relays that keep every byte back for MS milliseconds in each direction
on its way to 127.0.0.1:PORT. Prints the ports to connect to, one for each PORT."""
import asyncio
import sys


async def pump(reader, writer, delay):
    """Read at once, write when it is due."""
    loop = asyncio.get_running_loop()
    queue = asyncio.Queue(4096)

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
            data = await reader.read(65536)
            await queue.put((loop.time() + delay, data))
            if not data:
                break
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
