"""What has been dispatched, as it is kept in StackStorm's datastore between two lives of the
sensor."""

import json
from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional

from .intent import Key, Network, Segment

NAME = "docker_tor.segments"
"""The datastore's name for it, without a sensor's prefix, so that actions can read it too."""


class Store(NamedTuple):
    """The two datastore calls that it takes; either may raise."""

    get: Callable[[], Optional[str]]
    set: Callable[[str], None]


def dump(segments: Iterable[Segment], pending: Iterable[Key]) -> str:
    """The segments that have been dispatched, and the keys of those about to be."""
    return json.dumps(
        {
            "version": 1,
            "segments": [_plain(segment) for segment in segments],
            "pending": sorted(pending),
        },
        separators=(",", ":"),
    )


def load(text: Optional[str]) -> Dict[Key, Segment]:
    """The segments of `dump`; those that were about to be dispatched are left to be found again.

    A value that is not there is an empty ledger. Raises ValueError for one that is not a ledger.
    """
    if not text:
        return {}
    try:
        document = json.loads(text)
        segments = [_segment(item) for item in document["segments"]]
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"the value of {NAME} is no ledger: {error!r}") from None
    return {segment.key: segment for segment in segments}


def _plain(segment: Segment) -> Dict[str, Any]:
    networks: List[Dict[str, Any]] = [
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
