"""On which ports this installation has allowed a VLAN, as the datastore keeps it.

Others allow VLANs on ports, too, and a VLAN that a port carried before the pack came stays there.
So an action that has added a VLAN to a port records it, right after the edit. It never does so
before: whoever dies in between leaves a VLAN allowed, and takes none from anybody. A VLAN is taken
from a port only by its record, which is then deleted. What is not recorded is not ours.

    docker_tor.port.tor1.112.TenGigabitEthernet_2021_2F0_2F5   "execution 6746..."

One key for each switch, VLAN and port: actions record at the same time. The key says all; the value
is for people. Whoever calls says how the datastore is reached.
"""

import re
from types import MappingProxyType
from typing import (
    Collection,
    Dict,
    FrozenSet,
    Iterable,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

from ..common import datastore
from ..common.datastore import Keys
from ..common.errors import DatastoreUnreadable, DockerTorError, InvalidValue
from ..config.platforms import Platform

NAME = "docker_tor.port"
Ports = Mapping[int, FrozenSet[str]]
"""The ports of a switch on which the pack has allowed a VLAN, by VLAN."""
NO_PORTS: Ports = MappingProxyType({})
_NONE: FrozenSet[str] = frozenset()


class Unrecorded(NamedTuple):
    """Ports that carry a VLAN of the pack's, which nobody will know to be the pack's."""

    vlan: int
    ports: Sequence[str]
    error: DockerTorError

    def __str__(self) -> str:
        return (
            f"VLAN {self.vlan} stays allowed on {', '.join(self.ports)} when its networks are gone,"
            f" since it is not recorded that the pack has added it: {self.error}"
        )


class Change(NamedTuple):
    """What a run has done to a VLAN's ports: those that it has added it to, and those that do not
    carry it any more."""

    vlan: int
    added: Collection[str]
    forgotten: Collection[str]


def recorded(
    keys: Keys,
    switch: str,
    platform: Platform,
    vlans: Optional[Collection[int]] = None,
    within: Optional[Collection[str]] = None,
) -> Ports:
    """The recorded ports of a switch, of these VLANs or of all, and `within` these ports or all.
    Raises DatastoreUnreadable."""
    only = next(iter(vlans)) if vlans is not None and len(vlans) == 1 else None
    found: Dict[int, FrozenSet[str]] = {}
    for name in datastore.names(keys, _beginning(switch, only)):
        vlan, port = _read(name)
        # Somebody may have written a key by hand.
        ours = name == _name(switch, vlan, port) and port == _known(platform, port)
        if ours and (vlans is None or vlan in vlans) and (within is None or port in within):
            found[vlan] = found.get(vlan, _NONE) | {port}
    return found


def record(
    keys: Keys, switch: str, vlan: int, ports: Collection[str], by: str
) -> Optional[Unrecorded]:
    """A VLAN was just added to these ports, `by` whom is for people. What cannot be recorded is no
    error: the edit stands."""
    failed: List[str] = []
    error: Optional[DockerTorError] = None
    for port in ports:
        try:
            datastore.put(keys.write, _name(switch, vlan, port), by)
        except DatastoreUnreadable as caught:
            failed.append(port)
            error = caught
    return Unrecorded(vlan, failed, error) if error else None


def forget(keys: Keys, switch: str, vlan: int, ports: Collection[str]) -> None:
    """A VLAN was just taken from these ports. A record that cannot be deleted is no error: the next
    reconcile finds that there is nothing left of what it says."""
    for port in ports:
        try:
            keys.delete(_name(switch, vlan, port))
        except Exception:  # noqa: BLE001, S112  # StackStorm's client raises what it likes
            continue


def keep(keys: Keys, switch: str, changes: Iterable[Change], by: str) -> List[Unrecorded]:
    """Record changes that were just made on a switch; returns what cannot be recorded, for people.
    `by` says who has made them."""
    failed: List[Unrecorded] = []
    for change in changes:
        one = record(keys, switch, change.vlan, change.added, by)
        failed += [one] if one else []
        forget(keys, switch, change.vlan, change.forgotten)
    return failed


def _beginning(switch: str, vlan: Optional[int]) -> str:
    return f"{NAME}.{datastore.part(switch)}." + (f"{vlan}." if vlan is not None else "")


def _name(switch: str, vlan: int, port: str) -> str:
    return _beginning(switch, vlan) + datastore.part(port)


def _read(name: str) -> Tuple[int, str]:
    """VLAN and port of a key, whatever they are worth."""
    *_, vlan, port = name.rsplit(".", 2)
    plain = re.sub(rb"_([0-9A-F]{2})", lambda code: bytes([int(code[1], 16)]), port.encode())
    number = int(vlan) if re.fullmatch("[0-9]{1,4}", vlan) else 0
    return number, plain.decode(errors="replace")


def _known(platform: Platform, port: str) -> Optional[str]:
    try:
        return platform.port(port)
    except InvalidValue:
        return None
