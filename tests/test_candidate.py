"""Edits that go to a candidate: locked first, committed together, or discarded; given back always.

That a run by a candidate ends as one on running does is in test_driver_contract.py.
"""

import pytest
from docker_tor.common.errors import (
    MalformedReply,
    SessionLost,
    SwitchBusy,
    SwitchRefused,
)
from docker_tor.netconf import candidate
from docker_tor.switch import transaction
from in_process import Meddler, Vdx, meddling
from lxml import etree
from test_session import CONFIG, ERROR, Scripted, opened
from ves import goal

CAPABILITY = "urn:ietf:params:netconf:capability:"
OK, LOST = "<ok/>", TimeoutError()
DIRTY = ERROR.format("resource-denied", "error", "discard-changes needed")
LOCKED = ERROR.format("lock-denied", "error", "no").replace(
    "</rpc-error>", "<error-info><session-id>47</session-id></error-info></rpc-error>"
)
NOBODY = LOCKED.replace("47", "0")
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
        ([f"{CAPABILITY}candidate:1.0"], True),
        # Some have it so.
        (["urn:ietf:params:xml:ns:netconf:capability:candidate:1.0"], True),
        ([f"{CAPABILITY}candidate:1.0", f"{CAPABILITY}writable-running:1.0"], False),
        ([f"{CAPABILITY}x?features=candidate:1.0"], False),
    ],
)
def test_a_candidate_is_edited_where_running_cannot_be(offered, is_used):
    client = Scripted()
    client.capabilities = offered
    with opened(client) as session:
        assert session.candidate is is_used
        session.edit_config(CONFIG)
    assert asked(client)[0] == f"edit-config {'candidate' if is_used else 'running'}"


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("store", [0, 1])
def test_changes_are_locked_committed_and_unlocked(store, number):
    """A lock of another session is waited for."""
    client, pauses = scripted(*[OK] * store, *[LOCKED] * number), []
    change(client, pauses)
    locks = [*LOCKS[:store], *[LOCKS[store]] * number, *LOCKS[store:]]
    assert asked(client) == [*locks, EDIT, COMMIT, *UNLOCKS, CLOSE]
    assert (pauses, client.touched) == ([candidate.PAUSE] * number, True)


@pytest.mark.parametrize(
    ("store", "answer", "what", "remedy"),
    [
        (0, LOCKED, "running configuration is locked by session 47;", "session is done"),
        (1, LOCKED, "candidate configuration is locked by session 47", "other session"),
        (1, DIRTY, "candidate .* discard-changes needed", "commit or discard them at"),
        (0, DIRTY, "running .* cannot be locked, so nothing was edited", "is done"),
        (1, NOBODY, "candidate .*cannot be locked", "nobody has committed"),
        (0, REFUSED, "the switch refused", ""),
    ],
)
def test_without_both_locks_nothing_is_edited(store, answer, what, remedy):
    client = scripted(*[OK] * store, *[answer] * candidate.TRIES)
    with pytest.raises((SwitchBusy, SwitchRefused), match=what) as caught:
        change(client)
    tries = candidate.TRIES if isinstance(caught.value, SwitchBusy) else 1
    assert asked(client) == [*LOCKS[:store], *[LOCKS[store]] * tries, *UNLOCKS[2 - store :], CLOSE]
    assert (client.touched, caught.value.unsure) == (False, False)
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    ("answers", "then"),
    [
        ([OK, OK, REFUSED], [*LOCKS, EDIT, DISCARD, *UNLOCKS, CLOSE]),
        ([OK, OK, OK, REFUSED], [*LOCKS, EDIT, COMMIT, DISCARD, *UNLOCKS, CLOSE]),
        # A session that cannot give its locks back is closed.
        ([OK, OK, REFUSED, REFUSED], [*LOCKS, EDIT, DISCARD, CLOSE]),
        ([OK, OK, OK, OK, REFUSED], [*LOCKS, EDIT, COMMIT, UNLOCKS[0], CLOSE]),
        ([LOST], LOCKS[:1]),
        ([OK, OK, LOST], [*LOCKS, EDIT]),
        ([OK, OK, ""], [*LOCKS, EDIT]),
        ([OK, OK, OK, LOST], [*LOCKS, EDIT, COMMIT]),
        ([OK, OK, OK, ""], [*LOCKS, EDIT, COMMIT]),
        ([OK, OK, OK, OK, LOST], [*LOCKS, EDIT, COMMIT, UNLOCKS[0]]),
    ],
)
def test_what_fails_is_discarded_and_only_a_lost_commit_is_unsure(answers, then):
    client = scripted(*answers)
    with pytest.raises((SwitchRefused, SessionLost, MalformedReply)) as caught:
        change(client)
    assert (asked(client), client.dropped) == (then, True)
    assert caught.value.unsure is (then[-1] == COMMIT)
    assert client.touched is (COMMIT in then and DISCARD not in then)
    if answers[-1] == REFUSED and UNLOCKS[1] not in then:
        assert f"since {then[-2].split()[0]} failed" in str(caught.value)


def test_an_error_in_the_block_discards_it():
    client = scripted()
    with opened(client) as session, pytest.raises(ZeroDivisionError):
        with candidate.changes(session):
            _ = 1 / 0
    assert asked(client) == [*LOCKS, DISCARD, *UNLOCKS, CLOSE]


# Whole segments.


@pytest.fixture
def vdx(monkeypatch):
    monkeypatch.setattr(candidate, "PAUSE", 0)
    return Vdx(candidate=True, seed=True)


def goals(*vlans):
    return [goal(vlan, 21, f"10.{vlan}.0.1/24") for vlan in vlans]


def test_many_segments_are_one_commit_without_those_that_are_refused(vdx):
    running = []
    was = vdx.running
    # Its subnet is that of the article's Ve 10.
    bad = goal(113, 21, "10.10.10.9/24")
    watched = meddling(lambda _config: running.append(vdx.running))
    with vdx.device(watched) as device:
        outcomes = transaction.bring(device, [*goals(112), bad, *goals(114)])
    assert [type(one.error) for one in outcomes] == [type(None), SwitchRefused, type(None)]
    assert [len(set(one.did)) for one in outcomes] == [5, 0, 5]
    assert (outcomes[1].changed, list(outcomes[1].rest.left)) == (False, [])
    assert (vdx.operations.count("commit"), set(map(repr, running))) == (1, {repr(was)})
    assert {112, 113, 114} & vdx.vlans.keys() == {112, 114}


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


@pytest.mark.parametrize("then", ["bring", "take back"])
def test_a_commit_that_is_refused_is_made_for_each_segment_alone(vdx, then):
    wanted, before = goals(112, 113, 114), {}
    if then == "take back":
        with vdx.device() as device:
            transaction.bring(device, wanted, before)
    with vdx.device(NoCommit) as device:
        work = transaction.bring if then == "bring" else transaction.take_back
        outcomes = work(device, wanted, before)
    assert [type(one.error) for one in outcomes] == [type(None), SwitchRefused, type(None)]
    assert [bool(one.did) for one in outcomes] == [True, False, True]
    stuck = then == "take back"
    assert [bool(one.rest.left) for one in outcomes] == [False, stuck, False]
    assert {112, 113, 114} & vdx.vlans.keys() == ({113} if stuck else {112, 114})
