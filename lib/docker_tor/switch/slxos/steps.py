"""The order of edits from what SLX-OS has of a VLAN to what it should have. Pure.

It is NOS's order, with the VLAN's router-interface in the place of the global Ve. That SLX-OS wants
it so is not known: it is the order of the vendor's guides for its command line.
"""

from typing import Iterator, List, Optional

from ..driver import Step
from ..model import NEW, Ve, Vlan
from ..nos.steps import SECONDARY, ipv4_in_order
from . import edits


def steps(vlan: int, have: Vlan, want: Vlan) -> List[Step]:
    """The steps from `have` to `want` in order; none if they are alike."""
    found = [*_vlan(vlan, have, want), *_ve(vlan, have.ves.get(None), want.ves.get(None))]
    return sorted(found, key=lambda step: step.rank)


def _vlan(vlan: int, have: Vlan, want: Vlan) -> Iterator[Step]:
    tied, to_be_tied = have.in_service is not None, want.in_service is not None
    if tied and not to_be_tied:
        edit = edits.router_interface(vlan, delete=True)
        yield Step(6, vlan, None, f"untie VLAN {vlan} from Ve {vlan}", edit)
    if have.name is not None and want.name is None:
        yield Step(7, vlan, None, f"remove VLAN {vlan}", edits.whole_vlan(vlan))
    if have.name is None and want.name is not None:
        does = f"add VLAN {vlan} named {want.name!r}"
        yield Step(8, vlan, None, does, edits.vlan(vlan, want.name))
    if to_be_tied and not tied:
        does = f"tie VLAN {vlan} to Ve {vlan}"
        yield Step(9, vlan, None, does, edits.router_interface(vlan))


def _ve(vlan: int, have: Optional[Ve], want: Optional[Ve]) -> Iterator[Step]:
    here, meant = have or NEW, want or NEW
    if not here.shut and meant.shut:
        yield Step(1, vlan, None, f"shut Ve {vlan}", edits.shutdown(vlan))
    for rank, address in ipv4_in_order(here.ipv4, meant.ipv4):
        delete = rank <= 3
        does = f"remove {address} from Ve {vlan}" if delete else f"add {address} to Ve {vlan}"
        flag = "secondary" if rank in SECONDARY else ""
        yield Step(rank, vlan, None, does, edits.ipv4(vlan, address, flag=flag, delete=delete))
    for gone in here.ipv6:
        if gone not in meant.ipv6:
            edit = edits.ipv6(vlan, gone, delete=True)
            yield Step(4, vlan, None, f"remove {gone} from Ve {vlan}", edit)
    if have is not None and want is None:
        yield Step(5, vlan, None, f"remove Ve {vlan}", edits.ve(vlan, delete=True))
    if have is None and want is not None and not want.addresses:
        yield Step(10, vlan, None, f"add Ve {vlan}", edits.ve(vlan))
    for new in meant.ipv6:
        if new not in here.ipv6:
            yield Step(13, vlan, None, f"add {new} to Ve {vlan}", edits.ipv6(vlan, new))
    if here.shut and not meant.shut:
        up = edits.shutdown(vlan, delete=True)
        yield Step(14, vlan, None, f"no shutdown of Ve {vlan}", up)
