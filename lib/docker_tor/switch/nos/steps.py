"""The order of edits that NOS accepts, from what it has of a VLAN to what it should have. Pure.

Deletions are first, from the outside in: out of service, the addresses, the rbridge's Ve, the
global Ve, the VLAN. Additions follow, from the inside out. A Ve that is new is shut until told
otherwise, globally and on its rbridge. A switch that has it in service from the start just needs
fewer steps.
"""

from ipaddress import IPv4Interface
from typing import Iterator, List, Optional, Tuple

from ..driver import Step
from ..model import NEW, Ve, Vlan, primaries
from . import edits
from .edits import Edit

Ranked = Tuple[int, str, Edit]


def steps(vlan: int, have: Vlan, want: Vlan) -> List[Step]:
    """The steps from `have` to `want` in order; none if they are alike."""
    found = [Step(rank, vlan, None, does, edit) for rank, does, edit in _vlan(vlan, have, want)]
    for rbridge in sorted({*have.ves, *want.ves}, key=lambda one: one or 0):
        here, meant = have.ves.get(rbridge), want.ves.get(rbridge)
        for rank, does, edit in _ve(rbridge or 0, vlan, here, meant):
            found.append(Step(rank, vlan, rbridge, does, edit))
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


def _ve(rbridge: int, vlan: int, have: Optional[Ve], want: Optional[Ve]) -> Iterator[Ranked]:
    place = f"Ve {vlan} on rbridge {rbridge}"
    here, meant = have or NEW, want or NEW
    if not here.shut and meant.shut:
        yield 1, f"shut {place}", edits.shutdown(rbridge, vlan)
    for rank, address in ipv4_in_order(here.ipv4, meant.ipv4):
        delete = rank <= 3
        make = edits.secondary if rank in SECONDARY else edits.ipv4
        does = f"remove {address} from {place}" if delete else f"add {address} to {place}"
        yield rank, does, make(rbridge, vlan, address, delete=delete)
    for gone in here.ipv6:
        if gone not in meant.ipv6:
            edit = edits.ipv6(rbridge, vlan, gone, delete=True)
            yield 4, f"remove {gone} from {place}", edit
    if have is not None and want is None:
        yield 5, f"remove {place}", edits.ve(rbridge, vlan, delete=True)
    if have is None and want is not None and not want.addresses:
        yield 10, f"add {place}", edits.ve(rbridge, vlan)
    for new in meant.ipv6:
        if new not in here.ipv6:
            yield 13, f"add {new} to {place}", edits.ipv6(rbridge, vlan, new)
    if here.shut and not meant.shut:
        up = edits.shutdown(rbridge, vlan, delete=True)
        yield 14, f"no shutdown of {place}", up


SECONDARY = (2, 12)
"""The ranks of addresses that are secondary in their subnets."""


def ipv4_in_order(
    have: Tuple[IPv4Interface, ...], want: Tuple[IPv4Interface, ...]
) -> Iterator[Tuple[int, IPv4Interface]]:
    """Rank and address of what goes (up to 3), and then of what is added. Of each subnet, a switch
    deletes the primary address last and adds it first."""
    was, meant = primaries(have), primaries(want)
    same = {subnet for subnet, primary in was.items() if meant.get(subnet) == primary}
    stay = [one for one in have if one in want and one.network in same]
    for address in have:
        if address not in stay:
            yield 3 if address in was.values() else 2, address
    for address in want:
        if address not in stay:
            yield 11 if address in meant.values() else 12, address
