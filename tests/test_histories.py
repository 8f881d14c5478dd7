"""Any history of networks, engines, configurations and outages ends with the segments, and with the
VLANs on the ports to the hosts, that the engines' lists imply.

Hypothesis makes up the history; what is dispatched is replayed as a switch would see it.
"""

import logging
from typing import Any, ClassVar, Dict, Iterable, List, Mapping, Set, Tuple

from docker_tor.config.settings import parse
from docker_tor.controller import controller, lease, triggers
from docker_tor.desired import assembly, ledger
from docker_tor.engine import listing
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from listed import texts
from records import Datastore

ENGINES = ("host1", "host2", "host3")
RBRIDGES = {"eth0": 21, "bond0": 22}
"""Where the interfaces of each engine lead to."""
PORTS = {
    ("host1", "eth0"): {"TenGigabitEthernet 21/0/1"},
    # Two machines behind one port, and one that has the same port on another rbridge.
    ("host2", "eth0"): {"Port-channel 10"},
    ("host3", "eth0"): {"Port-channel 10", "TenGigabitEthernet 21/0/3"},
    ("host1", "bond0"): {"Port-channel 10"},
    ("host2", "bond0"): set(),
    ("host3", "bond0"): {"TenGigabitEthernet 22/0/3"},
}
"""The ports that each interface is plugged in to; those of one are somebody else's."""


def uplinks(engine: str) -> List[Dict[str, Any]]:
    return [
        {
            "parent": parent,
            "switch": "tor1",
            "rbridge_id": rbridge,
            "ports": sorted(PORTS[engine, parent]),
        }
        for parent, rbridge in RBRIDGES.items()
    ]


LOGIN = {"username": "admin", "password": "password", "host_key": "ignore"}
CONFIG: Dict[str, Any] = {
    "engines": [
        {"name": name, "url": f"unix:///{name}.sock", "uplinks": uplinks(name)} for name in ENGINES
    ],
    "switches": [{"name": "tor1", "host": "10.0.0.1", **LOGIN}],
    # Few enough for batches to be as common as single changes.
    "batch_above": 1,
    # No removal is told in an event here.
    "mass_removal_hold": 0,
}
SUBNETS = (
    ("10.{}.0.0/24",),
    ("10.{}.0.0/24", "fd00:{}::/64"),
    ("10.{}.1.0/24",),
)
"""Of one network of a VLAN. No two VLANs have one in common: there are no conflicts."""
Places = Set[Tuple[int, int]]
"""The rbridges and VLANs that an engine has networks on."""
Wired = Set[Tuple[int, str]]
"""The VLANs that ports have to carry."""
VLANS = st.integers(101, 104)
NUMBERS = st.integers(0, 5)
LOG = logging.getLogger("test_histories")
LOG.addHandler(logging.NullHandler())
LOG.propagate = False
LOG.setLevel(logging.CRITICAL + 1)


def listed(engine: str, number: int, vlan: int) -> Dict[str, Any]:
    """What an engine lists of a network: its number says where it is, and what it has."""
    subnets = [one.format(vlan) for one in SUBNETS[number % len(SUBNETS)]]
    return {
        "Id": f"{ENGINES.index(engine):02x}{number:062x}",
        "Name": f"n{number}",
        "Driver": "macvlan",
        "Options": {"parent": f"{sorted(RBRIDGES)[number % 2]}.{vlan}"},
        "IPAM": {"Config": [{"Subnet": subnet} for subnet in subnets]},
        "Internal": number == 5,
    }


def wired(engine: str, networks: Iterable[Mapping[str, Any]]) -> Wired:
    """The VLANs that ports have to carry for an engine's networks."""
    parents = [one["Options"]["parent"].rpartition(".") for one in networks]
    return {(int(vlan), port) for parent, _, vlan in parents for port in PORTS[engine, parent]}


def place_of(network: Mapping[str, Any]) -> Tuple[int, int]:
    """The rbridge and the VLAN of what `listed` made."""
    interface, _, vlan = network["Options"]["parent"].rpartition(".")
    return RBRIDGES[interface], int(vlan)


class History(RuleBasedStateMachine):
    """Engines that people use and that go away, sensors that restart, a StackStorm with outages."""

    raw: ClassVar[Dict[str, Any]] = CONFIG

    def __init__(self) -> None:
        super().__init__()
        self.docker_yaml = self.raw
        self.configured = parse(self.docker_yaml)
        self.truth: Dict[str, Dict[int, Dict[str, Any]]] = {name: {} for name in ENGINES}
        self.away: Set[str] = set()
        # Of each sensor, what the engines have told it since they are followed.
        self.known: List[Dict[str, Places]] = []
        self.wrong: List[str] = []
        self.now = self.wall = 1000.0
        self.datastore = Datastore()
        self.bus_broken = False
        self.switch: Dict[Tuple[str, int, int], Tuple[str, ...]] = {}
        self.ports: Dict[Tuple[str, int, int], List[str]] = {}
        self.allowed: Wired = set()
        self.sensors: List[Tuple[controller.Controller, lease.Lease]] = []
        self.start_sensor()

    def start_sensor(self) -> None:
        known: Dict[str, Places] = {}
        held = lease.Lease(
            self.datastore.store(lease.NAME),
            clock=lambda: self.wall,
            monotonic=lambda: self.now,
            sleep=lambda _seconds: None,
        )
        made = controller.Controller(
            self.configured,
            lambda trigger: self.dispatch(trigger, known),
            self.datastore.store,
            held,
            log=LOG,
            clock=lambda: self.wall,
            monotonic=lambda: self.now,
        )
        self.sensors.append((made, held))
        self.known.append(known)

    def dispatch(self, trigger: triggers.Trigger, known: Mapping[str, Places]) -> None:
        if self.bus_broken:
            raise OSError("the message bus is away")
        if trigger.name == triggers.NETWORK_EVENT:
            self.follow(trigger.payload, known)
        elif trigger.name == triggers.NETWORK_BATCH:
            for segment in trigger.payload["segments"]:
                self.follow({**segment, "switch": trigger.payload["switch"]}, known)

    def follow(self, payload: Dict[str, Any], known: Mapping[str, Places]) -> None:
        """What a switch makes of one change, dispatched by a sensor that knows so much."""
        key = (payload["switch"], payload["rbridge"], payload["vlan"])
        addresses = tuple(payload["addresses"])
        destroy = payload["action"] == "destroy"
        ports = {(payload["vlan"], port) for port in payload["ports"]}
        gone = {(payload["vlan"], port) for port in payload.get("ports_gone", ())}
        gone, ports = (ports, set()) if destroy else (gone, ports)
        same = (self.switch.get(key), self.ports.get(key)) == (addresses, payload["ports"])
        self.ports[key] = payload["ports"]
        self.allowed = self.allowed - gone | ports
        # The controller outlives whatever a dispatch raises, so what is wrong is kept for later.
        if destroy:
            if self.switch.pop(key, None) != addresses:
                self.wrong.append(f"{key} is destroyed, and was not there like that")
            if any(key[1:] in places for places in known.values()):
                self.wrong.append(f"{key} is destroyed, and an engine has it")
        else:
            if (key in self.switch) != (payload["action"] == "update"):
                self.wrong.append(f"{key}: {payload['action']} is not what happened")
            if same and not gone:
                self.wrong.append(f"{key} is doubled")
            self.switch[key] = addresses

    def tell(self, engine: str) -> None:
        """The engine's list, as every sensor's follower would report it, if there is one."""
        if not self.follows(engine):
            return
        places = {place_of(network) for network in self.truth[engine].values()}
        for (made, _), known in zip(self.sensors, self.known):
            known[engine] = places
            made.listed(engine, list(self.truth[engine].values()), 0.0)

    def follows(self, engine: str) -> bool:
        """Whether the engine is configured."""
        return any(one.name == engine for one in self.configured.engines)

    @rule(
        names=st.sets(st.sampled_from(ENGINES), min_size=1),
        few=st.integers(0, 3),
        moved=st.booleans(),
    )
    def configure(self, names, few, moved):
        """docker.yaml changes while the sensors run: it names these engines, perhaps at other urls;
        who is followed anew is soon listed."""
        engines = [
            {**one, "url": f"{one['url']}{'2' if moved else ''}"}
            for one in CONFIG["engines"]
            if one["name"] in names
        ]
        self.docker_yaml = {**self.raw, "engines": engines, "batch_above": few}
        before, self.configured = self.configured, parse(self.docker_yaml)
        kept = {one.name for one in self.configured.engines if one in before.engines}
        for known in self.known:
            for engine in set(known) - kept:
                del known[engine]
        for made, _ in self.sensors:
            made.configure(self.configured)

    @rule(
        engine=st.sampled_from(ENGINES),
        number=NUMBERS,
        vlan=VLANS,
        told=st.integers(0, 2),
    )
    def create(self, engine, number, vlan, told):
        """A network is made; its event comes never, once or twice."""
        self.truth[engine].setdefault(number, listed(engine, number, vlan))
        for _ in range(0 if engine in self.away else told):
            self.tell(engine)

    @rule(engine=st.sampled_from(ENGINES), number=NUMBERS, told=st.integers(0, 2))
    def remove(self, engine, number, told):
        """A network is removed; its event comes never, once or twice."""
        self.truth[engine].pop(number, None)
        for _ in range(0 if engine in self.away else told):
            self.tell(engine)

    @rule(engine=st.sampled_from(ENGINES))
    def lose(self, engine):
        """An engine goes away; people go on using it."""
        self.away.add(engine)
        for made, _ in self.sensors if self.follows(engine) else ():
            made.lost(engine, "away")

    @precondition(lambda self: self.away)
    @rule(data=st.data())
    def come_back(self, data):
        """An engine is back: subscribe, then list."""
        engine = data.draw(st.sampled_from(sorted(self.away)))
        self.away.discard(engine)
        self.tell(engine)
        for made, _ in self.sensors if self.follows(engine) else ():
            made.back(engine, 1.0)

    @rule(which=st.integers(0, 1))
    def settle(self, which):
        """One of the sensors gets round to its work."""
        made, held = self.sensors[which % len(self.sensors)]
        if made.settle() and held.held:
            # It is written piece by piece, as far as it has changed.
            assert ledger.load(self.datastore.values.get) == made._applied

    @rule(clean=st.booleans())
    def restart_sensor(self, clean):
        """A sensor ends, in order or killed, and another one starts."""
        made, held = self.sensors.pop(0)
        self.known.pop(0)
        if clean and not self.datastore.away:
            made.retire()
        elif held._id in self.datastore.values.get(lease.NAME, ""):
            # Killed: its lease runs out.
            self.datastore.values.pop(lease.NAME)
        self.start_sensor()
        for engine in ENGINES:
            if engine not in self.away:
                self.tell(engine)

    @precondition(lambda self: len(self.sensors) == 1)
    @rule()
    def start_another_sensor(self):
        """Two sensors run for a while."""
        self.start_sensor()
        for engine in ENGINES:
            if engine not in self.away:
                self.tell(engine)

    @rule()
    def stall(self):
        """Nobody gets round to anything for so long that leases run out."""
        self.now += lease.LASTS + 1

    @rule(seconds=st.sampled_from((-3600, 3600)))
    def set_clock(self, seconds):
        """Somebody sets the wall clock."""
        self.wall += seconds

    @rule(broken=st.booleans())
    def break_datastore(self, broken):
        """The datastore fails, or is back."""
        self.datastore.away = broken

    @rule(broken=st.booleans())
    def break_bus(self, broken):
        """The message bus fails, or is back."""
        self.bus_broken = broken

    @invariant()
    def nothing_wrong_was_dispatched(self):
        """Nothing is doubled, made up, or destroyed while an engine is known to have it."""
        assert self.wrong == []

    def teardown(self):
        """When all is well again, the switch has what the lists imply, no more and no less."""
        self.datastore.away = self.bus_broken = False
        self.away.clear()
        self.configure(ENGINES, 1, moved=False)
        # A lease may have to run out first, for want of a sensor that could release it; then a
        # hold, and then a grace.
        for _ in range(5):
            for engine in ENGINES:
                self.tell(engine)
            for made, _held in self.sensors * 2:
                assert made.settle()
            self.now += max(self.configured.removal_grace, lease.LASTS) + 1
            self.wall += self.configured.mass_removal_hold + 1
        assert self.wrong == []
        observed = {
            engine: listing.observe(engine, self.truth[engine].values()) for engine in ENGINES
        }
        implied, rejected, _ = assembly.assemble(self.configured, observed, ())
        assert rejected == []
        # Which of two subnets stands first the age of the networks says, which they have not.
        found = {key: set(addresses) for key, addresses in self.switch.items()}
        assert found == {key: {*texts(segment.addresses)} for key, segment in implied.items()}
        needed = (wired(engine, networks.values()) for engine, networks in self.truth.items())
        assert self.allowed == set().union(*needed)


class Patience(History):
    """Engines that lose all they had, and are not believed at once, and removals that wait: in the
    end nothing is different."""

    raw: ClassVar[Dict[str, Any]] = {**CONFIG, "mass_removal_hold": 600, "removal_grace": 10}

    @rule(engine=st.sampled_from(ENGINES), announced=st.booleans())
    def empty(self, engine, announced):
        """All networks are removed, and the events are heard, or they are gone without a word."""
        gone, self.truth[engine] = self.truth[engine], {}
        for made, _ in self.sensors if announced and self.follows(engine) else ():
            for network in gone.values():
                made.removed(engine, network["Id"])
        if engine not in self.away:
            self.tell(engine)

    @rule(seconds=st.sampled_from([1, 5, 10, 300, 600]))
    def wait(self, seconds):
        """Time goes by."""
        self.now += seconds
        self.wall += seconds


TestHistory = History.TestCase
TestHistory.settings = settings(max_examples=80, stateful_step_count=50, deadline=None)
TestPatience = Patience.TestCase
TestPatience.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)
