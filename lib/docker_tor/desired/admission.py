"""Admission: whether a network may have what it calls for. Pure.

Docker users are not network operators. An operator bounds what they may claim of a switch: its
VLANs and subnets in docker.yaml. Within these limits, the first network wins. What one network has,
no other gets: neither a part of its subnet, nor its subnet on another VLAN, nor another gateway in
it.
"""

import bisect
from typing import Dict, List, NamedTuple, Optional, Tuple

from ..common import validators
from ..common.errors import InvalidValue, SegmentConflict
from ..config import limits
from ..config.settings import SwitchConfig
from ..engine.networks import Network


class Span(NamedTuple):
    """The first and last address of a subnet as numbers, its VLAN, and the network that has it."""

    first: int
    last: int
    vlan: int
    network: str


class Gate(NamedTuple):
    """A gateway that somebody has asked for in a subnet of a VLAN, and the network that has it."""

    address: limits.VeAddress
    network: str
    engine: str


_Place = Tuple[limits.Rbridge, int, validators.Subnet]
"""An rbridge, a VLAN, and a subnet there."""


class Claims:
    """What the networks that were admitted so far have of one switch."""

    def __init__(self, switch: SwitchConfig) -> None:
        self._switch = switch
        # By IP version, sorted and without overlaps.
        self._spans: Dict[int, List[Span]] = {4: [], 6: []}
        self._gates: Dict[_Place, Gate] = {}

    def claim(self, network: Network, rbridge: limits.Rbridge) -> None:
        """Admit `network` on that rbridge.

        Networks on one VLAN may share a subnet as a whole. Only one gateway in it may have been
        asked for; gateways that engines chose themselves may stand beside it.

        Raises InvalidValue for what the operator does not allow, and SegmentConflict for what
        another network has. It has claimed nothing then.
        """
        interfaces = sorted(network.addresses, key=limits.position)
        self._switch.kind.vlan(network.vlan, "the VLAN of the network's parent")
        self._check_limits(network.vlan, interfaces)
        gates: Dict[_Place, Gate] = {}
        taken: List[Tuple[List[Span], Span]] = []
        try:
            for interface in interfaces:
                if interface not in network.chosen:
                    place = (rbridge, network.vlan, interface.network)
                    gate = Gate(interface, network.name, network.engine)
                    _check_gate(place, gate, self._gates.get(place) or gates.get(place))
                    gates[place] = gate
                taken += self._take(_span(interface, network), interface)
        except SegmentConflict:
            for spans, span in taken:
                spans.remove(span)
            raise
        self._gates.update(gates)

    def _check_limits(self, vlan: int, interfaces: List[limits.VeAddress]) -> None:
        switch = self._switch
        if switch.vlans is not None and vlan not in switch.vlans:
            raise InvalidValue(
                f"VLAN {vlan} is not among those that Docker may use on {switch.name}",
                remedy="Use another VLAN, or add it to the switch's `vlans` in docker.yaml.",
            )
        for interface in interfaces if switch.subnets is not None else []:
            if not any(_within(interface.network, allowed) for allowed in switch.subnets or ()):
                raise InvalidValue(
                    f"subnet {interface.network} is not among those that Docker may use on"
                    f" {switch.name}",
                    remedy="Use another, or add it to the switch's `subnets` in docker.yaml.",
                )

    def _take(self, span: Span, interface: limits.VeAddress) -> List[Tuple[List[Span], Span]]:
        """Take the span; returns what was taken, and where. Nothing is, if the same VLAN has it."""
        spans = self._spans[interface.version]
        at = bisect.bisect_left(spans, span)
        for other in spans[max(at - 1, 0) : at + 1]:
            if other[:3] == span[:3]:
                return []
            if other.first <= span.last and span.first <= other.last:
                raise SegmentConflict(
                    f"subnet {interface.network} overlaps that of network {other.network} on VLAN"
                    f" {other.vlan}",
                    remedy="Create the network again with a subnet of its own.",
                )
        spans.insert(at, span)
        return [(spans, span)]


def _check_gate(place: _Place, gate: Gate, other: Optional[Gate]) -> None:
    _, vlan, subnet = place
    if other is not None and other.address != gate.address:
        raise SegmentConflict(
            f"network {other.network} of engine {other.engine} has the gateway {other.address} in"
            f" subnet {subnet} on VLAN {vlan}, and this network calls for {gate.address}",
            remedy="Give both networks the same gateway, or VLANs and subnets of their own.",
        )


def _span(interface: limits.VeAddress, network: Network) -> Span:
    return Span(*limits.span(interface), network.vlan, network.name)


def _within(subnet: validators.Subnet, allowed: validators.Subnet) -> bool:
    return subnet.version == allowed.version and subnet.subnet_of(
        allowed  # type: ignore[arg-type]  # the versions are equal
    )
