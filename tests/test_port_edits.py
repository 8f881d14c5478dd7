"""Ports carry a segment's VLAN: every kind of goal and of port, and switches that are odd."""

import pytest
from bench import LAG, OTHERS, Bench
from docker_tor.common.errors import (
    MalformedReply,
    NodeMissing,
    SegmentConflict,
    SwitchRefused,
    VlansRemoved,
)
from docker_tor.netconf import xml
from docker_tor.switch import plan, preview, transaction, trunk
from docker_tor.switch.nos import ports
from docker_tor.switch.nos.edits import INTERFACE
from docker_tor.switch.trunk import Port
from in_process import Meddler, at_edit

from lab.switch import payloads


@pytest.fixture(params=["nos", "slxos"])
def bench(request):
    return Bench(request.param)


def test_ports_alone_want_the_vlan_there(bench):
    outcome = bench.one(bench.on(bench.trunk, ports_only=True))
    assert isinstance(outcome.error, NodeMissing)
    assert bench.switch.edits == 0


HINDERED = {
    "access": ("is in access mode", "`switchport`, `switchport mode trunk`"),
    "no switchport": ("is no switchport", "`switchport`, `switchport mode trunk`"),
    "none": ("allows no VLAN (`none`)", "Allow VLAN 112 there"),
    "except": ("allows all VLANs except 100-199", "Allow VLAN 112 there"),
    "missing": ("is not there", "Correct the port's name"),
}


def hinder(bench, how, port):
    """Have a trunk not carry VLAN 112, nor take it."""
    if how in ("access", "no switchport"):
        bench.switch.edit(payloads.port_mode(port, how if how == "access" else ""))
    elif how == "missing":
        bench.switch.pull(port)
    else:
        bench.switch.edit(payloads.vlans_on(port, "100-199" if how == "except" else "", how))


@pytest.mark.parametrize("how", HINDERED)
def test_a_port_that_cannot_carry_it_is_a_conflict_and_nothing_is_changed(bench, how):
    hinder(bench, how, bench.idle)
    was, before = bench.switch.running, bench.switch.edits
    outcome = bench.one(bench.on(bench.trunk, bench.idle))
    assert isinstance(outcome.error, SegmentConflict)
    for text in (f"{bench.idle} {HINDERED[how][0]}, so it cannot carry VLAN 112", HINDERED[how][1]):
        assert text in str(outcome.error)
    assert (bench.switch.running, bench.switch.edits) == (was, before)
    # From such a port there is nothing to take.
    bench.one(bench.on())
    gone = bench.one(bench.off(bench.idle))
    assert (gone.error, gone.removed_from) == (None, ())


def allowing(leaves):
    """A part of a trunk's list entry."""
    allowed = f"<trunk><allowed><vlan>{leaves}</vlan></allowed></trunk>"
    return f"<switchport><mode><vlan-mode>trunk</vlan-mode></mode>{allowed}</switchport>|"


def moded(mode):
    return f"<switchport><mode><vlan-mode>{mode}</vlan-mode></mode></switchport>"


@pytest.mark.parametrize(
    ("inside", "port"),
    [
        ("", Port(trunk.NO_SWITCHPORT)),
        ("<switchport-basic><basic/></switchport-basic>", Port(trunk.ACCESS)),
        ("<switchport><basic/></switchport>", Port(trunk.ACCESS)),
        (moded("pvlan"), Port("pvlan")),
        (moded(""), Port(trunk.ACCESS)),
        (moded("trunk-no-default-native"), Port()),
        (allowing("<add>5</add><add>7-9</add>"), Port(vlans=OTHERS)),
        (allowing("<add>5</add>") + allowing("<add>7-9</add>"), Port(vlans=OTHERS)),
        (allowing("<add>5</add><remove>7</remove>"), Port(vlans=frozenset({5}))),
        (allowing("<all/><add>5</add>"), Port(rule=trunk.ALL)),
        (allowing("<none/><add>5</add>"), Port(rule=trunk.NONE)),
        (allowing("<except>5,7-9</except>"), Port(rule=trunk.EXCEPT, vlans=OTHERS)),
        (allowing("<except/>"), Port(rule=trunk.UNREADABLE)),
        (allowing("<add>all</add>"), Port(rule=trunk.UNREADABLE)),
        (allowing("<add>5</add>" * 65), Port(rule=trunk.UNREADABLE)),
    ],
)
def test_what_is_read_of_a_port(inside, port):
    """On NOS and SLX-OS; a list entry may come in parts."""
    parts = inside.rstrip("|").split("|")
    entries = "".join(
        f"<tengigabitethernet><name>21/0/1</name>{part}</tengigabitethernet>" for part in parts
    )
    data = xml.parse(f'<data><interface xmlns="{INTERFACE}">{entries}</interface></data>'.encode())
    assert ports.read(data) == {"TenGigabitEthernet 21/0/1": port}


def test_a_preview_shows_ports(bench):
    wanted = bench.on(bench.trunk)
    with bench.switch.device() as device:
        device.look_at(plan.ports([wanted]))
        shown = preview.of(device.driver, plan.change_set(device.driver, device.vlan(112), wanted))
    lines = (f"interface {bench.trunk}", " switchport trunk allowed vlan add 112")
    assert shown.cli[-2:] == lines
    assert shown.diff[-2:] == tuple(f"+{line}" for line in lines)
    assert "<add>112</add>" in shown.xml[-1]
    assert shown.does[-1] == f"allow VLAN 112 on {bench.trunk}"
    # Where nobody knows what there was.
    told = transaction.steps(bench.driver, [wanted, bench.off(LAG, vlan=113)], {})
    assert told[-2:] == [f"remove VLAN 113 from {LAG}", "remove what there was of Ve 113"]
    assert shown.does[-1] in told


# A switch that is not as good as it should be.


class Garbled(Meddler):
    """A session that reads no list of a port right, once there were so many edits."""

    after = 0

    def get_config(self, criteria):
        data = super().get_config(criteria)
        for add in data.iter("{*}add"):
            if self.touched >= self.after:
                add.text = "many"
        return data


def test_a_list_that_cannot_be_read_is_not_taken_for_an_empty_one(bench, monkeypatch):
    outcome = bench.one(bench.on(bench.trunk), spoilt=Garbled)
    assert isinstance(outcome.error, SegmentConflict)
    assert "has a list of allowed VLANs that cannot be read" in str(outcome.error)
    assert "Look at the port at the switch" in outcome.error.remedy
    bench.one(bench.on())
    monkeypatch.setattr(Garbled, "after", 1)
    with pytest.raises(MalformedReply, match="are all VLANs of others still there"):
        bench.one(bench.on(bench.trunk), spoilt=Garbled)


@pytest.mark.parametrize("how", ["access", "no switchport", "none", "missing"])
@pytest.mark.parametrize("late", [0, 1], ids=["before the port is read again", "after that"])
def test_a_port_that_changes_between_plan_and_edit(bench, how, late):
    """A line card is pulled, or somebody changes the port. Nothing of the segment stays."""
    edits = len(bench.one(bench.on(bench.trunk)).did)
    bench.one(bench.off(bench.trunk))
    meanwhile = at_edit(edits - 1 + late, lambda: hinder(bench, how, bench.trunk))
    outcome = bench.one(bench.on(bench.trunk), spoilt=meanwhile)
    if how == "none" and late:
        # The switch takes the edit, and the port has VLAN 112 alone.
        assert isinstance(outcome.error, VlansRemoved)
        assert bench.lists(bench.trunk) == OTHERS
    else:
        assert isinstance(outcome.error, SwitchRefused if late else SegmentConflict)
    assert (bench.switch.vlans, outcome.added_to, list(outcome.rest.left)) == ({}, (), [])


def test_what_others_do_to_the_port_in_that_moment_is_no_loss(bench):
    open_to_all = at_edit(1, lambda: bench.switch.edit(payloads.vlans_on(bench.idle, "", "all")))
    outcome = bench.one(bench.on(bench.idle), spoilt=open_to_all)
    assert (outcome.error, outcome.added_to) == (None, ())
    # Another run takes its VLAN.
    bench.one(bench.on(bench.trunk, vlan=114))
    removal = bench.off(bench.trunk, vlan=114, keep_vlan=True)
    outcome = bench.one(bench.on(bench.trunk), spoilt=at_edit(1, lambda: bench.one(removal)))
    assert (outcome.error, outcome.added_to) == (None, (bench.trunk,))
    assert bench.lists(bench.trunk) == OTHERS | {112}
