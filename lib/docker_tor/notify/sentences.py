"""The sentences of what chat reads about a run: what a segment is, what became of it, what is left.
Pure.

Lists are cut, and say by how much. Names in them have been made harmless before.
"""

from typing import Callable, NamedTuple, Optional, Sequence, Tuple

from ..common.errors import DockerTorError
from ..config.limits import VeAddress
from ..switch.plan import Goal
from ..switch.transaction import Outcome, Rest, State

MOST_NAMED = 12
"""Segments of a kind that a message names; of more it says how many."""

LAYER_2 = (
    "It is a layer-2 segment, which the switch does not route: no network on it has a gateway (it"
    " is internal, or was created without one). If the switch is to route it, create the network"
    " again with --gateway and without --internal."
)
NEXT_RECONCILE = "The next reconcile tells, and puts it right."
"""The end of a message about what is not known."""


def ve(vlan: int) -> str:
    """What a VDX calls a VLAN's interface."""
    return f"Ve {vlan}"


class At(NamedTuple):
    """The switch that a sentence is about: its name, and what it calls a VLAN's interface."""

    switch: str
    interface: Callable[[int], str] = ve


class Unknown(NamedTuple):
    """It is not known what the switch took of a run: the steps that it may have taken, and why it
    could not be undone, if that was tried."""

    may: Sequence[str]
    unreached: Optional[DockerTorError] = None


def some(names: Sequence[str]) -> str:
    """Names, and how many more there are of them than a message shows."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def sentence(outcome: Outcome, at: At, networks: Sequence[str] = ()) -> str:
    """One outcome in a sentence or two."""
    goal = outcome.goal
    if outcome.error is not None:
        return failure([goal], at, networks, outcome.error, outcome.rest)
    what = _what([goal], at)
    already = "" if outcome.did else " (it was already)"
    if goal.ports_only:
        on = _on_ports(("allowed on", goal.ports), ("no longer allowed on", goal.ports_gone))
        return f"{what} is {on}{_for(networks)}{already}."
    changed = _on_ports(
        ("newly allowed on", _new_ports(outcome)), ("no longer allowed on", outcome.removed_from)
    )
    other = f" VLAN {goal.vlan} is {changed}." if changed else ""
    if goal.remove:
        gone = f"{some(networks)} {'is' if len(networks) == 1 else 'are'} gone"
        since = f", since no network uses it: {gone}" if networks else ""
        stays = " The VLAN stays for the other segments on it." if goal.keep_vlan else ""
        before = outcome.before
        if before.name is not None and not (before.ves or goal.keep_vlan):
            what = f"VLAN {goal.vlan} of {at.switch}"
        elif goal.keep_vlan and goal.rbridge not in before.ves:
            # Of a layer-2 segment there is nothing else on its rbridge.
            what, already = (
                f"The layer-2 segment {goal.vlan} on rbridge {goal.rbridge} of {at.switch}",
                "",
            )
        return f"{what} is removed{since}{already}.{stays}{other}"
    if goal.layer_2:
        had = outcome.before.ves.get(goal.rbridge) if outcome.did else None
        its = f" Its {at.interface(goal.vlan)}{_having(had.addresses)} is removed." if had else ""
        other = f"{its}{other} {LAYER_2}"
    return f"{what} is in service{_with([goal])}{_for(networks)}{already}.{other}"


def left(rest: "Rest | Unknown") -> str:
    """How the switch stands after a run that failed."""
    if isinstance(rest, Unknown):
        steps = f"; it may have done in whole or in part: {some(rest.may)}" if rest.may else ""
        why = f" It could not be undone either: {rest.unreached}" if rest.unreached else ""
        return f"Whether the switch took its edits is not known{steps}.{why} {NEXT_RECONCILE}"
    return {
        State.AS_IT_WAS: "The switch is as it was.",
        State.CHANGED_BY_OTHERS: "What it did is undone; what somebody else, or the switch itself,"
        f" changed there meanwhile stays. These steps would undo that: {some(rest.stays)}.",
        State.NOT_UNDONE: f"The switch is NOT as it was; still to do: {some(rest.left)}.",
    }[rest.state]


def failure(
    goals: Sequence[Goal],
    at: At,
    networks: Sequence[str],
    reason: DockerTorError,
    rest: "Rest | Unknown",
    vlans: str = "",
) -> str:
    """What was asked for and could not be done, why, and what is left. With `vlans`, what the
    segments are is told by these alone."""
    what = f"{_what(goals, at)}{f' ({vlans})' if vlans else ''}"
    asked = _done(goals) if vlans else _done(goals) + _with(goals)
    if len(goals) == 1 and goals[0].ports_only:
        asked = _on_ports(("allowed on", goals[0].ports), ("taken from", goals[0].ports_gone))
    return f"{what} could NOT be {asked}{_for(networks)}: {reason} {left(rest)}"


def _what(goals: Sequence[Goal], at: At) -> str:
    if len(goals) > 1:
        return f"{len(goals)} segments of {at.switch}"
    (goal,) = goals
    is_vlan = goal.layer_2 or goal.ports_only
    thing = f"VLAN {goal.vlan}" if is_vlan else at.interface(goal.vlan)
    return f"{thing}{f' on rbridge {goal.rbridge}' if goal.rbridge else ''} of {at.switch}"


def _done(goals: Sequence[Goal]) -> str:
    removed = set(map(takes, goals))
    if len(removed) > 1:
        return "applied"
    return "removed" if removed == {True} else "put in service"


def takes(goal: Goal) -> bool:
    """Whether something goes, and nothing comes."""
    return goal.remove or (goal.ports_only and not goal.ports)


def _on_ports(*said: Tuple[str, Sequence[str]]) -> str:
    """What is said of a VLAN on ports; nothing of none."""
    return " and ".join(f"{what} {some(ports)}" for what, ports in said if ports)


def _new_ports(outcome: Outcome) -> Sequence[str]:
    """The ports that did not carry the VLAN before, where others did."""
    vlan, had = outcome.goal.vlan, outcome.before.ports
    new = [port for port in outcome.goal.ports if port in had and not had[port].carries(vlan)]
    return new if 0 < len(new) < len(outcome.goal.ports) else []


def _with(goals: Sequence[Goal]) -> str:
    addresses = [address for goal in goals for address in goal.addresses]
    return _having(addresses) + (f" on {some(ports(goals))}" if ports(goals) else "")


def ports(goals: Sequence[Goal]) -> Sequence[str]:
    """The ports that are to carry the VLANs, each once."""
    return list(dict.fromkeys(port for goal in goals for port in goal.ports))


def _having(addresses: Sequence[VeAddress]) -> str:
    return f" with {some([str(address) for address in addresses])}" if addresses else ""


def _for(networks: Sequence[str]) -> str:
    return f" for {some(networks)}" if networks else ""
