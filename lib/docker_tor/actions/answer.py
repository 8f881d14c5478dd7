"""What chat answers to the questions about segments and Ves, and to a removal, made of the action's
result. Pure."""

import re
from typing import Any, List, Mapping, Sequence, Tuple

from ..common.sanitize import counted
from ..config.ports import short
from ..desired.segments import LAYER_2
from ..notify import answers, sentences
from ..notify.answers import DANGER, GOOD, WARNING, Answer
from .overview import CURRENT

_SUFFIX = re.compile(r" \(\d+\.\d s(, .*)?\)\Z")
"""What the team is told besides: how long it took, and who has asked."""


def networks(result: Mapping[str, Any]) -> Answer:
    """The answer of `docker.networks`."""
    segments, refused = result["segments"], result["refused"]
    states = [one["state"] for one in segments]
    switches = sorted({one["switch"] for one in segments})
    message = "No segments"
    if segments:
        many, where = counted(len(segments), "segment"), answers.places(switches)
        message = f"{many} on {where}: {answers.counts(states)}"
    if refused:
        message += f"; {counted(len(refused), 'network')} refused"
    columns: Tuple[str, ...] = ("VLAN", "switch", "addresses", "state", "network")
    rows: List[Tuple[object, ...]] = [
        (
            one["vlan"],
            one["switch"],
            one["addresses"] or LAYER_2,
            one["state"],
            [network["name"] for network in one["networks"]],
        )
        for one in segments
    ]
    if any(one["ports"] for one in segments):
        columns = (*columns, "ports")
        rows = [(*row, list(map(short, one["ports"]))) for row, one in zip(rows, segments)]
    notes = [
        f"network {one['network']} of engine {one['engine']} is {what}: {one['reason']}"
        for what, found in (("refused", refused), ("passed over", result["passed_over"]))
        for one in found
    ]
    return Answer(
        message,
        [
            *answers.rows(columns, rows),
            *map(answers.wrapped, [*notes, *result["notes"]]),
        ],
        WARNING if refused or result["notes"] or {*states} - {CURRENT} else GOOD,
    )


def show_ve(result: Mapping[str, Any]) -> Answer:
    """The answer of `docker.show_ve`."""
    vlan = result["vlan"]
    told = [one for one in result["switches"] if "error" not in one]
    wrong = [one for one in result["switches"] if "error" in one]
    ves = [(one, ve) for one in told for ve in one["ves"]]
    where = answers.places([one["switch"] for one in told])
    called = " or ".join(dict.fromkeys(one["interface"] for one in told))
    parts = [f"{one['switch']} could NOT be asked" for one in wrong]
    if len(ves) == 1:
        ((switch, ve),) = ves
        state = ve["status"] or ("shutdown" if ve["shut"] else "configured")
        with_ = f" with {sentences.some(ve['addresses'])}" if ve["addresses"] else ""
        parts.append(f"{switch['interface']} on {switch['switch']} is {state}{with_}")
    elif ves:
        up = sum(ve["status"] == "up" for _, ve in ves)
        some_have_none = any(ve["rbridge_id"] is None for _, ve in ves)
        on = where if some_have_none else f"{counted(len(ves), 'rbridge')} of {where}"
        parts.append(f"{called} is on {on}, {up} of them up")
    elif any(one["vlan_name"] is not None for one in told):
        parts.append(f"VLAN {vlan} on {where} has no {called}")
    elif told:
        parts.append(f"No VLAN {vlan} on {where}")
    notes = [
        f"{one['switch']}: VLAN {vlan} is allowed on"
        f" {sentences.some([short(port['port']) for port in one['ports']])}"
        for one in told
        if one["ports"]
    ]
    notes += [f"{one['switch']}: {one['note']}" for one in told if "note" in one]
    notes += [f"{one['switch']}: {one['error']}" for one in wrong]
    rows = [_ve(one, ve) for one in told for ve in one["ves"] or [{}] if one["vlan_name"]]
    return Answer(
        "; ".join(parts),
        [*answers.rows(_VE, rows), *map(answers.wrapped, notes)],
        DANGER if wrong else GOOD,
    )


_VE = ("switch", "rbridge", "VLAN name", "whose", "addresses", "config", "status")


def _ve(switch: Mapping[str, Any], ve: Mapping[str, Any]) -> Sequence[object]:
    config = [
        *(["shutdown"] if ve.get("shut") else []),
        *(["shutdown globally"] if switch["in_service"] is False else []),
        *ve.get("others", ()),
    ]
    return (
        switch["switch"],
        ve.get("rbridge_id"),
        switch["vlan_name"],
        "ours" if switch["ours"] else "not ours",
        ve.get("addresses"),
        config or ("no shutdown" if ve else None),
        ve.get("status"),
    )


def removed(result: Mapping[str, Any]) -> Answer:
    """The answer of `docker.segment.remove`, which came to its end or only shows what it would
    do."""
    if not result.get("dry_run"):
        told = _SUFFIX.sub("", result["message"]).rstrip(".")
        return Answer(told, color=DANGER if "error" in result else GOOD)
    if not result["diff"]:
        return Answer(f"There is nothing to remove from {result['switch']}")
    return Answer(f"This would be removed from {result['switch']}", result["diff"].split("\n"))
