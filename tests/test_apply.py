"""An edit carried out: read, compare, send only what changes something."""

import pytest
from docker_tor.common.errors import NodeMissing, SegmentConflict, SwitchRefused
from docker_tor.netconf import xml
from docker_tor.switch import apply, edit
from docker_tor.switch.nos import edits

I = "urn:brocade.com:mgmt:brocade-interface"  # noqa: E741  # the YANG prefix of the guides
VLAN = edits.render(
    "interface_vlan_interface_vlan_vlan_name",
    {"name": "112", "vlan_name": "Docker Network", "delete_vlan": False, "delete_vlan_name": False},
)
NO_SHUT = edits.render(
    "interface_vlan_interface_ve_global_ve_shutdown",
    {"gve_name": "112", "delete_global_ve_shutdown": True},
)


def interface(body):
    return f'<interface-vlan xmlns="{I}"><interface>{body}</interface></interface-vlan>'


class Session:
    """A switch whose reads are scripted and whose edits are recorded, or refused."""

    def __init__(self, *reads, refusal=None):
        self.reads = list(reads)
        self.sent = []
        self.refusal = refusal
        self.over = False

    def get_config(self, criteria):
        assert "filter" in criteria
        assert not self.over
        return xml.parse(f"<data>{self.reads.pop(0)}</data>")

    def edit_config(self, config, *, last):
        self.sent.append(config)
        self.over = last
        if self.refusal:
            raise self.refusal


def test_what_is_missing_is_made():
    session = Session("")
    assert apply.apply(session, VLAN) == {
        "changed": True,
        "before": {"interface-vlan/interface/vlan[112]/vlan-name": None},
        "after": {"interface-vlan/interface/vlan[112]/vlan-name": "Docker Network"},
    }
    assert session.sent == [edit.payload(VLAN)]


def test_what_is_so_already_is_left_alone():
    vlan = "<vlan><name> 112 </name><vlan-name>Docker Network</vlan-name></vlan>"
    session = Session(interface("<vlan><name>1</name></vlan>" + vlan))
    result = apply.apply(session, VLAN)
    assert result["changed"] is False
    assert result["before"] == result["after"]
    assert session.sent == []


@pytest.mark.parametrize(
    ("name", "told"),
    [("<vlan-name>Storage</vlan-name>", "is named 'Storage'"), ("", "has no name")],
)
def test_a_vlan_that_somebody_else_made_is_refused_before_anything_is_sent(name, told):
    session = Session(interface(f"<vlan><name>112</name>{name}</vlan>"))
    with pytest.raises(SegmentConflict, match=told):
        apply.apply(session, VLAN)
    assert session.sent == []


def test_no_shutdown_of_what_is_shut():
    session = Session(interface("<ve><gve-name>112</gve-name><global-ve-shutdown/></ve>"))
    result = apply.apply(session, NO_SHUT)
    assert result == {
        "changed": True,
        "before": {"interface-vlan/interface/ve[112]/global-ve-shutdown": True},
        "after": {"interface-vlan/interface/ve[112]/global-ve-shutdown": None},
    }


def test_no_shutdown_of_a_ve_that_is_not_there_is_no_success():
    session = Session("")
    with pytest.raises(
        NodeMissing, match=r"interface-vlan/interface/ve\[112\] is not in the running"
    ):
        apply.apply(session, NO_SHUT)
    assert session.sent == []


def test_what_somebody_else_deleted_in_between_is_no_failure():
    shut = interface("<ve><gve-name>112</gve-name><global-ve-shutdown/></ve>")
    open_ = interface("<ve><gve-name>112</gve-name></ve>")
    refusal = SwitchRefused("data-missing", tag="data-missing")
    assert apply.apply(Session(shut, open_, refusal=refusal), NO_SHUT)["changed"] is False
    with pytest.raises(SwitchRefused):
        apply.apply(Session(shut, shut, refusal=refusal), NO_SHUT)
    with pytest.raises(SwitchRefused):
        apply.apply(Session(shut, open_, refusal=SwitchRefused("no", tag="invalid-value")), NO_SHUT)


def test_a_preview_sends_nothing_and_shows_all():
    shown = apply.preview(NO_SHUT)
    assert shown == {"xml": edit.payload(NO_SHUT), "cli": ["interface Ve 112", " no shutdown"]}
