"""Whether a network may have what it calls for: the operator's limits, and what others have. Pure.

Docker users are not network operators. What they may claim of a switch is bounded by its entry in
the configuration, and what one network has, no other may take: neither other addresses for its
VLAN from another engine, nor its subnet on another VLAN.
"""

import bisect
from typing import Dict, List, NamedTuple, Tuple

from . import values
from .config import SwitchConfig
from .errors import InvalidValue, SegmentConflict
from .networks import Network


class Span(NamedTuple):
    """The first and last address of a subnet as numbers, its VLAN, and the network that has it."""

    first: int
    last: int
    vlan: int
    network: str


class Claims:
    """What the networks that were accepted so far have of one switch."""

    def __init__(self, switch: SwitchConfig) -> None:
        self._switch = switch
        # By IP version, sorted and without overlaps.
        self._spans: Dict[int, List[Span]] = {4: [], 6: []}
        self._segments: Dict[Tuple[int, int], List[Network]] = {}

    def claim(self, network: Network, rbridge: int) -> None:
        """Accept `network`; raises InvalidValue (a limit), SegmentConflict (somebody has it)."""
        interfaces = [values.known_address(address) for address in sorted(network.addresses)]
        self._check_limits(network.vlan, interfaces)
        segment = self._segments.setdefault((rbridge, network.vlan), [])
        for other in segment:
            _check_one_segment(network, other)
        taken: List[Tuple[List[Span], Span]] = []
        try:
            for interface in interfaces:
                taken += self._take(_span(interface, network), interface)
        except SegmentConflict:
            for spans, span in taken:
                spans.remove(span)
            raise
        segment.append(network)

    def _check_limits(self, vlan: int, interfaces: "List[values.VeAddress]") -> None:
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

    def _take(self, span: Span, interface: "values.VeAddress") -> List[Tuple[List[Span], Span]]:
        """Take the span; what was taken, and where: nothing if the same VLAN has that very span."""
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


def _check_one_segment(network: Network, other: Network) -> None:
    """Two engines' networks on one VLAN have to agree on the Ve's addresses.

    One of them may lack IPv6 or IPv4 altogether. Networks of one engine are told apart by the
    engine.
    """
    for version in (4, 6) if network.engine != other.engine else ():
        ours, theirs = (_of_version(one, version) for one in (network, other))
        if ours and theirs and ours != theirs:
            raise SegmentConflict(
                f"VLAN {network.vlan} has {', '.join(sorted(theirs))} for network {other.name} of"
                f" engine {other.engine}, and this network calls for {', '.join(sorted(ours))}",
                remedy="Give both networks the same subnet and gateway, or VLANs of their own.",
            )


def _of_version(network: Network, version: int) -> "set[str]":
    return {address for address in network.addresses if (":" in address) == (version == 6)}


def _span(interface: "values.VeAddress", network: Network) -> Span:
    subnet = interface.network
    return Span(
        int(subnet.network_address), int(subnet.broadcast_address), network.vlan, network.name
    )


def _within(subnet: values.Subnet, allowed: values.Subnet) -> bool:
    return subnet.version == allowed.version and subnet.subnet_of(
        allowed  # type: ignore[arg-type]  # the versions are equal
    )
