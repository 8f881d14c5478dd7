"""The lab's engine beside a real dockerd: the same calls to both, and the same answers.

What differs by nature is evened out: ids, times and the order of lists.
"""

import json
import re
import shutil
import time
from typing import Any, Dict, Iterator, List, Optional, Tuple
from urllib.parse import quote

import pytest

from lab.engine import Engine
from lab.real.dockerd import Dockerd, docker, missing, request

from .parts import need

PARENTS = ("eth0", "eth0.112", "eth0.113", "bond0.200", "p0", "p1", "p2")
"""On both sides. They are there beforehand: where the real one runs, the kernel may know no VLAN
links."""
ARTICLE = ("--driver=macvlan", "--subnet=172.16.112.0/24", "-o", "parent=eth0.112", "net112")
SHORT = re.compile(r"\b(dm|di)-[0-9a-f]{12}\b")
ID = re.compile(r"\b[0-9a-f]{64}\b")
TIMES = {"Created", "time", "timeNano"}


def net(name: str, driver: str, parent: Optional[str], *config: Any, **more: Any) -> bytes:
    """The body of a create request; a string in `config` is a subnet."""
    pools = [{"Subnet": item} if isinstance(item, str) else item for item in config]
    options = {**({} if parent is None else {"parent": parent}), **more.pop("options", {})}
    body: Dict[str, Any] = {"Name": name, "CheckDuplicate": True, "Driver": driver}
    body.update({"IPAM": {"Driver": "default", "Config": pools}} if pools else {})
    return json.dumps({**body, "Options": options, **more}).encode()


def pool(subnet: str, **more: Any) -> Dict[str, Any]:
    return {"Subnet": subnet, **more}


class Side:
    """One of the two: how to call it, and the ids of the networks made, in their order."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.ids: List[str] = []

    def call(self, method: str, path: str, body: Optional[bytes] = None) -> Tuple[int, List[str]]:
        """Status and evened lines; @ID in the path stands for the last network's id."""
        reply = request(self.path, method, path.replace("@ID", (self.ids or [""])[-1]), body)
        if reply.status == 201:
            self.ids.append(json.loads(reply.body)["Id"])
        lines = [json.loads(line) for line in reply.body.decode().splitlines()]
        found = lines[0] if lines and isinstance(lines[0], list) else lines
        evened = [self.even(json.dumps(_timeless(one), sort_keys=True)) for one in found]
        return reply.status, evened if found is lines else sorted(evened)

    def networks(self) -> List[Dict[str, Any]]:
        return list(json.loads(request(self.path, "GET", "/networks").body))

    def even(self, text: str) -> str:
        for number, network in enumerate(self.ids):
            text = text.replace(network, f"<{number}>").replace(network[:12], f"<short {number}>")
        return ID.sub("<id>", SHORT.sub(r"\1-<short>", text))


def _timeless(told: Any) -> Any:
    return {name: value for name, value in told.items() if name not in TIMES}


class Both:
    """The real engine and the lab's, held to each other."""

    def __init__(self, real: Dockerd, lab: Engine) -> None:
        self.real = real
        self.lab = lab
        self.sides = (Side(str(real.socket)), Side(lab.url[len("unix://") :]))

    def call(self, method: str, path: str, body: Optional[bytes] = None) -> Tuple[int, List[str]]:
        """The real one's status and lines, after the lab's were found to be the same."""
        real, lab = (side.call(method, path, body) for side in self.sides)
        assert real == lab, (method, path, body)
        return real

    def create(self, *arguments: Any, **more: Any) -> None:
        """A create that both take, and show alike."""
        status, text = self.call("POST", "/v1.41/networks/create", net(*arguments, **more))
        assert status == 201, text
        assert self.call("GET", "/v1.41/networks/@ID")[0] == 200

    def refuse(self, *arguments: Any, **more: Any) -> int:
        """A create that both refuse, and that leaves everything as it was; the status."""
        before = self.call("GET", "/networks")
        status, text = self.call("POST", "/v1.41/networks/create", net(*arguments, **more))
        assert status >= 400, text
        assert self.call("GET", "/networks") == before
        return status

    def told(self, query: str) -> List[str]:
        """What /events of both tells of the past, one evened line each."""
        # An until that has passed ends the answer.
        return self.call("GET", f"/events?until={time.time():.9f}&{query}")[1]

    def restart(self) -> None:
        self.real.restart()
        self.lab.restart()

    def clean(self) -> None:
        for side in self.sides:
            for network in side.networks():
                request(side.path, "DELETE", f"/networks/{network['Id']}")
            assert sorted(network["Name"] for network in side.networks()) == ["host", "none"]
            side.ids.clear()


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    need(missing())
    path = tmp_path_factory.mktemp("lab") / "lab.sock"
    # The real one runs with --bridge=none.
    with Dockerd(parents=PARENTS) as real, Engine(
        f"unix://{path}", interfaces=PARENTS, bridge=False
    ) as lab:
        yield Both(real, lab)


@pytest.fixture
def both(engines: Both) -> Iterator[Both]:
    yield engines
    engines.clean()


def test_networks_that_are_made(both: Both) -> None:
    both.create("m", "macvlan", "eth0.112", "172.16.112.0/24")
    both.create("i", "ipvlan", "eth0.112", "172.16.113.0/24", options={"ipvlan_mode": "l2"})
    gateways = (
        pool("172.16.114.0/24", Gateway="172.16.114.254"),
        pool("2001:db8:114::/64", Gateway="2001:db8:114::1"),
    )
    both.create("dual", "macvlan", "bond0.200", *gateways, EnableIPv6=True)
    both.create("v6off", "macvlan", "p0", "10.0.0.0/24", "2001:db8:116::/64")
    both.create("br", "bridge", None, "172.30.1.0/24")
    labels = {"tenant": "a", "org.example.vrf": "red"}
    more = {"Labels": labels, "Attachable": True, "options": {"macvlan_mode": "private"}}
    both.create("opt", "macvlan", "p1", "10.7.0.0/24", **more)
    for filters in (
        {},
        {"driver": {"macvlan": True, "ipvlan": True}},
        {"name": ["^[im]$"]},
        {"type": ["custom"]},
        {"nosuch": ["x"]},
    ):
        both.call("GET", f"/networks?filters={quote(json.dumps(filters))}")
    for name in ("m", "nosuch", "none"):
        both.call("DELETE", f"/networks/{name}")
    both.call("GET", "/networks")


def test_refusals(both: Both) -> None:
    both.create("q", "macvlan", "eth0.112", "172.16.0.0/16")
    refused = [
        both.refuse("q", "macvlan", "eth0.113"),
        both.refuse("r", "macvlan", "eth0.113", "172.16.5.0/24"),
        both.refuse("r", "macvlan", "eth0.112", "172.17.0.0/16"),
        both.refuse("r", "macvlan", "eth0.0", "172.18.0.0/16"),
        both.refuse("r", "macvlan", "eth0.4095", "172.18.0.0/16"),
    ]
    assert refused == [409, 403, 500, 500, 500]
    for driver in ("macvlan", "ipvlan"):
        for parent in ("eth0.x", "eth9", "eth9.5", "eth0.1.2"):
            both.refuse("r", driver, parent, "172.18.0.0/16")
    for subnet in ("bad", "172.18.1.0", "172.18.1.0/33", "", "172.18.1.0/32", "0.0.0.0/0"):
        both.refuse("r", "macvlan", "p0", subnet)
    for more in ({"Gateway": "bad"}, {"Gateway": "10.1.0.1"}, {"IPRange": "bad"}):
        both.refuse("r", "macvlan", "p0", pool("10.0.0.0/24", **more))
    both.refuse("r", "macvlan", "p0", "10.0.0.0/24", EnableIPv6=True)
    both.refuse("r", "bridge", None, "10.0.0.0/24", "10.1.0.0/24")
    for name in ("", "bridge", "none"):
        both.refuse(name, "macvlan", "p0", "10.0.0.0/24")
    both.refuse("r", "host", None)
    both.create("r", "macvlan", "p0", "10.0.0.0/24")


def test_a_restart_shows_the_gateways(both: Both) -> None:
    pools = (pool("10.3.0.5/24"), pool("10.4.0.0/24", Gateway="10.4.0.9"))
    both.create("dual", "macvlan", "p0", *pools, pool("2001:db8:3::/64"), EnableIPv6=True)
    # A pool of two networks, each with a range of its own.
    for number in (1, 2):
        ranged = pool("10.5.0.0/16", IPRange=f"10.5.{number}.0/24")
        both.create(f"n{number}", "macvlan", f"p{number}", ranged)
    before = both.call("GET", "/networks")[1]
    both.restart()
    after = both.call("GET", "/networks")[1]
    assert [" ".join(lines).count('"Gateway"') for lines in (before, after)] == [1, 5]
    assert both.told("since=0") == []


def test_events(both: Both) -> None:
    both.restart()
    both.create('<b>&"\n\u2028é', "macvlan", "p0", "10.0.0.0/24")
    both.refuse("x", "macvlan", "eth0.0", "10.1.0.0/24")
    both.call("DELETE", "/networks/@ID")
    told = both.told("since=0")
    assert [json.loads(line)["Action"] for line in told] == ["create", "destroy"]
    assert both.told(f"since=0&filters={quote(json.dumps({'event': ['destroy']}))}") == told[1:]
    assert both.told(f"since=0&filters={quote(json.dumps({'type': ['container']}))}") == []
    assert both.told(f"since={time.time():.9f}") == []


def test_the_docker_command(both: Both) -> None:
    need([] if shutil.which("docker") else ["the docker CLI is not on PATH"])

    def said(side: Side, arguments: List[str]) -> Tuple[int, str, str]:
        done = docker(f"unix://{side.path}", *arguments, check=False)
        if ID.fullmatch(done.stdout.strip()):
            side.ids.append(done.stdout.strip())
        out = re.sub(r'"Created": "[^"]+"', "<created>", side.even(done.stdout))
        # The ids of the predefined networks are in no table of ours.
        out = re.sub(r"(?m)^[0-9a-f]{12}(?= )", "<short>", out)
        return done.returncode, out, side.even(done.stderr)

    macvlan = ["network", "create", "-d", "macvlan", "-o"]
    for arguments in (
        ["network", "create", *ARTICLE],
        ["network", "create", *ARTICLE],
        ["network", "create", "--ipv6", "--subnet=2001:db8::/64", "--subnet=10.8.0.0/24", "br"],
        [*macvlan, "parent=eth0.0", "--subnet=10.9.0.0/24", "zero"],
        [*macvlan, "parent=p0", "--subnet=172.16.112.0/25", "overlapping"],
        [*macvlan, "parent=eth0.112", "--subnet=10.9.0.0/24", "second"],
        ["network", "ls"],
        ["network", "ls", "--filter", "driver=macvlan", "--no-trunc"],
        ["network", "inspect", "net112"],
        ["network", "inspect", "nosuch"],
        ["network", "rm", "net112", "nosuch", "none"],
        ["network", "ls", "--format", "{{.Name}} {{.Driver}} {{.Scope}}"],
        ["version", "--format", "{{.Client.APIVersion}} {{.Server.Version}}"],
    ):
        real, lab = (said(side, arguments) for side in both.sides)
        assert real == lab, arguments
