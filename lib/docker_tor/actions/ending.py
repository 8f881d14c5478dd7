"""How a run's last action ended that did not succeed, as StackStorm tells it. Pure.

StackStorm tells three things of a Python action. `result` is what the action returned, if it did.
`exit_code` is that of its process, negative if a signal ended it. `error` is there if StackStorm
itself ended the action, as it does when the action's time is over. An action without a result of
its own has died: nobody knows what it did last.
"""

from typing import Any, Mapping, NamedTuple, Sequence

from ..common.errors import DockerTorError, PermanentError, from_result

_REMEDY = "See the execution for what it has printed."


class Ending(NamedTuple):
    """Why the action failed, and whether it died. `segments` are those that its run is about, and
    `before` is what there was of them, by VLAN, as far as the run's actions have said so."""

    reason: DockerTorError
    died: bool
    segments: Sequence[Any]
    before: Any


def of(failure: Any, before: Any) -> Ending:
    """The ending that a workflow publishes as its `failure`, of a chain whose first edit found
    `before`; anything else is taken for that of an action that died."""
    told = failure if isinstance(failure, Mapping) else {}
    verdict = told.get("result")
    verdict = verdict if isinstance(verdict, Mapping) else {}
    found = before or verdict.get("run") or {}
    segments = [found["segment"]] if "segment" in found else []
    known = found.get("vlans") or verdict.get("before")
    if verdict.get("error"):
        if verdict.get("changed") is False and (not before or found.get("already")):
            # Nothing was sent: neither by the first edit, nor by those that found all as it is.
            known = None
        return Ending(from_result(verdict), False, segments, known)
    code, error = told.get("exit_code"), told.get("error")
    if error:
        what = f"the action has no result: {error}"
    elif isinstance(code, int) and code < 0:
        after = " after it had done its work" if verdict else ""
        what = f"the action was killed (signal {-code}){after}"
    else:
        what = "the action ended without a result"
        what += f" (exit code {code})" if isinstance(code, int) else ", and its runner is gone"
    return Ending(PermanentError(what, remedy=_REMEDY), True, segments, known)
