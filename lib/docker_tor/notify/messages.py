"""What people read in chat about a run: one message, with a Slack attachment. Pure.

The verdict is the first thing in a message, then for which networks, then what is left to do. Of
one segment a message tells all; of several it counts, and tells what failed. How much it says is
bounded, however many segments a run has. All names in it have been made harmless before (`label`
and `printable` of common/sanitize). `extra` is what StackStorm's chatops.post_message takes: the
Slack adapter reads its key `slack` as an attachment.
"""

from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Sequence, Tuple

from ..common.errors import DockerTorError
from ..common.sanitize import printable
from ..config.settings import Chat
from ..switch.plan import Goal
from ..switch.transaction import NOTHING_LEFT, Outcome, Rest, State
from . import sentences
from .sentences import MOST_NAMED, At, sentence, some, takes
from .sentences import Unknown as Unknown

LONGEST_LINE = 1000
"""Characters of a line of a message that has several: what is told of one segment."""

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
    the execution that people can look up, who has asked for it in chat (both may be empty), and
    what the switch calls a VLAN's interface."""

    switch: str
    seconds: float
    execution: str = ""
    asked_by: str = ""
    interface: Callable[[int], str] = sentences.ve

    @property
    def at(self) -> At:
        """What sentences about it are given."""
        return At(self.switch, self.interface)

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


def of(
    outcomes: Sequence[OutcomeFor], run: Run, unsaved: str = "", unrecorded: Sequence[str] = ()
) -> Message:
    """The message about a run's outcomes: one segment is told of in full, several in a digest.

    `unsaved` is why the running config was not saved, if it was to be, and `unrecorded` are the
    sentences on ports that will keep a VLAN.
    """
    if len(outcomes) == 1:
        outcome, networks = outcomes[0]
        text = sentence(outcome, run.at, networks)
        rows = [*_rows([outcome.goal], run.switch, networks), ("Took", run.took)]
    else:
        text, rows = _digest(outcomes, run)
    shade = color(one for one, _ in outcomes)
    notes = [f"The running config is NOT saved: {unsaved}"] if unsaved else []
    notes += unrecorded[:MOST_NAMED]
    if notes:
        text = " ".join([text, *notes])
        shade = WARNING if shade == GOOD else shade
    return Message(text + run.suffix, attachment(shade, rows, run))


_Rows = Sequence[Tuple[str, str]]


def _rows(goals: Sequence[Goal], switch: str, networks: Sequence[str]) -> _Rows:
    return [
        ("Network", some(networks)),
        ("VLAN", some([str(goal.vlan) for goal in goals])),
        ("Address", some([str(address) for goal in goals for address in goal.addresses])),
        ("Port", some(sentences.ports(goals))),
        ("Switch", switch),
        ("rbridge", some(_rbridges(goals))),
    ]


def _rbridges(goals: Sequence[Goal]) -> Sequence[str]:
    """The rbridges that goals name; none on a switch that has none."""
    return sorted({str(one.rbridge or "all") for one in goals if one.rbridge is not None})


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
    text = sentences.failure(goals, run.at, names, reason, rest)
    undone = isinstance(rest, Rest) and rest.state is not State.NOT_UNDONE
    shade = WARNING if undone else DANGER
    return Message(text + run.suffix, attachment(shade, _rows(goals, run.switch, names), run))


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


def _digest(outcomes: Sequence[OutcomeFor], run: Run) -> Tuple[str, List[Tuple[str, str]]]:
    failed = [one for one in outcomes if one[0].error]
    done = [one for one in outcomes if not one[0].error]
    kinds = [
        ("In service", [one for one in done if not takes(one[0].goal) and one[0].did]),
        ("Removed", [one for one in done if takes(one[0].goal) and one[0].did]),
        ("As they should be already", [one for one in done if not one[0].did]),
        ("Failed", failed),
    ]
    counts = ", ".join(
        f"{len(found)} {name.lower()}{_in_brackets(_networks(found))}"
        for name, found in kinds
        if found
    )
    lines = _by_cause(failed, run.at)
    reasons = "".join(f"\n- {printable(line, LONGEST_LINE)}" for line in lines[:MOST_NAMED])
    more = len(lines) - MOST_NAMED
    if more > 0:
        reasons += f"\n- and {more} more: see the execution"
    rows = [("Switch", run.switch), *((name, _vlans(found)) for name, found in kinds)]
    text = f"{len(outcomes)} segments of {run.switch}: {counts}.{reasons}"
    return text, [*rows, ("Took", run.took)]


def _by_cause(failed: Sequence[OutcomeFor], at: At) -> List[str]:
    """What failed, a line for each cause."""
    causes: Dict[Tuple[str, str], List[OutcomeFor]] = {}
    for one in failed:
        causes.setdefault((str(one[0].error), sentences.left(one[0].rest)), []).append(one)
    return [_failed_alike(those, at) for those in causes.values()]


def _failed_alike(those: Sequence[OutcomeFor], at: At) -> str:
    first, networks = those[0]
    if len(those) == 1 or first.error is None:
        return sentence(first, at, networks)
    goals = [outcome.goal for outcome, _ in those]
    return sentences.failure(goals, at, _networks(those), first.error, first.rest, _vlans(those))


def _networks(outcomes: Sequence[OutcomeFor]) -> List[str]:
    return list(dict.fromkeys(name for _, networks in outcomes for name in networks))


def _in_brackets(names: Sequence[str]) -> str:
    return f" ({some(names)})" if names else ""


def _vlans(outcomes: Sequence[OutcomeFor]) -> str:
    return f"VLAN {some([str(one.goal.vlan) for one, _ in outcomes])}" if outcomes else ""
