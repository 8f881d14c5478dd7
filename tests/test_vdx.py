"""The exact XML of every edit, as canonical XML, and what the templates refuse."""

import pytest
from docker_tor.common.errors import InvalidValue
from docker_tor.switch import edit
from docker_tor.switch.nos import edits
from lxml import etree

NC = "urn:ietf:params:xml:ns:netconf:base:1.0"
I = "urn:brocade.com:mgmt:brocade-interface"  # noqa: E741  # the guides' YANG prefix
R = "urn:brocade.com:mgmt:brocade-rbridge"
P = "urn:brocade.com:mgmt:brocade-ip-config"
V6 = "urn:brocade.com:mgmt:brocade-ipv6-config"

VLAN = "interface_vlan_interface_vlan_vlan_name"
GLOBAL_VE = "interface_vlan_interface_ve_gve_name"
ADDRESS = "rbridge_id_interface_ve_ip_ip_config_address_address"
SECONDARY = "rbridge_id_interface_ve_ip_ip_config_address_secondary"
IPV6 = "rbridge_id_interface_ve_ipv6_ipv6_config_address_ipv6_address_address"
VE = "rbridge_id_interface_ve_name"
SHUTDOWN = "rbridge_id_interface_ve_shutdown"
GLOBAL_SHUTDOWN = "interface_vlan_interface_ve_global_ve_shutdown"


def vlan(body, mark=""):
    return (
        f'<interface-vlan xmlns="{I}"><interface><vlan{mark}><name>112</name>{body}</vlan>'
        "</interface></interface-vlan>"
    )


def global_ve(body="", mark=""):
    return (
        f'<interface-vlan xmlns="{I}"><interface><ve{mark}><gve-name>112</gve-name>{body}</ve>'
        "</interface></interface-vlan>"
    )


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
FLAGS = {
    VLAN: {"delete_vlan": False, "delete_vlan_name": False},
    GLOBAL_VE: {"delete_ve": False},
    ADDRESS: {"delete_ve": False, "delete_address": False},
    SECONDARY: {"delete_address": False},
    IPV6: {"delete_ipv6_address": False},
    VE: {"delete_ve": False},
    SHUTDOWN: {"delete_shutdown": False},
    GLOBAL_SHUTDOWN: {"delete_global_ve_shutdown": False},
}
KEYS = {
    VLAN: {"name": "112", "vlan_name": "Docker Network"},
    GLOBAL_VE: {"gve_name": "112"},
    ADDRESS: {"rbridge_id": 21, "name": "112", "address": "172.16.112.1/24"},
    SECONDARY: {"rbridge_id": 21, "name": "112", "address": "172.16.112.1/24"},
    IPV6: {"rbridge_id": 21, "name": "112", "address": "fd00:112::1/64"},
    VE: {"rbridge_id": 21, "name": "112"},
    SHUTDOWN: {"rbridge_id": 21, "name": "112"},
    GLOBAL_SHUTDOWN: {"gve_name": "112"},
}


def render(edit_name, /, **changed):
    return edits.render(edit_name, {**FLAGS[edit_name], **KEYS[edit_name], **changed})


def canonical(xml):
    root = etree.fromstring(xml, etree.XMLParser(remove_blank_text=True))
    return etree.tostring(root, method="c14n2", exclusive=True).decode()


@pytest.mark.parametrize(
    ("name", "flags", "expected"),
    [
        (VLAN, {}, vlan("<vlan-name>Docker Network</vlan-name>")),
        (VLAN, {"delete_vlan": True}, vlan("", DELETE)),
        (VLAN, {"delete_vlan_name": True}, vlan(f"<vlan-name{DELETE}>Docker Network</vlan-name>")),
        (GLOBAL_VE, {}, global_ve()),
        (GLOBAL_VE, {"delete_ve": True}, global_ve("", DELETE)),
        (ADDRESS, {}, ipv4("")),
        (ADDRESS, {"delete_address": True}, ipv4("", DELETE)),
        (ADDRESS, {"delete_ve": True}, rbridge_ve("", DELETE)),
        (SECONDARY, {}, ipv4("<secondary/>")),
        (SECONDARY, {"delete_address": True}, ipv4("<secondary/>", DELETE)),
        (IPV6, {}, ipv6()),
        (IPV6, {"delete_ipv6_address": True}, ipv6(DELETE)),
        (VE, {}, rbridge_ve()),
        (VE, {"delete_ve": True}, rbridge_ve("", DELETE)),
        (SHUTDOWN, {}, rbridge_ve(f'<shutdown xmlns="{P}"/>')),
        (SHUTDOWN, {"delete_shutdown": True}, rbridge_ve(f'<shutdown xmlns="{P}"{DELETE}/>')),
        (GLOBAL_SHUTDOWN, {}, global_ve("<global-ve-shutdown/>")),
        (
            GLOBAL_SHUTDOWN,
            {"delete_global_ve_shutdown": True},
            global_ve(f"<global-ve-shutdown{DELETE}/>"),
        ),
    ],
)
def test_the_exact_payload(name, flags, expected):
    sent = edit.payload(render(name, **flags))
    assert canonical(sent) == canonical(f'<nc:config xmlns:nc="{NC}">{expected}</nc:config>')


def test_every_edit_is_tested_here():
    assert sorted(KEYS) == edits.names()


@pytest.mark.parametrize(
    ("name", "flags", "lines"),
    [
        (VLAN, {}, ["interface Vlan 112", " name Docker Network"]),
        (VLAN, {"delete_vlan": True}, ["no interface Vlan 112"]),
        (VLAN, {"delete_vlan_name": True}, ["interface Vlan 112", " no name"]),
        (
            VLAN,
            {"vlan_name": "{name} {0} {self}"},
            ["interface Vlan 112", " name {name} {0} {self}"],
        ),
        (GLOBAL_VE, {}, ["interface Ve 112"]),
        (ADDRESS, {}, ["rbridge-id 21", " interface Ve 112", "  ip address 172.16.112.1/24"]),
        (ADDRESS, {"delete_ve": True}, ["rbridge-id 21", " no interface Ve 112"]),
        (
            SECONDARY,
            {"delete_address": True},
            ["rbridge-id 21", " interface Ve 112", "  no ip address 172.16.112.1/24 secondary"],
        ),
        (IPV6, {}, ["rbridge-id 21", " interface Ve 112", "  ipv6 address fd00:112::1/64"]),
        (VE, {"delete_ve": True}, ["rbridge-id 21", " no interface Ve 112"]),
        (
            SHUTDOWN,
            {"delete_shutdown": True},
            ["rbridge-id 21", " interface Ve 112", "  no shutdown"],
        ),
        (
            GLOBAL_SHUTDOWN,
            {"delete_global_ve_shutdown": True},
            ["interface Ve 112", " no shutdown"],
        ),
    ],
)
def test_the_same_edit_on_the_command_line(name, flags, lines):
    assert list(render(name, **flags).cli) == lines


def test_what_is_not_to_be_deleted_need_not_be_said():
    for name, keys in KEYS.items():
        assert edit.payload(edits.render(name, keys)) == edit.payload(render(name))


def test_no_flag_but_true_deletes():
    for flag in ("true", 1, "false", None, []):
        assert edit.payload(render(VE, delete_ve=flag)) == edit.payload(render(VE))


def merged(name, *changes, **flags):
    return edit.merged([render(name, **change, **flags) for change in changes])


def entries(body):
    return f'<interface-vlan xmlns="{I}"><interface>{body}</interface></interface-vlan>'


def in_config(body):
    return canonical(f'<nc:config xmlns:nc="{NC}">{body}</nc:config>')


def test_entries_of_one_list_go_into_one_edit():
    both = merged(VLAN, {"name": "112"}, {"name": "113"})
    named = "<vlan-name>Docker Network</vlan-name>"
    expected = entries(f"<vlan><name>112</name>{named}</vlan><vlan><name>113</name>{named}</vlan>")
    assert canonical(edit.payload(both)) == in_config(expected)
    first, second = ["interface Vlan 112", "interface Vlan 113"]
    assert both.cli == (first, " name Docker Network", second, " name Docker Network")
    gone = merged(VLAN, {"name": "112"}, {"name": "113"}, delete_vlan=True)
    expected = entries("".join(f"<vlan{DELETE}><name>{v}</name></vlan>" for v in (112, 113)))
    assert canonical(edit.payload(gone)) == in_config(expected)


def test_leaves_of_several_entries_go_into_one_edit():
    up = merged(
        GLOBAL_SHUTDOWN, *({"gve_name": v} for v in ("112", "113")), delete_global_ve_shutdown=True
    )
    expected = entries(
        "".join(
            f"<ve><gve-name>{v}</gve-name><global-ve-shutdown{DELETE}/></ve>" for v in (112, 113)
        )
    )
    assert canonical(edit.payload(up)) == in_config(expected)


def test_addresses_of_one_ve_and_of_others_go_into_one_edit():
    """One container of a kind, the entries side by side in it."""
    where = [("112", "10.0.0.1/24"), ("113", "10.1.0.1/24"), ("112", "10.2.0.1/24")]
    both = merged(SECONDARY, *({"name": vlan, "address": address} for vlan, address in where))

    def of(vlan, *addresses):
        listed = "".join(
            f"<address><address>{address}</address><secondary/></address>" for address in addresses
        )
        return f'<ve><name>{vlan}</name><ip xmlns="{P}"><ip-config>{listed}</ip-config></ip></ve>'

    expected = (
        f'<rbridge-id xmlns="{R}"><rbridge-id>21</rbridge-id><interface xmlns="{I}">'
        f"{of(112, '10.0.0.1/24', '10.2.0.1/24')}{of(113, '10.1.0.1/24')}"
        "</interface></rbridge-id>"
    )
    assert canonical(edit.payload(both)) == in_config(expected)


def test_edits_on_several_rbridges_stay_apart():
    both = merged(VE, {"rbridge_id": 21}, {"rbridge_id": 22})
    expected = rbridge_ve() + rbridge_ve().replace(">21<", ">22<")
    assert canonical(edit.payload(both)) == in_config(expected)


def test_one_edit_alone_and_the_same_twice_are_that_edit():
    one = render(VLAN)
    assert edit.payload(edit.merged([one])) == edit.payload(one)
    assert edit.payload(edit.merged([one, render(VLAN)])) == edit.payload(one)
    assert edit.payload(one) == edit.payload(render(VLAN))


def test_the_filter_reads_just_the_entry():
    criteria = edit.subtree_filter(render(VLAN))
    expected = f'<nc:filter xmlns:nc="{NC}" type="subtree">{vlan("<vlan-name/>")}</nc:filter>'
    assert canonical(criteria) == canonical(expected)


def test_markup_in_a_name_stays_text():
    hostile = "a < b>&\"']]>]]>"
    sent = edit.payload(render(VLAN, vlan_name=hostile))
    assert "]]>]]>" not in sent
    assert etree.fromstring(sent).findtext(f".//{{{I}}}vlan-name") == hostile


@pytest.mark.parametrize("name", sorted(KEYS))
def test_a_missing_parameter_is_named(name):
    for key in KEYS[name]:
        rest = {other: value for other, value in KEYS[name].items() if other != key}
        with pytest.raises(InvalidValue, match=f"^{key} is not given"):
            edits.render(name, {**FLAGS[name], **rest})


@pytest.mark.parametrize("vlan_id", ["0", "1002", "3963", "4095", "abc", "112</name>", None])
@pytest.mark.parametrize("name", sorted(KEYS))
def test_no_bad_vlan_gets_through(name, vlan_id):
    key = "gve_name" if "gve_name" in KEYS[name] else "name"
    with pytest.raises(InvalidValue, match=f"^{key} is "):
        render(name, **{key: vlan_id})


def test_the_families_have_an_edit_each():
    with pytest.raises(InvalidValue, match="which is not IPv4"):
        render(ADDRESS, address="fd00::1/64")
    with pytest.raises(InvalidValue, match="which is not IPv6"):
        render(IPV6, address="10.0.0.1/24")


def test_an_unknown_edit():
    with pytest.raises(InvalidValue, match="there is no edit 'nonsense'"):
        edits.render("nonsense", {})


def test_no_edit_leaves_the_templates_folder():
    with pytest.raises(InvalidValue, match="there is no edit"):
        edits.render("../../../etc/passwd", {})


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"rbridge_id": 240}, "rbridge_id is 240"),
        ({"subnet": "fd00::1/64"}, "which is not IPv4"),
        ({"addresses": ["fd00::1/64", "10.0.0.0/24"]}, "addresses is '10.0.0.0/24'"),
    ],
)
def test_what_the_later_edits_are_to_set_is_checked_with_the_first(given, refused):
    with pytest.raises(InvalidValue, match=refused):
        render(VLAN, **given)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"rbridge_id": None, "subnet": None, "addresses": None},
        {"rbridge_id": "21", "subnet": "10.0.0.1/24", "addresses": []},
        {"subnet": "", "addresses": ["fd00::1/64", "10.0.0.1/24"]},
        {"rbridge_id": 21, "subnet": "", "addresses": []},
    ],
)
def test_what_the_later_edits_are_to_set_may_be_left_out(given):
    assert edit.payload(render(VLAN, **given)) == edit.payload(render(VLAN))


def test_one_rendering_does_not_show_in_the_next():
    render(VLAN, delete_vlan=True, name="7")
    assert edit.payload(render(VLAN)).count("112") == 1
