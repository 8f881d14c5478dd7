"""One open session with a switch, through the switch's driver.

A `Device` reads each VLAN and each port once. An edit makes it forget those that it touches, so the
next read of them asks the switch again. Whoever gets a device from somebody else thus reads nothing
anew that is still true.
"""

import contextlib
from typing import Dict, Iterable, Iterator, Mapping, Optional, Sequence, Set, Tuple

from ..common.errors import DockerTorError, VlansRemoved
from ..config.credentials import Login
from ..netconf.session import TIMEOUT, Session, open_session
from .driver import Driver, Step
from .model import ABSENT, Vlan
from .trunk import GONE, Port


class Device:
    """A switch that can be read and edited now. Every method raises the errors of `Session`."""

    def __init__(self, session: Session, driver: Driver) -> None:
        self.session = session
        self.driver = driver
        self._seen: Dict[int, Vlan] = {}
        self._changing = False
        self._ports: Dict[str, Port] = {}
        self._watched: Dict[int, Set[str]] = {}
        self._fresh: Set[str] = set()
        self.unchecked: Dict[str, Tuple[Port, Set[int]]] = {}
        """For `guard`: what edited ports were before, and the VLANs of the edits."""
        self.distrust: Optional[VlansRemoved] = None
        """What `guard` has found of the switch's edits of ports."""

    def look_at(self, ports: Mapping[int, Iterable[str]]) -> None:
        """From now on, what is read of a VLAN has these ports, too."""
        for vlan, names in ports.items():
            self._watched.setdefault(vlan, set()).update(names)

    def read(self, vlans: Iterable[int]) -> Dict[int, Vlan]:
        """What the running config has of these VLANs; of one that is not there, `ABSENT`."""
        wanted = sorted(set(vlans))
        new = [vlan for vlan in wanted if vlan not in self._seen]
        found: Dict[int, Vlan] = {}
        for criteria in self.driver.filters(new):
            found.update(self.driver.read(self.session.get_config(criteria)))
        self._seen.update((vlan, found.get(vlan, ABSENT)) for vlan in new)
        watched = {vlan: self._watched[vlan] for vlan in wanted if vlan in self._watched}
        ports = self.ports(set().union(*watched.values()))
        return {
            vlan: self._seen[vlan]._replace(ports={name: ports[name] for name in watched[vlan]})
            if vlan in watched
            else self._seen[vlan]
            for vlan in wanted
        }

    def ports(self, names: Iterable[str], *, anew: bool = False) -> Dict[str, Port]:
        """What the running config has of these ports; of one that is not there, `GONE`. With `anew`
        it has them since the last edit."""
        wanted = sorted(set(names))
        known = self._fresh if anew else self._ports
        new = [name for name in wanted if name not in known]
        found: Dict[str, Port] = {}
        for criteria in self.driver.port_filters(new) if new else ():
            found.update(self.driver.read_ports(self.session.get_config(criteria)))
        self._ports.update((name, found.get(name, GONE)) for name in new)
        self._fresh.update(new)
        return {name: self._ports[name] for name in wanted}

    def vlan(self, vlan: int) -> Vlan:
        """What the running config has of one VLAN."""
        return self.read([vlan])[vlan]

    def edit(self, steps: Sequence[Step]) -> None:
        """Send steps of one rank and rbridge as one edit, one of the `changes` under way. Raises
        VlansRemoved besides, and SwitchRefused where a port is no longer as it was read."""
        if not any(step.port for step in steps):
            self.send(steps)
            return
        # Imported here only: most edits are of no port.
        from . import guard

        with self.changes():
            guard.edit(self, steps)

    def send(self, steps: Sequence[Step]) -> None:
        """The same, and nothing is looked at before or after."""
        self._fresh.clear()
        for step in steps:
            if step.port:
                self._ports.pop(step.port, None)
            else:
                self._seen.pop(step.vlan, None)
        with self.changes():
            self.session.edit_config(self.driver.payload(steps))

    @contextlib.contextmanager
    def changes(self) -> Iterator[None]:
        """Edits that belong together. Where the switch has them go to a candidate, they take effect
        at the end of the block, or not at all if it raises (`netconf.candidate`, whose errors this
        raises); in the block the candidate is read. Elsewhere each takes effect by itself."""
        if self._changing or not self.session.candidate:
            yield
            return
        # Imported here only: most switches have running edited.
        from ..netconf import candidate

        self._changing = True
        try:
            with candidate.changes(self.session):
                yield
        finally:
            self._changing = False
            # What was read of the candidate may never have been in running.
            for known in (self._seen, self._ports, self._fresh):
                known.clear()

    def save(self) -> str:
        """Save the running config, for a run whose edits stand whether they are saved or not: why
        that failed, if it did."""
        try:
            self.driver.save(self.session)
        except DockerTorError as error:
            return str(error)
        return ""


@contextlib.contextmanager
def open_device(
    login: Login,
    driver: Driver,
    *,
    first: Iterable[str] = (),
    timeout: float = TIMEOUT,
) -> Iterator[Device]:
    """A device for the length of a `with` block; `first` and `timeout` are those of
    `open_session`, whose errors it raises."""
    with open_session(
        login, first=first, timeout=timeout, words=driver.words, base_1_1=driver.base_1_1
    ) as session:
        yield Device(session, driver.bind(session.capabilities))
