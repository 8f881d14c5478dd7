"""What chat answers to `docker.doctor`: what has to be looked at, and what to do. Pure."""

from typing import Any, List, Mapping

from ..common.sanitize import counted
from ..notify import answers
from ..notify.answers import DANGER, GOOD, WARNING, Answer
from .check_result import FAILED, OK


def of(result: Mapping[str, Any]) -> Answer:
    """The failed checks come first; those that are all right are only counted."""
    failed, warnings, checks = result["failed"], result["warnings"], result["checks"]
    total = counted(len(checks), "check")
    message = f"{failed} of {total} failed" if failed else f"None of {total} failed"
    message += f", {counted(warnings, 'warning')}" if warnings else ""
    wrong = [one for one in checks if one["state"] != OK]
    wrong.sort(key=lambda one: one["state"] != FAILED)
    keys = [f"{one['switch']} shows {one['fingerprint']}" for one in result["host_keys"]]
    return Answer(
        message,
        [*map(_item, wrong), *map(answers.wrapped, keys)],
        DANGER if failed else WARNING if warnings else GOOD,
    )


def _item(check: Mapping[str, Any]) -> str:
    lines: List[str] = [
        answers.wrapped(f"{check['state']}: {check['check']}, {check['where']}"),
        answers.wrapped(check["what"], "  "),
    ]
    lines += [answers.wrapped(f"-> {check['remedy']}", "  ")] if check["remedy"] else []
    return "\n".join(lines)
