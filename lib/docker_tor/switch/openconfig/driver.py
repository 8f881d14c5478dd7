"""The driver of a switch with OpenConfig's models, under the names of `switch.driver.Driver`.

What stands where is known once the switch has said its hello: `bind` gives the driver of a session.
One that is not bound goes by the newest models: what it asks first is asked anew if that is wrong.
"""

import copy
from typing import Any, FrozenSet, List, Sequence

from ...config import platforms
from ...netconf.rpc_errors import Words
from ...netconf.session import Session
from .. import edit, reading
from ..driver import Neighbour, Step
from ..model import Vlan
from ..nos import driver as nos
from . import edits, layout, lldp, operational, running_config

# Said of whatever a switch refuses: each vendor has words of its own.
_LOOK = (
    "Look at the running config of that interface. If the switch calls a VLAN's interface"
    " otherwise, set its `interface_name` in docker.yaml."
)


class Driver(nos.Driver):
    """The driver of such a switch, whose edits and reads are those of its layout."""

    platform = platforms.OPENCONFIG
    words = Words(remedies=(("", _LOOK),))
    base_1_1 = True
    filters = running_config.filters
    survey = running_config.survey
    read = running_config.read
    port_filters = staticmethod(running_config.port_filters)
    read_ports = staticmethod(running_config.read_ports)
    steps = edits.steps
    interfaces = staticmethod(operational.interfaces)
    save = staticmethod(operational.save)

    def __init__(self, vlan_name: str, interface_name: str = platform.interface) -> None:
        super().__init__(vlan_name, interface_name)
        self.layout = layout.Layout(interface_name)

    def bind(self, capabilities: Sequence[str]) -> "Driver":
        """See `layout`."""
        bound = copy.copy(self)
        bound.layout = layout.of(self.layout.name, capabilities)
        return bound

    def payload(self, steps: Sequence[Step]) -> str:
        """See `edits`."""
        made = edits.joined(steps) if steps[0].port else (step.edit for step in steps)
        return edit.payload(made)

    def rbridges(self, data: Any) -> FrozenSet[int]:  # noqa: ARG002  # the Protocol's
        """There are none."""
        return frozenset()

    def neighbours(self, session: Session) -> Sequence[Neighbour]:
        """See `lldp`."""
        return lldp.neighbours(session, self.platform)

    def _shown(self, vlan: int, have: Vlan) -> List[str]:
        return reading.shown(vlan, have, self.interface(vlan))
