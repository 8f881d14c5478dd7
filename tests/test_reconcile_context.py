"""What a reconcile goes by, and what it hands on to the next: limits, memory, holds and logins."""

import pytest
from conftest import PACK
from direct import BEFORE
from docker_tor.actions import reconcile
from docker_tor.desired import holds, ledger
from docker_tor.reconcile import memory
from docker_tor.reconcile.memory import Memory
from reconciling import PASSWORD, START, World, listed, segments, standings, vlans

from lab.switch import Switch


@pytest.fixture
def world():
    with World().ready() as made:
        yield made


# Orphans.


@pytest.mark.parametrize(
    ("more", "grace"),
    # What the sensor keeps for a while, reconcile does not delete before.
    [({"orphan_grace": 600}, 600), ({"orphan_grace": 0, "removal_grace": 900}, 900)],
)
def test_an_orphan_is_deleted_only_after_its_grace(world, more, grace):
    world.more = more
    world.have(200)
    fine, result = world.reconcile()
    assert (fine, result["counts"], result["changed"]) == (True, {"orphan, waiting": 1}, False)
    assert world.remember().orphans == {("tor1", 21, 200): START}
    world.now += grace - 1
    assert world.reconcile()[1]["table"].count("is removed in 1 s") == 1
    assert vlans(world.tor1) == [200]
    world.now += 1
    # What the switch refuses to delete does not wait anew.
    world.tor1.faults.set(refuse="no", operations=frozenset({"edit-config"}))
    assert not world.reconcile()[0]
    assert world.remember().orphans == {("tor1", 21, 200): START}
    world.tor1.faults.clear()
    fine, result = world.reconcile()
    assert (fine, vlans(world.tor1)) == (True, [])
    assert result["message"].startswith("Reconcile: Ve 200 on rbridge 21 of tor1 is removed.")
    assert world.remember() == Memory()
    # One that is there again waits anew.
    world.have(200)
    assert world.reconcile()[1]["counts"] == {"orphan, waiting": 1}


def reporting(world, grace=0):
    """`orphans: report`, as docker.yaml has it if it says nothing."""
    world.more = {"orphan_grace": grace, "orphans": "report", "mass_removal_hold": 0}


def test_of_a_switch_that_cannot_be_looked_at_all_is_remembered(world):
    """What was dispatched to it, and since when what is an orphan has been one."""
    reporting(world, grace=600)
    world.values[memory.NAME] = memory.dump(Memory({("sold", 21, 112): 1.0}))
    world.answers["host1"] = [listed(112)]
    world.reconcile()
    world.answers["host1"] = []
    world.reconcile()
    del world.direct.switches["10.0.0.1"]
    world.now += 300
    world.reconcile()
    # That of a switch which is not configured any more is forgotten.
    assert world.remember().orphans == {("tor1", 21, 112): START}
    world.direct.switches["10.0.0.1"] = world.tor1
    world.now += 300
    world.reconcile()
    assert vlans(world.tor1) == []


@pytest.mark.parametrize(
    ("configured", "asked", "deleted"),
    [("report", "remove", True), ("report", None, False), ("remove", "report", False)],
)
def test_a_person_says_what_becomes_of_orphans(world, configured, asked, deleted):
    world.more = {"orphan_grace": 0, "orphans": configured}
    world.have(200)
    fine, result = world.reconcile(execution_id=None, orphans=asked)
    assert (fine, result["counts"]) == (True, {"orphan" if deleted else "orphan, reported": 1})
    assert vlans(world.tor1) == ([] if deleted else [200])
    fine, result = world.reconcile(orphans="leave")
    assert (fine, result["kind"], world.seen) == (False, "InvalidValue", [])
    assert "orphans is 'leave', which is neither report nor remove" in result["error"]


def test_what_a_reconcile_adds_is_remembered_before_and_beside_what_another_run_adds(world):
    """One by hand for a network, while the timer's is at the switches."""
    reporting(world)
    world.answers["host1"] = [listed(112)]

    def by_hand():
        kept = world.remember()
        assert kept.added == {("tor1", 21, 112)}
        other = kept._replace(added=kept.added | {("tor2", 23, 113)})
        world.values[memory.NAME] = memory.dump(other)
        return BEFORE

    world.at(2, by_hand)
    world.reconcile()
    assert world.hooks == {}
    assert world.remember().added == {("tor1", 21, 112), ("tor2", 23, 113)}


def test_two_installations_on_one_switch_leave_each_others_segments_alone(world):
    """Each with its engines, its sensor's ledger and its datastore; one name for their VLANs."""
    reporting(world)
    # What the sensor of one has dispatched is its own, too.
    world.have(116)
    world.dispatched(116)
    values = {"mine": world.values, "theirs": {}}

    def reconciled(whose, *networks):
        world.answers["host1"], world.values = [*map(listed, networks)], values[whose]
        return world.reconcile()[1]["counts"]

    assert reconciled("theirs", 114, 115) == {"missing": 2, "orphan, reported": 1}
    # Of what is not called for any more each takes its own away.
    found = {"missing": 2, "orphan": 1, "orphan, reported": 2}
    assert reconciled("mine", 112, 113) == found
    assert reconciled("theirs", 114, 115) == {"in sync": 2, "orphan, reported": 2}
    assert sorted(vlans(world.tor1)) == [112, 113, 114, 115]
    assert reconciled("mine") == {"orphan": 2, "orphan, reported": 2}
    assert vlans(world.tor1) == [114, 115]
    reconciled("theirs", 115)
    assert vlans(world.tor1) == [115]


# Engines that have dropped all they had without a word.


@pytest.fixture
def holding(world):
    """What host1 had it does not list any more."""
    world.have(112)
    world.have(113)
    world.dispatched(112, 113)
    return world


BY_HAND = {"release_holds": True, "execution_id": ""}


@pytest.mark.parametrize(
    ("limits", "released"),
    [({"switch": "tor2"}, []), ({"network": "net112"}, [112]), ({"network": "113"}, [113])],
)
def test_a_person_releases_what_is_held(holding, limits, released):
    # What is only shown is not released.
    assert holding.reconcile(dry_run=True, **BY_HAND, **limits)[0]
    assert holds.RELEASED not in holding.values
    fine, result = holding.reconcile(**BY_HAND, **limits)
    assert fine, result
    expected = {"host1": {f"{vlan:064x}": holding.now for vlan in released}} if released else {}
    assert holds.released(holding.values.get(holds.RELEASED)) == expected
    assert result["holds_released"] == ({"host1": 1} if released else {})
    assert ("is released" in result["table"]) == bool(released)
    # The sensor takes it away, or a later reconcile does.
    assert sorted(vlans(holding.tor1)) == [112, 113]


def test_what_cannot_be_kept_is_not_released(holding):
    holding.broken = ("write",)
    fine, result = holding.reconcile(**BY_HAND)
    assert (fine, result["kind"]) == (False, "DatastoreUnreadable")
    assert holds.RELEASED in result["error"]


def test_what_has_been_released_is_deleted_without_a_sensor_too_unless_a_day_has_passed(holding):
    def released(later, **limits):
        """What is held so much later, after a person has let go of this."""
        assert holding.reconcile(**BY_HAND, **limits)[0]
        holding.reconcile()
        holding.now += later
        return list(holding.reconcile()[1]["engines_unreached"])

    # What is left of the engine's is still held, so that nothing of it is known.
    assert released(600, network="net112") == ["host1"]
    assert released(holds.KEPT) == ["host1"]
    assert vlans(holding.tor1) == [112, 113]
    assert released(600) == []
    assert vlans(holding.tor1) == []


def test_the_timer_releases_nothing():
    text = (PACK / "workflows" / "docker-network-tor-reconcile.yaml").read_text(encoding="utf-8")
    assert "release" not in text


# Logins that were denied.


def test_a_login_that_is_denied_is_neither_tried_nor_told_again(world):
    """An account must not get locked."""

    def reconciled(**given):
        """Status and result, and how often tor2 was asked."""
        return (*world.reconcile(**given), [host for host, _ in world.seen].count("10.0.0.2"))

    world.direct.switches["10.0.0.2"] = Switch(rbridge_ids=(23,), password="an0ther")
    world.answers = {"host1": [listed(112)], "host2": [listed(113)]}
    fine, result, asked = reconciled()
    assert (fine, result["switches"][1]["kind"], asked) == (False, "AuthenticationFailed", 1)
    assert "tor2 could not be put right: 10.0.0.2:22: the switch has refused" in result["message"]
    assert segments(world.tor1) == {(21, 112): ["10.1.112.1/24"]}
    for _ in range(2):
        fine, result, asked = reconciled()
        assert "no account gets locked" in result["switches"][1]["error"]
        assert (fine, result["message"], asked) == (False, "", 0)
    # A person may try, and so may whoever has corrected docker.yaml.
    assert reconciled(execution_id=None)[2] == 1
    # That it could not be reached then does not mean that it takes the login.
    tor2 = world.direct.switches.pop("10.0.0.2")
    assert reconciled(execution_id=None)[1]["switches"][1]["kind"] == "SwitchUnreachable"
    assert world.plan(network="400")[1]["switches"][1]["kind"] == "SwitchUnreachable"
    world.direct.switches["10.0.0.2"] = tor2
    assert reconciled()[2] == 0
    tor1, tor2 = world.raw["switches"]
    world.more = {"switches": [tor1, {**tor2, "password": "an0ther"}]}
    assert reconciled()[0]
    assert world.remember().denied == {}


# The datastore.


def test_a_ledger_that_cannot_be_read_stops_all(world):
    """Without it nobody knows what engines that are away have."""
    world.have(200)
    world.values[ledger.NAME] = "nonsense"
    for fine, result in (world.reconcile(), world.plan()):
        assert (fine, result["kind"], world.seen) == (False, "DatastoreUnreadable", [])


def test_what_was_done_is_told_though_it_cannot_be_remembered(world):
    world.answers["host1"] = [listed(112)]
    world.broken = ("write",)
    fine, result = world.reconcile()
    assert (fine, result["kind"], result["changed"]) == (False, "DatastoreUnreadable", True)
    assert "docker_tor.reconcile cannot be written" in result["error"]
    assert "Ve 112 on rbridge 21 of tor1 is in service" in result["message"]


# Limits by hand.


def test_one_network_by_its_name(world):
    """By its id, its VLAN, and what else there may be: test_named_network."""
    world.answers["host1"] = [listed(112), {**listed(113), "Id": "f" * 64}]
    world.have(200)
    fine, result = world.reconcile(network="net112")
    assert (fine, standings(result)) == (True, {(112, 21): "missing"})
    assert sorted(vlans(world.tor1)) == [112, 200]
    assert standings(world.plan(network="net112")[1]) == {(112, 21): "in sync"}


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        ({"network": "400"}, "no segment is on VLAN 400"),
        ({"network": "net"}, "no segment is for a network 'net'"),
        ({"switch": "tor9"}, "There are: tor1, tor2."),
    ],
)
def test_what_there_is_not(world, limit, told):
    for fine, result in (world.reconcile(**limit), world.plan(**limit)):
        assert (fine, told in result["error"]) == (False, True)


def test_a_run_for_one_network_remembers_nothing_of_the_rest(world):
    """Orphans go on waiting, and what is wrong elsewhere is told by the next run that sees it."""
    world.have(200)
    del world.direct.switches["10.0.0.2"]
    world.reconcile()
    kept = world.remember()
    world.answers["host1"] = [listed(112)]
    world.now += 300
    _, result = world.reconcile(network="112")
    assert world.remember() == kept._replace(added=frozenset({("tor1", 21, 112)}))
    assert "All is as it should be" not in result["message"]
    # By its VLAN, an orphan that has been seen for long enough can be had at once.
    world.now += 300
    world.reconcile(network="200")
    assert vlans(world.tor1) == [112]


def test_a_run_for_one_switch_asks_no_other_and_does_not_say_that_all_is_well_there(world):
    del world.direct.switches["10.0.0.2"]
    assert "tor2 could not be put right" in world.reconcile()[1]["message"]
    world.have(200)
    for named in ("tor1", "10.0.0.1"):
        fine, result = world.reconcile(switch=named)
        assert (fine, result["message"], result["switches"]) == (True, "", [{"switch": "tor1"}])
        assert {host for host, _ in world.seen} == {"10.0.0.1"}
    assert world.remember().orphans == {("tor1", 21, 200): START}
    # Known already, since before that.
    assert world.reconcile()[1]["message"] == ""
    world.direct.switches["10.0.0.2"] = world.tor2
    assert "All is as it should be again." in world.reconcile()[1]["message"]


LOGIN = {"host": "h", "username": "u", "password": PASSWORD, "rbridge_id": 1}


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        ({"switches": [LOGIN]}, "no Docker Engine is configured."),
        # As whoever had the Exchange's docker pack has it.
        ({"url": "unix:///1.sock"}, "no switch is configured."),
        ({"url": "unix:///1.sock", "channle": "x"}, None),
    ],
)
def test_as_long_as_nothing_is_configured_the_timers_run_ends_well(world, raw, why):
    by_timer = {"dry_run": False, "execution_id": "5f1"}
    fine, result = reconcile.run(raw, by_timer, world.read, world.keys)
    assert (fine, world.values) == (why is not None, {})
    if why:
        assert result["table"] == f"Nothing to reconcile yet: {why}"
        assert (result["changed"], result["counts"], result["message"]) == (False, {}, "")
    # Whoever asks by hand is told.
    _, by_hand = reconcile.run(raw, {"dry_run": False}, world.read, world.keys)
    _, planned = reconcile.plan(raw, {}, world.read, world.keys)
    assert (by_hand["kind"], planned["kind"]) == ("ConfigError", "ConfigError")
