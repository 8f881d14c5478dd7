"""A world for reconcile. The lab's switches are asked without SSH (direct.py), one by one."""

import contextlib
import json
from unittest import mock

from compared import NAME, address, applied, segment
from direct import Direct, one_by_one
from docker_tor.actions import reconcile
from docker_tor.common import parallel
from docker_tor.config.platforms import NOS
from docker_tor.desired import last_applied, ledger, port_records
from docker_tor.reconcile import discovery, memory
from records import keys_of

from lab.switch import Switch, nos, payloads, ports

PASSWORD = "Pa55-0f-the-sw1tch"
START = 1795449840.0
SEEDED = ("10", "20", "30")


def listed(vlan, *subnets, parent="eth0"):
    """A network as an engine lists it."""
    return {
        "Id": f"{vlan:064x}",
        "Name": f"net{vlan}",
        "Driver": "macvlan",
        "Created": "2026-11-24T08:13:00Z",
        "Options": {"parent": f"{parent}.{vlan}"},
        "IPAM": {"Config": [{"Subnet": one} for one in subnets or [f"10.1.{vlan % 256}.0/24"]]},
    }


class World:
    """Two switches, of which tor1 is two rbridges, two engines, a datastore and a clock."""

    def __init__(self):
        self.tor1 = Switch(rbridge_ids=(21, 22), password=PASSWORD)
        self.tor2 = Switch(rbridge_ids=(23,), password=PASSWORD, seed=False)
        self.seeded = self.of_others()
        self.direct = Direct({"10.0.0.1": self.tor1, "10.0.0.2": self.tor2}, self.on_rpc)
        self.answers = {"host1": [], "host2": []}
        self.values = {}
        self.broken = ()
        self.now = START
        self.slept = []
        self.seen = []
        self.hooks = {}
        self.more = {"orphan_grace": 600}
        self.ports = []
        self.limits = {}

    @property
    def raw(self):
        def uplink(parent, switch, rbridge):
            return {"parent": parent, "switch": switch, "rbridge_id": rbridge}

        first = [{**uplink("eth0", "tor1", 21), "ports": self.ports}, uplink("eth1", "tor1", 22)]
        second = [uplink("eth0", "tor2", 23)]
        login = {"username": "admin", "password": PASSWORD, "host_key": "ignore"}
        return {
            "engines": [
                {"name": "host1", "url": "unix:///1.sock", "uplinks": first},
                {"name": "host2", "url": "unix:///2.sock", "uplinks": second},
            ],
            "switches": [
                {"name": "tor1", "host": "10.0.0.1", **login, **self.limits},
                {"name": "tor2", "host": "10.0.0.2", **login},
            ],
            "channel": "network",
            # What most tests put on a switch by hand goes as what the pack has dispatched does.
            "orphans": "remove",
            **self.more,
        }

    def on_rpc(self, host, operation):
        """Act at the n-th RPC to tor1 from now ("hello" counts), once."""
        self.seen.append((host, operation))
        count = sum(one == host for one, _ in self.seen)
        hook = self.hooks.pop(count, None) if host == "10.0.0.1" else None
        return (hook() if callable(hook) else hook) or ""

    def at(self, number, what):
        """Cut the connection at that RPC, or do something before it."""
        self.hooks[number] = what

    def ask(self, engine):
        return self.answers[engine.name]

    def read(self, name):
        return self.values.get(name)

    def names(self, beginning):
        if "names" in self.broken:
            raise OSError("the datastore is away")
        return [name for name in self.values if name.startswith(beginning)]

    def write(self, name, text):
        of_port = "record" in self.broken and name.startswith(port_records.NAME)
        if "write" in self.broken or of_port:
            raise OSError("the datastore is away")
        self.values[name] = text

    @property
    def keys(self):
        return keys_of(self.values)._replace(write=self.write, names=self.names)

    @contextlib.contextmanager
    def ready(self):
        """Engines and switches are these for the length of a `with` block."""
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.direct.instead_of_ssh())
            stack.enter_context(mock.patch.object(parallel, "run", one_by_one))
            stack.enter_context(mock.patch.object(discovery, "list_networks", self.ask))
            yield self

    def fresh(self, *, appends=True):
        """Another tor1, as new."""
        self.tor1 = Switch(rbridge_ids=(21, 22), password=PASSWORD, appends=appends)
        self.direct.switches["10.0.0.1"] = self.tor1

    def reconcile(self, **parameters):
        """By the timer, unless the parameters say otherwise; status and result."""
        self.seen.clear()
        for switch in (self.tor1, self.tor2):
            switch.forget_rpcs()
        given = {"dry_run": False, "execution_id": "5f1", **parameters}
        timed = {"clock": lambda: self.now, "sleep": self.slept.append}
        return self.checked(reconcile.run(self.raw, given, self.read, self.keys, **timed))

    def plan(self, **parameters):
        self.seen.clear()
        return self.checked(reconcile.plan(self.raw, parameters, self.read, self.keys))

    def checked(self, told):
        """Whatever happens, others' VLANs are untouched, no session is left, no secret is told."""
        assert PASSWORD not in json.dumps(told)
        assert self.of_others() == self.seeded
        assert (self.tor1.sessions, self.tor2.sessions) == ([], [])
        return told

    def of_others(self):
        tree = self.tor1.running.tree
        parts = [nos.vlans(tree), nos.global_ves(tree)]
        parts += [nos.ves(rbridge) for rbridge in nos.rbridges(tree).values()]
        return [{key: part[key] for key in SEEDED if key in part} for part in parts]

    def carrying(self, vlan):
        """The ports of tor1 that carry a VLAN."""
        return [
            name for name, port in ports.each(self.tor1.running.tree) if ports.carries(port, vlan)
        ]

    def recorded(self, vlan):
        """Those of which it is recorded that the pack has added it."""
        return sorted(port_records.recorded(self.keys, "tor1", NOS, [vlan]).get(vlan, ()))

    def remember(self):
        return memory.load(self.values.get(memory.NAME))

    def dispatched(self, *vlans):
        """What the sensor has dispatched for host1."""
        self.values[ledger.NAME] = last_applied.dump(applied(*map(segment, vlans)))

    def have(self, vlan, *addresses):
        """Put a segment on tor1 by hand."""
        addresses = addresses or (address(vlan),)
        self.tor1.edit(*payloads.segment(21, vlan, addresses[0], NAME))
        self.tor1.edit(*payloads.addresses(21, vlan, *addresses)[1:])


def segments(switch):
    """The addresses of each rbridge's Ves that were not there before: those in service."""
    tree, found = switch.running.tree, {}
    for number, rbridge in nos.rbridges(tree).items():
        for key, ve in nos.ves(rbridge).items():
            up = "shutdown" not in ve and "global-ve-shutdown" not in nos.global_ves(tree)[key]
            if key not in SEEDED and up:
                found[int(number), int(key)] = [*nos.ipv4(ve), *nos.ipv6(ve)]
    return found


def vlans(switch):
    return [int(key) for key in nos.vlans(switch.running.tree) if key not in SEEDED]


def edits(switch):
    return sum(rpc.operation == "edit-config" for rpc in switch.rpcs)


def standings(result):
    return {(one["vlan"], one["rbridge"]): one["standing"] for one in result["findings"]}
