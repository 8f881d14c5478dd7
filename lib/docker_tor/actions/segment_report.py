"""What an action on whole segments returns, for a program and for a person. Pure.

A program reads `changed` and the rows of `segments`; a person reads the same rows as a `table`, and
the team the `message`.
"""

from typing import Any, Dict, Mapping, Optional, Sequence

from ..common.errors import DockerTorError
from ..common.table import table
from ..desired.segments import LAYER_2
from ..notify import messages
from ..notify.messages import Message, OutcomeFor, Run
from ..switch import model
from ..switch.model import Vlan
from ..switch.plan import Goal
from ..switch.transaction import Outcome

Kept = Mapping[Goal, Sequence[str]]
"""Segments that were to be deleted and stay, with the networks that use them."""


def done(
    outcomes_for: Sequence[OutcomeFor],
    kept: Kept,
    run: Run,
    unsaved: str,
    unrecorded: Sequence[str] = (),
) -> Dict[str, Any]:
    """The result of a run that came to its end: each outcome with the names of its networks.

    A segment that failed fails the run, with the first one's error. `unsaved` is why the running
    config was not saved, if it was to be, and `unrecorded` says of which ports it is not recorded
    that the pack has allowed a VLAN there.
    """
    outcomes = [outcome for outcome, _ in outcomes_for]
    rows = [_row(outcome) for outcome in outcomes] + [_kept(*one) for one in kept.items()]
    errors = [outcome.error for outcome in outcomes if outcome.error is not None]
    return {
        "changed": any(outcome.changed for outcome in outcomes),
        "seconds": round(run.seconds, 3),
        "segments": rows,
        "table": _table(rows),
        **({"unsaved": unsaved} if unsaved else {}),
        **({"unrecorded": list(unrecorded)} if unrecorded else {}),
        **(errors[0].as_result() if errors else {}),
        **posted(messages.of(outcomes_for, run, unsaved, unrecorded) if outcomes_for else None),
    }


def broken(
    error: DockerTorError, before: Mapping[int, Vlan], message: Optional[Message] = None
) -> Dict[str, Any]:
    """The result of a run that broke off, by what there was before its first edit."""
    return {
        "changed": None if error.unsure else False,
        "before": {str(vlan): model.as_plain(have) for vlan, have in before.items()},
        **error.as_result(),
        **posted(message),
    }


def posted(message: Optional[Message]) -> Dict[str, Any]:
    """`message` and `extra` of a result: empty where there is nothing to tell."""
    text, extra = message or ("", {})
    return {"message": text, "extra": extra}


def _row(outcome: Outcome) -> Dict[str, Any]:
    goal = outcome.goal
    row: Dict[str, Any] = {
        "vlan": goal.vlan,
        "rbridge": goal.rbridge,
        "addresses": [str(address) for address in goal.addresses],
        "ports": list(goal.ports),
        "ports_gone": list(goal.ports_gone),
        "state": "removed" if goal.remove else "in service",
        "did": list(outcome.did),
    }
    if outcome.error is not None:
        row.update(outcome.error.as_result(), left=list(outcome.rest.left), did=[])
        row["stays"] = list(outcome.rest.stays)
        row["state"] = "partly" if outcome.rest.left else "failed"
    return row


def _kept(goal: Goal, networks: Sequence[str]) -> Dict[str, Any]:
    return {
        "vlan": goal.vlan,
        "rbridge": goal.rbridge,
        "addresses": [],
        "ports": [],
        "ports_gone": [],
        "state": "kept",
        "did": [],
        "networks": list(networks),
    }


def _table(rows: Sequence[Mapping[str, Any]]) -> str:
    columns = ["VLAN", "rbridge", "addresses", "state", "what was done"]
    cells = [
        [
            row["vlan"],
            "all" if row["rbridge"] == 0 else row["rbridge"],
            _addresses(row),
            row["state"],
            _told(row),
        ]
        for row in rows
    ]
    if any(row["ports"] for row in rows):
        columns.insert(3, "ports")
        for row, line in zip(rows, cells):
            line.insert(3, row["ports"])
    return table(columns, cells)


def _addresses(row: Mapping[str, Any]) -> Any:
    return row["addresses"] or (LAYER_2 if row["state"] == "in service" else None)


def _told(row: Mapping[str, Any]) -> str:
    if "networks" in row:
        return f"used by {', '.join(row['networks'])}"
    return str(row.get("error") or f"{len(row['did'])} edits")
