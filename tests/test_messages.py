"""What chat is told of a run."""

import json

import pytest
from docker_tor.common.errors import SwitchRefused, SwitchUnreachable
from docker_tor.common.sanitize import label
from docker_tor.notify import messages
from docker_tor.notify.messages import DANGER, GOOD, MOST_NAMED, WARNING, Run, Unknown
from docker_tor.switch.model import ABSENT, Ve, Vlan
from docker_tor.switch.plan import Goal
from docker_tor.switch.transaction import Outcome, Rest
from hostile import NAMES
from ves import ves

RUN = Run("tor1", 1.26, "abc123")
SUFFIX = " (1.3 s, execution abc123)"
HERE = ves("172.16.112.1/24", "fd00:112::1/64")
MANY = 100


def outcome(vlan=112, did=("a step",), **more):
    return Outcome(Goal(vlan, 21, HERE), ABSENT, did, **more)


def removal(vlan=112, rbridge=21, did=("a step",), **more):
    return Outcome(Goal(vlan, rbridge, remove=True), ABSENT, did, **more)


def refused():
    return SwitchRefused("the switch refused: no", where="10.0.0.1", remedy="Look there.")


REASON = "10.0.0.1: the switch refused: no. Look there."


def fields(told):
    return {field["title"]: field["value"] for field in told.extra["slack"]["fields"]}


def color(told):
    return told.extra["slack"]["color"]


def test_one_in_service():
    told = messages.of([(outcome(), ["web", "db"])], RUN)
    assert told.text == (
        "Ve 112 on rbridge 21 of tor1 is in service with 172.16.112.1/24, fd00:112::1/64 for web,"
        f" db.{SUFFIX}"
    )
    assert color(told) == GOOD
    assert told.extra["slack"]["footer"] == "execution abc123"
    assert fields(told) == {
        "Network": "web, db",
        "VLAN": "112",
        "Address": "172.16.112.1/24, fd00:112::1/64",
        "Switch": "tor1",
        "rbridge": "21",
        "Took": "1.3 s",
    }


def test_what_is_empty_is_left_out():
    told = messages.of([(removal(rbridge=0), [])], Run("tor1", 0.04))
    assert told.text == "Ve 112 of tor1 is removed. (0.0 s)"
    assert told.extra["slack"]["footer"] == ""
    assert set(fields(told)) == {"VLAN", "Switch", "rbridge", "Took"}
    assert fields(told)["rbridge"] == "all"


def test_one_that_is_gone():
    told = messages.of([(removal(), ["web"])], RUN)
    assert "is removed, since no network uses it: web is gone." in told.text


@pytest.mark.parametrize("one", [outcome(did=()), removal(did=())])
def test_one_that_was_so_already(one):
    told = messages.of([(one, ["web"])], RUN)
    assert f" (it was already).{SUFFIX}" in told.text
    assert color(told) == GOOD


def test_a_layer_2_segment_that_goes_while_its_vlan_stays():
    goal = Goal(112, 22, remove=True, keep_vlan=True)
    before = Vlan("Docker Network", None, {21: Ve()})
    told = messages.of([(Outcome(goal, before, ()), ["web", "db"])], RUN)
    assert told.text == (
        "The layer-2 segment 112 on rbridge 22 of tor1 is removed, since no network uses it: web,"
        f" db are gone. The VLAN stays for the other segments on it.{SUFFIX}"
    )


def test_one_that_failed_and_is_undone():
    told = messages.of([(outcome(error=refused()), ["web"])], RUN)
    assert told.text == (
        "Ve 112 on rbridge 21 of tor1 could NOT be put in service with 172.16.112.1/24,"
        f" fd00:112::1/64 for web: {REASON} The switch is as it was.{SUFFIX}"
    )
    assert color(told) == WARNING


def test_one_that_failed_half_way():
    told = messages.of([(removal(error=refused(), rest=Rest(["add VLAN 112"])), [])], RUN)
    assert f"could NOT be removed: {REASON} The switch is NOT as it was; still to do:" in told.text
    assert "still to do: add VLAN 112." in told.text
    assert color(told) == DANGER


def test_one_that_is_undone_where_more_has_changed_meanwhile():
    stays = "changed there meanwhile stays. Back from that leads: remove VLAN 112."
    rest = Rest(stays=["remove VLAN 112"])
    told = messages.of([(outcome(error=refused(), rest=rest), [])], RUN)
    assert stays in told.text
    assert color(told) == WARNING
    told = messages.failed(GOALS, RUN, refused(), rest)
    assert stays in told.text
    assert color(told) == WARNING
    told = messages.failed(GOALS, RUN, refused(), rest._replace(left=["remove global Ve 112"]))
    assert "still to do: remove global Ve 112." in told.text
    assert color(told) == DANGER


def test_several():
    told = messages.of(
        [
            (outcome(112), ["web"]),
            (outcome(113), []),
            (outcome(114, did=()), []),
            (removal(115), []),
            (outcome(116, error=refused()), []),
        ],
        RUN,
    )
    assert told.text == (
        "5 segments of tor1: 2 in service, 1 removed, 1 as they should be already, 1 failed.\n"
        "- Ve 116 on rbridge 21 of tor1 could NOT be put in service with 172.16.112.1/24,"
        f" fd00:112::1/64: {REASON} The switch is as it was.{SUFFIX}"
    )
    assert color(told) == WARNING
    assert fields(told) == {
        "Switch": "tor1",
        "In service": "VLAN 112, 113",
        "Removed": "VLAN 115",
        "As they should be already": "VLAN 114",
        "Failed": "VLAN 116",
        "Took": "1.3 s",
    }


def test_the_color_is_that_of_the_worst():
    half = outcome(error=refused(), rest=Rest(["x"]))
    assert messages.color([]) == GOOD
    assert messages.color([outcome(), removal()]) == GOOD
    assert messages.color([outcome(), outcome(error=refused())]) == WARNING
    assert messages.color([half, outcome(error=refused()), outcome()]) == DANGER


@pytest.mark.parametrize(
    ("one", "shade"),
    [
        (outcome(), WARNING),
        (outcome(error=refused()), WARNING),
        (outcome(error=refused(), rest=Rest(["x"])), DANGER),
    ],
)
def test_what_is_not_saved_is_told(one, shade):
    told = messages.of([(one, [])], RUN, unsaved="the flash is full.")
    assert told.text.endswith(f" The running config is NOT saved: the flash is full.{SUFFIX}")
    assert color(told) == shade


GOALS = [(Goal(112, 21, HERE), ["web"]), (Goal(113, 22, HERE[:1]), ["web", "db"])]
GONE = [(Goal(112, 21, remove=True), ["web"])]


def test_failed_and_undone():
    told = messages.failed(GOALS[:1], RUN, refused())
    assert told.text == (
        "Ve 112 on rbridge 21 of tor1 could NOT be put in service with 172.16.112.1/24,"
        f" fd00:112::1/64 for web: {REASON} The switch is as it was.{SUFFIX}"
    )
    assert color(told) == WARNING
    told = messages.failed(GONE, RUN, refused())
    assert f"could NOT be removed for web: {REASON} The switch is as it was." in told.text


def test_failed_with_several():
    told = messages.failed(GOALS, RUN, refused())
    assert told.text.startswith("2 segments of tor1 could NOT be put in service with 172.16.112.1")
    assert " for web, db: " in told.text
    assert fields(told) == {
        "Network": "web, db",
        "VLAN": "112, 113",
        "Address": "172.16.112.1/24, fd00:112::1/64, 172.16.112.1/24",
        "Switch": "tor1",
        "rbridge": "21, 22",
    }
    told = messages.failed([*GOALS, *GONE], RUN, refused())
    assert told.text.startswith("3 segments of tor1 could NOT be applied with ")


def test_failed_and_not_undone():
    away = SwitchUnreachable("no route", where="10.0.0.1")
    told = messages.failed(GOALS, RUN, refused(), Unknown(["make VLAN 112"], away))
    assert (
        "Whether the switch took its edits is not known; it may have done in whole or in part: make"
        " VLAN 112. It could not be undone either: 10.0.0.1: no route. The next reconcile tells,"
        " and puts it right."
    ) in told.text
    assert color(told) == DANGER
    told = messages.failed(GOALS, RUN, refused(), rest=Rest(["remove VLAN 112"]))
    assert "The switch is NOT as it was; still to do: remove VLAN 112." in told.text
    assert color(told) == DANGER
    told = messages.failed(GOALS, RUN, refused(), Unknown([]))
    assert "its edits is not known. The next reconcile tells, and puts it right." in told.text
    assert color(told) == DANGER


def names(count, kind="n"):
    return [f"{kind}{number}" for number in range(count)]


def bounded(told):
    """That of `MANY` names no more than `MOST_NAMED` stand anywhere, and that it says so."""
    for text in (told.text, *fields(told).values()):
        assert text.count(f"n{MOST_NAMED - 1}") <= 1
        assert f"n{MOST_NAMED}" not in text
    assert f"and {MANY - MOST_NAMED} more" in told.text
    assert len(json.dumps(told)) < 4000


def test_however_many_networks_a_segment_has_the_message_is_bounded():
    bounded(messages.of([(outcome(), names(MANY))], RUN))
    bounded(messages.of([(removal(), names(MANY))], RUN))
    bounded(messages.of([(outcome(error=refused()), names(MANY))], RUN))
    bounded(messages.of([(outcome(error=refused(), rest=Rest(names(MANY))), [])], RUN))
    bounded(messages.failed([(goal, names(MANY)) for goal, _ in GOALS], RUN, refused()))
    bounded(messages.failed(GOALS, RUN, refused(), rest=Rest(names(MANY))))


def test_however_many_addresses_a_segment_has_the_message_is_bounded():
    goal = Goal(112, 21, ves(*(f"10.0.{number}.1/24" for number in range(MANY))))
    for told in (
        messages.of([(Outcome(goal, ABSENT, ("a",)), [])], RUN),
        messages.failed([(goal, [])], RUN, refused()),
    ):
        for text in (told.text, fields(told)["Address"]):
            assert f"10.0.{MOST_NAMED - 1}.1/24 and {MANY - MOST_NAMED} more" in text


def test_however_many_segments_a_run_has_the_message_is_bounded():
    told = messages.of([(outcome(vlan), []) for vlan in range(2, 2 + MANY)], RUN)
    assert told.text == f"{MANY} segments of tor1: {MANY} in service.{SUFFIX}"
    assert fields(told)["In service"].endswith(f", {1 + MOST_NAMED} and {MANY - MOST_NAMED} more")
    failed = [(outcome(vlan, error=refused()), []) for vlan in range(2, 2 + MANY)]
    told = messages.of(failed, RUN)
    assert told.text.count("\n- Ve ") == MOST_NAMED
    assert f"\n- and {MANY - MOST_NAMED} more: see the execution" in told.text
    told = messages.of(failed[:MOST_NAMED], RUN)
    assert told.text.count("\n- ") == MOST_NAMED


def test_however_much_a_switch_says_of_each_segment_the_message_is_bounded():
    error = SwitchRefused("x" * 6000, where="y" * 6000, remedy="z" * 6000)
    steps = ["a step that is left " * 9] * MANY
    told = messages.of([(outcome(vlan, error=error, rest=Rest(steps)), []) for vlan in (2, 3)], RUN)
    assert [len(line) for line in told.text[: -len(SUFFIX)].splitlines()[1:]] == [
        len("- ") + messages.LONGEST_LINE
    ] * 2
    assert told.text.endswith(SUFFIX)


@pytest.mark.parametrize("name", NAMES)
def test_what_a_switch_says_forges_nothing(name):
    """Names of networks come as labels; what a switch said is in its error."""
    error = SwitchRefused(f"the switch refused: {name}", remedy=name)
    told = [(outcome(error=error), [label(name)]), (removal(), [label(name)])]
    for one in (
        messages.of(told, RUN),
        messages.of(told[:1], RUN),
        messages.failed([(one.goal, names) for one, names in told], RUN, error),
    ):
        shown = [one.text, *fields(one).values()]
        for live in ("{{", "{%", "<%", "```", "{~}", "<!", "<@", "<h", "<m", "@c"):
            assert not any(live in text for text in shown), live
        assert all("\n" not in text for text in fields(one).values())
