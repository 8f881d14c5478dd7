"""What one engine lists: the networks that need a VLAN, and why the others get none. Pure.

`observe` reads the reply of `GET /networks` and puts each network into one of three lists:

- `wanted`: a macvlan or ipvlan network whose parent carries a VLAN tag, or whose VLAN an uplink in
  docker.yaml names;
- `rejected`: it asks for a VLAN and cannot have it, as for a VLAN that the switch reserves;
- `ignored`: it asks for none, or its label `docker_tor` says that it is to be left alone.

A list is nearly the one before. So a `Reader` keeps what it made of each network of that one, by a
digest of all that it goes by, and reads only what is new.

Every field of a listing is somebody else's word, of any type and any length. What is shown of it is
sanitised; what is compared with docker.yaml is whole. Shapes and quirks: Docker Engine API 1.41, as
recorded from Docker Engine 20.10.24 (tests/fixtures/docker-recordings).
"""

import contextlib
import hashlib
import math
import re
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Union

from ..common.errors import InvalidValue
from ..common.sanitize import label, printable, quoted
from ..config import limits
from . import gateways
from .gateways import mapping
from .networks import DRIVERS, Network, Observed, Rejection

OPT_OUT = "docker_tor"
"""The label by which a network asks to be left alone: one of `NO`, in any case."""
NO = ("off", "false", "no", "0", "disabled", "disable", "n", "f")
YES = ("on", "true", "yes", "1", "enabled", "enable", "y", "t")

# Docker's drivers take the VLAN after the last dot of the parent, in decimal.
_TAGGED = re.compile(r"(?P<interface>.+)\.(?P<vlan>[0-9]{1,9})\Z")
_ROUTED_BY_THE_HOST = ("l3", "l3s")
_ID = re.compile(r"[0-9a-z]{1,64}\Z")
_TIME = re.compile(r"[0-9T:.Z+-]{1,40}\Z")


class Listing(List[Any]):
    """`GET /networks`: whatever the engine put in it. `api` is the version of the API that it
    answered in, as "1.41"; empty where it does not say."""

    def __init__(self, networks: Iterable[Any] = (), api: str = "") -> None:
        super().__init__(networks)
        self.api = api


class Ignored(NamedTuple):
    """A network that asks for no VLAN, as a rejection of it."""

    rejection: Rejection


Read = Union[Network, Rejection, Ignored]
"""What is known of a network that is listed."""


class Reader:
    """Reads the listings of one engine. `vlans` are those that docker.yaml names for parents
    without a tag. Not thread-safe."""

    def __init__(self, engine: str, vlans: Mapping[str, int] = {}) -> None:
        self._engine = engine
        self._vlans = vlans
        # By digest, of the last listing.
        self._known: Dict[bytes, Read] = {}

    def observe(
        self, listing: Iterable[Any], at: float = -math.inf, since: float = -math.inf
    ) -> Observed:
        """What a listing means; each list in an order of its own, by id. Never raises.

        A plain list is one of an engine that does not say its version.
        """
        api = listing.api if isinstance(listing, Listing) else ""
        items = [_Item(self._engine, one) for one in listing if isinstance(one, dict)]
        templates = {
            one.listed["Name"]: one.listed
            for one in items
            if one.listed.get("ConfigOnly") is True and isinstance(one.listed.get("Name"), str)
        }
        items = [one.made_from(templates) for one in items if one.has_id]
        # A manager that has lost what is its own still lists its swarm's networks.
        ids = frozenset(one.listed["Id"] for one in items if not one.lacks)
        found = Observed([], [], [], ids, at, since)
        known, self._known = self._known, {}
        for item in items:
            # What JSON can nest may still be too deep for an error to show it.
            with contextlib.suppress(RecursionError):
                digest = item.digest(api)
                read = known.get(digest) or self._read(item, api)
                if digest:
                    self._known[digest] = read
                if isinstance(read, Network):
                    found.wanted.append(read)
                elif isinstance(read, Ignored):
                    found.ignored.append(read.rejection)
                else:
                    found.rejected.append(read)
        found.wanted.sort(key=lambda one: one.id)
        found.rejected.sort(key=lambda one: one.key)
        found.ignored.sort(key=lambda one: one.key)
        return found

    def _read(self, item: "_Item", api: str) -> Read:
        tag = _tag(item, self._vlans)
        if isinstance(tag, InvalidValue):
            return Ignored(item.rejection(tag))
        try:
            return _network(item, tag, api)
        except InvalidValue as error:
            return item.rejection(error)


def observe(engine: str, listing: Iterable[Any], vlans: Mapping[str, int] = {}) -> Observed:
    """What one listing of an engine means, by itself."""
    return Reader(engine, vlans).observe(listing)


class _Item(NamedTuple):
    """A network as it is listed, with the config-only network that it was made from, if any.

    On a manager, a swarm-scoped network shows neither options nor subnets: only the name of the
    node's own config-only network, which has them (recording 33-swarm-macvlan). `lacks` is that
    name where no such network is listed.
    """

    engine: str
    listed: Mapping[str, Any]
    template: Mapping[str, Any] = {}
    lacks: str = ""

    @property
    def has_id(self) -> bool:
        identity = self.listed.get("Id")
        return isinstance(identity, str) and bool(_ID.match(identity))

    def made_from(self, templates: Mapping[str, Mapping[str, Any]]) -> "_Item":
        name = mapping(self.listed.get("ConfigFrom")).get("Network")
        if not isinstance(name, str):
            return self
        lacks = name not in templates and not mapping(self.listed.get("Options"))
        return self._replace(template=templates.get(name, {}), lacks=name if lacks else "")

    def digest(self, api: str) -> bytes:
        """Tells it from all that may be read otherwise; empty for what is nested too deeply."""
        try:
            text = repr((api, self.listed, self.template, self.lacks))
        except RecursionError:
            return b""
        return hashlib.blake2b(text.encode(), digest_size=16).digest()

    @property
    def options(self) -> Mapping[str, Any]:
        return mapping(self.listed.get("Options")) or mapping(self.template.get("Options"))

    @property
    def wish(self) -> Optional[str]:
        """What the label says, of the network or else of its template; None without a label."""
        for source in (self.listed, self.template):
            labels = mapping(source.get("Labels"))
            if OPT_OUT in labels:
                return str(labels[OPT_OUT]).strip().lower()
        return None

    @property
    def shown(self) -> Dict[str, str]:
        """What a person reads of it."""
        parent = self.options.get("parent")
        return {
            "id": self.listed["Id"],
            "name": label(self.listed.get("Name")),
            "engine": self.engine,
            "driver": label(self.listed.get("Driver")),
            "parent": label(parent) if isinstance(parent, str) else "",
        }

    @property
    def full_name(self) -> str:
        """The whole of a name that its label does not show whole."""
        name = self.listed.get("Name")
        return name if isinstance(name, str) and name != label(name) else ""

    def rejection(self, error: InvalidValue) -> Rejection:
        return Rejection(self.shown, error, self.full_name)


class _Tag(NamedTuple):
    """The VLAN of a network's parent, and the interface without it. `tagged` is whether the parent
    itself carries the tag."""

    interface: str
    vlan: Union[str, int]
    tagged: bool


def _tag(item: _Item, vlans: Mapping[str, int]) -> Union[_Tag, InvalidValue]:
    """What a network's parent says, or why the network is ignored."""
    if item.listed.get("ConfigOnly"):
        return InvalidValue("it is a template for other networks, and no network itself")
    if item.listed.get("Driver") not in DRIVERS:
        driver = printable(item.listed.get("Driver"), 64)
        return InvalidValue(f"its driver is {driver}, and only macvlan and ipvlan are followed")
    parent = item.options.get("parent")
    if not isinstance(parent, str) or not parent:
        lacks = printable(item.lacks, 64)
        why = f"its engine does not list the config-only network {lacks}" if lacks else ""
        return InvalidValue(why or "it names no parent interface, so it is on no VLAN")
    if item.wish in NO:
        return InvalidValue(
            f"its label {OPT_OUT} says that it is to be left alone",
            remedy="Create the network again without the label, if that is not so.",
        )
    if parent in vlans:
        return _Tag(parent, vlans[parent], tagged=False)
    tagged = _TAGGED.match(parent)
    if tagged is None:
        return InvalidValue(
            f"its parent {printable(parent, 64)} carries no tag that can be seen",
            remedy="If it is on a VLAN, add it to the engine's uplinks: parent, vlan, switch.",
        )
    return _Tag(tagged["interface"], tagged["vlan"], tagged=True)


def _network(item: _Item, tag: _Tag, api: str) -> Network:
    """The network as it is wanted. Raises InvalidValue for one that is rejected."""
    if item.wish is not None and item.wish not in YES:
        raise InvalidValue(
            f"its label {OPT_OUT} is {quoted(item.wish)}, which means neither on nor off, so it is"
            " left alone",
            remedy="Create the network again with on or off, or without the label.",
        )
    vlan = _vlan(item, tag)
    source = item.listed if gateways.pools(item.listed) else item.template
    found = gateways.of(item.listed, source, api)
    created = item.listed.get("Created")
    network = Network(
        **item.shown,
        vlan=vlan,
        addresses=found.addresses,
        created=created if isinstance(created, str) and _TIME.match(created) else "",
        chosen=found.chosen,
        full_name=item.full_name,
        tagged=tag.tagged,
        ports=(),
    )
    whole = network.interface == tag.interface
    return network if whole else network._replace(link=tag.interface)


def _vlan(item: _Item, tag: _Tag) -> int:
    if tag.tagged and _TAGGED.match(tag.interface):
        raise InvalidValue(
            f"its parent {printable(item.options['parent'], 64)} is a VLAN inside another (QinQ),"
            " and the switch goes by the outer one",
            remedy="Use a parent with one tag, or label the network docker_tor=off.",
        )
    mode = item.options.get("ipvlan_mode")
    if item.listed.get("Driver") == "ipvlan" and mode in _ROUTED_BY_THE_HOST:
        raise InvalidValue(
            f"it is an ipvlan network in mode {mode}, which its host routes: the switch needs a"
            " route to that host, and no Ve",
            remedy="Make that route at the switch, and label the network docker_tor=off; or use"
            " ipvlan_mode=l2.",
        )
    return limits.vlan_id(tag.vlan, "the VLAN of the network's parent")
