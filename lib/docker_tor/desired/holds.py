"""Removals that are not believed at once: an engine has dropped (nearly) all it had, and has not
said so in events. Pure; moments are seconds since 1970.

An engine that comes up without its disk lists nothing, while the containers on its networks go on.
What it has dropped is held: it stays until the engine lists it again or tells that it is gone,
until the hold is over and the engine still drops it, or until a person releases it. Kept in the
datastore, as `docker_tor.holds` by the sensor and as `docker_tor.released` by `docker.reconcile`:

    {"version": 1, "engines": {"host1": {"had": 300, "lists": 0,
     "held": {"<id>": 1795449840.8}, "gone": []}}}
    {"version": 1, "engines": {"host1": {"<id>": 1795449901.3}}}

The ids are those of networks. `lists` is how many of those that the engine had it lists, `held` has
those that are held by since when, and `gone` those that are rightly gone while their segment waits
in the ledger for its removal.
"""

import json
import math
from typing import Any, Collection, Dict, FrozenSet, Iterable, Mapping, NamedTuple, Optional, Tuple

from ..common.sanitize import counted
from ..engine.networks import Network

NAME = "docker_tor.holds"
RELEASED = "docker_tor.released"
HELD, ENDED = "held", "released"
"""The states of an engine's event that tell of a hold and of its end."""
FEW = 5
"""So many networks may go at once, if they are not all: more only where they are at most half."""
KEPT = 24 * 3600.0
"""Seconds for which a release is kept: a sensor that is down finds it later."""


class Listed(NamedTuple):
    """An engine's list: every id in it, the networks that call for a VLAN, when it came, and since
    when (monotonic) there was news to ask for."""

    ids: FrozenSet[str]
    wanted: Collection[Network] = ()
    at: float = -math.inf
    since: float = -math.inf


class Doubt(NamedTuple):
    """How many networks an engine had, how many of them it lists, the ids of those that are held,
    by since when, and the ids of those that are gone though the ledger still has them."""

    had: int = 0
    lists: int = 0
    held: Mapping[str, float] = {}
    gone: FrozenSet[str] = frozenset()


NO_DOUBT = Doubt()
Released = Mapping[str, Mapping[str, float]]
"""By engine and network id, when a person released it."""


def too_many(had: int, dropped: int) -> bool:
    """Whether so many of what an engine had are too many to go at once without a word."""
    return dropped > 0 and (dropped == had or dropped > max(FEW, had / 2))


def dropped(had: Collection[Network], listed: Listed) -> FrozenSet[str]:
    """The ids of `had` that the engine lists no more."""
    return frozenset(network.id for network in had) - listed.ids


def replaced(had: Iterable[Network], listed: Listed) -> FrozenSet[str]:
    """The ids of `had` in whose place, of the same driver and parent, the engine lists a network
    that it did not have: an engine that was made anew."""
    had = list(had)
    known = {network.id for network in had}
    places = {_place(one) for one in listed.wanted if one.id not in known}
    return frozenset(one.id for one in had if _place(one) in places)


def _place(network: Network) -> Tuple[str, str, int]:
    # Of the interface itself: what is shown of the parent may have been cut.
    return network.driver, network.interface, network.vlan


def judge(
    had: Collection[Network],
    listed: Listed,
    doubt: Doubt,
    announced: Collection[str],
    released: Mapping[str, float],
    seconds: float,
    now: float,
) -> Doubt:
    """What is held of an engine's networks from now on, and what is gone.

    `had` are those that the ledger has of it, `doubt` what was held until now, `announced` the ids
    that it has told are gone, `seconds` for how long a removal is held (0: it is not).
    """
    known = frozenset(network.id for network in had)
    gone = (doubt.gone & known) - listed.ids
    believed = [network for network in had if network.id not in gone]
    missing = dropped(believed, listed)
    untold = missing.difference(announced)
    since = {one: min(at, now) for one, at in doubt.held.items() if one in untold}
    if too_many(len(believed), len(untold)):
        since = {**dict.fromkeys(untold, now), **since}
    anew = replaced(believed, listed) if since else frozenset()
    held = {
        one: at
        for one, at in since.items()
        if seconds
        and one not in anew
        and listed.at - at < seconds
        and released.get(one, -math.inf) < at
    }
    lists = len(believed) - len(missing)
    return Doubt(len(believed), lists, held, gone | (missing - held.keys()))


REMEDY = (
    "See why it lists so little (is its data-root mounted?); if they are gone for good,"
    " `tor reconcile apply` lets them go now."
)


def what(doubt: Doubt, seconds: float) -> str:
    """Why an engine's list is not believed."""
    return (
        f"It lists {doubt.lists} of the {counted(doubt.had, 'network')} that it had, and no event"
        f" says that the others were removed: {len(doubt.held)} stay for {seconds:g} s."
    )


def said(doubt: Doubt, seconds: float) -> str:
    """The same, and what to do."""
    return f"{what(doubt, seconds)} {REMEDY}"


def dump(doubts: Mapping[str, Doubt]) -> str:
    """What is held, as text."""
    engines = {
        name: {"had": one.had, "lists": one.lists, "held": {**one.held}, "gone": sorted(one.gone)}
        for name, one in doubts.items()
    }
    return json.dumps({"version": 1, "engines": engines}, separators=(",", ":"), sort_keys=True)


def load(text: Optional[str]) -> Dict[str, Doubt]:
    """What `dump` made text of; anything else is forgotten: then what is missing is held anew."""
    try:
        return {
            str(name): Doubt(
                int(one["had"]),
                int(one["lists"]),
                _moments(one["held"]),
                frozenset(map(str, one["gone"])),
            )
            for name, one in _engines(text).items()
        }
    except (AttributeError, KeyError, OverflowError, RecursionError, TypeError, ValueError):
        return {}


def released(text: Optional[str]) -> Dict[str, Dict[str, float]]:
    """What people have released, as `release` made text of it; anything else is nothing."""
    try:
        return {str(name): _moments(one) for name, one in _engines(text).items()}
    except (AttributeError, KeyError, OverflowError, RecursionError, TypeError, ValueError):
        return {}


def recent(given: Released, now: float) -> Dict[str, Dict[str, float]]:
    """What of it is not older than a release is kept."""
    return {
        name: {one: at for one, at in those.items() if now - at < KEPT}
        for name, those in given.items()
    }


def release(before: Released, ids: Mapping[str, Iterable[str]], now: float) -> str:
    """What people had released before, and what they release now, as text."""
    kept = recent(before, now)
    for name, those in ids.items():
        kept.setdefault(name, {}).update(dict.fromkeys(those, now))
    engines = {name: those for name, those in kept.items() if those}
    return json.dumps({"version": 1, "engines": engines}, separators=(",", ":"), sort_keys=True)


def _engines(text: Optional[str]) -> Any:
    return json.loads(text)["engines"] if text else {}


def _moments(raw: Mapping[str, Any]) -> Dict[str, float]:
    found = {str(one): float(at) for one, at in raw.items()}
    return {one: at for one, at in found.items() if math.isfinite(at)}
