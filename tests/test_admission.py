"""Whether a network may have what it calls for."""

import re

import pytest
from docker_tor.common.errors import InvalidValue, SegmentConflict
from docker_tor.desired import admission
from docker_tor.engine.networks import Network
from listed import config, ves


def network(vlan, *addresses, engine="host1", name=None, chosen=()):
    name = name or f"net{vlan}"
    found = frozenset(ves(*addresses))
    shown = (name, name, engine, "macvlan", f"eth0.{vlan}", vlan, found)
    return Network(*shown, chosen=frozenset(ves(*chosen)))


def claims(*networks, **limits):
    """What these networks have, which are admitted one after the other."""
    (switch,) = config(**limits).switches
    held = admission.Claims(switch)
    for one in networks:
        held.claim(one, 21)
    return held


LIMITS = {"vlans": "100-199", "subnets": ["172.16.0.0/16", "fd00::/16"]}


def test_what_is_allowed_and_in_nobodys_way():
    claims(network(112, "172.16.112.1/24", "fd00:112::1/64"), network(199), **LIMITS)
    claims(network(3962, "8.8.8.8/8"))
    # Neighbours.
    claims(
        *(network(100, "10.0.1.1/24"), network(102, "10.0.3.1/24"), network(101, "10.0.2.1/24")),
        network(103, "fd00::1/64"),
    )
    # Engines that agree.
    claims(
        network(100, "10.0.1.1/24"),
        network(100, "10.0.1.1/24", engine="host2"),
        network(100, "10.0.1.1/24", "fd00::1/64", engine="host3"),
    )
    # A gateway that the engine chose makes do beside another.
    chosen = network(100, "10.0.1.128/24", engine="host2", chosen=["10.0.1.128/24"])
    for both in ((network(100, "10.0.1.1/24"), chosen), (chosen, network(100, "10.0.1.1/24"))):
        claims(*both, network(100, "10.0.2.1/24"))


@pytest.mark.parametrize(
    ("vlan", "address", "reason"),
    [
        (
            *(200, "172.16.112.1/24"),
            "VLAN 200 is not among those that Docker may use on tor1. Use another VLAN, or add it"
            " to the switch's `vlans` in docker.yaml.",
        ),
        (
            *(112, "10.0.0.1/24"),
            "subnet 10.0.0.0/24 is not among those that Docker may use on tor1. Use another, or"
            " add it to the switch's `subnets` in docker.yaml.",
        ),
        (1002, "172.16.112.1/24", "parent is 1002, which the switch reserves for FCoE. Use a VLAN"),
        (3963, "172.16.112.1/24", "the VLAN of the network's parent is 3963, outside the VLANs"),
        (112, "172.0.0.1/8", "subnet 172.0.0.0/8 is not among those"),
    ],
)
def test_what_the_operator_does_not(vlan, address, reason):
    with pytest.raises(InvalidValue, match=re.escape(reason)):
        claims(network(vlan, address), **LIMITS)


OVERLAPS = (
    "subnet {} overlaps that of network net100 on VLAN 100."
    " Create the network again with a subnet of its own."
)


GATEWAY = (
    "network net100 of engine host1 has the gateway 10.0.1.1/24 in subnet 10.0.1.0/24 on VLAN 100,"
    " and this network calls for 10.0.1.254/24. Give both networks the same gateway, or VLANs and"
    " subnets of their own."
)


@pytest.mark.parametrize("engine", ["host1", "host2"])
@pytest.mark.parametrize(
    ("vlan", "address", "reason"),
    [
        (101, "10.0.1.200/25", OVERLAPS.format("10.0.1.128/25")),
        (101, "10.0.0.1/16", OVERLAPS.format("10.0.0.0/16")),
        (100, "10.0.0.1/16", OVERLAPS.format("10.0.0.0/16")),
        (100, "10.0.1.254/24", GATEWAY),
    ],
)
def test_networks_that_are_in_each_others_way(engine, vlan, address, reason):
    held = claims(network(100, "10.0.1.1/24"))
    other = network(vlan, address, engine=engine, name="other")
    with pytest.raises(SegmentConflict, match=re.escape(reason)):
        held.claim(other, 21)
    # On another rbridge the VLAN may have another gateway.
    if reason == GATEWAY:
        held.claim(other, 22)


def test_one_network_asks_for_one_gateway_in_a_subnet():
    with pytest.raises(SegmentConflict, match="has the gateway"):
        claims(network(100, "10.0.1.1/24", "10.0.1.2/24"))


def test_who_is_rejected_has_claimed_nothing():
    held = claims(network(100, "10.0.0.1/24"))
    with pytest.raises(SegmentConflict):
        # In order of address, so the first could be had: neither its subnet nor its gateway is.
        held.claim(network(101, "1.0.0.1/24", "10.0.0.1/25"), 21)
    held.claim(network(101, "1.0.0.2/24"), 21)
    with pytest.raises(SegmentConflict):
        held.claim(network(102, "9.0.0.1/24", "10.0.0.1/25"), 21)
    held.claim(network(103, "9.0.0.1/16"), 21)
