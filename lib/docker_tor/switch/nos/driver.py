"""NOS's driver: what the parts of this folder do, under the names of `switch.driver.Driver`."""

from typing import List, Optional, Sequence

from ...config import platforms
from ...netconf.session import Session
from ..driver import Interfaces, Neighbour, Step
from ..model import Vlan
from . import edits, running_config, words


class Driver:
    """A VDX's driver; `vlan_name` is what the pack's own VLANs are named."""

    platform = platforms.NOS
    words = words.WORDS
    base_1_1 = False
    filters = staticmethod(running_config.filters)
    survey = staticmethod(running_config.survey)
    read = staticmethod(running_config.read)
    rbridges = staticmethod(running_config.rbridges)
    shown = staticmethod(running_config.shown)

    def __init__(self, vlan_name: str) -> None:
        self.vlan_name = vlan_name

    def interface(self, vlan: int) -> str:
        """A Ve."""
        return f"Ve {vlan}"

    def steps(self, vlan: int, have: Vlan, want: Vlan) -> List[Step]:
        """See `steps`."""
        # Imported here and below only: an edit of the chain does without.
        from .steps import steps

        return steps(vlan, have, want)

    def payload(self, steps: Sequence[Step]) -> str:
        """See `edits`."""
        return edits.payload(step.edit for step in steps)

    def cli(self, steps: Sequence[Step]) -> List[str]:
        """See `edits`."""
        return edits.cli(step.edit for step in steps)

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
