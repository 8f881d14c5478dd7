"""Ports carry a segment's VLAN, and nothing of others' VLANs ever goes from one."""

import pytest
from docker_tor.common.errors import NodeMissing, SegmentConflict, VlansRemoved
from docker_tor.switch import plan, preview, transaction
from docker_tor.switch.nos.driver import Driver as Nos
from docker_tor.switch.plan import Goal
from docker_tor.switch.slxos.driver import Driver as Slxos

pytest.importorskip("lab.switch", reason="the lab's requirements are not installed")

from in_process import NAME, Vdx
from ves import goal

from lab.switch import payloads

FIRST = "172.16.112.1/24"
LAG = "Port-channel 10"
THEIRS = "5,7-9"


class Bench:
    """A switch with a trunk that others use, one that nobody uses, and a port in access mode."""

    def __init__(self, driver, rbridge, stem, **more):
        self.rbridge = rbridge
        self.trunk, self.idle, self.access = (f"{stem}{port}" for port in (1, 2, 5))
        self.switch = Vdx((21,), driver=driver(NAME), **more)
        self.switch.edit(payloads.vlans_on(self.trunk, THEIRS))

    def goal(self, *ports, vlan=112, **more):
        return goal(vlan, self.rbridge, f"172.16.{vlan}.1/24", ports=ports, **more)

    def removal(self, *ports, vlan=112, **more):
        return Goal(vlan, self.rbridge, remove=True, ports_gone=ports, **more)

    def bring(self, *goals, before=None):
        with self.switch.device() as device:
            return transaction.bring(device, goals, before)

    def one(self, goal):
        (outcome,) = self.bring(goal)
        return outcome

    def lists(self, port):
        return self.switch.ports[port].vlans


KINDS = {"nos": (Nos, 21, "TenGigabitEthernet 21/0/"), "slxos": (Slxos, None, "Ethernet 0/")}
OTHERS = frozenset({5, 7, 8, 9})


@pytest.fixture(params=KINDS)
def bench(request):
    return Bench(*KINDS[request.param])


def test_a_segment_comes_and_goes_with_its_ports(bench):
    made = bench.one(bench.goal(bench.trunk, LAG))
    assert (made.error, made.removed_from) == (None, ())
    assert made.added_to == tuple(sorted([bench.trunk, LAG]))
    assert (bench.lists(bench.trunk), bench.lists(LAG)) == (OTHERS | {112}, {112})
    assert list(made.did)[-2:] == [f"allow VLAN 112 on {port}" for port in (bench.trunk, LAG)]
    again = bench.one(bench.goal(bench.trunk, LAG))
    assert (again.error, list(again.did), again.added_to) == (None, [], ())
    gone = bench.one(bench.removal(bench.trunk))
    assert (gone.error, gone.added_to, gone.removed_from) == (None, (), (bench.trunk,))
    assert gone.did[0] == f"remove VLAN 112 from {bench.trunk}"
    assert (bench.lists(bench.trunk), bench.lists(LAG)) == (OTHERS, {112})


def test_ports_alone(bench):
    missing = bench.one(bench.goal(bench.trunk, ports_only=True))
    assert isinstance(missing.error, NodeMissing)
    bench.one(bench.goal(bench.idle))
    was = bench.switch.vlans
    outcome = bench.one(bench.goal(bench.trunk, ports_only=True, ports_gone=(bench.idle,)))
    assert (outcome.error, outcome.added_to, outcome.removed_from) == (
        None,
        (bench.trunk,),
        (bench.idle,),
    )
    assert bench.switch.vlans == was


def test_a_port_that_is_no_trunk_is_a_conflict_and_nothing_is_changed(bench):
    was = bench.switch.running
    outcome = bench.one(bench.goal(bench.trunk, bench.access))
    assert isinstance(outcome.error, SegmentConflict)
    for text in (f"{bench.access} is in access mode", "`switchport`, `switchport mode trunk`"):
        assert text in str(outcome.error)
    assert (bench.switch.running, bench.switch.edits) == (was, 0)


def test_a_server_that_replaces_the_list_is_found_out():
    bench = Bench(*KINDS["nos"], appends=False)
    was = bench.switch.running
    outcome = bench.one(bench.goal(bench.trunk))
    assert isinstance(outcome.error, VlansRemoved)
    assert f"VLANS OF OTHERS WERE REMOVED FROM {bench.trunk} AND PUT BACK" in str(outcome.error)
    assert (outcome.added_to, outcome.changed, bench.switch.running) == ((), False, was)


def test_a_preview_shows_ports(bench):
    with bench.switch.device() as device:
        wanted = bench.goal(bench.trunk)
        device.look_at(plan.ports([wanted]))
        shown = preview.of(device.driver, plan.change_set(device.driver, device.vlan(112), wanted))
    assert shown.cli[-2:] == (
        f"interface {bench.trunk}",
        " switchport trunk allowed vlan add 112",
    )
    assert shown.diff[-1] == "+ switchport trunk allowed vlan add 112"
    assert "<add>112</add>" in shown.xml[-1]
