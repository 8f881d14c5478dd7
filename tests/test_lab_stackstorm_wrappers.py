"""The scripts that run sensors and actions, and the socket they talk by, in this process."""

import atexit
import ctypes
import datetime
import enum
import json
import logging
import os
import runpy
import socket
import sys
import threading
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest

pytest.importorskip("lab.stackstorm", reason="the lab's requirements are not installed")

from st2common.util import config_loader
from st2common.validators.api import reactor

from lab.stackstorm import action_wrapper, jsonable, sensor_wrapper, wire
from lab.stackstorm.calls import Calls
from lab.stackstorm.datastore import Datastore
from lab.stackstorm.delimiters import DELIMITER

ACTIONS = Path(__file__).parent / "fixtures" / "lab_pack" / "actions"
WAIT = 30.0


@pytest.fixture(autouse=True)
def _same_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loader appends to it."""
    monkeypatch.setattr(sys, "path", list(sys.path))


@dataclass
class Point:
    x: int
    y: Any


class Colour(enum.Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        (True, True),
        ("text", "text"),
        (2**64 - 1, 2**64 - 1),
        (1.5, 1.5),
        (float("inf"), None),
        ([1, (2,)], [1, [2]]),
        ({"a": {"b": ()}}, {"a": {"b": []}}),
        (
            datetime.datetime(2024, 2, 29, 1, 2, 3),  # noqa: DTZ001  # as an action might
            "2024-02-29T01:02:03",
        ),
        (datetime.time(1, 2), "01:02:00"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Point(1, Colour.RED), {"x": 1, "y": "red"}),
    ],
)
def test_what_stackstorms_json_holds(value: Any, plain: Any) -> None:
    assert jsonable.plain(value) == plain


@pytest.mark.parametrize("value", [{1}, b"x", {1: 2}, 2**64, -(2**63) - 1, object(), Point])
def test_what_it_does_not_hold(value: Any) -> None:
    with pytest.raises(TypeError):
        jsonable.plain(value)
    assert json.loads(action_wrapper.encode(value, True)) == {
        "result": str(value),
        "status": True,
    }
    assert action_wrapper.encode(value, None) == str({"result": value, "status": None})


def arguments(file: str, *more: str) -> List[str]:
    return ["--pack=lab_pack", f"--file-path={ACTIONS / file}", "--user=lab", *more]


def output(capsys: pytest.CaptureFixture[str]) -> Any:
    before, text, after = capsys.readouterr().out.split(DELIMITER)
    assert (before, after) == ("printed\n", "")
    return json.loads(text)


def test_run_an_action(capsys: pytest.CaptureFixture[str]) -> None:
    action_wrapper.main(arguments("echo.py", '--parameters={"text": "a"}', "--config={}"))
    assert output(capsys) == {"result": {"text": "a"}, "status": None}


def test_parameters_from_stdin(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = os.pipe()
    os.write(writer, b'{"parameters": {"text": "b"}}\n')
    os.close(writer)
    with os.fdopen(reader) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        action_wrapper.main(arguments("echo.py", "--stdin-parameters"))
        assert output(capsys)["result"] == {"text": "b"}
        with pytest.raises(ValueError, match="no valid parameters"):
            action_wrapper.main(arguments("echo.py", "--stdin-parameters"))


def test_no_parameters_from_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(action_wrapper, "STDIN_TIMEOUT", 0)
    reader, writer = os.pipe()
    with os.fdopen(reader) as stdin, os.fdopen(writer, "w"):
        monkeypatch.setattr(sys, "stdin", stdin)
        with pytest.raises(ValueError, match="timed out"):
            action_wrapper.main(arguments("echo.py", "--stdin-parameters"))


def test_a_status_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    action = tmp_path / "pair.py"
    action.write_text(
        "from st2common.runners.base_action import Action\n"
        "class Pair(Action):\n    def run(self): return ('maybe', 1)\n"
    )
    with pytest.raises(SystemExit) as caught:
        action_wrapper.Wrapper("p", str(action), {}).run({})
    assert caught.value.code == 220
    assert "got: maybe" in capsys.readouterr().err


def test_the_script_takes_its_folder_off_the_path(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = str(Path(action_wrapper.__file__).parent)
    monkeypatch.setattr(sys, "path", [folder, *sys.path])
    monkeypatch.setattr(sys, "argv", ["x", *arguments("echo.py", '--parameters={"text": "a"}')])
    runpy.run_path(action_wrapper.__file__, run_name="__main__")
    assert folder not in sys.path
    assert output(capsys)["result"] == {"text": "a"}


@pytest.fixture
def store() -> Datastore:
    return Datastore()


@pytest.fixture
def server(tmp_path: Path, store: Datastore) -> Iterator[wire.Server]:
    dispatched: List[Any] = []

    def dispatch(trigger: str, payload: Any, trace_tag: Any) -> Any:
        dispatched.append((trigger, payload, trace_tag))
        return "refused" if trigger == "p.wrong" else None

    def validate(trigger: str, payload: Any) -> Any:
        if trigger == "p.nobody":
            return {"message": "nobody has it", "path": None}
        return {"message": f"{payload} is wrong", "path": ["a", 0]} if payload else None

    sensors = {"dispatch": dispatch, "validate": validate, "config": lambda pack: {"pack": pack}}

    def welcome(hello: Dict[str, Any]) -> Any:
        if hello["kind"] == "stranger":
            raise PermissionError("who are you?")
        about = {"config": {"a": 1}, "triggers": [{"ref": "p.x"}], "dispatched": dispatched}
        return about, Calls(store, "me", {} if hello["kind"] == "action" else sensors)

    server = wire.Server(tmp_path / "socket", welcome)
    yield server
    server.close()


def test_calls_over_the_socket(server: wire.Server) -> None:
    client = wire.Client(str(server.path), {"kind": "action"})
    assert client.call("user_info")["username"] == "me"
    with pytest.raises(wire.RemoteError, match="KeyError"):
        client.call("nonsense")
    with pytest.raises(wire.RemoteError, match="KeyError: 'dispatch'"):
        client.call("dispatch", trigger="p.x", payload=None, trace_tag=None)
    with pytest.raises(wire.RemoteError, match="NotFound"):
        client.call("keys.delete", name="x")
    client.close()


def test_a_socket_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="too long"):
        wire.Server(tmp_path / ("x" * 200), lambda _: ({}, lambda *_: None))
    with pytest.raises(OSError, match="No such file"):
        wire.Client(str(tmp_path / "nowhere"), {})


def test_a_stranger_is_told(server: wire.Server) -> None:
    with pytest.raises(wire.RemoteError, match="who are you"):
        wire.Client(str(server.path), {"kind": "stranger"}).close()


def test_a_line_that_is_no_json(server: wire.Server) -> None:
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(server.path))
        raw.sendall(b"nonsense\n")
        assert b"error" in raw.recv(1000)


def test_once_the_lab_is_gone(server: wire.Server) -> None:
    client = wire.Client(str(server.path), {"kind": "sensor"})
    server.close()
    with pytest.raises(OSError, match=r"gone|Broken pipe"):
        client.call("user_info")
    client.close()
    # So that the fixture can close it again: a new one in its place.
    again: Any = server
    again.__init__(server.path.with_name("again"), lambda _: ({}, lambda *_: None))


SENSOR = """
from st2common.util.config_loader import ContentPackConfigLoader
from st2common.validators.api.reactor import validate_trigger_payload
from st2reactor.sensor.base import PollingSensor
class Mine(PollingSensor):
    def setup(self): self.told = []
    def poll(self):
        service = self.sensor_service
        service.dispatch("p.x", {"a": 1}, trace_tag="t")
        service.dispatch("p.wrong", {})
        service.dispatch("p.lost", {"a": {1}})
        service.set_value("k", 1)
        assert service.get_value("k") == "1"
        print("config", ContentPackConfigLoader("p").get_config())
        for trigger, payload in (("p.x", None), ("p.x", 1), ("p.nobody", None)):
            try:
                validate_trigger_payload(trigger, payload, throw_on_inexistent_trigger=True)
            except Exception as error:
                print(type(error).__name__, list(getattr(error, "absolute_path", ())), error)
        validate_trigger_payload("p.nobody", None)
        raise RuntimeError("enough")
    def cleanup(self): print("cleaned", self.config, self.get_poll_interval())
    def add_trigger(self, trigger): print("added", trigger["ref"])
    def update_trigger(self, trigger): pass
    def remove_trigger(self, trigger): pass
"""


def test_run_a_sensor(
    server: wire.Server,
    store: Datastore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(SENSOR)
    # What the wrapper sets is for a process of its own.
    monkeypatch.setattr(reactor, "check", None, raising=False)
    monkeypatch.setattr(config_loader, "load", None, raising=False)
    stops: List[Any] = []
    monkeypatch.setenv(wire.SOCKET, str(server.path))
    monkeypatch.setattr(atexit, "register", stops.append)
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)
    command = ["--pack=p", f"--file-path={path}", "--class-name=Mine", "--poll-interval=7"]
    with pytest.raises(RuntimeError, match="enough"):
        sensor_wrapper.main(command)
    for thread in threading.enumerate():
        if thread.name == "triggers":
            thread.join(WAIT)
    (stop,) = stops
    stop()
    said = capsys.readouterr().out
    assert "added p.x" in said
    assert "cleaned {'a': 1} 7.0" in said
    assert "config {'pack': 'p'}" in said
    assert "ValidationError ['a', 0] 1 is wrong" in said
    assert "ValueError [] nobody has it" in said
    assert store.get("p.Mine:k") == "1"
    wrapper = stop.__self__
    assert wrapper._client.welcome["dispatched"] == []
    again = wire.Client(str(server.path), {"kind": "sensor"})
    assert again.welcome["dispatched"] == [["p.x", {"a": 1}, "t"], ["p.wrong", {}, None]]
    again.close()
    wrapper._client.close()


def test_a_python_that_eventlet_cannot_patch_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "eventlet", None)
    assert not sensor_wrapper.monkey_patch()
    assert "runs without eventlet's monkey patching" in capsys.readouterr().err
    assert not sensor_wrapper.PATCHED


def test_eventlet_is_told_what_to_patch(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: Dict[str, bool] = {}

    class Eventlet:
        @staticmethod
        def monkey_patch(**what: bool) -> None:
            asked.update(what)

    monkeypatch.setitem(sys.modules, "eventlet", Eventlet)
    assert sensor_wrapper.monkey_patch()
    assert asked == dict.fromkeys(["os", "select", "socket", "thread", "time"], True)


def test_nothing_else_than_linux_can_end_it_with_its_parent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: List[Any] = []
    libc = type("Libc", (), {"prctl": lambda _, *args: asked.append(args)})
    monkeypatch.setattr(ctypes, "CDLL", lambda _: libc())
    monkeypatch.setattr(sys, "platform", "darwin")
    sensor_wrapper.end_with_parent()
    assert asked == []
    monkeypatch.setattr(sys, "platform", "linux")
    sensor_wrapper.end_with_parent()
    assert asked == [(1, 15)]
