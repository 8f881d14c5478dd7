"""Which network a person means: by its whole name, by its id or the beginning of it as docker shows
it, or by its name as the pack shows it. A number is a VLAN. Pure.

Case matters only where it tells networks apart. What is shown of a name is cut to size, and names
need not be unique: where several networks answer to what was typed, and it makes a difference
which, none is taken.
"""

from typing import Collection, FrozenSet, Iterator, List, NamedTuple, Optional

from ..common.errors import DockerTorError, InvalidValue
from ..common.sanitize import quoted
from ..desired.segments import Key
from ..engine.networks import Network
from .discovery import Discovery

SHORTEST_ID = 12
"""Characters of an id that docker shows."""
_LONGEST_VLAN = 4


def is_vlan(text: str) -> bool:
    """Whether it is a VLAN's number."""
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST_VLAN


def is_meant(text: str, network: Network) -> bool:
    """Whether the network answers to the text; others may, too."""
    one = _Known(network.id, network.name, network.full_name, network.engine)
    return one.is_exactly(text) or one.is_shown(text)


def keys(text: str, found: Discovery, switches: Collection[str]) -> FrozenSet[Key]:
    """The segments on these switches of the one network that is meant.

    Raises InvalidValue where several are, and the reason why there is no segment for one.
    """
    known = list(_known(found, switches))
    hits: List[_Known] = []
    for hears in (_Known.is_exactly, _Known.is_shown, _Known.is_alike):
        hits = hits or [one for one in known if hears(one, text)]
    hits = [one for one in hits if one.key] or hits
    places = {one.key or one.id for one in hits}
    if len({one.id for one in hits}) > 1 and len(places) > 1:
        raise _ambiguous(text, hits)
    for one in hits:
        if one.error is not None:
            raise one.error
    if not hits:
        raise _unknown(text, found)
    return frozenset(one.key for one in hits if one.key)


class _Known(NamedTuple):
    """A network that is heard of: its names, its segment if it has one, or why it has none."""

    id: str
    name: str
    full_name: str
    engine: str
    key: Optional[Key] = None
    error: Optional[DockerTorError] = None

    def is_exactly(self, text: str) -> bool:
        """Whether the text is its whole name, or an id of its."""
        whole = self.full_name or self.name
        return text == whole or (len(text) >= SHORTEST_ID and self.id.startswith(text))

    def is_shown(self, text: str) -> bool:
        """Whether the text is its name as the pack shows it."""
        return text == self.name

    def is_alike(self, text: str) -> bool:
        """Whether the text is its whole name, or an id of its, but for the case."""
        whole = self.full_name or self.name
        return text.casefold() == whole.casefold() or self.is_exactly(text.lower())


def _known(found: Discovery, switches: Collection[str]) -> Iterator[_Known]:
    for key, segment in found.segments.items():
        for one in segment.networks if key[0] in switches else ():
            yield _Known(one.id, one.name, one.full_name, one.engine, key)
    for rejection in found.rejected:
        shown = rejection.network
        yield _Known(
            shown["id"], shown["name"], rejection.full_name, shown["engine"], error=rejection.error
        )
    for rejection in found.ignored:
        shown = rejection.network
        error = InvalidValue(
            f"nothing is done for network {shown['name']}: {rejection.error.what}",
            where=f"engine {shown['engine']}",
            remedy=rejection.error.remedy,
        )
        yield _Known(shown["id"], shown["name"], rejection.full_name, shown["engine"], error=error)


def _ambiguous(text: str, hits: List[_Known]) -> InvalidValue:
    each = sorted({f"{one.id[:SHORTEST_ID]} of engine {one.engine}" for one in hits})
    return InvalidValue(
        f"{len(each)} networks answer to {quoted(text)}: {', '.join(each)}",
        remedy="Name the one that is meant by its id.",
    )


def _unknown(text: str, found: Discovery) -> InvalidValue:
    away = f"; engine {', '.join(sorted(found.unreached))} could not be asked"
    return InvalidValue(
        f"no segment is for a network {quoted(text)}{away if found.unreached else ''}",
        remedy="`docker.networks` lists those that there are.",
    )
