"""What has been dispatched, as it is kept in StackStorm's datastore between two lives of the
sensor."""

import json
from typing import Any, Dict, FrozenSet, Iterable, Mapping, NamedTuple, Optional, Tuple

from ..config.limits import known_address
from ..engine.networks import Network
from .segments import Key, Segment

NAME = "docker_tor.segments"
"""The datastore's name for it, without a sensor's prefix, so that actions can read it too."""

_SETS = ("addresses", "chosen")

RefusalKey = Tuple[str, str, str]
"""Engine, network id and reason."""


class Ledger(NamedTuple):
    """The segments that the switches have been told of, the refusals that people have, the
    segments whose changes are being dispatched: `pending`, and those whose removal has been
    dispatched, with when that was (seconds since 1970): `retired`."""

    segments: Dict[Key, Segment]
    refused: FrozenSet[RefusalKey]
    pending: FrozenSet[Key] = frozenset()
    retired: Mapping[Key, float] = {}
    passed: FrozenSet[RefusalKey] = frozenset()
    """The macvlan and ipvlan networks that call for no VLAN, and why."""

    @property
    def dispatched(self) -> FrozenSet[Key]:
        """The segments that this installation has dispatched, whatever became of them."""
        return self.pending.union(self.segments, self.retired)

    def users(self, switch: str, vlan: int, rbridge: int = 0) -> Tuple[str, ...]:
        """The names of the networks that use a VLAN of a switch, on one rbridge or on any (0);
        segments whose change is pending do not count."""
        keys: Iterable[Key] = [(switch, rbridge, vlan)]
        if not rbridge:
            keys = [key for key in self.segments if (key[0], key[2]) == (switch, vlan)]
        using = [
            self.segments[key] for key in keys if key in self.segments and key not in self.pending
        ]
        return tuple(sorted({network.name for segment in using for network in segment.networks}))


def dump(ledger: Ledger) -> str:
    """The ledger as text."""
    return json.dumps(
        {
            "version": 1,
            "segments": [_plain(segment) for segment in ledger.segments.values()],
            "refused": sorted(ledger.refused),
            "passed": sorted(ledger.passed),
            "pending": sorted(ledger.pending),
            "retired": sorted([*key, at] for key, at in ledger.retired.items()),
        },
        separators=(",", ":"),
    )


def load(text: Optional[str]) -> Ledger:
    """The ledger of `dump`.

    A value that is not there is an empty ledger. Raises ValueError for one that is not a ledger.
    """
    if not text:
        return Ledger({}, frozenset())
    try:
        document = json.loads(text)
        segments = [_segment(item) for item in document["segments"]]
        refused = _refusals(document["refused"])
        pending = frozenset((str(s), int(r), int(v)) for s, r, v in document["pending"])
        # Version 0.2.0 kept neither.
        passed = _refusals(document.get("passed", ()))
        retired = {
            (str(s), int(r), int(v)): float(at) for s, r, v, at in document.get("retired", ())
        }
    except (AttributeError, KeyError, TypeError, RecursionError, ValueError) as error:
        raise ValueError(f"the value of {NAME} is no ledger: {error!r}") from None
    return Ledger({segment.key: segment for segment in segments}, refused, pending, retired, passed)


def _refusals(items: Iterable[Any]) -> FrozenSet[RefusalKey]:
    return frozenset((str(engine), str(network), str(reason)) for engine, network, reason in items)


def _plain(segment: Segment) -> Dict[str, Any]:
    return {
        **segment._asdict(),
        "addresses": [str(one) for one in segment.addresses],
        "networks": [_plain_network(one) for one in segment.networks],
    }


def _plain_network(network: Network) -> Dict[str, Any]:
    """The network without what is as it is by default."""
    fields = network._asdict()
    for name in _SETS:
        fields[name] = sorted(map(str, fields[name]))
    ordinary: Dict[str, Any] = {**Network._field_defaults, "chosen": []}
    return {
        name: value
        for name, value in fields.items()
        if name not in ordinary or value != ordinary[name]
    }


def _segment(item: Mapping[str, Any]) -> Segment:
    networks = tuple(
        Network(
            **{
                **network,
                **{name: frozenset(map(known_address, network.get(name, ()))) for name in _SETS},
            }
        )
        for network in item["networks"]
    )
    return Segment(
        **{**item, "addresses": tuple(map(known_address, item["addresses"])), "networks": networks}
    )
