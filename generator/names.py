"""What actions and parameters are called. One rule each; the same model gives the same names.

An action is called as the article's: its path, with all that is no letter, digit or underscore as
an underscore. Where two would be called alike, the module's name goes in front of both; where that
is not enough, a number behind. What is longer than LONGEST is cut, and a hash of its path put
behind.

A parameter is called as its node. Where that is reserved (by StackStorm, Python or the pack's own
parameters) or an earlier parameter's name, its parent's name goes in front, and so on upwards;
where all that is not enough, a number goes behind.
"""

import collections
import hashlib
import itertools
import keyword
import re
from typing import Iterable, List, Sequence, Set

from .schema import LIST, Path, text

LONGEST = 200
"""Characters of a name."""

OF_THE_PACK = (
    *("edit", "host", "port", "username", "password", "dry_run"),
    *("insert", "insert_at", "path"),
)
OF_STACKSTORM = (
    # The runner's own, which an action cannot have.
    *("timeout", "env", "debug", "log_level", "content_version"),
    # What else Jinja sees where parameters are rendered.
    *("system", "st2kv", "config_context", "action_context", "user"),
)
RESERVED = frozenset(
    [*OF_THE_PACK, *OF_STACKSTORM, "self", *(word.lower() for word in keyword.kwlist)]
)


def plain(name: str) -> str:
    """A name with nothing but letters, digits and underscores."""
    return re.sub(r"\W", "_", name, flags=re.ASCII)


def of_actions(paths: Sequence[Path], reserved: Iterable[str] = ()) -> List[str]:
    """What the actions of these nodes are called, in their order."""
    first = [_cut(plain(_whole(path)), path) for path in paths]
    count = collections.Counter([*first, *reserved])
    second = [
        name if count[name] == 1 else _cut(plain(f"{path[-1].module}_{_whole(path)}"), path)
        for name, path in zip(first, paths)
    ]
    taken: Set[str] = set(reserved)
    found: List[str] = []
    for name in second:
        free = next(one for one in _numbered(name) if one not in taken)
        taken.add(free)
        found.append(free)
    return found


def _whole(path: Path) -> str:
    """A path as the article wrote it: a list by its key leaf, if it has one only."""
    last = path[-1]
    key = f"/{last.keys[0]}" if last.kind == LIST and len(last.keys) == 1 else ""
    return text(path) + key


def _cut(name: str, path: Path) -> str:
    if len(name) <= LONGEST:
        return name
    spaces = "".join(f"/{node.module}:{node.name}" for node in path)
    digest = hashlib.sha256(spaces.encode()).hexdigest()[:8]
    return f"{name[: LONGEST - 9]}_{digest}"


def _numbered(name: str) -> Iterable[str]:
    return itertools.chain([name], (f"{name}_{number}" for number in itertools.count(2)))


class Parameters:
    """The parameters of one action, named one after the other."""

    def __init__(self) -> None:
        self._taken: Set[str] = set(RESERVED)

    def take(self, above: Path, name: str, word: str = "") -> str:
        """The name for a node's parameter, with a word in front; `above` is what the node is in."""
        parts = [plain(name)]
        higher = [plain(node.name) for node in above]
        found = word + "_".join(parts)
        while found in self._taken and higher:
            parts.insert(0, higher.pop())
            found = word + "_".join(parts)
        found = next(one for one in _numbered(found) if one not in self._taken)
        self._taken.add(found)
        return found
