"""A switch of each kind in this process, with trunks, and runs on it that may be cut off.

A driver is one line in `KINDS`. The lab's switch of that platform answers, and refuses what is not
in its model.
"""

from docker_tor.common.errors import SessionLost
from docker_tor.switch import model, transaction, trunk
from docker_tor.switch.model import Vlan
from docker_tor.switch.nos.driver import Driver as Nos
from docker_tor.switch.openconfig.driver import Driver as Openconfig
from docker_tor.switch.plan import Goal
from docker_tor.switch.slxos.driver import Driver as Slxos
from in_process import NAME, Vdx
from ves import goal

TE, ETHERNET = "TenGigabitEthernet 21/0/", "Ethernet 0/"
LAG = "Port-channel 10"
KINDS = {
    "nos": (Nos, (21, 22), (f"{TE}1", f"{TE}2", LAG)),
    "slxos": (Slxos, (None,), (f"{ETHERNET}1", f"{ETHERNET}2", LAG)),
    "openconfig": (Openconfig, (None,), ("Ethernet1", "Ethernet2", "Port-Channel10")),
}
"""Each driver, the rbridges of Ves on such a switch, and three of its trunks: an Ethernet port with
VLANs of others, one that nobody uses, and a port-channel."""
OTHERS = frozenset({5, 7, 8, 9})
SINGLES = frozenset(range(1001, 1801, 2))
"""VLANs whose list is longer than an edit may have it."""


class Bench:
    """A switch of one kind; "by candidate", it has its candidate edited, and running not. One that
    `appends` does as NOS: what is added goes to a port's list. The other one puts it in the place
    of the list, as a NETCONF server that knows no NOS."""

    def __init__(self, kind="nos", *, others=OTHERS, appends=True):
        name, _, way = kind.partition(" by ")
        make, self.rbridges, (self.trunk, self.idle, self.lag) = KINDS[name]
        self.rbridge = self.rbridges[0]
        self.driver = make(NAME)
        candidate = bool(way)
        self.switch = Vdx(driver=self.driver, appends=appends, candidate=candidate)
        self.allow(self.trunk, others)

    def allow(self, name, vlans):
        """Somebody else puts VLANs on a trunk's list."""
        port = self.switch.ports[name]
        for part in trunk.split(vlans):
            steps = []
            for vlan in sorted(part):
                have, want = (Vlan(ports={name: one}) for one in (port, port.adding(vlan)))
                steps += self.driver.steps(vlan, have, want)
            if steps:
                self.switch.edit(self.driver.payload(steps))

    def goal(self, vlan, *addresses, rbridge=None, **more):
        return goal(vlan, rbridge or self.rbridge, *addresses, **more)

    def removal(self, vlan, rbridge=None, **more):
        return Goal(vlan, self.rbridge if rbridge is None else rbridge, remove=True, **more)

    def on(self, *ports, vlan=112, **more):
        """A segment whose VLAN these ports are to carry."""
        return self.goal(vlan, f"172.16.{vlan}.1/24", ports=ports, **more)

    def off(self, *ports, vlan=112, **more):
        """Its removal, from these ports, too."""
        return self.removal(vlan, ports_gone=ports, **more)

    def bring(self, *goals, before=None, spoilt=lambda session: session):
        with self.switch.device(spoilt) as device:
            return transaction.bring(device, goals, before)

    def take_back(self, *goals, before):
        with self.switch.device() as device:
            return transaction.take_back(device, goals, before)

    def one(self, goal, **more):
        (outcome,) = self.bring(goal, **more)
        return outcome

    def broken_off(self, number, when, work):
        """Whether work is cut at that RPC, and does not end before."""
        self.switch.faults.set(drop_rpc=number, drop=when)
        try:
            work()
        except SessionLost:
            return True
        finally:
            self.switch.faults.clear()
        return False

    def cut(self, number, when, goals, before=()):
        """Run into a cut at that RPC. Whether there is one before the end, and what there was
        before, as the next try is told."""
        before = dict(before)
        lost = self.broken_off(number, when, lambda: self.bring(*goals, before=before))
        plain = {vlan: model.as_plain(have) for vlan, have in before.items()}
        return lost, {vlan: model.from_plain(one) for vlan, one in plain.items()}

    def lists(self, port):
        return self.switch.ports[port].vlans
