"""Segments on a real NETCONF server, netconfd, with OpenConfig's models as others published them.

lab/real/published.py says what had to be mended in the models. Of them, netconfd 2.13 does not load
openconfig-lldp and openconfig-network-instance. So VLANs stand by themselves here, and no neighbour
is asked for.
"""

import contextlib
from pathlib import Path
from typing import Dict, Iterator, Optional, Sequence, Tuple

import pytest

pytest.importorskip("ncclient", reason="the server is looked at with ncclient")

from docker_tor.config.credentials import Login
from docker_tor.netconf.xml import BASE
from docker_tor.switch import transaction
from docker_tor.switch.device import Device, open_device
from docker_tor.switch.model import ABSENT, Vlan
from docker_tor.switch.openconfig.driver import Driver
from docker_tor.switch.openconfig.edits import ETHERNET, INTERFACE, LAG, VLAN
from docker_tor.switch.plan import Goal
from docker_tor.switch.trunk import Port
from ncclient.transport import session as ncclient_session
from ves import goal, ve

from lab.real.netconfd import Netconfd, missing

from .parts import need, openconfig

NAME = "Docker Network"
MODULES = ("iana-if-type", *(f"openconfig-{name}" for name in ("if-aggregate", "vlan", "if-ip")))
FIRST, OTHER, SECOND = "172.16.112.1/24", "172.16.112.5/24", "192.168.112.1/24"
BESIDE, SIX = "172.16.112.9/24", "fd00:112::1/64"
THEIRS = {"Ethernet1": ["5", "100..111"], "Ethernet2": [], "Port-Channel10": ["44"]}
"""The lists of the trunks; one without a list lets all VLANs through."""


class Server(Netconfd):
    """With trunks."""

    def __init__(self, target: str) -> None:
        super().__init__(modules=MODULES, yang=openconfig(), target=target)

    @contextlib.contextmanager
    def device(self) -> Iterator[Device]:
        """A session of the pack's."""
        login = Login(self.host, self.port, self.username, self.password, self.host_key)
        with open_device(login, Driver(NAME)) as device:
            yield device

    def bring(self, *goals: Goal) -> Sequence[transaction.Outcome]:
        with self.device() as device:
            return transaction.bring(device, goals)

    def there(self) -> Tuple[Vlan, Dict[str, Port]]:
        """VLAN 112, and all ports."""
        with self.device() as device:
            ports = device.ports(THEIRS)
            return device.vlan(112), ports


@pytest.fixture(params=["running", "candidate"])
def server(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    need(missing())
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    # ncclient looks for something to send only that often: 0.1 s is most of an RPC's time.
    monkeypatch.setattr(ncclient_session, "TICK", 0.001)
    with Server(request.param) as running:
        # One by one: of several entries that one edit made, netconfd makes duplicates later.
        for name, vlans in THEIRS.items():
            running.edit(trunk(name, vlans))
        yield running


def trunk(name: str, vlans: Sequence[str]) -> str:
    lag = name.startswith("Port-Channel")
    kind, where, of = (
        ("ieee8023adLag", "aggregation", LAG) if lag else ("ethernetCsmacd", "ethernet", ETHERNET)
    )
    listed = "".join(f"<trunk-vlans>{one}</trunk-vlans>" for one in vlans)
    iana = 'xmlns:ianaift="urn:ietf:params:xml:ns:yang:iana-if-type"'
    return interface(
        f"<config><name>{name}</name><type {iana}>ianaift:{kind}</type></config>"
        f'<{where} xmlns="{of}"><switched-vlan xmlns="{VLAN}"><config><interface-mode>TRUNK'
        f"</interface-mode>{listed}</config></switched-vlan></{where}>",
        name,
    )


def interface(inside: str, name: str = "Vlan112") -> str:
    one = f"<interface><name>{name}</name>{inside}</interface>"
    return f'<config xmlns="{BASE}"><interfaces xmlns="{INTERFACE}">{one}</interfaces></config>'


STEPS: Tuple[Tuple[Optional[Tuple[str, ...]], Tuple[str, ...]], ...] = (
    ((FIRST,), ()),
    ((OTHER, BESIDE, SECOND, SIX), ()),
    ((FIRST,), ("Ethernet1", "Ethernet2", "Port-Channel10")),
    ((), ("Ethernet2",)),
    ((FIRST, SIX), ("Port-Channel10",)),
    (None, ()),
)
"""The addresses of VLAN 112 (None: no VLAN) and the trunks that it is to be on, one after the
other."""


def test_a_segment_comes_changes_and_goes(server: Server) -> None:
    _, blank = server.there()
    before: Tuple[str, ...] = ()
    for addresses, on in STEPS:
        ports = {"ports": on, "ports_gone": tuple({*before} - {*on})}
        wanted, there = Goal(112, None, remove=True, **ports), ABSENT
        if addresses is not None:
            wanted = goal(112, None, *addresses, **ports)
            there = Vlan(NAME, bool(addresses) or None, {None: ve(*addresses)} if addresses else {})
        for changed in (True, False):
            (outcome,) = server.bring(wanted)
            assert (outcome.error, outcome.changed) == (None, changed), (addresses, on)
            vlan, found = server.there()
            assert vlan == there
            carrying = {name for name, port in found.items() if port.carries(112)}
            assert carrying == {*on, "Ethernet2"}
        before = on
    assert server.there() == (ABSENT, blank)


@pytest.mark.parametrize("server", ["running"], indirect=True)
def test_a_gateway_goes_as_a_port_comes_and_comes_back(server: Server) -> None:
    """Not by candidate: after a commit that takes an interface out and adds to another one's list,
    netconfd 2.13 refuses the next one that makes an interface, as a duplicate entry."""
    for addresses, on in (((FIRST,), ()), ((), ("Port-Channel10",)), ((FIRST,), ())):
        (outcome,) = server.bring(goal(112, None, *addresses, ports=on))
        assert outcome.error is None
    assert server.there()[0] == Vlan(NAME, True, {None: ve(FIRST)})


def test_what_somebody_has_shut_comes_back_and_of_a_range_one_vlan_is_taken(server: Server) -> None:
    for word in ("true", "false"):
        server.bring(goal(112, None, FIRST))
        server.edit(interface(f"<config><enabled>{word}</enabled></config>"))
    (outcome,) = server.bring(goal(112, None, FIRST))
    assert (outcome.error, list(outcome.did)) == (None, ["no shutdown of Vlan112"])
    (outcome,) = server.bring(Goal(105, None, remove=True, ports_gone=("Ethernet1",)))
    assert (outcome.error, outcome.removed_from) == (None, ("Ethernet1",))
    left = {5, *range(100, 112)} - {105}
    assert server.there()[1]["Ethernet1"].vlans == left


def test_many_in_one_session(server: Server) -> None:
    many = {vlan: (f"10.1.{vlan - 200}.1/24", f"fd00:{vlan}::1/64") for vlan in range(200, 240)}
    outcomes = server.bring(*(goal(vlan, None, *many[vlan], ports=("Ethernet1",)) for vlan in many))
    assert [one.error for one in outcomes] == [None] * len(many)
    with server.device() as device:
        assert device.read(many) == {
            vlan: Vlan(NAME, True, {None: ve(*addresses)}) for vlan, addresses in many.items()
        }
        assert device.ports(["Ethernet1"])["Ethernet1"].vlans == {5, *range(100, 112), *many}
        told = device.driver.interfaces(device.session).interfaces
        assert {one.name: one.addresses for one in told} == {
            f"Vlan{vlan}": addresses for vlan, addresses in many.items()
        }
        assert device.save() == ""
