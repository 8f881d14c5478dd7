"""Segments on a real NETCONF server, netconfd, with OpenConfig's models as others published them.

lab/real/published.py says what had to be mended in the models. Of them, netconfd 2.13 does not load
openconfig-lldp and openconfig-network-instance. So VLANs stand by themselves here, and no neighbour
is asked for.
"""

import contextlib
from pathlib import Path
from typing import Dict, Iterator, NamedTuple, Optional, Sequence, Tuple

import pytest

pytest.importorskip("ncclient", reason="the server is looked at with ncclient")

from docker_tor.actions import segments
from docker_tor.common.errors import SessionLost, SwitchRefused
from docker_tor.config.credentials import Login
from docker_tor.netconf.xml import BASE
from docker_tor.switch import transaction
from docker_tor.switch.device import Device, open_device
from docker_tor.switch.driver import Step
from docker_tor.switch.model import ABSENT, Vlan
from docker_tor.switch.openconfig.driver import Driver
from docker_tor.switch.openconfig.edits import ETHERNET, INTERFACE, LAG, VLAN
from docker_tor.switch.plan import Goal
from docker_tor.switch.trunk import Port
from ncclient.transport import session as ncclient_session
from records import no_keys
from ves import goal, ve

from lab.real.netconfd import Netconfd, missing

from .parts import entry, need, openconfig

NAME = "Docker Network"
MODULES = ("iana-if-type", *(f"openconfig-{name}" for name in ("if-aggregate", "vlan", "if-ip")))
FIRST, OTHER, SECOND = "172.16.112.1/24", "172.16.112.5/24", "192.168.112.1/24"
BESIDE, SIX = "172.16.112.9/24", "fd00:112::1/64"
THEIRS = {"Ethernet1": ["5", "100..111"], "Ethernet2": [], "Port-Channel10": ["44"]}
"""The lists of the trunks; one without a list lets all VLANs through."""


class Target(NamedTuple):
    store: str
    base_1_1: bool = False

    def __str__(self) -> str:
        return f"{self.store} by 1.1" if self.base_1_1 else self.store


class Server(Netconfd):
    """With trunks."""

    def __init__(self, target: Target) -> None:
        self.given = target
        super().__init__(
            modules=MODULES, yang=openconfig(), target=target.store, base_1_1=target.base_1_1
        )

    @contextlib.contextmanager
    def device(self) -> Iterator[Device]:
        """A session of the pack's. What netconfd reads together with a hello it does not answer, if
        it offers 1.1; then there is another."""
        login = Login(self.host, self.port, self.username, self.password, self.host_key)
        for more in (True, True, False) if self.given.base_1_1 else (False,):
            with open_device(login, Driver(NAME), timeout=5) as device:
                try:
                    device.session.get_config(device.driver.survey())
                except SessionLost:
                    if more:
                        continue
                    raise
                assert device.session._client._messages.chunked == self.given.base_1_1
                yield device
                return

    def bring(self, *goals: Goal) -> Sequence[transaction.Outcome]:
        with self.device() as device:
            return transaction.bring(device, goals)

    def there(self) -> Tuple[Vlan, Dict[str, Port]]:
        """VLAN 112, and all ports."""
        with self.device() as device:
            ports = device.ports(THEIRS)
            return device.vlan(112), ports


DUPLICATE = (
    "netconfd 2.13: after a commit that takes an interface out and adds to the list of another one,"
    " the next commit that makes an interface is refused: duplicate entry"
)
RUNNING, CANDIDATE = Target("running"), Target("candidate")
by_1_1_too = pytest.mark.parametrize(
    "server", [RUNNING, CANDIDATE, Target("candidate", True)], indirect=True, ids=str
)


@pytest.fixture(params=[RUNNING, CANDIDATE], ids=str)
def server(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    need(missing())
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    # ncclient looks for something to send only that often: 0.1 s is most of an RPC's time.
    monkeypatch.setattr(ncclient_session, "TICK", 0.001)
    with Server(request.param) as running:
        # One by one: see DUPLICATE, which comes of several entries that one edit made, too.
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
    ((OTHER,), ()),
    ((OTHER, SECOND), ()),
    ((OTHER, BESIDE, SECOND, SIX), ()),
    ((FIRST,), ("Ethernet1", "Ethernet2", "Port-Channel10")),
    ((FIRST,), ("Ethernet2",)),
    ((), ()),
    ((FIRST, SIX), ("Port-Channel10",)),
    (None, ()),
)
"""The addresses of VLAN 112 (None: no VLAN) and the trunks that it is to be on, one after the
other."""


@by_1_1_too
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


def test_a_gateway_goes_as_a_port_comes_and_comes_back(
    server: Server, request: pytest.FixtureRequest
) -> None:
    if server.given == CANDIDATE:
        wrong = pytest.mark.xfail(reason=DUPLICATE, raises=SwitchRefused, strict=True)
        request.applymarker(wrong)
    for addresses, on in (((FIRST,), ()), ((), ("Port-Channel10",)), ((FIRST,), ())):
        before = server.there()
        (outcome,) = server.bring(goal(112, None, *addresses, ports=on))
        if outcome.error:
            assert server.there() == before
            raise outcome.error
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


@by_1_1_too
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


def test_a_refused_edit_leaves_nothing(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    payload, blank = Driver.payload, server.there()

    def wrong(driver: Driver, steps: Sequence[Step]) -> str:
        return payload(driver, steps).replace(">true<", ">yes<")

    monkeypatch.setattr(Driver, "payload", wrong)
    (outcome,) = server.bring(goal(112, None, FIRST, ports=("Port-Channel10",)))
    assert isinstance(outcome.error, SwitchRefused)
    assert server.there() == blank


def test_an_action_goes_by_the_platform_of_docker_yaml(server: Server) -> None:
    switch = entry(server, platform="openconfig")
    del switch["rbridge_id"]
    segment = {"vlan": 4094, "addresses": [FIRST]}
    for more, said in (({}, "in service with 172.16.112.1/24"), ({"action": "destroy"}, "removed")):
        given = {"host": "vdx", "segments": [{**segment, **more}]}
        succeeded, result = segments.apply({"switches": [switch]}, given, lambda _: None, no_keys())
        assert succeeded, result
        assert f"Vlan4094 of vdx is {said}" in result["message"]
