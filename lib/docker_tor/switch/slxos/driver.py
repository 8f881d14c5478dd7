"""SLX-OS's driver: what the parts of this folder do, under the names of `switch.driver.Driver`.

How SLX-OS tells of its IP interfaces, and how it saves, is not known: no reference that the pack
goes by has it. Both are refused with that reason, and nothing is sent. Its words for trouble are
taken to be NOS's.
"""

from typing import List, NoReturn, Optional

from ...common.errors import SwitchRefused
from ...config import platforms
from ...netconf.session import Session
from ..driver import Interfaces, Step
from ..model import Vlan
from ..nos import driver as nos
from . import running_config


class Driver(nos.Driver):
    """An SLX switch's driver: NOS's, on other paths."""

    platform = platforms.SLXOS
    filters = staticmethod(running_config.filters)
    survey = staticmethod(running_config.survey)
    read = staticmethod(running_config.read)
    rbridges = staticmethod(running_config.rbridges)
    _shown = staticmethod(running_config.shown)

    def steps(self, vlan: int, have: Vlan, want: Vlan) -> List[Step]:
        """See `steps`."""
        from .steps import steps

        return steps(vlan, have, want)

    def interfaces(
        self,
        session: Session,  # noqa: ARG002  # the Protocol's
        rbridge: Optional[int] = None,  # noqa: ARG002
    ) -> Interfaces:
        """Not known. Raises SwitchRefused."""
        _unknown("tells by NETCONF which of its IP interfaces are up", "`show ip interface brief`")

    def save(self, session: Session) -> None:  # noqa: ARG002  # the Protocol's
        """Not known. Raises SwitchRefused."""
        _unknown("is told by NETCONF to save", "`copy running-config startup-config`")


def _unknown(does: str, command: str) -> NoReturn:
    raise SwitchRefused(
        f"the pack does not know how SLX-OS {does}",
        tag="operation-not-supported",
        remedy=f"Do it at the switch: {command}.",
    )
