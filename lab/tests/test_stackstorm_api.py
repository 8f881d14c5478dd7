"""The lab's HTTP API, asked as the `st2` command asks it; and the real command."""

import json
from typing import Any, Dict, Iterator, List, Tuple

import pytest

pytest.importorskip("lab.stackstorm", reason="the lab's requirements are not installed")

import requests

from lab import client
from lab.stackstorm.api import ApiServer
from lab.tests.conftest import TOKEN, WAIT


@pytest.fixture(scope="module")
def url(st2: Any) -> Iterator[str]:
    with ApiServer(st2, 0) as api:
        yield api.url


class Asked:
    """A session with the API."""

    def __init__(self, st2: Any, url: str) -> None:
        self.st2 = st2
        self._url = url

    def __call__(self, method: str, path: str, body: Any = None, **more: Any) -> Tuple[int, Any]:
        data = None if body is None else json.dumps(body)
        more.setdefault("headers", {"Content-Type": "application/json"})
        answer = requests.request(method, self._url + path, data=data, timeout=WAIT, **more)
        return answer.status_code, answer.json() if answer.content else None

    def run(self, action: str, **parameters: Any) -> Dict[str, Any]:
        body = {"action": f"tried.{action}", "parameters": parameters}
        status, shown = self("POST", "/executions", body)
        assert status == 201, shown
        self.st2.wait(shown["id"], WAIT)
        return dict(self("GET", f"/executions/{shown['id']}")[1])


@pytest.fixture
def ask(st2: Any, url: str) -> Asked:
    return Asked(st2, url)


def test_a_run_and_its_secrets(ask: Asked) -> None:
    shown = ask.run("echo", text="hi", number=5, password="p4ss", details={"pin": "1234"})
    assert shown["status"] == "succeeded"
    assert shown["parameters"]["password"] == "********"
    assert shown["parameters"]["details"] == {"pin": "********"}
    assert shown["result"]["result"]["hidden"] == "********"
    assert shown["result"]["result"]["number"] == 5


def test_rules(ask: Asked) -> None:
    _, listed = ask("GET", "/rules/?limit=50")
    assert {one["ref"] for one in listed} == {"tried.greet", "tried.tick"}
    _, rule = ask("GET", "/rules/tried.greet")
    assert "parameters" not in rule["action"]
    for enabled in (False, True):
        assert ask("PUT", f"/rules/{rule['id']}", {**rule, "enabled": enabled})[0] == 200
        assert ask.st2.pack.rules["tried.greet"].enabled is enabled


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("GET", "/traces", None, 501, "The lab does not answer GET /v1/traces."),
        ("POST", "/executions", {"action": "tried.absent"}, 400, "cannot be found"),
        ("POST", "/executions", {"action": "tried.echo"}, 400, "'text' is a required property"),
        ("POST", "/executions", {"action": "tried.echo", "delay": 5}, 400, "not ['delay']"),
        ("POST", "/executions", [], 400, "needs to be an object"),
        ("GET", "/executions/absent", None, 404, "not found"),
        ("GET", "/actions/tried.absent", None, 404, '"tried.absent" not found'),
        (
            *("POST", "/aliasexecution/match_and_execute", {"command": "dance"}, 400),
            "Command 'dance' matched no patterns",
        ),
    ],
)
def test_what_is_refused(
    ask: Asked, method: str, path: str, body: Any, status: int, said: str
) -> None:
    found = ask(method, path, body)
    assert found[0] == status
    assert said in found[1]["faultstring"]


@pytest.mark.parametrize(
    ("method", "headers"),
    [("GET", {"Host": "evil.example"}), ("POST", {}), ("POST", {"Content-Type": "text/plain"})],
)
def test_what_a_page_in_a_browser_may_send(ask: Asked, method: str, headers: Any) -> None:
    assert ask(method, "/executions", {"action": "tried.one"}, headers=headers)[0] == 403


# The real command.


@pytest.mark.skipif(not client.HELPER.is_file(), reason="no st2 command: `make st2client`")
def test_the_real_command(st2: Any, url: str) -> None:
    def shell(*words: str) -> str:
        return client.run(str(client.HELPER), url, words)

    shown = shell("run", "tried.chain", "text=hello", f"password={TOKEN}")
    assert "status: succeeded" in shown
    assert TOKEN not in shown
    assert [row[2] for row in _rows(shown) if row[2]] == ["first", "second"]
    (first, *_) = _rows(shell("execution", "list", "-n", "1"))
    assert first[1:3] == ["tried.chain", "stanley"]
    assert f"id: {first[0]}" in shell("execution", "get", first[0])
    assert "tried.echo" in shell("action", "list", "--pack", "tried")
    shell("rule", "disable", "tried.greet")
    assert next(row[-1] for row in _rows(shell("rule", "list"))) == "False"
    st2.set_rule("tried.greet", True)
    with pytest.raises(client.ClientFailed, match="The lab does not answer GET /v1/traces"):
        shell("trace", "list")


def _rows(text: str) -> List[List[str]]:
    """The cells of a table that the client has drawn, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]
