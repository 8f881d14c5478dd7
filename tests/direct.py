"""NETCONF sessions with the lab's switches without SSH, and work that goes on RPC by RPC.

`Direct` stands in for the pack's ways of making a session: lab.switch.core answers what is asked,
as strict as behind its SSH server. Nothing listens and nothing waits, so an RPC takes about a
millisecond and the order of things is the test's.

    direct = Direct({"10.0.0.1": Switch()})         not started
    with direct.instead_of_ssh():
        segment_actions.apply(...)

`Steps` runs pieces of work of which one at a time goes on, from one RPC to the next.
"""

import contextlib
import threading
from typing import Any, Callable, Iterator, List, Mapping, Optional
from unittest import mock

from docker_tor.common import retry
from docker_tor.netconf import session, session_errors, xml
from docker_tor.netconf.rpc import Greeting
from docker_tor.netconf.session import Login
from lxml import etree

from lab.switch import Switch
from lab.switch.core import BASE_CAPABILITIES, Core
from lab.switch.names import BASE

BEFORE, AFTER = "before", "after"

_HELLO = (
    f'<hello xmlns="{BASE}"><capabilities><capability>{BASE_CAPABILITIES[0]}</capability>'
    "</capabilities></hello>"
).encode()

OnRpc = Callable[[str, str], str]
"""Is told of the switch's address and the operation of each RPC before it arrives ("hello": a
session is asked for), and says whether the connection is cut: BEFORE the switch has it, AFTER it
was applied, or not at all ("")."""


class Direct:
    """Connects a login with the switch at its host. A host without a switch refuses connections.

    Faults of a switch apply as they do behind SSH, but for `latency`, which takes no time, and
    `half_open`, which is an RPC that times out at once.
    """

    def __init__(
        self, switches: Mapping[str, Switch], on_rpc: OnRpc = lambda _host, _operation: ""
    ) -> None:
        self.switches = switches
        self.on_rpc = on_rpc

    def connect(self, login: Login, _timeout: float, _greeting: Greeting) -> "Peer":
        """What `open_session` takes as `connect`."""
        switch = self.switches.get(login.host)
        if self.on_rpc(login.host, "hello") or switch is None:
            raise ConnectionRefusedError(111, "Connection refused")
        if (login.username, login.password) != switch.login[:2]:
            raise session_errors.denied(login)
        return Peer(switch._core, lambda operation: self.on_rpc(login.host, operation))

    @contextlib.contextmanager
    def instead_of_ssh(self) -> Iterator[None]:
        """All sessions of the pack are made so for the length of a `with` block."""
        with mock.patch.object(session, "_connect", self.connect):
            yield


_ONE_AT_A_TIME = threading.RLock()
"""A core takes messages from one thread, and sessions may be held by several."""


class Peer:
    """The switch at the other end: what is asked is answered before `ask` returns."""

    by = "nothing in between"

    def __init__(self, core: Core, on_rpc: Callable[[str], str] = lambda _operation: "") -> None:
        self._core = core
        self.capabilities = core.capabilities
        self._on_rpc = on_rpc
        opened = self._core.open()
        if opened is None:
            raise ConnectionError("the subsystem is refused")
        self._opened = opened
        self._core.answer(opened, _HELLO)
        self._there = True
        self._sent = 0

    def ask(self, operation: str) -> etree._Element:
        """Hand an operation to the switch; the reply, or ConnectionError if the session is cut.
        Nothing is sent ahead."""
        self._sent += 1
        message = f'<rpc xmlns="{BASE}" message-id="{self._sent}">{operation}</rpc>'.encode()
        name = etree.QName(etree.fromstring(operation)).localname
        try:
            cut = self._on_rpc(name)
        except BaseException:
            # Whoever asked is no more.
            self.drop()
            raise
        if cut == BEFORE or not self._there:
            raise self._lost()
        with _ONE_AT_A_TIME:
            answer = self._core.answer(self._opened, message)
        if cut == AFTER or answer.drop or not (answer.reply or answer.end):
            raise self._lost()
        if answer.end:
            self._there = False
        return xml.parse(answer.reply)

    def drop(self) -> None:
        """End it. May be called twice."""
        self._there = False
        self._core.close(self._opened)

    def _lost(self) -> ConnectionError:
        self.drop()
        return ConnectionError("the switch has closed it")


class Killed(BaseException):
    """A piece of work was killed."""


class Piece:
    """Work in a thread of its own, which goes on only when it is told to, and then alone."""

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        self.name = name
        self.over = False
        self._work = work
        self._error: Optional[BaseException] = None
        self._killed = False
        self._go, self._stopped = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def go(self) -> None:
        """Let it go on to its next stop; raises what it raised."""
        assert not self.over
        self._go.release()
        self._stopped.acquire()
        if self.over:
            self._thread.join()
        if self._error is not None:
            raise self._error

    def kill(self) -> None:
        """End it where it has stopped, as if its process had been killed."""
        self._killed = True
        while not self.over:
            self.go()

    def stop(self) -> None:
        """Called by the work: wait here until told to go on."""
        if not self._killed:
            self._stopped.release()
            self._go.acquire()
        if self._killed:
            raise Killed

    def _run(self) -> None:
        self._go.acquire()
        try:
            if not self._killed:
                self._work()
        except Killed:
            pass
        except BaseException as error:  # noqa: BLE001  # it is for the test to see
            self._error = error
        self.over = True
        self._stopped.release()


class Steps:
    """Pieces of work, and which of them is going on."""

    def __init__(self) -> None:
        self.pieces: List[Piece] = []
        self.running: Optional[Piece] = None

    def begin(self, name: str, work: Callable[[], None]) -> Piece:
        """Work that has yet to be told to go on."""
        piece = Piece(name, work)
        self.pieces.append(piece)
        return piece

    def go(self, piece: Piece) -> None:
        """Let a piece of work go on to its next stop."""
        self._let(piece, piece.go)

    def kill(self, piece: Piece) -> None:
        """End a piece of work where it has stopped."""
        self._let(piece, piece.kill)

    def finish(self) -> None:
        """Let each go on to its end, one after the other."""
        while self.pieces:
            self.go(self.pieces[0])

    def stop(self) -> None:
        """Called by whatever is going on: stop here, if it is a piece of work."""
        if self.running is not None:
            self.running.stop()

    def _let(self, piece: Piece, act: Callable[[], None]) -> None:
        self.running = piece
        try:
            act()
        finally:
            self.running = None
            if piece.over:
                self.pieces.remove(piece)


def no_waiting() -> retry.Outside:
    """What tries again without waiting: each thread has a clock of its own, moved by its pauses."""
    kept = threading.local()

    def now() -> float:
        return float(getattr(kept, "now", 0.0))

    def sleep(seconds: float) -> None:
        kept.now = now() + seconds

    return retry.Outside(now, sleep, lambda: 0.5, place=lambda _n, _m: contextlib.nullcontext())


def one_by_one(jobs: Any, **_limits: Any) -> Any:
    """docker_tor.common.parallel.run without threads: one job after the other."""
    from docker_tor.common.parallel import Progress

    told: List[Progress[Any]] = []
    for job in jobs:
        one: Progress[Any] = Progress()
        try:
            for item in job():
                one.items.append(item)
        except Exception as error:  # noqa: BLE001  # as the real one
            one.error = error
        one.over = True
        told.append(one)
    return told
