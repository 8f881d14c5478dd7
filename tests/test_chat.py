"""What Slack is sent of a command's answer, whatever is in it.

All aliases have one format for results (test_aliases), rendered here as StackStorm renders it: by
the template, and by the workflow that posts it; and told as hubot tells it. What is in an answer:
test_answers. From end to end: test_end_to_end.
"""

import ast
import re
from typing import Any, Dict, NamedTuple, Optional

import hostile
import pytest

pytest.importorskip("lab.stackstorm", reason="what StackStorm renders needs orquesta")

from conftest import PACK
from docker_tor.common.errors import InvalidValue
from docker_tor.common.sanitize import label
from docker_tor.notify import answers
from docker_tor.notify.answers import DANGER, GOOD, MOST_LINES, WIDE, Answer

from lab import slack
from lab.stackstorm import chat as chats
from lab.stackstorm import registry
from lab.stackstorm.datastore import Datastore

URL = "https://st2.example.net/#/history/6b05/general"
MOST = 4000
"""Characters of an answer: less than any chat system cuts, or tells in pieces."""


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

    def says(self, status: str, result: Any, **more: Any) -> chats.Said:
        """By the alias's format."""
        execution = {"id": "6b05", "status": status, "context": {}, "result": result, **more}
        alias = self.pack.aliases["docker.tor-plan"]
        said: Optional[chats.Said] = chats.result(alias, execution)
        assert said is not None
        return said

    def posts(self, answer: Answer, **more: Any) -> Dict[str, Any]:
        """By the workflow that posts it, and by hubot: the one thing that Slack is sent."""
        result = {"result": {"answer": answer.as_result()}, "exit_code": 0}
        said = self.says("succeeded", result, **more)
        out = chats.through_workflow(self.store, "stanley", said)
        extra = ast.literal_eval(out["extra"])
        (payload,) = slack.payloads(
            out["message"], "C1", "ada", extra, more.get("context", {}).get("source_context")
        )
        (attachment,) = payload["attachments"]
        assert len(attachment["text"]) <= MOST
        return dict(payload)


@pytest.fixture(scope="module")
def chat(pack: Any, store: Datastore) -> Chat:
    return Chat(pack, store)


def test_the_verdict_then_the_body_and_the_execution_as_a_link(chat: Chat) -> None:
    text = "2 of 21 segments\n```\nweb\ndb\n```\n"
    assert chat.posts(Answer("2 of 21 segments", ["web", "db"]), web_url=URL) == {
        "channel": "C1",
        "attachments": [
            {
                "color": GOOD,
                "mrkdwn_in": ["text", "pretext"],
                "fields": [{"title": "Execution", "value": f"<{URL}|6b05>", "short": True}],
                "thread_response": "",
                "pretext": "@ada: ",
                "text": text,
                "fallback": text,
            }
        ],
    }


def test_a_long_answer_is_cut_and_goes_in_the_thread_of_what_was_typed(chat: Chat) -> None:
    """By whoever has typed it elsewhere it cannot be had: hubot would fail."""
    answer = Answer("Much", [f"network{number}" for number in range(1000)], DANGER)
    typed = {"source_context": {"id": "1764.5", "text": "tor plan"}}
    payload = chat.posts(answer, context=typed)
    assert payload["thread_ts"] == "1764.5"
    (attachment,) = payload["attachments"]
    assert attachment["color"] == DANGER
    more = 1000 - MOST_LINES
    assert attachment["text"].endswith(f"\n```\nand {more} more: `st2 execution get 6b05`\n")
    assert "thread_ts" not in chat.posts(answer)
    # No answer is longer than chat systems take.
    chat.posts(Answer("x" * 9999, ["w" * WIDE] * (MOST_LINES + 1)))
    little = chat.posts(Answer("Little"), context=typed)
    assert "thread_ts" not in little
    # Without a web interface the execution is no link.
    assert little["attachments"][0]["fields"][0]["value"] == "6b05"


@pytest.mark.parametrize("result", [None, {}, {"error": "{{ x }}", "traceback": "t"}, "text"])
def test_an_execution_that_leaves_no_answer(chat: Chat, result: Any) -> None:
    """Canceled, timed out, or failed before its action began: what StackStorm says then may hold
    anything, the configuration's expressions for one."""
    said = chat.says("canceled", result)
    assert said.message.splitlines() == [
        "It ended as canceled, without an answer.",
        "See: `st2 execution get 6b05`",
    ]
    assert said.extra is not None
    assert said.extra["color"] == DANGER


# What hostile text cannot do.

HOSTILE = [
    name
    for name in (*hostile.NAMES, *hostile.TEXTS)
    # What JSON cannot carry never reaches an action's result.
    if not re.search("[\ud800-\udfff]", name)
]
LIVE = re.compile(r"<[!@]|<\w|@\w|\{\{|\{%|\{#|<%|\{~\}")
"""A mention, a link, an expression, or what cuts a message in two."""


def harmless(payload: Dict[str, Any], rows: int) -> None:
    """A sentence, and one block of code of so many rows, with nothing live in them; and no link but
    the one to the execution."""
    (attachment,) = payload["attachments"]
    sentence, block, after = attachment["text"].split("```")
    assert re.fullmatch(r"[^\n]*\n", sentence)
    assert len(block.strip("\n").splitlines()) == rows
    assert not LIVE.search(sentence + block)
    assert not re.search("https?://", sentence, re.IGNORECASE)
    assert after == "\n"
    assert attachment["fields"][0]["value"] == f"<{URL}|6b05>"
    assert attachment["pretext"] == "@ada: "


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_no_name_forges_an_answer(chat: Chat, name: str) -> None:
    error = InvalidValue(f"no network {name}", where=name, remedy=f"Not {name}.")
    rows = answers.rows(("network", "VLAN"), [(name, 112), (label(name), 113)])
    harmless(chat.posts(Answer(str(error), rows, DANGER), web_url=URL), 4)
    said = answers.wrapped(f"{name}: {error}")
    harmless(chat.posts(Answer(name, [said]), web_url=URL), len(said.splitlines()))


def test_the_names_would_do_harm_if_they_were_let(chat: Chat) -> None:
    caught = 0
    for name in hostile.NAMES:
        try:
            harmless(chat.posts(Answer("x", [f"a\nb\n{name}"]), web_url=URL), 3)
        except Exception:  # noqa: BLE001  # an answer that is not harmless, or none at all
            caught += 1
    assert caught > len(hostile.NAMES) / 2
