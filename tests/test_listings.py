"""Networks as people really have them, from what an engine lists to what a switch is to have."""

import random

import pytest
from docker_tor.common.errors import ConfigError, DockerTorError
from docker_tor.config import settings as config
from docker_tor.config.uplinks import uplink_of
from docker_tor.desired import last_applied
from docker_tor.desired import segments as intent
from docker_tor.desired.last_applied import Ledger
from docker_tor.engine import networks
from docker_tor.engine.networks import Listing
from hypothesis import given
from hypothesis import strategies as st
from ves import texts, ves

OLD, NEW = "1.41", "1.52"
SWITCH = {"name": "tor1", "host": "h", "username": "u", "password": "p", "rbridge_id": 21}
PLAIN = {
    "Scope": "local",
    "Driver": "macvlan",
    "EnableIPv4": True,
    "EnableIPv6": False,
    "IPAM": {"Driver": "default", "Config": []},
    "Internal": False,
    "ConfigFrom": {"Network": ""},
    "ConfigOnly": False,
    "Options": {},
    "Labels": {},
}


def network(name, parent, *pools, **more):
    """What an engine lists: each pool a subnet, or what stands for one in IPAM.Config."""
    found = [{"Subnet": pool} if isinstance(pool, str) else pool for pool in pools]
    return {
        **PLAIN,
        "Id": f"{sum(map(ord, name)):064x}",
        "Name": name,
        "Options": {"parent": parent, **more.pop("options", {})},
        "IPAM": {"Driver": more.pop("ipam", "default"), "Config": found},
        **more,
    }


def settings(*uplinks):
    engine = {"name": "host1", "url": "unix:///run/docker.sock", "uplinks": list(uplinks)}
    return config.parse({"engines": [engine], "switches": [SWITCH]})


def segments(*listed, api=OLD, uplinks=(), known=None):
    """The segments by VLAN, and why networks are refused by their names."""
    found = settings(*uplinks)
    (engine,) = found.engines
    wanted, refused = networks.read("host1", Listing(listed, api), engine.vlans)

    def place(one):
        return uplink_of(found, engine, one.interface, one.tagged)

    made, cannot = intent.segments(wanted, place, known or {})
    told = {one.network["name"]: str(one.error) for one in [*refused, *cannot]}
    return {one.vlan: one for one in made.values()}, told


def addresses(*listed, **more):
    """The addresses of each VLAN, where all networks can be had."""
    made, told = segments(*listed, **more)
    assert told == {}
    return {vlan: texts(one.addresses) for vlan, one in made.items()}


def refusal(one, **more):
    """Why a network is refused; a neighbour that can be had is, all the same."""
    made, told = segments(one, network("neighbour", "eth0.7", "10.7.0.0/24"), **more)
    assert set(made) == {7}
    return told[one["Name"]]


def passed(one, *others, uplinks=()):
    """Why a network is passed over."""
    made, told = segments(one, *others, uplinks=uplinks)
    assert (made, told) == ({}, {})
    vlans = settings(*uplinks).engines[0].vlans
    found = {p.network["name"]: p.error for p in networks.passed_over("host1", [one], vlans)}
    return str(found[one["Name"]])


# Gateways.


@pytest.mark.parametrize(
    ("api", "expected"),
    [
        ("1.41", ("172.18.0.1/24",)),
        ("1.51", ("172.18.0.1/24",)),
        ("", ("172.18.0.1/24",)),
        ("v2", ("172.18.0.1/24",)),
        ("1.52", ()),
        ("1.53", ()),
        ("1.100", ()),
        ("2.0", ()),
    ],
)
def test_a_gateway_that_is_not_shown(api, expected):
    listed = network("t", "eth0.118", "172.18.0.0/24")
    assert addresses(listed, api=api) == {118: expected}


def test_a_list_that_says_no_version_is_an_older_engines():
    wanted, _ = networks.read("host1", [network("t", "eth0.118", "172.18.0.0/24")])
    assert wanted[0].addresses == {*ves("172.18.0.1/24")}


@pytest.mark.parametrize("api", [OLD, NEW])
def test_a_gateway_that_is_shown(api):
    pool = {"Subnet": "172.18.0.0/24", "Gateway": "172.18.0.254"}
    assert addresses(network("t", "eth0.118", pool), api=api) == {118: ("172.18.0.254/24",)}


@pytest.mark.parametrize("api", [OLD, NEW])
@pytest.mark.parametrize("gateway", [{}, {"Gateway": "10.20.30.1"}])
def test_an_internal_network_has_none_whatever_it_shows(api, gateway):
    pool = {"Subnet": "10.20.30.0/24", "IPRange": "10.20.30.224/27", **gateway}
    assert addresses(network("a", "eth0.50", pool, Internal=True), api=api) == {50: ()}


def test_a_network_may_have_a_gateway_for_one_family_only():
    six = {"Subnet": "fd00:50::/64", "Gateway": "fd00:50::1"}
    listed = network("a", "eth0.50", "10.20.30.0/24", six, EnableIPv6=True)
    assert addresses(listed, api=NEW) == {50: ("fd00:50::1/64",)}


@pytest.mark.parametrize(
    ("pools", "ipam"), [(["0.0.0.0/0"], "null"), ([], "default"), (["10.1.0.0/24"], "dhcp")]
)
def test_nobody_knows_the_gateway_that_another_ipam_driver_takes(pools, ipam):
    assert addresses(network("a", "eth0.50", *pools, ipam=ipam)) == {50: ()}


def test_a_layer_2_network_joins_a_segment_that_has_addresses_and_takes_none_away():
    routed = network("a", "eth0.50", "10.1.0.0/24")
    silent = network("b", "bond0.50", "10.1.0.0/16", Internal=True)
    made, told = segments(routed, silent)
    assert told == {}
    assert made[50].addresses == ves("10.1.0.1/24")
    assert [one.name for one in made[50].networks] == ["a", "b"]


def test_a_layer_2_network_claims_no_subnet():
    silent = network("a", "eth0.50", "10.1.0.0/24", Internal=True)
    routed = network("b", "eth0.51", "10.1.0.0/24", Created="2026")
    assert addresses(silent, routed) == {50: (), 51: ("10.1.0.1/24",)}


# Families, masks and scopes.


def test_a_family_that_is_not_enabled():
    six = "fdda:9280:731e:c::/64"
    a = network("a", "eth0.113", "10.13.12.0/22", six)
    b = network("b", "eth0.114", "10.14.0.0/24", six, EnableIPv6=True)
    c = network("c", "eth0.115", "10.15.0.0/24", "fd00:15::/64", EnableIPv6=True, EnableIPv4=False)
    assert addresses(a, b, c) == {
        113: ("10.13.12.1/22",),
        114: ("10.14.0.1/24", "fdda:9280:731e:c::1/64"),
        115: ("fd00:15::1/64",),
    }


def test_an_engine_that_does_not_say_which_families_are_enabled():
    listed = network("a", "eth0.113", "10.13.12.0/22", "fd00::/64")
    del listed["EnableIPv4"], listed["EnableIPv6"]
    assert addresses(listed) == {113: ("10.13.12.1/22", "fd00::1/64")}


def test_a_swarm_network_has_the_families_of_its_config_only_network():
    pools = ["10.13.12.0/22", "fd00::/64"]
    source = network("c", "eth0.113", *pools, EnableIPv6=True, ConfigOnly=True, Driver="null")
    swarm = network("s", "", Scope="swarm", Options=None, ipam="", ConfigFrom={"Network": "c"})
    assert addresses(source, swarm) == {113: ("10.13.12.1/22", "fd00::1/64")}


@pytest.mark.parametrize(
    ("pool", "address"),
    [
        ({"Subnet": "192.168.1.1/24", "Gateway": "192.168.1.1"}, "192.168.1.1/24"),
        ({"Subnet": "192.168.1.77/24"}, "192.168.1.1/24"),
        ({"Subnet": "192.168.1.0/24", "IPRange": "192.168.1.130/25"}, "192.168.1.128/24"),
    ],
)
def test_host_bits_are_masked(pool, address):
    assert addresses(network("a", "eth0.113", pool)) == {113: (address,)}


@pytest.mark.parametrize("pool", ["fe80::/64", "169.254.7.0/24"])
def test_a_link_local_subnet_is_left_out(pool):
    wanted = {"Subnet": "192.168.1.0/24", "Gateway": "192.168.1.1"}
    listed = network("a", "eth0.60", wanted, pool, EnableIPv6=True)
    assert addresses(listed) == {60: ("192.168.1.1/24",)}
    assert addresses(network("a", "eth0.60", pool, EnableIPv6=True)) == {60: ()}


def test_a_range_outside_its_subnet():
    pool = {"Subnet": "192.168.1.0/24", "IPRange": "192.168.2.0/25"}
    assert "range 192.168.2.0/25 is outside its subnet" in refusal(network("a", "eth0.113", pool))


# Parents, modes and labels.


@pytest.mark.parametrize("parent", ["eth0.20.200", "bond0.20.200", "a.b.1.2"])
def test_a_vlan_inside_another(parent):
    told = refusal(network("a", parent, "172.16.112.0/24"))
    assert f"its parent {parent} is a VLAN inside another (QinQ)" in told
    assert "uplink" not in told
    told = refusal(network("a", parent, "172.16.112.0/24"), uplinks=[{"parent": "eth0"}])
    assert "uplink" not in told


@pytest.mark.parametrize("mode", ["l3", "l3s"])
def test_a_network_that_its_host_routes(mode):
    options = {"ipvlan_mode": mode}
    told = refusal(network("a", "eth0.99", "192.168.91.0/24", Driver="ipvlan", options=options))
    assert f"it is an ipvlan network in mode {mode}, which its host routes" in told
    l2 = network("a", "eth0.99", "10.9.0.0/24", Driver="ipvlan", options={"ipvlan_mode": "l2"})
    assert addresses(l2) == {99: ("10.9.0.1/24",)}


@pytest.mark.parametrize("value", ["off", "false", "No", "0", " OFF ", "disabled", "False", "n"])
def test_a_network_that_wants_to_be_left_alone(value):
    labels = {"docker_tor": value}
    assert "label docker_tor says" in passed(network("a", "eth0.121", "10.1.0.0/24", Labels=labels))


@pytest.mark.parametrize("value", ["on", "true", "YES", "1", "enabled"])
def test_a_network_that_does_not(value):
    listed = network("a", "eth0.121", "10.1.0.0/24", Labels={"docker_tor": value})
    assert addresses(listed) == {121: ("10.1.0.1/24",)}


@pytest.mark.parametrize("value", ["maybe", "", "2", "offf", None, 7, "{{ 7 }}"])
def test_a_label_that_means_neither_is_told_and_the_network_left_alone(value):
    told = refusal(network("a", "eth0.121", "10.1.0.0/24", Labels={"docker_tor": value}))
    assert "which means neither on nor off" in told


@pytest.mark.parametrize("labels", [None, {}, {"other": "off"}])
def test_a_config_only_network_speaks_for_those_made_from_it(labels):
    pool = {"Subnet": "10.20.30.0/24", "Gateway": "10.20.30.1"}
    source = network("c", "eth0.50", pool, ConfigOnly=True, Driver="null")
    swarm = network(
        "mv", "", Scope="swarm", Options=None, Labels=labels, ConfigFrom={"Network": "c"}
    )
    assert addresses(source, swarm) == {50: ("10.20.30.1/24",)}
    source["Labels"] = {"docker_tor": "off"}
    assert segments(source, swarm) == ({}, {})
    swarm["Labels"] = {"docker_tor": "on"}
    assert addresses(source, swarm) == {50: ("10.20.30.1/24",)}


@pytest.mark.parametrize("parent", ["vlan4000", "vlan10", "vlanDMZ", "vmbr0v20", "eth0"])
def test_a_parent_without_a_tag_that_can_be_seen(parent):
    told = passed(network("a", parent, "10.1.0.0/24"))
    assert f"its parent {parent} carries no tag that can be seen" in told
    assert "uplinks" in told


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"Driver": "bridge"}, "its driver is bridge"),
        ({"ConfigOnly": True}, "it is a template"),
        ({"Options": None}, "it names no parent"),
        ({"Options": {"parent": ""}}, "it names no parent"),
        ({"Driver": "x{{ 7 }}"}, "its driver is x{ { 7 }}"),
    ],
)
def test_what_else_is_passed_over(more, why):
    assert why in passed({**network("a", "eth0.5", "10.1.0.0/24"), **more})


@pytest.mark.parametrize("parent", ["vlan10", "vmbr0v10", "dmz"])
def test_an_uplink_may_name_the_vlan_of_a_parent_without_a_tag(parent):
    listed = network("a", parent, "10.1.0.0/24")
    tagged = network("b", "eth0.112", "10.2.0.0/24")
    uplinks = [{"parent": parent, "vlan": 10, "switch": "tor1"}]
    # It does not oblige the engine to list its other parents.
    assert addresses(listed, tagged, uplinks=uplinks) == {
        10: ("10.1.0.1/24",),
        112: ("10.2.0.1/24",),
    }
    with_eth0 = [*uplinks, {"parent": "eth0", "switch": "tor1"}]
    assert set(addresses(listed, tagged, uplinks=with_eth0)) == {10, 112}
    made, told = segments(listed, tagged, uplinks=[*uplinks, {"parent": "bond0"}])
    assert set(made) == {10}
    assert "no uplink of that name" in told["b"]


def test_a_vlan_of_a_parent_that_carries_one_itself():
    uplinks = [{"parent": "eth0", "vlan": 10}]
    made, told = segments(network("a", "eth0.5", "10.1.0.0/24"), uplinks=uplinks)
    assert made == {}
    assert "its frames may have two tags" in told["a"]
    native = [*uplinks, {"parent": "eth0"}]
    both = [network("a", "eth0.5", "10.1.0.0/24"), network("b", "eth0", "10.2.0.0/24")]
    assert addresses(*both, uplinks=native) == {5: ("10.1.0.1/24",), 10: ("10.2.0.1/24",)}


@pytest.mark.parametrize(
    ("uplink", "where"),
    [
        ({"parent": "vlan10", "vlan": 0}, "vlan is 0"),
        ({"parent": "vlan10", "vlan": 1002}, "FCoE"),
        ({"parent": "vlan10", "vlan": "x"}, "not a whole number"),
        ({"parent": "eth0.112", "vlan": 112}, "parent eth0.112 carries a tag"),
    ],
)
def test_an_uplink_whose_vlan_is_none(uplink, where):
    with pytest.raises(ConfigError, match=where):
        settings(uplink)


def test_one_parent_has_one_uplink_of_a_kind():
    settings({"parent": "eth0"}, {"parent": "eth0", "vlan": 5})
    for twice in ({"parent": "eth0"}, {"parent": "eth0", "vlan": 5}):
        with pytest.raises(ConfigError, match="two of them have the parent 'eth0'"):
            settings(twice, twice)


def test_an_uplink_that_is_gone_from_docker_yaml():
    found = settings({"parent": "vlan10", "vlan": 10})
    (one,), _ = networks.read("host1", [network("a", "vlan10", "10.1.0.0/24")], {"vlan10": 10})
    now = settings({"parent": "eth0"})
    assert uplink_of(found, found.engines[0], one.interface, one.tagged)[1] == 21
    with pytest.raises(ConfigError, match="no uplink that names its VLAN"):
        uplink_of(now, now.engines[0], one.interface, one.tagged)


LONG = "x" * 6000


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (network("a", f"{LONG}.20.200", "10.1.0.0/24"), "is a VLAN inside another"),
        (network("a", "eth0.5", "10.1.0.0/24", Labels={"docker_tor": LONG}), "neither on nor off"),
        (network("a", "eth0.5", LONG), "which is no network"),
        (network("a", "eth0.5", {"Subnet": "10.1.0.0/24", "Gateway": LONG}), "is no address"),
        (network("a", "eth0.5", {"Subnet": "10.1.0.0/24", "IPRange": LONG}), "is no network"),
        (network("a", f"{LONG}.5", "10.1.0.0/24"), "no uplink of that name. Add `parent: xxx"),
    ],
)
def test_however_long_a_value_is_it_is_told_what_is_wrong_with_it(one, why):
    made, told = segments(one, uplinks=[{"parent": "eth0"}])
    assert made == {}
    assert why in told["a"]
    assert len(told["a"]) < 500
    assert told["a"].endswith(".")


# Several on one VLAN.


def created(second, *given, **more):
    return network(*given, Created=f"2026-01-01T00:00:{second:02}Z", **more)


TWO_RANGES = [
    created(
        1,
        "a",
        "eth0.112",
        {
            "Subnet": "198.51.100.0/24",
            "IPRange": "198.51.100.64/26",
            "Gateway": "198.51.100.1",
        },
    ),
    created(2, "b", "bond0.112", {"Subnet": "198.51.100.0/24", "IPRange": "198.51.100.128/26"}),
    created(3, "c", "ens192.112", {"Subnet": "10.9.9.0/24", "Gateway": "10.9.9.1"}),
]


def test_one_subnet_with_a_range_each():
    expected = ("198.51.100.1/24", "198.51.100.128/24", "10.9.9.1/24")
    assert addresses(*TWO_RANGES) == {112: expected}
    # A restart of the daemon shows what it has chosen as if somebody had asked for it.
    a, b, c = TWO_RANGES
    pool = {**b["IPAM"]["Config"][0], "Gateway": "198.51.100.128"}
    assert addresses(a, {**b, "IPAM": {"Config": [pool]}}, c) == {112: expected}


def test_what_an_engine_has_chosen_stays_so_when_a_restart_shows_it():
    chosen = created(1, "a", "eth0.112", "10.1.0.0/24")
    asked = created(2, "b", "bond0.112", {"Subnet": "10.1.0.0/24", "Gateway": "10.1.0.254"})
    before, told = segments(chosen, asked)
    assert told == {}
    assert before[112].addresses == ves("10.1.0.1/24", "10.1.0.254/24")
    known = {(one.engine, one.id): one for one in before[112].networks}
    shown = created(1, "a", "eth0.112", {"Subnet": "10.1.0.0/24", "Gateway": "10.1.0.1"})
    assert segments(shown, asked, known=known) == (before, {})
    # Who never saw it before takes it for what it looks like.
    assert set(segments(shown, asked)[1]) == {"b"}


@pytest.mark.parametrize("pool", ["10.9.0.0/16", "10.9.9.0/25"])
def test_overlapping_subnets_of_one_vlan(pool):
    made, told = segments(*TWO_RANGES, created(4, "d", "eth9.112", pool))
    assert set(told) == {"d"}
    assert "overlaps that of network c on VLAN 112" in told["d"]
    assert texts(made[112].addresses) == addresses(*TWO_RANGES)[112]


def test_a_second_gateway_that_somebody_asked_for():
    pool = {"Subnet": "198.51.100.0/24", "Gateway": "198.51.100.254"}
    made, told = segments(*TWO_RANGES, created(4, "d", "eth9.112", pool))
    assert set(told) == {"d"}
    assert "network a of engine host1 has the gateway 198.51.100.1/24" in told["d"]
    # Within an engine as between engines, the older one wins.
    made, told = segments(*TWO_RANGES, created(0, "d", "eth9.112", pool))
    assert set(told) == {"a"}
    assert "198.51.100.254/24" in texts(made[112].addresses)


POOLS = st.sampled_from(
    [
        "10.1.0.0/24",
        "10.1.0.9/24",
        "10.1.0.0/16",
        {"Subnet": "10.1.0.0/24", "Gateway": "10.1.0.254"},
        {"Subnet": "10.1.0.0/24", "IPRange": "10.1.0.64/26"},
        "10.2.0.0/24",
        "fd00::/64",
        "fe80::/64",
        "nonsense",
        {"Subnet": "10.3.0.0/24", "Gateway": "10.4.0.1"},
        {},
    ]
)
LISTED = st.builds(
    lambda number, parent, pools, more: {
        **network(f"n{number}", parent, *pools),
        "Id": f"{number:064x}",
        "Created": f"2026-01-01T00:00:{number:02}Z",
        **more,
    },
    st.integers(0, 59),
    st.sampled_from(["eth0.5", "bond0.5", "eth1.5", "eth0.6", "vlan7", "eth0.1.5", "eth0"]),
    st.lists(POOLS, max_size=3),
    st.fixed_dictionaries(
        {},
        optional={
            "Internal": st.booleans(),
            "EnableIPv6": st.booleans(),
            "EnableIPv4": st.booleans(),
            "Labels": st.sampled_from([{"docker_tor": "off"}, {"docker_tor": "?"}]),
        },
    ),
)
LISTS = st.lists(LISTED, max_size=7, unique_by=lambda one: one["Id"])
SEVEN = [{"parent": "vlan7", "vlan": 7}]


@given(LISTS, st.sampled_from([OLD, NEW]))
def test_whoever_is_refused_takes_nothing_from_the_others(listed, api):
    made, told = segments(*listed, api=api, uplinks=SEVEN)
    rest = [one for one in listed if one["Name"] not in told]
    assert segments(*rest, api=api, uplinks=SEVEN) == (made, {})


@given(LISTS, st.sampled_from([OLD, NEW]), st.randoms(use_true_random=False))
def test_the_order_of_a_list_is_no_change(listed, api, chance: random.Random):
    def read(items):
        wanted, refused = networks.read("host1", Listing(items, api), {"vlan7": 7})
        over = networks.passed_over("host1", Listing(items, api), {"vlan7": 7})
        return wanted, [one.key for one in refused], [one.key for one in over]

    straight, had = read(listed), segments(*listed, api=api, uplinks=SEVEN)
    for one in listed:
        chance.shuffle(one["IPAM"]["Config"])
    chance.shuffle(listed)
    assert read(listed) == straight
    assert segments(*listed, api=api, uplinks=SEVEN) == had


@given(LISTS, st.sampled_from([OLD, NEW]))
def test_every_network_is_wanted_refused_or_passed_over(listed, api):
    wanted, refused = networks.read("host1", Listing(listed, api), {"vlan7": 7})
    over = networks.passed_over("host1", Listing(listed, api), {"vlan7": 7})
    told = [one.id for one in wanted] + [one.network["id"] for one in [*refused, *over]]
    assert sorted(told) == sorted(one["Id"] for one in listed)
    assert all(isinstance(one.error, DockerTorError) for one in [*refused, *over])


# What is kept.


@given(LISTS, st.sampled_from([OLD, NEW]))
def test_the_ledger_gives_back_what_it_was_given(listed, api):
    made, _ = segments(*listed, api=api, uplinks=SEVEN)
    book = Ledger({one.key: one for one in made.values()}, frozenset())
    assert last_applied.load(last_applied.dump(book)).segments == book.segments


def test_a_ledger_of_before_is_read():
    made, _ = segments(network("a", "eth0.5", "10.1.0.0/24"), api=NEW)
    text = last_applied.dump(Ledger({one.key: one for one in made.values()}, frozenset()))
    assert not any(name in text for name in ("chosen", "full_name", "link", "tagged"))


# Names.


def test_what_is_shown_is_cut_and_what_is_compared_is_whole():
    long = "n" * 80
    (one, other), _ = networks.read(
        "host1", [network(f"{long}1", "eth0.130", "10.1.0.0/24"), network(f"{long}2", "eth0.131")]
    )
    assert one.name == other.name == "n" * 64
    assert {one.full_name, other.full_name} == {f"{long}1", f"{long}2"}
    (plain,), _ = networks.read("host1", [network("web", "eth0.130", "10.1.0.0/24")])
    assert (plain.name, plain.full_name) == ("web", "")


@pytest.mark.parametrize("interface", ["e" * 70, "br@lan", "eth0"])
def test_what_is_compared_with_uplinks_is_whole(interface):
    listed = network("a", f"{interface}.112", "10.1.0.0/24")
    uplinks = [{"parent": interface, "switch": "tor1"}]
    assert set(addresses(listed, uplinks=uplinks)) == {112}
