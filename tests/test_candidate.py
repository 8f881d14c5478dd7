"""Edits that go to a candidate: locked first, committed together, or discarded; given back always.

That a run by a candidate ends as one on running does is in test_driver_contract.py.
"""

import pytest
from docker_tor.common.errors import (
    MalformedReply,
    SegmentConflict,
    SessionLost,
    SwitchBusy,
    SwitchNotReady,
    SwitchRefused,
)
from docker_tor.netconf import candidate
from docker_tor.switch import transaction
from lxml import etree
from test_session import CONFIG, ERROR, Scripted, opened

pytest.importorskip("lab.switch", reason="the lab's requirements are not installed")

from in_process import Meddler, Vdx
from ves import goal

from lab.switch import SwitchError
from lab.switch.faults import NOT_READY

CAPABILITY = "urn:ietf:params:netconf:capability:"
DIRTY = ERROR.format("resource-denied", "error", "discard-changes needed")
LOCKED = ERROR.format("lock-denied", "error", "no").replace(
    "</rpc-error>", "<error-info><session-id>47</session-id></error-info></rpc-error>"
)
REFUSED = ERROR.format("operation-failed", "error", "no")
LOCKS, UNLOCKS = ["lock running", "lock candidate"], ["unlock candidate", "unlock running"]
EDIT, COMMIT, DISCARD, CLOSE = "edit-config candidate", "commit", "discard-changes", "close-session"


def scripted(*answers):
    client = Scripted(*answers)
    client.capabilities = (f"{CAPABILITY}candidate:1.0",)
    return client


def asked(client):
    """The operations, each with the datastore that it is about."""
    found = []
    for operation in map(etree.fromstring, client.asked):
        names = [etree.QName(one).localname for one in (operation, *operation.iterfind("*/*"))]
        found.append(" ".join(names))
    return found


def change(client, pauses=None):
    with opened(client) as session:
        try:
            with candidate.changes(session, ([] if pauses is None else pauses).append):
                session.edit_config(CONFIG)
        finally:
            client.touched = session.touched


@pytest.mark.parametrize(
    ("offered", "is_used"),
    [
        ([], False),
        (["candidate:1.0"], True),
        (["candidate:1.0", "writable-running:1.0"], False),
        (["writable-running:1.0"], False),
        (["confirmed-commit:1.1", "x?features=candidate:1.0"], False),
    ],
)
@pytest.mark.parametrize("prefix", [CAPABILITY, "urn:ietf:params:xml:ns:netconf:capability:"])
def test_a_candidate_is_edited_where_running_cannot_be(offered, is_used, prefix):
    client = Scripted()
    client.capabilities = [prefix + name for name in offered]
    with opened(client) as session:
        assert session.candidate is is_used
        session.edit_config(CONFIG)
    target = "candidate" if is_used else "running"
    assert asked(client)[0] == f"edit-config {target}"


def test_changes_are_locked_committed_and_unlocked():
    client = scripted()
    change(client)
    assert asked(client) == [*LOCKS, EDIT, COMMIT, *UNLOCKS, CLOSE]
    assert client.touched


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("store", [0, 1])
def test_a_lock_of_another_session_is_waited_for(store, number):
    client, pauses = scripted(*["<ok/>"] * store, *[LOCKED] * number), []
    change(client, pauses)
    locks = [*LOCKS[:store], *[LOCKS[store]] * number, *LOCKS[store:]]
    assert asked(client) == [*locks, EDIT, COMMIT, *UNLOCKS, CLOSE]
    assert pauses == [candidate.PAUSE] * number


@pytest.mark.parametrize(
    ("store", "answer", "kind", "what", "remedy"),
    [
        (
            0,
            LOCKED,
            SwitchBusy,
            "running configuration is locked by session 47;",
            "session is done",
        ),
        (1, LOCKED, SwitchBusy, "candidate configuration is locked by session 47", "other session"),
        (1, DIRTY, SwitchBusy, "candidate .* discard-changes needed", "commit or discard them at"),
        (0, DIRTY, SwitchBusy, "running .* cannot be locked, so nothing was edited", "is done"),
        (
            1,
            LOCKED.replace("47", "0"),
            SwitchBusy,
            "candidate .*cannot be locked",
            "nobody has com",
        ),
        (0, REFUSED, SwitchRefused, "the switch refused", ""),
    ],
)
def test_without_both_locks_nothing_is_edited(store, answer, kind, what, remedy):
    client = scripted(*["<ok/>"] * store, *[answer] * candidate.TRIES)
    with pytest.raises(kind, match=what) as caught:
        change(client)
    tries = candidate.TRIES if kind is SwitchBusy else 1
    assert asked(client) == [*LOCKS[:store], *[LOCKS[store]] * tries, *UNLOCKS[2 - store :], CLOSE]
    assert (client.touched, caught.value.unsure) == (False, False)
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    ("answers", "kind", "then"),
    [
        ([REFUSED], SwitchRefused, [EDIT]),
        (["<ok/>", REFUSED], SwitchRefused, [EDIT, COMMIT]),
        (["<ok/>", ERROR.format("in-use", "error", "")], SwitchBusy, [EDIT, COMMIT]),
    ],
)
def test_what_fails_is_discarded(answers, kind, then):
    client = scripted("<ok/>", "<ok/>", *answers)
    with pytest.raises(kind) as caught:
        change(client)
    assert asked(client) == [*LOCKS, *then, DISCARD, *UNLOCKS, CLOSE]
    assert (client.touched, caught.value.unsure) == (False, False)


def test_an_error_in_the_block_discards_it():
    client = scripted()
    with opened(client) as session, pytest.raises(ZeroDivisionError):
        with candidate.changes(session):
            _ = 1 / 0
    assert asked(client) == [*LOCKS, DISCARD, *UNLOCKS, CLOSE]


@pytest.mark.parametrize(
    ("answers", "unsure", "last"),
    [
        ([TimeoutError()], False, LOCKS[:1]),
        (["<ok/>"] * 2 + [TimeoutError()], False, [*LOCKS, EDIT]),
        (["<ok/>"] * 2 + [""], False, [*LOCKS, EDIT]),
        (["<ok/>"] * 3 + [TimeoutError()], True, [*LOCKS, EDIT, COMMIT]),
        (["<ok/>"] * 3 + [""], True, [*LOCKS, EDIT, COMMIT]),
        (["<ok/>"] * 4 + [TimeoutError()], False, [*LOCKS, EDIT, COMMIT, UNLOCKS[0]]),
    ],
)
def test_only_of_a_lost_commit_it_is_not_known_what_the_switch_took(answers, unsure, last):
    client = scripted(*answers)
    with pytest.raises((SessionLost, MalformedReply)) as caught:
        change(client)
    assert (asked(client), client.dropped) == (last, True)
    assert (caught.value.unsure, client.touched) == (unsure, COMMIT in last)


@pytest.mark.parametrize(
    ("answers", "last"),
    [
        (["<ok/>"] * 2 + [REFUSED, REFUSED], [*LOCKS, EDIT, DISCARD]),
        (["<ok/>"] * 4 + [REFUSED], [*LOCKS, EDIT, COMMIT, UNLOCKS[0]]),
    ],
)
def test_a_session_that_cannot_give_its_locks_back_is_closed(answers, last):
    client = scripted(*answers)
    with pytest.raises(SessionLost, match=f"since {last[-1].split()[0]} failed"):
        change(client)
    assert (asked(client), client.dropped) == ([*last, CLOSE], True)


# Whole segments.


@pytest.fixture
def vdx(monkeypatch):
    monkeypatch.setattr(candidate, "PAUSE", 0)
    return Vdx(candidate=True, seed=True)


def goals(*vlans):
    return [goal(vlan, 21, f"10.{vlan}.0.1/24") for vlan in vlans]


def bring(vdx, *wanted, spoilt=lambda session: session):
    with vdx.device(spoilt) as device:
        return transaction.bring(device, wanted)


BAD = goal(113, 21, "10.10.10.9/24")
"""Its subnet is that of the article's Ve 10."""


def test_many_segments_are_one_commit_without_those_that_are_refused(vdx):
    running = []

    class Watched(Meddler):
        def edit_config(self, config):
            super().edit_config(config)
            running.append(vdx.running)

    was = vdx.running
    outcomes = bring(vdx, *goals(112), BAD, *goals(114), spoilt=Watched)
    assert [type(one.error) for one in outcomes] == [type(None), SwitchRefused, type(None)]
    assert [bool(one.did) for one in outcomes] == [True, False, True]
    assert (outcomes[1].changed, list(outcomes[1].rest.left)) == (False, [])
    assert (vdx.operations.count("commit"), set(map(repr, running))) == (1, {repr(was)})
    assert {112, 113, 114} & vdx.vlans.keys() == {112, 114}
    assert len(outcomes[0].did) == len(set(outcomes[0].did)) == 5


class NoCommit(Meddler):
    """A session with a switch that does not commit VLAN 113."""

    last = ""

    def edit_config(self, config):
        super().edit_config(config)
        self.last += config

    def perform(self, operation, inside="", **more):
        if operation == "lock":
            self.last = ""
        self._session.perform(operation, inside, **more)

    def commit(self):
        if "113" in self.last:
            raise SwitchRefused("not this one", tag="operation-failed")
        self._session.commit()


def test_a_commit_that_is_refused_is_made_for_each_segment_alone(vdx):
    outcomes = bring(vdx, *goals(112, 113, 114), spoilt=NoCommit)
    assert [str(one.error or "") for one in outcomes] == ["", "not this one.", ""]
    assert [len(one.did) for one in outcomes] == [5, 0, 5]
    assert {112, 113, 114} & vdx.vlans.keys() == {112, 114}


def test_what_cannot_be_taken_back_in_one_commit_is_so_one_by_one(vdx):
    wanted, before = goals(112, 113, 114), {}
    was = vdx.vlans
    with vdx.device() as device:
        transaction.bring(device, wanted, before)
    with vdx.device(NoCommit) as device:
        outcomes = transaction.take_back(device, wanted, before)
    assert [type(one.error) for one in outcomes] == [type(None), SwitchRefused, type(None)]
    assert [(len(one.did) > 0, len(one.rest.left) > 0) for one in outcomes] == [
        (True, False),
        (False, True),
        (True, False),
    ]
    assert vdx.vlans.keys() - was.keys() == {113}


@pytest.mark.parametrize("operation", ["edit-config", "commit"])
def test_a_switch_that_is_not_ready_leaves_no_lock_behind(vdx, operation):
    was = vdx.running
    vdx.faults.set(refuse=NOT_READY, operations=frozenset({operation}))
    with vdx.session() as another:
        with pytest.raises(SwitchNotReady):
            bring(vdx, *goals(112))
        vdx.faults.clear()
        another.perform("lock", "<target><candidate/></target>")
    assert vdx.running == was


def test_a_conflict_locks_nothing(vdx):
    (outcome,) = bring(vdx, goal(10, 21, "10.112.0.1/24"))
    assert isinstance(outcome.error, SegmentConflict)
    assert "lock" not in vdx.operations


def test_an_edit_by_itself_is_committed(vdx):
    with vdx.device() as device:
        steps = vdx.driver.steps(112, device.vlan(112), device.vlan(112)._replace(name="x"))
        device.edit(steps)
        assert device.vlan(112).name == "x"
    with pytest.raises(SwitchError):
        vdx._store.unlock("candidate", 0)
