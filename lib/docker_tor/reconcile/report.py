"""What a reconcile tells of its visits: a structure, a table, and a message. Pure.

A person who asks reads the table, one finding a line: what Docker calls for, what the switch has,
and what was done. The team reads the message, and only news. What is wrong is told once: its hash
is remembered, and the next reconcile is silent as long as the hash is the same.
"""

import hashlib
from collections import Counter
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

from ..common.errors import DockerTorError
from ..common.sanitize import counted, printable
from ..common.table import table
from ..config.settings import Chat
from ..desired.segments import LAYER_2
from ..notify import messages
from ..notify.messages import Message, Run
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
    `unsaved` is why its running config was not saved, if it was to be. `present` is what it had of
    the pack's own before. `warnings` are the switch's.
    """

    switch: str
    findings: Sequence[Finding] = ()
    outcomes: Sequence[Outcome] = ()
    error: Optional[DockerTorError] = None
    unsaved: str = ""
    unsure: bool = False
    present: Present = frozenset()
    warnings: Sequence[str] = ()

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
        "counts": _counts(visits),
        "findings": [_plain(finding, outcome) for finding, outcome in shown],
        "switches": [
            {
                "switch": visit.switch,
                **(visit.error.as_result() if visit.error else {}),
                **({"unsaved": visit.unsaved} if visit.unsaved else {}),
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


def previews(visits: Sequence[Visit], drivers: Mapping[str, Driver]) -> List[Dict[str, Any]]:
    """What would be done about each finding that something is to be done about, in detail; by the
    drivers of the switches."""
    return [
        {
            "switch": visit.switch,
            "vlan": finding.vlan,
            "rbridge": finding.rbridge,
            "standing": finding.standing,
            **preview.of(drivers[visit.switch], finding.changes).as_result(),
        }
        for visit in visits
        for finding in visit.findings
        if finding.changes is not None
    ]


def tell_all(
    visits: Sequence[Visit],
    about: Run,
    told: str,
    unreached: bool,
    chat: Callable[[str], Chat],
) -> Tuple[List[Tuple[Chat, Message]], str]:
    """As `tell`, for each channel: what is about switches that have one of their own is told there.
    `chat` says where what is about a switch is told."""
    by_channel: Dict[Chat, List[Visit]] = {}
    for visit in visits:
        by_channel.setdefault(chat(visit.switch), []).append(visit)
    messages_, remembered = [], []
    for where, those in by_channel.items():
        run = about._replace(switch=", ".join(visit.switch for visit in those))
        message, known = tell(those, run, _told_in(where.channel, told), unreached)
        messages_ += [(where, message)] if message else []
        remembered += [f"{known} {where.channel}"] if known else []
    return messages_, "\n".join(remembered)


def _told_in(channel: str, told: str) -> str:
    """What a channel was told the last time; version 0.3.0 told all channels the same."""
    for line in told.splitlines():
        known, _, name = line.partition(" ")
        if name in ("", channel):
            return known
    return ""


def tell(
    visits: Sequence[Visit], run: Run, told: str, unreached: bool = False
) -> Tuple[Optional[Message], str]:
    """The message of a reconcile that was told `told` the last time, and what to remember of it.

    There is none where nothing was changed and what is wrong is known already. Where an engine is
    `unreached`, what was wrong is not over because nobody sees it.
    """
    # Nobody saves later what could not be saved, so that it is told once, and never as over.
    unsaved = [
        f"the running config of {visit.switch} is NOT saved: {visit.unsaved}"
        for visit in visits
        if visit.unsaved
    ]
    done = [line for visit in visits for line in _changes(visit)]
    wrong = [line for visit in visits for line in _problems(visit)]
    reported = dict(_reported(visits))
    # However much is wrong, little has to be kept to know it again. That a switch has orphans of
    # others is told once, however they change.
    known = "\n".join([*wrong, *reported])
    remembered = hashlib.sha256(known.encode()).hexdigest() if known else told if unreached else ""
    if not done and not unsaved and remembered == told:
        return None, remembered
    # What is wrong comes first: it is told only once.
    wrong += reported.values()
    lines = [*wrong, *unsaved, *done] or ["All is as it should be again."]
    more = len(lines) - messages.MOST_NAMED
    lines = [printable(line, messages.LONGEST_LINE) for line in lines[: messages.MOST_NAMED]] + (
        [f"and {more} more: see the execution"] if more > 0 else []
    )
    fields = [(name.capitalize(), str(count)) for name, count in _counts(visits).items()]
    shade = messages.WARNING if wrong or unsaved else messages.GOOD
    if any(outcome.rest.left for visit in visits for outcome in visit.outcomes):
        shade = messages.DANGER
    text = lines[0] if len(lines) == 1 else "\n- ".join(["", *lines])
    return Message(
        f"Reconcile: {text}{run.suffix}", messages.attachment(shade, fields, run)
    ), remembered


def _changes(visit: Visit) -> Iterable[str]:
    for finding, outcome in visit.results:
        if outcome is not None and outcome.error is None and outcome.did:
            told = messages.sentence(outcome, visit.switch, _names(finding))
            repaired = finding.standing == compare.DRIFTED
            yield f"{told} Repaired: {'; '.join(outcome.did)}." if repaired else told


def _problems(visit: Visit) -> Iterable[str]:
    if visit.error is not None:
        yield f"{visit.switch} could not be put right: {visit.error}"
    for finding, outcome in visit.results:
        if outcome is not None and outcome.error is not None:
            yield messages.sentence(outcome, visit.switch, _names(finding))
    for finding in visit.findings:
        if finding.standing == compare.CONFLICT:
            yield f"conflict on {visit.switch}: {finding.detail}"


def _reported(visits: Sequence[Visit]) -> Iterable[Tuple[str, str]]:
    for visit in visits:
        vlans = {one.vlan for one in visit.findings if one.standing == compare.REPORTED}
        if vlans:
            shown = messages.some([str(vlan) for vlan in sorted(vlans)])
            yield (
                visit.switch,
                f"{visit.switch} has VLAN {shown} under the pack's name, which no network calls for"
                " and which this installation has not dispatched: left as it is. docker.reconcile"
                " with orphans=remove takes it away.",
            )


def _counts(visits: Sequence[Visit]) -> Dict[str, int]:
    counts = Counter(finding.standing for visit in visits for finding in visit.findings)
    return dict(sorted(counts.items()))


def _names(finding: Finding) -> List[str]:
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
            _names(finding),
            (finding.segment.addresses or LAYER_2) if finding.segment else "-",
            _has(finding),
            _standing(finding, outcome),
            _done(finding, outcome),
        )
        for finding, outcome in shown
    ]
    counts = ", ".join(f"{count} {name}" for name, count in _counts(visits).items())
    notes = [f"{visit.switch}: {visit.error}" for visit in visits if visit.error is not None]
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
    return "\n".join([table(columns, rows), "", counts or none, *notes])


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


def _has(finding: Finding) -> str:
    have = finding.have
    if have.name is None:
        return "-"
    ve = have.ves.get(finding.rbridge)
    return _described(ve, have.in_service) if ve is not None else f"VLAN {have.name or '(no name)'}"


def _described(ve: Ve, in_service: Optional[bool]) -> str:
    words = [str(address) for address in ve.addresses]
    words += ["shut"] if ve.shut else []
    words += ["shut globally"] if in_service is False else []
    return ", ".join([*words, *ve.others]) or "no address"


def _standing(finding: Finding, outcome: Optional[Outcome]) -> str:
    return finding.standing if outcome is None or outcome.error else ONCE_DONE[finding.standing]


def _done(finding: Finding, outcome: Optional[Outcome]) -> str:
    if outcome is None:
        return finding.detail
    if outcome.error is not None:
        return f"failed: {outcome.error.what}"
    return "; ".join(outcome.did)
