"""What the network drivers check, and the host's network links that they check against.

A model of moby 20.10's macvlan, ipvlan and bridge drivers; the messages are the real ones, their
spelling too.
"""

import re
from typing import Dict, Iterable, List, Mapping, NamedTuple, Set, Tuple

from . import golang
from .pools import Subnet, parse_address
from .refused import Refused

DRIVERS = ("bridge", "host", "ipvlan", "macvlan", "null", "overlay")
LONGEST_LINK = 15
"""A Linux interface name has 15 characters at most."""

_ATOI = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_BRIDGE = "com.docker.network.bridge."
_MTU = "com.docker.network.driver.mtu"


class _Kind(NamedTuple):
    prefix: str
    modes: Tuple[str, ...]
    no_parent: str


_PARENTED = {
    "macvlan": _Kind(
        "dm", ("bridge", "private", "vepa", "passthru"), "-o parent interface does was not found"
    ),
    "ipvlan": _Kind("di", ("l2", "l3"), "-o parent interface was not found"),
}


class Links:
    """The host's network interfaces, and the VLAN links that drivers have made on them."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names: Set[str] = {"lo", *names}
        self._vlans: Dict[Tuple[str, int], str] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def add(self, name: str) -> None:
        """A link appears."""
        self._names.add(name)

    def add_vlan(self, name: str, not_found: str) -> None:
        """Make the link that `name` ("eth0.112") stands for. Raises Refused where it is none."""
        if "." not in name:
            message = f"invalid subinterface vlan name {name}, example formatting is eth0.10"
            raise Refused(500, message)
        parts = name.split(".")
        if len(parts) != 2:
            raise Refused(
                500,
                "required interface name format is: name.vlan_id, ex. eth0.10 for vlan 10, "
                f"instead received {name}",
            )
        base, number = parts
        if not _ATOI.fullmatch(number):
            raise Refused(
                500, f"unable to parse a valid vlan id from: {number} (ex. eth0.10 for vlan 10)"
            )
        if base not in self:
            raise Refused(500, f"{not_found} on the host: {base}")
        vlan = int(number)
        if not 1 <= vlan <= 4094:
            raise Refused(500, f"vlan id must be between 1-4094, received: {vlan}")
        problem = self._kernel_objects(name, base, vlan)
        if problem:
            raise Refused(500, f"failed to create {name} vlan link: {problem}")
        self._vlans[base, vlan] = name
        self.add(name)

    def remove(self, name: str) -> None:
        """A link goes."""
        self._names.discard(name)
        self._vlans = {key: link for key, link in self._vlans.items() if link != name}

    def _kernel_objects(self, name: str, base: str, vlan: int) -> str:
        # The kernel's rules, not seen through dockerd: no VLAN links could be made where it ran.
        if len(name.encode()) > LONGEST_LINK:
            return "numerical result out of range"
        return "file exists" if (base, vlan) in self._vlans else ""


class Drivers:
    """Which network uses which link."""

    def __init__(self, links: Links) -> None:
        self._links = links
        self._parents: Dict[Tuple[str, str], str] = {}
        self._made: Dict[str, str] = {}

    def attach(
        self,
        driver: str,
        network: str,
        options: Mapping[str, str],
        internal: bool,
        subnets: List[Subnet],
    ) -> None:
        """Put a network's driver to work; `subnets` are its IPv4 pools. Raises Refused."""
        if driver == "bridge":
            self._attach_bridge(network, options, subnets)
        elif driver in _PARENTED:
            self._attach_parented(driver, network, options, internal, subnets)
        else:
            raise Refused(403, f'only one instance of "{driver}" network is allowed')

    def detach(self, network: str) -> None:
        """A network goes, and with it the link that was made for it."""
        self._parents = {key: user for key, user in self._parents.items() if user != network}
        link = self._made.pop(network, None)
        if link is not None:
            self._links.remove(link)

    def _attach_parented(
        self,
        driver: str,
        network: str,
        options: Mapping[str, str],
        internal: bool,
        subnets: List[Subnet],
    ) -> None:
        known = _PARENTED[driver]
        if _is_empty(subnets):
            raise Refused(500, "ipv4 pool is empty")
        mode = options.get(f"{driver}_mode", "")
        if mode and mode not in known.modes:
            raise Refused(
                500,
                f"requested {driver} mode '{mode}' is not valid, "
                f"'{known.modes[0]}' mode is the {driver} driver default",
            )
        parent = options.get("parent", "")
        if parent == "lo":
            raise Refused(500, f"loopback interface is not a valid {driver} parent link")
        dummy = f"{known.prefix}-{network[:12]}"
        parent = parent or dummy
        user = self._parents.get((driver, parent))
        if user is not None:
            other = f"{known.prefix}-{user[:12]}"
            raise Refused(500, f"network {other} is already using parent interface {parent}")
        if parent not in self._links:
            if internal or parent == dummy:
                # By moby's source: it makes a link of type dummy.
                self._links.add(parent)
            else:
                self._links.add_vlan(parent, known.no_parent)
            self._made[network] = parent
        self._parents[driver, parent] = network

    def _attach_bridge(
        self, network: str, options: Mapping[str, str], subnets: List[Subnet]
    ) -> None:
        if _is_empty(subnets):
            raise Refused(500, "ipv4 pool is empty")
        _check_bridge_options(options)
        if len(subnets) > 1:
            raise Refused(403, "bridge driver doesn't support multiple subnets")
        name = options.get(f"{_BRIDGE}name") or f"br-{network[:12]}"
        user = self._parents.get(("bridge", name))
        if user is not None:
            raise Refused(
                403,
                f"cannot create network {network} ({name}): conflicts with network {user} "
                f"({name}): networks have same bridge name",
            )
        if len(name.encode()) > LONGEST_LINK:
            reason = "failed to check bridge interface existence: numerical result out of range"
            raise Refused(500, reason)
        if name in self._links:
            raise Refused(500, f"existing interface {name} is not a bridge")
        self._links.add(name)
        self._made[network] = name
        self._parents["bridge", name] = network


def _is_empty(subnets: List[Subnet]) -> bool:
    return not subnets or str(subnets[0]) == "0.0.0.0/0"


def _check_bridge_options(options: Mapping[str, str]) -> None:
    for flag in ("enable_icc", "enable_ip_masquerade", "inhibit_ipv4"):
        key = _BRIDGE + flag
        value = options.get(key, "true")
        try:
            golang.parse_bool(value)
        except golang.GoError as error:
            raise _unparsed(key, value, str(error)) from None
    key = f"{_BRIDGE}host_binding_ipv4"
    if parse_address(options.get(key, "0.0.0.0")) is None:
        raise _unparsed(key, options[key], "nil ip")
    mtu = options.get(_MTU, "0")
    if not _ATOI.fullmatch(mtu):
        raise _unparsed(_MTU, mtu, f"strconv.Atoi: parsing {golang.quote(mtu)}: invalid syntax")
    if int(mtu) < 0:
        raise Refused(500, f"invalid MTU number: {int(mtu)}")


def _unparsed(key: str, value: str, reason: str) -> Refused:
    return Refused(500, f"failed to parse {key} value: {value} ({reason})")
