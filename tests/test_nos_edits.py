"""The exact XML of every edit, as canonical XML; what an edit finds of a VLAN; what is refused."""

import pytest
from docker_tor.common.errors import InvalidValue, NodeMissing, SegmentConflict
from docker_tor.switch import edit
from docker_tor.switch.model import ABSENT, Vlan
from docker_tor.switch.nos import edits, named_edits
from docker_tor.switch.nos.named_edits import (
    ADDRESS,
    GLOBAL_SHUTDOWN,
    GLOBAL_VE,
    IPV6,
    SECONDARY,
    SHUTDOWN,
    VE,
    VLAN,
)
from lxml import etree
from ves import flat, ve

NC = "urn:ietf:params:xml:ns:netconf:base:1.0"
I = "urn:brocade.com:mgmt:brocade-interface"  # noqa: E741  # the guides' YANG prefix
R = "urn:brocade.com:mgmt:brocade-rbridge"
P = "urn:brocade.com:mgmt:brocade-ip-config"
V6 = "urn:brocade.com:mgmt:brocade-ipv6-config"


def interfaces(body):
    return f'<interface-vlan xmlns="{I}"><interface>{body}</interface></interface-vlan>'


def vlan(body, mark=""):
    return interfaces(f"<vlan{mark}><name>112</name>{body}</vlan>")


def global_ve(body="", mark=""):
    return interfaces(f"<ve{mark}><gve-name>112</gve-name>{body}</ve>")


def rbridge_ve(body="", mark=""):
    return (
        f'<rbridge-id xmlns="{R}"><rbridge-id>21</rbridge-id><interface xmlns="{I}">'
        f"<ve{mark}><name>112</name>{body}</ve></interface></rbridge-id>"
    )


def ipv4(body, mark=""):
    return rbridge_ve(
        f'<ip xmlns="{P}"><ip-config><address{mark}><address>172.16.112.1/24</address>{body}'
        "</address></ip-config></ip>"
    )


def ipv6(mark=""):
    return rbridge_ve(
        f'<ipv6 xmlns="{V6}"><ipv6-config><address><ipv6-address{mark}>'
        "<address>fd00:112::1/64</address></ipv6-address></address></ipv6-config></ipv6>"
    )


DELETE = ' nc:operation="delete"'
ON_RBRIDGE = {"rbridge_id": 21, "name": "112"}
GIVEN = {
    VLAN: {"name": "112", "vlan_name": "Docker Network"},
    GLOBAL_VE: {"gve_name": "112"},
    ADDRESS: {**ON_RBRIDGE, "address": "172.16.112.1/24"},
    SECONDARY: {**ON_RBRIDGE, "address": "172.16.112.1/24"},
    IPV6: {**ON_RBRIDGE, "address": "fd00:112::1/64"},
    VE: ON_RBRIDGE,
    SHUTDOWN: ON_RBRIDGE,
    GLOBAL_SHUTDOWN: {"gve_name": "112"},
}


def find(name, /, *flags, **changed):
    return named_edits.find(name, {**GIVEN[name], **dict.fromkeys(flags, True), **changed})


def payload(*found):
    return edit.payload(one.step.edit for one in found)


def config(body):
    return flat(f'<nc:config xmlns:nc="{NC}">{body}</nc:config>')


VE_LINES = ["rbridge-id 21", " interface Ve 112"]
IN_VLAN = "interface-vlan/interface/vlan[112]"
GLOBAL = "interface-vlan/interface/ve[112]"
ON = "rbridge-id[21]/interface/ve[112]"
IPV4 = f"{ON}/ip/ip-config/address[172.16.112.1/24]"
THERE = Vlan(
    "Docker Network",
    False,
    {21: ve("172.16.112.1/24", "172.16.112.9/24", "fd00:112::1/64", shut=True)},
)
"""A VLAN of which each edit finds something."""
NAMED = "<vlan-name>Docker Network</vlan-name>"
SHUT = f'<shutdown xmlns="{P}"/>'
NO_SHUT = f'<shutdown xmlns="{P}"{DELETE}/>'
EDITS = [
    # The edit, its XML, its lines, its place, what it leaves there and what it finds of THERE.
    (
        find(VLAN),
        vlan(NAMED),
        ["interface Vlan 112", " name Docker Network"],
        (f"{IN_VLAN}/vlan-name", "Docker Network", "Docker Network"),
    ),
    (find(VLAN, "delete_vlan"), vlan("", DELETE), ["no interface Vlan 112"], (IN_VLAN, None, True)),
    (
        find(VLAN, "delete_vlan_name"),
        vlan(f"<vlan-name{DELETE}>Docker Network</vlan-name>"),
        ["interface Vlan 112", " no name"],
        (f"{IN_VLAN}/vlan-name", None, "Docker Network"),
    ),
    (find(GLOBAL_VE), global_ve(), ["interface Ve 112"], (GLOBAL, True, True)),
    (
        find(GLOBAL_VE, "delete_ve"),
        global_ve("", DELETE),
        ["no interface Ve 112"],
        (GLOBAL, None, True),
    ),
    (
        find(ADDRESS),
        ipv4(""),
        [*VE_LINES, "  ip address 172.16.112.1/24"],
        (IPV4, True, True),
    ),
    (
        find(ADDRESS, "delete_address"),
        ipv4("", DELETE),
        [*VE_LINES, "  no ip address 172.16.112.1/24"],
        (IPV4, None, True),
    ),
    (
        find(ADDRESS, "delete_ve", address="whatever"),
        rbridge_ve("", DELETE),
        ["rbridge-id 21", " no interface Ve 112"],
        (ON, None, True),
    ),
    (
        find(SECONDARY),
        ipv4("<secondary/>"),
        [*VE_LINES, "  ip address 172.16.112.1/24 secondary"],
        (f"{IPV4}/secondary", True, None),
    ),
    (
        find(SECONDARY, "delete_address"),
        ipv4("<secondary/>", DELETE),
        [*VE_LINES, "  no ip address 172.16.112.1/24 secondary"],
        (IPV4, None, True),
    ),
    (
        find(IPV6),
        ipv6(),
        [*VE_LINES, "  ipv6 address fd00:112::1/64"],
        (f"{ON}/ipv6/ipv6-config/address/ipv6-address[fd00:112::1/64]", True, True),
    ),
    (
        find(IPV6, "delete_ipv6_address"),
        ipv6(DELETE),
        [*VE_LINES, "  no ipv6 address fd00:112::1/64"],
        (f"{ON}/ipv6/ipv6-config/address/ipv6-address[fd00:112::1/64]", None, True),
    ),
    (find(VE), rbridge_ve(), VE_LINES, (ON, True, True)),
    (
        find(VE, "delete_ve"),
        rbridge_ve("", DELETE),
        ["rbridge-id 21", " no interface Ve 112"],
        (ON, None, True),
    ),
    (find(SHUTDOWN), rbridge_ve(SHUT), [*VE_LINES, "  shutdown"], (f"{ON}/shutdown", True, True)),
    (
        find(SHUTDOWN, "delete_shutdown"),
        rbridge_ve(NO_SHUT),
        [*VE_LINES, "  no shutdown"],
        (f"{ON}/shutdown", None, True),
    ),
    (
        find(GLOBAL_SHUTDOWN),
        global_ve("<global-ve-shutdown/>"),
        ["interface Ve 112", " shutdown"],
        (f"{GLOBAL}/global-ve-shutdown", True, True),
    ),
    (
        find(GLOBAL_SHUTDOWN, "delete_global_ve_shutdown"),
        global_ve(f"<global-ve-shutdown{DELETE}/>"),
        ["interface Ve 112", " no shutdown"],
        (f"{GLOBAL}/global-ve-shutdown", None, True),
    ),
]


@pytest.mark.parametrize(("one", "xml", "lines", "about"), EDITS)
def test_an_edit(one, xml, lines, about):
    assert flat(payload(one)) == config(xml)
    assert edit.cli([one.step.edit]) == lines
    assert (one.step.edit.place, one.step.edit.value, one.found(THERE)) == about
    assert one.found(ABSENT) is None
    assert one.step.vlan == 112


def test_what_is_in_service_is_not_shut():
    up = THERE._replace(in_service=True, ves={21: ve("172.16.112.9/24", "172.16.112.1/24")})
    for name, found in ((SHUTDOWN, None), (GLOBAL_SHUTDOWN, None), (SECONDARY, True)):
        assert find(name).found(up) is found


def test_a_vlan_of_somebody_elses_is_refused():
    for flags in ((), ("delete_vlan",), ("delete_vlan_name",)):
        edit = find(VLAN, *flags)
        edit.check(ABSENT)
        edit.check(THERE)
        for name, told in (("Storage", "is named 'Storage'"), ("", "has no name")):
            with pytest.raises(SegmentConflict, match=f"VLAN 112 is there already and {told}"):
                edit.check(Vlan(name))


@pytest.mark.parametrize(("name", "place"), [(SHUTDOWN, ON), (GLOBAL_SHUTDOWN, GLOBAL)])
def test_what_is_not_there_is_not_shut(name, place):
    find(name).check(THERE)
    with pytest.raises(NodeMissing) as missing:
        find(name).check(Vlan("Docker Network", None, {22: ve()}))
    assert missing.value.what == f"{place} is not in the running config"


# Several as one.


def test_entries_of_one_list_go_into_one_edit():
    named = "".join(f"<vlan><name>{number}</name>{NAMED}</vlan>" for number in (112, 113))
    gone = "".join(f"<vlan{DELETE}><name>{number}</name></vlan>" for number in (112, 113))
    for flags, expected in (((), named), (("delete_vlan",), gone)):
        both = [find(VLAN, *flags, name=number) for number in ("112", "113", "112")]
        assert flat(payload(*both)) == config(interfaces(expected))


def test_addresses_of_one_ve_and_of_others_go_into_one_edit():
    """One container of a kind, the entries side by side in it; each rbridge by itself."""
    where = [(21, "112", "10.0.0.1/24"), (21, "113", "10.1.0.1/24"), (21, "112", "10.2.0.1/24")]
    where.append((22, "112", "10.3.0.1/24"))
    edits_ = [find(SECONDARY, rbridge_id=on, name=name, address=one) for on, name, one in where]

    def of(number, *addresses):
        listed = "".join(
            f"<address><address>{address}</address><secondary/></address>" for address in addresses
        )
        return f'<ve><name>{number}</name><ip xmlns="{P}"><ip-config>{listed}</ip-config></ip></ve>'

    first = of(112, "10.0.0.1/24", "10.2.0.1/24") + of(113, "10.1.0.1/24")
    expected = "".join(
        f'<rbridge-id xmlns="{R}"><rbridge-id>{number}</rbridge-id><interface xmlns="{I}">{inside}'
        "</interface></rbridge-id>"
        for number, inside in ((21, first), (22, of(112, "10.3.0.1/24")))
    )
    assert flat(payload(*edits_)) == config(expected)


def test_markup_in_a_name_stays_text():
    hostile = "a < b>&\"']]>]]>"
    sent = edit.payload([edits.vlan(112, hostile)])
    assert "]]>]]>" not in sent
    assert etree.fromstring(sent).findtext(f".//{{{I}}}vlan-name") == hostile
    odd = "{name} {0} {self}"
    assert edit.cli([edits.vlan(112, odd)])[1] == f" name {odd}"


# What no function has passed is not sent.


@pytest.mark.parametrize("name", sorted(named_edits.KINDS))
def test_a_parameter_that_is_missing_or_wrong_is_named(name):
    for key in GIVEN[name]:
        with pytest.raises(InvalidValue, match=f"^{key} is not given"):
            find(name, **{key: None})
    key = "gve_name" if "gve_name" in GIVEN[name] else "name"
    for bad in ("0", "1002", "3963", "112</name>", ""):
        with pytest.raises(InvalidValue, match=f"^{key} is "):
            find(name, **{key: bad})


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        (ADDRESS, {"address": "fd00::1/64"}, "which is not IPv4"),
        (SECONDARY, {"address": "fd00::1/64"}, "which is not IPv4"),
        (IPV6, {"address": "10.0.0.1/24"}, "which is not IPv6"),
        (ADDRESS, {"address": "10.0.0.0/24"}, "which is not the address of a host"),
        ("nonsense", {}, "there is no edit 'nonsense'"),
    ],
)
def test_what_is_no_such_edit(name, given, told):
    with pytest.raises(InvalidValue, match=told):
        named_edits.find(name, {**ON_RBRIDGE, **given})
