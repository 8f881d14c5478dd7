"""Events of an engine recorded, and replayed on an engine of the lab."""

import contextlib
import io
import json
import threading
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List

import pytest

pytest.importorskip("lab.stackstorm", reason="the lab's requirements are not installed")

from docker_tor.config import EngineConfig
from docker_tor.engine import Engine as Followed

from lab.engine import Engine, EngineFaults
from lab.recorder import EventStream, Recorder, Unreachable, connection, get
from lab.replay import BadRecording, Step, load, play, show, steps

WAIT = 30.0


class Recording:
    """A recorder at work on an engine."""

    def __init__(self, engine: Engine) -> None:
        self.out = io.StringIO()
        self.over = threading.Event()
        self.recorder = Recorder(engine.tcp_url, self.out, self.over.wait)
        self._thread = threading.Thread(target=self.recorder.run)

    def lines(self) -> List[Dict[str, Any]]:
        return [json.loads(line) for line in self.out.getvalue().splitlines(keepends=False)]

    def until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            assert self._thread.is_alive(), self.out.getvalue()
            self._thread.join(0.01)

    def has(self, kind: str, count: int = 1) -> None:
        self.until(lambda: self.out.getvalue().count(f'"{kind}": ') >= count)

    def __enter__(self) -> "Recording":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.over.set()
        self._thread.join(WAIT)
        assert not self._thread.is_alive()


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine(tcp=("127.0.0.1", 0)) as engine:
        yield engine


def network(engine: Engine, vlan: int) -> str:
    return engine.create(f"net{vlan}", parent=f"eth0.{vlan}", subnets=[f"10.0.{vlan}.0/24"])


def by_id(networks: List[Dict[str, Any]]) -> Dict[str, Dict[str, Any]]:
    return {one["Id"]: one for one in networks}


def no_wait(_seconds: float) -> bool:
    return False


# Recording.


def test_what_is_recorded(engine: Engine) -> None:
    kept = network(engine, 1)
    with Recording(engine) as recording:
        recording.has("networks")
        first = network(engine, 2)
        recording.has("networks", 2)
        engine.remove("net2")
        recording.has("networks", 3)
    lines = recording.lines()
    assert lines[0]["recording"] == 1
    assert lines[0]["engine"]["ApiVersion"] == "1.41"
    assert [sorted(line)[-1] for line in lines[1:]] == [
        "networks",
        "event",
        "networks",
        "event",
        "networks",
    ]
    lists = [by_id(line["networks"]) for line in lines if "networks" in line]
    assert [first in listed for listed in lists] == [False, True, False]
    assert all(kept in listed for listed in lists)
    events = [line["event"] for line in lines if "event" in line]
    assert [event["Action"] for event in events] == ["create", "destroy"]
    assert {event["Actor"]["ID"] for event in events} == {first}
    moments = [line["at"] for line in lines]
    assert moments == sorted(moments)
    assert (recording.recorder.events, recording.recorder.lists) == (2, 3)


def test_an_engine_that_goes_and_comes_back(engine: Engine) -> None:
    with Recording(engine) as recording:
        recording.has("networks")
        engine.stop()
        recording.has("lost")
        engine.start()
        recording.has("back")
        # A daemon shows the gateways that it has chosen once it has been restarted.
        recording.has("networks", 2)
        network(engine, 3)
        recording.has("networks", 3)
    kinds = [sorted(line)[-1] for line in recording.lines()[1:]]
    assert kinds == ["networks", "lost", "back", "networks", "event", "networks"]


def test_the_last_event_brings_its_list(engine: Engine) -> None:
    # The recording is over as soon as the event has been heard.
    over = threading.Event()
    recording = Recording(engine)
    awaited = threading.Event()

    def wait(seconds: float) -> bool:
        over.wait(seconds)
        if awaited.is_set() and not recording.recorder._heard.empty():
            over.set()
        return over.is_set()

    recording.recorder._wait = wait
    recording.over = over
    with recording:
        recording.has("networks")
        awaited.set()
        network(engine, 4)
        recording.until(over.is_set)
    assert [sorted(line)[-1] for line in recording.lines()[-2:]] == ["event", "networks"]


def test_engines_that_do_not_answer(engine: Engine) -> None:
    for fault, said in (
        (EngineFaults(status=500), "it answers 500"),
        (EngineFaults(garble=b"<html>"), "Expecting value"),
    ):
        engine.faults = fault
        with pytest.raises(Unreachable, match=said):
            get(engine.tcp_url, "/networks")
    engine.faults = EngineFaults(garble=b"no json\n")
    stream = EventStream(engine.tcp_url)
    reader = threading.Thread(target=lambda: engine.wait_for_readers(1) and network(engine, 5))
    reader.start()
    with pytest.raises(Unreachable, match="its events"):
        list(stream.read(lambda: None))
    reader.join(WAIT)
    engine.stop()
    with pytest.raises(Unreachable, match="refused"):
        Recorder(engine.tcp_url, io.StringIO(), no_wait).run()


def test_a_stream_that_is_closed_before_it_is_read(engine: Engine) -> None:
    stream = EventStream(engine.tcp_url)
    stream.close()
    assert list(stream.read(lambda: pytest.fail("it has begun"))) == []


def test_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("http://127.0.0.1", "tcp://", "docker", ""):
        with pytest.raises(ValueError, match="neither unix"):
            connection(url)
    monkeypatch.delenv("DOCKER_TLS_VERIFY", raising=False)
    assert connection("tcp://127.0.0.1").port == 2375
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError):
        connection("tcp://127.0.0.1")
    with Engine(unix=str(tmp_path / "docker.sock")) as engine:
        assert get(engine.unix_url, "/version")["ApiVersion"] == "1.41"


# Replaying.


def test_there_and_back_again(engine: Engine) -> None:
    network(engine, 1)
    with Recording(engine) as recording:
        recording.has("networks")
        network(engine, 2)
        engine.remove("net1")
        recording.has("event", 2)
        recording.until(lambda: '"networks"' in recording.out.getvalue().splitlines()[-1])
    with Engine(tcp=("127.0.0.1", 0), predefined=False) as other:
        heard: List[Any] = []
        stream = EventStream(other.tcp_url)
        reader = threading.Thread(target=lambda: heard.extend(_until_closed(stream)))
        reader.start()
        assert other.wait_for_readers(1, WAIT)
        assert other.networks() == []
        assert play(other, steps(recording.out.getvalue().splitlines()), no_wait)
        assert by_id(other.networks()) == by_id(engine.networks())
        while len(heard) < 2:
            reader.join(0.01)
        stream.close()
        reader.join(WAIT)
    assert heard == [line["event"] for line in recording.lines() if "event" in line]


def _until_closed(stream: EventStream) -> Iterator[Any]:
    with contextlib.suppress(Unreachable):
        yield from stream.read(lambda: None)


def document(id_: str, name: str = "net") -> Dict[str, Any]:
    fields = {"Driver": "macvlan", "Scope": "local", "Labels": {}, "Containers": {}}
    return {"Id": id_, "Name": name, **fields}


def event(action: str) -> Dict[str, Any]:
    return {"Type": "network", "Action": action, "Actor": {"ID": "a", "Attributes": {}}}


LINES = [
    {"at": 0.0, "recording": 1},
    {"at": 1.0, "networks": []},
    {"at": 2.0, "event": event("create")},
    {"at": 2.5, "event": event("connect")},
    {"at": 3.0, "networks": [document("a")]},
    {"at": 4.0, "lost": "away"},
    {"at": 6.0, "back": True},
    {"at": 6.5, "networks": [document("b")]},
]


def text(lines: List[Dict[str, Any]]) -> List[str]:
    return [json.dumps(line) for line in lines]


def test_a_list_comes_before_what_it_was_asked_for_after() -> None:
    found = steps(text(LINES))
    assert found == [
        Step(1.0, "networks", []),
        Step(2.0, "networks", [document("a")]),
        Step(2.0, "event", event("create")),
        Step(2.5, "event", event("connect")),
        Step(4.0, "lost", "away"),
        Step(6.0, "networks", [document("b")]),
        Step(6.0, "back", True),
    ]


def test_the_pace() -> None:
    recorded = [1.0, 1.0, 0.0, 0.5, 1.5, 2.0, 0.0]
    for speed in (1.0, 10.0, float("inf")):
        waited: List[float] = []

        def wait(seconds: float, waited: List[float] = waited) -> bool:
            waited.append(seconds)
            return False

        with Engine(tcp=("127.0.0.1", 0), predefined=False) as engine:
            assert play(engine, steps(text(LINES)), wait, speed)
            assert [one["Id"] for one in engine.networks()] == ["b"]
        assert waited == pytest.approx([seconds / speed for seconds in recorded])
    with Engine(tcp=("127.0.0.1", 0), predefined=False) as engine:
        assert not play(engine, steps(text(LINES)), lambda _seconds: True)


def test_the_pack_follows_a_recording() -> None:
    """Through its own client: a list at the event shows what the event tells of."""
    with Engine(tcp=("127.0.0.1", 0), predefined=False) as engine:
        followed = Followed(EngineConfig("replayed", engine.tcp_url, None, ()))
        with followed.events() as hints:
            assert play(engine, steps(text(LINES[:5])), no_wait)
            assert next(hints).news
            assert [one["Id"] for one in followed.networks()] == ["a"]
            assert not next(hints).news


def test_shown_networks_replace_each_other() -> None:
    with Engine(tcp=("127.0.0.1", 0), predefined=False) as engine:
        show(engine, [document("a", "one"), document("b", "two")])
        show(engine, [document("b", "other")])
        assert engine.networks() == [document("b", "other")]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "holds nothing to replay"),
        (LINES[:1], "holds nothing to replay"),
        ([{"at": 0}], "line 1 does not say recording 1"),
        ([{"at": 0, "recording": 2}], "line 1 does not say recording 1"),
        ([LINES[0], {"networks": []}], "line 2 is no line of a recording"),
        ([LINES[0], {"at": "soon", "networks": []}], "line 2 is no line"),
        ([LINES[0], {"at": 1}], "line 2 has none of networks, event, lost, back"),
        ([LINES[0], {"at": 1, "lost": "a", "back": True}], "or several"),
        ([LINES[0], {"at": 1, "networks": [1]}], "no list of networks"),
        ([LINES[0], {"at": 1, "networks": [{"Id": "a"}]}], "no list of networks"),
        ([LINES[0], {"at": 1, "event": "create"}], "event is no object"),
    ],
)
def test_files_that_are_no_recording(lines: List[Dict[str, Any]], said: str) -> None:
    with pytest.raises(BadRecording, match=said):
        steps(text(lines), "file")


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "recording"
    path.write_text("\n".join(text(LINES)) + "\n")
    assert len(load(path)) == 7
    path.write_text("[]\n")
    with pytest.raises(BadRecording, match=f"{path}, line 1 is no line"):
        load(path)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "absent")
