"""What chat answers to a plan or a reconcile, made of its result. Pure."""

from typing import Any, Dict, List, Mapping, Sequence

from ..common.sanitize import counted
from ..config.ports import short
from ..notify import answers, sentences
from ..notify.answers import DANGER, GOOD, WARNING, Answer
from . import compare
from .report import ONCE_DONE

_Finding = Mapping[str, Any]
"""One of a result's `findings`."""

_IS = {
    compare.IN_SYNC: "is in sync",
    compare.MISSING: "is missing",
    compare.DRIFTED: "has drifted",
    compare.CONFLICT: "is in conflict with what the switch has",
    compare.ORPHAN: "is an orphan",
    compare.WAITING: "is an orphan, and waits",
    compare.REPORTED: "is an orphan, which is only reported",
    compare.UNKNOWN: "is not known",
}
_COLUMNS = ("switch", "VLAN", "network", "standing", "what")


def of(result: Mapping[str, Any], network: str) -> Answer:
    """The answer of a run that was limited to `network` (a name, an id or a VLAN), or, where that
    is empty, of one that looked at all of them."""
    findings = [one for one in result["findings"] if one["standing"] != compare.IN_SYNC or network]
    broken = [one for one in result["switches"] if "error" in one]
    notes = [*_notes(result), *([] if network else _refused(result))]
    failed = broken or any("error" in one for one in (result, *findings))
    left = [one for one in findings if _now(one) not in (compare.IN_SYNC, *ONCE_DONE.values())]
    items = _steps(result, findings) if network else answers.rows(_COLUMNS, _cells(findings))
    return Answer(
        _sentence(result, findings, broken, network),
        [*items, *notes],
        DANGER if failed else WARNING if left or notes else GOOD,
    )


def _now(finding: _Finding) -> str:
    """How it stands with a segment after the run."""
    if "error" in finding:
        return "failed"
    if "did" not in finding:
        return str(finding["standing"])
    return ONCE_DONE[finding["standing"]] if finding["did"] else compare.IN_SYNC


def _sentence(
    result: Mapping[str, Any],
    findings: Sequence[_Finding],
    broken: Sequence[Mapping[str, Any]],
    network: str,
) -> str:
    acted = result.get("dry_run") is False
    parts = [
        f"{one['switch']} could NOT be {'put right' if acted else 'looked at'}" for one in broken
    ]
    looked = [one["switch"] for one in result["switches"] if "error" not in one]
    if network and len(findings) == 1:
        parts.append(_one(findings[0], acted=acted))
    elif looked:
        where = answers.places(looked)
        parts.append(_all(result, findings, where, "Nothing to do: " if acted else ""))
    sentence = "; ".join(parts) or "No switch is configured"
    # A switch's name is left as it is.
    return sentence if broken else sentence[0].upper() + sentence[1:]


def _one(finding: _Finding, *, acted: bool) -> str:
    now = _now(finding)
    if now == "failed":
        return f"{_segment(finding)} could NOT be put right"
    if now in ONCE_DONE.values():
        return f"{_segment(finding)} is {now}"
    return f"{'Nothing to do: ' if acted else ''}{_segment(finding)} {_IS[now]}"


def _all(result: Mapping[str, Any], findings: Sequence[_Finding], where: str, nothing: str) -> str:
    total = sum(result["counts"].values())
    now = [_now(one) for one in findings if _now(one) != compare.IN_SYNC]
    done = [word for word in now if word in ONCE_DONE.values() or word == "failed"]
    if done:
        rest = [word for word in now if word not in done]
        left = f", and left as they are: {answers.counts(rest)}" if rest else ""
        return f"{answers.counts(done)} on {where}{left}"
    if now:
        verb = "is" if len(now) == 1 else "are"
        these = f"{len(now)} of {total} segments" if total > 1 else "the only segment"
        return (
            f"{these} on {where} {verb} not in sync:"
            f" {answers.counts(now)}{', and nothing was done' if nothing else ''}"
        )
    if not total:
        return f"{nothing}no segment is for {where}"
    if total == 1:
        return f"{nothing}the only segment on {where} is in sync"
    return f"{nothing}all {total} segments on {where} are in sync"


def _segment(finding: _Finding) -> str:
    """A segment in a sentence."""
    names = [one["name"] for one in finding["networks"]]
    of_ = f" ({sentences.some(names)})" if names else ""
    addresses = f" with {sentences.some(finding['wanted'])}" if finding["wanted"] else ""
    rbridge = f", rbridge {finding['rbridge']}" if finding["rbridge"] else ""
    return f"VLAN {finding['vlan']}{of_}{addresses} on {finding['switch']}{rbridge}"


def _cells(findings: Sequence[_Finding]) -> List[Sequence[object]]:
    return [
        (
            one["switch"],
            one["vlan"],
            [network["name"] for network in one["networks"]],
            _now(one),
            short(one.get("error") or "; ".join(one.get("did", ())) or one["detail"]),
        )
        for one in findings
        if _now(one) != compare.IN_SYNC
    ]


def _steps(result: Mapping[str, Any], findings: Sequence[_Finding]) -> List[str]:
    """A step a line; of several segments each has a line of its own before its steps."""
    planned: Dict[Any, Sequence[str]] = {
        (one["switch"], one["vlan"], one["rbridge"]): one["does"] for one in result.get("plan", ())
    }
    items: List[str] = []
    several = len(findings) > 1
    for one in findings:
        items += [answers.wrapped(f"{_segment(one)}: {_now(one)}")] if several else []
        steps = one.get("did") or planned.get((one["switch"], one["vlan"], one["rbridge"]))
        steps = [one["error"]] if "error" in one else steps or list(filter(None, [one["detail"]]))
        items += [answers.wrapped(step, "  " if several else "") for step in steps]
    return items


def _notes(result: Mapping[str, Any]) -> List[str]:
    """What went wrong with a switch, an engine or the datastore, and what is released."""
    notes = [f"{one['switch']}: {one['error']}" for one in result["switches"] if "error" in one]
    notes += [
        f"the running config of {one['switch']} is NOT saved: {one['unsaved']}"
        for one in result["switches"]
        if "unsaved" in one
    ]
    notes += [result["error"]] if "error" in result else []
    notes += [f"engine {name}: {why}" for name, why in result["engines_unreached"].items()]
    notes += [
        f"engine {name}: what it does not list any more ({counted(number, 'network')}) is released"
        for name, number in result.get("holds_released", {}).items()
    ]
    return [answers.wrapped(note) for note in notes]


def _refused(result: Mapping[str, Any]) -> List[str]:
    return [
        answers.wrapped(f"network {one['name']} is refused: {one['reason']}")
        for one in result["refused"]
    ]
