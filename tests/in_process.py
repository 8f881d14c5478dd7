"""The lab's switch and a session with it in this process: no SSH, no thread, nothing to wait for.

    vdx = Vdx()
    with vdx.session() as session:            # the pack's own netconf.Session
        transaction.bring(session, ...)
    vdx.faults.drop_rpc = 3                   # the simulator's own faults

An RPC goes through the simulator's core as it does over SSH, and its reply through ncclient's own
reader of replies; only what carries the bytes is left out.
"""

import contextlib
import itertools
from types import SimpleNamespace
from typing import Dict, Iterator, List, Sequence

from docker_tor import netconf, state
from lxml import etree
from ncclient.operations.rpc import RPCError, RPCReply
from ncclient.transport.errors import SessionCloseError

from lab.switch import payloads, wire
from lab.switch.core import Core
from lab.switch.datastore import Datastore
from lab.switch.faults import Faults
from lab.switch.names import BASE
from lab.switch.store import OPERATOR, RUNNING, STARTUP, Store

LOGIN = netconf.Login("vdx", 22, "admin", "password", "ignore")
NAME = "Docker Network"
HELLO = (
    f'<hello xmlns="{BASE}"><capabilities><capability>urn:ietf:params:netconf:base:1.0'
    "</capability></capabilities></hello>"
).encode()


class Vdx:
    """A VDX with these rbridges. `seed` configures the article's Ve 10, 20 and 30."""

    def __init__(self, rbridge_ids: Sequence[int] = (21, 22), *, seed: bool = False) -> None:
        self.faults = Faults()
        self._store = Store(rbridge_ids, 3962, payloads.seed(rbridge_ids[0]) if seed else ())
        self._core = Core(self._store, self.faults, 16)

    @contextlib.contextmanager
    def session(self) -> Iterator[netconf.Session]:
        """A session of the pack's own."""
        with netconf.session(LOGIN, connect=self.connect) as session:
            yield session

    def connect(self, _login: netconf.Login, _timeout: float) -> "Manager":
        """What `netconf.session` asks for a manager."""
        return Manager(self._core)

    def edit(self, *configs: str) -> None:
        """Edits of somebody else's, as those of `payloads`; faults do not apply."""
        for config in configs:
            self._store.edit(wire.parse(config.encode()), OPERATOR)

    @property
    def running(self) -> Datastore:
        return self._store.get(RUNNING)

    @property
    def startup(self) -> Datastore:
        return self._store.get(STARTUP)

    @property
    def vlans(self) -> Dict[int, state.Vlan]:
        """What the pack reads of the running config."""
        return state.read(self.running.element())

    @property
    def operations(self) -> List[str]:
        """The RPCs so far, but for those that end sessions."""
        return [rpc.operation for rpc in self._core.records() if rpc.operation != "close-session"]

    @property
    def edits(self) -> int:
        """How many edits have been asked for so far."""
        return self.operations.count("edit-config")

    def forget(self) -> None:
        """Count anew."""
        self._core.forget()


class Manager:
    """As much of an ncclient manager as `netconf` uses."""

    def __init__(self, core: Core) -> None:
        self._core = core
        opened = core.open(self._drop)
        if opened is None:
            raise SessionCloseError("the subsystem is refused")
        self._opened = opened
        self._numbers = itertools.count(1)
        self.connected = True
        self._session = SimpleNamespace(close=self._drop)
        core.begin(opened, HELLO)

    def get_config(self, source: str, filter: etree._Element) -> RPCReply:  # noqa: A002  # ncclient's
        get = etree.Element(f"{{{BASE}}}get-config")
        etree.SubElement(etree.SubElement(get, f"{{{BASE}}}source"), f"{{{BASE}}}{source}")
        get.append(filter)
        return self._ask(get)

    def edit_config(self, target: str, config: str) -> RPCReply:
        edit = etree.Element(f"{{{BASE}}}edit-config")
        etree.SubElement(etree.SubElement(edit, f"{{{BASE}}}target"), f"{{{BASE}}}{target}")
        edit.append(etree.fromstring(config))
        return self._ask(edit)

    def dispatch(self, rpc: etree._Element) -> RPCReply:
        return self._ask(rpc)

    def close_session(self) -> None:
        self._ask(etree.Element(f"{{{BASE}}}close-session"))

    def _ask(self, operation: etree._Element) -> RPCReply:
        if not self.connected:
            raise SessionCloseError("the session is gone")
        rpc = etree.Element(f"{{{BASE}}}rpc", {"message-id": str(next(self._numbers))})
        rpc.append(operation)
        work = self._core.begin(self._opened, etree.tostring(rpc))
        assert work is not None
        answer = self._core.finish(self._opened, work)
        if answer.drop or answer.end:
            self._drop()
        if answer.drop or not answer.reply:
            raise SessionCloseError("Unexpected session close")
        reply = RPCReply(answer.reply.replace(wire.END, b"").decode())
        if len(reply.errors) > 1:
            raise RPCError(etree.fromstring(reply.xml.encode()), reply.errors)
        if reply.error is not None:
            raise reply.error
        return reply

    def _drop(self) -> None:
        self.connected = False
        self._core.close(self._opened)

