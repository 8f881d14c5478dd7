"""A longer way to a switch: a relay in a process of its own holds everything back for half a round
trip, each way. `python -m lab.bench.relay HOST PORT SECONDS` says on which port."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from typing import Iterator, Tuple

from lab.bench import PACK
from lab.bench.switches import Address


@contextlib.contextmanager
def farther(address: Address, round_trip: float) -> Iterator[Address]:
    """The same switch, as many seconds farther away; itself for none. Raises OSError."""
    if not round_trip:
        yield address
        return
    command = [sys.executable, "-m", "lab.bench.relay", address.host, str(address.port)]
    command.append(str(round_trip))
    with subprocess.Popen(  # noqa: S603  # the command is the lab's own
        command, stdout=subprocess.PIPE, text=True, cwd=str(PACK)
    ) as process:
        try:
            said = process.stdout.readline() if process.stdout else ""
            if not said.strip().isdigit():
                raise OSError(f"the relay did not start: {said}")
            yield address._replace(host="127.0.0.1", port=int(said))
        finally:
            process.terminate()


async def relay(host: str, port: int, round_trip: float) -> None:
    """Listen on a free port of 127.0.0.1, print it, and serve for ever."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(host, port)
        await asyncio.gather(
            _carry(reader, back, round_trip / 2), _carry(there, writer, round_trip / 2)
        )

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, late: float) -> None:
    """Everything in the order in which it came, each as much later as the way is long."""
    loop = asyncio.get_event_loop()
    on_the_way: asyncio.Queue[Tuple[float, bytes]] = asyncio.Queue()

    async def arrive() -> None:
        while True:
            due, data = await on_the_way.get()
            await asyncio.sleep(due - loop.time())
            if not data:
                writer.close()
                return
            writer.write(data)

    arriving = loop.create_task(arrive())
    data = b"more"
    while data:
        try:
            data = await reader.read(65536)
        except ConnectionError:
            data = b""
        on_the_way.put_nowait((loop.time() + late, data))
    with contextlib.suppress(ConnectionError):
        await arriving


if __name__ == "__main__":
    asyncio.run(relay(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
