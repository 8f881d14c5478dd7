"""What an event of an engine says."""

import json

import pytest
from docker_tor.engine import events


def event(**more):
    told = {
        "Type": "network",
        "Action": "destroy",
        "Actor": {"ID": "a" * 64, "Attributes": {"name": "n", "type": "macvlan"}},
        "scope": "local",
        "time": 1795449840,
        "timeNano": 1795449840123456789,
    }
    return json.dumps({**told, **more}).encode()


GONE = events.Event(True, "a" * 64, "1795449840.123456789")


@pytest.mark.parametrize(
    ("line", "read"),
    [
        (event(), GONE),
        (event(Action="remove", scope="swarm"), GONE),
        (event(Action="create"), GONE._replace(gone="")),
        (event(Action="connect"), GONE._replace(gone="", news=False)),
        (event(Action="disconnect"), GONE._replace(gone="", news=False)),
        (event(Action="prune", Actor={"ID": ""}), GONE._replace(gone="")),
        (event(Actor={"ID": ["a"]}), GONE._replace(gone="")),
        (event(timeNano=1), GONE._replace(at="")),
        (event(timeNano=True), events.Event()),
        (event(timeNano="1795449840123456789&x=y"), GONE._replace(at="")),
        (event(Actor=None), events.Event()),
        (event(Actor={"ID": "a" * 64, "name": "x" * events.LONGEST_READ}), events.Event()),
        (b"[1]", events.Event()),
        (b"[" * 60_000, events.Event()),
        (b'{"timeNano":' + b"9" * 60_000 + b"}", events.Event()),
        (b"\xff\xfe", events.Event()),
    ],
)
def test_an_event_is_read_for_what_it_says_and_no_further(line, read):
    assert events.read_event(line) == read
