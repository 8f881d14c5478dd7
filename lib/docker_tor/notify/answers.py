"""What somebody reads who has typed a command in chat: the `answer` of an action's result.

First comes a sentence: what, where, how many, how long. A body may follow: a table, or one step a
line. Aliases show it as a block of code. It is a list of items, each of one line or several: where
they are too many, the last ones are left out, and the alias says how many those are.
"""

import re
import textwrap
import time
from collections import Counter
from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Sequence, Tuple

from ..common.sanitize import printable
from ..common.table import WIDEST, display_width, table
from . import messages

WIDE = 80
"""Columns that a body may have."""
MOST_LINES = 30
"""Lines of a body that chat shows."""
A_FEW = 12
"""Lines that a channel takes: an answer with more goes in a thread."""
LONGEST = 1000
"""Characters of the sentence: it may be an error with its remedy."""
# A text from outside makes no link. In the body, a block of code, there are none.
_LINK = re.compile(r"(?<=http:)/(?=/)|(?<=https:)/(?=/)", re.IGNORECASE)

GOOD, WARNING, DANGER = (
    messages.COLORS[shade] for shade in (messages.GOOD, messages.WARNING, messages.DANGER)
)
"""Green, yellow and red, as all chat systems read them: only Slack has names."""

Result = Tuple[bool, Dict[str, Any]]
"""Whether an action succeeded, and its result."""


class Answer(NamedTuple):
    """The sentence, the items of the body, and the colour. A sentence that has no full stop gets
    one, after the seconds that the action took."""

    message: str
    items: Sequence[str] = ()
    color: str = GOOD

    def as_result(self) -> Dict[str, Any]:
        """The answer as it stands in a result: `message`, `body`, how many `more` items there are,
        `color`, and whether it goes in a `thread`."""
        lines: List[str] = []
        shown = 0
        for item in self.items:
            longer = [*lines, *item.split("\n")]
            if len(longer) > MOST_LINES:
                break
            lines, shown = longer, shown + 1
        return {
            "message": _LINK.sub("/ ", printable(self.message, LONGEST)),
            "body": "\n".join(lines),
            "more": len(self.items) - shown,
            "color": self.color,
            "thread": len(lines) > A_FEW,
        }


def answered(
    work: Callable[[], Result],
    tell: Callable[[Mapping[str, Any]], Answer],
    clock: Callable[[], float] = time.monotonic,
) -> Result:
    """The result of an action's work with its `answer`: what `tell` says of it, or, where it has
    nothing to show, its error."""
    started = clock()
    succeeded, result = work()
    if "error" in result and "table" not in result:
        answer = Answer(result["error"], color=DANGER)
    else:
        answer = tell(result)
    if not answer.message.endswith("."):
        answer = answer._replace(message=f"{answer.message} ({clock() - started:.1f} s).")
    return succeeded, {**result, "answer": answer.as_result()}


def rows(columns: Sequence[str], cells: Sequence[Sequence[object]]) -> List[str]:
    """The items of a table that is not too wide: the first has its headings."""
    if not cells:
        return []
    widest = WIDEST
    lines = table(columns, cells, widest=widest).split("\n")
    while max(map(display_width, lines)) > WIDE and widest > 1:
        widest -= 1
        lines = table(columns, cells, widest=widest).split("\n")
    return ["\n".join(lines[:3]), *lines[3:]]


def wrapped(text: str, indent: str = "") -> str:
    """An item of a text: its lines after the first are indented once more."""
    text = printable(text)
    # A wide character takes two columns.
    wide = WIDE if display_width(text) <= len(text) else WIDE // 2
    more = f"{indent}  "
    return "\n".join(textwrap.wrap(text, wide, initial_indent=indent, subsequent_indent=more))


def places(switches: Sequence[str]) -> str:
    """Where: the name of the only switch, or how many there are."""
    return switches[0] if len(switches) == 1 else f"{len(switches)} switches"


def counts(words: Iterable[str]) -> str:
    """How many there are of each word, in the order in which they come: "2 added, 1 failed"."""
    return ", ".join(f"{number} {word}" for word, number in Counter(words).items())
