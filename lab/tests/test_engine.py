"""The lab's engine: what a real dockerd of Debian 12 cannot show of it, and a sample of the rest.

Names, refusals, gateways, lists, events and the docker command are held against a real dockerd in
tests/real/test_dockerd_engine.py; its faults and its containers are what the pack's own tests of
the sensors are made of.
"""

import json
import time
from typing import Any, Dict, Iterator, List

import pytest
import requests

from lab.engine import Engine

WAIT = 30.0


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine() as engine:
        yield engine


def ask(engine: Engine, method: str, path: str, **options: Any) -> requests.Response:
    url = engine.url.replace("tcp://", "http://") + path
    return requests.request(method, url, **{"timeout": WAIT, **options})


def said(answer: requests.Response) -> Any:
    """The status and the message of what was refused."""
    return answer.status_code, answer.json()["message"]


def body(*subnets: str, parent: str = "eth0.5", **more: Any) -> Dict[str, Any]:
    """A create request."""
    ipam = {"Config": [{"Subnet": subnet} for subnet in subnets]}
    return {"Name": "n", "Driver": "macvlan", "Options": {"parent": parent}, "IPAM": ipam, **more}


def test_a_network_is_made_found_and_removed(engine: Engine) -> None:
    labels: Dict[str, Any] = {"Labels": {"tenant": "a"}, "Attachable": True}
    made = ask(engine, "POST", "/v1.41/networks/create", json=body("10.0.0.0/24", **labels))
    assert (made.status_code, made.headers["Api-Version"]) == (201, "1.41")
    network = made.json()["Id"]
    for term in (network, "n", network[:20]):
        shown = ask(engine, "GET", f"/networks/{term}").json()
        assert (shown["Id"], shown["Driver"]) == (network, "macvlan")
        assert (shown["Labels"], shown["Attachable"]) == ({"tenant": "a"}, True)
        assert shown["IPAM"]["Config"] == [{"Subnet": "10.0.0.0/24"}]
    assert ask(engine, "DELETE", f"/v1.41/networks/{network}").status_code == 204
    gone = (404, f"network {network} not found")
    assert said(ask(engine, "DELETE", f"/networks/{network}")) == gone


@pytest.mark.parametrize(
    ("wanted", "status", "message"),
    [
        (body(Name="taken"), 409, "network with name taken already exists"),
        (body(parent="eth0.7"), 500, "network dm-"),
        (body("10.7.0.128/25"), 403, "Pool overlaps with other one on this address space"),
        (body(Driver="nosuch"), 404, 'plugin "nosuch" not found'),
        (body(IPAM={"Driver": "nosuch"}), 404, 'plugin "nosuch" not found'),
        (body(ConfigOnly=True), 501, "the lab's engine has no configuration networks"),
        (body(Driver="overlay"), 501, "the lab's engine has no configuration networks"),
        ({"Name": 5}, 400, "json: cannot unmarshal Name"),
        ([], 400, "json: cannot unmarshal"),
    ],
)
def test_what_is_refused_changes_nothing(
    engine: Engine, wanted: Any, status: int, message: str
) -> None:
    engine.create("taken", parent="eth0.7", subnets=["10.7.0.0/24"])
    before = engine.networks()
    found, text = said(ask(engine, "POST", "/networks/create", json=wanted))
    assert (found, text[: len(message)]) == (status, message)
    assert engine.networks() == before


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/nosuch", 404, "page not found"),
        ("/v1.42/networks", 400, "client version 1.42 is too new. Maximum"),
        ('/networks?filters={"nosuch":["x"]}', 400, "Invalid filter 'nosuch'"),
        ("/networks?filters=x", 500, "invalid JSON"),
        ('/networks?filters={"name":"x"}', 500, "json: cannot unmarshal filters"),
        ("/events?since=2026-11-23T16:04:00Z", 500, "strconv.ParseInt: parsing"),
        ('/events?filters={"image":["x"]}', 501, "the lab's engine has no filter image"),
    ],
)
def test_what_cannot_be_asked(engine: Engine, path: str, status: int, message: str) -> None:
    found, text = said(ask(engine, "GET", path))
    assert (found, text[: len(message)]) == (status, message)


def past(engine: Engine, **query: Any) -> List[Any]:
    """Action and id of the events that are told again."""
    lines = ask(engine, "GET", "/events", params={"until": time.time(), **query}).iter_lines()
    return [(one["Action"], one["Actor"]["ID"]) for one in map(json.loads, lines)]


def test_past_events_are_told_again_until_the_daemon_ends(engine: Engine) -> None:
    network = engine.create("n", parent="eth0.5")
    engine.emit({"Type": "container", "Action": "start", "Actor": {"ID": "c"}})
    assert past(engine) == [("create", network), ("start", "c")]
    assert past(engine, filters=json.dumps({"type": {"container": True}})) == [("start", "c")]
    for _ in range(256):
        engine.emit({"Type": "network", "Action": "x", "Actor": {"ID": "1"}})
    assert past(engine, since=0) == [("x", "1")] * 256
    engine.stop()
    engine.remove("n")
    engine.start()
    assert past(engine, since=0) == []


def test_a_stream_tells_what_happens_and_breaks_off_with_the_daemon(engine: Engine) -> None:
    with ask(engine, "GET", "/events", stream=True) as stream:
        network = engine.create("n", parent="eth0.5")
        lines = stream.iter_lines(chunk_size=1)
        event = json.loads(next(lines))
        assert event["Actor"] == {"ID": network, "Attributes": {"name": "n", "type": "macvlan"}}
        assert (event["Type"], event["Action"], event["scope"]) == ("network", "create", "local")
        assert event["timeNano"] // 10**9 == event["time"]
        engine.stop()
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            next(lines)
    engine.start()
    with ask(engine, "GET", "/events", stream=True):
        assert engine.readers == 1
    deadline = time.monotonic() + WAIT
    while engine.readers:
        assert time.monotonic() < deadline
