"""The lab's switch has ports: what an edit makes of a trunk's list, and what is refused."""

import pytest

from lab.switch import Switch, SwitchError, payloads

TRUNK, ACCESS, LAG = "TenGigabitEthernet 21/0/1", "TenGigabitEthernet 21/0/5", "Port-channel 10"
ALLOWED = " switchport trunk allowed vlan "


def shown(switch: Switch, port: str) -> "list[str]":
    return switch.cli(f"show running-config interface {port}").splitlines()


def vlans(*edits: "tuple[str, str]") -> "list[str]":
    """What the trunk's configuration says of VLANs after these edits."""
    switch = Switch(seed=False)
    switch.edit(*(payloads.vlans_on(TRUNK, text, leaf) for leaf, text in edits))
    lines = shown(switch, TRUNK)
    return [line[len(ALLOWED) :] for line in lines if line.startswith(ALLOWED)]


@pytest.mark.parametrize(
    ("edits", "left"),
    [
        ([], []),
        ([("add", "7,5")], ["add 5,7"]),
        ([("add", "5"), ("add", "6-9"), ("add", "5")], ["add 5-9"]),
        ([("add", "5-9"), ("remove", "7")], ["add 5-6,8-9"]),
        ([("add", "5"), ("remove", "5-9")], []),
        ([("remove", "5")], []),
        ([("add", "5"), ("all", "")], ["all"]),
        ([("all", ""), ("add", "5")], ["all"]),
        ([("add", "5"), ("none", "")], ["none"]),
        ([("none", ""), ("add", "5")], ["add 5"]),
        ([("add", "5"), ("except", "7")], ["except 7"]),
        ([("except", "7"), ("none", "")], ["none"]),
    ],
)
def test_a_trunks_list(edits: "list[tuple[str, str]]", left: "list[str]") -> None:
    assert vlans(*edits) == left


@pytest.mark.parametrize("text", ["", "0", "4091", "9-5", "x", "5," * 127])
def test_what_is_no_list(text: str) -> None:
    with pytest.raises(SwitchError) as refused:
        vlans(("add", text))
    assert refused.value.tag == "invalid-value"


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (payloads.vlans_on(ACCESS, "5"), f"Interface {ACCESS} is not in trunk mode"),
        (payloads.vlans_on("Port-channel 11", "5"), "Interface Port-channel 11 is not in trunk"),
        (payloads.vlans_on("TenGigabitEthernet 21/0/9", "5"), "21/0/9 does not exist"),
    ],
)
def test_a_port_that_takes_none(edit: str, why: str) -> None:
    switch = Switch(seed=False)
    with pytest.raises(SwitchError, match=why):
        switch.edit(edit)


def test_the_list_goes_with_the_mode() -> None:
    switch = Switch(seed=False)
    switch.edit(payloads.vlans_on(TRUNK, "5"), payloads.vlans_on(LAG, "5"))
    switch.edit(payloads.port_mode(TRUNK, "access"), payloads.port_mode(LAG))
    assert shown(switch, TRUNK)[1:] == [" switchport", " switchport mode access", "!"]
    assert shown(switch, LAG)[1:] == ["!"]
