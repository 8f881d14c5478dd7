"""Many Docker Engines in one process, which cost little beside what is measured.

Each listens on a port of its own, answers /networks and /info, streams /events, and can restart.
One thread serves them all. A network looks as `lab.engine` shows it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import random
import threading
import time
from multiprocessing.managers import BaseManager
from typing import Any, Coroutine, Dict, Iterator, List, NamedTuple, Sequence, Set, TypeVar, cast

from lab.bench.outside import vlans
from lab.engine import Engine as One

T = TypeVar("T")

RACK = 20
"""Engines on one switch."""
HEAD = b"HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Type: application/json\r\n"
INFO = b'{"Swarm":{"LocalNodeState":"inactive"}}'


class Wanted(NamedTuple):
    """A network: its engine's number, its VLAN, and the number of a subnet that no other has."""

    engine: int
    vlan: int
    subnet: int


def networks(count: int, each: int, first: int = 0) -> List[Wanted]:
    """`each` networks for every engine, on VLANs of the switch that no other is on; `first` is how
    many VLANs of each switch are taken already."""
    free, all_first = list(vlans())[first:], first * RACK
    return [
        Wanted(engine, free[number % (RACK * each)], all_first + number)
        for engine in range(count)
        for number in range(engine * each, (engine + 1) * each)
    ]


class _Engine:
    """One of them; all happens in the loop's thread."""

    def __init__(self, shown: Dict[str, Any]) -> None:
        self._template = shown["template"]
        self._shown = {name: json.dumps(one).encode() for name, one in shown.items()}
        del self._shown["template"]
        self._server: Any = None
        self.port = 0
        self.open: Set[asyncio.Transport] = set()
        self.streams: Set[asyncio.Transport] = set()
        self.asked = 0

    async def listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def end(self) -> None:
        self._server.close()
        for transport in list(self.open):
            transport.abort()
        self.streams.clear()

    def set(self, wanted: Wanted, there: bool) -> float:
        name, identity = f"net{wanted.vlan}", f"{wanted.subnet:064x}"
        pool = {"Subnet": f"10.{wanted.subnet >> 8}.{wanted.subnet & 255}.0/24"}
        ipam = {**self._template["IPAM"], "Config": [pool]}
        shown = {**self._template, "Id": identity, "Name": name, "IPAM": ipam}
        shown["Options"] = {"parent": f"eth0.{wanted.vlan}"}
        if there:
            self._shown[name] = json.dumps(shown).encode()
        else:
            del self._shown[name]
        actor = {"ID": identity, "Attributes": {"name": name, "type": "macvlan"}}
        about = {"Type": "network", "Action": "create" if there else "destroy", "Actor": actor}
        line = json.dumps({**about, "timeNano": time.time_ns()}).encode() + b"\n"
        for stream in self.streams:
            stream.write(b"%x\r\n%s\r\n" % (len(line), line))
        return time.time()

    def answer(self, target: bytes, transport: asyncio.Transport) -> None:
        self.asked += 1
        if target.startswith(b"/events"):
            transport.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
            self.streams.add(transport)
            return
        # In no order that could be relied on, as dockerd's.
        shown = random.sample(list(self._shown.values()), len(self._shown))
        body = b"[" + b",".join(shown) + b"]" if target == b"/networks" else INFO
        transport.write(HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        transport.close()


class _Connection(asyncio.Protocol):
    def __init__(self, engine: _Engine) -> None:
        self._engine = engine
        self._asked = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._engine.open.add(self._transport)

    def connection_lost(self, exc: Any) -> None:  # noqa: ARG002  # the base class's
        self._engine.open.discard(self._transport)
        self._engine.streams.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._asked += data
        if self._asked.endswith(b"\r\n\r\n"):
            self._engine.answer(self._asked.split(b" ", 2)[1], self._transport)


class Engines:
    """So many engines with these networks. Methods may be called from any thread."""

    def __init__(self, count: int, wanted: Sequence[Wanted]) -> None:
        one = One(tcp=("127.0.0.1", 0))
        one.create("template", parent="eth0.1", subnets=["10.255.255.0/24"])
        shown = {network["Name"]: network for network in one.networks()}
        self._engines = [_Engine(shown) for _ in range(count)]
        for network in wanted:
            self._engines[network.engine].set(network, there=True)
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self._in_loop(self._listen())

    def urls(self) -> List[str]:
        """Where they listen."""
        return [f"tcp://127.0.0.1:{engine.port}" for engine in self._engines]

    def set(self, wanted: Wanted, there: bool) -> float:
        """Make or remove a network; when it was told (seconds since 1970)."""
        return self._in_loop(self._set(wanted, there))

    def asked(self) -> int:
        """How many requests there have been."""
        return sum(engine.asked for engine in self._engines)

    def followed(self) -> bool:
        """Whether somebody is subscribed to each of them."""
        return all(engine.streams for engine in self._engines)

    def storm(self, down: Sequence[float], gone: Sequence[Wanted], made: Sequence[Wanted]) -> float:
        """All restart at once, and each is down for so many seconds; no event tells what has gone
        and what is made meanwhile. When that was (seconds since 1970)."""
        return self._in_loop(self._storm(down, gone, made))

    async def _listen(self) -> None:
        for engine in self._engines:
            await engine.listen()

    async def _set(self, wanted: Wanted, there: bool) -> float:
        return self._engines[wanted.engine].set(wanted, there)

    async def _storm(
        self, down: Sequence[float], gone: Sequence[Wanted], made: Sequence[Wanted]
    ) -> float:
        for engine, seconds in zip(self._engines, down):
            engine.end()
            self._loop.call_later(seconds, self._loop.create_task, engine.listen())
        for wanted in gone:
            await self._set(wanted, there=False)
        for wanted in made:
            await self._set(wanted, there=True)
        return time.time()

    def _in_loop(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)


class _Manager(BaseManager):
    """Runs Engines in a process of their own, and hands on what they are asked."""


_Manager.register("Engines", Engines)


@contextlib.contextmanager
def engines(count: int, wanted: Sequence[Wanted]) -> Iterator[Engines]:
    """Engines in a process of their own, until the context ends."""
    # Not forked: this process has threads.
    with _Manager(ctx=multiprocessing.get_context("spawn")) as manager:
        yield cast(Engines, manager.Engines(count, wanted))  # type: ignore[attr-defined]
