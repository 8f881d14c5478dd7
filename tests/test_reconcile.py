"""Docker, what should be, and what a switch has, compared: findings, orphans, memory, and what is
told."""

import json
import re

import pytest
from docker_tor.common.errors import SwitchRefused, SwitchUnreachable
from docker_tor.config import settings, uplinks
from docker_tor.desired.segments import Segment
from docker_tor.engine.networks import Network
from docker_tor.notify import messages
from docker_tor.reconcile import compare as reconcile
from docker_tor.reconcile import memory
from docker_tor.reconcile import report as report
from docker_tor.reconcile.compare import (
    CONFLICT,
    DRIFTED,
    IN_SYNC,
    MISSING,
    ORPHAN,
    UNKNOWN,
    WAITING,
    Orphans,
)
from docker_tor.reconcile.discovery import Discovery
from docker_tor.reconcile.memory import Memory
from docker_tor.reconcile.report import Visit
from docker_tor.switch import model, plan
from docker_tor.switch.model import ABSENT, Vlan
from docker_tor.switch.nos.driver import Driver
from docker_tor.switch.plan import Goal
from docker_tor.switch.transaction import Outcome, Rest
from ves import goal, ve, ves

NAME = "Docker Network"
DRIVER = Driver(NAME)
RUN = messages.Run("tor1", 1.25, "5f1")
AT_ONCE = Orphans({}, 1000.0, 0, [])
HOSTILE = "x\n<!channel> <@U1> {{ st2kv.system.password }} <% ctx() %> \x1b[2J‮"


def switch(name="tor1", **more):
    given = {"name": name, "host": f"h-{name}", "username": "u", "password": "p"}
    raw = {"switches": [{**given, "rbridge_id": 21, **more}]}
    return settings.parse(raw).switches[0]


def network(vlan, name="", engine="host1"):
    return Network(
        f"{vlan:064x}",
        name or f"net{vlan}",
        engine,
        "macvlan",
        f"eth0.{vlan}",
        vlan,
        frozenset(ves(f"10.1.{vlan % 256}.1/24")),
    )


def segment(vlan, *addresses, rbridge=21, on="tor1", name=""):
    addresses = addresses or (f"10.1.{vlan % 256}.1/24",)
    return Segment(on, rbridge, vlan, f"h-{on}", ves(*addresses), (network(vlan, name),))


def served(*addresses, rbridge=21, name=NAME, **more):
    """A VLAN that is as it should be."""
    return Vlan(name, True, {rbridge: ve(*addresses, **more)})


def compare(segments, have, *, believed=(), orphans=AT_ONCE, of=None):
    return reconcile.compare(DRIVER, of or switch(), segments, believed, have, orphans)


def standings(found):
    return [(one.vlan, one.rbridge, one.standing) for one in found]


# What docker calls for.


def test_a_segment_that_is_as_it_should_be():
    (found,) = compare([segment(112)], {112: served("10.1.112.1/24")})
    assert (found.standing, found.goal, found.detail) == (IN_SYNC, None, "")


def test_a_segment_that_is_not_there():
    (found,) = compare([segment(112)], {112: ABSENT})
    assert found.standing == MISSING
    assert found.goal == goal(112, 21, "10.1.112.1/24")
    assert found.detail.startswith("add VLAN 112 named 'Docker Network'; add global Ve 112; ")


@pytest.mark.parametrize(
    ("have", "detail"),
    [
        (served("10.1.112.1/24", shut=True), "no shutdown of Ve 112 on rbridge 21"),
        (
            served("10.1.112.1/24")._replace(in_service=False),
            "no shutdown of global Ve 112",
        ),
        (
            served("10.1.112.9/24"),
            "remove 10.1.112.9/24 from Ve 112 on rbridge 21; add 10.1.112.1/24 to Ve 112 on"
            " rbridge 21",
        ),
        (
            served("10.1.112.1/24", "10.9.9.9/24"),
            "remove 10.9.9.9/24 from Ve 112 on rbridge 21",
        ),
        (
            served("10.1.112.1/24", "fd00::1/64"),
            "remove fd00::1/64 from Ve 112 on rbridge 21",
        ),
    ],
)
def test_what_drifted(have, detail):
    (found,) = compare([segment(112)], {112: have})
    assert (found.standing, found.detail) == (DRIFTED, detail)
    assert found.goal == goal(112, 21, "10.1.112.1/24")


def test_a_vlan_whose_ve_is_gone_is_missing_and_no_orphan():
    (found,) = compare([segment(112)], {112: Vlan(NAME, True, {})})
    assert (found.standing, found.rbridge) == (MISSING, 21)


@pytest.mark.parametrize("name", ["Servers", ""])
def test_a_vlan_of_somebody_elses_is_a_conflict(name):
    (found,) = compare([segment(112)], {112: served("10.1.112.1/24", name=name)})
    assert (found.standing, found.goal) == (CONFLICT, None)
    assert "was not made by this pack" in found.detail


def test_what_an_engine_that_cannot_be_reached_has_is_left_alone():
    one = segment(112)
    for have in (ABSENT, served("10.9.9.9/24", shut=True), served("10.1.112.1/24", name="Theirs")):
        (found,) = compare([one], {112: have}, believed={one.key})
        assert (found.standing, found.goal) == (UNKNOWN, None)
        assert found.segment == one


def test_segments_of_other_switches_are_not_this_ones():
    assert compare([segment(112, on="tor2")], {}) == []


# Orphans.


def test_what_nothing_calls_for_is_an_orphan():
    (found,) = compare([], {112: served("10.1.112.1/24")})
    assert (found.standing, found.goal) == (ORPHAN, Goal(112, 21, remove=True))
    assert (found.segment, found.detail) == (None, "no network calls for it")


@pytest.mark.parametrize("name", ["Servers", "", "docker network", None])
def test_what_others_made_is_none_of_its_business(name):
    assert compare([], {112: served("10.1.112.1/24", name=name)}) == []


def test_a_vlan_outside_the_switchs_limits_is_none_of_its_business():
    have = {vlan: served(f"10.1.{vlan % 256}.1/24") for vlan in (99, 100, 199, 200)}
    found = compare([], have, of=switch(vlans="100-199"))
    assert standings(found) == [(100, 21, ORPHAN), (199, 21, ORPHAN)]


def test_a_vlan_without_any_ve_is_an_orphan_as_a_whole():
    (found,) = compare([], {112: Vlan(NAME)})
    assert (found.rbridge, found.standing, found.goal) == (0, ORPHAN, Goal(112, 0, remove=True))


def test_one_rbridges_ve_may_be_an_orphan_while_another_is_in_use():
    both = Vlan(NAME, True, {21: ve("10.1.112.1/24"), 22: ve("10.1.112.1/24")})
    found = compare([segment(112)], {112: both})
    assert standings(found) == [(112, 21, IN_SYNC), (112, 22, ORPHAN)]


def test_an_orphan_that_carries_what_the_pack_did_not_configure_is_a_conflict():
    (found,) = compare([], {112: served("10.1.112.1/24", others=("vrrp-group",))})
    assert (found.standing, found.goal) == (CONFLICT, None)
    assert "carries vrrp-group" in found.detail


def test_an_orphan_goes_once_its_grace_is_over_and_not_a_second_before():
    key, have = ("tor1", 21, 112), {112: served("10.1.112.1/24")}
    first = Orphans({}, 1000.0, 600, [])
    (found,) = compare([], have, orphans=first)
    assert (found.standing, found.detail) == (WAITING, "is removed in 600 s")
    seen = reconcile.seen([found], first)
    assert seen == {key: 1000.0}
    later = Orphans(seen, 1599.5, 600, [])
    (found,) = compare([], have, orphans=later)
    assert (found.standing, found.detail) == (WAITING, "is removed in 0 s")
    # Since when it has been seen does not change.
    assert reconcile.seen([found], later) == seen
    (found,) = compare([], have, orphans=Orphans(seen, 1600.0, 600, []))
    assert found.standing == ORPHAN
    # Until it is gone: a removal may fail.
    assert reconcile.seen([found], later) == seen


def test_an_orphan_that_is_called_for_again_waits_anew_the_next_time():
    (found,) = compare([segment(112)], {112: served("10.1.112.1/24")})
    assert reconcile.seen([found], Orphans({("tor1", 21, 112): 1.0}, 1000.0, 600, [])) == {}


def test_nothing_is_an_orphan_while_an_engine_that_may_know_better_cannot_be_asked():
    """And the grace does not run meanwhile: it begins when the engine is back and says no."""
    long_ago = Orphans({("tor1", 21, 112): 0.0}, 100_000.0, 0, ["host1", "host2"])
    found = compare([], {112: served("10.1.112.1/24"), 113: Vlan(NAME)}, orphans=long_ago)
    assert standings(found) == [(112, 21, UNKNOWN), (113, 0, UNKNOWN)]
    assert {one.goal for one in found} == {None}
    assert found[0].detail == "engine host1, host2 is away, or not believed"
    assert reconcile.seen(found, long_ago) == {}


def test_a_clock_that_was_set_back_delays_an_orphan_by_no_more_than_its_grace():
    ahead = Orphans({("tor1", 21, 112): 9e9}, 1000.0, 600, [])
    (found,) = compare([], {112: served("10.1.112.1/24")}, orphans=ahead)
    assert (found.standing, found.detail) == (WAITING, "is removed in 600 s")
    assert reconcile.seen([found], ahead) == {("tor1", 21, 112): 1000.0}


@pytest.mark.parametrize(
    ("address", "wanted"),
    [("10.1.113.77/24", ("10.1.113.1/24",)), ("fd00::9/48", ("10.1.113.1/24", "fd00::1/64"))],
)
def test_an_orphan_does_not_wait_in_the_way_of_what_is_called_for(address, wanted):
    """Its subnet is another network's by now, so that its own cannot come back anyway."""
    waiting = Orphans({}, 1000.0, 600, [])
    have = {112: served(address), 113: ABSENT, 114: served("10.1.114.1/24")}
    found = compare([segment(113, *wanted)], have, orphans=waiting)
    assert standings(found) == [(112, 21, ORPHAN), (113, 21, MISSING), (114, 21, WAITING)]
    assert found[0].detail == "its subnet is another network's now"


def test_the_same_subnet_on_another_rbridge_is_in_nobodys_way():
    waiting = Orphans({}, 1000.0, 600, [])
    have = {112: served("10.1.113.1/24", rbridge=22), 113: ABSENT}
    found = compare([segment(113)], have, orphans=waiting)
    assert standings(found) == [(112, 22, WAITING), (113, 21, MISSING)]


def test_an_rbridge_of_another_switch_in_the_same_fabric_is_that_switchs_business():
    both = Vlan(NAME, True, {21: ve("10.1.112.1/24"), 22: ve("10.1.112.1/24")})
    found = compare([], {112: both}, orphans=AT_ONCE._replace(elsewhere={22}))
    assert standings(found) == [(112, 21, ORPHAN)]


def test_a_vlan_without_a_ve_may_be_what_another_switch_of_the_fabric_is_just_making():
    bare = {112: Vlan(NAME, True)}
    assert standings(compare([], bare, orphans=AT_ONCE)) == [(112, 0, ORPHAN)]
    fabric = AT_ONCE._replace(elsewhere={22})
    assert compare([segment(112, on="tor2", rbridge=22)], bare, orphans=fabric) == []
    # If no network calls for it, it is one that some run has left, once no run can be at it.
    (found,) = compare([], bare, orphans=fabric)
    assert (found.standing, found.detail) == (WAITING, "is removed in 900 s")
    seen = {("tor1", 0, 112): fabric.now - reconcile.LONGEST_RUN}
    (found,) = compare([], bare, orphans=fabric._replace(seen=seen))
    assert (found.standing, found.goal) == (ORPHAN, Goal(112, 0, remove=True))


def layer_2(vlan, **more):
    return segment(vlan, **more)._replace(addresses=())


@pytest.mark.parametrize(
    ("have", "standing", "detail"),
    [
        (Vlan(NAME), IN_SYNC, ""),
        (ABSENT, MISSING, "add VLAN 112 named 'Docker Network'"),
        (Vlan(NAME, True), DRIFTED, "shut global Ve 112; remove global Ve 112"),
        (Vlan(NAME, True, {22: ve("10.1.112.1/24")}), IN_SYNC, ""),
        (Vlan("Theirs"), CONFLICT, None),
        (served(others=("vrrp-group",)), CONFLICT, None),
    ],
)
def test_a_layer_2_segment(have, standing, detail):
    other = layer_2(112, rbridge=22)._replace(addresses=ves("10.1.112.1/24"))
    wanted = [layer_2(112), *([other] if 22 in have.ves else [])]
    found = compare(wanted, {112: have})[0]
    assert (found.rbridge, found.standing) == (21, standing)
    assert detail is None or found.detail == detail


def test_a_layer_2_segment_that_has_a_ve_loses_it():
    (found,) = compare([layer_2(112)], {112: served("10.1.112.1/24")})
    assert (found.standing, found.goal) == (DRIFTED, Goal(112, 21))
    assert "remove Ve 112 on rbridge 21" in found.detail
    assert "remove VLAN" not in found.detail


def test_an_orphan_leaves_the_vlan_to_the_other_segments_on_it():
    (orphan,) = compare([], {112: Vlan(NAME)})
    assert (orphan.rbridge, orphan.goal) == (0, Goal(112, 0, remove=True))
    keep = Goal(112, 21, remove=True, keep_vlan=True)
    have = {112: served("10.1.112.1/24")}
    orphan, wanted = compare([layer_2(112, rbridge=22)], have)
    assert (orphan.goal, wanted.standing) == (keep, IN_SYNC)
    # Of another entry, if the switch is of one fabric with it.
    theirs = [layer_2(112, on="tor2", rbridge=22)]
    (orphan,) = compare(theirs, have, orphans=AT_ONCE._replace(elsewhere={22}))
    assert orphan.goal == keep
    (orphan,) = compare(theirs, have)
    assert orphan.goal == keep._replace(keep_vlan=False)
    assert compare(theirs, {112: Vlan(NAME)}, orphans=AT_ONCE._replace(elsewhere={22})) == []
    (orphan,) = compare(theirs, {112: Vlan(NAME)})
    assert orphan.goal == Goal(112, 0, remove=True)


def test_which_rbridges_are_another_switchs():
    plain = {"host": "h", "username": "u", "password": "p"}
    config = settings.parse(
        {
            "switches": [
                {**plain, "name": "tor1", "rbridge_id": 21},
                {**plain, "name": "tor2", "rbridge_id": 22},
                {**plain, "name": "tor3"},
                {**plain, "name": "tor4", "rbridge_id": 21},
            ],
            "engines": [
                {
                    "name": "host1",
                    "url": "unix:///x.sock",
                    "uplinks": [
                        {"parent": "eth0", "switch": "tor1"},
                        {"parent": "eth1", "switch": "tor3", "rbridge_id": 23},
                        {"parent": "eth2", "switch": "tor2", "rbridge_id": 24},
                    ],
                }
            ],
        }
    )
    found = [uplinks.rbridges_elsewhere(config, one) for one in config.switches]
    # tor1 and tor4 have the same id, so they are not one fabric; neither loses its own.
    assert found == [{22, 23, 24}, {21, 23}, {21, 22, 24}, {22, 23, 24}]


def test_findings_come_by_vlan_and_rbridge():
    found = compare(
        [segment(300), segment(112, rbridge=22), segment(112)],
        {300: ABSENT, 112: ABSENT, 200: served("10.1.200.1/24")},
    )
    assert [(one.vlan, one.rbridge) for one in found] == [
        (112, 21),
        (112, 22),
        (200, 21),
        (300, 21),
    ]


# What is remembered.


def test_memory_survives_the_datastore():
    kept = Memory({("a/b", 21, 112): 1795449840.75, ("tor1", 0, 1): 0.0}, "abc")
    assert memory.load(memory.dump(kept)) == kept
    assert json.loads(memory.dump(kept))["version"] == 1


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "null",
        "[]",
        "7",
        '"x"',
        "{",
        "[" * 100_000,
        '{"orphans": []}',
        '{"orphans": {"tor1": 1}}',
        '{"orphans": {"tor1/21": 1}}',
        '{"orphans": {"tor1/x/112": 1}}',
        '{"orphans": {"tor1/21/112": null}}',
        '{"orphans": {"tor1/21/112": []}}',
        '{"orphans": {"tor1/21/112": NaN}}',
        '{"orphans": {"tor1/21/112": -Infinity}}',
        '{"orphans": {"tor1/21/112": 1' + "0" * 400 + "}}",
    ],
)
def test_what_is_no_memory_is_forgotten_so_that_orphans_wait_once_more(text):
    assert memory.load(text) == Memory()


# What is told.


def finding(vlan=112, standing=MISSING, **more):
    one = segment(vlan, name=more.pop("name", ""))
    changes = plan.change_set(DRIVER, ABSENT, Goal(vlan, 21, one.addresses))
    given = {"segment": one, "have": ABSENT, "detail": "add it", "changes": changes, **more}
    return reconcile.Finding("tor1", vlan, 21, standing, **given)


def outcome(one, *did, error=None, left=()):
    return Outcome(one.goal, ABSENT, did, error, Rest(left))


def tell(*visits, told=""):
    return report.tell(visits, RUN, told)


def test_nothing_done_and_nothing_wrong_is_not_told():
    assert tell(Visit("tor1", [finding(standing=IN_SYNC, changes=None)])) == (None, "")


def test_what_is_only_waiting_or_unknown_is_not_told():
    found = [finding(standing=WAITING), finding(113, UNKNOWN, changes=None)]
    assert tell(Visit("tor1", found)) == (None, "")


def test_one_segment_added_is_told_in_a_line():
    one = finding()
    told, remembered = tell(Visit("tor1", [one], [outcome(one, "add VLAN 112")]))
    assert told.text == (
        "Reconcile: Ve 112 on rbridge 21 of tor1 is in service with 10.1.112.1/24 for net112."
        " (1.2 s, execution 5f1)"
    )
    assert remembered == ""
    slack = told.extra["slack"]
    assert slack["color"] == messages.GOOD
    assert slack["fields"] == [{"title": "Missing", "value": "1", "short": True}]
    assert slack["footer"] == "execution 5f1"


def test_a_repair_says_what_was_wrong():
    one = finding(standing=DRIFTED)
    told, _ = tell(Visit("tor1", [one], [outcome(one, "no shutdown of Ve 112 on rbridge 21")]))
    assert " Repaired: no shutdown of Ve 112 on rbridge 21. (" in told.text


def test_what_was_right_by_the_time_is_not_told():
    one = finding()
    assert tell(Visit("tor1", [one], [outcome(one)])) == (None, "")


def test_what_is_wrong_is_told_once_until_it_changes():
    conflict = finding(standing=CONFLICT, changes=None, detail="VLAN 112 is named 'Servers'")
    visit = Visit("tor1", [conflict])
    first, remembered = tell(visit)
    assert "conflict on tor1: VLAN 112 is named 'Servers'" in first.text
    assert first.extra["slack"]["color"] == messages.WARNING
    assert tell(visit, told=remembered) == (None, remembered)
    dead = Visit("tor2", error=SwitchUnreachable("no NETCONF session: refused", where="h"))
    second, both = tell(visit, dead, told=remembered)
    assert "tor2 could not be put right: h: no NETCONF session: refused." in second.text
    assert both not in (remembered, "")
    # One of two is over: what is left is told again.
    third, left = tell(visit, Visit("tor2"), told=both)
    assert (third.text, left) == (first.text, remembered)
    fourth, nothing = tell(Visit("tor1"), Visit("tor2"), told=left)
    assert fourth.text.startswith("Reconcile: All is as it should be again.")
    assert fourth.extra["slack"]["color"] == messages.GOOD
    assert tell(Visit("tor1"), Visit("tor2"), told=nothing) == (None, "")


def test_how_much_is_wrong_does_not_matter_to_what_is_remembered():
    many = [finding(vlan, CONFLICT, changes=None, detail="x" * 300) for vlan in range(1, 3000)]
    _, remembered = tell(Visit("tor1", many))
    assert 0 < len(remembered) < 100


def test_a_failure_is_told_with_what_is_left():
    one = finding()
    refused = SwitchRefused("the switch refused: it does not like it", remedy="Look.")
    told, _ = tell(Visit("tor1", [one], [outcome(one, error=refused, left=["remove VLAN 112"])]))
    assert "could NOT be put in service with 10.1.112.1/24 for net112: the switch" in told.text
    assert "The switch is NOT as it was; still to do: remove VLAN 112." in told.text
    assert told.extra["slack"]["color"] == messages.DANGER


def test_what_could_not_be_saved_is_told_and_never_as_over():
    one = finding()
    visit = Visit("tor1", [one], [outcome(one, "add VLAN 112")], unsaved="it failed.")
    told, remembered = tell(visit)
    assert "the running config of tor1 is NOT saved: it failed." in told.text
    assert told.extra["slack"]["color"] == messages.WARNING
    assert tell(Visit("tor1"), told=remembered) == (None, "")


def test_a_message_is_bounded_and_has_what_is_wrong_in_it():
    """However many segments, networks and addresses: chat takes some thousand characters."""
    many = [finding(vlan, DRIFTED, name="n" * 64) for vlan in range(1, 500)]
    did = [f"add 10.{n}.0.1/24 to Ve 112 on rbridge 21" for n in range(250)]
    wide = segment(112, *(f"10.{n}.0.1/24" for n in range(250)))
    changes = plan.change_set(DRIVER, ABSENT, Goal(1, 21, wide.addresses))
    many[0] = many[0]._replace(segment=wide, changes=changes)
    visit = Visit("tor1", many, [outcome(one, *did) for one in many])
    dead = Visit("tor2", error=SwitchUnreachable("no NETCONF session", where="h"))
    told, _ = tell(visit, dead)
    lines = told.text.split("\n")
    assert lines[1].startswith("- tor2 could not be put right")
    assert len(lines) == 1 + messages.MOST_NAMED + 1
    assert lines[-1].startswith("- and 488 more: see the execution")
    assert len(told.text) < messages.MOST_NAMED * messages.LONGEST_LINE + 500
    assert len(json.dumps(told.extra)) < 2000


def test_what_a_switch_says_cannot_forge_a_message():
    one = finding()
    refused = SwitchRefused(f"the switch refused: {HOSTILE}", where="h")
    conflict = compare([segment(112)], {112: served(name=HOSTILE)})
    told, _ = tell(
        Visit("tor1", [one, *conflict], [outcome(one, error=refused)], unsaved=f"no {HOSTILE}")
    )
    for live in ("<!channel>", "<@U1>", "{{", "<%", "\x1b", "‮"):
        assert live not in told.text
    assert len(told.text.split("\n")) == 1 + 3


# The table and the structure.


def as_result(*visits, unreached=None, only_differences=False):
    found = Discovery({}, [], unreached or {}, frozenset())
    return report.as_result(visits, found, only_differences)


def test_the_table_has_the_three_truths():
    have = served("10.1.113.9/24", "10.9.9.9/24", "fd00::1/64", shut=True)
    found = [
        finding(111, IN_SYNC, have=served("10.1.111.1/24"), changes=None, detail=""),
        finding(),
        finding(113, DRIFTED, have=have._replace(in_service=False)),
        *compare([], {114: Vlan(NAME), 115: served(others=("vrrp",))}),
    ]
    result = as_result(
        Visit("tor1", found),
        Visit("tor2", error=SwitchUnreachable("no NETCONF session", where="h2")),
        unreached={"host2": "tcp://h: it does not answer."},
    )
    heading, _, *rows = (re.split(" {2,}", line) for line in result["table"].split("\n"))
    assert heading == [
        *("switch", "VLAN", "rbridge", "Docker", "should be", "switch has", "standing"),
        "to be done",
    ]
    has = "10.1.113.9/24, 10.9.9.9/24, fd00::1/64, shut, shut globally"
    what = "Ve 115 on rbridge 21 carries vrrp, which this pack did not …"
    assert rows == [
        ["tor1", "111", "21", "net111", "10.1.111.1/24", "10.1.111.1/24", "in sync", "-"],
        ["tor1", "112", "21", "net112", "10.1.112.1/24", "-", "missing", "add it"],
        ["tor1", "113", "21", "net113", "10.1.113.1/24", has, "drifted", "add it"],
        [
            *("tor1", "114", "-", "-", "-", "VLAN Docker Network", "orphan"),
            "no network calls for it",
        ],
        ["tor1", "115", "21", "-", "-", "vrrp", "conflict", what],
        [""],
        ["1 conflict, 1 drifted, 1 in sync, 1 missing, 1 orphan"],
        ["tor2: h2: no NETCONF session."],
        ["engine host2: tcp://h: it does not answer."],
    ]
    assert result["counts"] == {
        "conflict": 1,
        "drifted": 1,
        "in sync": 1,
        "missing": 1,
        "orphan": 1,
    }
    assert [one["switch"] for one in result["switches"]] == ["tor1", "tor2"]
    assert result["switches"][1]["kind"] == "SwitchUnreachable"
    assert result["engines_unreached"] == {"host2": "tcp://h: it does not answer."}


def test_a_finding_as_a_program_reads_it():
    one = finding(have=served("10.1.112.9/24"), standing=DRIFTED)
    (found,) = as_result(Visit("tor1", [one]))["findings"]
    assert found == {
        "switch": "tor1",
        "vlan": 112,
        "rbridge": 21,
        "standing": "drifted",
        "detail": "add it",
        "networks": [network(112).as_payload()],
        "wanted": ["10.1.112.1/24"],
        "has": model.as_plain(served("10.1.112.9/24")),
    }


def test_what_was_done_stands_in_the_table_and_the_structure():
    fine, refused = finding(), finding(113)
    error = SwitchRefused("the switch refused: no", where="h")
    outcomes = [outcome(fine, "add VLAN 112"), outcome(refused, error=error, left=["x"])]
    result = as_result(Visit("tor1", [fine, refused], outcomes))
    first, second = result["findings"]
    assert (first["did"], first["left"]) == (["add VLAN 112"], [])
    assert "error" not in first
    assert (second["did"], second["left"], second["kind"]) == ([], ["x"], "SwitchRefused")
    lines = result["table"].split("\n")
    assert lines[0].endswith("standing  done")
    assert lines[2].endswith("added     add VLAN 112")
    assert lines[3].endswith("missing   failed: the switch refused: no")


def test_only_differences_still_counts_the_rest():
    found = [finding(vlan, IN_SYNC, changes=None) for vlan in range(1, 500)] + [finding(600)]
    result = as_result(Visit("tor1", found), only_differences=True)
    assert [one["vlan"] for one in result["findings"]] == [600]
    assert result["counts"] == {"in sync": 499, "missing": 1}
    assert len(result["table"].split("\n")) == 5


def test_no_segments_at_all():
    result = as_result(Visit("tor1"))
    assert result["findings"] == []
    assert result["table"].split("\n")[-1] == "no segments"


def test_no_name_can_forge_a_row():
    one = finding(standing=CONFLICT, have=Vlan(HOSTILE), changes=None, detail="a\nb")
    table = as_result(Visit("tor1", [one], error=SwitchUnreachable(HOSTILE)))["table"]
    assert len(table.split("\n")) == 6
    assert "\x1b" not in table
    assert "{{" not in table


def test_previews_of_all_that_something_is_to_be_done_about():
    waiting = compare([], {113: served("10.1.113.1/24")}, orphans=AT_ONCE._replace(grace=600))
    conflict = finding(114, CONFLICT, changes=None)
    first, second = report.previews(
        [Visit("tor1", [finding(), *waiting, conflict])], {"tor1": DRIVER}
    )
    assert (first["switch"], first["vlan"], first["standing"]) == ("tor1", 112, MISSING)
    assert first["diff"][0] == "+interface Vlan 112"
    assert len(first["xml"]) == len(first["does"]) == 5
    assert "interface Vlan 112" in first["cli"]
    assert (second["vlan"], second["standing"]) == (113, WAITING)
    assert second["diff"][0] == "-interface Vlan 113"
