"""What is computed of what has changed alone is as if all were computed anew, whatever happened."""

import itertools

from docker_tor.config.settings import parse
from docker_tor.desired.assembly import Assembly, assemble
from docker_tor.desired.by_engine import ByEngine
from docker_tor.desired.segments import Segment
from docker_tor.engine.listing import Reader, observe
from docker_tor.engine.networks import Network
from hypothesis import given, settings
from hypothesis import strategies as st
from listed import SWITCH, network

ENGINES = ("host1", "host2", "host3")


def docker_yaml(few, limited, moved, port):
    """A docker.yaml: of all three engines or fewer, with a limited switch or another uplink."""
    limits = {"vlans": "101-103", "subnets": ["10.1.0.0/16"]} if limited else {}
    uplinks = [
        {"parent": "eth0", "switch": "tor2" if moved else "tor1", "ports": ["Te 1/0/1"][:port]},
        {"parent": "eth1", "switch": "tor2", "ports": ["Te 1/0/2"]},
        {"parent": "eth1", "switch": "tor2", "vlan": 101},
    ]
    return parse(
        {
            "engines": [
                {"name": name, "url": f"unix:///{name}", "uplinks": uplinks}
                for name in ENGINES[few:]
            ],
            "switches": [{**SWITCH, **limits}, {**SWITCH, "name": "tor2", "host": "10.0.0.2"}],
        }
    )


SMALL, NEXT, LARGE, ALL = "10.1.1.0/24", "10.1.2.0/24", "10.1.0.0/16", "10.0.0.0/8"
FIRST, SECOND = ({"Subnet": SMALL, "Gateway": f"10.1.1.{host}"} for host in (1, 2))
NETWORKS = [
    *(("eth0.101", SMALL), ("eth0.101", FIRST), ("eth0.101", SECOND), ("eth0.102", SMALL)),
    *(("eth0.102", NEXT), ("eth0.103", LARGE), ("eth0.104", ALL), ("eth0.103",), ("eth2.101",)),
    *(("eth0.104", NEXT, {"Subnet": "fd00::/48", "Gateway": "fd00::1"}), ("eth0.103", "fd00::/64")),
    *(("eth1.101", SMALL), ("eth1", LARGE)),
]
"""Parents and subnets; many are in each other's way."""
NUMBERS = st.integers(0, len(NETWORKS) - 1)
LISTED = st.dictionaries(NUMBERS, st.sampled_from([1, 1, 1, 2]), max_size=6)
"""Numbers of networks, and their ages; some move when they are 2."""


def listed(number, age):
    parent, *pools = NETWORKS[number]
    return {
        **network(
            "n", parent.replace("101", "103") if age == 2 else parent, *pools, EnableIPv6=True
        ),
        "Id": f"{number:064x}",
        "Created": f"2026-01-01T00:00:0{(number * age) % 7}Z",
    }


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("lists"), st.sampled_from(ENGINES), LISTED),
        st.tuples(st.just("is lost"), st.sampled_from(ENGINES)),
        st.tuples(st.just("holds"), st.sampled_from(ENGINES), st.sets(NUMBERS, max_size=3)),
        st.tuples(st.just("applies"), st.integers(0, 7)),
        st.tuples(
            st.just("configures"),
            *(st.integers(0, 2), st.booleans(), st.booleans(), st.integers(0, 1)),
        ),
    ),
    min_size=5,
    max_size=30,
)


class World:
    """What there is to assemble, and an assembly that has followed it."""

    def __init__(self):
        self.config = docker_yaml(0, False, False, 1)
        self.readers, self.observed, self.held, self.applied = {}, {}, {}, {}
        self.assembly, self.by_engine = Assembly(), ByEngine()

    def step(self, what, *details):
        if what == "lists":
            engine, numbers = details
            items = [listed(*one) for one in numbers.items()]
            reader = self.readers.setdefault(engine, Reader(engine, {"eth1": 101}))
            self.observed[engine] = reader.observe(items)
            assert self.observed[engine] == observe(engine, items, {"eth1": 101})
        elif what == "is lost":
            self.observed.pop(*details, None)
        elif what == "holds":
            engine, numbers = details
            self.held[engine] = frozenset(f"{number:064x}" for number in numbers)
        elif what == "configures":
            self.config = docker_yaml(*details)
        return self.look(*details if what == "applies" else ())

    def look(self, but=None):
        """The same, whoever makes it; it is applied, except for one segment, if that is asked."""
        self.by_engine.take(self.applied)
        found = self.assembly.assemble(self.config, self.observed, self.by_engine, self.held)
        anew = assemble(self.config, self.observed, self.applied.values(), self.held)
        assert (found.segments, found.believed) == (anew.segments, anew.believed)
        rejected, again = (
            [(*one.key, one.switch) for one in all_.rejected] for all_ in (found, anew)
        )
        assert rejected == again
        # Who is rejected has nothing, so that no two segments of a switch overlap.
        spans = [
            (key, address.network)
            for key, one in found.segments.items()
            for address in one.addresses
        ]
        for (key, span), (other, theirs) in itertools.combinations(spans, 2):
            apart = span.version != theirs.version or not span.overlaps(theirs)
            assert key == other or key[0] != other[0] or apart
        if but is not None:
            keys = sorted({*found.segments, *self.applied})
            stays = keys[but : but + 1]
            self.applied = {
                key: there[key]
                for key in keys
                for there in [self.applied if key in stays else found.segments]
                if key in there
            }


@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_it_is_as_if_it_were_made_anew(steps):
    world = World()
    for step in steps:
        world.step(*step)


KEYS = [("tor1", 21, 101), ("tor1", None, 101), ("tor2", 21, 101)]
SAME = [
    Network(str(number), "n", f"host{number % 2}", "macvlan", "eth0.101", 101, frozenset())
    for number in range(5)
]


@given(st.lists(st.dictionaries(st.sampled_from(KEYS), st.sets(st.sampled_from(SAME))), max_size=9))
def test_the_networks_of_an_engine_are_those_of_all_segments(history):
    kept = ByEngine()
    for those in history:
        segments = {key: Segment(*key, "h", (), tuple(some)) for key, some in those.items()}
        kept.take(segments)
        anew = ByEngine(segments.values())
        found = {engine: kept.of(engine) for engine in kept.engines}
        assert found == {engine: anew.of(engine) for engine in anew.engines}
