"""The containers of an engine: what is told of them, and what is asked."""

import json
from typing import Any, Dict, List

import pytest
import yaml
from conftest import PACK
from docker_tor.common.errors import MalformedReply
from docker_tor.config import settings
from docker_tor.controller import container_tracker
from docker_tor.controller.container_tracker import STARTED, STOPPED
from docker_tor.engine import containers
from docker_tor.engine.containers import SETTLES, ContainerApi
from docker_tor.engine.events import Event
from schemas import payloads

ID = "35b3f1bf3a71e7d4cc6ee9c586af19423c455a36176e2db3e7a53f1694cb7779"
LISTED: Dict[str, Any] = {
    "Id": ID,
    "Names": ["/unruffled_torvalds"],
    "Image": "registry.example.com:5000/team/web@sha256:" + "0" * 64,
    "Command": "/bin/web --password geheim",
    "Created": 1795648720,
    "Ports": [
        {"PrivatePort": 22, "Type": "tcp"},
        {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
    ],
    "Labels": {"password": "geheim"},
    "Status": "Up 5 minutes (healthy)",
}
"""As dockerd 20.10 lists a container, and with something to hide."""
TOLD: Dict[str, Any] = {
    "Id": ID,
    "Names": ["/unruffled_torvalds"],
    "Image": LISTED["Image"],
    "Command": "/bin/web",
    "Created": 1795648720,
    "Status": "Up 5 minutes (healthy)",
    "Ports": [
        {"IP": "", "PrivatePort": 22, "PublicPort": 0, "Type": "tcp"},
        {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
    ],
    "Engine": "host1",
}


KINDS = yaml.safe_load((PACK / "sensors" / "docker_container_sensor.yaml").read_text())
PAYLOADS = payloads("docker_container_sensor")


def test_the_old_pack_s_triggers_and_keys_are_there() -> None:
    """StackStorm-Exchange/stackstorm-docker 1.0.0, its sensor and that one's test."""
    assert set(PAYLOADS) == {STARTED, STOPPED}
    assert KINDS["class_name"] == "DockerSensor"
    assert KINDS["enabled"] is False
    old = {"Id", "Names", "Image", "Command", "Created", "Status", "Ports"}
    for one in PAYLOADS.values():
        info = one.schema["properties"]["container_info"]
        assert set(info["properties"]) == old | {"Engine"} == set(info["required"])
        assert info["additionalProperties"] is False


def test_a_container_is_told_without_what_may_be_secret_and_what_is_none_is_ignored() -> None:
    listed = [None, 5, [], {}, {"Id": 5}, {"Id": "x" * 64}, {"Id": "ab"}, LISTED]
    assert containers.read("host1", listed) == {ID: TOLD}


def test_whatever_is_hostile_is_harmless_and_short_and_a_valid_payload() -> None:
    live = "{{ st2kv.system.x }}\n<!channel>" * 1000
    hostile = {"Id": ID, **dict.fromkeys(("Image", "Command", "Status"), live)}
    port = {"IP": live, "PrivatePort": -1, "PublicPort": 65536, "Type": live}
    hostile.update(Names=[live] * 99, Ports=[port] * 999)
    for other in (None, True, -1, 2**70, 0.5, "", "x", [], [None], {}, {"a": None}):
        for listed in (hostile, {**dict.fromkeys(LISTED, other), "Id": ID}):
            running = containers.read(live, [listed])
            text = json.dumps(running, allow_nan=False)
            assert not [mark for mark in ("{{", "<!", "\\n", 'Port": -1', "65536") if mark in text]
            assert len(text) < 20_000
            told = [
                *container_tracker.changes({}, running),
                *container_tracker.changes(running, {}),
            ]
            assert [trigger.name for trigger in told] == [STARTED, STOPPED]
            for trigger in told:
                PAYLOADS[trigger.name].validate(trigger.payload)
            kept = container_tracker.load(container_tracker.dump({"host1": running}))
            assert kept == {"host1": running}


# What is asked of an engine.


class Api(ContainerApi):
    """An engine that lists these, one list after the other, and then the last one again."""

    def __init__(self, *lists: Any) -> None:
        (engine,) = settings.parse({"engines": [{"url": "unix:///x"}]}).engines
        self.pauses: List[float] = []
        super().__init__(engine, self.pauses.append)
        self.lists = list(lists)

    def _json(self, path: str, _what: str) -> Any:
        assert path == "/containers/json"
        return self.lists.pop(0) if len(self.lists) > 1 else self.lists[0]

    def told(self, *ended: str) -> None:
        events = [Event(gone=one) for one in ended]
        assert list(self._noted(iter(events))) == events


A, B = {"Id": "a" * 12}, {"Id": "b" * 12}


def test_a_list_is_what_the_engine_has_and_a_container_that_has_ended_is_waited_for() -> None:
    api = Api([A, B], [A, B], [A, B], [B])
    assert (list(api.networks()), api.pauses) == ([A, B], [])
    assert api.watched == {"type": ["container"], "event": ["start", "die"]}
    api.told(A["Id"])
    assert (list(api.networks()), api.pauses) == ([B], list(SETTLES[:2]))
    assert (list(api.networks()), api.pauses) == ([B], list(SETTLES[:2]))
    # One that has started again is there.
    api = Api([A])
    api.told(A["Id"], "c" * 12)
    assert (list(api.networks()), api.pauses) == ([A], list(SETTLES))


@pytest.mark.parametrize("wrong", [{}, None, "x", [A] * (containers.MOST_RUNNING + 1)])
def test_a_list_that_is_none_or_too_long(wrong: Any) -> None:
    with pytest.raises(MalformedReply, match=r"no list|more than 5000 containers"):
        Api(wrong).networks()


def test_what_has_no_bound_is_not_kept() -> None:
    api = Api([A])
    api.told(*(f"{number:012x}" for number in range(containers.MOST_RUNNING + 10)))
    assert len(api._ended) == containers.MOST_RUNNING
