"""Whether a network may have what it calls for."""

import re

import pytest
from docker_tor.common.errors import InvalidValue, SegmentConflict
from docker_tor.config import settings
from docker_tor.desired import admission, segments
from docker_tor.engine.networks import Network
from hypothesis import given
from hypothesis import strategies as st
from ves import ves

SWITCH = {"name": "tor1", "host": "h", "username": "u", "password": "p", "rbridge_id": 21}


def switch(**limits):
    (found,) = settings.parse({"switches": [{**SWITCH, **limits}]}).switches
    return found


def network(vlan, *addresses, engine="host1", number=None, created=""):
    return Network(
        f"{number or vlan:064x}",
        f"net{number or vlan}",
        engine,
        "macvlan",
        f"eth0.{vlan}",
        vlan,
        frozenset(ves(*addresses)),
        created,
    )


def claim(*networks, **limits):
    held = admission.Claims(switch(**limits))
    for one in networks:
        held.claim(one, 21)


def test_what_the_operator_allows():
    limits = {"vlans": "100-199", "subnets": ["172.16.0.0/16", "fd00::/16"]}
    claim(network(112, "172.16.112.1/24", "fd00:112::1/64"), **limits)
    with pytest.raises(
        InvalidValue, match="VLAN 200 is not among those that Docker may use on tor1"
    ):
        claim(network(200, "172.16.112.1/24"), **limits)
    with pytest.raises(InvalidValue, match=r"subnet 10\.0\.0\.0/24 is not among those"):
        claim(network(112, "10.0.0.1/24"), **limits)
    with pytest.raises(InvalidValue, match=r"subnet 172\.0\.0\.0/8 is not among those"):
        claim(network(112, "172.0.0.1/8"), **limits)
    with pytest.raises(InvalidValue, match="subnet fe00::/64 is not among those"):
        claim(network(112, "fe00::1/64"), **limits)


def test_no_limits_allow_all():
    claim(network(3962, "8.8.8.8/8"))


def test_overlapping_subnets_on_two_vlans():
    with pytest.raises(
        SegmentConflict, match=r"10\.0\.1\.0/24 overlaps that of network net100 on VLAN 100"
    ):
        claim(network(100, "10.0.0.1/16"), network(101, "10.0.1.1/24"))
    with pytest.raises(SegmentConflict):
        claim(network(100, "10.0.1.1/24"), network(101, "10.0.0.1/16"))
    with pytest.raises(SegmentConflict):
        claim(network(100, "10.0.1.1/24"), network(101, "10.0.1.1/24"))
    with pytest.raises(SegmentConflict):
        claim(network(100, "fd00::1/32"), network(101, "fd00:0:1::1/64"))


def test_neighbours_do_not_overlap():
    claim(
        network(100, "10.0.1.1/24"),
        network(102, "10.0.3.1/24"),
        network(101, "10.0.2.1/24"),
        network(103, "fd00::1/64"),
    )


def test_engines_that_agree_on_a_vlan():
    claim(
        network(100, "10.0.1.1/24"),
        network(100, "10.0.1.1/24", engine="host2", number=2),
        network(100, "10.0.1.1/24", "fd00::1/64", engine="host3", number=3),
    )


OTHER_GATEWAY = "network net100 of engine host1 has the gateway 10.0.1.1/24 in subnet 10.0.1.0/24"
OVERLAPS = "subnet {} overlaps that of network net100 on VLAN 100"


@pytest.mark.parametrize("engine", ["host1", "host2"])
@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("10.0.1.254/24", OTHER_GATEWAY),
        ("10.0.1.1/25", OVERLAPS.format("10.0.1.0/25")),
        ("10.0.0.1/16", OVERLAPS.format("10.0.0.0/16")),
    ],
)
def test_networks_that_do_not(engine, address, reason):
    with pytest.raises(SegmentConflict, match=re.escape(reason)):
        claim(
            network(100, "10.0.1.1/24"),
            network(100, address, engine=engine, number=2),
        )


def test_a_gateway_that_the_engine_has_chosen_makes_do_beside_another():
    chosen = network(100, "10.0.1.128/24", engine="host2", number=2)
    chosen = chosen._replace(chosen=chosen.addresses)
    claim(network(100, "10.0.1.1/24"), chosen, network(100, "10.0.2.1/24", number=3))
    claim(chosen, network(100, "10.0.1.1/24"), network(100, "10.0.2.1/24", number=3))


def test_one_network_asks_for_one_gateway_in_a_subnet():
    with pytest.raises(SegmentConflict, match="has the gateway"):
        claim(network(100, "10.0.1.1/24", "10.0.1.2/24"))


def test_what_is_refused_takes_no_gateway_with_it():
    held = admission.Claims(switch())
    held.claim(network(100, "10.0.0.1/24"), 21)
    with pytest.raises(SegmentConflict):
        # In order of address: 10.0.0.0/25 is the bad one, after one that could be had.
        held.claim(network(101, "10.0.0.1/25", "1.0.0.1/24", number=2), 21)
    held.claim(network(101, "1.0.0.2/24", number=3), 21)


def test_a_refused_network_claims_nothing():
    held = admission.Claims(switch())
    held.claim(network(100, "10.0.0.1/16"), 21)
    with pytest.raises(SegmentConflict):
        held.claim(network(101, "10.9.0.1/16", "10.0.1.1/24"), 21)
    held.claim(network(102, "10.9.0.1/16"), 21)


def here(_network):
    return switch(), 21


def test_the_one_that_is_there_stays_and_else_the_older_one():
    old = network(100, "10.0.0.1/16", number=2, created="2026-01-01T00:00:00Z")
    new = network(101, "10.0.0.1/16", number=1, created="2026-02-01T00:00:00Z")
    found, (refusal,) = segments.segments([new, old], here)
    assert [key[2] for key in found] == [100]
    assert refusal.network["name"] == "net1"
    found, (refusal,) = segments.segments([new, old], here, {("host1", new.id): new})
    assert [key[2] for key in found] == [101]


def address(text):
    first, second, length = text
    return f"10.{first}.{second}.1/{length}"


NETWORKS = st.builds(
    lambda number, vlan, parts, engine: network(
        vlan, *{address(part) for part in parts}, engine=engine, number=number
    ),
    st.integers(1, 999),
    st.integers(100, 105),
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from([8, 16, 22, 24])),
        min_size=1,
        max_size=2,
    ),
    st.sampled_from(["host1", "host2"]),
)


@given(st.lists(NETWORKS, max_size=12, unique_by=lambda one: (one.engine, one.id)))
def test_no_two_segments_of_a_switch_ever_overlap(wanted):
    found, refused = segments.segments(wanted, here)
    assert len(refused) + sum(len(one.networks) for one in found.values()) == len(wanted)
    spans = [(key, one.network) for key, segment in found.items() for one in segment.addresses]
    for key, span in spans:
        for other, theirs in spans:
            assert key == other or not span.overlaps(theirs)
