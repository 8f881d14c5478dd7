"""What one engine lists: the networks that call for a VLAN, those that cannot have it, and why the
others are passed over. Pure.

Every field of a listing is somebody else's word. Shapes and quirks: Docker Engine API 1.41, as
recorded from Docker Engine 20.10.24 (tests/fixtures/docker-recordings).
"""

import contextlib
import re
from typing import (
    Any,
    Dict,
    FrozenSet,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Tuple,
    Union,
)

from ..common.errors import DockerTorError, InvalidValue
from ..common.sanitize import label, printable, quoted
from ..config import limits
from . import gateways
from .gateways import mapping

DRIVERS = ("macvlan", "ipvlan")
OPT_OUT = "docker_tor"
"""The label by which a network asks to be left alone: one of `NO`, in any case."""
NO = ("off", "false", "no", "0", "disabled", "disable", "n", "f")
YES = ("on", "true", "yes", "1", "enabled", "enable", "y", "t")

# docker's drivers take the VLAN after the last dot of the parent, in decimal.
_TAGGED = re.compile(r"(?P<interface>.+)\.(?P<vlan>[0-9]{1,9})\Z")
_ROUTED_BY_THE_HOST = ("l3", "l3s")
_ID = re.compile(r"[0-9a-z]{1,64}\Z")
_TIME = re.compile(r"[0-9T:.Z+-]{1,40}\Z")


class Listing(List[Any]):
    """`GET /networks`: whatever the engine put in it, and the version of the API that it has
    answered in, as "1.41"; empty where it does not say."""

    def __init__(self, networks: Iterable[Any] = (), api: str = "") -> None:
        super().__init__(networks)
        self.api = api


class Network(NamedTuple):
    """A Docker network that calls for a VLAN.

    `addresses` are the Ve's, with prefix lengths, none where the network has no gateway; those that
    the engine has chosen itself are also in `chosen`. `created` is the engine's own time stamp.
    `name` and `parent` are fit to be shown: where that is not all of them, `full_name` and `link`
    (the host's interface that the network is on) say the rest. `tagged` is false where the parent
    carries no tag, and docker.yaml names its VLAN.
    """

    id: str
    name: str
    engine: str
    driver: str
    parent: str
    vlan: int
    addresses: FrozenSet[limits.VeAddress]
    created: str = ""
    chosen: FrozenSet[limits.VeAddress] = frozenset()
    full_name: str = ""
    link: str = ""
    tagged: bool = True

    @property
    def interface(self) -> str:
        """The host's interface that is plugged in: without its tag, where there is one."""
        return self.link or self.parent.rpartition(".")[0]

    def as_payload(self) -> Dict[str, str]:
        """What a trigger says of the network; names are labels, fit to be shown."""
        return {
            "id": self.id,
            "name": self.name,
            "engine": self.engine,
            "driver": self.driver,
            "parent": self.parent,
        }


class Refusal(NamedTuple):
    """A network that nothing is done for, as `Network.as_payload` shows it, why, and its whole name
    where that is another."""

    network: Mapping[str, str]
    error: DockerTorError
    full_name: str = ""

    @property
    def key(self) -> Tuple[str, str, str]:
        """Engine, network and reason: what makes it worth telling again."""
        return self.network["engine"], self.network["id"], str(self.error)

    @property
    def may_surprise(self) -> bool:
        """Whether somebody may wonder why nothing is done for it: others are never looked at."""
        return self.network["driver"] in DRIVERS


def ids(listing: Iterable[Any]) -> FrozenSet[str]:
    """The ids of all that an engine lists, but for networks whose config-only network it does not:
    a manager that has lost what is its own still lists its swarm's networks."""
    found = _items(listing)
    return frozenset(item["Id"] for item, templates in found if not _lacks(item, templates))


def read(
    engine: str, listing: Iterable[Any], vlans: Mapping[str, int] = {}
) -> Tuple[List[Network], List[Refusal]]:
    """Of one engine's listing, what calls for a VLAN, and what does and cannot have it, by id.

    `vlans` are those that docker.yaml names for parents without a tag. A plain list is one of an
    engine that does not say its version. What is in neither has been passed over.
    """
    api = listing.api if isinstance(listing, Listing) else ""
    wanted: List[Network] = []
    refused: List[Refusal] = []
    for item, templates in _items(listing):
        # What JSON can nest may still be too deep for an error to show it.
        with contextlib.suppress(RecursionError):
            call = _call(item, templates, vlans)
            if not isinstance(call, _Call):
                continue
            shown = _shown(engine, item, call.parent)
            try:
                wanted.append(_network(shown, call, item, templates, api))
            except InvalidValue as error:
                refused.append(Refusal(shown, error, _rest_of(item.get("Name"))))
    return sorted(wanted, key=lambda one: one.id), sorted(refused, key=lambda one: one.key)


def passed_over(
    engine: str, listing: Iterable[Any], vlans: Mapping[str, int] = {}
) -> List[Refusal]:
    """The networks of a listing that `read` says nothing of, and why they call for no VLAN."""
    found: List[Refusal] = []
    for item, templates in _items(listing):
        with contextlib.suppress(RecursionError):
            why = _call(item, templates, vlans)
            if isinstance(why, InvalidValue):
                shown = _shown(engine, item, _options(item, templates).get("parent"))
                found.append(Refusal(shown, why, _rest_of(item.get("Name"))))
    return sorted(found, key=lambda one: one.key)


Templates = Mapping[str, Mapping[str, Any]]
"""The engine's config-only networks by name."""


class _Call(NamedTuple):
    """What a network's parent says: itself, the interface that is plugged in, the VLAN, and whether
    that is a tag."""

    parent: str
    interface: str
    vlan: Union[str, int]
    tagged: bool


def _items(listing: Iterable[Any]) -> Iterator[Tuple[Mapping[str, Any], Templates]]:
    """What has the shape of a network, each with all templates."""
    items = [item for item in listing if isinstance(item, Mapping)]
    templates = {
        item["Name"]: item
        for item in items
        if item.get("ConfigOnly") is True and isinstance(item.get("Name"), str)
    }
    for item in items:
        identity = item.get("Id")
        if isinstance(identity, str) and _ID.match(identity):
            yield item, templates


def _call(
    item: Mapping[str, Any], templates: Templates, vlans: Mapping[str, int]
) -> Union[_Call, InvalidValue]:
    """What a network's parent says, or why it is passed over."""
    if item.get("ConfigOnly"):
        return InvalidValue("it is a template for other networks, and no network itself")
    if item.get("Driver") not in DRIVERS:
        driver = printable(item.get("Driver"), 64)
        return InvalidValue(f"its driver is {driver}, and only macvlan and ipvlan are followed")
    parent = _options(item, templates).get("parent")
    if not isinstance(parent, str) or not parent:
        lacks = printable(_lacks(item, templates), 64)
        why = f"its engine does not list the config-only network {lacks}" if lacks else ""
        return InvalidValue(why or "it names no parent interface, so it is on no VLAN")
    if _wish(item, templates) in NO:
        return InvalidValue(
            f"its label {OPT_OUT} says that it is to be left alone",
            remedy="Create the network again without the label, if that is not so.",
        )
    if parent in vlans:
        return _Call(parent, parent, vlans[parent], tagged=False)
    tagged = _TAGGED.match(parent)
    if tagged is None:
        return InvalidValue(
            f"its parent {printable(parent, 64)} carries no tag that can be seen",
            remedy="If it is on a VLAN, add it to the engine's uplinks: parent, vlan, switch.",
        )
    return _Call(parent, tagged["interface"], tagged["vlan"], tagged=True)


def _wish(item: Mapping[str, Any], templates: Templates) -> Optional[str]:
    """What the network's label says, or its config-only network's; None where there is none."""
    for source in (item, _template(item, templates)):
        labels = mapping(source.get("Labels"))
        if OPT_OUT in labels:
            return str(labels[OPT_OUT]).strip().lower()
    return None


def _shown(engine: str, item: Mapping[str, Any], parent: Any) -> Dict[str, str]:
    return {
        "id": item["Id"],
        "name": label(item.get("Name")),
        "engine": engine,
        "driver": label(item.get("Driver")),
        "parent": label(parent) if isinstance(parent, str) else "",
    }


def _rest_of(name: Any) -> str:
    """The whole of a name that its label does not show whole."""
    return name if isinstance(name, str) and name != label(name) else ""


def _network(
    shown: Mapping[str, str],
    call: _Call,
    item: Mapping[str, Any],
    templates: Templates,
    api: str,
) -> Network:
    wish = _wish(item, templates)
    if wish is not None and wish not in YES:
        raise InvalidValue(
            f"its label {OPT_OUT} is {quoted(wish)}, which means neither on nor off, so it is left"
            " alone",
            remedy="Create the network again with on or off, or without the label.",
        )
    vlan = _vlan(call, item, templates)
    # A swarm-scoped network shows no subnets on a manager (recording 33-swarm-macvlan).
    source = item if gateways.pools(item) else _template(item, templates)
    found = gateways.of(item, source, api)
    created = item.get("Created")
    network = Network(
        **shown,
        vlan=vlan,
        addresses=found.addresses,
        created=created if isinstance(created, str) and _TIME.match(created) else "",
        chosen=found.chosen,
        full_name=_rest_of(item.get("Name")),
        tagged=call.tagged,
    )
    whole = network.interface == call.interface
    return network if whole else network._replace(link=call.interface)


def _vlan(call: _Call, item: Mapping[str, Any], templates: Templates) -> int:
    if call.tagged and _TAGGED.match(call.interface):
        raise InvalidValue(
            f"its parent {printable(call.parent, 64)} is a VLAN inside another (QinQ), and the"
            " switch goes by the outer one",
            remedy="Use a parent with one tag, or label the network docker_tor=off.",
        )
    mode = _options(item, templates).get("ipvlan_mode")
    if item.get("Driver") == "ipvlan" and mode in _ROUTED_BY_THE_HOST:
        raise InvalidValue(
            f"it is an ipvlan network in mode {mode}, which its host routes: the switch needs a"
            " route to that host, and no Ve",
            remedy="Make that route at the switch, and label the network docker_tor=off; or use"
            " ipvlan_mode=l2.",
        )
    # Of the parent itself: what is shown of it may have been cut.
    return limits.vlan_id(call.vlan, "the VLAN of the network's parent")


def _template(item: Mapping[str, Any], templates: Templates) -> Mapping[str, Any]:
    # A swarm-scoped network shows neither options nor subnets on a manager, only the name of the
    # node's own config-only network that holds them (recording 33-swarm-macvlan).
    name = mapping(item.get("ConfigFrom")).get("Network")
    return templates.get(name, {}) if isinstance(name, str) else {}


def _lacks(item: Mapping[str, Any], templates: Templates) -> str:
    """The config-only network that says all of this one and is not listed; empty if it is."""
    name = mapping(item.get("ConfigFrom")).get("Network")
    known = not isinstance(name, str) or name in templates or mapping(item.get("Options"))
    return "" if known else str(name)


def _options(item: Mapping[str, Any], templates: Templates) -> Mapping[str, Any]:
    own = mapping(item.get("Options"))
    return own or mapping(_template(item, templates).get("Options"))
