"""The edits from what a switch has of a VLAN to what it should have, in their order. Pure.

Deletions are first: from the ports, then the interface as a whole, and its VLAN. A new interface
comes after the VLAN, shut; then its addresses, `no shutdown`, the ports. What is configured of an
entry stands in its `config`, the key once more, too. The command lines are for a person, in words
that most such switches share.
"""

from typing import Dict, Iterator, List, NamedTuple, Sequence, Set, Tuple

from ...config.limits import VeAddress
from .. import trunk
from ..driver import Step
from ..edit import Edit, Element
from ..model import NEW, Ve, Vlan, by_subnet
from ..nos.steps import Ranked, moves
from ..trunk import Port
from .layout import Laid, Layout

_OC = "http://openconfig.net/yang"
VLAN, INSTANCE, INTERFACE = f"{_OC}/vlan", f"{_OC}/network-instance", f"{_OC}/interfaces"
IP, ETHERNET, LAG = f"{INTERFACE}/ip", f"{INTERFACE}/ethernet", f"{INTERFACE}/aggregate"
SECONDARY = "SECONDARY"
_IANA = (("ianaift", "urn:ietf:params:xml:ns:yang:iana-if-type"),)
_ROUTED = Element(INTERFACE, "type", text="ianaift:l3ipvlan", prefixes=_IANA)
_FIRST, _LAST = -1, 16
"""The ranks of what is taken from ports, and of what is added: before and after all the rest."""

_Path = Tuple[Element, ...]


def steps(of: Laid, vlan: int, have: Vlan, want: Vlan) -> List[Step]:
    """The steps from `have` to `want` in order; none if they are alike."""
    ranked = [*_vlan(of.layout, vlan, have, want), *_interface(of.layout, vlan, have, want)]
    found = [Step(rank, vlan, None, does, edit) for rank, does, edit in ranked]
    return sorted([*found, *_ports(vlan, have, want)], key=lambda step: step.rank)


def _vlan(layout: Layout, vlan: int, have: Vlan, want: Vlan) -> Iterator[Ranked]:
    namespace = INSTANCE if layout.instances else VLAN
    instance = Element(INSTANCE, "network-instance", "name", "default")
    above = (Element(INSTANCE, "network-instances"), instance) if layout.instances else ()
    key = Element(namespace, "vlan", "vlan-id", str(vlan))
    path, line = (*above, Element(namespace, "vlans"), key), f"vlan {vlan}"
    if have.name is not None and want.name is None:
        yield 7, f"remove VLAN {vlan}", Edit(path, (f"no {line}",), delete=True)
    if have.name is None and want.name is not None:
        edit = _config(path, (line, f" name {want.name}"), vlan_id=str(vlan), name=want.name)
        yield 8, f"add VLAN {vlan} named {want.name!r}", edit


def _interface(layout: Layout, vlan: int, have: Vlan, want: Vlan) -> Iterator[Ranked]:
    here, meant = have.ves.get(None), want.ves.get(None)
    name = layout.interface(vlan)
    path, line = _named(name), f"interface {name}"
    leaf = Element(VLAN, "vlan", text=str(vlan))
    tie = (Element(VLAN, "routed-vlan"), Element(VLAN, "config"), leaf)
    if here is not None and meant is None:
        yield 5, f"remove {name}", Edit(path, (f"no {line}",), delete=True)
    if meant is None:
        return
    if here is None:
        made = _config(path, (line,), name=name, enabled="false")
        kind = (Element(INTERFACE, "config"), _ROUTED)
        yield 9, f"add {name}", made._replace(inside=(*made.inside, kind, tie))
    elif want.in_service and not have.in_service:
        yield 10, f"tie {name} to VLAN {vlan}", Edit(path, (line,), inside=(tie,))
    here = here or NEW
    if meant.shut and not here.shut:
        yield 1, f"shut {name}", _config(path, (line, " shutdown"), enabled="false")
    if here.shut and not meant.shut:
        yield 14, f"no shutdown of {name}", _config(path, (line, " no shutdown"), enabled="true")
    for rank, flag, address in _moves(here, meant, layout.types):
        ip, length = str(address).split("/")
        word = "ipv6" if address.version == 6 else "ip"
        text = f"{word} address {address} {flag}".rstrip()
        family = Element(IP, f"ipv{address.version}"), Element(IP, "addresses")
        entry = (*path, tie[0], *family, Element(IP, "address", "ip", ip))
        if rank < 5:
            lines = (line, f" no {text}")
            yield rank, f"remove {address} from {name}", Edit(entry, lines, delete=True)
            continue
        more = {"type": SECONDARY} if flag and layout.types else {}
        edit = _config(entry, (line, f" {text}"), ip=ip, prefix_length=length, **more)
        yield rank, f"add {address} to {name}", edit


def _moves(here: Ve, meant: Ve, types: bool) -> Iterator[Tuple[int, str, VeAddress]]:
    """Rank, flag and address of what goes, up to 4, and of what is added."""
    had = here.ipv4
    if not types:
        # Which of a subnet's addresses is its primary one is not ours to say.
        had = by_subnet((*(one for one in meant.ipv4 if one in had), *had))
    yield from moves(had, meant.ipv4)
    yield from ((4, "", one) for one in here.ipv6 if one not in meant.ipv6)
    yield from ((13, "", one) for one in meant.ipv6 if one not in here.ipv6)


def _named(interface: str) -> _Path:
    key = Element(INTERFACE, "interface", "name", interface)
    return (Element(INTERFACE, "interfaces"), key)


def _config(path: _Path, lines: Tuple[str, ...], **leaves: str) -> Edit:
    """Leaves of the `config` of what the path leads to; their names have "_" for "-"."""
    namespace = path[-1].namespace
    config = Element(namespace, "config")
    made = (Element(namespace, name.replace("_", "-"), text=leaves[name]) for name in leaves)
    return Edit(path, lines, inside=tuple((config, leaf) for leaf in made))


class PortEdit(NamedTuple):
    """An edit of a port's list, with the port as it was."""

    port: Port
    cli: Tuple[str, ...]


def _ports(vlan: int, have: Vlan, want: Vlan) -> Iterator[Step]:
    for name, meant in want.ports.items():
        port, add = have.ports.get(name, Port()), meant.lists(vlan)
        if port.lists(vlan) != add:
            does = f"allow VLAN {vlan} on {name}" if add else f"remove VLAN {vlan} from {name}"
            line = f" switchport trunk allowed vlan {'add' if add else 'remove'} {vlan}"
            edit = PortEdit(port, (f"interface {name}", line))
            yield Step(_LAST if add else _FIRST, vlan, None, does, edit, name)


def joined(steps: Sequence[Step]) -> Iterator[Edit]:
    """The edits of port steps that go out together. Of a range such as "100..199" a VLAN is taken
    with the range, and the rest is added. An empty list would let all VLANs through: one stays."""
    ports: Dict[str, Tuple[Step, Set[int]]] = {}
    for step in steps:
        ports.setdefault(step.port, (step, set()))[1].add(step.vlan)
    for name, (step, vlans) in ports.items():
        port: Port = step.edit.port
        if step.rank == _LAST:
            yield from (_listed(name, port, str(vlan)) for vlan in sorted(vlans))
            continue
        gone = vlans if port.vlans - vlans else vlans - {max(vlans)}
        for entry in port.form[1:]:
            inside = trunk.parse(entry.replace("..", "-"))
            if inside & gone:
                yield _listed(name, port, entry, delete=True)
                left = filter(None, trunk.printed(inside - gone).split(","))
                yield from (_listed(name, port, one.replace("-", "..")) for one in left)


def _listed(name: str, port: Port, entry: str, *, delete: bool = False) -> Edit:
    kind = Element(LAG, "aggregation") if LAG in port.form else Element(ETHERNET, "ethernet")
    leaf = Element(VLAN, "trunk-vlans", text=entry)
    inside = (Element(VLAN, "switched-vlan"), Element(VLAN, "config"), leaf)
    return Edit((*_named(name), kind, *inside), (), delete)
