"""One finding of the doctor, and all of them as a table. Pure."""

import textwrap
from typing import Iterable, List, NamedTuple, Tuple

from ..common.errors import DockerTorError
from ..common.sanitize import printable
from ..common.table import BLANK, table

OK, WARNING, FAILED = "ok", "warning", "failed"

_WIDTH = 72


class Finding(NamedTuple):
    """How one check went: `state` is one of the words above; `where` is an engine, a switch, the
    sensor or a place in docker.yaml; `remedy` is empty where nothing has to be done."""

    state: str
    check: str
    where: str
    what: str
    remedy: str


def ok(check: str, where: str, what: str) -> Finding:
    """It is as it should be."""
    return _line(OK, check, where, what, "")


def warning(check: str, where: str, what: str, remedy: str) -> Finding:
    """It works, and somebody should look at it."""
    return _line(WARNING, check, where, what, remedy)


def failed(check: str, where: str, what: str, remedy: str) -> Finding:
    """It does not work."""
    return _line(FAILED, check, where, what, remedy)


def of(error: DockerTorError, check: str, where: str, state: str = FAILED) -> Finding:
    """What an error comes to."""
    return _line(state, check, where, error.what, error.remedy)


def shown(lines: Iterable[Finding]) -> str:
    """The findings as a table; a remedy stands under what it is for."""
    rows = [row for line in lines for row in _rows(line)]
    return table(("state", "check", "where", "what"), rows, widest=_WIDTH)


def _rows(line: Finding) -> List[Tuple[str, ...]]:
    what = textwrap.wrap(line.what, _WIDTH) or [BLANK]
    remedy = textwrap.wrap(line.remedy, _WIDTH, initial_indent="-> ", subsequent_indent="   ")
    first = (line.state, line.check, line.where, what[0])
    return [first, *((BLANK, BLANK, BLANK, more) for more in (*what[1:], *remedy))]


def _line(state: str, check: str, where: str, what: str, remedy: str) -> Finding:
    return Finding(state, check, printable(where, 100), printable(what), printable(remedy, 300))
