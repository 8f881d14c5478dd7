"""Which port of which switch an engine's host is plugged into: docker.yaml and LLDP side by side.
Pure.

A host announces itself by LLDP with its name and that of an interface. An engine tells its host's
name, too (`docker info`). So the port of an uplink is known where one host has that name, and one
port or Port-channel sees that interface. Whatever else is seen is told, and nothing is guessed.
LLDP is not authenticated: what is found here is for a person to compare.
"""

import re
from typing import Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ..config.entries import Uplink
from ..config.settings import Config
from ..switch.driver import Neighbour

AGREES = "agrees"
TO_BE_WRITTEN = "to be written"
DIFFERS = "differs"
ANOTHER_HOST = "another host"
AMBIGUOUS = "ambiguous"
NOT_SEEN = "not seen"
NOT_ASKED = "not asked"

MOST_NAMED = 4
"""Ports or hosts that a sentence names."""

# An interface's name on Linux has 15 characters at most; a number alone is somebody's index.
_INTERFACE = re.compile(r"(?!\d+\Z)[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}\Z")
_MAC = re.compile(r"([0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}\Z")
# The port description of lldpad.
_LLDPAD = re.compile(r"Interface\s+\d+ as (\S+)\Z")

Neighbours = Mapping[str, Sequence[Neighbour]]
"""Those of each switch that could be asked."""


class Cable(NamedTuple):
    """An uplink, and what LLDP says of it.

    `ports` are those of docker.yaml, `seen` those of that switch where LLDP has the parent. `why`
    is a sentence wherever the state alone does not say it. `uplink` is what docker.yaml has, or
    what it should have instead; None where neither is known. `new` is one that docker.yaml has not.
    """

    engine: str
    host: str
    parent: str
    switch: str
    ports: Tuple[str, ...]
    seen: Tuple[str, ...]
    state: str = NOT_SEEN
    why: str = ""
    uplink: Optional[Uplink] = None
    new: bool = False

    @property
    def to_write(self) -> bool:
        """Whether docker.yaml should have another uplink than it has."""
        return self.uplink is not None and self.uplink.ports != self.ports


class _Spot(NamedTuple):
    """Where somebody is seen."""

    switch: str
    neighbour: Neighbour

    def __str__(self) -> str:
        return f"{self.neighbour.trunk} of {self.switch}"


class _Host(NamedTuple):
    """Where LLDP sees an engine's host; or the state of its uplinks where that is not known, and
    why."""

    name: str
    spots: Sequence[_Spot] = ()
    state: str = ""
    why: str = ""


def compare(config: Config, names: Mapping[str, str], neighbours: Neighbours) -> List[Cable]:
    """Every uplink of docker.yaml, and what LLDP knows of engines that have none.

    `names` are those of the hosts, by engine. An engine or a switch that could not be asked is
    missing in `names` or `neighbours`.
    """
    spots: Dict[str, List[_Spot]] = {}
    for switch, found in neighbours.items():
        for one in found:
            spots.setdefault(_label(one.system), []).append(_Spot(switch, one))
    alike: Dict[str, List[str]] = {}
    for called, name in names.items():
        alike.setdefault(_label(name), []).append(called)
    cables: List[Cable] = []
    for engine in config.engines:
        label = _label(names.get(engine.name, ""))
        host = _host(engine.name, names, alike.get(label, ()), spots.get(label, ()))
        if engine.uplinks:
            cables += [
                _compared(config, engine.name, one, host, neighbours) for one in engine.uplinks
            ]
        else:
            cables += _found(config, engine.name, host)
    return cables


def same_host(one: str, other: str) -> bool:
    """Whether both names may be those of one host: they are the same, or one is the other without
    its domain. The same name in two domains is two hosts'."""
    first, second = (name.casefold().rstrip(".") for name in (one, other))
    same = _label(first) == _label(second) and not ("." in first and "." in second)
    return bool(first and second) and (first == second or same)


def interfaces(neighbour: Neighbour) -> List[str]:
    """What a neighbour's interface may be called. lldpd and lldpad have that in the port
    description, systemd-networkd has it in the port id."""
    said = (neighbour.port_id, neighbour.port_description)
    names = [found.group(1) if (found := _LLDPAD.match(text)) else text for text in said]
    return _unique(name for name in names if _INTERFACE.match(name) and not _MAC.match(name))


def _host(
    engine: str, names: Mapping[str, str], alike: Sequence[str], spots: Sequence[_Spot]
) -> _Host:
    """`alike` are the engines whose hosts have that first label, `spots` where one of it is."""
    name = names.get(engine, "")
    if not name:
        return _Host("", (), NOT_ASKED, "the engine does not tell its host's name")
    own = [spot for spot in spots if same_host(name, spot.neighbour.system)]
    systems = _unique(spot.neighbour.system.casefold().rstrip(".") for spot in own)
    others = [
        other
        for other in alike
        if other != engine and any(same_host(names[other], text) for text in (name, *systems))
    ]
    if others:
        return _Host(name, (), AMBIGUOUS, f"engines {some([engine, *others])} may be one host")
    if len(systems) > 1:
        return _Host(name, (), AMBIGUOUS, f"{name} may be any of {some(systems)}")
    return _Host(name, own)


def _compared(
    config: Config, engine: str, uplink: Uplink, host: _Host, neighbours: Neighbours
) -> Cable:
    """An uplink that docker.yaml has."""
    where, ports = uplink.switch, uplink.ports
    spots = [spot for spot in host.spots if uplink.parent in interfaces(spot.neighbour)]
    seen = _unique(spot.neighbour.trunk for spot in spots if spot.switch == where)
    made = Cable(engine, host.name, uplink.parent, where, ports, tuple(seen), uplink=uplink)
    if where not in neighbours:
        return made._replace(state=NOT_ASKED, why="the switch does not tell its neighbours")
    if host.state:
        return made._replace(state=host.state, why=host.why)
    strangers = list(_strangers(host, ports, neighbours[where]))
    if strangers:
        return made._replace(state=ANOTHER_HOST, why=some(strangers))
    elsewhere = _elsewhere(spots, where)
    if not elsewhere and {*seen} <= {*ports}:
        unseen = [port for port in ports if port not in _ports(host, where)]
        if ports and not unseen:
            return made._replace(state=AGREES)
        return made._replace(why=_nothing(host, unseen))
    places = [*(f"{port} of {where}" for port in seen), *elsewhere]
    why = f"{uplink.parent} is seen at {some(places)}"
    if len(places) > 1:
        return made._replace(state=DIFFERS if ports else AMBIGUOUS, why=why)
    if ports or elsewhere:
        made = made._replace(state=DIFFERS, why=why)
    else:
        made = made._replace(state=TO_BE_WRITTEN)
    return made if elsewhere else _written(config, made, uplink)


def _found(config: Config, engine: str, host: _Host) -> Iterator[Cable]:
    """What LLDP knows of an engine without uplinks."""
    parents: Dict[str, List[_Spot]] = {}
    for spot in host.spots:
        for name in interfaces(spot.neighbour)[:1]:
            parents.setdefault(name, []).append(spot)
    bare = Cable(engine, host.name, "", "", (), (), host.state or NOT_SEEN, host.why, new=True)
    if not parents:
        yield bare._replace(why=host.why or _nothing(host, ()))
    for parent, spots in parents.items():
        places = _unique(map(str, spots))
        made = bare._replace(parent=parent, state=AMBIGUOUS)
        if len(places) > 1:
            yield made._replace(why=f"{parent} is seen at {some(places)}")
            continue
        ((switch, one), *_) = spots
        made = made._replace(switch=switch, seen=(one.trunk,))
        if one.channel:
            why = f"{parent} is a member of a bond, whose own name the parent is"
            yield made._replace(why=why)
        else:
            made = made._replace(state=TO_BE_WRITTEN)
            yield _written(config, made, Uplink(parent, switch, 0))


def _written(config: Config, cable: Cable, uplink: Uplink) -> Cable:
    """With the uplink as it should be, at the one port where it is seen; not where docker.yaml's
    limits keep that port from it."""
    (port,) = cable.seen
    switch = config.named(uplink.switch)
    if switch is None or switch.ports is None or port in switch.ports:
        return cable._replace(uplink=uplink._replace(ports=(port,)))
    why = f"{port} is not among the `ports` of switch {switch.name}"
    return cable._replace(why="; ".join(filter(None, (cable.why, why))))


def _elsewhere(spots: Sequence[_Spot], where: str) -> List[str]:
    """Where else an interface is seen. Two entries of docker.yaml may lead to one fabric: what both
    of them see at a port is seen once."""
    here = {(spot.neighbour.mac, spot.neighbour.port) for spot in spots if spot.switch == where}
    return _unique(
        str(spot)
        for spot in spots
        if spot.switch != where
        and not (spot.neighbour.mac and (spot.neighbour.mac, spot.neighbour.port) in here)
    )


def _strangers(host: _Host, ports: Sequence[str], neighbours: Sequence[Neighbour]) -> Iterator[str]:
    """Who is seen at these ports where the host itself is not."""
    for port in ports:
        systems = _unique(
            one.system for one in neighbours if port in (one.port, one.channel) and one.system
        )
        if systems and not any(same_host(host.name, system) for system in systems):
            yield f"{some(systems)} is seen at {port}"


def _ports(host: _Host, where: str) -> List[str]:
    """All ports of a switch where the host is seen, with any interface: a bond's members announce
    themselves, and the bond does not."""
    there = [spot.neighbour for spot in host.spots if spot.switch == where]
    return [port for one in there for port in (one.port, one.channel)]


def _nothing(host: _Host, unseen: Sequence[str]) -> str:
    """What there is to say of an uplink that LLDP does not tell."""
    others = _unique(
        f"{' or '.join(interfaces(spot.neighbour)) or 'a port without a name'} at {spot}"
        for spot in host.spots
    )
    of = f" of {some(unseen)}" if unseen else ""
    return f"LLDP says nothing{of}" + (f"; of this host it has {some(others)}" if others else "")


def some(names: Sequence[str]) -> str:
    """Names, and how many more there are."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _label(name: str) -> str:
    """A host's name without its domain."""
    return name.casefold().partition(".")[0]


def _unique(names: Iterable[str]) -> List[str]:
    return list(dict.fromkeys(names))
