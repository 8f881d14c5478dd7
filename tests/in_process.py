"""The lab's switch and a session with it in this process: no SSH, no thread, nothing to wait for.

    vdx = Vdx()
    with vdx.device() as device:              # with the pack's own Session
        transaction.bring(device, ...)
    vdx.faults.drop_rpc = 3                   # the simulator's own faults

An RPC goes through the simulator's core as it does over SSH: only what carries the bytes is left
out.
"""

import contextlib
import itertools
from typing import Any, Callable, Dict, Iterator, List, Sequence

from direct import Peer
from docker_tor.config.credentials import Login
from docker_tor.netconf.rpc import Greeting
from docker_tor.netconf.session import Session, open_session
from docker_tor.switch import model
from docker_tor.switch.device import Device
from docker_tor.switch.nos.driver import Driver
from docker_tor.switch.trunk import Port
from lxml import etree

from lab.switch import Switch
from lab.switch.store import OPERATOR

LOGIN = Login("vdx", 22, "admin", "password", "ignore")
NAME = "Docker Network"
DRIVER = Driver(NAME)


class Meddler:
    """A session of which a test is told, and may spoil, each edit: in `edit_config`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def get_config(self, criteria: str) -> etree._Element:
        return self._session.get_config(criteria)

    def edit_config(self, config: str) -> None:
        self._session.edit_config(config)


def meddling(act: Callable[[str], object]) -> Callable[[Session], Meddler]:
    """A session in which `act` is told of each edit before it is sent (true: it is swallowed)."""

    class Told(Meddler):
        def edit_config(self, config: str) -> None:
            if not act(config):
                super().edit_config(config)

    return Told


def at_edit(number: int, act: Callable[[], object]) -> Callable[[Session], Meddler]:
    """A session in which that edit, counted from 1, is preceded by `act`."""
    edits = itertools.count(1)

    def told(_config: str) -> None:
        if next(edits) == number:
            act()

    return meddling(told)


class Vdx(Switch):
    """A VDX with these rbridges that nobody starts. `seed` configures the article's Ve 10, 20 and
    30. With `candidate` it is edited by a candidate."""

    def __init__(
        self,
        rbridge_ids: Sequence[int] = (21, 22),
        *,
        seed: bool = False,
        driver: Any = DRIVER,
        appends: bool = True,
        candidate: bool = False,
    ) -> None:
        super().__init__(
            rbridge_ids=rbridge_ids,
            seed=seed,
            platform=driver.platform.name,
            appends=appends,
            candidate=candidate,
        )
        self.driver = driver

    @contextlib.contextmanager
    def session(self) -> Iterator[Session]:
        """A session of the pack's own."""
        with open_session(LOGIN, connect=self.connect, words=self.driver.words) as session:
            yield session

    @contextlib.contextmanager
    def device(
        self, spoilt: Callable[[Session], Any] = lambda session: session
    ) -> Iterator[Device]:
        """The same as a device, its session perhaps a Meddler."""
        with self.session() as session:
            yield Device(spoilt(session), self.driver.bind(session.capabilities))

    def connect(self, _login: Login, _timeout: float, _greeting: Greeting) -> Peer:
        """What `open_session` asks for a session."""
        return Peer(self._core)

    @property
    def vlans(self) -> Dict[int, model.Vlan]:
        """What the pack reads of the running config."""
        found: Dict[int, model.Vlan] = self.driver.read(self.running.element())
        return found

    @property
    def ports(self) -> Dict[str, Port]:
        """What the pack reads of the ports of the running config."""
        found: Dict[str, Port] = self.driver.read_ports(self.running.element())
        return found

    @property
    def operations(self) -> List[str]:
        """The RPCs so far, but for those that end sessions."""
        return [rpc.operation for rpc in self.rpcs if rpc.operation != "close-session"]

    @property
    def edits(self) -> int:
        """How many edits have been asked for so far."""
        return self.operations.count("edit-config")

    def save(self) -> None:
        """Make the running config what `restart` comes back with."""
        self._store.save(OPERATOR)

    def restart(self) -> None:
        """Come back with what was saved; nothing is wrong with it, and it counts anew."""
        self._store.reload()
        self.faults.clear()
        self.forget_rpcs()
