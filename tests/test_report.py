"""What a reconcile tells: the message, the table, and the structure."""

import re

import pytest
from compared import DRIVER, NAME, findings, network, segment, served
from docker_tor.common.errors import InvalidValue, SwitchRefused, SwitchUnreachable
from docker_tor.engine.networks import Rejection
from docker_tor.notify import messages, sentences
from docker_tor.reconcile import news, report
from docker_tor.reconcile.compare import (
    CONFLICT,
    DRIFTED,
    IN_SYNC,
    MISSING,
    REPORTED,
    UNKNOWN,
    WAITING,
    Finding,
)
from docker_tor.reconcile.discovery import Discovery
from docker_tor.reconcile.report import Visit
from docker_tor.switch import plan
from docker_tor.switch.model import ABSENT, Vlan
from docker_tor.switch.plan import Goal
from docker_tor.switch.transaction import Outcome, Rest

RUN = messages.Run("tor1", 1.25, "5f1")
DEAD = Visit("tor2", error=SwitchUnreachable("no NETCONF session", where="h2"))
HOSTILE = "x\n<!channel> <@U1> {{ st2kv.system.password }} <% ctx() %> \x1b[2J\u202e"


def finding(vlan=112, standing=MISSING, **more):
    """Something is to be done about it, if it is missing or has drifted."""
    one = segment(vlan)
    goal = Goal(vlan, 21, one.addresses)
    todo = plan.change_set(DRIVER, ABSENT, goal) if standing in (MISSING, DRIFTED) else None
    given = {"segment": one, "have": ABSENT, "detail": "add it", "changes": todo, **more}
    return Finding("tor1", vlan, 21, standing, **given)


def outcome(one, *did, error=None, left=()):
    return Outcome(one.goal, ABSENT, did, error, Rest(left))


def tell(*visits, told=""):
    return news.tell(visits, RUN, told)


def color(told):
    return told.extra["slack"]["color"]


@pytest.mark.parametrize("standing", [IN_SYNC, WAITING, UNKNOWN])
def test_what_is_neither_done_nor_wrong_is_not_told(standing):
    assert tell(Visit("tor1", [finding(standing=standing)])) == (None, "")
    # Nor what was right by the time.
    one = finding()
    assert tell(Visit("tor1", [one], [outcome(one)])) == (None, "")


@pytest.mark.parametrize(("standing", "more"), [(MISSING, ""), (DRIFTED, " Repaired: add it.")])
def test_one_segment_is_told_in_a_line_and_of_a_repair_what_was_wrong(standing, more):
    one = finding(standing=standing)
    told, remembered = tell(Visit("tor1", [one], [outcome(one, "add it")]))
    assert told.text == (
        "Reconcile: Ve 112 on rbridge 21 of tor1 is in service with 10.1.112.1/24 for net112."
        f"{more} (1.2 s, execution 5f1)"
    )
    assert (color(told), remembered) == (messages.GOOD, "")
    fields = [{"title": standing.capitalize(), "value": "1", "short": True}]
    assert told.extra["slack"]["fields"] == fields
    assert told.extra["slack"]["footer"] == "execution 5f1"


def test_what_is_wrong_is_told_once_until_it_changes():
    visit = Visit("tor1", [finding(standing=CONFLICT, detail="VLAN 112 is named 'Servers'")])
    first, remembered = tell(visit)
    assert "conflict on tor1: VLAN 112 is named 'Servers'" in first.text
    assert color(first) == messages.WARNING
    assert tell(visit, told=remembered) == (None, remembered)
    second, both = tell(visit, DEAD, told=remembered)
    assert "tor2 could not be put right: h2: no NETCONF session." in second.text
    assert both not in (remembered, "")
    # One of two is over: what is left is told again.
    third, left = tell(visit, Visit("tor2"), told=both)
    assert (third.text, left) == (first.text, remembered)
    fourth, nothing = tell(Visit("tor1"), Visit("tor2"), told=left)
    assert fourth.text.startswith("Reconcile: All is as it should be again.")
    assert color(fourth) == messages.GOOD
    assert tell(Visit("tor1"), Visit("tor2"), told=nothing) == (None, "")


def test_orphans_of_others_are_told_once_however_they_change():
    def visit(*vlans):
        return Visit("tor1", [finding(vlan, REPORTED) for vlan in vlans])

    told, remembered = tell(visit(201, 200))
    assert told.text == (
        "Reconcile: tor1 has VLAN 200, 201 under the pack's name, which no network calls for and"
        " which this installation has not dispatched: left as it is. docker.reconcile with"
        " orphans=remove takes it away. (1.2 s, execution 5f1)"
    )
    assert tell(visit(200), told=remembered) == (None, remembered)
    assert "All is as it should be again." in tell(visit(), told=remembered)[0].text
    # What was wrong is not over because an engine cannot be asked, so that nobody sees it.
    assert news.tell([visit()], RUN, remembered, unreached=True) == (None, remembered)


def test_what_could_not_be_undone_is_red_and_what_could_not_be_saved_is_never_told_as_over():
    one = finding()
    failed = outcome(one, error=SwitchRefused("no"), left=["remove VLAN 112"])
    told, _ = tell(Visit("tor1", [one], [failed]))
    assert "still to do: remove VLAN 112." in told.text
    assert color(told) == messages.DANGER
    visit = Visit("tor1", [one], [outcome(one, "add VLAN 112")], unsaved="it failed.")
    told, remembered = tell(visit)
    begins = "Reconcile: \n- the running config of tor1 is NOT saved: it failed.\n- Ve 112"
    assert told.text.startswith(begins)
    assert color(told) == messages.WARNING
    assert tell(Visit("tor1"), told=remembered) == (None, "")


def test_a_message_is_bounded_and_has_what_is_wrong_in_it():
    many = [finding(vlan, DRIFTED) for vlan in range(1, 500)]
    told, remembered = tell(Visit("tor1", many, [outcome(one, "x" * 9999) for one in many]), DEAD)
    lines = told.text.split("\n")
    assert lines[1].startswith("- tor2 could not be put right")
    assert len(lines) == 1 + sentences.MOST_NAMED + 1
    assert lines[-1].startswith("- and 488 more: see the execution")
    assert len(told.text) < sentences.MOST_NAMED * messages.LONGEST_LINE + 500
    # Nor does what is remembered grow with what is wrong.
    _, more = tell(Visit("tor1", [finding(vlan, CONFLICT) for vlan in range(1, 500)]))
    assert 0 < len(more) == len(remembered) < 100


def test_what_a_switch_says_cannot_forge_a_message():
    one = finding()
    refused = SwitchRefused(f"the switch refused: {HOSTILE}", where="h")
    conflict = findings([segment(112)], {112: served(name=HOSTILE)})
    told, _ = tell(
        Visit("tor1", [one, *conflict], [outcome(one, error=refused)], unsaved=f"no {HOSTILE}")
    )
    for live in ("<!channel>", "<@U1>", "{{", "<%", "\x1b", "\u202e"):
        assert live not in told.text
    assert len(told.text.split("\n")) == 1 + 3


def test_what_version_0_3_0_told_it_told_every_channel():
    assert news._told_in("net", "5f1a") == news._told_in("tor1", "5f1a") == "5f1a"
    assert news._told_in("net", "5f1a tor1\n77 net") == "77"
    assert news._told_in("net", "5f1a tor1") == news._told_in("net", "") == ""


# The table and the structure.


def as_result(*visits, only_differences=False, **found):
    given = {"rejected": [], "unreached": {}, **found}
    return report.as_result(visits, Discovery({}, believed=frozenset(), **given), only_differences)


def test_the_table_has_the_three_truths():
    have = served("10.1.113.9/24", "10.9.9.9/24", "fd00::1/64", shut=True)
    found = [
        finding(111, IN_SYNC, have=served("10.1.111.1/24"), detail=""),
        finding(),
        finding(113, DRIFTED, have=have._replace(in_service=False)),
        *findings([], {114: Vlan(NAME), 115: served(others=("vrrp",))}),
    ]
    result = as_result(
        *(Visit("tor1", found), DEAD), unreached={"host2": "tcp://h: it does not answer."}
    )
    heading, _, *lines = result["table"].split("\n")
    assert re.split(" {2,}", heading) == [
        *("switch", "VLAN", "rbridge", "Docker", "should be", "switch has", "standing"),
        "to be done",
    ]
    has = "10.1.113.9/24, 10.9.9.9/24, fd00::1/64, shut, shut globally"
    assert [re.split(" {2,}", line) for line in lines[:4]] == [
        ["tor1", "111", "21", "net111", "10.1.111.1/24", "10.1.111.1/24", "in sync", "-"],
        ["tor1", "112", "21", "net112", "10.1.112.1/24", "-", "missing", "add it"],
        ["tor1", "113", "21", "net113", "10.1.113.1/24", has, "drifted", "add it"],
        [*("tor1", "114", *"---", "VLAN Docker Network", "orphan"), "no network calls for it"],
    ]
    assert lines[4].endswith("carries vrrp, which this pack did not …")
    assert lines[5] == ""
    assert lines[6] == "1 conflict, 1 drifted, 1 in sync, 1 missing, 1 orphan"
    assert lines[7].startswith("VLAN 115 of tor1: Ve 115 on rbridge 21 carries vrrp, which")
    assert lines[8:] == [
        "tor2: h2: no NETCONF session.",
        "engine host2: tcp://h: it does not answer.",
    ]
    words = ("conflict", "drifted", "in sync", "missing", "orphan")
    assert result["counts"] == dict.fromkeys(words, 1)
    assert [one.get("kind") for one in result["switches"]] == [None, "SwitchUnreachable"]
    assert result["engines_unreached"] == {"host2": "tcp://h: it does not answer."}


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
    assert lines[-2:] == ["1 added, 1 missing", "VLAN 113: h: the switch refused: no."]
    assert result["counts"] == {"missing": 2}


def test_what_there_is_to_say_of_networks_without_segments():
    error = InvalidValue("VLAN 7 is not allowed", remedy="Use another.")
    rejected = [Rejection(network(7).as_payload(), error)]
    result = as_result(
        Visit("tor1"), rejected=rejected, released={"host1": frozenset("ab")}, unreached={"e": "x"}
    )
    assert result["findings"] == []
    assert result["refused"] == [{**network(7).as_payload(), "reason": str(error)}]
    assert result["table"].split("\n")[-4:] == [
        "no segments that are known of",
        "engine e: x",
        "engine host1: what it does not list any more (2 networks) is released",
        "network net7 is refused: VLAN 7 is not allowed. Use another.",
    ]
    assert as_result(Visit("tor1"))["table"].endswith("\nno segments")
