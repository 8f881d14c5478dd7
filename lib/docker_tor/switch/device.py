"""One open session with a switch, through the switch's driver.

A `Device` reads each VLAN once. An edit makes it forget the VLANs that it touches, so the next read
of those asks the switch again. Whoever gets a device from somebody else thus reads nothing anew
that is still true.
"""

import contextlib
from typing import Dict, Iterable, Iterator, Sequence

from ..common.errors import DockerTorError
from ..config.credentials import Login
from ..netconf.session import TIMEOUT, Session, open_session
from .driver import Driver, Step
from .model import ABSENT, Vlan


class Device:
    """A switch that can be read and edited now. Every method raises the errors of `Session`."""

    def __init__(self, session: Session, driver: Driver) -> None:
        self.session = session
        self.driver = driver
        self._seen: Dict[int, Vlan] = {}

    def read(self, vlans: Iterable[int]) -> Dict[int, Vlan]:
        """What the running config has of these VLANs; of one that is not there, `ABSENT`."""
        wanted = sorted(set(vlans))
        new = [vlan for vlan in wanted if vlan not in self._seen]
        found: Dict[int, Vlan] = {}
        for criteria in self.driver.filters(new):
            found.update(self.driver.read(self.session.get_config(criteria)))
        self._seen.update((vlan, found.get(vlan, ABSENT)) for vlan in new)
        return {vlan: self._seen[vlan] for vlan in wanted}

    def vlan(self, vlan: int) -> Vlan:
        """What the running config has of one VLAN."""
        return self.read([vlan])[vlan]

    def edit(self, steps: Sequence[Step]) -> None:
        """Send steps of one rank and rbridge as one edit."""
        for step in steps:
            self._seen.pop(step.vlan, None)
        self.session.edit_config(self.driver.payload(steps))

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
        yield Device(session, driver)
