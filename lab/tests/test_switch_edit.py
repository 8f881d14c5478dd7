"""What edits make of the switch's configuration, and which it refuses; without a network."""

import itertools
from typing import Sequence

import pytest

pytest.importorskip("lab.switch", reason="the lab's requirements are not installed")

from lab.switch import Switch, SwitchError, payloads
from lab.switch.names import BASE, INTERFACE, IP, RBRIDGE

SEGMENT = payloads.segment(21, 112, "172.16.112.1/24", "Docker Network")
VE = (payloads.vlan(112), payloads.global_ve(112), payloads.ve(21, 112))
SHOW = "show running-config rbridge-id 21 interface Ve 112"


@pytest.fixture
def switch() -> Switch:
    """Not started: nobody logs in."""
    return Switch(seed=False, rbridge_ids=(21, 22))


def refused(switch: Switch, *configs: str) -> SwitchError:
    """The error of the last of `configs`, which changes nothing."""
    *before, last = configs
    switch.edit(*before)
    running = switch.running
    with pytest.raises(SwitchError) as caught:
        switch.edit(last)
    assert switch.running == running
    return caught.value


def config(content: str) -> str:
    return f'<config xmlns="{BASE}" xmlns:nc="{BASE}">{content}</config>'


def in_interface(content: str) -> str:
    return config(
        f'<interface-vlan xmlns="{INTERFACE}"><interface>{content}</interface></interface-vlan>'
    )


def in_ve(content: str, attribute: str = "") -> str:
    return config(
        f'<rbridge-id xmlns="{RBRIDGE}"><rbridge-id>21</rbridge-id>'
        f'<interface xmlns="{INTERFACE}"><ve{attribute}><name>112</name>{content}</ve></interface>'
        "</rbridge-id>"
    )


def in_vlan(content: str, attribute: str = "") -> str:
    return in_interface(f"<vlan{attribute}><name>112</name>{content}</vlan>")


# The chain.


def test_the_articles_five_edits(switch: Switch) -> None:
    states = []
    for edit in SEGMENT:
        switch.edit(edit)
        states.append(switch.running.xml())
    assert "<vlan-name>Docker Network</vlan-name>" in states[0]
    # A new Ve is shut, globally and on its rbridge.
    shut = f'<shutdown xmlns="{IP}">'
    assert ["<global-ve-shutdown>" in state for state in states] == [False, True, True, True, False]
    assert [shut in state for state in states] == [False, False, True, False, False]
    assert switch.cli(SHOW) == (
        "rbridge-id 21\n interface Ve 112\n  ip proxy-arp\n  ip address 172.16.112.1/24\n"
        "  no shutdown\n !\n!\n"
    )


# Only these two, on either side of the Ve, do not build on each other.
ALLOWED = {(0, 1, 2, 3, 4), (0, 1, 2, 4, 3), (0, 1, 4, 2, 3)}


def test_every_other_order_is_refused_somewhere() -> None:
    def order_works(order: Sequence[int]) -> bool:
        try:
            Switch(seed=False).edit(*(SEGMENT[number] for number in order))
        except SwitchError:
            return False
        return True

    assert set(filter(order_works, itertools.permutations(range(5)))) == ALLOWED


def test_merging_again_changes_nothing_and_no_shutdown_again_is_missing(switch: Switch) -> None:
    switch.edit(*SEGMENT)
    running = switch.running
    switch.edit(*SEGMENT[:3])
    assert switch.running == running
    assert [refused(switch, edit).tag for edit in SEGMENT[3:]] == ["data-missing"] * 2


def test_the_segment_is_deleted_in_reverse_order_and_leaves_nothing(switch: Switch) -> None:
    empty = switch.running
    switch.edit(*SEGMENT)
    for on_it, edit in (
        ("VLAN 112 has an interface Ve", payloads.vlan),
        ("global Ve 112 has an interface Ve on rbridge-id 21", payloads.global_ve),
    ):
        error = refused(switch, edit(112, delete=True))
        assert error.message == f"{on_it}; delete that first"
    switch.edit(payloads.ve(21, 112, delete=True), payloads.global_ve(112, delete=True))
    switch.edit(payloads.vlan(112, delete=True))
    assert switch.running == empty


def test_what_builds_on_nothing_is_refused_by_name(switch: Switch) -> None:
    for base, edits in (("VLAN", VE[1:2]), ("global Ve", (VE[0], VE[2]))):
        error = refused(switch, *edits)
        assert error.tag == "operation-failed"
        assert error.message == f"{base} 112 does not exist; create it first"


# Operations.


def test_a_replaced_entry_has_nothing_of_what_it_was(switch: Switch) -> None:
    switch.edit(in_vlan("<vlan-name>old</vlan-name>", ' nc:operation="create"'))
    switch.edit(in_vlan("", ' nc:operation="replace"'))
    assert "old" not in switch.running.xml()


def test_several_entries_of_one_kind_are_applied_together_or_not_at_all(switch: Switch) -> None:
    bad = '<vlan><name>113</name></vlan><vlan nc:operation="delete"><name>9</name></vlan>'
    assert refused(switch, in_interface(bad)).tag == "data-missing"
    switch.edit(in_interface("<vlan><name>112</name></vlan><vlan><name>113</name></vlan>"))
    assert "<name>113</name>" in switch.running.xml()


ADDRESS = f"""<ip xmlns="{IP}"><ip-config><address><address>10.0.0.1/24</address></address>
    </ip-config></ip>"""
CONTAINER = f'<interface-vlan xmlns="{INTERFACE}"{{}}/>'


@pytest.mark.parametrize(
    ("tag", "edit"),
    [
        # What is there, or is not.
        ("data-exists", in_vlan("", ' nc:operation="create"')),
        ("data-exists", in_vlan('<vlan-name nc:operation="create">b</vlan-name>')),
        *(
            ("data-missing", edit)
            for edit in (
                *(make(113, delete=True) for make in (payloads.vlan, payloads.global_ve)),
                *(payloads.ve(*one, delete=True) for one in ((21, 113), (22, 112))),
                *(payloads.address(21, 112, one, delete=True) for one in ("10.0.0.1/24", "::2/9")),
                in_vlan('<vlan-name nc:operation="delete"/>').replace("112", "1"),
            )
        ),
        # An edit-config is one command.
        (
            "operation-not-supported",
            in_interface("<vlan><name>113</name></vlan><ve><gve-name>112</gve-name></ve>"),
        ),
        ("operation-not-supported", in_ve(ADDRESS + f'<shutdown xmlns="{IP}"/>')),
        ("operation-not-supported", in_ve(ADDRESS, ' nc:operation="replace"')),
        # Operations that belong to no command, or are none.
        ("operation-not-supported", config(CONTAINER.format(' nc:operation="delete"'))),
        (
            "operation-not-supported",
            config(
                f'<rbridge-id xmlns="{RBRIDGE}" nc:operation="delete"><rbridge-id>21</rbridge-id>'
                "</rbridge-id>"
            ),
        ),
        ("bad-attribute", f'<nc:config xmlns:nc="{BASE}" nc:operation="delete"/>'),
        ("bad-attribute", in_interface('<vlan><name nc:operation="delete">112</name></vlan>')),
        ("bad-attribute", in_vlan("", ' nc:operation="remove"')),
        ("bad-attribute", in_vlan("", ' nc:operation="none"')),
        ("unknown-attribute", in_vlan("", ' operation="delete"')),
        ("unknown-attribute", in_vlan("", ' nc:insert="first"')),
        (
            "bad-attribute",
            in_vlan(
                '<vlan-name nc:operation="replace">a</vlan-name>',
                ' nc:operation="delete"',
            ),
        ),
        # What the model does not have.
        ("unknown-element", in_vlan("<mtu>9000</mtu>")),
        ("unknown-element", in_interface("<loopback><id>1</id></loopback>")),
        ("unknown-element", in_interface("<vlan><name>1<b/></name></vlan>")),
        ("unknown-namespace", in_interface('<vlan xmlns="urn:x"><name>112</name></vlan>')),
        ("unknown-namespace", in_interface('<vlan><name xmlns="">112</name></vlan>')),
        ("unknown-namespace", in_ve("<shutdown/>")),
        ("unknown-namespace", config("<interface-vlan/>")),
        ("unknown-namespace", "<config/>"),
        ("unknown-element", "<x/>"),
        ("missing-element", in_interface("<vlan><vlan-name>x</vlan-name></vlan>")),
        ("bad-element", config(CONTAINER.format("") * 2)),
        ("bad-element", in_interface("<vlan><name>113</name></vlan>" * 2)),
        ("bad-element", in_vlan("<vlan-name>x</vlan-name>" * 2)),
        ("bad-element", in_vlan("x")),
        ("malformed-message", "<config>"),
        ("malformed-message", f'<!DOCTYPE x><config xmlns="{BASE}"/>'),
        # Values.
        *(
            ("invalid-value", in_interface(f"<vlan><name>{text}</name></vlan>"))
            for text in ("0", "1002", "3963", "4090", "4096", "-1", "abc", "", " 112", "0112")
        ),
        ("invalid-value", in_interface("<ve><gve-name>4090</gve-name></ve>")),
        ("invalid-value", in_vlan("<vlan-name/>")),
        ("invalid-value", in_vlan(f"<vlan-name>{'x' * 33}</vlan-name>")),
        ("invalid-value", in_vlan("<vlan-name>a&#10;b</vlan-name>")),
        ("invalid-value", in_vlan("<vlan-name> a</vlan-name>")),
        ("invalid-value", in_ve(f'<shutdown xmlns="{IP}">true</shutdown>')),
        ("invalid-value", payloads.ve(23, 112)),
        ("unknown-element", payloads.ip_config(21, 112, "mtu")),
        *(
            ("invalid-value", payloads.address(21, 112, text))
            for text in (
                *("172.16.112.0/24", "172.16.112.255/24", "172.16.112.1", "172.16.112.1/32"),
                *("172.16.112.1/0", "172.16.112.1/255.255.255.0", "172.16.112.300/24"),
                *("172.016.112.1/24", "224.0.0.1/24", "127.0.0.1/8", "0.1.2.3/8", "240.0.0.1/8"),
                *("x", "::1/64", "ff02::1/64", "fe80::1/64", "fd00::1/128", "fd00:::1/64"),
            )
        ),
        ("operation-failed", payloads.global_ve(1)),
    ],
)
def test_an_edit_that_is_refused(switch: Switch, tag: str, edit: str) -> None:
    error = refused(switch, payloads.vlan(1), payloads.vlan(112, "a"), *VE[1:], edit)
    assert error.tag == tag, error


def test_values_at_their_limits(switch: Switch) -> None:
    switch.edit(*VE, *map(payloads.vlan, (1, 1001, 1003, 3962)))
    switch.edit(in_vlan(f"<vlan-name>{'n' * 32}</vlan-name>"))
    for text in ("10.0.0.0/31", "10.1.0.1/30", "128.0.0.1/1", "fd00::2/127"):
        switch.edit(payloads.address(21, 112, text))
        assert f"<address>{text}</address>" in switch.running.xml()
    switch.edit(payloads.address(21, 112, "FD00:0112:0::0:1/64"))
    assert "<address>fd00:112::1/64</address>" in switch.running.xml()


# Addresses.


def test_a_second_address_of_a_subnet_is_secondary(switch: Switch) -> None:
    first, second = "10.1.0.1/24", "10.1.0.9/24"
    error = refused(switch, *VE, *(payloads.address(21, 112, one) for one in (first, second)))
    assert "overlaps with a previously configured IP subnet" in error.message
    switch.edit(payloads.address(21, 112, second, secondary=True))
    error = refused(switch, payloads.address(21, 112, first, delete=True))
    assert error.message == "Primary IP address can not be deleted if secondary address exists"
    error = refused(switch, payloads.address(21, 112, "10.2.0.9/25", secondary=True))
    assert "its subnet has no primary" in error.message
    switch.edit(payloads.address(21, 112, second, secondary=True, delete=True))
    switch.edit(payloads.address(21, 112, first, delete=True))
    slash_31 = [payloads.address(21, 112, f"10.3.0.{n}/31", secondary=n > 0) for n in range(2)]
    assert "/31 subnet address as secondary" in refused(switch, *slash_31).message


NESTED = ("10.8.0.1/16", "10.8.128.1/17", "10.8.255.129/25", "10.9.0.1/24", "10.0.0.1/8")


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        *((one, other, "10.9" not in one + other) for one, other in [NESTED[:2], NESTED[1:3]]),
        (NESTED[0], NESTED[3], False),
        (NESTED[3], NESTED[4], True),
        ("fd00:1::1/64", "fd00:1::9/64", True),
        ("fd00:1::1/64", "fd00::1/16", True),
        ("fd00:1::1/64", "fd00:2::1/64", False),
    ],
)
def test_subnets_of_an_rbridge_do_not_overlap(
    switch: Switch, one: str, other: str, overlap: bool
) -> None:
    switch.edit(*VE, payloads.vlan(113), payloads.global_ve(113), payloads.ve(21, 113))
    both = [payloads.address(21, vlan, text) for vlan, text in ((112, one), (113, other))]
    if overlap:
        error = refused(switch, *both)
        assert f"{one} of interface Ve 112" in error.message
        # On another rbridge they may.
        switch.edit(payloads.address(22, 113, other))
    else:
        switch.edit(*both)


def test_proxy_arp_is_added_with_the_first_address(switch: Switch) -> None:
    switch.edit(*VE)
    for edit, there in (
        (payloads.address(21, 112, "fd00:112::1/64"), False),
        (payloads.address(21, 112, "10.1.0.1/24"), True),
        (payloads.ip_config(21, 112, "proxy-arp", delete=True), False),
        (payloads.address(21, 112, "10.2.0.1/24"), False),
        (payloads.address(21, 112, "10.1.0.1/24", delete=True), False),
        (payloads.address(21, 112, "10.2.0.1/24", delete=True), False),
        (payloads.address(21, 112, "10.1.0.1/24"), True),
        (payloads.address(21, 112, "10.1.0.1/24", delete=True), True),
        (payloads.ip_config(21, 112, "proxy-arp", delete=True), False),
    ):
        switch.edit(edit)
        assert ("<proxy-arp>" in switch.running.xml()) == there, edit
    # What an edit empties is gone.
    assert "<ip-config>" not in switch.running.xml()


# The other kinds.

OC = "http://openconfig.net/yang"


def oc_vlan(content: str, attribute: str = "") -> str:
    entry = f"<vlan{attribute}><vlan-id>112</vlan-id>{content}</vlan>"
    instance = f"<network-instance><name>default</name><vlans>{entry}</vlans></network-instance>"
    return config(
        f'<network-instances xmlns="{OC}/network-instance">{instance}</network-instances>'
    )


def oc_interface(content: str, name: str = "Vlan112", attribute: str = "") -> str:
    entry = f"<interface{attribute}><name>{name}</name>{content}</interface>"
    return config(f'<interfaces xmlns="{OC}/interfaces">{entry}</interfaces>')


def oc_address(content: str) -> str:
    entry = f"<address><ip>10.0.0.1</ip>{content}</address>"
    family = f'<ipv4 xmlns="{OC}/interfaces/ip"><addresses>{entry}</addresses></ipv4>'
    return oc_interface(f'<routed-vlan xmlns="{OC}/vlan">{family}</routed-vlan>')


TYPE = '<type xmlns:x="urn:ietf:params:xml:ns:yang:iana-if-type">x:l3ipvlan</type>'
NAME = "<name>Vlan112</name>"
ROUTED = f'<routed-vlan xmlns="{OC}/vlan"><config><vlan>112</vlan></config></routed-vlan>'
IP_OF = "<config><ip>10.0.0.1</ip>{}</config>"
LISTED = (
    f'<ethernet xmlns="{OC}/interfaces/ethernet"><switched-vlan xmlns="{OC}/vlan"><config>'
    "<trunk-vlans>{}</trunk-vlans></config></switched-vlan></ethernet>"
)
OC_VLAN = oc_vlan("<config><vlan-id>112</vlan-id></config>")
OC_BARE = oc_interface(f"<config>{NAME}{TYPE}</config>")
OC_MADE = (OC_VLAN, OC_BARE, oc_interface(ROUTED))
DELETED = ' nc:operation="delete"'


@pytest.mark.parametrize(
    ("tag", "edits"),
    [
        # A key is a reference to the leaf of its name in `config`.
        ("data-missing", (oc_vlan(""),)),
        ("data-missing", (OC_VLAN, oc_interface(f"<config>{TYPE}</config>"))),
        ("data-missing", (*OC_MADE, oc_address("<config><ip>10.0.0.2</ip></config>"))),
        # What is mandatory.
        ("missing-element", (OC_VLAN, oc_interface(f"<config>{NAME}</config>"))),
        ("missing-element", (*OC_MADE, oc_address(IP_OF.format("")))),
        # What builds on nothing.
        ("operation-failed", (OC_BARE,)),
        ("operation-failed", (*OC_MADE, oc_vlan("", DELETED))),
        (
            "operation-failed",
            (*OC_MADE[:2], oc_address(IP_OF.format("<prefix-length>24</prefix-length>"))),
        ),
        ("operation-failed", (oc_interface("", "Ethernet1", DELETED),)),
        ("operation-failed", (oc_interface(LISTED.format("5"), "Ethernet5"),)),
        ("operation-not-supported", (oc_vlan("").replace("default", "other"),)),
        # Values.
        ("invalid-value", (OC_VLAN, OC_BARE.replace("iana-if-type", "x"))),
        ("invalid-value", (OC_VLAN.replace("112", "4095"),)),
        ("invalid-value", (oc_interface(LISTED.format("9..7"), "Ethernet1"),)),
        ("invalid-value", (*OC_MADE, oc_interface("<state><oper-status>UP</oper-status></state>"))),
        ("invalid-value", (OC_VLAN, OC_BARE.replace("Vlan112", "irb.112"))),
    ],
)
def test_what_openconfigs_switch_refuses(tag: str, edits: Sequence[str]) -> None:
    assert refused(Switch(platform="openconfig"), *edits).tag == tag
