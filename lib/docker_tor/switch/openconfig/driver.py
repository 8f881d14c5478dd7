"""The driver of a switch with OpenConfig's models, under the names of `switch.driver.Driver`.

What stands where is known once the switch has said its hello: `bind` gives the driver of a session.
"""

import copy
from typing import Any, Dict, FrozenSet, List, Optional, Sequence

from lxml import etree

from ...config import platforms
from ...netconf.rpc_errors import Words
from ...netconf.session import Session
from .. import edit
from ..driver import Interfaces, Neighbour, Step
from ..model import Vlan
from ..nos import driver as nos
from . import edits, layout, operational, running_config

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
    port_filters = staticmethod(running_config.port_filters)
    read_ports = staticmethod(running_config.read_ports)
    save = staticmethod(operational.save)

    def __init__(self, vlan_name: str, interface_name: str = platform.interface) -> None:
        super().__init__(vlan_name, interface_name)
        self._layout = layout.Layout(interface_name)

    def bind(self, capabilities: Sequence[str]) -> "Driver":
        """See `layout`."""
        bound = copy.copy(self)
        bound._layout = layout.of(self._layout.name, capabilities)
        return bound

    def filters(self, vlans: Sequence[int]) -> List[str]:
        """See `running_config`, as for the next three."""
        return running_config.filters(self._layout, vlans)

    def survey(self) -> str:
        return running_config.survey(self._layout)

    def read(self, data: etree._Element) -> Dict[int, Vlan]:
        return running_config.read(self._layout, data)

    def _shown(self, vlan: int, have: Vlan) -> List[str]:
        return running_config.shown(self._layout, vlan, have)

    def rbridges(self, data: Any) -> FrozenSet[int]:  # noqa: ARG002  # the Protocol's
        """There are none."""
        return frozenset()

    def steps(self, vlan: int, have: Vlan, want: Vlan) -> List[Step]:
        """See `edits`, as for the next one."""
        return edits.steps(self._layout, vlan, have, want)

    def payload(self, steps: Sequence[Step]) -> str:
        made = edits.joined(steps) if steps[0].port else (step.edit for step in steps)
        return edit.payload(made)

    def interfaces(
        self,
        session: Session,
        rbridge: Optional[int] = None,  # noqa: ARG002  # the Protocol's
    ) -> Interfaces:
        """See `operational`."""
        return operational.interfaces(session)

    def neighbours(self, session: Session) -> Sequence[Neighbour]:
        """See `lldp`."""
        from . import lldp

        return lldp.neighbours(session, self.platform)
