"""What people read in chat about a run: one message, with a Slack attachment. Pure.

The verdict is the first thing in a message, then for which networks, then what is left to do. Of
one segment a message tells all; of several it counts, and tells what failed. How much it says is
bounded, however many segments a run has. All names in it have been made harmless before (`label`
and `printable` of common/sanitize). `extra` is what StackStorm's chatops.post_message takes: the
Slack adapter reads its key `slack` as an attachment.
"""

from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence, Tuple

from ..common.errors import DockerTorError
from ..common.sanitize import printable
from ..config.limits import VeAddress
from ..config.settings import Chat
from ..switch.plan import Goal
from ..switch.transaction import NOTHING_LEFT, Outcome, Rest, State

MOST_NAMED = 12
"""Segments of a kind that a message names; of more it says how many."""
LONGEST_LINE = 1000
"""Characters of a line of a message that has several: what is told of one segment."""

LAYER_2 = (
    "It is a layer-2 segment, without a Ve: no network on it has a gateway (it is internal, or was"
    " created without one). If the switch is to route it, create the network again with --gateway"
    " and without --internal."
)
NEXT_RECONCILE = "The next reconcile tells, and puts it right."
"""The end of a message about what is not known."""

GOOD, WARNING, DANGER = "good", "warning", "danger"
"""Slack's names for green, yellow and red."""
COLORS = {GOOD: "#2eb886", WARNING: "#daa038", DANGER: "#a30200"}
"""The same for Mattermost and Rocket.Chat, which know no names."""


class Message(NamedTuple):
    """A chat message: its text, and `extra` for chatops.post_message."""

    text: str
    extra: Dict[str, Any]


class Run(NamedTuple):
    """What is told of a run beside its outcomes: the switch, how long it took in seconds, the id of
    the execution that people can look up, and who has asked for it in chat (both may be empty)."""

    switch: str
    seconds: float
    execution: str = ""
    asked_by: str = ""

    @property
    def suffix(self) -> str:
        """The end of a message's text."""
        execution = f", execution {self.execution}" if self.execution else ""
        asked = f", asked for by {self.asked_by}" if self.asked_by else ""
        return f" ({self.took}{execution}{asked})"

    @property
    def took(self) -> str:
        """How long it took, for a person."""
        return f"{self.seconds:.1f} s"


OutcomeFor = Tuple[Outcome, Sequence[str]]
"""An outcome and the names of the networks that it is for."""


def of(outcomes: Sequence[OutcomeFor], run: Run, unsaved: str = "") -> Message:
    """The message about a run's outcomes: one segment is told of in full, several in a digest.

    `unsaved` is why the running config was not saved, if it was to be.
    """
    if len(outcomes) == 1:
        outcome, networks = outcomes[0]
        text = sentence(outcome, run.switch, networks)
        rows = [*_rows([outcome.goal], run.switch, networks), ("Took", run.took)]
    else:
        text, rows = _digest(outcomes, run)
    shade = color(one for one, _ in outcomes)
    if unsaved:
        text += f" The running config is NOT saved: {unsaved}"
        shade = WARNING if shade == GOOD else shade
    return Message(text + run.suffix, attachment(shade, rows, run))


_Rows = Sequence[Tuple[str, str]]


def _rows(goals: Sequence[Goal], switch: str, networks: Sequence[str]) -> _Rows:
    return [
        ("Network", some(networks)),
        ("VLAN", some([str(goal.vlan) for goal in goals])),
        ("Address", some([str(address) for goal in goals for address in goal.addresses])),
        ("Switch", switch),
        ("rbridge", some(_rbridges(goals))),
    ]


def _rbridges(goals: Sequence[Goal]) -> Sequence[str]:
    """The rbridges that goals name; none on a switch that has none."""
    return sorted({str(one.rbridge or "all") for one in goals if one.rbridge is not None})


class Unknown(NamedTuple):
    """It is not known what the switch took of a run: the steps that it may have taken, and why it
    could not be undone, if that was tried."""

    may: Sequence[str]
    unreached: Optional[DockerTorError] = None


def failed(
    goals_for: Sequence[Tuple[Goal, Sequence[str]]],
    run: Run,
    reason: DockerTorError,
    rest: "Rest | Unknown" = NOTHING_LEFT,
) -> Message:
    """The message about a run that failed for good, with what its undoing has left. Each goal has
    the names of the networks that it is for."""
    goals = [goal for goal, _ in goals_for]
    names = list(dict.fromkeys(name for _, networks in goals_for for name in networks))
    asked = f"{_done(goals)}{_with(goals)}{_for(names)}"
    text = f"{_what(goals, run.switch)} could NOT be {asked}: {reason} {_rest(rest)}"
    undone = isinstance(rest, Rest) and rest.state is not State.NOT_UNDONE
    shade = WARNING if undone else DANGER
    return Message(text + run.suffix, attachment(shade, _rows(goals, run.switch, names), run))


def _what(goals: Sequence[Goal], switch: str) -> str:
    if len(goals) > 1:
        return f"{len(goals)} segments of {switch}"
    (goal,) = goals
    thing = "VLAN" if goal.layer_2 else "Ve"
    return f"{thing} {goal.vlan}{f' on rbridge {goal.rbridge}' if goal.rbridge else ''} of {switch}"


def _done(goals: Sequence[Goal]) -> str:
    removed = {goal.remove for goal in goals}
    if len(removed) > 1:
        return "applied"
    return "removed" if removed == {True} else "put in service"


def _rest(rest: "Rest | Unknown") -> str:
    """How the switch stands after a run that failed."""
    if isinstance(rest, Unknown):
        steps = f"; it may have done in whole or in part: {some(rest.may)}" if rest.may else ""
        why = f" It could not be undone either: {rest.unreached}" if rest.unreached else ""
        return f"Whether the switch took its edits is not known{steps}.{why} {NEXT_RECONCILE}"
    return {
        State.AS_IT_WAS: "The switch is as it was.",
        State.CHANGED_BY_OTHERS: "What it did is undone; what somebody else, or the switch itself,"
        f" changed there meanwhile stays. Back from that leads: {some(rest.stays)}.",
        State.NOT_UNDONE: f"The switch is NOT as it was; still to do: {some(rest.left)}.",
    }[rest.state]


def _with(goals: Sequence[Goal]) -> str:
    return _having([address for goal in goals for address in goal.addresses])


def _having(addresses: Sequence[VeAddress]) -> str:
    return f" with {some([str(address) for address in addresses])}" if addresses else ""


def _for(networks: Sequence[str]) -> str:
    return f" for {some(networks)}" if networks else ""


def some(names: Sequence[str]) -> str:
    """Names, and how many more there are of them than a message shows."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def posts(told: Iterable[Tuple[Chat, Message]], asked_in: str = "") -> List[Dict[str, Any]]:
    """What docker.docker-network-tor-tell posts: each message where it belongs, but for the channel
    where the change was asked for, which has its answer."""
    return [
        {**chat._asdict(), "message": message.text, "extra": message.extra}
        for chat, message in told
        if _channel(chat.channel) != _channel(asked_in)
    ]


def _channel(name: str) -> str:
    """A channel's name, for comparing. Slack may call it by its id: then nobody knows."""
    return name.strip().lstrip("#").lower()


def attachment(shade: str, rows: _Rows, run: Run) -> Dict[str, Any]:
    """`extra` with a Slack attachment of these fields, and a color for what is no Slack; empty
    fields are left out."""
    return {
        "color": COLORS[shade],
        "slack": {
            "color": shade,
            "fields": _fields(rows),
            "footer": f"execution {run.execution}" if run.execution else "",
        },
    }


def _fields(rows: _Rows) -> List[Dict[str, Any]]:
    return [
        {"title": title, "value": value, "short": len(value) < 40} for title, value in rows if value
    ]


def color(outcomes: Iterable[Outcome]) -> str:
    """Green if all is well, red if something is left half done, else yellow."""
    found = list(outcomes)
    if any(outcome.rest.state is State.NOT_UNDONE for outcome in found):
        return DANGER
    return WARNING if any(outcome.error for outcome in found) else GOOD


def sentence(outcome: Outcome, switch: str, networks: Sequence[str] = ()) -> str:
    """One outcome in a sentence or two."""
    goal = outcome.goal
    ve = _what([goal], switch)
    if outcome.error is not None:
        asked = f"{_done([goal])}{_with([goal])}{_for(networks)}"
        return f"{ve} could NOT be {asked}: {outcome.error} {_rest(outcome.rest)}"
    already = "" if outcome.did else " (it was already)"
    if goal.remove:
        gone = f"{some(networks)} {'is' if len(networks) == 1 else 'are'} gone"
        since = f", since no network uses it: {gone}" if networks else ""
        stays = " The VLAN stays for the other segments on it." if goal.keep_vlan else ""
        before = outcome.before
        if before.name is not None and not (before.ves or goal.keep_vlan):
            ve = f"VLAN {goal.vlan} of {switch}"
        elif goal.keep_vlan and goal.rbridge not in before.ves:
            # Of a layer-2 segment there is nothing else on its rbridge.
            ve, already = (
                f"The layer-2 segment {goal.vlan} on rbridge {goal.rbridge} of {switch}",
                "",
            )
        return f"{ve} is removed{since}{already}.{stays}"
    if goal.layer_2:
        had = outcome.before.ves.get(goal.rbridge) if outcome.did else None
        lost = f" Its Ve{_having(had.addresses)} is removed." if had else ""
        return f"{ve} is in service{_for(networks)}{already}.{lost} {LAYER_2}"
    return f"{ve} is in service{_with([goal])}{_for(networks)}{already}."


def _digest(outcomes: Sequence[OutcomeFor], run: Run) -> Tuple[str, List[Tuple[str, str]]]:
    failed = [one for one in outcomes if one[0].error]
    done = [one for one in outcomes if not one[0].error]
    kinds = [
        ("In service", [one for one in done if not one[0].goal.remove and one[0].did]),
        ("Removed", [one for one in done if one[0].goal.remove and one[0].did]),
        ("As they should be already", [one for one in done if not one[0].did]),
        ("Failed", failed),
    ]
    counts = ", ".join(
        f"{len(found)} {name.lower()}{_in_brackets(_networks(found))}"
        for name, found in kinds
        if found
    )
    lines = _by_cause(failed, run.switch)
    reasons = "".join(f"\n- {printable(line, LONGEST_LINE)}" for line in lines[:MOST_NAMED])
    more = len(lines) - MOST_NAMED
    if more > 0:
        reasons += f"\n- and {more} more: see the execution"
    rows = [("Switch", run.switch), *((name, _vlans(found)) for name, found in kinds)]
    text = f"{len(outcomes)} segments of {run.switch}: {counts}.{reasons}"
    return text, [*rows, ("Took", run.took)]


def _by_cause(failed: Sequence[OutcomeFor], switch: str) -> List[str]:
    """What failed, a line for each cause."""
    causes: Dict[Tuple[str, str], List[OutcomeFor]] = {}
    for one in failed:
        causes.setdefault((str(one[0].error), _rest(one[0].rest)), []).append(one)
    lines = []
    for (reason, rest), those in causes.items():
        if len(those) == 1:
            lines.append(sentence(those[0][0], switch, those[0][1]))
            continue
        goals = [outcome.goal for outcome, _ in those]
        asked = f"{_done(goals)}{_for(_networks(those))}"
        what = f"{_what(goals, switch)} ({_vlans(those)}) could NOT be {asked}"
        lines.append(f"{what}: {reason} {rest}")
    return lines


def _networks(outcomes: Sequence[OutcomeFor]) -> List[str]:
    return list(dict.fromkeys(name for _, networks in outcomes for name in networks))


def _in_brackets(names: Sequence[str]) -> str:
    return f" ({some(names)})" if names else ""


def _vlans(outcomes: Sequence[OutcomeFor]) -> str:
    return f"VLAN {some([str(one.goal.vlan) for one, _ in outcomes])}" if outcomes else ""
