"""Mass removals that are not believed at once. Pure; times are seconds since 1970.

An engine that starts without its disk lists nothing, while the containers on its networks go on. So
an engine is not believed that drops (nearly) all it had and has not said so in events. Each network
that it has dropped is held: its segment stays on the switch. A hold ends when

- the engine lists the network again, or tells in an event that it is gone;
- the hold is as old as `mass_removal_hold`, and the engine still does not list the network;
- or a person releases it with `docker.reconcile`.

In the datastore, `docker_tor.holds` is what the sensor holds, and `docker_tor.released` what people
have released with `docker.reconcile`:

    {"version": 1, "engines": {"host1": {"had": 300, "lists": 0,
     "held": {"<id>": 1795449840.8}, "gone": []}}}
    {"version": 1, "engines": {"host1": {"<id>": 1795449901.3}}}

The ids are those of networks. Of those that the engine `had`, it still `lists` so many. `held` has
since when each is held. `gone` are those that are rightly gone, while their segment still waits for
its removal.
"""

import json
import math
from typing import (
    Any,
    Callable,
    Collection,
    Dict,
    FrozenSet,
    Iterable,
    Mapping,
    NamedTuple,
    Optional,
    Tuple,
    TypeVar,
)

from ..common.sanitize import counted
from ..engine.networks import Network, Observed

T = TypeVar("T")

NAME = "docker_tor.holds"
RELEASED = "docker_tor.released"
HELD, ENDED = "held", "released"
"""The states of an engine's event that tell of a hold and of its end."""
FEW = 5
"""So many networks may be removed at once, if they are not all; more only if at most half."""
KEPT = 24 * 3600.0
"""Seconds for which a release is kept: a sensor that is down finds it later."""


class Doubt(NamedTuple):
    """What is not believed of an engine's list.

    It had so many networks and lists so many of them. `held` has since when each id is held, and
    `gone` the ids that are gone though they are still applied.
    """

    had: int = 0
    lists: int = 0
    held: Mapping[str, float] = {}
    gone: FrozenSet[str] = frozenset()


NO_DOUBT = Doubt()
Released = Mapping[str, Mapping[str, float]]
"""By engine and network id, when a person released it."""


def too_many(had: int, dropped: int) -> bool:
    """Whether an engine dropped too many of what it had to be believed at once."""
    return dropped > 0 and (dropped == had or dropped > max(FEW, had / 2))


def judge(
    had: Collection[Network],
    observed: Observed,
    doubt: Doubt,
    removed: Collection[str],
    released: Mapping[str, float],
    seconds: float,
    now: float,
) -> Doubt:
    """What is held of an engine's networks from now on, and what is gone.

    `had` are its networks that were applied, `doubt` what was held until now. `removed` are the ids
    that it has told are gone, `released` when a person released which id. A removal is held for
    `seconds`; 0 holds none.
    """
    known = frozenset(network.id for network in had)
    gone = (doubt.gone & known) - observed.ids
    believed = [network for network in had if network.id not in gone]
    missing = frozenset(network.id for network in believed) - observed.ids
    untold = missing.difference(removed)
    since = {one: min(at, now) for one, at in doubt.held.items() if one in untold}
    if too_many(len(believed), len(untold)):
        since = {**dict.fromkeys(untold, now), **since}
    anew = _replaced(believed, observed) if since else frozenset()
    held = {
        one: at
        for one, at in since.items()
        if seconds
        and one not in anew
        and observed.at - at < seconds
        and released.get(one, -math.inf) < at
    }
    lists = len(believed) - len(missing)
    return Doubt(len(believed), lists, held, gone | (missing - held.keys()))


def _replaced(had: Iterable[Network], observed: Observed) -> FrozenSet[str]:
    """The ids of `had` that an engine which was made anew has replaced: it lists another network of
    the same driver and parent that it did not have."""
    had = list(had)
    known = {network.id for network in had}
    places = {_place(one) for one in observed.wanted if one.id not in known}
    return frozenset(one.id for one in had if _place(one) in places)


def _place(network: Network) -> Tuple[str, str, int]:
    # The interface is whole; what is shown of the parent may have been cut.
    return network.driver, network.interface, network.vlan


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
    """What is held of each engine, as text."""
    return _text(
        {
            name: {
                "had": one.had,
                "lists": one.lists,
                "held": {**one.held},
                "gone": sorted(one.gone),
            }
            for name, one in doubts.items()
        }
    )


def load(text: Optional[str]) -> Dict[str, Doubt]:
    """What `dump` made text of; anything else is nothing: then what is missing is held anew."""
    return _read(
        text,
        lambda one: Doubt(
            int(one["had"]),
            int(one["lists"]),
            _moments(one["held"]),
            frozenset(map(str, one["gone"])),
        ),
    )


def released(text: Optional[str]) -> Dict[str, Dict[str, float]]:
    """What people have released, as `release` made text of it; anything else is nothing."""
    return _read(text, _moments)


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
    return _text({name: those for name, those in kept.items() if those})


def _text(engines: Mapping[str, Any]) -> str:
    return json.dumps({"version": 1, "engines": engines}, separators=(",", ":"), sort_keys=True)


def _read(text: Optional[str], read: Callable[[Any], T]) -> Dict[str, T]:
    try:
        engines = json.loads(text)["engines"] if text else {}
        return {str(name): read(one) for name, one in engines.items()}
    except (AttributeError, KeyError, OverflowError, RecursionError, TypeError, ValueError):
        return {}


def _moments(raw: Mapping[str, Any]) -> Dict[str, float]:
    found = {str(one): float(at) for one, at in raw.items()}
    return {one: at for one, at in found.items() if math.isfinite(at)}
