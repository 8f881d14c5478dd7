"""Which segments the networks of the engines call for."""

import json
import random
from pathlib import Path

import pytest
from docker_tor.common.errors import ConfigError
from docker_tor.config import settings
from docker_tor.controller import triggers
from docker_tor.desired import segments as intent
from docker_tor.engine import networks
from hypothesis import given
from hypothesis import strategies as st
from ves import ves

RECORDINGS = Path(__file__).parent / "fixtures" / "docker-recordings"


def recorded(name):
    """The body of a recorded answer."""
    return json.loads((RECORDINGS / name).read_text().rstrip().splitlines()[-1])


def network(**changed):
    """What an engine lists for the article's network, changed as told."""
    shown = recorded("01-macvlan-parent-vlan/network.get.http")
    config = [{"Subnet": "172.16.112.0/24"}]
    shown.update(Options={"parent": changed.pop("parent", "eth0.112")})
    shown.update(IPAM={"Config": changed.pop("ipam", config)})
    return {**shown, **changed}


def only(listing):
    wanted, refused = networks.read("host1", listing)
    assert refused == []
    (found,) = wanted
    return found


SWITCH = {"name": "tor1", "host": "10.254.4.105", "username": "u", "password": "p"}


def switch(**limits):
    (found,) = settings.parse({"switches": [{**SWITCH, **limits}]}).switches
    return found


def here(_network):
    return switch(), 21


@pytest.mark.parametrize(
    ("recording", "driver", "parent", "vlan", "addresses"),
    [
        ("01-macvlan-parent-vlan", "macvlan", "eth0.112", 112, {"172.16.112.1/24"}),
        (
            "02-macvlan-two-subnets",
            "macvlan",
            "eth0.113",
            113,
            {"172.16.213.1/24", "172.16.113.1/24"},
        ),
        (
            "04-macvlan-dualstack",
            "macvlan",
            "eth0.112",
            112,
            {"172.16.112.1/24", "2001:db8:112::1/64"},
        ),
        ("13-ipvlan-l2", "ipvlan", "eth0.114", 114, {"172.16.114.1/24"}),
        ("18-macvlan-bond-parent", "macvlan", "bond0.200", 200, {"172.16.200.1/24"}),
    ],
)
def test_networks_that_call_for_a_vlan(recording, driver, parent, vlan, addresses):
    found = only([recorded(f"{recording}/network.get.http")])
    assert (found.driver, found.parent, found.vlan) == (driver, parent, vlan)
    assert found.addresses == {*ves(*addresses)}
    assert found.interface == parent.split(".")[0]


def test_a_gateway_that_was_given_is_the_ves_address():
    found = only([recorded("03-macvlan-gateway-254/network.get.http")])
    assert {int(address.ip) % 256 for address in found.addresses} == {254}


def test_a_gateway_that_a_restart_makes_appear_changes_nothing():
    absent = only([network(ipam=[{"Subnet": "172.16.112.0/24"}])])
    shown = only([network(ipam=[{"Subnet": "172.16.112.0/24", "Gateway": "172.16.112.1"}])])
    before, _ = intent.segments([absent], here)
    after, _ = intent.segments([shown], here, {("host1", absent.id): absent})
    assert before == after


@pytest.mark.parametrize(
    ("subnet", "ip_range", "address"),
    [
        ("10.1.0.0/24", "10.1.0.128/25", "10.1.0.128/24"),
        ("10.1.0.0/24", "10.1.0.0/25", "10.1.0.1/24"),
        ("10.1.0.0/31", None, "10.1.0.0/31"),
        ("fd00::/64", None, "fd00::1/64"),
    ],
)
def test_without_a_gateway_it_is_the_first_host_of_the_range(subnet, ip_range, address):
    ipam = {"Subnet": subnet, **({"IPRange": ip_range} if ip_range else {})}
    assert only([network(ipam=[ipam], EnableIPv6=True)]).addresses == {*ves(address)}


@pytest.mark.parametrize("recording", ["07-macvlan-untagged-parent", "16-bridge", "31-overlay"])
def test_networks_that_are_none_of_our_business(recording):
    assert networks.read("host1", [recorded(f"{recording}/network.get.http")]) == ([], [])


def test_a_config_only_network_is_a_template_and_no_network():
    template = recorded("24-config-only-local/config-only.get.http")
    local = recorded("24-config-only-local/config-from.get.http")
    assert networks.read("host1", [template]) == ([], [])
    assert only([template, local]).addresses == {*ves("172.16.112.254/24")}


def test_a_swarm_network_takes_parent_and_subnet_from_the_nodes_template():
    swarm = recorded("33-swarm-macvlan/network.get.http")
    template = network(Name=swarm["ConfigFrom"]["Network"], ConfigOnly=True, Driver="null")
    found = only([swarm, template])
    assert (found.id, found.parent, found.addresses) == (
        swarm["Id"],
        "eth0.112",
        {*ves("172.16.112.1/24")},
    )
    assert networks.read("host1", [swarm]) == ([], [])


@pytest.mark.parametrize(
    ("labels", "left_alone"),
    [({"docker_tor": "off"}, True), ({"docker_tor": "on"}, False), ({}, False), (None, False)],
)
def test_a_network_may_opt_out_by_label(labels, left_alone):
    wanted, refused = networks.read("host1", [network(Labels=labels)])
    assert (wanted == []) is left_alone
    assert refused == []


@pytest.mark.parametrize(
    "parent", ["eth0", "eth0.abc", "eth0.", ".112", "", "eth0.-1", "eth0.1e2", None, 7, "eth0.٣"]
)
def test_parents_without_a_tag(parent):
    assert networks.read("host1", [network(parent=parent)]) == ([], [])


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"parent": "eth0.0"}, "the VLAN of the network's parent is 0"),
        ({"parent": "eth0.1002"}, "parent is 1002, which the switch reserves"),
        ({"parent": "eth0.4000"}, "the VLAN of the network's parent is 4000"),
        ({"ipam": [{"Subnet": "nonsense"}]}, "the network's subnet is 'nonsense'"),
        ({"ipam": [{}]}, "the network's subnet is None"),
        ({"ipam": ["x"]}, "the network's subnet is None"),
        ({"ipam": [{"Subnet": "10.0.0.0/32"}]}, "a Ve takes prefix lengths of 1 - 31"),
        ({"ipam": [{"Subnet": "10.0.0.0/24", "Gateway": "x"}]}, "gateway is 'x', which is no add"),
        ({"ipam": [{"Subnet": "10.0.0.0/24", "Gateway": "10.9.0.1"}]}, "is outside its subnet"),
        (
            {"ipam": [{"Subnet": "10.0.0.0/24", "Gateway": "10.0.0.255"}]},
            "not the address of a host",
        ),
        ({"ipam": [{"Subnet": "10.0.0.0/24", "IPRange": "x"}]}, "the network's IP range is 'x'"),
    ],
)
def test_networks_that_cannot_have_what_they_call_for(changed, reason):
    wanted, (refusal,) = networks.read("host1", [network(**changed)])
    assert wanted == []
    assert reason in str(refusal.error)
    assert (refusal.network["engine"], refusal.network["name"]) == ("host1", "dockernetwork112")


def test_a_hostile_name_is_made_harmless():
    found = only([network(Name='x"<!channel>\n{{ st2kv.system.password }}' * 200)])
    assert found.name.startswith("x???channel? ? ? st2kv")
    assert len(found.name) == 64


def test_networks_on_one_vlan_are_one_segment():
    one = only([network()])
    two = one._replace(id="b" * 64, engine="host2", addresses=frozenset(ves("fd00::1/64")))
    found, refused = intent.segments([two, one], here)
    assert refused == []
    (segment,) = found.values()
    assert segment.key == ("tor1", 21, 112)
    assert segment.addresses == ves("172.16.112.1/24", "fd00::1/64")
    assert {network.engine for network in segment.networks} == {"host1", "host2"}


def test_a_network_that_joins_leaves_the_primary_address_alone():
    old = only([network(Created="2026-01-01T00:00:00Z")])
    new = old._replace(id="a" * 64, created="2026-02-01", addresses=frozenset(ves("10.1.0.1/24")))
    (segment,) = intent.segments([new, old], here)[0].values()
    assert segment.addresses == ves("172.16.112.1/24", "10.1.0.1/24")


def test_a_network_without_a_way_to_a_switch_is_refused():
    def nowhere(_network):
        raise ConfigError("no uplink")

    found, (refusal,) = intent.segments([only([network()])], nowhere)
    assert found == {}
    assert str(refusal.error) == "no uplink."


def test_the_payload():
    segment = next(iter(intent.segments([only([network()])], here)[0].values()))
    trigger = triggers.network_event(intent.Change(intent.CREATE, segment), "docker")
    assert (trigger.name, trigger.trace_tag) == ("docker.NetworkEvent", "tor1/21/112")
    assert trigger.payload == {
        "action": "create",
        "vlan": 112,
        "subnet": "172.16.112.1/24",
        "addresses": ["172.16.112.1/24"],
        "rbridge": 21,
        "host": "10.254.4.105",
        "channel": "docker",
        "switch": "tor1",
        "networks": [
            {
                "id": segment.networks[0].id,
                "name": "dockernetwork112",
                "engine": "host1",
                "driver": "macvlan",
                "parent": "eth0.112",
            }
        ],
    }


def test_the_subnet_is_the_first_ipv4_address():
    def subnet(*addresses):
        segment = intent.Segment("tor1", 21, 112, "h", ves(*addresses), ())
        return triggers.network_event(intent.Change(intent.CREATE, segment), "c").payload["subnet"]

    assert subnet("10.0.0.1/24", "10.0.1.1/24", "fd00::1/64") == "10.0.0.1/24"
    assert subnet("fd00::1/64") == ""


def segments(*specs):
    found = [intent.Segment("tor1", 21, vlan, host, ves(a), ()) for vlan, host, a in specs]
    return {segment.key: segment for segment in found}


def test_changes():
    before = segments(
        (10, "h", "10.0.10.1/24"), (20, "h", "10.0.20.1/24"), (30, "h", "10.0.30.1/24")
    )
    after = segments(
        (20, "h", "10.0.20.1/24"), (30, "h", "10.0.30.9/24"), (40, "h", "10.0.40.1/24")
    )
    found = [(change.action, change.segment.vlan) for change in intent.changes(before, after)]
    assert found == [("destroy", 10), ("update", 30), ("create", 40)]
    assert intent.changes(after, after) == []


def test_networks_that_come_and_go_on_a_segment_change_nothing():
    before = segments((10, "h", "10.0.10.1/24"))
    after = {key: one._replace(networks=(only([network()]),)) for key, one in before.items()}
    assert intent.changes(before, after) == []


@given(st.randoms(use_true_random=False))
def test_the_order_of_networks_and_subnets_means_nothing(chance: random.Random):
    ipam = [{"Subnet": f"10.{n}.0.0/16"} for n in range(4)] + [{"Subnet": "fd00::/64"}]
    listing = [network(Id=f"{n:064x}", ipam=ipam[n:], EnableIPv6=True) for n in range(4)]
    straight = intent.segments(networks.read("host1", listing)[0], here)
    for item in listing:
        chance.shuffle(item["IPAM"]["Config"])
    chance.shuffle(listing)
    assert intent.segments(networks.read("host1", listing)[0], here) == straight


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = ["Id", "Name", "Driver", "Options", "IPAM", "ConfigFrom", "ConfigOnly", "Labels"]


@given(st.lists(JSON | st.dictionaries(st.sampled_from(FIELDS), JSON).map(lambda d: network(**d))))
def test_no_listing_whatever_its_shape_raises(listing):
    wanted, refused = networks.read("host1", listing)
    for found in wanted:
        assert 1 <= found.vlan <= 3962
        assert found.driver in ("macvlan", "ipvlan")
    assert all(str(refusal.error) for refusal in refused)
