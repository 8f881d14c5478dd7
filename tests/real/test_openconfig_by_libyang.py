"""libyang judges what the pack sends to a switch with OpenConfig's models, and the lab's replies.

The models are those that others published: ydk-models-openconfig, from PyPI.
"""

import ipaddress
import random
from typing import Any, Callable, Iterator, List, Sequence, Tuple

import pytest
from docker_tor.netconf.session import Session
from docker_tor.switch import transaction
from docker_tor.switch.device import Device
from docker_tor.switch.model import ABSENT, Vlan
from docker_tor.switch.openconfig.driver import Driver
from docker_tor.switch.openconfig.edits import INSTANCE, VLAN
from docker_tor.switch.plan import Goal
from lxml import etree

pytest.importorskip("lab.switch", reason="the lab's requirements are not installed")

from in_process import NAME, Meddler, Vdx
from ves import goal, ve

from lab.real.judge import Judge, missing
from lab.switch.lldp import Neighbour

from .parts import need, openconfig

SEGMENTS, AT_ONCE = 1000, 20
TRUNKS = ("Ethernet1", "Ethernet2", "Ethernet3", "Port-Channel10")
THEIRS = {5, 7, 8, 9, 44}
"""The VLANs of others on these trunks."""
MODULES = (
    "ietf-netconf",
    "iana-if-type",
    *(f"openconfig-{name}" for name in ("vlan", "if-ip", "lldp", "network-instance")),
    "openconfig-network-instance-types",
)
OLD = "openconfig-vlan&revision=2016-05-26"
"""VLANs stand by themselves; with `INSTANCES` they stand in a network instance. The package has
both, though a switch has one."""
INSTANCES = "openconfig-vlan&revision=2019-04-16"
OTHERS = ("openconfig-interfaces", "openconfig-if-ip", "openconfig-network-instance")
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
    """A session with the lab's switch of which each filter, edit and reply is judged.

    The lab's switch has its VLANs in a network instance. For a driver that has them by themselves,
    what it sends is judged and then moved there; what it is answered is moved, and then judged."""

    def __init__(self, session: Session, judge: Judge, *, old: bool) -> None:
        super().__init__(session)
        self._judge, self._old = judge, old

    def edit_config(self, config: str) -> None:
        self._see(content(config))
        super().edit_config(moved_in(config))

    def get_config(self, criteria: str) -> etree._Element:
        return self._asked(super().get_config, criteria)

    def get(self, criteria: str) -> etree._Element:
        return self._asked(self._session.get, criteria)

    def whole(self) -> None:
        """The running config has to be one that may be."""
        self._answered(self._session.get_config(""), whole=True)

    def _asked(self, ask: Callable[[str], etree._Element], criteria: str) -> etree._Element:
        self._see(filled(criteria))
        return self._answered(ask(moved_in(criteria)))

    def _answered(self, reply: etree._Element, *, whole: bool = False) -> etree._Element:
        if self._old:
            move_out(reply)
        self._see(content(etree.tostring(reply, encoding="unicode")), whole=whole)
        return reply

    def _see(self, data: str, *, whole: bool = False) -> None:
        assert not self._judge.verdict(data, whole=whole), data


def moved_in(xml: str) -> str:
    """VLANs by themselves, put into the network instance."""
    alone = f'<vlans xmlns="{VLAN}">'
    if alone not in xml:
        return xml
    above = f'<network-instances xmlns="{INSTANCE}"><network-instance><name>default</name>'
    xml = xml.replace(alone, f"{above}<vlans>")
    return xml.replace("</vlans>", "</vlans></network-instance></network-instances>")


def move_out(data: etree._Element) -> None:
    """VLANs in the network instance, put in its place."""
    for instances in data.iterfind(f"{{{INSTANCE}}}network-instances"):
        for vlans in instances.iter(f"{{{INSTANCE}}}vlans"):
            for one in vlans.iter(f"{{{INSTANCE}}}*"):
                one.tag = f"{{{VLAN}}}{etree.QName(one).localname}"
            data.append(vlans)
        data.remove(instances)


def addresses(of: random.Random, vlan: int) -> List[str]:
    """Of up to three subnets of IPv4, and of up to two of IPv6; each is this VLAN's own."""
    found = []
    for first, second in of.sample([(10, 0), (172, 16), (100, 64)], of.randint(0, 3)):
        length, at = of.randint(24, 30), f"{first}.{second + (vlan >> 8)}.{vlan & 255}.0"
        subnet = ipaddress.ip_network(f"{at}/{length}")
        found.append(f"{subnet[of.randint(1, subnet.num_addresses - 2)]}/{length}")
    six = (f"fd00:{vlan:x}:{at}::{of.randint(1, 65535):x}" for at in range(of.randint(0, 2)))
    return [*found, *(f"{one}/{of.choice([64, 96, 112])}" for one in six)]


def ports(of: random.Random) -> Tuple[str, ...]:
    return tuple(sorted(of.sample(TRUNKS, of.randint(0, len(TRUNKS)))))


def histories(of: random.Random) -> Iterator[Sequence[List[Goal]]]:
    """Of some segments at a time: to create them, to change them, to remove them."""
    vlans = of.sample(sorted({*range(2, 4095)} - THEIRS), SEGMENTS)
    for at in range(0, SEGMENTS, AT_ONCE):
        created, changed, removed = [], [], []
        for vlan in vlans[at : at + AT_ONCE]:
            first, then = ports(of), ports(of)
            gone = tuple({*first} - {*then})
            created.append(goal(vlan, None, *addresses(of, vlan), ports=first))
            changed.append(goal(vlan, None, *addresses(of, vlan), ports=then, ports_gone=gone))
            removed.append(Goal(vlan, None, remove=True, ports_gone=then))
        yield created, changed, removed


def judged(session: Session, judge: Judge, revision: str) -> Device:
    hello = [f"urn:x?module={one}" for one in (revision, *OTHERS)]
    seen: Any = Judged(session, judge, old=revision == OLD)
    return Device(seen, Driver(NAME).bind(hello))


@pytest.mark.parametrize("revision", [OLD, INSTANCES])
def test_what_is_sent_and_answered_for_a_thousand_segments(judge: Judge, revision: str) -> None:
    switch = Vdx(driver=Driver(NAME))
    blank = switch.running
    of = random.Random(revision)
    for history in histories(of):
        for goals in history:
            with switch.session() as session:
                device = judged(session, judge, revision)
                outcomes = transaction.bring(device, goals)
                assert [one.error for one in outcomes if one.error] == []
                device.session.whole()
        assert switch.running == blank


@pytest.mark.parametrize("revision", [OLD, INSTANCES])
def test_what_is_asked_of_state_and_answered(judge: Judge, revision: str) -> None:
    switch = Vdx(driver=Driver(NAME))
    switch.lldp.neighbours = [Neighbour("Ethernet1", "host1", "eth0", "e0")]
    switch.lldp.channels = {10: ["Ethernet2"]}
    with switch.session() as session:
        device = judged(session, judge, revision)
        transaction.bring(device, [goal(112, None, "172.16.112.1/24", "fd00:112::1/64")])
        (shown,) = device.driver.interfaces(device.session).interfaces
        (neighbour,) = device.driver.neighbours(device.session)
        found = device.driver.read(device.session.get_config(device.driver.survey()))
    assert (shown.name, neighbour.system, found[112].name) == ("Vlan112", "host1", NAME)


WRONG = [
    (f'xmlns="{VLAN}"', f'xmlns="{VLAN}s"'),
    ("<routed-vlan ", "<routed-vlans "),
    ("prefix-length>", "prefix-len>"),
    (">24<", ">33<"),
    (">172.16.112.1<", ">272.16.112.1<"),
    (":l3ipvlan", ":l3vlan"),
    (">112</vlan-id>", ">4096</vlan-id>"),
    (">true<", ">yes<"),
    (">7..9<", ">9-7<"),
]
PORT = (
    '<interfaces xmlns="http://openconfig.net/yang/interfaces"><interface><name>e1</name><ethernet'
    f' xmlns="http://openconfig.net/yang/interfaces/ethernet"><switched-vlan xmlns="{VLAN}">'
    "<config><trunk-vlans>7..9</trunk-vlans></config></switched-vlan></ethernet></interface>"
    "</interfaces>"
)


@pytest.mark.parametrize(("good", "bad"), WRONG)
def test_the_judge_can_say_no(judge: Judge, good: str, bad: str) -> None:
    driver = Driver(NAME).bind([f"urn:x?module={one}" for one in (OLD, *OTHERS)])
    steps = driver.steps(112, ABSENT, Vlan(NAME, True, {None: ve("172.16.112.1/24")}))
    seen = [content(driver.payload([step])) for step in steps]
    seen += [filled(driver.survey()), *map(filled, driver.filters([112])), PORT]
    assert [judge.verdict(one) for one in seen] == [""] * len(seen)
    refused = [bool(judge.verdict(one.replace(good, bad))) for one in seen]
    assert refused == [good in one for one in seen]
    assert any(refused)


def test_a_configuration_that_may_not_be(judge: Judge) -> None:
    """A port that is no trunk has no list."""
    assert (judge.verdict(PORT), bool(judge.verdict(PORT, whole=True))) == ("", True)
