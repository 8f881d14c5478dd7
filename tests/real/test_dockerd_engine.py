"""The lab's engine beside a real dockerd: the docker command says the same to both, and hears the
same from both.

What differs by nature is evened out: ids, times and the order of lists.
"""

import re
import shlex
import shutil
import time
from typing import Iterator, List, NamedTuple

import pytest

from lab.engine import Engine
from lab.real.dockerd import Dockerd, docker, missing

from .parts import need

PARENTS = ("eth0", "eth0.112", "eth0.113", "bond0.200", "p0", "p1", "p2")
"""On both sides. They are there beforehand: where the real one runs, the kernel may know no VLAN
links."""
MACVLAN = "network create -d macvlan -o parent="
ALL = "network ls --no-trunc"


class Said(NamedTuple):
    """How the docker command ended, and what it wrote."""

    code: int
    out: str
    err: str


class Side:
    """One of the two, and the ids of the networks made, in their order."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.ids: List[str] = []

    def say(self, line: str) -> Said:
        done = docker(self.url, *shlex.split(line), check=False)
        if re.fullmatch(r"[0-9a-f]{64}\n", done.stdout):
            self.ids.append(done.stdout.strip())
        return Said(done.returncode, *map(self._even, (done.stdout, done.stderr)))

    def _even(self, text: str) -> str:
        for number, network in enumerate(self.ids):
            text = text.replace(network, f"<{number}>").replace(network[:12], f"<short {number}>")
        text = re.sub(r'"Created": "[^"]+"', "<created>", text)
        text = re.sub(r"\b(dm|di)-[0-9a-f]{12}\b", r"\1-<short>", text)
        # The ids of the predefined networks are in no table of ours.
        return re.sub(r"(?m)^([0-9a-f]{64}|[0-9a-f]{12})(?= )", "<id>", text)


class Both:
    """The real engine and the lab's, held to each other."""

    def __init__(self, real: Dockerd, lab: Engine) -> None:
        self.real = real
        self.lab = lab
        self.sides = (Side(real.url), Side(lab.url))

    def say(self, line: str) -> Said:
        """What the real one has said, after the lab's was found to say the same."""
        real, lab = (side.say(line) for side in self.sides)
        assert real == lab, line
        return real

    def take(self, *lines: str) -> str:
        """Both take these; what they say to the last one."""
        said = [self.say(line) for line in lines]
        assert [one.code for one in said] == [0] * len(lines), said
        return said[-1].out

    def refuse(self, *lines: str) -> None:
        """Both refuse these, and all stays as it was."""
        before = self.take(ALL)
        assert [line for line in lines if self.say(line).code == 0] == []
        assert self.take(ALL) == before

    def events(self, more: str = "--since 0") -> List[str]:
        """What both tell of the past."""
        # An until that has passed ends the answer.
        shown = "{{.Type}} {{.Action}} {{.Scope}} {{json .Actor}}"
        return self.take(f"events {more} --until {time.time():.9f} --format '{shown}'").splitlines()

    def restart(self) -> None:
        self.real.restart()
        self.lab.restart()


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    need([*missing(), *([] if shutil.which("docker") else ["the docker CLI is not on PATH"])])
    url = f"unix://{tmp_path_factory.mktemp('lab') / 'lab.sock'}"
    # The real one runs with --bridge=none.
    with Dockerd(parents=PARENTS) as real, Engine(url, interfaces=PARENTS, bridge=False) as lab:
        yield Both(real, lab)


@pytest.fixture
def both(engines: Both) -> Iterator[Both]:
    yield engines
    for side in engines.sides:
        side.say(" ".join(["network rm", *side.ids]))
        side.ids.clear()
    assert engines.take("network ls --format {{.Name}}").split() == ["host", "none"]


def test_networks_that_are_made_and_removed(both: Both) -> None:
    article = "--driver=macvlan --subnet=172.16.112.0/24 -o parent=eth0.112 net112"
    made = both.take(
        f"network create {article}",
        "network create -d ipvlan -o parent=eth0.112 -o ipvlan_mode=l2 --subnet=10.1.0.0/24 i",
        f"{MACVLAN}bond0.200 --ipv6 --subnet=10.2.0.0/24 --gateway=10.2.0.254"
        " --subnet=2001:db8:114::/64 --gateway=2001:db8:114::1 dual",
        f"{MACVLAN}p0 --subnet=10.3.0.0/24 --subnet=2001:db8:116::/64 v6off",
        "network create --subnet=172.30.1.0/24 br",
        f"{MACVLAN}p1 --label tenant=a --attachable --subnet=10.7.0.0/24 opt",
        "network inspect net112 i dual v6off br opt",
    )
    assert made.count("<created>") == 6
    for filters in ("driver=macvlan", "name=^[id]", "type=custom", "nosuch=x"):
        both.say(f"{ALL} --filter {filters}")
    both.refuse("network inspect nosuch", "network rm nosuch none", f"network create {article}")
    both.take("network rm net112", "network ls --format '{{.Name}} {{.Driver}} {{.Scope}}'")
    both.take("version --format '{{.Client.APIVersion}} {{.Server.Version}}'")


def test_refusals(both: Both) -> None:
    both.take(f"{MACVLAN}eth0.112 --subnet=172.16.0.0/16 q")
    both.refuse(
        f"{MACVLAN}eth0.113 q",
        f"{MACVLAN}eth0.113 --subnet=172.16.5.0/24 r",
        f"{MACVLAN}eth0.112 --subnet=172.17.0.0/16 r",
        f"{MACVLAN}p0 --ipv6 --subnet=10.0.0.0/24 r",
        "network create --subnet=10.0.0.0/24 --subnet=10.1.0.0/24 r",
        "network create -d host r",
        *(
            f"network create -d {driver} -o parent={parent} --subnet=172.18.0.0/16 r"
            for driver in ("macvlan", "ipvlan")
            for parent in ("eth0.0", "eth0.4095", "eth0.x", "eth9", "eth9.5", "eth0.1.2")
        ),
        *(
            f"{MACVLAN}p0 --subnet={subnet} r"
            for subnet in ("bad", "172.18.1.0", "172.18.1.0/33", "172.18.1.0/32", "0.0.0.0/0")
        ),
        *(f"{MACVLAN}p0 --subnet=10.0.0.0/24 {name}" for name in ("bridge", "none", "''")),
    )
    both.take(f"{MACVLAN}p0 --subnet=10.0.0.0/24 r")


def test_a_restart_shows_the_gateways(both: Both) -> None:
    shown = "network inspect dual own n1 n2"
    # One IPv4 subnet each: the docker command sends several in any order. A pool of two networks,
    # each with a range of its own.
    before = both.take(
        f"{MACVLAN}p0 --ipv6 --subnet=10.3.0.5/24 --subnet=2001:db8:3::/64 dual",
        f"{MACVLAN}eth0.112 --subnet=10.4.0.0/24 --gateway=10.4.0.9 own",
        f"{MACVLAN}p1 --subnet=10.5.0.0/16 --ip-range=10.5.1.0/24 n1",
        f"{MACVLAN}p2 --subnet=10.5.0.0/16 --ip-range=10.5.2.0/24 n2",
        shown,
    )
    both.restart()
    assert [text.count('"Gateway"') for text in (before, both.take(shown))] == [1, 5]
    assert both.events() == []


def test_events(both: Both) -> None:
    both.restart()
    name = "'<b>&\"\u2028é'"
    both.take(f"{MACVLAN}p0 --subnet=10.0.0.0/24 {name}")
    both.refuse(f"{MACVLAN}eth0.0 --subnet=10.1.0.0/24 x")
    both.take(f"network rm {name}")
    told = both.events()
    assert [one.split()[:2] for one in told] == [["network", "create"], ["network", "destroy"]]
    assert both.events("--since 0 --filter event=destroy") == told[1:]
    assert both.events("--since 0 --filter type=container") == []
    assert both.events(f"--since {time.time():.9f}") == []
