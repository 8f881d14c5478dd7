"""What makes the simulator fast with many VLANs changes nothing of what it says."""

import ipaddress
import itertools
import random
from typing import List

import pytest

pytest.importorskip("lab.switch", reason="the lab's requirements are not installed")

from lxml import etree

from lab.switch import Switch, SwitchError, payloads, rules, schema, subtree
from lab.switch.names import BASE, INTERFACE, IP, RBRIDGE

VLANS = range(100, 140)
FILTERS = (
    "",
    "<interface-vlan/>",
    "<interface-vlan><interface/></interface-vlan>",
    "<interface-vlan><interface><vlan><name>101</name></vlan></interface></interface-vlan>",
    "<interface-vlan><interface><vlan><name> 101\n</name><vlan-name/></vlan>"
    "<vlan><name>139</name></vlan><vlan><name>7</name></vlan></interface></interface-vlan>",
    "<interface-vlan><interface><vlan><vlan-name>Docker Network</vlan-name><name/></vlan>"
    "</interface></interface-vlan>",
    "<interface-vlan><interface><vlan><name>101</name></vlan><vlan><vlan-name/></vlan>"
    "</interface></interface-vlan>",
    "<interface-vlan><interface><vlan/><ve><gve-name>103</gve-name></ve></interface>"
    "</interface-vlan>",
    "<interface-vlan><interface><ve><global-ve-shutdown/></ve></interface></interface-vlan>"
    "<interface-vlan><interface><vlan><name>104</name></vlan></interface></interface-vlan>",
    "<interface-vlan>text</interface-vlan>",
    '<interface-vlan x="1"/>',
    f'<rbridge-id xmlns="{RBRIDGE}"><rbridge-id/><interface xmlns="{INTERFACE}">'
    "<ve><name>101</name></ve><ve><name>102</name></ve></interface></rbridge-id>",
    f'<rbridge-id xmlns="{RBRIDGE}"><rbridge-id>22</rbridge-id><interface xmlns="">'
    "<ve/></interface></rbridge-id>",
    f'<rbridge-id xmlns="{RBRIDGE}"><rbridge-id>21</rbridge-id></rbridge-id>',
    f'<rbridge-id xmlns="{RBRIDGE}"><interface xmlns="{INTERFACE}"><ve><ip xmlns="{IP}">'
    "<ip-config><address><address>10.0.105.1/24</address></address></ip-config></ip></ve>"
    "</interface></rbridge-id>",
    f'<rbridge-id xmlns="{RBRIDGE}"><interface xmlns="{INTERFACE}"><ve><name/>'
    f'<shutdown xmlns="{IP}"/></ve></interface></rbridge-id>',
    "<nothing/>",
)


def address(vlan: int) -> str:
    return f"10.0.{vlan}.1/24"


@pytest.fixture
def switch() -> Switch:
    """Not started: nobody logs in."""
    made = Switch(rbridge_ids=(21, 22), seed=False)
    made.edit(*payloads.segments(21, {vlan: address(vlan) for vlan in VLANS}, "Docker Network"))
    made.edit(*payloads.segment(22, 102, address(102), up=False)[2:])
    return made


@pytest.mark.parametrize("content", FILTERS)
def test_a_filter_selects_the_same_of_all_as_of_what_it_leaves(
    switch: Switch, content: str
) -> None:
    running = switch.running
    criteria = etree.fromstring(
        f'<nc:filter xmlns:nc="{BASE}" xmlns="{INTERFACE}">{content}</nc:filter>'
    )
    narrow = subtree.narrowed(running.model, running.tree, criteria)
    of_all, of_some = (
        etree.tostring(subtree.select(schema.element(running.model, tree), criteria, ()))
        for tree in (running.tree, narrow)
    )
    assert of_some == of_all


def test_a_filter_for_few_leaves_few(switch: Switch) -> None:
    running = switch.running
    content = "<interface><vlan><name>101</name></vlan></interface>"
    criteria = etree.fromstring(
        f'<filter><interface-vlan xmlns="{INTERFACE}">{content}</interface-vlan></filter>'
    )
    left = subtree.narrowed(running.model, running.tree, criteria)
    assert list(rules.vlans(left)) == ["101"]
    assert list(left) == ["interface-vlan"]


def test_many_segments_in_few_edits_are_the_same_as_one_by_one(switch: Switch) -> None:
    other = Switch(rbridge_ids=(21, 22), seed=False)
    for vlan in VLANS:
        other.edit(*payloads.segment(21, vlan, address(vlan), "Docker Network"))
    other.edit(payloads.address(22, 102, address(102)))
    assert other.running == switch.running


def test_a_snapshot_stays_what_it_was(switch: Switch) -> None:
    before, text = switch.running, str(switch.running)
    switch.edit(payloads.vlan(200), payloads.global_ve(200), payloads.ve(21, 200))
    switch.edit(payloads.address(21, 101, "10.9.0.1/24"))
    switch.edit(payloads.address(21, 103, address(103), delete=True))
    switch.edit(payloads.shutdown(21, 104), payloads.global_shutdown(104))
    with pytest.raises(SwitchError):
        switch.edit(payloads.address(21, 105, address(106)))
    assert str(type(before)(before.model, before.tree)) == text
    assert switch.running != before


def test_what_an_edit_empties_is_gone(switch: Switch) -> None:
    switch.edit(payloads.address(22, 102, address(102), delete=True))
    switch.edit(payloads.ip_config(22, 102, "proxy-arp", delete=True))
    assert "ip" not in rules.ves(rules.rbridges(switch.running.tree)["22"])["102"]
    switch.edit(payloads.ve(22, 102, delete=True))
    assert rules.rbridges(switch.running.tree)["22"] == {"rbridge-id": "22"}


NESTED = (
    "10.8.0.1/16",
    "10.8.0.1/24",
    "10.8.128.1/17",
    "10.8.200.1/24",
    "10.8.255.129/25",
    "10.9.0.1/24",
    "10.7.255.1/24",
    "10.0.0.1/8",
)
"""Subnets in which others are, at their begin, their end and in the middle; and some beside."""


def overlap(one: str, other: str) -> bool:
    first, second = (ipaddress.ip_interface(text).network for text in (one, other))
    return first.overlaps(second)


@pytest.mark.parametrize("seed", range(40))
def test_an_overlap_is_found_wherever_it_is(seed: int) -> None:
    order = random.Random(seed).sample(NESTED, len(NESTED))
    there: List[str] = []
    switch = Switch(seed=False)
    for vlan, text in enumerate(order, 100):
        switch.edit(payloads.vlan(vlan), payloads.global_ve(vlan))
        if any(overlap(text, other) for other in there):
            with pytest.raises(SwitchError, match="overlaps"):
                switch.edit(payloads.address(21, vlan, text))
        else:
            switch.edit(payloads.address(21, vlan, text))
            there.append(text)


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(NESTED, 2)))
def test_two_of_one_edit_may_not_overlap_either(one: str, other: str) -> None:
    switch = Switch(seed=False)
    vlans, ves, addresses, *_ = payloads.segments(
        21, {100: one, 101: other, 102: "172.16.0.1/24"}, "x"
    )
    switch.edit(vlans, ves)
    if overlap(one, other):
        with pytest.raises(SwitchError, match="overlaps"):
            switch.edit(addresses)
        assert rules.ves(rules.rbridges(switch.running.tree)["21"]) == {}
    else:
        switch.edit(addresses)
