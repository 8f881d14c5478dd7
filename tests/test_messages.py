"""What chat is told of a run."""

import pytest
from docker_tor.common.errors import SwitchRefused, SwitchUnreachable
from docker_tor.common.sanitize import label
from docker_tor.notify import messages, sentences
from docker_tor.notify.messages import DANGER, GOOD, WARNING, Run
from docker_tor.notify.sentences import MOST_NAMED, Unknown
from docker_tor.switch.model import ABSENT, Ve, Vlan
from docker_tor.switch.plan import Goal
from docker_tor.switch.transaction import Outcome, Rest
from docker_tor.switch.trunk import Port
from hostile import NAMES
from ves import ves

from lab import slack

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


VE = "Ve 112 on rbridge 21 of tor1"
WITH = "with 172.16.112.1/24, fd00:112::1/64"
VLAN = "VLAN 112 on rbridge 21 of tor1"
ON_22 = "The layer-2 segment 112 on rbridge 22 of tor1"
VLAN_STAYS = "The VLAN stays for the other segments on it."
AS_IT_WAS = "The switch is as it was."
LEFT = Rest(["add VLAN 112"])
NOT_UNDONE = "The switch is NOT as it was; still to do: add VLAN 112."
STAYS = Rest(stays=["remove VLAN 112"])
BY_OTHERS = (
    "What it did is undone; what somebody else, or the switch itself, changed there meanwhile"
    " stays. These steps would undo that: remove VLAN 112."
)
TE5, TE6, LAG = "TenGigabitEthernet 21/0/5", "TenGigabitEthernet 21/0/6", "Port-channel 10"
IS = Goal(112, 21, HERE)
LAYER_2 = Goal(112, 21)
REMOVE = Goal(112, 21, remove=True)
KEEP = Goal(112, 22, remove=True, keep_vlan=True)
PORTS = Goal(112, 0, ports_only=True)
HAD = Vlan("Docker Network", None, {21: Ve(HERE[:1])})
BARE = Vlan("Docker Network")
CARRIED = HAD._replace(ports={TE5: Port(vlans=frozenset({112})), LAG: Port()})
DONE = ["a step"]


def test_one_in_service_and_what_is_empty_is_left_out():
    told = messages.of([(outcome(), ["web", "db"])], RUN)
    assert told.text == f"{VE} is in service {WITH} for web, db.{SUFFIX}"
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
    told = messages.of([(removal(rbridge=0), [])], Run("tor1", 0.04))
    assert told.text == "Ve 112 of tor1 is removed. (0.0 s)"
    assert told.extra["slack"]["footer"] == ""
    assert fields(told) == {"VLAN": "112", "Switch": "tor1", "rbridge": "all", "Took": "0.0 s"}


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (Outcome(IS, ABSENT, ()), f"{VE} is in service {WITH} for web (it was already)."),
        (
            Outcome(IS._replace(ports=(TE5, LAG)), CARRIED, DONE),
            f"{VE} is in service {WITH} on {TE5}, {LAG} for web."
            f" VLAN 112 is newly allowed on {LAG}.",
        ),
        # Of TE6 it could not be taken: the last of its list.
        (
            Outcome(IS._replace(ports_gone=(TE5, TE6)), CARRIED, DONE, removed_from=(TE5,)),
            f"{VE} is in service {WITH} for web. VLAN 112 is no longer allowed on {TE5}.",
        ),
        (
            Outcome(LAYER_2, BARE, ()),
            f"{VLAN} is in service for web (it was already). {sentences.LAYER_2}",
        ),
        (
            Outcome(LAYER_2, HAD, DONE),
            f"{VLAN} is in service for web. Its Ve 112 with 172.16.112.1/24 is removed."
            f" {sentences.LAYER_2}",
        ),
        (
            Outcome(LAYER_2._replace(ports=(TE5,)), ABSENT, DONE),
            f"{VLAN} is in service on {TE5} for web. {sentences.LAYER_2}",
        ),
        (
            Outcome(REMOVE, ABSENT, ()),
            f"{VE} is removed, since no network uses it: web is gone (it was already).",
        ),
        (
            Outcome(REMOVE, BARE, DONE),
            "VLAN 112 of tor1 is removed, since no network uses it: web is gone.",
        ),
        (
            Outcome(KEEP, HAD, ()),
            f"{ON_22} is removed, since no network uses it: web is gone. {VLAN_STAYS}",
        ),
        (
            Outcome(KEEP._replace(ports_gone=(TE6,)), HAD, DONE, removed_from=(TE6,)),
            f"{ON_22} is removed, since no network uses it: web is gone. {VLAN_STAYS}"
            f" VLAN 112 is no longer allowed on {TE6}.",
        ),
        (
            Outcome(PORTS._replace(ports=(TE5,)), HAD, ()),
            f"VLAN 112 of tor1 is allowed on {TE5} for web (it was already).",
        ),
    ],
)
def test_one_segment(one, text):
    told = messages.of([(one, ["web"])], RUN)
    assert (told.text, color(told)) == (text + SUFFIX, GOOD)
    unsaved = messages.of([(one, ["web"])], RUN, unsaved="the flash is full.")
    assert unsaved.text == f"{text} The running config is NOT saved: the flash is full.{SUFFIX}"
    assert color(unsaved) == WARNING


@pytest.mark.parametrize(
    ("goal", "what"),
    [
        (IS._replace(ports=(TE5,)), f"{VE} could NOT be put in service {WITH} on {TE5} for web"),
        (REMOVE, f"{VE} could NOT be removed for web"),
        (
            PORTS._replace(ports=(TE5,), ports_gone=(TE6,)),
            f"VLAN 112 of tor1 could NOT be allowed on {TE5} and taken from {TE6} for web",
        ),
    ],
)
@pytest.mark.parametrize(
    ("rest", "then", "shade"),
    [(Rest(), AS_IT_WAS, WARNING), (STAYS, BY_OTHERS, WARNING), (LEFT, NOT_UNDONE, DANGER)],
)
def test_one_segment_that_failed(goal, what, rest, then, shade):
    one = Outcome(goal, HAD, (), refused(), rest)
    told = messages.of([(one, ["web"])], RUN, unsaved="no.")
    saved = "The running config is NOT saved: no."
    assert told.text == f"{what}: {REASON} {then} {saved}{SUFFIX}"
    assert color(told) == shade
    told = messages.failed([(goal, ["web"])], RUN, refused(), rest)
    assert (told.text, color(told)) == (f"{what}: {REASON} {then}{SUFFIX}", shade)


def test_the_color_is_that_of_the_worst():
    failed, half = outcome(error=refused()), outcome(error=refused(), rest=LEFT)
    for outcomes, shade in (
        ([], GOOD),
        ([outcome(), removal()], GOOD),
        ([outcome(), failed], WARNING),
        ([half, failed, outcome()], DANGER),
    ):
        assert messages.color(outcomes) == shade


@pytest.mark.parametrize(
    ("unknown", "text"),
    [
        (Unknown([]), ""),
        (
            Unknown(["make VLAN 112"], SwitchUnreachable("no route", where="10.0.0.1")),
            "; it may have done in whole or in part: make VLAN 112. It could not be undone either:"
            " 10.0.0.1: no route",
        ),
    ],
)
def test_a_run_of_which_nobody_knows_what_it_did(unknown, text):
    told = messages.failed([(REMOVE, ["web"])], RUN, refused(), unknown)
    assert told.text == (
        f"{VE} could NOT be removed for web: {REASON} Whether the switch took its edits is not"
        f" known{text}. The next reconcile tells, and puts it right.{SUFFIX}"
    )
    assert color(told) == DANGER


def test_several():
    told = messages.of(
        [
            (outcome(112), ["web"]),
            (outcome(113), []),
            (outcome(114, did=()), []),
            (removal(115), []),
            (Outcome(PORTS._replace(vlan=117, ports_gone=(TE6,)), HAD, ["a step"]), []),
            (outcome(116, error=refused()), []),
        ],
        RUN,
    )
    assert told.text == (
        "6 segments of tor1: 2 in service (web), 2 removed, 1 as they should be already, 1"
        " failed.\n"
        "- Ve 116 on rbridge 21 of tor1 could NOT be put in service with 172.16.112.1/24,"
        f" fd00:112::1/64: {REASON} The switch is as it was.{SUFFIX}"
    )
    assert color(told) == WARNING
    assert fields(told) == {
        "Switch": "tor1",
        "In service": "VLAN 112, 113",
        "Removed": "VLAN 115, 117",
        "As they should be already": "VLAN 114",
        "Failed": "VLAN 116",
        "Took": "1.3 s",
    }


def test_a_cause_that_several_have_is_told_once():
    many = [(outcome(112 + number, error=refused()), [f"n{number}", "web"]) for number in range(13)]
    other = (outcome(200, error=SwitchRefused("full", where="10.0.0.1")), ["db"])
    told = messages.of([*many, other, (outcome(201), ["new"])], RUN)
    first, shared, alone = told.text.split("\n- ")
    twelve = ", ".join(["n0", "web", *(f"n{number}" for number in range(1, 11))])
    assert first == (f"15 segments of tor1: 1 in service (new), 14 failed ({twelve} and 3 more).")
    vlans = ", ".join(str(vlan) for vlan in range(112, 124))
    assert shared == (
        f"13 segments of tor1 (VLAN {vlans} and 1 more) could NOT be put in service for {twelve}"
        f" and 2 more: {REASON} The switch is as it was."
    )
    assert alone.startswith("Ve 200 on rbridge 21 of tor1 could NOT be put in service with ")
    assert " for db: 10.0.0.1: full." in alone


def test_failed_with_several():
    goals = [
        (IS._replace(ports=(TE5, LAG)), ["web"]),
        (Goal(113, 22, HERE[:1], ports=(LAG,)), ["web", "db"]),
    ]
    told = messages.failed(goals, RUN, refused())
    assert told.text.startswith("2 segments of tor1 could NOT be put in service with 172.16.112.1")
    assert " for web, db: " in told.text
    assert fields(told) == {
        "Network": "web, db",
        "VLAN": "112, 113",
        "Address": "172.16.112.1/24, fd00:112::1/64, 172.16.112.1/24",
        "Port": f"{TE5}, {LAG}",
        "Switch": "tor1",
        "rbridge": "21, 22",
    }
    told = messages.failed([*goals, (REMOVE, [])], RUN, refused())
    assert told.text.startswith("3 segments of tor1 could NOT be applied with ")


NAMED = [f"n{number}" for number in range(MANY)]
ADDRESSES = IS._replace(addresses=ves(*(f"10.0.{number}.1/24" for number in range(MANY))))


@pytest.mark.parametrize(
    ("told", "last"),
    [
        (messages.of([(outcome(), NAMED)], RUN), "n11"),
        (messages.failed([(IS, NAMED)], RUN, refused(), Rest(NAMED)), "n11"),
        (messages.failed([(ADDRESSES, [])], RUN, refused()), "10.0.11.1/24"),
    ],
)
def test_however_many_names_and_addresses_there_are_the_message_is_bounded(told, last):
    assert f"{last} and {MANY - MOST_NAMED} more" in told.text
    shown = [told.text, *fields(told).values()]
    assert not any(f"n{MOST_NAMED}" in text or f"10.0.{MOST_NAMED}." in text for text in shown)


def test_however_many_segments_a_run_has_and_however_much_is_said_of_each_it_is_bounded():
    vlans = range(2, 2 + MANY)
    told = messages.of([(outcome(vlan), []) for vlan in vlans], RUN)
    assert told.text == f"{MANY} segments of tor1: {MANY} in service.{SUFFIX}"
    assert fields(told)["In service"].endswith(f", {1 + MOST_NAMED} and {MANY - MOST_NAMED} more")
    rest = Rest(["a step that is left " * 9] * MANY)
    failed = [
        (outcome(vlan, error=SwitchRefused(f"{vlan:03}" * 6000, where="x" * 6000), rest=rest), [])
        for vlan in vlans
    ]
    told = messages.of(failed, RUN)
    _, *lines, last = told.text.split("\n")
    assert [len(line) for line in lines] == [len("- ") + messages.LONGEST_LINE] * MOST_NAMED
    assert last.startswith(f"- and {MANY - MOST_NAMED} more: see the execution")
    assert len(messages.of(failed[:MOST_NAMED], RUN).text.split("\n")) == 1 + MOST_NAMED
    # Slack's adapter sends it in two pieces at most.
    assert len(slack.payloads(told.text, "docker", extra=told.extra)) == 2


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
