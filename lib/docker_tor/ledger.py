"""What has been dispatched, as it is kept in StackStorm's datastore between two lives of the
sensor."""

import json
from typing import Any, Dict, FrozenSet, Iterable, Mapping, NamedTuple, Optional, Tuple

from .intent import Key, Segment
from .networks import Network

NAME = "docker_tor.segments"
"""The datastore's name for it, without a sensor's prefix, so that actions can read it too."""

RefusalKey = Tuple[str, str, str]
"""Engine, network id and reason."""


class Ledger(NamedTuple):
    """The segments that the switches have been told of, and the refusals that people have."""

    segments: Dict[Key, Segment]
    refused: FrozenSet[RefusalKey]


def dump(ledger: Ledger, pending: Iterable[Key] = ()) -> str:
    """The ledger as text; `pending` are the segments whose changes are about to be dispatched."""
    return json.dumps(
        {
            "version": 1,
            "segments": [_plain(segment) for segment in ledger.segments.values()],
            "refused": sorted(ledger.refused),
            "pending": sorted(pending),
        },
        separators=(",", ":"),
    )


def load(text: Optional[str]) -> Ledger:
    """The ledger of `dump`; changes that were pending are left to be found again.

    A value that is not there is an empty ledger. Raises ValueError for one that is not a ledger.
    """
    if not text:
        return Ledger({}, frozenset())
    try:
        document = json.loads(text)
        segments = [_segment(item) for item in document["segments"]]
        refused = frozenset((str(e), str(n), str(r)) for e, n, r in document["refused"])
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"the value of {NAME} is no ledger: {error!r}") from None
    return Ledger({segment.key: segment for segment in segments}, refused)


def _plain(segment: Segment) -> Dict[str, Any]:
    networks = [
        {**network._asdict(), "addresses": sorted(network.addresses)}
        for network in segment.networks
    ]
    return {**segment._asdict(), "networks": networks}


def _segment(item: Mapping[str, Any]) -> Segment:
    networks = tuple(
        Network(**{**network, "addresses": frozenset(network["addresses"])})
        for network in item["networks"]
    )
    return Segment(**{**item, "addresses": tuple(item["addresses"]), "networks": networks})
