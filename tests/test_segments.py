"""The desired state: what the engines were observed to have, and what was last applied."""

import pytest
from docker_tor.config.settings import parse
from docker_tor.desired import assembly, segments
from docker_tor.desired.segments import CREATE, DESTROY, UPDATE
from listed import (
    SWITCH,
    addresses,
    assemble,
    config,
    network,
    observe,
    rejected,
    ves,
)

POOL = "172.16.112.0/24"
GIVEN = {"Subnet": POOL, "Gateway": "172.16.112.254"}


def created(second, *given, **more):
    return network(*given, Created=f"2026-01-01T00:00:{second:02}Z", **more)


def test_the_networks_of_all_engines_on_a_vlan_are_one_segment():
    both = {
        "host2": observe(network("b", "bond0.112", "fd00::/64", EnableIPv6=True), engine="host2"),
        "host1": observe(network("a", "eth0.112", POOL)),
    }
    found = assembly.assemble(config(engines=("host1", "host2")), both, ())
    (segment,) = found.segments.values()
    assert (segment.key, segment.host) == (("tor1", 21, 112), SWITCH["host"])
    assert segment.addresses == ves("172.16.112.1/24", "fd00::1/64")
    assert [one.engine for one in segment.networks] == ["host1", "host2"]
    assert (found.rejected, found.believed) == ([], frozenset())


def test_a_layer_2_network_claims_no_subnet_and_takes_no_address_away():
    routed = network("a", "eth0.50", "10.1.0.0/24")
    silent = network("b", "bond0.50", "10.1.0.0/16", Internal=True)
    elsewhere = network("c", "bond0.51", "10.1.0.0/24", Internal=True)
    assert addresses(routed, silent, elsewhere) == {50: ("10.1.0.1/24",), 51: ()}


def test_of_two_that_are_in_each_others_way_the_younger_is_rejected():
    """Networks on one VLAN and subnet may have a range each, and one gateway."""
    ranges = [
        {"Subnet": "10.9.8.0/24", "IPRange": "10.9.8.64/26", "Gateway": "10.9.8.1"},
        {"Subnet": "10.9.8.0/24", "IPRange": "10.9.8.128/26"},
    ]
    both = [created(2, "a", "eth0.112", ranges[0]), created(3, "b", "bond0.112", ranges[1])]
    assert addresses(*both) == {112: ("10.9.8.1/24", "10.9.8.128/24")}
    for second, who in ((4, "c"), (1, "a")):
        other = created(second, "c", "e.112", {"Subnet": "10.9.8.0/24", "Gateway": "10.9.8.254"})
        found = rejected(assemble(*both, other))
        assert (set(found), "has the gateway" in found[who]) == ({who}, True)


def test_the_one_that_was_applied_stays_though_it_is_younger():
    old, new = created(1, "a", "eth0.100", "10.0.0.0/16"), created(2, "b", "eth0.101", "10.0.0.0/8")
    assert set(rejected(assemble(new, old))) == {"b"}
    applied = assemble(new).segments.values()
    assert set(rejected(assemble(new, old, applied=applied))) == {"a"}


def test_a_gateway_that_a_restart_makes_appear_changes_nothing():
    chosen = created(1, "a", "eth0.112", POOL)
    asked = created(2, "b", "bond0.112", GIVEN)
    before = assemble(chosen, asked)
    (segment,) = before.segments.values()
    assert segment.addresses == ves("172.16.112.1/24", "172.16.112.254/24")
    shown = created(1, "a", "eth0.112", {"Subnet": POOL, "Gateway": "172.16.112.1"})
    assert assemble(shown, asked, applied=[segment]) == before
    # Who never saw it before takes it for what it looks like.
    assert set(rejected(assemble(shown, asked))) == {"b"}


# Engines that have not been observed, and networks that are held.

TWO = ("host1", "host2")


def applied(*items, engine="host1", switch="tor1"):
    """The segments of one engine as they were last applied."""
    seen = observe(*items, engine=engine)
    found = assembly.assemble(config(engines=(engine,)), {engine: seen}, ()).segments.values()
    return [one._replace(switch=switch) for one in found]


A, B = network("a", "eth0.112", POOL), network("b", "eth0.113", "10.1.0.0/24")


@pytest.mark.parametrize(
    ("engine", "observed", "held", "stays"),
    [
        ("host1", ["host2"], (), True),
        ("host1", ["host1"], (), False),
        ("host1", ["host1"], [A["Id"]], True),
        ("host1", ["host1"], [B["Id"]], False),
        # One that docker.yaml does not name stays until all have been observed.
        ("gone", ["host2"], (), True),
        ("gone", ["host1", "host2"], (), False),
    ],
)
def test_what_was_applied_stays(engine, observed, held, stays):
    seen = {name: observe(engine=name) for name in observed}
    before = applied(A, engine=engine)
    found = assembly.assemble(config(engines=TWO), seen, before, {engine: held})
    assert list(found.segments.values()) == (before if stays else [])
    assert found.believed == ({("tor1", 21, 112)} if stays else set())
    assert found.rejected == []


def test_a_network_of_an_engine_that_is_not_configured_stays_where_it_was():
    uplinks = [{"parent": "bond0", "switch": "tor1"}]
    found = assembly.assemble(config(*uplinks, engines=TWO), {}, applied(A, engine="gone"))
    assert list(found.segments) == [("tor1", 21, 112)]
    found = assembly.assemble(config(engines=TWO), {}, applied(A, engine="gone", switch="tor9"))
    assert found.segments == {}
    assert rejected(found) == {"a": "neither its engine nor its switch is configured any more."}


# What to dispatch.

TE = {number: f"TenGigabitEthernet 21/0/{number}" for number in range(1, 10)}


def wired(*hosts, applied=(), listing=None):
    """The segments of these hosts. Each is its name, the number of its port (0: docker.yaml names
    none), its rbridge, and the names of its networks on VLAN 112; `listing` are those heard of."""
    engines = [
        {
            "name": name,
            "url": f"unix:///{name}",
            "uplinks": [
                {"parent": "eth0", "rbridge_id": rbridge, "ports": [TE[port]] if port else []}
            ],
        }
        for name, port, rbridge, _ in hosts
    ]
    seen = {
        name: observe(*(network(one, "eth0.112", Internal=True) for one in names), engine=name)
        for name, _, _, names in hosts
        if listing is None or name in listing
    }
    found = parse({"engines": engines, "switches": [SWITCH]})
    return assembly.assemble(found, seen, applied).segments


A5, B6 = ("a", 5, 21, "x"), ("b", 6, 21, "y")


@pytest.mark.parametrize(
    ("before", "after", "changes"),
    [
        ([], [A5, B6], [(CREATE, [5, 6], [])]),
        # A second host takes its port with it.
        ([A5, B6], [A5, ("b", 6, 21, "")], [(UPDATE, [5], [6])]),
        ([A5, B6], [("a", 5, 21, ""), ("b", 6, 21, "")], [(DESTROY, [5, 6], [5, 6])]),
        # A host that has another network there needs its port still, as one behind the same port.
        ([("a", 5, 21, "xz")], [A5], []),
        ([A5, ("b", 5, 21, "y")], [A5, ("b", 5, 21, "")], []),
        # docker.yaml names ports now, or others.
        ([A5], [("a", 6, 21, "x")], [(UPDATE, [6], [5])]),
        # It names none any more: those that carry the VLAN are left as they are.
        ([A5], [("a", 0, 21, "x")], []),
        ([A5, B6], [("a", 0, 21, "x"), ("b", 6, 21, "")], [(UPDATE, [], [6])]),
        ([A5], [("a", 0, 21, "")], [(DESTROY, [5], [5])]),
        # The VLAN needs the port on another rbridge.
        ([A5], [("a", 5, 22, "x")], [(DESTROY, [5], []), (CREATE, [5], [])]),
        (
            [A5, ("b", 5, 22, "y"), ("c", 6, 22, "z")],
            [A5, ("b", 5, 22, ""), ("c", 6, 22, "z")],
            [],
        ),
    ],
)
def test_the_ports_of_a_segment_are_those_of_its_networks(before, after, changes):
    had = wired(*before)
    found = segments.changes(had, wired(*after, applied=had.values()))
    assert [(one.action, list(one.segment.ports), list(one.ports_gone)) for one in found] == [
        (action, [TE[port] for port in ports], [TE[port] for port in gone])
        for action, ports, gone in changes
    ]


def test_who_was_not_observed_keeps_its_ports():
    had = wired(A5, B6)
    assert wired(A5, B6, applied=had.values(), listing=["a"]) == had
    # docker.yaml does not name host b any more, and a has yet to be heard of.
    assert wired(A5, applied=had.values(), listing=[]) == had
