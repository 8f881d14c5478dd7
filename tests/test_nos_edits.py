"""The exact XML of every edit, as canonical XML; what an edit finds of a VLAN; what is refused."""

import re

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

from lab.switch import payloads

NAME = "Docker Network"
ON_RBRIDGE = {"rbridge_id": 21, "name": "112"}
GIVEN = {
    VLAN: {"name": "112", "vlan_name": NAME},
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


def later(name, /, *flags, **changed):
    """The same, once the test runs."""
    return lambda: find(name, *flags, **changed)


def payload(*found):
    return edit.payload(one.step.edit for one in found)


VE_LINES = ["rbridge-id 21", " interface Ve 112"]
NO_VE = ["rbridge-id 21", " no interface Ve 112"]
IN_VLAN = "interface-vlan/interface/vlan[112]"
GLOBAL = "interface-vlan/interface/ve[112]"
ON = "rbridge-id[21]/interface/ve[112]"
OLD, SIX = "172.16.112.1/24", "fd00:112::1/64"
IPV4_AT = f"{ON}/ip/ip-config/address[{OLD}]"
IPV6_AT = f"{ON}/ipv6/ipv6-config/address/ipv6-address[{SIX}]"
THERE = Vlan(NAME, False, {21: ve(OLD, "172.16.112.9/24", SIX, shut=True)})
"""A VLAN of which each edit finds something."""
NO_NAME = payloads.vlan(112, NAME).replace("<vlan-name>", f"<vlan-name{payloads.DELETE}>")


EDITS = [
    # The edit, its XML by the lab's templates, its lines; its place, what it leaves there and what
    # it finds of THERE.
    (
        later(VLAN),
        payloads.vlan(112, NAME),
        ["interface Vlan 112", f" name {NAME}"],
        (f"{IN_VLAN}/vlan-name", NAME, NAME),
    ),
    (
        later(VLAN, "delete_vlan"),
        payloads.vlan(112, delete=True),
        ["no interface Vlan 112"],
        (IN_VLAN, None, True),
    ),
    (
        later(VLAN, "delete_vlan_name"),
        NO_NAME,
        ["interface Vlan 112", " no name"],
        (f"{IN_VLAN}/vlan-name", None, NAME),
    ),
    (later(GLOBAL_VE), payloads.global_ve(112), ["interface Ve 112"], (GLOBAL, True, True)),
    (
        later(GLOBAL_VE, "delete_ve"),
        payloads.global_ve(112, delete=True),
        ["no interface Ve 112"],
        (GLOBAL, None, True),
    ),
    (
        later(ADDRESS, "delete_ve", address="whatever"),
        payloads.ve(21, 112, delete=True),
        NO_VE,
        (ON, None, True),
    ),
    *(
        (
            later(name, *(["delete_address"] if delete else [])),
            payloads.address(21, 112, OLD, secondary=bool(flag), delete=delete),
            [*VE_LINES, f"  {'no ' if delete else ''}ip address {OLD}{flag}"],
            about,
        )
        for name, flag, delete, about in (
            (ADDRESS, "", False, (IPV4_AT, True, True)),
            (ADDRESS, "", True, (IPV4_AT, None, True)),
            (SECONDARY, " secondary", False, (f"{IPV4_AT}/secondary", True, None)),
            (SECONDARY, " secondary", True, (IPV4_AT, None, True)),
        )
    ),
    (
        later(IPV6),
        payloads.address(21, 112, SIX),
        [*VE_LINES, f"  ipv6 address {SIX}"],
        (IPV6_AT, True, True),
    ),
    (
        later(IPV6, "delete_ipv6_address"),
        payloads.address(21, 112, SIX, delete=True),
        [*VE_LINES, f"  no ipv6 address {SIX}"],
        (IPV6_AT, None, True),
    ),
    (later(VE), payloads.ve(21, 112), VE_LINES, (ON, True, True)),
    (later(VE, "delete_ve"), payloads.ve(21, 112, delete=True), NO_VE, (ON, None, True)),
    *(
        (
            later(SHUTDOWN, *([] if shut else ["delete_shutdown"])),
            payloads.shutdown(21, 112, shut),
            [*VE_LINES, f"  {'' if shut else 'no '}shutdown"],
            (f"{ON}/shutdown", shut or None, True),
        )
        for shut in (True, False)
    ),
    *(
        (
            later(GLOBAL_SHUTDOWN, *([] if shut else ["delete_global_ve_shutdown"])),
            payloads.global_shutdown(112, shut),
            ["interface Ve 112", f" {'' if shut else 'no '}shutdown"],
            (f"{GLOBAL}/global-ve-shutdown", shut or None, True),
        )
        for shut in (True, False)
    ),
]


@pytest.mark.parametrize(("make", "xml", "lines", "about"), EDITS)
def test_an_edit(make, xml, lines, about):
    one = make()
    assert flat(payload(one)) == flat(xml)
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
        find(name).check(Vlan(NAME, None, {22: ve()}))
    assert missing.value.what == f"{place} is not in the running config"


# Several as one.


def test_entries_of_one_list_go_into_one_edit():
    for flags in ((), ("delete_vlan",)):
        both = [find(VLAN, *flags, name=number) for number in ("112", "113", "112")]
        sent = etree.fromstring(payload(*both))
        assert [one.text for one in sent.iter("{*}name")] == ["112", "113"]
        assert [one.text for one in sent.iter("{*}vlan-name")] == ([] if flags else [NAME] * 2)
        assert len(list(sent.iter("{*}interface-vlan"))) == 1


def test_addresses_of_one_ve_and_of_others_go_into_one_edit():
    """One container of a kind, the entries side by side in it; each rbridge by itself."""
    where = [(21, "112", "10.0.0.1/24"), (21, "113", "10.1.0.1/24"), (21, "112", "10.2.0.1/24")]
    where.append((22, "112", "10.3.0.1/24"))
    sent = payload(
        *(find(SECONDARY, rbridge_id=on, name=name, address=one) for on, name, one in where)
    )
    assert re.sub(r" xmlns[^>]*|\s|</.*?>|/(?=>)", "", sent) == (
        "<nc:config><rbridge-id><rbridge-id>21<interface>"
        "<ve><name>112<ip><ip-config><address><address>10.0.0.1/24<secondary>"
        "<address><address>10.2.0.1/24<secondary>"
        "<ve><name>113<ip><ip-config><address><address>10.1.0.1/24<secondary>"
        "<rbridge-id><rbridge-id>22<interface>"
        "<ve><name>112<ip><ip-config><address><address>10.3.0.1/24<secondary>"
    )


def test_markup_in_a_name_stays_text():
    hostile = "a < b>&\"']]>]]>"
    sent = edit.payload([edits.vlan(112, hostile)])
    assert "]]>]]>" not in sent
    assert etree.fromstring(sent).findtext(".//{*}vlan-name") == hostile
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
