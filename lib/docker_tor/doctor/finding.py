"""What one check has found, and all findings as a table. Pure."""

import textwrap
from typing import Iterable, List, NamedTuple, Tuple

from ..common.errors import DockerTorError
from ..common.sanitize import printable
from ..common.table import BLANK, table

OK, WARNING, FAILED = "ok", "warning", "failed"

_WIDTH = 72


class Finding(NamedTuple):
    """How one check went.

    `state` is one of the words above. `where` is an engine, a switch, the sensor or a place in
    docker.yaml. `remedy` is empty if nothing has to be done.
    """

    state: str
    check: str
    where: str
    what: str
    remedy: str


def ok(check: str, where: str, what: str) -> Finding:
    """It is as it should be."""
    return _finding(OK, check, where, what, "")


def warning(check: str, where: str, what: str, remedy: str) -> Finding:
    """It works, and somebody should look at it."""
    return _finding(WARNING, check, where, what, remedy)


def failed(check: str, where: str, what: str, remedy: str) -> Finding:
    """It does not work."""
    return _finding(FAILED, check, where, what, remedy)


def of(error: DockerTorError, check: str, where: str, state: str = FAILED) -> Finding:
    """What an error comes to."""
    return _finding(state, check, where, error.what, error.remedy)


def shown(findings: Iterable[Finding]) -> str:
    """The findings as a table; each remedy stands under its finding."""
    rows = [row for finding in findings for row in _rows(finding)]
    return table(("state", "check", "where", "what"), rows, widest=_WIDTH)


def _rows(finding: Finding) -> List[Tuple[str, ...]]:
    what = textwrap.wrap(finding.what, _WIDTH) or [BLANK]
    remedy = textwrap.wrap(finding.remedy, _WIDTH, initial_indent="-> ", subsequent_indent="   ")
    first = (finding.state, finding.check, finding.where, what[0])
    return [first, *((BLANK, BLANK, BLANK, more) for more in (*what[1:], *remedy))]


def _finding(state: str, check: str, where: str, what: str, remedy: str) -> Finding:
    return Finding(state, check, printable(where, 100), printable(what), printable(remedy, 300))
