"""Segments that Docker calls for, VLANs that a switch has, and what comes of comparing them."""

from docker_tor.config import settings
from docker_tor.desired.last_applied import LastApplied
from docker_tor.desired.segments import Segment
from docker_tor.engine.networks import Network
from docker_tor.reconcile import compare
from docker_tor.reconcile.compare import Orphans
from docker_tor.switch.model import Vlan
from docker_tor.switch.nos.driver import Driver
from ves import ve, ves

NAME = "Docker Network"
DRIVER = Driver(NAME)
AT_ONCE = Orphans({}, 1000.0, 0, [])


def address(vlan):
    """The address of a network's segment, unless a test says otherwise."""
    return f"10.1.{vlan % 256}.1/24"


def switch(name="tor1", **more):
    given = {"name": name, "host": f"h-{name}", "username": "u", "password": "p"}
    raw = {"switches": [{**given, "rbridge_id": 21, **more}]}
    return settings.parse(raw).switches[0]


def network(vlan, name="", engine="host1", ports=()):
    parent, addresses = f"eth0.{vlan}", frozenset(ves(address(vlan)))
    given = (f"{vlan:064x}", name or f"net{vlan}", engine, "macvlan", parent, vlan, addresses)
    return Network(*given, ports=ports)


def segment(vlan, *addresses, rbridge=21, on="tor1", ports=(), **more):
    of = (network(vlan, ports=ports, **more),)
    return Segment(on, rbridge, vlan, f"h-{on}", ves(*addresses or (address(vlan),)), of)


def applied(*segments):
    """What the sensor has dispatched."""
    return LastApplied({one.key: one for one in segments}, frozenset())


def served(*addresses, rbridge=21, name=NAME, **more):
    """A VLAN that is as it should be."""
    return Vlan(name, True, {rbridge: ve(*addresses, **more)})


def findings(segments, have, *, believed=(), orphans=AT_ONCE, of=None):
    return compare.compare(DRIVER, of or switch(), segments, believed, have, orphans)
