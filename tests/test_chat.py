"""What chat reads of a command's result, whatever is in it.

All aliases have one format for results (test_aliases), rendered here as StackStorm renders it: by
the template, and by the workflow that posts it. From end to end: test_end_to_end.
"""

import re
from typing import Any, Dict, NamedTuple, Optional

import hostile
import pytest

pytest.importorskip("lab.stackstorm", reason="what StackStorm renders needs orquesta")

from conftest import PACK
from docker_tor.common.errors import InvalidValue
from docker_tor.common.sanitize import label, printable

from lab.stackstorm import alias_messages, registry
from lab.stackstorm.datastore import Datastore

MOST = 3500
"""Characters of a result that chat shows."""


class Backend(NamedTuple):
    """What expressions ask."""

    store: Datastore

    def task_results(self, _workflow: str, _task: str, _route: int) -> Any:
        return []


@pytest.fixture(scope="module")
def pack() -> Any:
    return registry.load(PACK)


@pytest.fixture(scope="module")
def store() -> Datastore:
    kept = Datastore()
    kept.set("vdx_password", "Pa55-0f-the-sw1tch", secret=True)
    return kept


class Chat(NamedTuple):
    """What is said of an execution of docker.plan."""

    pack: Any
    store: Datastore

    def says(self, status: str, result: Any, **more: Any) -> alias_messages.Said:
        """By the alias's format."""
        action = {"ref": "docker.plan"}
        execution = {"id": "6b05", "status": status, "action": action, "result": result, **more}
        alias = self.pack.aliases["docker.tor-plan"]
        said: Optional[alias_messages.Said] = alias_messages.result(self.store, alias, execution)
        assert said is not None
        return said

    def posts(self, status: str, result: Dict[str, Any]) -> Dict[str, Any]:
        """By the workflow that posts it, too."""
        said = self.says(status, {"result": result, "exit_code": 0}, elapsed_seconds=0.25)
        out: Dict[str, Any] = alias_messages.through_workflow(Backend(self.store), "stanley", said)
        return out


@pytest.fixture(scope="module")
def chat(pack: Any, store: Datastore) -> Chat:
    return Chat(pack, store)


def test_a_table_and_how_it_went(chat: Chat) -> None:
    said = chat.says("succeeded", {"result": {"table": "network\nweb"}}, elapsed_seconds=0.25)
    assert said.message.splitlines() == [
        "```",
        "network",
        "web",
        "```",
        "docker.plan succeeded in 0.2 s (execution 6b05)",
    ]
    fields = [("Action", "docker.plan"), ("Status", "succeeded")]
    assert said.extra == {
        "slack": {
            "color": "good",
            "fields": [{"title": one, "value": value, "short": True} for one, value in fields],
            "footer": "execution 6b05, 0.2 s",
        }
    }


@pytest.mark.parametrize(
    ("result", "shown"),
    [
        ({"error": "no. See `tor networks`."}, ["no. See `tor networks`."]),
        ({"error": "no", "message": "It could NOT.", "table": "vlan"}, ["It could NOT.", "vlan"]),
    ],
)
def test_the_error_or_what_the_team_was_told(
    chat: Chat, result: Dict[str, str], shown: Any
) -> None:
    said = chat.says("failed", {"result": result})
    assert said.message.splitlines()[:-1] == ["```", *shown, "```"]
    assert said.extra is not None
    assert said.extra["slack"]["color"] == "danger"


@pytest.mark.parametrize("result", [None, {}, {"error": "{{ x }}", "traceback": "t"}, "text"])
def test_an_execution_that_leaves_no_result(chat: Chat, result: Any) -> None:
    """Canceled, timed out, or failed before its action began: what StackStorm says then may hold
    anything, the configuration's expressions for one."""
    said = chat.says("canceled", result)
    assert said.message.splitlines() == [
        "There is nothing to show: `st2 execution get 6b05` says why.",
        "docker.plan canceled in 0.0 s (execution 6b05)",
    ]


def test_a_long_table_is_cut(chat: Chat) -> None:
    table = "\n".join(f"network{number}" for number in range(1000))
    text = chat.says("succeeded", {"result": {"table": table}}).message
    assert MOST < len(text) < MOST + 300
    assert "\n```\nThere is more: `st2 execution get 6b05` shows it.\n" in text
    assert text.count("```") == 2


# What hostile text cannot do.

HOSTILE = [
    name
    for name in (*hostile.NAMES, *hostile.TEXTS)
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
    more = r"(There is more: `st2 execution get \w+` shows it\.\n)?"
    assert re.fullmatch(rf"\n{more}docker\.plan \w+ in \d\.\d s \(execution 6b05\)", after)


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_no_name_forges_a_message(chat: Chat, name: str) -> None:
    table = f"network   vlan\n--------  ----\n{printable(name, 60)}  112\n{label(name)}  113"
    harmless(chat.posts("succeeded", {"table": table})["message"], 4)
    error = InvalidValue(f"no network {name}", where=name, remedy=f"Not {name}.").as_result()
    out = chat.posts("failed", error)
    harmless(out["message"], 1)
    assert "'color': 'danger'" in out["extra"]


def test_the_names_would_do_harm_if_they_were_let(chat: Chat) -> None:
    caught = 0
    for name in hostile.NAMES:
        try:
            harmless(chat.posts("succeeded", {"table": f"a\nb\n{name}"})["message"], 3)
        except Exception:  # noqa: BLE001  # a message that is not harmless, or none at all
            caught += 1
    assert caught > len(hostile.NAMES) / 2
