"""What an engine's listing means: networks as people really have them, and what nobody should."""

import json

import pytest
from conftest import PACK
from listed import NEW, OLD, network, observe, texts

RECORDINGS = PACK / "tests" / "fixtures" / "docker-recordings"
POOL = "172.16.112.0/24"


def recorded(name):
    """The body of a recorded answer."""
    return json.loads((RECORDINGS / name).read_text().rstrip().splitlines()[-1])


def wanted(*items, **more):
    """The one network that is wanted, where nothing is rejected."""
    seen = observe(*items, **more)
    assert seen.rejected == []
    (found,) = seen.wanted
    return found


def addresses(*items, **more):
    """Its addresses as text."""
    return set(texts(wanted(*items, **more).addresses))


def rejection(item):
    """Why it is rejected."""
    seen = observe(item)
    assert seen.wanted == []
    (found,) = seen.rejected
    assert (found.network["engine"], found.network["id"]) == ("host1", item["Id"])
    return str(found.error)


def ignored(*items):
    """Why the first one is ignored."""
    seen = observe(*items)
    assert (seen.wanted, seen.rejected) == ([], [])
    return next(str(one.error) for one in seen.ignored if one.network["id"] == items[0]["Id"])


@pytest.mark.parametrize(
    ("recording", "parent", "expected"),
    [
        ("02-macvlan-two-subnets", "eth0.113", {"172.16.213.1/24", "172.16.113.1/24"}),
        ("04-macvlan-dualstack", "eth0.112", {"172.16.112.1/24", "2001:db8:112::1/64"}),
        ("13-ipvlan-l2", "eth0.114", {"172.16.114.1/24"}),
        ("18-macvlan-bond-parent", "bond0.200", {"172.16.200.1/24"}),
    ],
)
def test_recorded_networks_that_call_for_a_vlan(recording, parent, expected):
    found = wanted(recorded(f"{recording}/network.get.http"))
    assert (found.driver in recording, found.parent) == (True, parent)
    assert (found.interface, str(found.vlan)) == tuple(parent.split("."))
    assert (set(texts(found.addresses)), found.tagged) == (expected, True)


def test_a_recorded_gateway_and_a_recorded_template():
    assert [
        one.endswith(".254/24")
        for one in addresses(recorded("03-macvlan-gateway-254/network.get.http"))
    ] == [True]
    template = recorded("24-config-only-local/config-only.get.http")
    local = recorded("24-config-only-local/config-from.get.http")
    assert addresses(template, local) == {"172.16.112.254/24"}
    assert "it is a template" in ignored(template)
    swarm = recorded("33-swarm-macvlan/network.get.http")
    source = network(swarm["ConfigFrom"]["Network"], "eth0.112", POOL, ConfigOnly=True)
    found = wanted(swarm, source)
    assert (found.id, found.parent) == (swarm["Id"], "eth0.112")
    assert "does not list the config-only network" in ignored(swarm)
    # A manager that has lost its template still lists the swarm's network.
    assert (observe(swarm, source).ids, observe(swarm).ids) == (
        {swarm["Id"], source["Id"]},
        frozenset(),
    )


@pytest.mark.parametrize("api", ["1.41", "1.51", "", "v2", "1.52", "1.100", "2.0"])
def test_which_engines_reserve_a_gateway_that_they_do_not_show(api):
    expected = {"172.16.112.1/24"} if api in ("1.41", "1.51", "", "v2") else set()
    assert addresses(network("a", "eth0.112", POOL), api=api) == expected


SIX = {"EnableIPv6": True}
BOTH = ["10.1.0.0/22", "fd00::/64"]
FIRST = "10.1.0.1/22"


@pytest.mark.parametrize(
    ("pools", "more", "old", "new"),
    [
        ([{"Subnet": POOL, "Gateway": "172.16.112.254"}], {}, *[{"172.16.112.254/24"}] * 2),
        ([{"Subnet": POOL, "Gateway": "172.16.112.254/24"}], {}, *[{"172.16.112.254/24"}] * 2),
        ([{"Subnet": "10.1.0.1/24", "Gateway": "10.1.0.1"}], {}, *[{"10.1.0.1/24"}] * 2),
        ([{"Subnet": POOL, "Gateway": "172.16.112.1"}], {"Internal": True}, set(), set()),
        # Only the engine's own IPAM driver is known to reserve.
        ([], {}, set(), set()),
        ([POOL], {"ipam": "dhcp"}, set(), set()),
        # A link-local subnet has none.
        (["fe80::/64"], SIX, set(), set()),
        (
            ["169.254.7.0/24", {"Subnet": POOL, "Gateway": "172.16.112.9"}],
            {},
            *[{"172.16.112.9/24"}] * 2,
        ),
        # Without one it is the first host of the range.
        ([{"Subnet": "10.1.0.0/24", "IPRange": "10.1.0.130/25"}], {}, {"10.1.0.128/24"}, set()),
        (["10.1.0.77/24"], {}, {"10.1.0.1/24"}, set()),
        (["10.1.0.0/31"], {}, {"10.1.0.0/31"}, set()),
        # A family that is not enabled has none.
        (BOTH, {}, {FIRST}, set()),
        (BOTH, SIX, {FIRST, "fd00::1/64"}, set()),
        (BOTH, {**SIX, "EnableIPv4": False}, {"fd00::1/64"}, set()),
        (BOTH, {"EnableIPv6": None, "EnableIPv4": None}, {FIRST, "fd00::1/64"}, set()),
    ],
)
def test_gateways_of_an_engine_that_reserves_them_and_of_one_that_does_not(pools, more, old, new):
    listed = network("a", "eth0.112", *pools, **more)
    for api, expected in ((OLD, old), (NEW, new)):
        found = wanted(listed, api=api)
        assert set(texts(found.addresses)) == expected
        assert set(texts(found.chosen)) == expected - new
    source = {**listed, "ConfigOnly": True, "Name": "c", "Id": "c"}
    internal = more.get("Internal", False)
    local = network("a", "", Options=None, ipam="", ConfigFrom={"Network": "c"}, Internal=internal)
    assert addresses(source, local) == old


def test_a_restart_shows_the_first_host_of_a_range_which_nobody_has_asked_for():
    pool = {"Subnet": "10.1.0.0/24", "IPRange": "10.1.0.128/25", "Gateway": "10.1.0.128"}
    found = wanted(network("a", "eth0.112", pool), api=NEW)
    assert texts(found.addresses) == texts(found.chosen) == ("10.1.0.128/24",)


LONG = "x" * 6000


@pytest.mark.parametrize(
    ("listed", "reason"),
    [
        (network("a", "eth0.4095", POOL), "the VLAN of the network's parent is 4095"),
        (network("a", "eth0.5", "nonsense"), "the network's subnet is 'nonsense'"),
        (network("a", "eth0.5", {}), "the network's subnet is None"),
        (network("a", "eth0.5", "10.0.0.0/32"), "a Ve takes prefix lengths of 1 - 31"),
        (network("a", "eth0.5", {"Subnet": POOL, "Gateway": "x"}), "gateway is 'x', which is no"),
        (
            network(
                "a", "eth0.5", {"Subnet": "fd00::/64", "Gateway": "fd00::1%x"}, EnableIPv6=True
            ),
            "gateway is 'fd00::1%x', which is no address",
        ),
        (
            network("a", "eth0.5", {"Subnet": POOL, "Gateway": "10.9.0.1"}),
            "gateway 10.9.0.1 is outside its subnet",
        ),
        (network("a", "eth0.5", {"Subnet": POOL, "IPRange": "x"}), "the network's IP range is 'x'"),
        (
            network("a", "eth0.5", {"Subnet": POOL, "IPRange": "192.168.2.0/25"}),
            "range 192.168.2.0/25 is outside its subnet",
        ),
        (network("a", "eth0.20.200", POOL), "parent eth0.20.200 is a VLAN inside another (QinQ)"),
        (
            network("a", "eth0.5", POOL, Driver="ipvlan", options={"ipvlan_mode": "l3s"}),
            "it is an ipvlan network in mode l3s, which its host routes",
        ),
        # However long a value is, what is wrong with it is told.
        (network("a", f"{LONG}.20.200", POOL), "is a VLAN inside another"),
        (network("a", "eth0.5", POOL, Labels={"docker_tor": LONG}), "neither on nor off"),
        (network("a", "eth0.5", {"Subnet": POOL, "Gateway": LONG}), "is no address"),
    ],
)
def test_a_network_that_cannot_have_what_it_calls_for(listed, reason):
    told = rejection(listed)
    assert reason in told
    assert len(told) < 500
    assert told.endswith(".")


def test_an_ipvlan_network_that_its_host_does_not_route():
    for driver, mode in (("ipvlan", "l2"), ("macvlan", "l3")):
        assert wanted(network("a", "eth0.5", POOL, Driver=driver, options={"ipvlan_mode": mode}))


@pytest.mark.parametrize(
    ("more", "why"),
    [
        *(({"Options": {"parent": parent}}, "it names no parent interface") for parent in ("", 7)),
        ({"Options": None}, "it names no parent interface"),
        *(
            ({"Options": {"parent": parent}}, f"its parent {parent} carries no tag that can be see")
            for parent in ("eth0", "eth0.abc", ".112", "eth0.-1", "vlan4000")
        ),
        ({"Options": {"parent": "eth0.٣"}}, "carries no tag that can be seen. If it is on a VLAN"),
        ({"Driver": "x{{ 7 }}"}, "its driver is x{ { 7 }}"),
        ({"ConfigOnly": True}, "it is a template"),
        *(
            ({"Labels": {"docker_tor": value}}, "label docker_tor says")
            for value in ("off", "false", "No", "0", " OFF ", "disabled", "n")
        ),
    ],
)
def test_a_network_that_calls_for_nothing(more, why):
    assert why in ignored({**network("a", "eth0.5", POOL), **more})


def test_a_label_that_says_on_is_none_and_one_that_means_neither_is_told():
    for value in ("on", "true", "YES", "1", "enabled"):
        assert wanted(network("a", "eth0.5", POOL, Labels={"docker_tor": value})).vlan == 5
    for value in ("maybe", "", "offf", None, 7, "{{ 7 }}"):
        listed = network("a", "eth0.5", POOL, Labels={"docker_tor": value})
        assert "which means neither on nor off" in rejection(listed)


def test_a_template_speaks_for_the_networks_made_from_it():
    source = network("c", "eth0.50", POOL, ConfigOnly=True, Driver="null")
    made = network("mv", "", Scope="swarm", Options=None, Labels={"other": "off"})
    made["ConfigFrom"] = {"Network": "c"}
    assert wanted(source, made).vlan == 50
    source["Labels"] = {"docker_tor": "off"}
    assert "label docker_tor says" in ignored(made, source)
    made["Labels"] = {"docker_tor": "on"}
    assert wanted(source, made).vlan == 50


def test_docker_yaml_may_name_the_vlan_of_a_parent():
    found = wanted(network("a", "dmz", POOL), vlans={"dmz": 10})
    assert (found.vlan, found.interface, found.tagged) == (10, "dmz", False)


@pytest.mark.parametrize("interface", ["e" * 70, "br@lan", "eth0"])
def test_what_is_shown_is_cut_and_harmless_and_what_is_compared_is_whole(interface):
    name = "n" * 80
    found = wanted(network(name, f"{interface}.112", POOL))
    assert (found.name, found.full_name, found.interface) == ("n" * 64, name, interface)
    assert wanted(network("web", "eth0.5", POOL)).full_name == ""
    hostile = wanted(network('x"<!channel>\n{{ st2kv.system.password }}', "eth0.5", POOL))
    assert hostile.name.startswith("x???channel? ? ? st2kv")
    long = observe(network(name, "eth0.4095", POOL), network(f"{name}x", "eth0"))
    assert [long.rejected[0].full_name, long.ignored[0].full_name] == [name, f"{name}x"]


def test_what_makes_two_lists_mean_the_same():
    parents = {"a": "eth0.5", "b": "eth0.0", "c": "eth0"}
    one, bad, off = (network(name, parent, POOL) for name, parent in parents.items())
    bridge = network("d", "", POOL, Driver="bridge")
    seen = observe(one, bad, off)
    assert observe(off, bridge, bad, one).meaning == seen.meaning
    for fewer in ((bad, off), (one, off), (one, bad)):
        assert observe(*fewer).meaning != seen.meaning
    moved = network("a", "eth0.5", {"Subnet": POOL, "Gateway": "172.16.112.9"})
    assert observe(moved, bad, off).meaning != seen.meaning
