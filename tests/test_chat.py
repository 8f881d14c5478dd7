"""What chat reads: the pack's commands in the lab's StackStorm, their actions stood in for by one
that shows what it is told (tests/fixtures/chat_actions)."""

import json
import re
import shutil
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest

pytest.importorskip("lab.stackstorm", reason="the lab's requirements are not installed")

import hostile
from conftest import PACK
from docker_tor.errors import InvalidValue
from docker_tor.text import label, printable

from lab.stackstorm import Reply, RequestError, StackStorm, alias_messages, aliases

STAND_INS = PACK / "tests" / "fixtures" / "chat_actions"
PASSWORD = "Pa55-0f-the-sw1tch"
WAIT = 60.0
NO_LOGIN = {"port": 0, "username": "", "password": ""}
"""docker.yaml's counts."""
MOST = 3500
"""Characters of a result that chat shows."""


@pytest.fixture(scope="module")
def st2(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackStorm]:
    folder = tmp_path_factory.mktemp("packs") / "docker"
    kept = shutil.ignore_patterns(".*", "tests", "lab", "__pycache__")
    shutil.copytree(PACK, folder, symlinks=True, ignore=kept)
    shutil.copytree(STAND_INS, folder / "actions", dirs_exist_ok=True)
    with StackStorm(folder, {}) as st2:
        st2.datastore.set("vdx_password", PASSWORD, secret=True)
        yield st2


def show(st2: StackStorm, names: List[str]) -> None:
    """Let there be networks of these names."""
    st2.datastore.set("names", json.dumps(names))


def text(reply: Reply) -> str:
    assert reply.message is not None, reply.failure
    return reply.message.message


def slack(reply: Reply) -> Dict[str, Any]:
    assert reply.message is not None, reply.failure
    assert reply.message.extra is not None
    (extra,) = reply.message.extra.values()
    assert list(reply.message.extra) == ["slack"]
    return dict(extra)


def test_a_table_and_how_it_went(st2: StackStorm) -> None:
    show(st2, ["web", "db"])
    reply = st2.chat("tor networks", user="ann", channel="ops", timeout=WAIT)
    id_ = reply.execution.id
    took = f"{reply.execution.elapsed_seconds:.1f} s"
    assert text(reply).splitlines() == [
        "```",
        "network",
        "-------",
        "web",
        "db",
        "```",
        f"docker.networks succeeded in {took} (execution {id_})",
    ]
    assert slack(reply) == {
        "color": "good",
        "fields": [
            {"title": "Action", "value": "docker.networks", "short": True},
            {"title": "Status", "value": "succeeded", "short": True},
        ],
        "footer": f"execution {id_}, {took}",
    }
    assert reply.message is not None
    assert (reply.message.channel, reply.message.user) == ("ops", "ann")


def test_the_error_and_what_to_do(st2: StackStorm) -> None:
    show(st2, ["web"])
    reply = st2.chat("tor plan wbe on tor1", timeout=WAIT)
    assert reply.execution.status == "failed"
    assert text(reply).splitlines()[1:3] == [
        "there is no network wbe. See `tor networks`.",
        "```",
    ]
    assert "docker.plan failed" in text(reply)
    assert slack(reply)["color"] == "danger"


def test_an_action_that_leaves_no_result(st2: StackStorm) -> None:
    """What StackStorm says then may hold anything, the configuration's expressions for one."""
    reply = st2.chat("tor plan silence", timeout=WAIT)
    assert text(reply).startswith(
        f"There is nothing to show: `st2 execution get {reply.execution.id}` says why.\n"
    )
    assert slack(reply)["color"] == "danger"


@pytest.mark.parametrize("result", [None, {}, {"error": "{{ x }}", "traceback": "t"}, "text"])
def test_whatever_an_execution_leaves(st2: StackStorm, result: Any) -> None:
    """Canceled, timed out, or failed before its action began."""
    execution = {"id": "6b05", "status": "canceled", "action": {"ref": "docker.plan"}}
    said = alias_messages.result(
        st2.datastore, st2.pack.aliases["docker.tor-plan"], {**execution, "result": result}
    )
    assert said is not None
    assert said.message.splitlines() == [
        "There is nothing to show: `st2 execution get 6b05` says why.",
        "docker.plan canceled in 0.0 s (execution 6b05)",
    ]
    assert said.extra is not None
    assert said.extra["slack"]["footer"] == "execution 6b05, 0.0 s"


def test_a_long_table_is_cut(st2: StackStorm) -> None:
    show(st2, [f"network{number}" for number in range(1000)])
    reply = st2.chat("tor networks", timeout=WAIT)
    assert MOST < len(text(reply)) < MOST + 300
    assert f"```\nThere is more: `st2 execution get {reply.execution.id}` shows it." in text(reply)
    assert text(reply).count("```") == 2


# What is asked of the actions.


@pytest.mark.parametrize(
    ("line", "action", "parameters"),
    [
        ("tor plan", "plan", {"network": None, "switch": None}),
        ("tor reconcile", "reconcile", {"switch": None, "dry_run": True}),
        ("tor reconcile on tor1", "reconcile", {"switch": "tor1", "dry_run": True}),
        (
            "tor reconcile apply",
            "reconcile",
            {"switch": None, "dry_run": False, "release_holds": True, "orphans": ""},
        ),
        ("tor show ve 112", "vdx.show_ve", {"vlan": 112, "switch": None}),
        (
            "tor remove vlan 112 on tor1",
            "vdx.remove",
            {"vlan": 112, "switch": "tor1", "force": False, **NO_LOGIN},
        ),
        ("tor doctor", "doctor", {}),
    ],
)
def test_a_line_runs_its_action(
    st2: StackStorm, line: str, action: str, parameters: Dict[str, Any]
) -> None:
    reply = st2.chat(line, timeout=WAIT)
    assert (reply.execution.action.ref, reply.execution.status) == (f"docker.{action}", "succeeded")
    assert reply.execution.parameters == parameters
    changes = parameters.get("dry_run") is False or action in ("vdx.remove", "doctor")
    assert reply.ack == (f"On it: execution {reply.execution.id}." if changes else None)


def test_a_network_is_applied(st2: StackStorm) -> None:
    show(st2, ["on the web"])
    reply = st2.chat('tor apply "on the web" on tor1', timeout=WAIT)
    found = reply.execution.parameters
    wanted = {"network": "on the web", "switch": "tor1"}
    assert found == {**wanted, "dry_run": False, "orphans": ""}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("tor reconcile dry_run=false", "Immutable arguments cannot be overriden: dry_run"),
        ("tor apply web dry_run=true", "Immutable arguments cannot be overriden: dry_run"),
        ("tor remove vlan all", 'Failed to cast value "all"'),
        ("tor networks everywhere=yes", "'everywhere' was unexpected"),
        ("tor dance", "matched no patterns"),
    ],
)
def test_what_is_refused_before_anything_runs(st2: StackStorm, line: str, said: str) -> None:
    before = len(st2.executions())
    with pytest.raises(RequestError, match=re.escape(said)):
        st2.chat(line, timeout=WAIT)
    assert len(st2.executions()) == before


def test_the_help(st2: StackStorm) -> None:
    own = [item for item in aliases.help_strings(st2.pack.aliases.values()) if item["description"]]
    assert sorted(item["display"] for item in own) == [
        "tor apply <network> [on <switch>]",
        "tor doctor",
        "tor networks",
        "tor plan [<network>|<vlan>] [on <switch>]",
        "tor reconcile [on <switch>]",
        "tor reconcile apply [on <switch>]",
        "tor remove vlan <vlan> [on <switch>]",
        "tor show ve <vlan> [on <switch>]",
    ]


# What hostile text cannot do.

HOSTILE = [
    name
    for name in (*hostile.NAMES, *hostile.TEXTS, *hostile.PARENTS, *hostile.SUBNETS)
    # What JSON cannot carry never reaches an action's result.
    if not re.search("[\ud800-\udfff]", name)
]
LIVE = re.compile(r"<[!@]|<\w|@\w|\{\{|\{%|\{#|<%|\{~\}")
"""A mention, a link, an expression, or what cuts a message in two."""


def harmless(message: str, rows: int) -> None:
    """One block of code of so many rows, with nothing live in it, and nothing foreign outside."""
    before, block, after = message.split("```")
    assert before == ""
    assert len(block.strip("\n").splitlines()) == rows
    assert not LIVE.search(block)
    assert re.fullmatch(
        r"\n(There is more: `st2 execution get \w+` shows it\.\n)?"
        r"docker\.\w+ (succeeded|failed) in \d+\.\d s \(execution \w+\)",
        after,
    )
    assert PASSWORD not in message


def posted(st2: StackStorm, status: str, result: Dict[str, Any]) -> Dict[str, Any]:
    """What comes out of the workflow that posts the answer to `tor networks`."""
    execution = {
        "id": "6b05",
        "status": status,
        "action": {"ref": "docker.networks"},
        "elapsed_seconds": 0.25,
        "result": {"result": result, "stdout": "", "stderr": "", "exit_code": 0},
    }
    alias = st2.pack.aliases["docker.tor-networks"]
    said = alias_messages.result(st2.datastore, alias, execution)
    assert said is not None
    return alias_messages.through_workflow(st2._workflows, "stanley", said)


def test_what_the_team_was_told_stands_for_the_error(st2: StackStorm) -> None:
    result = {"error": "no", "message": "Ve 112 could NOT be removed: no.", "table": "vlan\n112"}
    shown = posted(st2, "failed", result)["message"]
    assert shown.startswith("```\nVe 112 could NOT be removed: no.\nvlan\n112\n```\n")


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_no_name_forges_a_message(st2: StackStorm, name: str) -> None:
    for shown in (printable(name, 60), label(name)):
        result = {"table": f"network   vlan\n--------  ----\n{shown}  112"}
        harmless(posted(st2, "succeeded", result)["message"], 3)
    error = InvalidValue(f"no network {name}", where=name, remedy=f"Not {name}.").as_result()
    out = posted(st2, "failed", error)
    harmless(out["message"], 1)
    assert "'color': 'danger'" in out["extra"]


def test_the_names_would_do_harm_if_they_were_let(st2: StackStorm) -> None:
    caught = 0
    for name in HOSTILE:
        try:
            harmless(posted(st2, "succeeded", {"table": f"a\nb\n{name}"})["message"], 3)
        except Exception:  # noqa: BLE001  # a message that is not harmless, or none at all
            caught += 1
    assert caught >= len(hostile.NAMES) - 4


def test_no_name_forges_a_message_from_end_to_end(st2: StackStorm) -> None:
    show(st2, list(hostile.NAMES))
    reply = st2.chat("tor networks", timeout=WAIT)
    harmless(text(reply), 2 + len(hostile.NAMES))
    assert slack(reply)["color"] == "good"
    assert PASSWORD not in str(reply.message)


@pytest.mark.parametrize("name", hostile.NAMES, ids=ascii)
def test_who_chats_gets_nothing_that_is_not_his(st2: StackStorm, name: str) -> None:
    """What somebody says to the bot comes back in the error, and is nobody's template."""
    show(st2, [])
    quote = "'" if '"' in name else '"'
    reply = st2.chat(f"tor plan {quote}{name}{quote}", timeout=WAIT)
    harmless(text(reply), 1)
    assert slack(reply)["color"] == "danger"
    assert PASSWORD not in f"{reply.ack} {reply.message}"


def test_stand_ins_have_the_names_of_the_actions(st2: StackStorm) -> None:
    there = {f"docker.{path.stem}" for path in Path(STAND_INS).glob("*.yaml")}
    assert there == {alias.action_ref for alias in st2.pack.aliases.values()}
