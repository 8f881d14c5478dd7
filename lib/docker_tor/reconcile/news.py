"""What the team reads of a reconcile: news, and nothing else. Pure.

What is wrong is told once: its hash is remembered, and the next reconcile is silent as long as the
hash is the same.
"""

import hashlib
from typing import Callable, Dict, Iterable, List, Optional, Sequence, Tuple

from ..common.sanitize import printable
from ..config.settings import Chat
from ..notify import messages, sentences
from ..notify.messages import Message, Run
from . import compare
from .report import Visit, counts, names


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
    unsaved += [f"{visit.switch}: {one}" for visit in visits for one in visit.unrecorded]
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
    more = len(lines) - sentences.MOST_NAMED
    lines = [printable(line, messages.LONGEST_LINE) for line in lines[: sentences.MOST_NAMED]] + (
        [f"and {more} more: see the execution"] if more > 0 else []
    )
    fields = [(name.capitalize(), str(count)) for name, count in counts(visits).items()]
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
            told = sentences.sentence(outcome, visit.at, names(finding))
            repaired = finding.standing == compare.DRIFTED
            yield f"{told} Repaired: {'; '.join(outcome.did)}." if repaired else told


def _problems(visit: Visit) -> Iterable[str]:
    if visit.error is not None:
        yield f"{visit.switch} could not be put right: {visit.error}"
    for finding, outcome in visit.results:
        if outcome is not None and outcome.error is not None:
            yield sentences.sentence(outcome, visit.at, names(finding))
    for finding in visit.findings:
        if finding.standing == compare.CONFLICT:
            yield f"conflict on {visit.switch}: {finding.detail}"


def _reported(visits: Sequence[Visit]) -> Iterable[Tuple[str, str]]:
    for visit in visits:
        vlans = {one.vlan for one in visit.findings if one.standing == compare.REPORTED}
        if vlans:
            shown = sentences.some([str(vlan) for vlan in sorted(vlans)])
            yield (
                visit.switch,
                f"{visit.switch} has VLAN {shown} under the pack's name, which no network calls for"
                " and which this installation has not dispatched: left as it is. docker.reconcile"
                " with orphans=remove takes it away.",
            )
