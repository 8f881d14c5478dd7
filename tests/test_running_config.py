"""The running config of VLANs, read to values."""

import json

import pytest
from docker_tor.netconf import xml
from docker_tor.switch import model
from docker_tor.switch.model import ABSENT, Ve, Vlan
from docker_tor.switch.nos import running_config
from docker_tor.switch.nos.running_config import INTERFACE, IP
from docker_tor.switch.nos.running_config import IPV6 as V6
from docker_tor.switch.trunk import Port
from ves import texts, ve, ves

NAME = "Docker Network"
DEFAULT = "urn:ietf:params:xml:ns:netconf:default:1.0"


def vlans(body):
    return f'<interface-vlan xmlns="{INTERFACE}"><interface>{body}</interface></interface-vlan>'


def rbridge(ves, number="21"):
    return (
        f'<rbridge-id xmlns="{running_config.RBRIDGE}"><rbridge-id>{number}</rbridge-id>'
        f'<interface xmlns="{INTERFACE}">{ves}</interface></rbridge-id>'
    )


def ipv4(address, more=""):
    key = f"<address>{address}</address>"
    return f'<ip xmlns="{IP}"><ip-config><address>{key}{more}</address></ip-config></ip>'


def ipv6(address):
    key = f"<ipv6-address><address>{address}</address></ipv6-address>"
    return f'<ipv6 xmlns="{V6}"><ipv6-config><address>{key}</address></ipv6-config></ipv6>'


def read(*parts):
    return running_config.read(xml.parse(f"<data>{''.join(parts)}</data>"))


def read_ve(body):
    (vlan,) = read(rbridge(f"<ve><name>112</name>{body}</ve>")).values()
    return vlan.ves[21]


@pytest.mark.parametrize(
    "odd", ["", "x", "-1", "+5", "1.0", "10000", "9" * 5000, "\uff11\uff11\uff12", "1 2"]
)
def test_what_has_no_id_is_passed_over(odd):
    ids = f"<vlan><name>{odd}</name></vlan><ve><gve-name>{odd}</gve-name></ve>"
    assert read(vlans(ids + "<vlan/><ve/>"), rbridge(f"<ve><name>{odd}</name></ve><ve/>")) == {}
    assert read(rbridge("<ve><name>112</name></ve>", odd)) == {}


MORE = "<!-- so --><?so it is?>"
NAMED = "<vlan><name>112</name><vlan-name>a</vlan-name></vlan>"
GVE = "<ve><gve-name>112</gve-name></ve>"
VE = "<ve><name>112</name>{}</ve>"


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([vlans(""), rbridge("")], None),
        # Elements of other namespaces are none of these.
        ([vlans("<vlan xmlns='urn:x'><name>112</name></vlan>")], None),
        ([rbridge("<ve xmlns='urn:x'><name>112</name></ve>")], None),
        # Comments and instructions are no configuration, and addresses are in plain form.
        (
            [MORE, rbridge(MORE + VE.format(MORE + ipv6(f" FD00:0112:0:0::1/64\n{MORE}")))],
            Vlan(None, None, {21: ve("fd00:112::1/64")}),
        ),
        ([vlans("<vlan><name>112</name></vlan>")], Vlan("")),
        # An id may stand between blanks.
        (
            [vlans("<vlan><name>\n 112 </name><vlan-name> a b </vlan-name></vlan>")],
            Vlan("a b"),
        ),
        # Containers may come in pieces, and so may an entry: one piece a YANG module, say.
        (
            [
                vlans(f"{NAMED}<vlan><name>112</name></vlan>{GVE}"),
                vlans("<ve><gve-name>112</gve-name><global-ve-shutdown/></ve>"),
                rbridge(VE.format(ipv4("10.0.0.1/24")) + VE.format(ipv6("fd00::1/64"))),
                rbridge(VE.format(""), "22"),
            ],
            Vlan("a", False, {21: ve("10.0.0.1/24", "fd00::1/64"), 22: ve()}),
        ),
    ],
)
def test_what_a_reply_says(parts, expected):
    assert read(*parts) == ({112: expected} if expected else {})


def ip_config(leaves):
    return f'<ip xmlns="{IP}"><ip-config>{leaves}</ip-config></ip>'


def of(module, body):
    """A subtree of another module of NOS's, in a Ve's `ip`."""
    namespace = f' xmlns="urn:brocade.com:mgmt:{module}">'
    return f'<ip xmlns="{IP}">{body.replace(">", namespace, 1)}</ip>'


IGMP = (
    "<igmp><query-interval>{}</query-interval>"
    "<query-max-response-time>10</query-max-response-time></igmp>"
)


@pytest.mark.parametrize(
    ("body", "others"),
    [
        # What NOS adds with the first address, and what some servers report though nobody set it.
        (ip_config("<proxy-arp/>"), ()),
        (ip_config("<mtu>1500</mtu><arp-aging-timeout> 240\n</arp-aging-timeout>"), ()),
        (of("brocade-igmp", IGMP.format(125)), ()),
        (of("brocade-pim", "<x><y><pim><dr-priority>1</dr-priority></pim></y></x>"), ()),
        (f'<z xmlns="urn:x" xmlns:d="{DEFAULT}" d:default="true">7</z>', ()),
        # What somebody has set.
        (ip_config("<mtu>9000</mtu>") + '<shutdown xmlns="urn:x"/>', ("mtu", "shutdown")),
        (ip_config("<mtu>1500<x/></mtu>"), ("mtu",)),
        (ip_config("<directed-broadcast/>"), ("directed-broadcast",)),
        (ip_config("<proxy-arp xmlns='urn:x'/>"), ("proxy-arp",)),
        (of("brocade-igmp", IGMP.format(126)), ("igmp",)),
        (of("brocade-igmp", "<mtu>1500</mtu>"), ("mtu",)),
        (f'<z xmlns="urn:x" xmlns:d="{DEFAULT}" d:default="false">7</z>', ("z",)),
        ('<z xmlns="urn:x" default="true">7</z>', ("z",)),
        (ipv4("10.1.0.1/24", "<!-- so --><ospf-ignore/>"), ("ospf-ignore of 10.1.0.1/24",)),
        (
            ipv6("fd00::1/64").replace("</address></ipv6-a", "</address><eui64/></ipv6-a"),
            ("eui64 of fd00::1/64",),
        ),
        # What is no address is somebody else's, and harmless.
        (
            ipv4("{{ st2kv.system.x }} &lt;!channel&gt;"),
            ("address { { st2kv.system.x }} < !channel>",),
        ),
        (
            ipv4("fd00::1/64") + ipv6("fe80::1%{{x}}/64"),
            ("address fd00::1/64", "address fe80::1%{ {x}}/64"),
        ),
    ],
)
def test_what_is_nobodys_and_what_is_told_as_others(body, others):
    found = read_ve(ipv4("10.0.0.1/24") + body)
    assert (found.addresses[0], found.shut) == (*ves("10.0.0.1/24"), False)
    assert found.others == others


def test_the_primary_address_is_first_in_its_subnet_and_the_others_are_in_order():
    secondary = "<secondary/>"
    found = read_ve(
        ipv4("192.0.2.10/24", secondary)
        + ipv4("192.0.2.9/24", secondary)
        + ipv4("192.0.2.100/24")
        + ipv4("10.9.0.9/24")
        + ipv4("10.9.0.1/24", secondary)
        + ipv6("fd00:b::1/64")
        + ipv6("fd00:a::1/64")
    )
    first, others = ("10.9.0.9/24", "10.9.0.1/24"), ("192.0.2.100/24", "192.0.2.9/24")
    assert found == ve(*first, *others, "192.0.2.10/24", "fd00:a::1/64", "fd00:b::1/64")
    assert texts(model.primaries(found.ipv4).values()) == (first[0], others[0])


@pytest.mark.parametrize(("count", "rpcs"), [(0, 0), (1, 1), (64, 1), (65, 2), (256, 4), (257, 1)])
def test_many_vlans_are_asked_for_in_few_rpcs(count, rpcs):
    """Whoever asks for more gets all there are."""
    filters = running_config.filters(range(100, 100 + count))
    assert len(filters) == rpcs
    named = sum(text.count("<vlan>") for text in filters)
    assert named == (count if count <= running_config.READ_WHOLE else 1)


VE = {"ipv4": [], "ipv6": [], "shut": False}


def having(**changed):
    """A VLAN of which one thing is otherwise; in its Ve, if it is a Ve's."""
    of_ve = {key: value for key, value in changed.items() if key in Ve._fields}
    plain = {"name": None, "in_service": None, "ves": {"21": {**VE, **of_ve}}}
    return {**plain, **{key: value for key, value in changed.items() if key not in of_ve}}


@pytest.mark.parametrize(
    "plain",
    [
        *(None, {}, {"name": None, "in_service": None}, {"in_service": None, "ves": {}}),
        *(having(ves={number: VE}) for number in ("2_1", "9" * 5000, "\uff12\uff11")),
        *(having(ves=[VE]), having(ves={"21": None}), having(ves={"21": {"ipv4": [], "ipv6": []}})),
        having(ports={"Port-channel 10": {"mode": "trunk", "rule": "only"}}),
        having(ports={"Port-channel 10": {"mode": 1, "rule": "only", "vlans": ""}}),
        having(ports={"Port-channel 10": {"mode": "trunk", "rule": "only", "vlans": "9-7"}}),
        *(having(ipv4=wrong) for wrong in ("10.0.0.1/24", [5], ["no address"], ["fd00::1/64"])),
        *(having(ipv6=["fe80::1%eth0/64"]), having(shut="false"), having(others="ospf")),
        *(having(name=5), having(in_service="true")),
    ],
)
def test_what_is_no_vlan(plain):
    with pytest.raises(ValueError, match="this is no VLAN as it was before a run"):
        model.from_plain(plain)


def test_what_is_handed_in_is_made_harmless():
    """Whoever hands it in may have written it himself, and what cannot be brought back is told."""
    hostile = "{{ st2kv.system.x }} <!channel>\n"
    vlan = model.from_plain(having(name=hostile, others=[hostile]))
    handed_on = model.as_plain(ABSENT._replace(name=hostile))["name"]
    for text in (vlan.name, *vlan.ves[21].others, handed_on):
        assert text == "{ { st2kv.system.x }} < !channel>"
    port = Port(vlans=frozenset({5, 7}))
    kept = Vlan(NAME, True, {21: ve("10.0.0.1/24", "fd00::1/64", others=("mtu",))}, {"Te": port})
    assert model.from_plain(json.loads(json.dumps(model.as_plain(kept)))) == kept
    # Others may be missing.
    assert model.from_plain(having()) == Vlan(ves={21: Ve()})
