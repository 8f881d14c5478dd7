"""The real `st2` command, 3.9.0, on the lab's StackStorm."""

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Callable, Iterator, List

import pytest

pytest.importorskip("lab.stackstorm", reason="the lab's requirements are not installed")

from lab import client
from lab.stackstorm import StackStorm
from lab.stackstorm.api import ApiServer

PACK = Path(__file__).parent / "fixtures" / "lab_pack"
CONFIG = {"limits": {"high": 9}, "token": "{{ st2kv.system.token }}"}
WAIT = 30.0
NEEDED = "there is no st2 command: `make st2client` gets it"

needs_client = pytest.mark.skipif(not client.HELPER.is_file(), reason=NEEDED)


class Shell:
    """A terminal in which `st2` is for the lab."""

    def __init__(self, st2: StackStorm, url: str) -> None:
        self.st2 = st2
        self._url = url

    def __call__(self, *words: str) -> str:
        return client.run(str(client.HELPER), self._url, words)

    def fails(self, *words: str) -> str:
        with pytest.raises(client.ClientFailed) as caught:
            self(*words)
        return str(caught.value)

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "-j"))


@pytest.fixture(scope="module")
def shell() -> Iterator[Shell]:
    with ApiServer(0) as server, StackStorm(PACK, CONFIG, api_url=server.url) as st2:
        with server.serving(st2):
            st2.datastore.set("token", "TOKEN", secret=True)
            yield Shell(st2, server.url)


def rows(text: str) -> List[List[str]]:
    """The cells of a table that the client has drawn, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]


@needs_client
def test_it_is_the_one_that_belongs_to_the_stackstorm_that_the_lab_is_like(shell: Shell) -> None:
    assert shell("--version").startswith("st2 3.9.0")


@needs_client
def test_a_run_that_is_waited_for(shell: Shell) -> None:
    shown = shell("run", "lab_pack.echo", "text=hello", "number=5", "password=hush")
    assert "status: succeeded" in shown
    assert "action.ref: lab_pack.echo" in shown
    assert re.search(r"parameters: *\n(  .*\n)*  password: '\*{8}'\n", shown), shown
    assert re.search(r"\n    number: 5\n", shown)
    assert "hush" not in shown.split("result:")[0]


@needs_client
def test_a_run_that_fails_tells_by_its_exit_status(shell: Shell) -> None:
    said = shell.fails("run", "lab_pack.probe", "what=fail", "value=because")
    assert "status: failed" in said
    assert "reason: because" in said


@needs_client
def test_a_run_that_is_refused_shows_what_the_api_says(shell: Shell) -> None:
    said = shell.fails("run", "lab_pack.echo")
    assert "400 Client Error: Bad Request\nMESSAGE: 'text' is a required property" in said
    assert 'Action "lab_pack.disabled" is disabled' in shell.fails("run", "lab_pack.disabled")
    assert "doesn't exist" in shell.fails("run", "lab_pack.absent")


@needs_client
def test_a_workflow_is_shown_with_its_tasks(shell: Shell) -> None:
    told = shell("run", "lab_pack.nested", "-a")
    id_ = told.split("st2 execution get ")[1].split()[0]
    shell.st2.wait(id_, WAIT)
    shown = shell("execution", "get", id_)
    assert f"id: {id_}\n" in shown
    assert re.search(r"status: succeeded \(\d+s elapsed\)", shown)
    tasks = [row for row in rows(shown) if row[2]]
    expected = [child.task for child in shell.st2.children(id_)]
    assert [row[2] for row in tasks] == expected
    assert {row[1].split()[0] for row in tasks} == {"succeeded"}
    assert tasks[0][0].lstrip("+ ") == shell.st2.children(id_)[0].id
    # A workflow among the tasks is marked, as its own tasks are indented.
    assert tasks[0][0].startswith("+ ")


@needs_client
def test_an_execution_as_json(shell: Shell) -> None:
    execution = shell.st2.wait(shell.st2.run("lab_pack.echo", {"text": "a"}).id, WAIT)
    shown = shell.json("execution", "get", execution.id)
    assert shown["id"] == execution.id
    assert shown["result"]["result"]["text"] == "a"
    assert "result" not in shell.json("execution", "get", execution.id, "-x")
    assert "not found" in shell.fails("execution", "get", "absent")


@needs_client
def test_executions_are_listed(shell: Shell) -> None:
    runs = [
        shell.st2.wait(shell.st2.run(f"lab_pack.{action}", parameters).id, WAIT)
        for action, parameters in (
            ("echo", {"text": "a"}),
            ("probe", {"what": "nothing"}),
            ("echo", {"text": "b"}),
        )
    ]
    ids = [run.id for run in runs]
    listed = shell.json("execution", "list", "-n", "3")
    assert [one["id"] for one in listed] == ids
    of_action = shell.json("execution", "list", "-n", "2", "--action", "lab_pack.echo")
    assert [one["id"] for one in of_action] == [ids[0], ids[2]]
    failed = shell.json("execution", "list", "-n", "1", "--status", "failed")
    assert [one["id"] for one in failed] == [ids[1]]
    ascending = shell.json("execution", "list", "-n", "-1", "-s", "asc")
    assert [one["id"] for one in ascending][:3] == ids[::-1]
    assert rows(shell("execution", "list", "-n", "1"))[0][:3] == [
        ids[2],
        "lab_pack.echo",
        "stanley",
    ]


@needs_client
def test_canceling(shell: Shell) -> None:
    execution = shell.st2.run("lab_pack.echo", {"text": "a"}, delay=60_000)
    said = shell("execution", "cancel", execution.id)
    assert said.strip().endswith(f"with id {execution.id} canceled.")
    assert execution.status == "canceled"
    assert "not found" in shell("execution", "cancel", "absent")
    ended = shell.st2.wait(shell.st2.run("core.noop").id, WAIT)
    assert "Action cannot be canceled. State = succeeded." in shell("execution", "cancel", ended.id)


@needs_client
def test_running_again(shell: Shell) -> None:
    execution = shell.st2.wait(shell.st2.run("lab_pack.echo", {"text": "once"}).id, WAIT)
    shown = shell("execution", "re-run", execution.id, "number=7")
    assert re.search(r"\n    number: 7\n", shown)
    assert re.search(r"\n    text: once\n", shown)


@needs_client
def test_tailing_what_has_ended_and_what_goes_on(shell: Shell, tmp_path: Path) -> None:
    execution = shell.st2.wait(shell.st2.run("lab_pack.echo", {"text": "a"}).id, WAIT)
    said = shell("execution", "tail", execution.id)
    assert said.startswith("printed\n")
    assert f"Execution {execution.id} has completed (status=succeeded)." in said
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    waiting = shell.st2.run("lab_pack.gate", {"path": str(gate)})
    said_later: List[str] = []
    tail = threading.Thread(
        target=lambda: said_later.append(shell("execution", "tail", waiting.id))
    )
    tail.start()
    notifier = shell.st2._notifier
    while not notifier._subscriptions and tail.is_alive():
        tail.join(0.01)
    gate.write_text("")
    tail.join(WAIT)
    assert f"Execution {waiting.id} has completed (status=succeeded)." in said_later[0]


@needs_client
def test_rules(shell: Shell) -> None:
    listed = {row[0]: row[-1] for row in rows(shell("rule", "list"))}
    assert listed["lab_pack.greet"] == "True"
    assert listed["lab_pack.switched_off"] == "False"
    shell("rule", "disable", "lab_pack.greet")
    assert shell.st2.rules["lab_pack.greet"].enabled is False
    assert shell.json("rule", "get", "lab_pack.greet")["enabled"] is False
    shell("rule", "enable", "lab_pack.greet")
    assert shell.st2.rules["lab_pack.greet"].enabled is True
    assert "********" in shell("rule", "get", "lab_pack.greet")
    only = shell.json("rule", "list", "--enabled", "--action", "lab_pack.echo")
    assert {one["ref"] for one in only} == {
        ref
        for ref, rule in shell.st2.rules.items()
        if rule.enabled and rule.action == "lab_pack.echo"
    }


@needs_client
def test_keys(shell: Shell) -> None:
    shell("key", "set", "colour", "blue")
    assert shell.json("key", "get", "colour")["value"] == "blue"
    assert "colour" in [one["name"] for one in shell.json("key", "list")]
    shell("key", "set", "safe", "hush", "--encrypt")
    assert "hush" not in shell("key", "get", "safe") + shell("key", "list")
    assert shell.json("key", "get", "safe", "--decrypt")["value"] == "hush"
    assert "successfully deleted" in shell("key", "delete", "colour")
    assert shell.st2.datastore.get("colour") is None
    assert "not found" in shell.fails("key", "get", "colour")


@needs_client
@pytest.mark.parametrize(
    ("kind", "ref"),
    [
        ("action", "lab_pack.echo"),
        ("trigger", "lab_pack.Visitor"),
        ("sensor", "lab_pack.Poller"),
        ("policy", "lab_pack.gate.one"),
        ("action-alias", "lab_pack.greet"),
        ("pack", "lab_pack"),
    ],
)
def test_what_the_pack_brings(shell: Shell, kind: str, ref: str) -> None:
    assert ref in [one["ref"] for one in shell.json(kind, "list")]
    shown = shell.json(kind, "get", ref)
    assert ref in (shown.get("ref"), shown.get("name"))
    assert "not found" in shell.fails(kind, "get", "lab_pack.absent").lower().replace(
        "doesn't exist", "not found"
    )


@needs_client
def test_triggers_and_what_came_of_them(shell: Shell) -> None:
    instance = shell.st2.dispatch("lab_pack.Visitor", {"name": "Ann", "age": 30, "bags": []})
    assert instance is not None
    assert shell.st2.until(lambda: instance.status == "processed", WAIT)
    listed = shell.json("trigger-instance", "list", "--trigger", "lab_pack.Visitor", "-n", "1")
    assert [one["id"] for one in listed] == [instance.id]
    assert shell.json("trigger-instance", "get", instance.id)["payload"]["name"] == "Ann"
    enforced = shell.json("rule-enforcement", "list", "--trigger-instance", instance.id)
    assert [one["rule"]["ref"] for one in enforced] == ["lab_pack.greet"]


@needs_client
def test_chat_commands(shell: Shell) -> None:
    assert rows(shell("action-alias", "match", "greet Ann"))[0][0] == "greet"
    said = shell("action-alias", "execute", "greet Ann")
    assert "Matching Action-alias: 'lab_pack.greet'" in said
    id_ = said.split("st2 execution get ")[1].split()[0]
    assert shell.st2.wait(id_, WAIT).result["result"]["text"] == "Ann"
    assert "matched no patterns" in shell.fails("action-alias", "execute", "dance")


@needs_client
def test_what_the_lab_has_not(shell: Shell) -> None:
    said = shell.fails("trace", "list")
    assert "501 Server Error: Not Implemented" in said
    assert "StackStorm answers GET /traces; the lab does not." in said


# Around it.


def test_it_is_asked_about_the_lab_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "st2"
    program.write_text(
        f"#!{sys.executable}\n"
        "import json, os, sys\n"
        "print(json.dumps([sys.argv[1:], dict(os.environ)]))\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("ST2_AUTH_TOKEN", "somebody's")
    arguments, environment = json.loads(
        client.run(str(program), "http://127.0.0.1:1/v1", ["rule", "list"], width=77)
    )
    assert arguments == ["rule", "list"]
    assert environment["ST2_API_URL"] == environment["ST2_STREAM_URL"] == "http://127.0.0.1:1/v1"
    assert environment["COLUMNS"] == "77"
    assert "ST2_AUTH_TOKEN" not in environment
    assert client.run(str(program), "", [], colour=True).count('"TERM": "xterm"') == 1


def test_one_that_cannot_be_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(client.ClientFailed, match="No such file"):
        client.run(str(tmp_path / "st2"), "", [])

    def too_long(*_: Any, **__: Any) -> Any:
        raise subprocess.TimeoutExpired(["st2"], 60)

    monkeypatch.setattr(subprocess, "run", too_long)
    with pytest.raises(client.ClientFailed, match="timed out"):
        client.run("st2", "", [])


def test_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper = tmp_path / "pack" / ".venv-st2" / "bin" / "st2"
    monkeypatch.setattr(client, "HELPER", helper)
    monkeypatch.setattr(client.shutil, "which", _answer(None))
    assert client.find() is None
    assert client.shown() == ".venv-st2/bin/st2"
    monkeypatch.setattr(client.shutil, "which", _answer("/usr/bin/st2"))
    assert client.find() == client.shown() == "/usr/bin/st2"
    helper.parent.mkdir(parents=True)
    helper.touch()
    assert client.find() == str(helper)
    assert client.shown() == ".venv-st2/bin/st2"


def _answer(value: Any) -> Callable[[str], Any]:
    return lambda _name: value
