"""What a kind of switch has to say for itself, and how its driver is found.

A driver knows one kind of switch: its XML, the order of edits that it accepts, its words for
trouble. Plan, transaction, rollback, reconcile, the messages and the doctor know only the Protocol
`Driver`; they never see an element of XML. `of` gives the driver of a switch of docker.yaml, and
loads it only then.
"""

import importlib
from typing import Any, Dict, FrozenSet, List, NamedTuple, Optional, Protocol, Sequence, Tuple

from lxml import etree

from ..config.platforms import Platform, named
from ..config.settings import Config, SwitchConfig
from ..netconf.rpc_errors import Words
from ..netconf.session import Session
from .model import Rbridge, Vlan
from .trunk import Port


class Step(NamedTuple):
    """One edit of one VLAN. `rank` is its place in the order of all steps; steps of one rank and
    one rbridge may be sent in one RPC. `does` says what it does, for a person. `edit` is the
    driver's own. `port` names the port whose list of VLANs it changes; its rbridge is None."""

    rank: int
    vlan: int
    rbridge: Rbridge
    does: str
    edit: Any
    port: str = ""


class Interface(NamedTuple):
    """An IP interface and its state; the primary address first, none where it has none."""

    name: str
    addresses: Tuple[str, ...]
    state: str
    protocol: str
    vrf: str


class Interfaces(NamedTuple):
    """All that a switch told of its IP interfaces; `complete` is False where it has more and no way
    to ask for them."""

    interfaces: Tuple[Interface, ...]
    complete: bool


class Neighbour(NamedTuple):
    """Who says by LLDP (IEEE 802.1AB) that he is at a port of the switch.

    `port` is the port's name, `channel` the Port-channel that it is a member of, if any, and `mac`
    the port's own address. The rest is what the neighbour says, printable and cut; each may be
    empty.
    """

    port: str
    channel: str
    mac: str
    system: str
    port_id: str
    port_description: str

    @property
    def trunk(self) -> str:
        """Where the port's VLANs are configured: at its Port-channel, if it has one."""
        return self.channel or self.port


class Driver(Protocol):
    """One kind of switch, as the rest of the pack needs it."""

    @property
    def platform(self) -> Platform:
        """Which VLANs and names it takes, and whether it has rbridges."""

    @property
    def vlan_name(self) -> str:
        """What the pack's own VLANs are named."""

    @property
    def words(self) -> Words:
        """What it says while it is starting, and of edits that it refuses."""

    @property
    def base_1_1(self) -> bool:
        """Whether it is offered NETCONF 1.1. A switch of 1.0 need not be: that saves it a round
        trip, since 1.1 has to wait for its hello."""

    def bind(self, capabilities: Sequence[str]) -> "Driver":
        """The driver for a session in which the switch has offered these capabilities. Raises
        ConfigError, naming them, where it lacks what its platform needs."""

    def interface(self, vlan: int) -> str:
        """What the switch calls a VLAN's interface, as "Ve 112"."""

    def filters(self, vlans: Sequence[int]) -> List[str]:
        """The `<filter>` elements (RFC 6241, 6) that read these VLANs, in this order."""

    def survey(self) -> str:
        """The `<filter>` that reads the names of all VLANs and the rbridges, and no Ve."""

    def read(self, data: etree._Element) -> Dict[int, Vlan]:
        """Every VLAN in the `<data>` of a reply, by its id."""

    def port_filters(self, ports: Sequence[str]) -> List[str]:
        """The `<filter>` elements that read these ports, in this order."""

    def read_ports(self, data: etree._Element) -> Dict[str, Port]:
        """Every port in the `<data>` of a reply, by its name as docker.yaml has it. A list that is
        not understood is `UNREADABLE`, never an empty one."""

    def trunk_lines(self, port: str) -> List[str]:
        """The command lines that make a port a trunk, for a person: where, and what there."""

    def rbridges(self, data: etree._Element) -> FrozenSet[int]:
        """The rbridges that the `<data>` of a reply names."""

    def steps(self, vlan: int, have: Vlan, want: Vlan) -> List[Step]:
        """The steps from `have` to `want` in the order that the switch accepts. A port is changed
        where `lists` of its two values differs; a port that `have` does not name counts as a trunk
        with an empty list, and one that `want` does not name stays as it is. Ports are the last of
        an addition and the first of a removal."""

    def payload(self, steps: Sequence[Step]) -> str:
        """The `<config>` element of steps that go out in one RPC; those of one port are one edit of
        its list."""

    def cli(self, steps: Sequence[Step]) -> List[str]:
        """The same steps on the switch's command line."""

    def shown(self, vlan: int, have: Vlan) -> List[str]:
        """The lines that `show running-config` would have of a VLAN, as far as is known."""

    def interfaces(self, session: Session, rbridge: Optional[int] = None) -> Interfaces:
        """The IP interfaces of one rbridge, or of all. Raises the errors of `Session`."""

    def neighbours(self, session: Session) -> Sequence[Neighbour]:
        """Who is at which port, as LLDP has it. Raises SwitchRefused, MalformedReply, and the
        errors of `Session`."""

    def save(self, session: Session) -> None:
        """Save the running config, and wait for the end of it. Raises SwitchRefused,
        SaveUnfinished, and the errors of `Session`."""


def of(config: Config, switch: Optional[SwitchConfig]) -> Driver:
    """The driver of a switch; of one that docker.yaml does not name, the default platform's."""
    platform = switch.platform if switch else named().name
    module = importlib.import_module(f".{platform}.driver", __package__)
    interface = (switch.interface_name,) if switch else ()
    driver: Driver = module.Driver(config.vlan_name, *interface)
    return driver


def place(driver: Driver, vlan: int, rbridge: Rbridge) -> str:
    """Where an address or a shutdown belongs, for a person: "Ve 112 on rbridge 21"."""
    on = "" if rbridge is None else f" on rbridge {rbridge}"
    return f"{driver.interface(vlan)}{on}"
