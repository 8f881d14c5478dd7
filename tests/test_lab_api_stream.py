"""The lab's event stream: what chat adapters and `st2 execution tail` read."""

import json
import os
import threading
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest

pytest.importorskip("lab.stackstorm", reason="the lab's requirements are not installed")

import requests

from lab.stackstorm import StackStorm, api_stream
from lab.stackstorm.api import ApiServer

PACK = Path(__file__).parent / "fixtures" / "lab_pack"
CONFIG = {"limits": {"high": 9}}
WAIT = 30.0


@pytest.fixture
def lab() -> Iterator[Tuple[StackStorm, ApiServer]]:
    with StackStorm(PACK, CONFIG) as st2, ApiServer(0) as server, server.serving(st2):
        yield st2, server


class Reader:
    """Reads server-sent events; made, it misses none from then on."""

    def __init__(self, server: ApiServer, **query: str) -> None:
        self._answer = requests.get(f"{server.url}/stream", params=query, stream=True, timeout=WAIT)
        assert self._answer.status_code == 200
        self.kind = self._answer.headers["Content-Type"]
        self._lines = self._answer.iter_lines(chunk_size=1)
        assert next(self._lines) == b""

    def __iter__(self) -> Iterator[Tuple[str, Dict[str, Any]]]:
        name = ""
        for line in self._lines:
            field, _, value = line.decode().partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                yield name, json.loads(value)

    def close(self) -> None:
        self._answer.close()


def test_an_execution_from_its_request_to_its_end(lab: Tuple[StackStorm, ApiServer]) -> None:
    st2, server = lab
    reader = Reader(server, events="st2.execution__*,st2.execution.output__create")
    execution = st2.run("lab_pack.echo", {"text": "a", "password": "hush"})
    told: List[Tuple[str, Dict[str, Any]]] = []
    for name, body in reader:
        told.append((name, body))
        if body.get("status") == "succeeded":
            break
    reader.close()
    assert reader.kind == "text/event-stream; charset=UTF-8"
    changes = [(name, body) for name, body in told if "status" in body]
    assert changes[0][0] == "st2.execution__create"
    assert {name for name, _ in changes[1:]} == {"st2.execution__update"}
    statuses = [body["status"] for _, body in changes]
    assert statuses == ["requested", "scheduled", "running", "succeeded"]
    assert {body["parameters"]["password"] for _, body in changes} == {"********"}
    assert {body["id"] for _, body in changes} == {execution.id}
    # What an execution has written comes before the news that it has ended.
    output = [body for name, body in told[:-1] if name == "st2.execution.output__create"]
    assert [one["data"] for one in output if one["output_type"] == "stdout"] == ["printed\n"]


def test_it_ends_where_the_reader_asked(lab: Tuple[StackStorm, ApiServer], tmp_path: Path) -> None:
    st2, server = lab
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    execution = st2.run("lab_pack.gate", {"path": str(gate)})
    reader = Reader(
        server,
        events="st2.execution__update",
        execution_ids=execution.id,
        end_event="st2.execution__update",
        end_execution_id=execution.id,
    )
    gate.write_text("")
    told = list(reader)
    assert {name for name, _ in told} == {"st2.execution__update"}
    assert told[-1][1]["status"] == "succeeded"


def test_what_was_asked_for_and_nothing_else(lab: Tuple[StackStorm, ApiServer]) -> None:
    st2, server = lab
    chat = Reader(server, events="st2.announcement__*")
    noops = Reader(server, action_refs="core.noop", events="st2.execution__create")
    st2.run("core.announcement", {"message": {"any": 1}})
    st2.run("chatops.post_message", {"message": "hello", "channel": "docker"})
    last = st2.run("core.noop")
    name, body = next(iter(chat))
    assert name == "st2.announcement__chatops"
    assert (body["channel"], body["message"]) == ("docker", "hello")
    name, body = next(iter(noops))
    assert (name, body["id"], body["status"]) == ("st2.execution__create", last.id, "requested")
    chat.close()
    noops.close()


def test_it_ends_with_the_server(lab: Tuple[StackStorm, ApiServer]) -> None:
    _, server = lab
    reader = Reader(server)
    ended: List[Any] = []
    thread = threading.Thread(target=lambda: ended.extend(reader))
    thread.start()
    server.close()
    thread.join(WAIT)
    assert not thread.is_alive()
    assert ended == []


def test_silence_is_told_too(
    lab: Tuple[StackStorm, ApiServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, server = lab
    monkeypatch.setattr(api_stream, "HEARTBEAT", 0.01)
    reader = Reader(server)
    assert [next(reader._lines) for _ in range(3)] == [b"", b"", b""]
    reader.close()


def test_subscriptions_end_with_the_stackstorm_and_before() -> None:
    with StackStorm(PACK, CONFIG) as st2:
        first, second = st2.subscribe(), st2.subscribe()
        first.close()
        st2.wait(st2.run("core.noop").id, WAIT)
        assert first.next(0) is None
        event = second.next(WAIT)
        assert event is not None
        assert event.kind == "execution"
    assert second.closed
    assert second.next(WAIT) is None
