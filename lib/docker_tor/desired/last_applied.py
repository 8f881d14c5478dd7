"""What was last applied: the segments that this installation has dispatched.

The sensor compares the desired state with it, and actions read it. It is one value of StackStorm's
datastore, so that a sensor that is restarted goes on with it:

    {"version": 1, "segments": [{"switch": "tor1", "rbridge": 21, "vlan": 112, "host": "10.0.0.1",
      "addresses": ["172.16.112.1/24"], "networks": [...]}], "refused": [[engine, id, reason]],
     "passed": [[engine, id, reason]], "pending": [["tor1", 21, 113]],
     "retired": [["tor1", 21, 111, 1795449840.8]]}

A switch without rbridges has null there.
"""

import json
from dataclasses import dataclass, field
from typing import Any, Collection, Dict, FrozenSet, Iterable, List, Mapping, Optional, Set, Tuple

from ..config.limits import Rbridge, known_address
from ..engine.networks import Network, Observed, Rejection
from .actions import DESTROY
from .segments import Change, Desired, Key, Segment, in_order

NAME = "docker_tor.segments"
"""The datastore's name for it, without a sensor's prefix, so that actions can read it too."""

_SETS = ("addresses", "chosen")

RejectionKey = Tuple[str, str, str]
"""Engine, network id and reason."""


@dataclass
class LastApplied:
    """What has been dispatched, and what people know of it.

    `segments` are those that the switches have been told of. `pending` are those whose changes are
    being dispatched. `retired` has when the removal of others was dispatched, in seconds since
    1970. `rejected` are the rejections that people were told of. `ignored` are the macvlan and
    ipvlan networks that call for no VLAN, and why.
    """

    segments: Dict[Key, Segment] = field(default_factory=dict)
    rejected: Set[RejectionKey] = field(default_factory=set)
    pending: Set[Key] = field(default_factory=set)
    retired: Dict[Key, float] = field(default_factory=dict)
    ignored: Set[RejectionKey] = field(default_factory=set)

    @property
    def dispatched(self) -> FrozenSet[Key]:
        """The segments that this installation has dispatched, whatever became of them."""
        return frozenset(self.pending).union(self.segments, self.retired)

    def users(self, switch: str, vlan: int, rbridge: Rbridge = 0) -> Tuple[str, ...]:
        """The names of the networks that use a VLAN of a switch, on one rbridge or on any (0);
        segments whose change is pending do not count."""
        using = [
            segment
            for key, segment in self.segments.items()
            if (key[0], key[2]) == (switch, vlan)
            and rbridge in (0, key[1])
            and key not in self.pending
        ]
        return tuple(sorted({network.name for segment in using for network in segment.networks}))

    def resume(self, now: float) -> None:
        """Go on where another sensor has ended: what it was just dispatching may have been."""
        for key in self.pending - self.segments.keys():
            self.retired[key] = now
        self.pending = set()

    def untold(self, rejected: Iterable[Rejection]) -> List[Rejection]:
        """The rejections that people have not been told of."""
        return [one for one in rejected if one.key not in self.rejected]

    def record(self, change: Change, now: float) -> None:
        """This change was dispatched."""
        key = change.segment.key
        if change.action == DESTROY:
            del self.segments[key]
            self.retired[key] = now
        else:
            self.segments[key] = change.segment
            self.retired.pop(key, None)

    def note(
        self,
        desired: Desired,
        changed: Collection[Key],
        observed: Mapping[str, Observed],
        engines: Collection[str],
    ) -> None:
        """Take in what calls for no trigger: networks that joined or left a segment, those that are
        ignored, and rejections whose cause is gone.

        Segments that have `changed` are recorded only once they are dispatched. What is known of
        `engines` that were not observed stays.
        """
        self.segments.update(
            {key: segment for key, segment in desired.segments.items() if key not in changed}
        )
        unheard = set(engines) - set(observed)
        current = {one.key for one in desired.rejected}
        self.rejected = {key for key in self.rejected if key in current or key[0] in unheard}
        self.ignored = {key for key in self.ignored if key[0] in unheard}.union(
            one.key for seen in observed.values() for one in seen.ignored if one.may_surprise
        )

    def copy(self) -> "LastApplied":
        """The same, for comparing later: segments themselves never change."""
        return LastApplied(
            dict(self.segments),
            set(self.rejected),
            set(self.pending),
            dict(self.retired),
            set(self.ignored),
        )


def dump(applied: LastApplied) -> str:
    """It as text."""
    return json.dumps(
        {
            "version": 1,
            "segments": [_plain(segment) for segment in applied.segments.values()],
            "refused": sorted(applied.rejected),
            "passed": sorted(applied.ignored),
            "pending": sorted(applied.pending, key=in_order),
            "retired": [
                [*key, applied.retired[key]] for key in sorted(applied.retired, key=in_order)
            ],
        },
        separators=(",", ":"),
    )


def load(text: Optional[str]) -> LastApplied:
    """What `dump` made text of; where there is no value, nothing was applied.

    Raises ValueError for a value that is anything else.
    """
    if not text:
        return LastApplied()
    try:
        document = json.loads(text)
        segments = [_segment(item) for item in document["segments"]]
        # Version 0.2.0 kept neither who was passed over nor what was retired.
        return LastApplied(
            {segment.key: segment for segment in segments},
            _rejections(document["refused"]),
            {_key(*key) for key in document["pending"]},
            {_key(*key): float(at) for *key, at in document.get("retired", ())},
            _rejections(document.get("passed", ())),
        )
    except (AttributeError, KeyError, TypeError, RecursionError, ValueError) as error:
        raise ValueError(f"the value of {NAME} is no ledger: {error!r}") from None


def _key(switch: Any, rbridge: Any, vlan: Any) -> Key:
    return str(switch), None if rbridge is None else int(rbridge), int(vlan)


def _rejections(items: Iterable[Any]) -> Set[RejectionKey]:
    return {(str(engine), str(network), str(reason)) for engine, network, reason in items}


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
    # Before version 0.5.0 there were no ports.
    networks = tuple(
        Network(
            **{
                **network,
                **{name: frozenset(map(known_address, network.get(name, ()))) for name in _SETS},
                "ports": tuple(network.get("ports", ())),
            }
        )
        for network in item["networks"]
    )
    addresses = tuple(map(known_address, item["addresses"]))
    return Segment(**{**item, "addresses": addresses, "networks": networks})
