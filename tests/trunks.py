"""A switch of each kind, with ports: what the tests of ports stand on."""

from docker_tor.common.errors import SessionLost
from docker_tor.switch import model, transaction, trunk
from docker_tor.switch.nos.driver import Driver as Nos
from docker_tor.switch.plan import Goal
from docker_tor.switch.slxos.driver import Driver as Slxos
from in_process import NAME, Vdx
from ves import goal

from lab.switch import payloads

KINDS = {"nos": (Nos, 21, "TenGigabitEthernet 21/0/"), "slxos": (Slxos, None, "Ethernet 0/")}
"""Each driver, the rbridge of a Ve on such a switch, and what its ports' names begin with."""
WAYS = (*KINDS, "nos by candidate")
"""The kinds, and a switch that has its candidate edited, and running not."""
LAG = "Port-channel 10"
OTHERS = frozenset({5, 7, 8, 9})
SINGLES = frozenset(range(1001, 1801, 2))
assert len(trunk.printed(SINGLES)) > 7 * trunk.LONGEST


class Bench:
    """A switch with a trunk that others use, one that nobody uses, and a port in access mode."""

    def __init__(self, kind="nos", *, others=OTHERS, appends=True):
        name, _, way = kind.partition(" by ")
        driver, self.rbridge, stem = KINDS[name]
        self.trunk, self.idle, self.access = (f"{stem}{port}" for port in (1, 2, 5))
        self.switch = Vdx((21,), driver=driver(NAME), appends=appends, candidate=bool(way))
        for part in trunk.split(others):
            self.switch.edit(payloads.vlans_on(self.trunk, trunk.printed(part)))

    def goal(self, *ports, vlan=112, **more):
        return goal(vlan, self.rbridge, f"172.16.{vlan}.1/24", ports=ports, **more)

    def removal(self, *ports, vlan=112, **more):
        return Goal(vlan, self.rbridge, remove=True, ports_gone=ports, **more)

    def bring(self, *goals, before=None, spoilt=lambda session: session):
        with self.switch.device(spoilt) as device:
            return transaction.bring(device, goals, before)

    def take_back(self, *goals, before):
        with self.switch.device() as device:
            return transaction.take_back(device, goals, before)

    def one(self, goal, **more):
        (outcome,) = self.bring(goal, **more)
        return outcome

    def cut(self, number, when, goals, before=None):
        """Run into a cut at that RPC; whether there is one before the end, and what there was
        before, as the next try is told."""
        before = dict(before or {})
        self.switch.faults.set(drop_rpc=number, drop=when)
        lost = False
        try:
            self.bring(*goals, before=before)
        except SessionLost:
            lost = True
        self.switch.faults.clear()
        plain = {vlan: model.as_plain(have) for vlan, have in before.items()}
        return lost, {vlan: model.from_plain(one) for vlan, one in plain.items()}

    def lists(self, port):
        return self.switch.ports[port].vlans

    def having(self, vlans):
        """Of these VLANs each with a port whose list has it."""
        ports = self.switch.ports.items()
        return {(vlan, name) for vlan in vlans for name, port in ports if port.lists(vlan)}
