"""The order of edits from what a switch has of a VLAN to what it should have. Pure.

An interface goes as a whole, with its addresses, before its VLAN. A new one comes after the VLAN,
shut, and tied to it; then its addresses; then it is put in service.
"""

from typing import Iterator, List

from ..driver import Step
from ..model import NEW, Vlan, by_subnet
from ..nos.steps import Ranked, ve_steps
from . import edits
from .layout import Layout


def steps(layout: Layout, vlan: int, have: Vlan, want: Vlan) -> List[Step]:
    """The steps from `have` to `want` in order; none if they are alike."""
    found = [*_vlan(layout, vlan, have, want), *_interface(layout, vlan, have, want)]
    ordered = sorted(found, key=lambda one: one[0])
    return [Step(rank, vlan, None, does, edit) for rank, does, edit in ordered]


def _vlan(layout: Layout, vlan: int, have: Vlan, want: Vlan) -> Iterator[Ranked]:
    if have.name is not None and want.name is None:
        yield 7, f"remove VLAN {vlan}", edits.whole_vlan(layout, vlan)
    if have.name is None and want.name is not None:
        yield 8, f"add VLAN {vlan} named {want.name!r}", edits.vlan(layout, vlan, want.name)
    if have.in_service is False and want.in_service:
        yield 15, f"activate VLAN {vlan}", edits.status(layout, vlan, edits.ACTIVE)
    if have.in_service is not False and want.in_service is False:
        yield 15, f"suspend VLAN {vlan}", edits.status(layout, vlan, edits.SUSPENDED)


def _interface(layout: Layout, vlan: int, have: Vlan, want: Vlan) -> Iterator[Ranked]:
    here, meant = have.ves.get(None), want.ves.get(None)
    name, place = layout.interface(vlan), edits.Place(layout, vlan)
    tied, to_be_tied = have.in_service is not None, want.in_service is not None
    if meant is None:
        if here is not None:
            yield 5, f"remove {name}", place.ve(delete=True)
        return
    if here is None:
        here = NEW
        yield 9, f"add {name}", place.ve(tied=to_be_tied)
    elif tied != to_be_tied:
        does = f"tie {name} to VLAN {vlan}" if to_be_tied else f"untie {name} from VLAN {vlan}"
        yield 10, does, place.tie(delete=tied)
    if not layout.types:
        # Which of a subnet's addresses is the primary one is not ours to say.
        both = (*(one for one in meant.ipv4 if one in here.ipv4), *here.ipv4)
        here = here._replace(ipv4=by_subnet(both))
    yield from ve_steps(name, place, here, meant)
