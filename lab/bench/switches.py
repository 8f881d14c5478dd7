"""The switch's simulator in a process of its own, so that its CPU is not the client's."""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
from typing import Callable, Iterator, List, NamedTuple, Tuple

from lab.bench import PACK
from lab.bench.rows import Row
from lab.real import netconfd

_SAYS = re.compile(r"A VDX is at ssh://(\w+)@([\w.]+):(\d+);.*host key +(ssh-\S+ \S+)", re.DOTALL)


class Address(NamedTuple):
    """Where the simulator is, and how to log in."""

    host: str
    port: int
    username: str
    password: str
    host_key: str


@contextlib.contextmanager
def switch(latency: float = 0.0) -> Iterator[Address]:
    """A switch that takes `latency` seconds longer for every RPC. Raises OSError."""
    command = [sys.executable, "-m", "lab.switch", "--port", "0", f"--fault=latency={latency}"]
    with subprocess.Popen(  # noqa: S603  # the command is the lab's own
        command, stdout=subprocess.PIPE, text=True, cwd=str(PACK)
    ) as process:
        try:
            yield _address(process)
        finally:
            process.terminate()


def _address(process: subprocess.Popen[str]) -> Address:
    said: List[str] = []
    for line in process.stdout or ():
        said.append(line)
        found = _SAYS.search("".join(said))
        if found:
            username, host, port, host_key = found.groups()
            return Address(host, int(port), username, "password", host_key)
    raise OSError(f"the simulator did not start: {''.join(said)}")


class Real(NamedTuple):
    """A real NETCONF server of one's own. It takes the longer for an edit the more it has: `clear`
    empties it."""

    address: Address
    clear: Callable[[], None]


def real_server(stack: contextlib.ExitStack) -> Tuple[List[Real], List[Row]]:
    """One until the stack ends, or a row that says what this machine lacks for it."""
    lacks = netconfd.missing()
    if lacks:
        return [], [Row("a real NETCONF server", "not here", runs="; ".join(lacks))]
    server = stack.enter_context(netconfd.Netconfd())
    login = (server.username, server.password, server.host_key)
    return [Real(Address(server.host, server.port, *login), server.clear)], []
