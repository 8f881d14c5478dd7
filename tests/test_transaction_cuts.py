"""All or nothing: a session that is cut at every single RPC of a run.

Each run is cut once before each of its RPCs is applied, and once after, before the reply. Wherever
that is, a retry ends with all of it, and taking back ends with nothing of it.
"""

import contextlib
import functools

import pytest
from docker_tor.common.errors import SessionLost, SwitchRefused
from docker_tor.switch import model, plan, transaction
from docker_tor.switch.nos import running_config
from docker_tor.switch.plan import Goal

pytest.importorskip("lab.switch", reason="the lab's requirements are not installed")

from in_process import DRIVER, NAME, Meddler, Vdx
from ves import goal

from lab.switch import SwitchError, payloads
from lab.switch.faults import AFTER, BEFORE

THREE = ("172.16.112.1/24", "192.168.112.1/24", "fd00:112::1/64")


def ours(vlan, *addresses, rbridge=21):
    """The edits of a segment that the pack made before."""
    return [
        *payloads.segment(rbridge, vlan, addresses[0], NAME),
        *payloads.addresses(rbridge, vlan, *addresses)[1:],
    ]


def beside(vlan, address, rbridge=22):
    """The edits of a further rbridge's Ve of such a segment."""
    return [payloads.address(rbridge, vlan, address), payloads.shutdown(rbridge, vlan, False)]


def removal(vlan, rbridge=21):
    return Goal(vlan, rbridge, remove=True)


RUNS = {
    "create": ([], [goal(112, 21, *THREE)]),
    "create where the VLAN is there": ([payloads.vlan(112, NAME)], [goal(112, 21, *THREE)]),
    "create where all but the address is there": (
        # Its first address leaves a Ve with that, and nobody takes it away.
        [
            payloads.vlan(112, NAME),
            payloads.global_ve(112),
            payloads.ip_config(21, 112, "proxy-arp"),
        ],
        [goal(112, 21, *THREE)],
    ),
    "create beside another rbridge": (
        ours(112, "172.16.112.1/24", rbridge=22),
        [goal(112, 21, *THREE)],
    ),
    "create with IPv6 alone": ([], [goal(112, 21, "fd00:112::1/64")]),
    "update to all others": (
        ours(112, *THREE),
        [goal(112, 21, "192.0.2.1/24", "198.51.100.1/24", "fd00:113::1/64")],
    ),
    "update to the former secondary": (
        ours(112, *THREE, "172.16.112.9/24"),
        [goal(112, 21, "172.16.112.9/24")],
    ),
    "update to the second subnet": (ours(112, *THREE), [goal(112, 21, "192.168.112.1/24")]),
    "update to a new primary": (
        ours(112, *THREE),
        [goal(112, 21, "172.16.112.254/24", "192.168.112.1/24", "172.16.112.1/24")],
    ),
    "update to another host of the network": (
        ours(112, *THREE),
        [goal(112, 21, "172.16.112.254/24")],
    ),
    "put in service": (
        [*ours(112, *THREE), payloads.shutdown(21, 112), payloads.global_shutdown(112)],
        [goal(112, 21, *THREE)],
    ),
    "remove": (ours(112, *THREE), [removal(112)]),
    "remove what is shut": (
        [*ours(112, *THREE), payloads.shutdown(21, 112), payloads.global_shutdown(112)],
        [removal(112)],
    ),
    "remove one of two rbridges": (
        [*ours(112, *THREE), *beside(112, "172.16.112.1/24")],
        [removal(112)],
    ),
    "remove a VLAN without a Ve": ([payloads.vlan(112, NAME)], [removal(112)]),
    "remove all rbridges of a VLAN": (
        [*ours(112, *THREE), *beside(112, "172.16.112.1/24")],
        [removal(112, 0)],
    ),
    "remove two rbridges of a VLAN": (
        [*ours(112, *THREE), *beside(112, "172.16.112.1/24")],
        [removal(112), removal(112, 22)],
    ),
    "create on two rbridges": (
        [],
        [goal(112, 21, *THREE), goal(113, 21, "172.16.113.1/24"), goal(112, 22, *THREE)],
    ),
    "create, update, remove": (
        [*ours(113, "172.16.113.1/24"), *ours(114, "172.16.114.1/24")],
        [
            removal(114),
            goal(112, 21, *THREE),
            goal(113, 21, "172.16.113.9/24", "fd00:114::1/64"),
            goal(115, 21, "172.16.115.1/24"),
        ],
    ),
    "move an address to another VLAN": (
        ours(112, *THREE),
        [removal(112), goal(113, 21, *THREE)],
    ),
    "swap the addresses of two VLANs": (
        [*ours(112, "172.16.112.1/24"), *ours(113, "172.16.113.1/24")],
        [goal(112, 21, "172.16.113.1/24"), goal(113, 21, "172.16.112.1/24")],
    ),
    "take the address of a VLAN that goes on a second rbridge": (
        [*ours(112, "172.16.112.1/24"), *beside(112, "172.16.112.1/24")],
        [removal(112), removal(112, 22), goal(113, 22, "172.16.112.1/24")],
    ),
}


MANY_AT_ONCE = (
    "create, update, remove",
    "create on two rbridges",
    "move an address to another VLAN",
)
TWICE = [
    pytest.param(name, marks=[] if name in MANY_AT_ONCE else pytest.mark.slow) for name in RUNS
]
"""The runs, for what cuts each of them twice: the longest always, all where there is time."""


@functools.lru_cache(maxsize=None)
def prepared(name):
    there, _ = RUNS[name]
    vdx = Vdx(seed=True)
    vdx.edit(*there)
    vdx.save()
    return vdx


def start(name):
    """The switch as it is before the run, and the run's goals."""
    vdx = prepared(name)
    vdx.restart()
    return vdx, RUNS[name][1]


@functools.lru_cache(maxsize=None)
def whole(name):
    """How many RPCs an undisturbed run takes, and what is there after it."""
    vdx, goals = start(name)
    assert [outcome.error for outcome in bring(vdx, goals)] == [None] * len(goals)
    for one in goals:
        found = vdx.vlans.get(one.vlan, model.ABSENT)
        if one.remove:
            assert one.rbridge not in found.ves
        else:
            assert (found.in_service, found.ves[one.rbridge]) == (True, one.ve)
    return len(vdx.operations), vdx.running


def bring(vdx, goals, before=None):
    with vdx.device() as device:
        return transaction.bring(device, goals, before)


def take_back(vdx, goals, before):
    with vdx.device() as device:
        return transaction.take_back(device, goals, before)


ADDRESSED = (
    "192.0.2.0/24",
    "198.51.100.0/24",
    "172.16.112.0/24",
    "10.112.0.0/24",
    "172.16.115.0/24",
)


class NotCut(Exception):
    """The run was shorter than that."""


def cut(vdx, goals, number, when, before=None):
    """Run into the cut; what there was before, as the next try is told."""
    before = dict(before or {})
    if not broken_off(vdx, number, when, lambda: bring(vdx, goals, before)):
        raise NotCut
    return handed_on(before)


def broken_off(vdx, number, when, run):
    """Whether a run's session is cut at that RPC, and it does not end before."""
    vdx.faults.set(drop_rpc=number, drop=when)
    try:
        run()
    except SessionLost:
        return True
    finally:
        vdx.faults.clear()
    return False


def handed_on(before):
    """Through the result of one action and the parameters of the next."""
    return {vlan: model.from_plain(model.as_plain(have)) for vlan, have in before.items()}


def cuts(name):
    return [(number, when) for number in range(1, whole(name)[0] + 1) for when in (BEFORE, AFTER)]


@pytest.mark.parametrize("name", RUNS)
def test_a_retry_ends_with_all_of_it(name):
    _, after = whole(name)
    for number, when in cuts(name):
        vdx, goals = start(name)
        before = cut(vdx, goals, number, when)
        outcomes = bring(vdx, goals, before=before)
        assert [outcome.error for outcome in outcomes] == [None] * len(goals)
        assert vdx.running == after, (number, when)


@pytest.mark.parametrize("name", RUNS)
def test_taking_back_ends_with_nothing_of_it(name):
    for number, when in cuts(name):
        vdx, goals = start(name)
        was = vdx.running
        before = cut(vdx, goals, number, when)
        for outcome in take_back(vdx, goals, before):
            assert (outcome.error, list(outcome.rest.left)) == (None, []), (number, when)
        assert vdx.running == was, (number, when)


@pytest.mark.parametrize("name", TWICE)
def test_taking_back_after_two_cuts_ends_with_nothing_of_it(name):
    """The second try is cut too, further on or not; what counts is what was before the first."""
    rpcs, _ = whole(name)
    for number, when in cuts(name)[::3]:
        for second in (2, 4, rpcs):
            vdx, goals = start(name)
            was = vdx.running
            before = cut(vdx, goals, number, when)
            try:
                before = before or cut(vdx, goals, second, AFTER)
                assert cut(vdx, goals, second, AFTER, before=before) == before
            except NotCut:
                continue
            take_back(vdx, goals, before)
            assert vdx.running == was, (number, when, second)


@pytest.mark.parametrize("name", TWICE)
def test_taking_back_may_itself_be_cut(name):
    rpcs, _ = whole(name)
    for number in (rpcs - 1, rpcs // 2):
        for second in range(1, rpcs + 2):
            for when in (BEFORE, AFTER):
                vdx, goals = start(name)
                was = vdx.running
                before = cut(vdx, goals, number, AFTER)
                undo = functools.partial(take_back, vdx, goals, before)
                broken_off(vdx, second, when, undo)
                undo()
                assert vdx.running == was, (number, second, when)


class Refusing(Meddler):
    """A session with a switch that refuses some edits for reasons of its own; `asked` has them all,
    as they were sent."""

    def __init__(self, session, *refused):
        super().__init__(session)
        self._refused = refused
        self.asked = []

    def edit_config(self, config):
        self.asked.append(config)
        if config in self._refused:
            raise SwitchRefused("not this one", tag="operation-failed")
        self._session.edit_config(config)


def refused_at(vdx, goals, *edits, before=None):
    with vdx.device(lambda session: Refusing(session, *edits)) as device:
        return transaction.bring(device, goals, before)


def edits_of(name):
    """The edits of an undisturbed run, as they are sent."""
    vdx, goals = start(name)
    with vdx.device(Refusing) as device:
        transaction.bring(device, goals)
        return device.session.asked


def whole_or_as_it_was(vdx, was, outcomes, refused=""):
    """All that the switch has is what it had, with the goals that were reached. What could not come
    back, since a goal that was reached has it by now or its edit is the one `refused`, is told."""
    expected = dict(was)
    reached = [outcome.goal for outcome in outcomes if outcome.error is None]
    for one in sorted(reached, key=lambda one: not one.remove):
        expected[one.vlan] = plan.target(DRIVER, expected.get(one.vlan, model.ABSENT), one)
    for outcome in outcomes:
        assert outcome.error is None or isinstance(outcome.error, SwitchRefused)
        if outcome.rest.left:
            vlan, rbridge = outcome.goal.vlan, outcome.goal.rbridge
            ve = f"Ve {vlan} on rbridge {rbridge}"
            here = vdx.vlans[vlan].ves.get(rbridge)
            there = here.addresses if here else ()
            gone = [one for one in was[vlan].ves[rbridge].addresses if one not in there]
            assert outcome.rest.left[: len(gone)] == [f"add {one} to {ve}" for one in gone]
            assert outcome.rest.left[len(gone) :] == ([] if here else [f"no shutdown of {ve}"])
            taken = {address for one in reached for address in one.addresses}
            assert all(one in taken or f">{one}<" in refused for one in gone)
            expected[vlan] = vdx.vlans[vlan]
    assert vdx.vlans == {vlan: have for vlan, have in expected.items() if have != model.ABSENT}


@pytest.mark.parametrize("name", RUNS)
def test_what_is_refused_leaves_each_segment_whole_or_as_it_was(name):
    """Each edit of the run is refused in turn."""
    for edit in edits_of(name):
        vdx, goals = start(name)
        was = vdx.vlans
        whole_or_as_it_was(vdx, was, refused_at(vdx, goals, edit), edit)


@pytest.mark.parametrize("name", ["create", "update to all others", "remove"])
def test_what_is_refused_after_a_cut_is_taken_back_to_before_the_first_try(name):
    last = edits_of(name)[-1]
    refused = 0
    for number, when in cuts(name):
        vdx, goals = start(name)
        was = vdx.vlans
        before = cut(vdx, goals, number, when)
        outcomes = refused_at(vdx, goals, last, before=before)
        whole_or_as_it_was(vdx, was, outcomes)
        refused += any(outcome.error for outcome in outcomes)
    assert refused > len(cuts(name)) / 2


@pytest.mark.parametrize("name", RUNS)
def test_what_a_retry_finds_refused_is_taken_back_to_before_the_first_try(name):
    """An address that is somebody else's by now: each segment is whole or as it was."""
    for number, when in cuts(name):
        vdx, goals = start(name)
        was = running_config.read(vdx.running.element())
        before = cut(vdx, goals, number, when)
        for prefix in ADDRESSED:
            theirs = payloads.segment(21, 900, prefix.replace(".0/24", ".77/24"), "Theirs")
            # One that is free; the switch refuses the others.
            with contextlib.suppress(SwitchError):
                vdx.edit(*theirs)
                break
        for outcome in bring(vdx, goals, before=before):
            here = vdx.vlans.get(outcome.goal.vlan, model.ABSENT)
            rbridge = outcome.goal.rbridge
            if outcome.error is not None and not outcome.rest.left:
                old = was.get(outcome.goal.vlan, model.ABSENT)
                assert here.ves.get(rbridge) == old.ves.get(rbridge), (number, when, outcome)
