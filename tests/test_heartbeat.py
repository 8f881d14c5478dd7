"""The sensor's sign of life, as it is kept."""

import json

import pytest
from docker_tor.controller import heartbeat
from docker_tor.controller.heartbeat import Heartbeat, Pulse


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "[]",
        "{}",
        '{"at": 1}',
        '{"at": "x", "engines": {}}',
        '{"at": 1, "engines": []}',
        '{"at": 1, "engines": {"a": {}}}',
        '{"at": 1, "engines": {"a": {"state": "lost", "last_contact": [], "networks": 1}}}',
        '{"at": 1, "engines": {"a": {"state": "", "last_contact": "", "networks": 1, "lag": 1}}}',
        "[" * 100_000,
    ],
)
def test_a_heartbeat_that_is_none(text):
    with pytest.raises(ValueError, match="is no heartbeat"):
        heartbeat.load(text)


def test_a_heartbeat_is_read_as_it_was_written():
    engines = {"host1": Pulse("following", 5.5, 3, 0.02), "host2": Pulse()}
    for beat in (Heartbeat(7.25, engines), Heartbeat(7.25, engines, "5f1d0c2a9b7e", "it is wrong")):
        assert heartbeat.load(heartbeat.dump(beat)) == beat


def test_a_heartbeat_of_an_older_sensor_is_read():
    text = heartbeat.dump(Heartbeat(7.25, {}, "mark", "trouble"))
    old = {name: value for name, value in json.loads(text).items() if name in ("at", "engines")}
    assert heartbeat.load(json.dumps(old)) == Heartbeat(7.25, {})
