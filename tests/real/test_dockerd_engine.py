"""The lab's engine beside a real dockerd: the same calls to both, and the same answers."""

import json
import re
import shutil
import socket
import time
from pathlib import Path
from typing import Iterator, Sequence, Tuple
from urllib.parse import quote

import pytest

from lab.engine import Engine
from lab.real.dockerd import Dockerd, docker, missing, request

from .parts import need
from .sides import ID, Both, Side, net, pool

PARENTS = ("eth0", "eth0.112", "eth0.113", "bond0.200", "ens192.42", *(f"p{n}" for n in range(12)))
"""On both sides. They are there beforehand: where the real one runs, the kernel may know no VLAN
links. p0 ... are for tests that need many."""
ARTICLE = (
    "--driver=macvlan",
    "--subnet=172.16.112.0/24",
    "-o",
    "parent=eth0.112",
    "dockernetwork112",
)


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    need(missing())
    path = tmp_path_factory.mktemp("lab") / "lab.sock"
    # The real one runs with --bridge=none.
    with Dockerd(parents=PARENTS) as real, Engine(
        unix=str(path), interfaces=PARENTS, bridge=False
    ) as lab:
        yield Both(real, lab)


@pytest.fixture
def both(engines: Both) -> Iterator[Both]:
    yield engines
    engines.clean()


def test_networks_come_and_go(both: Both) -> None:
    both.create("m", "macvlan", "eth0.112", "172.16.112.0/24")
    both.create("i", "ipvlan", "eth0.112", "172.16.113.0/24", options={"ipvlan_mode": "l2"})
    gateways = (
        pool("172.16.114.0/24", Gateway="172.16.114.254"),
        pool("2001:db8:114::/64", Gateway="2001:db8:114::1"),
    )
    both.create("dual", "macvlan", "bond0.200", *gateways, EnableIPv6=True)
    both.create("v6only", "macvlan", "ens192.42", "2001:db8:115::/64", EnableIPv6=True)
    both.create("v6off", "macvlan", "p0", "10.0.0.0/24", "2001:db8:116::/64")
    both.create("br", "bridge", None, "172.30.1.0/24")
    labels = {"tenant": "a", "org.example.vrf": "red"}
    modes = {"macvlan_mode": "private"}
    both.create("opt", "macvlan", "p1", Labels=labels, Attachable=True, options=modes)
    both.create("config", "", None, "10.1.0.0/24", ConfigOnly=True, options={"parent": "p2"})
    both.create("from", "macvlan", None, ConfigFrom={"Network": "config"})
    for path in (
        "/networks",
        "/v1.30/networks/dual",
        "/networks/nosuch",
        "/networks/from?verbose=1",
    ):
        both.call("GET", path)
    for filters in (
        {"driver": ["macvlan"]},
        {"driver": {"macvlan": True, "ipvlan": True}},
        {"name": ["^[im]$"]},
        {"scope": ["local"]},
        {"type": ["custom"]},
        {"type": ["builtin"]},
        {"label": ["tenant=a"]},
        {"dangling": ["true"]},
        {"dangling": ["zz"]},
        {"nosuch": ["x"]},
    ):
        both.call("GET", f"/networks?filters={quote(json.dumps(filters))}")
    both.call("DELETE", "/networks/config")
    for name in ("from", "config", "m", "nosuch", "none"):
        both.call("DELETE", f"/networks/{name}")
    both.call("GET", "/networks")


def test_refusals(both: Both) -> None:
    both.create("q", "macvlan", "eth0.112", "172.16.0.0/16")
    refused = [
        both.refuse("q", "macvlan", "eth0.113"),
        both.refuse("r", "macvlan", "eth0.113", "172.16.5.0/24"),
        both.refuse("r", "macvlan", "eth0.112", "172.17.0.0/16"),
        both.refuse("r", "macvlan", "eth0.0"),
        both.refuse("r", "macvlan", "eth0.4095"),
    ]
    assert [status for status, _ in refused] == [409, 403, 500, 500, 500]
    for driver in ("macvlan", "ipvlan"):
        for parent in ("eth0.x", "eth9", "eth9.5", "eth0.1.2", "lo"):
            both.refuse("r", driver, parent)
        both.refuse("r", driver, "p0", options={f"{driver}_mode": "zz"})
        both.refuse("r", driver, "p0", "0.0.0.0/0")
    for subnet in ("bad", "172.18.1.0", "172.18.1.0/33", "", "172.18.1.0/32", "172.018.1.0/24"):
        both.refuse("r", "macvlan", "p0", subnet)
    for gateway in ("bad", "10.1.0.1", "10.0.0.0", "10.0.0.255", "10.0.0.1/24"):
        both.refuse("r", "macvlan", "p0", pool("10.0.0.0/24", Gateway=gateway))
    both.refuse("r", "macvlan", "p0", pool("10.0.0.0/24", IPRange="bad"))
    both.refuse("r", "macvlan", "p0", pool("10.0.0.0/24", AuxiliaryAddresses={"a": "10.0.0.1"}))
    both.refuse("r", "macvlan", "p0", EnableIPv6=True)
    both.refuse("r", "bridge", None, "10.0.0.0/24", "10.1.0.0/24")
    for name in ("", " ", "bridge", "host", "none", "default"):
        both.refuse(name, "macvlan", "p0")
    for driver in ("host", "null", "overlay"):
        both.refuse("r", driver, None)
    both.refuse("r", "macvlan", "p0", Scope="swarm")
    both.refuse("r", "macvlan", "p0", Ingress=True)
    both.refuse("r", "macvlan", None, ConfigFrom={"Network": "nosuch"})
    both.refuse("r", "macvlan", "p0", ConfigFrom={"Network": "nosuch"})
    both.refuse("r", "", None, ConfigOnly=True, Internal=True)
    both.create("r", "macvlan", "p0", "10.0.0.0/24")


def test_an_unknown_driver(both: Both) -> None:
    # By itself: the real one looks for a plugin for 15 s.
    assert both.refuse("r", "nosuch", None) == (404, 'plugin "nosuch" not found')


def test_bodies_that_are_no_requests(both: Both) -> None:
    for body in (b"", b"{", b"[]", b"null", b"\xc3\xa9", b'{"Name":5}', b'{"Name":"x","IPAM":[]}'):
        status, _ = both.call("POST", "/networks/create", body)
        assert status >= 400


def test_names(both: Both) -> None:
    for name in ("a b", "é☃😀", "\"q'<>&]]>", "n" * 6000, "\0", "\x1b[31m", "x\ny", "../.."):
        both.create(name, "macvlan", "p0")
        both.call("GET", "/networks")
        both.call("GET", f"/networks/{quote(name, safe='')}")
        both.call("DELETE", f"/networks/{quote(name, safe='')}")
        both.clean()


def test_duplicates_and_prefixes(both: Both) -> None:
    both.create("d", "macvlan", "p0", "10.0.0.0/24")
    body = net("d", "macvlan", "p1", "10.1.0.0/24", CheckDuplicate=False)
    status, warning = both.call("POST", "/networks/create", body)
    assert status == 201
    assert "already exists" in warning
    assert both.call("GET", "/networks/d")[0] == 400
    assert both.call("DELETE", "/networks/d")[0] == 400
    for side in both.sides:
        assert request(side.path, "DELETE", f"/networks/{side.ids[0][:40]}").status == 204
    both.call("GET", "/networks/d")


def test_a_restart_shows_the_gateways(both: Both) -> None:
    for number, config in enumerate(
        (
            [pool("10.1.0.0/24")],
            [pool("10.2.0.0/24", IPRange="10.2.0.128/25")],
            [pool("10.3.0.5/24"), pool("10.4.0.0/24", Gateway="10.4.0.9"), pool("2001:db8:3::/64")],
            [pool("10.5.0.0/16", IPRange="10.5.1.0/24")],
            [pool("10.5.0.0/16", IPRange="10.5.2.0/24")],
            [],
        )
    ):
        both.create(f"n{number}", "macvlan", f"p{number}", *config, EnableIPv6=number == 2)
    before = both.call("GET", "/networks")[1]
    both.restart()
    after = both.call("GET", "/networks")[1]
    # The network with a default pool has shown its gateway all the time.
    assert [text.count('"Gateway"') for text in (before, after)] == [2, 8]
    assert both.told("since=0") == []


def test_events(both: Both) -> None:
    both.restart()
    both.create('<b>&"\n\u2028é', "macvlan", "p0", "10.0.0.0/24")
    # No beginning of an id: the filter takes those, too.
    both.create("cfg", "", None, ConfigOnly=True)
    both.call("DELETE", "/networks/cfg")
    both.refuse("x", "macvlan", "eth0.0")
    both.call("POST", "/networks/prune")
    actions = [re.findall('"Action":"([a-z]+)"', line) for line in both.told("since=0")]
    assert actions == [["create"], ["create"], ["destroy"], ["prune"]]
    for query in (
        "",
        "since=0&filters=" + quote('{"event":["create"]}'),
        "since=0&filters=" + quote('{"type":["container"]}'),
        "since=0&filters=" + quote('{"network":["cfg"]}'),
        "since=0&filters=" + quote('{"nosuch":["c"]}'),
        "since=zz",
        "since=2026-11-23T16:04:00Z",
        f"since={time.time_ns()}",
        "filters=zz",
    ):
        both.told(query)


def test_the_last_256_events_are_replayed(both: Both) -> None:
    both.restart()
    for side in both.sides:
        for number in range(130):
            body = net(f"x{number}", "macvlan", "p0", "10.0.0.0/24")
            request(side.path, "POST", "/networks/create", body)
            request(side.path, "DELETE", f"/networks/x{number}")
    assert len(both.told("since=0")) == 256


def test_the_bytes_of_answers(both: Both) -> None:
    host = "Host: docker\r\n"
    for data in (
        f"GET /_ping HTTP/1.1\r\n{host}\r\n",
        f"HEAD /_ping HTTP/1.1\r\n{host}\r\n",
        f"GET /v1.41/_ping HTTP/1.1\r\n{host}Connection: close\r\n\r\n",
        "GET /_ping HTTP/1.0\r\n\r\n",
        "GET /_ping HTTP/1.1\r\n\r\n",
        "GET /_ping HTTP/2.0\r\n\r\n",
        "GARBAGE\r\n\r\n",
        f"GET /%zz HTTP/1.1\r\n{host}\r\n",
        f"GET /nosuch HTTP/1.1\r\n{host}\r\n",
        f"HEAD /networks HTTP/1.1\r\n{host}\r\n",
        f"OPTIONS /networks HTTP/1.1\r\n{host}\r\n",
        f"GET //networks?a=b HTTP/1.1\r\n{host}\r\n",
        f"GET /v1.42/networks HTTP/1.1\r\n{host}\r\n",
        f"GET /v1.11/networks HTTP/1.1\r\n{host}\r\n",
        f"GET /v1.23/networks/x HTTP/1.1\r\n{host}\r\n",
        f"GET /networks/x%ff HTTP/1.1\r\n{host}\r\n",
        f"GET /networks/x?a=%zz HTTP/1.1\r\n{host}\r\n",
        f"DELETE /networks/ HTTP/1.1\r\n{host}\r\n",
        f"POST /networks/create HTTP/1.1\r\n{host}Content-Length: 2\r\n\r\n{{}}",
        f"GET /events?since=2&until=1 HTTP/1.1\r\n{host}\r\n",
        f"GET /events?until=1 HTTP/1.1\r\n{host}\r\nGET /_ping HTTP/1.1\r\n{host}\r\n",
    ):
        real, lab = (side.exchange(data.encode()) for side in both.sides)
        assert real == lab, data
        assert real


def test_a_stream_ends_without_its_last_chunk(both: Both) -> None:
    def stream(side: Side) -> socket.socket:
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(30)
        sock.connect(side.path)
        sock.sendall(b"GET /events HTTP/1.1\r\nHost: docker\r\n\r\n")
        received = b""
        while not received.endswith(b"\r\n\r\n"):
            received += sock.recv(1)
        return sock

    for stop in (both.real.stop, both.real.kill):
        sides = [stream(side) for side in both.sides]
        # Headers come before the subscription: an event shows that it has been made.
        heard = [_hear(side, sock) for side, sock in zip(both.sides, sides)]
        assert heard[0] == heard[1]
        stop()
        both.lab.stop()
        assert [sock.recv(65536) for sock in sides] == [b"", b""]
        for sock in sides:
            sock.close()
        both.real.start()
        both.lab.start()
        both.clean()


def _hear(side: Side, sock: socket.socket) -> str:
    side.call("POST", "/networks/create", net("heard", "macvlan", "p0", "10.0.0.0/24"))
    received = b""
    while not received.endswith(b"}\n\r\n"):
        received += sock.recv(1)
    return side.even(received.decode())


def test_the_docker_command(both: Both, tmp_path: Path) -> None:
    need([] if shutil.which("docker") else ["the docker CLI is not on PATH"])

    def said(side: Side, arguments: Sequence[str]) -> Tuple[int, str, str]:
        done = docker(f"unix://{side.path}", *arguments, config=tmp_path, check=False)
        created = done.stdout.strip()
        if ID.fullmatch(created):
            side.ids.append(created)
        out = re.sub(r'"Created": "[^"]+"', "<created>", side.even(done.stdout))
        # The ids of the predefined networks are in no table of ours.
        out = re.sub(r"(?m)^[0-9a-f]{12}(?= )", "<short>", out)
        return done.returncode, out, side.even(done.stderr)

    for arguments in (
        ["network", "create", *ARTICLE],
        ["network", "create", *ARTICLE],
        ["network", "create", "-d", "ipvlan", "--subnet=10.7.0.0/24", "-o", "parent=eth0.112", "i"],
        ["network", "create", "--ipv6", "--subnet=2001:db8::/64", "--subnet=10.8.0.0/24", "br"],
        ["network", "create", "-d", "macvlan", "-o", "parent=eth0.0", "zero"],
        ["network", "create", "-d", "macvlan", "--subnet=172.16.112.0/25", "-o", "parent=p0", "o"],
        [
            "network",
            "create",
            "-d",
            "macvlan",
            "--subnet=10.9.0.0/24",
            "-o",
            "parent=eth0.112",
            "p",
        ],
        ["network", "create", "--config-only", "--subnet=10.3.0.0/24", "-o", "parent=p1", "cfg"],
        ["network", "create", "-d", "macvlan", "--config-from", "cfg", "local"],
        ["network", "ls"],
        ["network", "ls", "--filter", "driver=macvlan", "--no-trunc"],
        ["network", "inspect", "dockernetwork112"],
        ["network", "inspect", "br"],
        ["network", "inspect", "nosuch"],
        ["network", "rm", "dockernetwork112", "nosuch", "none"],
        ["network", "rm", "local", "cfg"],
        ["network", "ls", "--format", "{{.Name}} {{.Driver}} {{.Scope}}"],
        ["version", "--format", "{{.Client.APIVersion}} {{.Server.Version}}"],
    ):
        real, lab = (said(side, arguments) for side in both.sides)
        assert real == lab, arguments
