"""libyang judges what the pack sends to a switch with OpenConfig's models, and the lab's replies.

The models are those that others published: ydk-models-openconfig, from PyPI. VLANs stand in a
network instance; netconfd takes those that stand by themselves (test_openconfig_on_netconfd).
"""

import itertools
from typing import Any, Callable, List, Sequence

import pytest
from docker_tor.netconf.session import Session
from docker_tor.switch import transaction
from docker_tor.switch.device import Device
from docker_tor.switch.model import ABSENT, Vlan
from docker_tor.switch.openconfig.driver import Driver
from docker_tor.switch.openconfig.edits import INSTANCE
from docker_tor.switch.plan import Goal
from lxml import etree

pytest.importorskip("lab.switch", reason="the lab's requirements are not installed")

from in_process import NAME, Meddler, Vdx
from ves import goal, ve

from lab.real.judge import Judge, missing
from lab.switch.lldp import Neighbour

from .parts import need, openconfig

VLANS = (2, 112, 4094)
TRUNKS = ("Ethernet1", "Ethernet2", "Ethernet3", "Port-Channel10")
ADDRESSES = (
    (),
    ("10.{}.0.1/30", "fd00:{}::ffff/112"),
    ("172.1{}.255.254/16", "100.64.{}.9/24"),
    ("fd00:{}::1/64", "fd01:{}::1/96"),
)
"""Of a VLAN; {} is another number for each."""
STATES = (*itertools.product(ADDRESSES, ((), TRUNKS[:2], TRUNKS[1:])), None)
"""The addresses and the ports of the VLANs, or that they are not there."""
MODULES = (
    "ietf-netconf",
    "iana-if-type",
    *(f"openconfig-{name}" for name in ("vlan", "if-ip", "lldp", "network-instance")),
    "openconfig-network-instance-types",
)
HELLO = [
    f"urn:x?module={one}"
    for one in (
        "openconfig-vlan&revision=2019-04-16",
        *("openconfig-interfaces", "openconfig-if-ip", "openconfig-network-instance"),
    )
]
KEYS = {"vlan": ("vlan-id", "1"), "interface": ("name", "x")}


@pytest.fixture(scope="module")
def judge() -> Judge:
    need(missing())
    return Judge(openconfig(), MODULES, referred=True)


def content(xml: str) -> str:
    return "".join(etree.tostring(one, encoding="unicode") for one in etree.fromstring(xml))


def filled(criteria: str) -> str:
    """A filter as data: entries of lists have keys."""
    asked = etree.fromstring(criteria)
    for one in asked.iter():
        key, value = KEYS.get(etree.QName(one).localname, ("", ""))
        name = f"{{{etree.QName(one).namespace}}}{key}"
        if key and one.find(name) is None:
            etree.SubElement(one, name)
        for leaf in one.iterfind(name) if key else ():
            leaf.text = leaf.text or value
    return content(etree.tostring(asked, encoding="unicode"))


class Judged(Meddler):
    """A session with the lab's switch of which each filter, edit and reply is judged."""

    def __init__(self, session: Session, judge: Judge) -> None:
        super().__init__(session)
        self._judge = judge

    def edit_config(self, config: str) -> None:
        self._see(content(config))
        super().edit_config(config)

    def get_config(self, criteria: str) -> etree._Element:
        return self._asked(super().get_config, criteria)

    def get(self, criteria: str) -> etree._Element:
        return self._asked(self._session.get, criteria)

    def whole(self) -> None:
        """The running config has to be one that may be."""
        self._answered(self._session.get_config(""), whole=True)

    def _asked(self, ask: Callable[[str], etree._Element], criteria: str) -> etree._Element:
        self._see(filled(criteria))
        return self._answered(ask(criteria))

    def _answered(self, reply: etree._Element, *, whole: bool = False) -> etree._Element:
        self._see(content(etree.tostring(reply, encoding="unicode")), whole=whole)
        return reply

    def _see(self, data: str, *, whole: bool = False) -> None:
        assert not self._judge.verdict(data, whole=whole), data


def judged(session: Session, judge: Judge) -> Device:
    seen: Any = Judged(session, judge)
    return Device(seen, Driver(NAME).bind(HELLO))


def goals(state: Any, held: Sequence[str]) -> List[Goal]:
    """To bring the VLANs to a state, from one that holds these ports."""
    if state is None:
        return [Goal(vlan, None, remove=True, ports_gone=tuple(held)) for vlan in VLANS]
    addresses, on = state
    gone = tuple({*held} - {*on})
    return [
        goal(vlan, None, *(one.format(at) for one in addresses), ports=on, ports_gone=gone)
        for at, vlan in enumerate(VLANS)
    ]


def test_what_is_sent_and_answered_from_every_state_to_every_other(judge: Judge) -> None:
    switch = Vdx(driver=Driver(NAME))
    blank, held = switch.running, TRUNKS
    for state in [*itertools.chain(*itertools.permutations(STATES, 2)), None]:
        with switch.session() as session:
            device = judged(session, judge)
            outcomes = transaction.bring(device, goals(state, held))
            assert [one.error for one in outcomes] == [None] * len(VLANS)
            device.session.whole()
        held = state[1] if state else ()
    assert switch.running == blank


def test_what_is_asked_of_state_and_answered(judge: Judge) -> None:
    switch = Vdx(driver=Driver(NAME))
    switch.lldp.neighbours = [Neighbour("Ethernet1", "host1", "eth0", "e0")]
    switch.lldp.channels = {10: ["Ethernet2"]}
    with switch.session() as session:
        device = judged(session, judge)
        transaction.bring(device, [goal(112, None, "172.16.112.1/24", "fd00:112::1/64")])
        (shown,) = device.driver.interfaces(device.session).interfaces
        (neighbour,) = device.driver.neighbours(device.session)
        found = device.driver.read(device.session.get_config(device.driver.survey()))
    assert (shown.name, neighbour.system, found[112].name) == ("Vlan112", "host1", NAME)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (f'xmlns="{INSTANCE}"', f'xmlns="{INSTANCE}s"'),
        ("prefix-length>", "prefix-len>"),
        (">172.16.112.1<", ">272.16.112.1<"),
        (":l3ipvlan", ":l3vlan"),
        (">112</vlan-id>", ">4096</vlan-id>"),
    ],
)
def test_the_judge_can_say_no(judge: Judge, good: str, bad: str) -> None:
    driver = Driver(NAME).bind(HELLO)
    steps = driver.steps(112, ABSENT, Vlan(NAME, True, {None: ve("172.16.112.1/24")}))
    seen = [content(driver.payload([step])) for step in steps]
    assert [judge.verdict(one) for one in seen] == [""] * len(seen)
    refused = [bool(judge.verdict(one.replace(good, bad))) for one in seen]
    assert refused == [good in one for one in seen]
    assert any(refused)
