"""The order of edits from what SLX-OS has of a VLAN to what it should have. Pure.

It is NOS's order, with the VLAN's router-interface in the place of the global Ve. That SLX-OS wants
it so is not known.
"""

from typing import Iterator, List

from ..driver import Step
from ..model import Vlan
from ..nos import ports
from ..nos.steps import Ranked, ve_steps
from . import edits


def steps(vlan: int, have: Vlan, want: Vlan) -> List[Step]:
    """The steps from `have` to `want` in order; none if they are alike."""
    here, meant = have.ves.get(None), want.ves.get(None)
    found = [
        *_vlan(vlan, have, want),
        *ve_steps(f"Ve {vlan}", edits.place(vlan), here, meant),
    ]
    steps = [Step(rank, vlan, None, does, edit) for rank, does, edit in found]
    steps += ports.steps(vlan, have, want)
    return sorted(steps, key=lambda step: step.rank)


def _vlan(vlan: int, have: Vlan, want: Vlan) -> Iterator[Ranked]:
    tied, to_be_tied = have.in_service is not None, want.in_service is not None
    if tied and not to_be_tied:
        untie = edits.router_interface(vlan, delete=True)
        yield 6, f"untie VLAN {vlan} from Ve {vlan}", untie
    if have.name is not None and want.name is None:
        yield 7, f"remove VLAN {vlan}", edits.whole_vlan(vlan)
    if have.name is None and want.name is not None:
        yield 8, f"add VLAN {vlan} named {want.name!r}", edits.vlan(vlan, want.name)
    if to_be_tied and not tied:
        yield 9, f"tie VLAN {vlan} to Ve {vlan}", edits.router_interface(vlan)
