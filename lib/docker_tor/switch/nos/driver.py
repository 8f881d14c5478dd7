"""NOS's driver: what the parts of this folder do, under the names of `switch.driver.Driver`."""

from typing import Dict, List, Optional, Sequence

from lxml import etree

from ...config import platforms
from ...netconf.session import Session
from .. import edit
from ..driver import Interfaces, Neighbour, Step
from ..model import Vlan
from ..trunk import Port
from . import running_config, words


class Driver:
    """A VDX's driver; `vlan_name` is what the pack's own VLANs are named."""

    platform = platforms.NOS
    words = words.WORDS
    base_1_1 = False
    filters = staticmethod(running_config.filters)
    survey = staticmethod(running_config.survey)
    read = staticmethod(running_config.read)
    rbridges = staticmethod(running_config.rbridges)
    _shown = staticmethod(running_config.shown)

    def __init__(self, vlan_name: str, interface_name: str = platforms.NOS.interface) -> None:
        self.vlan_name = vlan_name
        self._interface_name = interface_name

    def bind(self, capabilities: Sequence[str]) -> "Driver":  # noqa: ARG002  # the Protocol's
        """The same: no hello makes a difference."""
        return self

    def interface(self, vlan: int) -> str:
        """A Ve."""
        return self._interface_name.replace(platforms.VLAN, str(vlan))

    def steps(self, vlan: int, have: Vlan, want: Vlan) -> List[Step]:
        """See `steps`."""
        # Imported here and below only: an edit of the chain does without.
        from .steps import steps

        return steps(vlan, have, want)

    def port_filters(self, ports: Sequence[str]) -> List[str]:
        """See `ports`."""
        from .ports import filters

        return filters(ports)

    def read_ports(self, data: etree._Element) -> Dict[str, Port]:
        """See `ports`."""
        from .ports import read

        return read(data)

    def trunk_lines(self, port: str) -> List[str]:
        """See `ports`."""
        from .ports import trunk_lines

        return trunk_lines(port)

    def shown(self, vlan: int, have: Vlan) -> List[str]:
        """See `running_config` and `ports`."""
        lines = self._shown(vlan, have)
        if not have.ports:
            return lines
        from .ports import shown

        return [*lines, *shown(vlan, have.ports)]

    def payload(self, steps: Sequence[Step]) -> str:
        """See `edits`, and `ports` for theirs."""
        if steps[0].port:
            from .ports import joined

            return edit.payload(joined(steps))
        return edit.payload(step.edit for step in steps)

    def cli(self, steps: Sequence[Step]) -> List[str]:
        """See `edits`."""
        return edit.cli(step.edit for step in steps)

    def interfaces(self, session: Session, rbridge: Optional[int] = None) -> Interfaces:
        """See `operational`."""
        from . import operational

        return operational.ip_interfaces(session, rbridge)

    def neighbours(self, session: Session) -> Sequence[Neighbour]:
        """See `lldp`."""
        from . import lldp

        return lldp.neighbours(session, self.platform)

    def save(self, session: Session) -> None:
        """To the startup config. See `operational`."""
        from . import operational

        operational.save(session)
