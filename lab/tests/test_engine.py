"""The lab's engine: what it makes, shows, tells and refuses.

That a real dockerd does the same is seen in tests/real/test_dockerd_engine.py; its faults and its
containers are what the pack's own tests of the sensors are made of.
"""

import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence
from urllib.parse import quote

import pytest
import requests

from lab.engine import Engine, Refused

WAIT = 30.0
ARTICLE = ("--driver=macvlan", "--subnet=172.16.112.0/24", "-o", "parent=eth0.112", "net112")


@pytest.fixture
def engine() -> Iterator[Engine]:
    with Engine(tcp=("127.0.0.1", 0), shuffle=lambda _: None) as engine:
        yield engine


def ask(engine: Engine, method: str, path: str, **options: Any) -> requests.Response:
    url = engine.tcp_url.replace("tcp://", "http://") + path
    return requests.request(method, url, **{"timeout": WAIT, **options})


def said(answer: requests.Response) -> Any:
    """The status and the message of what was refused."""
    return answer.status_code, answer.json()["message"]


def body(*pools: Any, parent: Optional[str] = "eth0.5", **more: Any) -> Dict[str, Any]:
    """A create request; what of `pools` is text is a subnet."""
    config = [{"Subnet": one} if isinstance(one, str) else one for one in pools]
    options = {"parent": parent, **more.pop("options", {})}
    return {
        "Name": "n",
        "Driver": "macvlan",
        "Options": options,
        "IPAM": {"Config": config},
        **more,
    }


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


@pytest.mark.parametrize("name", ["../..", "a/b", 'x","y', "\n\u2028é", "<b>&", "n" * 6000])
def test_a_name_is_any_text(engine: Engine, name: str) -> None:
    ask(engine, "POST", "/networks/create", json=body(Name=name))
    assert name in [one["Name"] for one in ask(engine, "GET", "/networks").json()]
    found = ask(engine, "DELETE", f"/networks/{quote(name, safe='')}").status_code
    # As in the real one, a path with a line's end leads nowhere.
    assert found == (404 if "\n" in name else 204)


OVERLAP = "Pool overlaps with other one on this address space"
NO_GATEWAY = "failed to allocate gateway ({}): {}"
NO_IPV6 = "could not find an available, non-overlapping IPv6 address pool among the defaults"


@pytest.mark.parametrize(
    ("wanted", "status", "message"),
    [
        (body(Name="taken"), 409, "network with name taken already exists"),
        (body(Name="host"), 403, "operation is not permitted on predefined host network "),
        (body(Name=" "), 500, "invalid name:  "),
        (body(parent="eth0.7"), 500, "network dm-000000000000 is already using parent interface"),
        (body(parent="eth0.0"), 500, "vlan id must be between 1-4094, received: 0"),
        (body(parent="eth0.4095"), 500, "vlan id must be between 1-4094, received: 4095"),
        (body(parent="eth0.x"), 500, "unable to parse a valid vlan id from: x"),
        (body(parent="eth0.1.2"), 500, "required interface name format is: name.vlan_id"),
        (body(parent="eth9"), 500, "invalid subinterface vlan name eth9"),
        (body(parent="eth9.5"), 500, "-o parent interface does was not found on the host: eth9"),
        (body("10.7.0.128/25"), 403, OVERLAP),
        (body("10.8.0.0/24", "10.8.0.0/16"), 403, OVERLAP),
        (body("bad"), 500, "Invalid subnet bad : invalid CIDR address: bad"),
        (body("10.0.0.0/255.0.0.0"), 500, "Invalid subnet 10.0.0.0/255.0.0.0"),
        (body("10.0.0.0/32"), 500, NO_GATEWAY.format("", "No available addresses on this pool")),
        (
            body({"Subnet": "10.0.0.0/24", "Gateway": "10.1.0.1"}),
            500,
            NO_GATEWAY.format("10.1.0.1", "Requested address is out of range"),
        ),
        (
            body({"Subnet": "10.0.0.0/24", "Gateway": "10.0.0.255"}),
            500,
            NO_GATEWAY.format("10.0.0.255", "Address already in use"),
        ),
        (body({"Subnet": "10.0.0.0/24", "Gateway": "x"}), 500, "invalid gateway address x in Ipam"),
        (body({"Subnet": "10.0.0.0/24", "IPRange": "x"}), 500, "failed to parse pool request"),
        (body("10.0.0.0/24", EnableIPv6=True), 404, NO_IPV6),
        (body("10.0.0.0/24", "10.1.0.0/24", Driver="bridge"), 403, "bridge driver doesn't support"),
        (body(Driver="host"), 403, 'only one instance of "host" network is allowed'),
        (body(Driver="nosuch"), 404, 'plugin "nosuch" not found'),
        (body(IPAM={"Driver": "nosuch"}), 404, 'plugin "nosuch" not found'),
        (body(ConfigOnly=True), 501, "the lab's engine has no configuration networks"),
        (body(Driver="overlay"), 501, "the lab's engine has no configuration networks"),
        ({"Name": 5}, 400, "json: cannot unmarshal Name"),
        ([], 400, "json: cannot unmarshal"),
    ],
)
def test_what_is_refused_changes_nothing(wanted: Any, status: int, message: str) -> None:
    numbers = (f"{number:012}{'f' * 52}" for number in (8, 9, 10, 0, 11))
    with Engine(tcp=("127.0.0.1", 0), new_id=lambda: next(numbers)) as engine:
        engine.create("taken", parent="eth0.7", subnets=["10.7.0.0/24"])
        before = sorted(map(str, engine.networks()))
        found, text = said(ask(engine, "POST", "/networks/create", json=wanted))
        assert (found, text[: len(message)]) == (status, message)
        assert sorted(map(str, engine.networks())) == before


def test_what_one_driver_uses_another_may(engine: Engine) -> None:
    engine.create("a", "macvlan", "eth0.112", ["10.1.0.0/24"])
    engine.create("b", "ipvlan", "eth0.112", ["10.2.0.0/24"])
    engine.create("inner", "macvlan", "nowhere", internal=True)
    engine.remove("a")
    engine.create("a", "macvlan", "eth0.112", ["10.1.0.0/24"])
    with pytest.raises(Refused, match="is a pre-defined network and cannot be removed"):
        engine.remove("none")


RANGE = {"Subnet": "10.3.0.0/24", "IPRange": "10.3.0.128/25"}
OTHER_RANGE = {"Subnet": "10.3.0.0/24", "IPRange": "10.3.0.64/26"}


@pytest.mark.parametrize(
    ("pools", "ipv6", "gateways"),
    [
        (["10.1.0.0/24"], False, ["10.1.0.1"]),
        (["10.1.0.5/24", "10.2.0.0/24"], False, ["10.1.0.1", "10.2.0.1"]),
        ([{"Subnet": "10.1.0.0/24", "Gateway": "10.1.0.9"}], False, ["10.1.0.9"]),
        ([RANGE], False, ["10.3.0.128"]),
        ([RANGE, OTHER_RANGE], False, ["10.3.0.128", "10.3.0.64"]),
        (["2001:db8::/64", "10.1.0.0/24"], True, ["10.1.0.1", "2001:db8::1"]),
        (["2001:db8::/64", "10.1.0.0/24"], False, ["10.1.0.1", None]),
        ([], False, ["172.18.0.1"]),
    ],
)
def test_a_restart_shows_the_gateways(
    engine: Engine, pools: Sequence[Any], ipv6: bool, gateways: List[Optional[str]]
) -> None:
    ask(engine, "POST", "/networks/create", json=body(*pools, EnableIPv6=ipv6))
    asked = [one.get("Gateway") if isinstance(one, dict) else None for one in pools]
    # A default pool shows its gateway at once.
    assert shown(engine) == (asked or gateways)
    engine.restart()
    assert shown(engine) == gateways


def shown(engine: Engine) -> List[Optional[str]]:
    config = ask(engine, "GET", "/networks/n").json()["IPAM"]["Config"]
    return [pool.get("Gateway") for pool in config]


@pytest.mark.parametrize(
    ("driver", "parent", "subnets", "gateways", "told"),
    [
        ("macvlan", "eth0.5", ["10.5.0.0/24"], [], [None]),
        ("macvlan", "eth0.5", ["10.5.0.0/24"], ["10.5.0.7"], ["10.5.0.7"]),
        ("ipvlan", "eth0.5", [], [], [None]),
        ("bridge", None, ["10.5.0.0/24"], [], ["10.5.0.1"]),
    ],
)
def test_docker_29_reserves_no_gateway(
    driver: str, parent: str, subnets: List[str], gateways: List[str], told: List[Optional[str]]
) -> None:
    with Engine(tcp=("127.0.0.1", 0), version="1.52") as engine:
        engine.create("n", driver, parent, subnets, gateways)
        engine.restart()
        assert shown(engine) == told
        about = ask(engine, "GET", "/v1.52/version")
        assert (about.headers["Api-Version"], about.json()["Version"]) == ("1.52", "29.1.2")


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, ["none", "host", "bridge", "net-1", "net-2"]),
        ({"driver": ["macvlan"]}, ["net-1"]),
        ({"driver": {"macvlan": True, "ipvlan": True}}, ["net-1", "net-2"]),
        ({"name": ["net"]}, ["net-1", "net-2"]),
        ({"name": ["^h"], "type": ["builtin"]}, ["host"]),
        ({"type": ["custom"], "scope": ["local"]}, ["net-1", "net-2"]),
        ({"label": ["a"]}, []),
        ({"id": ["none"]}, []),
    ],
)
def test_a_list_is_filtered(engine: Engine, filters: Mapping[str, Any], names: List[str]) -> None:
    engine.create("net-1", "macvlan", "eth0.1")
    engine.create("net-2", "ipvlan", "eth0.2")
    found = ask(engine, "GET", "/networks", params={"filters": json.dumps(filters)}).json()
    assert [one["Name"] for one in found] == names


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/nosuch", 404, "page not found"),
        ("/v1.42/networks", 400, "client version 1.42 is too new. Maximum"),
        ("/v1.11/networks", 400, "client version 1.11 is too old. Minimum"),
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


def test_past_events_are_told_again(engine: Engine) -> None:
    first = engine.create("n", parent="eth0.5")
    engine.run_container("web")
    engine.remove("n")
    networks = json.dumps({"type": ["network"]})
    told = [("create", first), ("destroy", first)]
    assert past(engine, filters=networks) == told
    assert past(engine, filters=json.dumps({"event": {"destroy": True}})) == told[1:]
    assert len(past(engine)) == 3
    for _ in range(256):
        engine.emit({"Type": "network", "Action": "x", "Actor": {"ID": "1"}})
    assert past(engine, since=0) == [("x", "1")] * 256
    engine.restart()
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


def test_a_socket_file_that_nobody_listens_on_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "docker.sock"
    with Engine(unix=str(path)) as first:
        with pytest.raises(OSError, match="in use"):
            Engine(unix=str(path)).start()
        first.stop()
        assert path.exists()
        with Engine(unix=str(path)) as second:
            assert second.unix_url == f"unix://{path}"


def test_an_engine_listens_somewhere() -> None:
    with pytest.raises(ValueError, match="needs a unix socket's path or a TCP address"):
        Engine()


def docker(url: str, config: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    clean = {key: value for key, value in os.environ.items() if not key.startswith("DOCKER_")}
    command = ["docker", "-H", url, *arguments]
    env = {**clean, "DOCKER_CONFIG": str(config)}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=WAIT, check=False, env=env
    )


@pytest.mark.skipif(not shutil.which("docker"), reason="the docker CLI is not on PATH")
def test_the_docker_command(tmp_path: Path) -> None:
    with Engine(unix=str(tmp_path / "s")) as engine:

        def run(*arguments: str) -> str:
            done = docker(engine.unix_url, tmp_path / "cli", *arguments)
            assert (done.returncode, done.stderr) == (0, ""), arguments
            return done.stdout

        network = run("network", "create", *ARTICLE).strip()
        assert json.loads(run("network", "inspect", "net112"))[0]["Id"] == network
        names = ("network", "ls", "--filter", "driver=macvlan", "--format", "{{.Name}}")
        assert run(*names) == "net112\n"
        refused = docker(engine.unix_url, tmp_path / "cli", "network", "create", *ARTICLE)
        message = "Error response from daemon: network with name net112 already exists"
        assert (refused.returncode, refused.stderr.splitlines()[0]) == (1, message)
        assert run("network", "rm", network[:8]) == f"{network[:8]}\n"
        span = ("--since", "1h", "--until", f"{time.time():.6f}")
        told = run("events", *span, "--format", "{{.Actor.ID}}")
        assert set(told.split()) == {network}
        engine.run_container("web")
        assert run("ps", "--format", "{{.Names}}") == "web\n"
        assert run("version", "--format", "{{.Server.Version}}") == "20.10.24+dfsg1\n"
        assert run("info", "--format", "{{.Name}} {{.Swarm.LocalNodeState}}") == "lab inactive\n"


def test_an_engine_that_cannot_listen_everywhere_listens_nowhere(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        engine = Engine(str(tmp_path / "s"), ("127.0.0.1", taken.getsockname()[1]))
        with pytest.raises(OSError, match="in use"):
            engine.start()
    engine.start()
    assert ask(engine, "GET", "/_ping").text == "OK"
    engine.stop()
