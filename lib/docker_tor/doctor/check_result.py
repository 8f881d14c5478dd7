"""What one check has found, and all results as a table. Pure."""

import textwrap
from typing import Iterable, List, NamedTuple, Tuple

from ..common.errors import DockerTorError
from ..common.sanitize import printable
from ..common.table import BLANK, table

OK, WARNING, FAILED = "ok", "warning", "failed"

_WIDTH = 72


class CheckResult(NamedTuple):
    """How one check went.

    `state` is one of the words above. `where` is an engine, a switch, the sensor or a place in
    docker.yaml. `remedy` is empty if nothing has to be done.
    """

    state: str
    check: str
    where: str
    what: str
    remedy: str


def ok(check: str, where: str, what: str) -> CheckResult:
    """It is as it should be."""
    return _made(OK, check, where, what, "")


def warning(check: str, where: str, what: str, remedy: str) -> CheckResult:
    """It works, and somebody should look at it."""
    return _made(WARNING, check, where, what, remedy)


def failed(check: str, where: str, what: str, remedy: str) -> CheckResult:
    """It does not work."""
    return _made(FAILED, check, where, what, remedy)


def of(error: DockerTorError, check: str, where: str, state: str = FAILED) -> CheckResult:
    """What an error comes to."""
    return _made(state, check, where, error.what, error.remedy)


def shown(results: Iterable[CheckResult]) -> str:
    """The results as a table; each remedy stands under its result."""
    rows = [row for result in results for row in _rows(result)]
    return table(("state", "check", "where", "what"), rows, widest=_WIDTH)


def _rows(result: CheckResult) -> List[Tuple[str, ...]]:
    what = textwrap.wrap(result.what, _WIDTH) or [BLANK]
    remedy = textwrap.wrap(result.remedy, _WIDTH, initial_indent="-> ", subsequent_indent="   ")
    first = (result.state, result.check, result.where, what[0])
    return [first, *((BLANK, BLANK, BLANK, more) for more in (*what[1:], *remedy))]


def _made(state: str, check: str, where: str, what: str, remedy: str) -> CheckResult:
    return CheckResult(state, check, printable(where, 100), printable(what), printable(remedy, 300))
