"""The order of edits that NOS accepts, from what it has of a VLAN to what it should have. Pure.

Deletions are first, from the outside in: the ports, out of service, the addresses, the rbridge's
Ve, the global Ve, the VLAN. Additions follow, from the inside out. A Ve that is new is shut until
told otherwise, globally and on its rbridge. A switch that has it in service from the start just
needs fewer steps.
"""

from ipaddress import IPv4Interface
from typing import Iterator, List, Optional, Tuple

from ..driver import Step
from ..model import NEW, Ve, Vlan, primaries
from . import edits, ports
from .edits import Edit, Place

Ranked = Tuple[int, str, Edit]


def steps(vlan: int, have: Vlan, want: Vlan) -> List[Step]:
    """The steps from `have` to `want` in order; none if they are alike."""
    found = [Step(rank, vlan, None, does, edit) for rank, does, edit in _vlan(vlan, have, want)]
    for rbridge in sorted({*have.ves, *want.ves}, key=lambda one: one or 0):
        here, meant = have.ves.get(rbridge), want.ves.get(rbridge)
        name, place = f"Ve {vlan} on rbridge {rbridge}", edits.place(rbridge or 0, vlan)
        for rank, does, edit in ve_steps(name, place, here, meant):
            found.append(Step(rank, vlan, rbridge, does, edit))
    found += ports.steps(vlan, have, want)
    return sorted(found, key=lambda step: step.rank)


def _vlan(vlan: int, have: Vlan, want: Vlan) -> Iterator[Ranked]:
    if have.in_service and not want.in_service:
        yield 0, f"shut global Ve {vlan}", edits.global_shutdown(vlan)
    if have.in_service is not None and want.in_service is None:
        yield 6, f"remove global Ve {vlan}", edits.global_ve(vlan, delete=True)
    if have.name is not None and want.name is None:
        yield 7, f"remove VLAN {vlan}", edits.whole_vlan(vlan, delete=True)
    if have.name is None and want.name is not None:
        yield 8, f"add VLAN {vlan} named {want.name!r}", edits.vlan(vlan, want.name)
    if have.in_service is None and want.in_service is not None:
        yield 9, f"add global Ve {vlan}", edits.global_ve(vlan)
    if want.in_service and not have.in_service:
        up = edits.global_shutdown(vlan, delete=True)
        yield 15, f"no shutdown of global Ve {vlan}", up


def ve_steps(name: str, place: Place, have: Optional[Ve], want: Optional[Ve]) -> Iterator[Ranked]:
    """The steps of one Ve, which is called so for a person."""
    here, meant = have or NEW, want or NEW
    if not here.shut and meant.shut:
        yield 1, f"shut {name}", place.shutdown()
    for rank, flag, address in moves(here.ipv4, meant.ipv4):
        delete = rank <= 3
        does = f"remove {address} from {name}" if delete else f"add {address} to {name}"
        yield rank, does, place.ipv4(address, flag=flag, delete=delete)
    for gone in here.ipv6:
        if gone not in meant.ipv6:
            yield 4, f"remove {gone} from {name}", place.ipv6(gone, delete=True)
    if have is not None and want is None:
        yield 5, f"remove {name}", place.ve(delete=True)
    if have is None and want is not None and not want.addresses:
        yield 10, f"add {name}", place.ve()
    for new in meant.ipv6:
        if new not in here.ipv6:
            yield 13, f"add {new} to {name}", place.ipv6(new)
    if here.shut and not meant.shut:
        yield 14, f"no shutdown of {name}", place.shutdown(delete=True)


def moves(
    have: Tuple[IPv4Interface, ...], want: Tuple[IPv4Interface, ...]
) -> Iterator[Tuple[int, str, IPv4Interface]]:
    """Rank, flag and address of what goes (up to 3), and then of what is added. Of each subnet, a
    switch deletes the primary address last and adds it first."""
    was, meant = primaries(have), primaries(want)
    same = {subnet for subnet, primary in was.items() if meant.get(subnet) == primary}
    stay = [one for one in have if one in want and one.network in same]
    for address in have:
        if address not in stay:
            yield (3, "", address) if address in was.values() else (2, "secondary", address)
    for address in want:
        if address not in stay:
            yield (11, "", address) if address in meant.values() else (12, "secondary", address)
