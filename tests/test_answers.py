"""What chat answers to a command, as the actions' results have it."""

from typing import Any, Dict, List, Mapping, Sequence

import pytest
from docker_tor.actions import answer as shown
from docker_tor.actions import uplinks_report
from docker_tor.common.table import display_width
from docker_tor.config.entries import Uplink
from docker_tor.doctor import answer as doctor
from docker_tor.doctor import check_result
from docker_tor.notify import answers
from docker_tor.notify.answers import DANGER, GOOD, MOST_LINES, WARNING, WIDE, Answer
from docker_tor.reconcile import answer as reconcile
from docker_tor.reconcile.cabling import Cable

Result = Dict[str, Any]


def narrow(answer: Answer) -> List[str]:
    """The lines of a body, none of which is too wide."""
    lines: List[str] = [line for item in answer.items for line in item.split("\n")]
    assert max(map(display_width, lines), default=0) <= WIDE, lines
    return lines


# Any of them.


def test_what_is_short_goes_in_the_channel_and_what_is_long_is_cut_and_goes_in_a_thread() -> None:
    found = Answer("2 things", ["a", "b"]).as_result()
    told = {"message": "2 things", "body": "a\nb", "more": 0, "color": GOOD, "thread": False}
    assert found == told
    items = [f"{number}\n  a\n  b\n  c" for number in range(20)]
    found = Answer("20 things", items, WARNING).as_result()
    assert found["body"].split("\n")[-4:] == ["6", "  a", "  b", "  c"]
    assert len(found["body"].split("\n")) <= MOST_LINES
    assert (found["more"], found["thread"], found["color"]) == (13, True, WARNING)


def test_a_sentence_makes_no_link() -> None:
    assert Answer("HTTP://evil.example").as_result()["message"] == "HTTP:/ /evil.example"
    socket = "unix:///var/run/docker.sock: no such socket."
    assert Answer(socket).as_result()["message"] == socket


@pytest.mark.parametrize(
    ("result", "message", "color"),
    [
        ({"table": "t"}, "It is so (0.4 s).", GOOD),
        ({"table": "t", "error": "not saved."}, "It is so (0.4 s).", GOOD),
        ({"error": "There is no switch 'x'."}, "There is no switch 'x'.", DANGER),
    ],
)
def test_how_long_it_took_and_an_error_as_it_is(result: Result, message: str, color: str) -> None:
    ticks = iter((1.0, 1.4))
    succeeded, found = answers.answered(
        lambda: (False, result), lambda _: Answer("It is so"), lambda: next(ticks)
    )
    assert not succeeded
    answer = found.pop("answer")
    assert (answer["message"], answer["color"]) == (message, color)
    assert found == result


@pytest.mark.parametrize("name", ["n" * 64, "網" * 60, "w " * 60, "web"])
def test_no_table_and_no_text_is_too_wide(name: str) -> None:
    cells = [(name, name, name), ("a", "b", "c")]
    narrow(Answer("", [*answers.rows(("x", "y", "z"), cells), answers.wrapped(f"{name} {name}")]))
    assert answers.rows(("x",), []) == []


# docker.plan and docker.reconcile.


def finding(vlan: int, standing: str, **more: Any) -> Result:
    return {
        "switch": "tor1",
        "vlan": vlan,
        "rbridge": 21,
        "standing": standing,
        "detail": "",
        "networks": [{"name": f"web{vlan}"}],
        "wanted": [f"172.16.{vlan % 256}.1/24"],
        **more,
    }


def result(*findings: Result, **more: Any) -> Result:
    """As docker.plan returns it; docker.reconcile's has `dry_run` besides."""
    counts: Dict[str, int] = {}
    for one in findings:
        counts[one["standing"]] = counts.get(one["standing"], 0) + 1
    return {
        "counts": counts,
        "findings": list(findings),
        "switches": [{"switch": "tor1"}],
        "engines_unreached": {},
        "refused": [],
        **more,
    }


SYNC = finding(112, "in sync")
MISSING = finding(113, "missing", detail="VLAN 113 exists; Ve 113 has 172.16.113.1/24")
ADDED = finding(114, "missing", did=["VLAN 114 exists", "Ve 114 is up"])
REPAIRED = finding(115, "drifted", did=["Ve 115 is up"])
ALREADY = finding(116, "missing", did=[])
FAILED = finding(117, "missing", did=[], error="the switch refused it.")
CONFLICT = finding(118, "conflict", detail="VLAN 118 is called Storage")
DONE = {"dry_run": False}
TWO = {"switches": [{"switch": "tor1"}, {"switch": "tor2"}]}
BROKEN = {"switches": [{"switch": "tor1"}, {"switch": "tor2", "error": "no route to host."}]}


@pytest.mark.parametrize(
    ("found", "message", "color"),
    [
        (result(), "No segment is for tor1", GOOD),
        (result(switches=[]), "No switch is configured", GOOD),
        (result(SYNC), "The only segment on tor1 is in sync", GOOD),
        (result(SYNC, SYNC, **TWO), "All 2 segments on 2 switches are in sync", GOOD),
        (
            result(SYNC, MISSING, CONFLICT),
            *("2 of 3 segments on tor1 are not in sync: 1 missing, 1 conflict", WARNING),
        ),
        # Counts are of what was done.
        (result(ADDED, REPAIRED, SYNC, **DONE), "1 added, 1 repaired on tor1", GOOD),
        (result(SYNC, ALREADY, **DONE), "Nothing to do: all 2 segments on tor1 are in sync", GOOD),
        (
            result(CONFLICT, SYNC, **DONE),
            "1 of 2 segments on tor1 is not in sync: 1 conflict, and nothing was done",
            WARNING,
        ),
        (
            result(ADDED, CONFLICT, **DONE),
            *("1 added on tor1, and left as they are: 1 conflict", WARNING),
        ),
        (result(ADDED, FAILED, **DONE), "1 added, 1 failed on tor1", DANGER),
        (result(ADDED, **BROKEN, **DONE), "tor2 could NOT be put right; 1 added on tor1", DANGER),
        (result(SYNC, engines_unreached={"host1": "it is away"}), "The only segment on", WARNING),
        (result(ADDED, error="cannot be remembered.", **DONE), "1 added on tor1", DANGER),
    ],
)
def test_the_verdict_on_all_networks(found: Result, message: str, color: str) -> None:
    answer = reconcile.of(found, "")
    assert answer.message.startswith(message)
    assert answer.color == color
    narrow(answer)


def test_what_is_in_sync_is_left_out_of_the_table() -> None:
    lines = narrow(reconcile.of(result(SYNC, ADDED, CONFLICT, FAILED, ALREADY), ""))
    assert [line.split()[:4] for line in lines[2:]] == [
        ["tor1", "114", "web114", "added"],
        ["tor1", "118", "web118", "conflict"],
        ["tor1", "117", "web117", "failed"],
    ]
    for line, what in zip(
        lines[2:], ("VLAN 114 exists; Ve 114 is up", "called Storage", "refused")
    ):
        assert what in line


def it(vlan: int) -> str:
    return f"VLAN {vlan} (web{vlan}) with 172.16.{vlan}.1/24 on tor1, rbridge 21"


PLAN = [{"switch": "tor1", "vlan": 113, "rbridge": 21, "does": ["a VLAN", "a Ve"]}]
BARE_ORPHAN = finding(119, "orphan, waiting", networks=[], wanted=[], rbridge=0)


@pytest.mark.parametrize(
    ("found", "message", "steps"),
    [
        (result(SYNC, **DONE), f"Nothing to do: {it(112)} is in sync", []),
        (result(MISSING), f"{it(113)} is missing", [MISSING["detail"]]),
        (result(MISSING, plan=PLAN), f"{it(113)} is missing", ["a VLAN", "a Ve"]),
        (result(ADDED, **DONE), f"{it(114)} is added", ["VLAN 114 exists", "Ve 114 is up"]),
        (result(FAILED, **DONE), f"{it(117)} could NOT be put right", ["the switch refused it."]),
        (result(BARE_ORPHAN), "VLAN 119 on tor1 is an orphan, and waits", []),
    ],
)
def test_one_network_step_by_step(found: Result, message: str, steps: List[str]) -> None:
    answer = reconcile.of({**found, "refused": [{"name": "other", "reason": "x"}]}, "web")
    assert (answer.message, narrow(answer)) == (message, steps)


def test_one_network_on_several_switches() -> None:
    answer = reconcile.of(result(SYNC, {**ADDED, "switch": "tor2"}, **TWO, **DONE), "web")
    assert answer.message == "1 added on 2 switches"
    assert narrow(answer) == [
        "VLAN 112 (web112) with 172.16.112.1/24 on tor1, rbridge 21: in sync",
        "VLAN 114 (web114) with 172.16.114.1/24 on tor2, rbridge 21: added",
        "  VLAN 114 exists",
        "  Ve 114 is up",
    ]


def test_what_else_there_is_to_say() -> None:
    found = result(
        switches=[{"switch": "tor1", "unsaved": "it is busy."}, BROKEN["switches"][1]],
        engines_unreached={"host1": "it is away"},
        holds_released={"host2": 1},
        refused=[{"name": "old", "reason": "its VLAN is taken."}],
        error="cannot be remembered.",
    )
    assert narrow(reconcile.of(found, "")) == [
        "tor2: no route to host.",
        "the running config of tor1 is NOT saved: it is busy.",
        "cannot be remembered.",
        "engine host1: it is away",
        "engine host2: what it does not list any more (1 network) is released",
        "network old is refused: its VLAN is taken.",
    ]


# docker.networks.


def segment(vlan: int, state: str, *addresses: str, ports: Sequence[str] = ()) -> Result:
    return {
        "switch": "tor1",
        "vlan": vlan,
        "state": state,
        "addresses": list(addresses),
        "ports": list(ports),
        "networks": [{"name": f"web{vlan}"}],
    }


NONE: Mapping[str, Any] = {"segments": [], "refused": [], "passed_over": [], "notes": []}
OLD = {"engine": "host1", "network": "old", "reason": "its VLAN is taken."}
TWO_STATES = [segment(112, "current"), segment(113, "pending")]


@pytest.mark.parametrize(
    ("found", "message", "color"),
    [
        ({"passed_over": [OLD]}, "No segments", GOOD),
        ({"segments": TWO_STATES[:1]}, "1 segment on tor1: 1 current", GOOD),
        ({"segments": TWO_STATES}, "2 segments on tor1: 1 current, 1 pending", WARNING),
        ({"refused": [OLD]}, "No segments; 1 network refused", WARNING),
        ({"notes": ["The sensor is silent."]}, "No segments", WARNING),
    ],
)
def test_the_verdict_on_segments(found: Result, message: str, color: str) -> None:
    answer = shown.networks({**NONE, **found})
    assert (answer.message, answer.color) == (message, color)


def test_segments_and_why_others_are_none() -> None:
    segments = [segment(112, "current", "172.16.112.1/24"), segment(113, "current")]
    more = {"refused": [OLD], "passed_over": [{**OLD, "network": "lan"}], "notes": ["Silent."]}
    assert narrow(shown.networks({"segments": segments, **more})) == [
        "VLAN  switch  addresses        state    network",
        "----  ------  ---------------  -------  -------",
        "112   tor1    172.16.112.1/24  current  web112",
        "113   tor1    layer 2          current  web113",
        "network old of engine host1 is refused: its VLAN is taken.",
        "network lan of engine host1 is passed over: its VLAN is taken.",
        "Silent.",
    ]
    wired = segment(112, "current", ports=["Port-channel 10", "TenGigabitEthernet 21/0/5"])
    rows = narrow(shown.networks({**NONE, "segments": [wired, segments[1]]}))
    last = [row.split("  ")[-1].strip() for row in rows]
    assert last == ["ports", "----------------", "Po 10, Te 21/0/5", "-"]


# docker.show_ve.

VE = {
    "rbridge_id": 21,
    "addresses": ["172.16.112.1/24"],
    "others": [],
    "shut": False,
    "status": "up",
}
TOR1 = {"switch": "tor1", "vlan_name": "Docker", "ours": True, "in_service": True, "ves": [VE]}
TOR1["interface"] = "Ve 112"
TOR1["ports"] = [{"port": "TenGigabitEthernet 21/0/5", "added": True}]
BARE = {**TOR1, "ports": [], "ves": [], "in_service": None, "ours": False}
GONE = {**BARE, "vlan_name": None}


def on(switch: str, **ve: Any) -> Result:
    return {**TOR1, "switch": switch, "ves": [{**VE, **ve}]}


def told_of_a_ve(*switches: Result) -> Answer:
    return shown.show_ve({"vlan": 112, "switches": list(switches)})


@pytest.mark.parametrize(
    ("switches", "message"),
    [
        ([TOR1], "Ve 112 on tor1 is up with 172.16.112.1/24"),
        ([on("tor1", status="", shut=True, addresses=[])], "Ve 112 on tor1 is shutdown"),
        (
            [on("tor1", status=""), {**GONE, "interface": "x"}],
            "Ve 112 on tor1 is configured with 172.16.112.1/24",
        ),
        ([TOR1, on("tor2", status="down")], "Ve 112 is on 2 rbridges of 2 switches, 1 of them up"),
        (
            [{**on(name, rbridge_id=None), "interface": name} for name in ("irb.112", "Vlan112")],
            "irb.112 or Vlan112 is on 2 switches, 2 of them up",
        ),
        ([BARE], "VLAN 112 on tor1 has no Ve 112"),
        ([GONE], "No VLAN 112 on tor1"),
        ([{"switch": "tor2", "error": "no route."}], "tor2 could NOT be asked"),
    ],
)
def test_the_verdict_on_a_ve(switches: List[Result], message: str) -> None:
    answer = told_of_a_ve(*switches)
    assert (answer.message, answer.color) == (message, DANGER if "NOT" in message else GOOD)
    narrow(answer)


def test_a_ve_as_the_switches_have_it() -> None:
    answer = told_of_a_ve(
        TOR1,
        {**on("tor2", shut=True, others=["vrf"]), "in_service": False, "ports": []},
        {**BARE, "switch": "tor3", "note": "It is told late"},
        GONE,
        {"switch": "tor4", "error": "no route."},
    )
    first, second, third, *notes = narrow(answer)[2:]
    ours = ["tor1", "21", "Docker", "ours", "172.16.112.1/24", "no", "shutdown", "up"]
    assert first.split() == ours
    assert second.startswith("tor2")
    assert "shutdown, shut" in second
    assert third.split() == ["tor3", "-", "Docker", "not", "ours", "-", "-", "-"]
    assert notes == [
        "tor1: VLAN 112 is allowed on Te 21/0/5",
        "tor3: It is told late",
        "tor4: no route.",
    ]


# docker.uplinks.

TE, PO = "TenGigabitEthernet 21/0/5", "Port-channel 10"
CABLE = Cable("host1", "host1", "eth0", "tor1", (TE,), (TE,), "agrees")
WRITE = Cable("host2", "host1", "eth0", "tor1", (), (PO,), "to be written")


def uplinks(*cables: Cable, unasked: Sequence[Mapping[str, str]] = ()) -> Answer:
    return uplinks_report.answer(uplinks_report.of(cables, unasked))


def test_the_verdict_on_the_uplinks() -> None:
    answer = uplinks(CABLE, CABLE, WRITE)
    told = "3 uplinks of 2 engines: 1 to be written, 2 agrees"
    assert (answer.message, answer.color) == (told, GOOD)
    for state, color in (
        *(("not seen", GOOD), ("differs", WARNING)),
        *(("another host", WARNING), ("ambiguous", WARNING)),
    ):
        answer = uplinks(CABLE._replace(state=state))
        assert (answer.message, answer.color) == (f"1 uplink of 1 engine: 1 {state}", color)
    answer = uplinks(unasked=[{"where": "switch tor2", "error": "No route."}])
    told = "switch tor2 could NOT be asked; No engine is configured"
    assert (answer.message, answer.color) == (told, DANGER)


def test_uplinks_and_what_to_paste() -> None:
    away = CABLE._replace(ports=("FortyGigabitEthernet 21/0/1",), state="differs", why="It is away")
    paste = WRITE._replace(uplink=Uplink("eth0", "tor1", 0, 0, (PO,)))
    unasked = [{"where": "switch tor2", "error": "No route."}]
    _, _, *lines = narrow(uplinks(CABLE, paste, away, unasked=unasked))
    assert [line.split("  ")[-1] for line in lines[:3]] == ["to be written", "differs", "agrees"]
    assert "-            Po 10" in lines[0]
    assert "Fo 21/0/1    Te 21/0/5" in lines[1]
    assert lines[3].startswith("LLDP is not authenticated")
    assert lines[5:9] == [
        "host1 eth0: It is away.",
        "switch tor2: No route.",
        "# engine host2: in place of its uplinks",
        "    uplinks:",
    ]
    assert lines[-1] == '          - "Port-channel 10"'


# docker.segment.remove.


def test_a_removal() -> None:
    told = "Ve 112 is removed (it was already). (0.4 s, asked by ada (ops))"
    assert shown.removed({"message": told}) == Answer("Ve 112 is removed (it was already)")
    told = "Ve 112 of tor1 is removed. (0.4 s)"
    failed = shown.removed({"message": told, "error": "no"})
    assert failed == Answer("Ve 112 of tor1 is removed", color=DANGER)


def test_what_would_be_removed() -> None:
    would = {"switch": "tor1", "dry_run": True}
    diff = shown.removed({**would, "diff": "-a\n- b"})
    assert diff == Answer("This would be removed from tor1", ["-a", "- b"])
    none = shown.removed({**would, "diff": ""})
    assert none == Answer("There is nothing to remove from tor1")


# docker.doctor.


def test_the_doctor_tells_what_failed_first_and_only_counts_what_is_well() -> None:
    found = [
        check_result.ok("reach", "switch tor1", "It answers."),
        check_result.warning("TLS", "engine host1", "None.", "Look."),
        check_result.failed("login", "switch tor1", "Denied.", "Try."),
    ]
    keys = [{"switch": "tor1", "fingerprint": "SHA256:abc"}]

    def told(failed: int, warnings: int, last: int) -> Answer:
        checks = [one._asdict() for one in found[:last]]
        counts = {"failed": failed, "warnings": warnings, "host_keys": keys}
        return doctor.of({"checks": checks, **counts})

    answer = told(1, 1, 3)
    assert (answer.message, answer.color) == ("1 of 3 checks failed, 1 warning", DANGER)
    assert narrow(answer) == [
        *("failed: login, switch tor1", "  Denied.", "  -> Try."),
        *("warning: TLS, engine host1", "  None.", "  -> Look."),
        "tor1 shows SHA256:abc",
    ]
    answer = told(0, 1, 2)
    assert (answer.message, answer.color) == ("None of 2 checks failed, 1 warning", WARNING)
    answer = told(0, 0, 1)
    assert (answer.message, answer.color) == ("None of 1 check failed", GOOD)
    assert narrow(answer) == ["tor1 shows SHA256:abc"]
