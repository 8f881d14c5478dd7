"""What came of a reconcile's visits, as a structure and a table. Pure.

A person who asks reads the table, one finding a line: what Docker calls for, what the switch has,
and what was done. What the team reads is in `news`.
"""

from collections import Counter
from typing import (
    Any,
    Dict,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

from ..common.errors import DockerTorError
from ..common.sanitize import counted, printable
from ..common.table import WIDEST, table
from ..config.ports import short
from ..desired.segments import LAYER_2, Segment
from ..notify.sentences import At
from ..switch import model, preview
from ..switch.driver import Driver
from ..switch.model import Ve
from ..switch.transaction import Outcome
from . import compare
from .compare import Finding
from .discovery import Discovery
from .dispatched import Present

ONCE_DONE = {
    compare.MISSING: "added",
    compare.DRIFTED: "repaired",
    compare.ORPHAN: "removed",
}
Result = Tuple[Finding, Optional[Outcome]]
"""A finding, and what came of its repair, if there was any."""


class Visit(NamedTuple):
    """What came of visiting one switch.

    `outcomes` are those of the repair, none in a dry run. `error` is why it could not be looked at,
    or why the repair broke off; `unsure` tells whether edits may have been made that are not known.
    `unsaved` is why its running config was not saved, if it was to be, and `unrecorded` says on
    which ports a VLAN will stay. `present` is what it had of the pack's own before. `warnings` are
    the switch's. `driver` is that of the session, once there was one.
    """

    switch: str
    findings: Sequence[Finding] = ()
    outcomes: Sequence[Outcome] = ()
    error: Optional[DockerTorError] = None
    unsaved: str = ""
    unrecorded: Sequence[str] = ()
    unsure: bool = False
    present: Present = frozenset()
    warnings: Sequence[str] = ()
    driver: Optional[Driver] = None

    @property
    def at(self) -> At:
        """The switch in a sentence."""
        return At(self.switch, self.driver.interface) if self.driver else At(self.switch)

    @property
    def failed(self) -> bool:
        """Whether something that was to be done was not."""
        return self.error is not None or any(outcome.error for outcome in self.outcomes)

    @property
    def results(self) -> List[Result]:
        """Each finding with its outcome."""
        outcomes = {outcome.goal: outcome for outcome in self.outcomes}
        return [(one, outcomes.get(one.goal) if one.goal else None) for one in self.findings]


def as_result(visits: Sequence[Visit], found: Discovery, only_differences: bool) -> Dict[str, Any]:
    """Counts, findings and the table; of segments in sync only how many, if `only_differences`."""
    shown = [
        (finding, outcome)
        for visit in visits
        for finding, outcome in visit.results
        if not (only_differences and finding.standing == compare.IN_SYNC)
    ]
    return {
        "counts": counts(visits),
        "findings": [_plain(finding, outcome) for finding, outcome in shown],
        "switches": [
            {
                "switch": visit.switch,
                **(visit.error.as_result() if visit.error else {}),
                **({"unsaved": visit.unsaved} if visit.unsaved else {}),
                **({"unrecorded": list(visit.unrecorded)} if visit.unrecorded else {}),
                **({"warnings": list(visit.warnings)} if visit.warnings else {}),
            }
            for visit in visits
        ],
        "engines_unreached": dict(found.unreached),
        "refused": [
            {**rejection.network, "reason": str(rejection.error)} for rejection in found.rejected
        ],
        "table": _table(shown, visits, found),
    }


def previews(visits: Sequence[Visit]) -> List[Dict[str, Any]]:
    """What would be done about each finding that something is to be done about, in detail."""
    return [
        {
            "switch": visit.switch,
            "vlan": finding.vlan,
            "rbridge": finding.rbridge,
            "standing": finding.standing,
            **preview.of(visit.driver, finding.changes).as_result(),
        }
        for visit in visits
        for finding in visit.findings
        if finding.changes is not None and visit.driver is not None
    ]


def counts(visits: Sequence[Visit]) -> Dict[str, int]:
    """How many findings there are of each standing."""
    found = Counter(finding.standing for visit in visits for finding in visit.findings)
    return dict(sorted(found.items()))


def names(finding: Finding) -> List[str]:
    """The networks that a finding is about."""
    return [network.name for network in finding.segment.networks] if finding.segment else []


def _plain(finding: Finding, outcome: Optional[Outcome]) -> Dict[str, Any]:
    segment = finding.segment
    found: Dict[str, Any] = {
        "switch": finding.switch,
        "vlan": finding.vlan,
        "rbridge": finding.rbridge,
        "standing": finding.standing,
        "detail": finding.detail,
        "networks": [network.as_payload() for network in segment.networks] if segment else [],
        "wanted": [str(one) for one in segment.addresses] if segment else [],
        "ports": list(segment.ports) if segment else [],
        "has": model.as_plain(finding.have),
    }
    if outcome is not None:
        found["did"] = list(outcome.did) if outcome.error is None else []
        found.update(outcome.error.as_result() if outcome.error else {})
        found["left"] = list(outcome.rest.left)
    return found


def _table(shown: Sequence[Result], visits: Sequence[Visit], found: Discovery) -> str:
    acted = any(visit.outcomes for visit in visits)
    does = "done" if acted else "to be done"
    columns = ("switch", "VLAN", "rbridge", "Docker", "should be", "switch has", "standing", does)
    rows = [
        (
            finding.switch,
            finding.vlan,
            finding.rbridge or "-",
            names(finding),
            _wants(finding.segment) if finding.segment else "-",
            _has(finding),
            _standing(finding, outcome),
            short(_done(finding, outcome)),
        )
        for finding, outcome in shown
    ]
    now = Counter(_standing(*one) for visit in visits for one in visit.results)
    many = ", ".join(f"{count} {name}" for name, count in sorted(now.items()))
    notes = [text for one in shown for text in _in_whole(*one)]
    notes += [f"{visit.switch}: {visit.error}" for visit in visits if visit.error is not None]
    notes += [f"engine {name}: {reason}" for name, reason in found.unreached.items()]
    notes += [
        f"engine {name}: what it does not list any more"
        f" ({counted(len(ids), 'network')}) is released"
        for name, ids in found.released.items()
    ]
    notes += [
        f"network {rejection.network['name']} is refused: {rejection.error}"
        for rejection in found.rejected
    ]
    none = "no segments" + (" that are known of" if found.unreached else "")
    return "\n".join([table(columns, rows), "", many or none, *notes])


def nothing(why: str) -> Dict[str, Any]:
    """The result of a run that found nothing configured yet, and why."""
    return {
        "dry_run": False,
        "changed": False,
        "seconds": 0.0,
        "counts": {},
        "findings": [],
        "switches": [],
        "engines_unreached": {},
        "refused": [],
        "table": f"Nothing to reconcile yet: {why}",
        "message": "",
        "posts": [],
        "by_hand": False,
    }


def _wants(segment: Segment) -> List[object]:
    return [*(segment.addresses or [LAYER_2]), *map(short, segment.ports)]


def _has(finding: Finding) -> str:
    have = finding.have
    on = [short(name) for name, port in sorted(have.ports.items()) if port.carries(finding.vlan)]
    if have.name is None:
        return ", ".join(on) or "-"
    ve = have.ves.get(finding.rbridge)
    vlan = f"VLAN {have.name or '(no name)'}"
    return ", ".join([_described(ve, have.in_service) if ve is not None else vlan, *on])


def _described(ve: Ve, in_service: Optional[bool]) -> str:
    words = [str(address) for address in ve.addresses]
    words += ["shut"] if ve.shut else []
    words += ["shut globally"] if in_service is False else []
    return ", ".join([*words, *ve.others]) or "no address"


def _standing(finding: Finding, outcome: Optional[Outcome]) -> str:
    return finding.standing if outcome is None or outcome.error else ONCE_DONE[finding.standing]


def _in_whole(finding: Finding, outcome: Optional[Outcome]) -> Iterator[str]:
    """What a cell cuts short of a conflict or a failure: what to do about it comes last."""
    if outcome is not None and outcome.error is not None:
        yield printable(f"VLAN {finding.vlan}: {outcome.error}")
    elif finding.standing == compare.CONFLICT and len(finding.detail) > WIDEST:
        yield printable(f"VLAN {finding.vlan} of {finding.switch}: {finding.detail}")


def _done(finding: Finding, outcome: Optional[Outcome]) -> str:
    if outcome is None:
        return finding.detail
    if outcome.error is not None:
        return f"failed: {outcome.error.what}"
    return "; ".join(outcome.did)
