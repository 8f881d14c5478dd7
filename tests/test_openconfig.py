"""OpenConfig: the exact XML of its edits, what is read, and how a hello makes a difference."""

import pytest
from docker_tor.common.errors import ConfigError, MalformedReply
from docker_tor.netconf.xml import BASE
from docker_tor.switch import transaction, trunk
from docker_tor.switch.driver import Interface
from docker_tor.switch.model import ABSENT, Vlan
from docker_tor.switch.openconfig import operational
from docker_tor.switch.openconfig.driver import Driver
from docker_tor.switch.trunk import Port
from in_process import Vdx
from lxml import etree
from ves import flat, goal, ve

from lab.switch.openconfig import blank

NAME = "Docker Network"
OC = "http://openconfig.net/yang"
DELETE = ' nc:operation="delete"'
OF_2016 = ("openconfig-vlan&revision=2016-05-26", "openconfig-interfaces", "openconfig-if-ip")
OF_2019 = ("openconfig-vlan&revision=2019-04-16", *OF_2016[1:], "openconfig-network-instance")
NEWEST = (*OF_2019, "openconfig-if-ip&revision=2024-05-28")


def driver(modules=NEWEST, **more):
    return Driver(NAME, **more).bind([f"{OC}/x?module={one}" for one in modules])


def config(content):
    return f'<nc:config xmlns:nc="{BASE}">{content}</nc:config>'


def instance(content):
    path = f"<network-instance><name>default</name><vlans>{content}</vlans></network-instance>"
    return f'<network-instances xmlns="{OC}/network-instance">{path}</network-instances>'


def interface(content, gone="", name="Vlan112"):
    inside = f"<interface{gone}><name>{name}</name>{content}</interface>"
    return f'<interfaces xmlns="{OC}/interfaces">{inside}</interfaces>'


def routed(content, vlan="<config><vlan>112</vlan></config>"):
    return f'<routed-vlan xmlns="{OC}/vlan">{vlan}{content}</routed-vlan>'


def address(ip, length=None, family="ipv4", gone="", more=""):
    inside = f"<config><ip>{ip}</ip><prefix-length>{length}</prefix-length>{more}</config>"
    inside = f"<address{gone}><ip>{ip}</ip>{'' if gone else inside}</address>"
    return f'<{family} xmlns="{OC}/interfaces/ip"><addresses>{inside}</addresses></{family}>'


def enabled(word):
    return f"<config><enabled>{word}</enabled></config>"


VLAN = (
    f"<vlan><vlan-id>112</vlan-id><config><vlan-id>112</vlan-id><name>{NAME}</name></config></vlan>"
)
TYPE = '<type xmlns:ianaift="urn:ietf:params:xml:ns:yang:iana-if-type">ianaift:l3ipvlan</type>'
NEW = f"<config><name>Vlan112</name><enabled>false</enabled>{TYPE}</config>{routed('')}"
SECONDARY = "<type>SECONDARY</type>"
MADE = Vlan(NAME, True, {None: ve("172.16.112.1/24", "172.16.112.9/24", "fd00:112::1/64")})
UNTIED = MADE._replace(in_service=None)
EDITS = [
    (
        *(ABSENT, MADE),
        [
            instance(VLAN),
            interface(NEW),
            interface(routed(address("172.16.112.1", 24), "")),
            interface(routed(address("172.16.112.9", 24, more=SECONDARY), "")),
            interface(routed(address("fd00:112::1", 64, "ipv6"), "")),
            interface(enabled("true")),
        ],
    ),
    (
        *(MADE, ABSENT),
        [
            interface("", DELETE),
            instance(f"<vlan{DELETE}><vlan-id>112</vlan-id></vlan>"),
        ],
    ),
    (
        *(MADE, Vlan(NAME, True, {None: ve("172.16.112.9/24", shut=True)})),
        [
            interface(enabled("false")),
            interface(routed(address("172.16.112.9", gone=DELETE), "")),
            interface(routed(address("172.16.112.1", gone=DELETE), "")),
            interface(routed(address("fd00:112::1", family="ipv6", gone=DELETE), "")),
            interface(routed(address("172.16.112.9", 24), "")),
        ],
    ),
    (UNTIED, MADE, [interface(routed(""))]),
]


def sent(of, have, want):
    return [flat(of.payload([step])) for step in of.steps(112, have, want)]


@pytest.mark.parametrize(("have", "want", "edits"), EDITS)
def test_the_exact_xml_of_each_edit(have, want, edits):
    assert sent(driver(), have, want) == [flat(config(one)) for one in edits]


def test_older_models():
    """VLANs stand by themselves, and no address says whether it is the primary one."""
    old = driver(OF_2016)
    vlan, _, _, secondary, *_ = sent(old, ABSENT, MADE)
    assert vlan == flat(config(f'<vlans xmlns="{OC}/vlan">{VLAN}</vlans>'))
    nine = interface(routed(address("172.16.112.9", 24), ""))
    assert secondary == flat(config(nine))
    turned = Vlan(NAME, True, {None: ve("172.16.112.9/24", "172.16.112.1/24", "fd00:112::1/64")})
    assert sent(old, MADE, turned) == []
    data = f'<vlans xmlns="{OC}/vlan">{VLAN}</vlans>{interface(enabled("true"))}'
    assert read(old, data) == {112: Vlan(NAME, None, {None: ve()})}
    assert "network-instances" not in old.survey() + "".join(old.filters([112]))
    assert sent(driver(OF_2019), ABSENT, MADE)[3] == secondary
    assert sent(driver(OF_2019), ABSENT, MADE)[0] == flat(config(instance(VLAN)))


@pytest.mark.parametrize(
    ("offered", "lacking"),
    [
        ([], "openconfig-vlan and openconfig-interfaces and openconfig-if-ip"),
        (OF_2016[1:], "openconfig-vlan"),
        (OF_2019[:-1], "openconfig-network-instance"),
        (["openconfig-vlan", "openconfig-if-ip"], "openconfig-interfaces"),
    ],
)
def test_models_that_a_hello_lacks_are_named(offered, lacking):
    with pytest.raises(ConfigError, match=f"its hello does not offer {lacking}, and docker.yaml"):
        driver(offered)


@pytest.mark.parametrize("name", ["irb.{vlan}", "vlan{vlan}", "{vlan}"])
def test_an_interface_is_called_as_docker_yaml_says(name):
    called = name.replace("{vlan}", "112")
    of = driver(interface_name=name)
    assert of.interface(112) == called
    (criteria,) = of.filters([112])
    assert f"<interface><name>{called}</name></interface>" in criteria
    found = read(of, interface(routed(""), name=called) + interface(routed(""), name="Vlan113"))
    assert found == {112: Vlan(None, True, {None: ve()})}
    names = (f"0{called}", f"{called}x", f"{called}00", called.upper() + "z", "Ethernet1")
    assert read(of, "".join(interface(routed(""), name=name) for name in names)) == {}
    made = of.steps(112, ABSENT, MADE)
    assert {step.does for step in made} >= {f"add {called}", f"no shutdown of {called}"}
    assert of.cli(made) == [
        *("vlan 112", f" name {NAME}", f"interface {called}"),
        *(f"interface {called}", " ip address 172.16.112.1/24"),
        *(f"interface {called}", " ip address 172.16.112.9/24 secondary"),
        *(f"interface {called}", " ipv6 address fd00:112::1/64"),
        *(f"interface {called}", " no shutdown"),
    ]


def read(of, data):
    return of.read(etree.fromstring(f"<data>{data}</data>"))


@pytest.mark.parametrize(
    ("carries", "others"),
    [
        # What switches report by themselves is nobody's.
        (
            "<subinterfaces><subinterface><index>0</index><config><index>0</index></config>"
            "</subinterface></subinterfaces>"
            + routed(
                f'<ipv6 xmlns="{OC}/interfaces/ip"><config><enabled>false</enabled><dhcp-client>'
                "false</dhcp-client></config><unnumbered/></ipv6>"
            ),
            None,
        ),
        (
            f"<config><enabled>true</enabled>{TYPE}<description>x</description></config>",
            "description",
        ),
        ("<config><mtu>9000</mtu></config>", "mtu"),
        ("<config><type>ethernetCsmacd</type></config>", "type"),
        ('<x xmlns="urn:v"/><y xmlns="urn:v">1</y>', "{urn:v}y"),
        (routed("", "<config><vlan>113</vlan></config>"), "VLAN 113"),
        (
            routed(f'<ipv4 xmlns="{OC}/interfaces/ip"><config><mtu>1</mtu></config></ipv4>'),
            "ipv4 mtu",
        ),
        (routed(address("172.16.112.300", 24)), "address 172.16.112.300/24"),
        (routed(address("fe80::1%x", 64, "ipv6")), "address fe80::1%x/64"),
    ],
)
def test_what_the_pack_does_not_know_is_told_as_others(carries, others):
    (found,) = read(driver(), interface(carries)).values()
    assert found.ves[None].others == ((others,) if others else ())


def test_how_addresses_and_a_vlan_may_be_told():
    """The primary address by its type, and its VLAN by its name; more of an address is others'."""
    vrrp = (
        "<vrrp><vrrp-group><virtual-router-id>1</virtual-router-id></vrrp-group></vrrp></address>"
    )
    secondary = address("172.16.112.1", 24, more=SECONDARY)
    primary = address("172.16.112.9", 24).replace("</address>", vrrp)
    for vlan in ("112", NAME):
        tie = f"<config><vlan>{vlan}</vlan></config>"
        found = read(driver(), instance(VLAN) + interface(routed(secondary + primary, tie)))
        others = ("vrrp vrrp-group of 172.16.112.9/24",)
        made = ve("172.16.112.9/24", "172.16.112.1/24", others=others)
        assert found == {112: Vlan(NAME, True, {None: made})}


def test_state_and_saving(monkeypatch):
    switch = Vdx(driver=Driver(NAME))
    of = driver()
    with switch.device() as device:
        assert of.interfaces(device.session).interfaces == ()
        switch.edit(*(of.payload([step]) for step in of.steps(112, ABSENT, MADE)))
        addresses = ("172.16.112.1/24", "172.16.112.9/24", "fd00:112::1/64")
        (shown,) = of.interfaces(device.session).interfaces
        assert shown == Interface("Vlan112", addresses, "up", "up", "")
        of.save(device.session)
        assert switch.startup == switch.running
        switch.edit(config(interface(enabled("false"))))
        up = [step.does for step in of.steps(112, switch.vlans[112], MADE)]
        assert up == ["no shutdown of Vlan112"]
        (down,) = of.interfaces(device.session).interfaces
        assert down[2:4] == ("administratively down", "down")
        monkeypatch.setattr(operational, "MOST", 0)
        with pytest.raises(MalformedReply, match=r"tells of \d interfaces"):
            of.interfaces(device.session)
        # One without a startup datastore saves by itself.
        capability = "urn:ietf:params:netconf:capability:candidate:1.0"
        monkeypatch.setattr(type(device.session), "capabilities", (capability,))
        monkeypatch.setattr(type(device.session), "call", pytest.fail)
        of.save(device.session)


# Ports.

ETHERNET, LAG = f"{OC}/interfaces/ethernet", f"{OC}/interfaces/aggregate"


def port(leaves, kind="ethernet", namespace=ETHERNET):
    config_ = f'<switched-vlan xmlns="{OC}/vlan"><config>{leaves}</config></switched-vlan>'
    return f'<{kind} xmlns="{namespace}">{config_}</{kind}>'


def listed(*entries, gone=()):
    gone = "".join(f"<trunk-vlans{DELETE}>{one}</trunk-vlans>" for one in gone)
    return gone + "".join(f"<trunk-vlans>{one}</trunk-vlans>" for one in entries)


TRUNK = "<interface-mode>TRUNK</interface-mode>"


@pytest.mark.parametrize(
    ("inside", "found"),
    [
        (f"<config>{TYPE}</config>", Port(trunk.NO_SWITCHPORT)),
        (port("<interface-mode>ACCESS</interface-mode>"), Port(trunk.ACCESS)),
        (port(TRUNK), Port(rule=trunk.ALL)),
        (port(TRUNK + listed("5", "7..9")), Port(vlans=frozenset({5, 7, 8, 9}))),
        (port(TRUNK + listed("5"), "aggregation", LAG), Port(vlans=frozenset({5}))),
        (port(TRUNK + listed("5.6")), Port(rule=trunk.UNREADABLE)),
    ],
)
def test_what_is_read_of_a_port(inside, found):
    data = etree.fromstring(f"<data>{interface(inside, name='et&amp;1')}</data>")
    (of,) = driver().read_ports(data).items()
    assert (of[0], of[1]._replace(form=(), last_stays=False)) == ("et&1", found)
    (criteria,) = driver().port_filters(["et&1"])
    assert "<name>et&amp;1</name>" in criteria


def port_edits(listed_, *moves):
    """The XML of one edit that takes VLANs from a list, or adds them to it."""
    data = etree.fromstring(f"<data>{interface(port(TRUNK + listed(*listed_)), name='e1')}</data>")
    (was,) = driver().read_ports(data).values()
    steps = []
    for vlan, add in moves:
        want = was.adding(vlan) if add else was.removing(vlan)
        steps += driver().steps(vlan, Vlan(ports={"e1": was}), Vlan(ports={"e1": want}))
    return [flat(driver().payload(steps))] if steps else []


@pytest.mark.parametrize(
    ("before", "moves", "edit"),
    [
        (["5"], [(112, True), (113, True)], listed("112", "113")),
        (["5", "112"], [(112, False)], listed(gone=["112"])),
        (["5", "112..113"], [(112, False)], listed(gone=["112..113"]) + listed("113")),
        (["100..199"], [(112, False)], listed(gone=["100..199"]) + listed("100..111", "113..199")),
        # An empty list would be all VLANs.
        (["112"], [(112, False)], None),
        (["112..113"], [(112, False), (113, False)], listed(gone=["112..113"]) + listed("113")),
    ],
)
def test_the_exact_xml_of_edits_of_a_ports_list(before, moves, edit):
    wanted = [flat(config(interface(port(edit), name="e1")))] if edit else []
    assert port_edits(before, *moves) == wanted


def test_an_interface_name_that_the_switch_refuses():
    switch = Vdx(driver=Driver(NAME, "irb.{vlan}"))
    with switch.device() as device:
        (outcome,) = transaction.bring(device, [goal(112, None, "172.16.112.1/24")])
    assert "invalid-value: interface name 'irb.112' is not" in str(outcome.error)
    assert "set its `interface_name` in docker.yaml" in str(outcome.error)
    assert switch.running.tree == blank()
