"""What was last applied: the segments that this installation has dispatched. Pure.

The sensor compares the desired state with it, and actions read it. As text it is one value of
StackStorm's datastore, or a part of it is (`ledger`):

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

REST = ""
"""Stands for what is of no switch, among the names of switches."""

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

    `switches` are those that have a value of their own. `unsaved` are those (or REST) of which
    something has changed since it was kept.
    """

    segments: Dict[Key, Segment] = field(default_factory=dict)
    rejected: Set[RejectionKey] = field(default_factory=set)
    pending: Set[Key] = field(default_factory=set)
    retired: Dict[Key, float] = field(default_factory=dict)
    ignored: Set[RejectionKey] = field(default_factory=set)
    switches: Set[str] = field(default_factory=set, compare=False)
    unsaved: Set[str] = field(default_factory=set, compare=False)

    @property
    def dispatched(self) -> FrozenSet[Key]:
        """The segments that this installation has dispatched, whatever became of them."""
        return frozenset(self.pending).union(self.segments, self.retired)

    def of(self, switch: str) -> "LastApplied":
        """What of it is of that switch; with REST, what is of none."""
        if switch == REST:
            return LastApplied(rejected=self.rejected, ignored=self.ignored, switches=self.switches)
        return LastApplied(
            {key: segment for key, segment in self.segments.items() if key[0] == switch},
            pending={key for key in self.pending if key[0] == switch},
            retired={key: at for key, at in self.retired.items() if key[0] == switch},
        )

    def add(self, part: "LastApplied") -> None:
        """Take in what is of another switch."""
        self.segments.update(part.segments)
        self.pending |= part.pending
        self.retired.update(part.retired)

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
        self.pend(())

    def pend(self, keys: Iterable[Key]) -> None:
        """The changes of these segments are being dispatched from now on, and no others."""
        before, self.pending = self.pending, set(keys)
        self.unsaved.update(key[0] for key in before | self.pending)

    def told(self, rejection: Rejection) -> None:
        """People know of this rejection."""
        self.rejected.add(rejection.key)
        self.unsaved.add(REST)

    def untold(self, rejected: Iterable[Rejection]) -> List[Rejection]:
        """The rejections that people have not been told of."""
        return [one for one in rejected if one.key not in self.rejected]

    def record(self, change: Change, now: float) -> None:
        """This change was dispatched."""
        key = change.segment.key
        self.unsaved.add(key[0])
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
        for key, segment in desired.segments.items():
            before = self.segments.get(key)
            if before is not segment and key not in changed:
                self.segments[key] = segment
                if before != segment:
                    self.unsaved.add(key[0])
        unheard = set(engines) - set(observed)
        current = {one.key for one in desired.rejected}
        rejected = {key for key in self.rejected if key in current or key[0] in unheard}
        ignored = {key for key in self.ignored if key[0] in unheard}.union(
            one.key for seen in observed.values() for one in seen.ignored if one.may_surprise
        )
        if (rejected, ignored) != (self.rejected, self.ignored):
            self.rejected, self.ignored = rejected, ignored
            self.unsaved.add(REST)


def dump(applied: LastApplied, segments: Optional[Iterable[str]] = None) -> str:
    """It as text; `segments` are the texts of its segments, where they are known."""
    if segments is None:
        segments = map(segment_text, applied.segments.values())
    rest = _text(
        {
            "refused": sorted(applied.rejected),
            "passed": sorted(applied.ignored),
            "pending": sorted(applied.pending, key=in_order),
            "retired": [
                [*key, applied.retired[key]] for key in sorted(applied.retired, key=in_order)
            ],
            **({"switches": sorted(applied.switches)} if applied.switches else {}),
        }
    )
    return f'{{"version":1,"segments":[{",".join(segments)}],{rest[1:]}'


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
            set(map(str, document.get("switches", ()))),
        )
    except (AttributeError, KeyError, TypeError, RecursionError, ValueError) as error:
        raise ValueError(f"it is no ledger: {error!r}") from None


def segment_text(segment: Segment) -> str:
    """A segment as `dump` writes it."""
    plain = {
        **segment._asdict(),
        "addresses": [str(one) for one in segment.addresses],
        "networks": [_plain_network(one) for one in segment.networks],
    }
    return _text(plain)


def _text(plain: Mapping[str, Any]) -> str:
    return json.dumps(plain, separators=(",", ":"))


def _key(switch: Any, rbridge: Any, vlan: Any) -> Key:
    return str(switch), None if rbridge is None else int(rbridge), int(vlan)


def _rejections(items: Iterable[Any]) -> Set[RejectionKey]:
    return {(str(engine), str(network), str(reason)) for engine, network, reason in items}


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
