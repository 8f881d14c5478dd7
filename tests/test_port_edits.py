"""Ports carry a segment's VLAN: every kind of goal and of port, and switches that are odd."""

import pytest
from docker_tor.common.errors import (
    MalformedReply,
    NodeMissing,
    SegmentConflict,
    SwitchRefused,
    VlansRemoved,
)
from docker_tor.netconf import xml
from docker_tor.switch import plan, preview, transaction, trunk
from docker_tor.switch.model import Vlan
from docker_tor.switch.nos import ports
from docker_tor.switch.nos.edits import INTERFACE
from docker_tor.switch.trunk import Port

pytest.importorskip("lab.switch", reason="the lab's requirements are not installed")

from in_process import NAME, Meddler
from trunks import KINDS, LAG, OTHERS, Bench

from lab.switch import payloads


@pytest.fixture(params=KINDS)
def bench(request):
    return Bench(request.param)


@pytest.mark.parametrize(
    ("more", "after"),
    [
        ({"addresses": ()}, Vlan(NAME)),
        ({"remove": True, "addresses": (), "keep_vlan": True}, Vlan(NAME)),
        ({"addresses_only": True}, None),
        ({"ports_only": True}, None),
        ({"ports_only": True, "addresses": ()}, None),
    ],
    ids=["layer 2", "the VLAN stays", "addresses alone", "ports alone", "ports alone of layer 2"],
)
def test_every_kind_of_goal_may_have_ports(bench, more, after):
    """`after` is what there is of the VLAN then, where that changes."""
    bench.one(bench.goal(bench.idle))
    was = bench.switch.vlans[112]
    added, gone = (bench.trunk,), (bench.idle,)
    outcome = bench.one(bench.goal(*added, ports_gone=gone)._replace(**more))
    assert (outcome.error, outcome.added_to, outcome.removed_from) == (None, added, gone)
    assert (bench.lists(bench.trunk), bench.lists(bench.idle)) == (OTHERS | {112}, set())
    assert bench.switch.vlans == {112: after or was}


def test_ports_alone_want_the_vlan_there(bench):
    outcome = bench.one(bench.goal(bench.trunk, ports_only=True))
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
    was = bench.switch.running
    outcome = bench.one(bench.goal(bench.trunk, bench.idle))
    assert isinstance(outcome.error, SegmentConflict)
    for text in (f"{bench.idle} {HINDERED[how][0]}, so it cannot carry VLAN 112", HINDERED[how][1]):
        assert text in str(outcome.error)
    assert (bench.switch.running, bench.switch.edits) == (was, 0)
    # From such a port there is nothing to take.
    bench.one(bench.goal())
    gone = bench.one(bench.removal(bench.idle))
    assert (gone.error, gone.removed_from) == (None, ())


@pytest.mark.parametrize(
    "edits",
    [
        [("", "all")],
        [("100-111,113", "except")],
        [("112", "add")],
        [("100-199", "add"), ("5", "remove")],
    ],
)
def test_a_port_that_carries_it_anyway_is_not_edited(bench, edits):
    bench.switch.edit(*(payloads.vlans_on(bench.idle, text, leaf) for text, leaf in edits))
    was = bench.switch.ports
    outcome = bench.one(bench.goal(bench.idle))
    assert (outcome.error, outcome.added_to, bench.switch.ports) == (None, (), was)


def test_a_trunk_without_a_native_vlan_is_one(bench):
    bench.switch.edit(payloads.port_mode(bench.idle, "trunk-no-default-native"))
    assert bench.one(bench.goal(bench.idle)).added_to == (bench.idle,)


def allowing(leaves):
    """A part of a trunk's list entry."""
    allowed = f"<trunk><allowed><vlan>{leaves}</vlan></allowed></trunk>"
    return f"<switchport><mode><vlan-mode>trunk</vlan-mode></mode>{allowed}</switchport>|"


@pytest.mark.parametrize(
    ("inside", "port"),
    [
        ("", Port(trunk.NO_SWITCHPORT)),
        ("<switchport-basic><basic/></switchport-basic>", Port(trunk.ACCESS)),
        ("<switchport><basic/></switchport>", Port(trunk.ACCESS)),
        ("<switchport><mode><vlan-mode>pvlan</vlan-mode></mode></switchport>", Port("pvlan")),
        ("<switchport><mode><vlan-mode/></mode></switchport>", Port(trunk.ACCESS)),
        (allowing(""), Port()),
        (allowing("<add>5,7-9</add>"), Port(vlans=OTHERS)),
        (allowing("<add>5</add><add>7-9</add>"), Port(vlans=OTHERS)),
        (allowing("<add>5</add>") + allowing("<add>7-9</add>"), Port(vlans=OTHERS)),
        (allowing("<add>5</add><remove>7</remove>"), Port(vlans=frozenset({5}))),
        (allowing("<all/><add>5</add>"), Port(rule=trunk.ALL)),
        (allowing("<none/><add>5</add>"), Port(rule=trunk.NONE)),
        (allowing("<except>5,7-9</except>"), Port(rule=trunk.EXCEPT, vlans=OTHERS)),
        (allowing("<except/>"), Port(rule=trunk.UNREADABLE)),
        (allowing("<add/>"), Port(rule=trunk.UNREADABLE)),
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
    wanted = bench.goal(bench.trunk)
    with bench.switch.device() as device:
        device.look_at(plan.ports([wanted]))
        shown = preview.of(device.driver, plan.change_set(device.driver, device.vlan(112), wanted))
    lines = (f"interface {bench.trunk}", " switchport trunk allowed vlan add 112")
    assert shown.cli[-2:] == lines
    assert shown.diff[-2:] == tuple(f"+{line}" for line in lines)
    assert "<add>112</add>" in shown.xml[-1]
    assert shown.does[-1] == f"allow VLAN 112 on {bench.trunk}"


def test_many_vlans_of_a_port_are_few_edits(bench):
    many = [bench.goal(bench.trunk, vlan=vlan) for vlan in range(100, 220, 2)]
    assert not any(outcome.error for outcome in bench.bring(*many))
    assert bench.lists(bench.trunk) == OTHERS | set(range(100, 220, 2))
    assert bench.switch.edits == 2 * (6 if bench.rbridge else 5)
    removals = [bench.removal(bench.trunk, vlan=one.vlan) for one in many]
    assert not any(outcome.error for outcome in bench.bring(*removals))
    assert bench.lists(bench.trunk) == OTHERS


# A switch that is not as good as it should be.


def test_a_list_may_be_written_otherwise_than_it_was_sent(bench):
    class Otherwise(Meddler):
        def get_config(self, criteria):
            data = super().get_config(criteria)
            for add in data.iter("{*}add"):
                vlans = sorted(trunk.parse(add.text), reverse=True)
                add.text = f" {', '.join(map(str, vlans))},, "
            return data

    outcome = bench.one(bench.goal(bench.trunk), spoilt=Otherwise)
    assert (outcome.error, outcome.added_to) == (None, (bench.trunk,))


def at_edit(number, act, *, sent=lambda session, config: session.edit_config(config)):
    """A session in which something happens before that edit; `sent` sends it then."""

    class Meanwhile(Meddler):
        edits = 0

        def edit_config(self, config):
            self.edits += 1
            if self.edits == number:
                act()
                sent(self._session, config)
            else:
                self._session.edit_config(config)

    return Meanwhile


@pytest.mark.parametrize("how", ["access", "no switchport", "none", "missing"])
@pytest.mark.parametrize("late", [0, 1], ids=["before the port is read again", "after that"])
def test_a_port_that_changes_between_plan_and_edit(bench, how, late):
    """A line card is pulled, or somebody changes the port. Nothing of the segment stays."""
    edits = len(bench.one(bench.goal(bench.trunk)).did)
    bench.one(bench.removal(bench.trunk))
    meanwhile = at_edit(edits - 1 + late, lambda: hinder(bench, how, bench.trunk))
    outcome = bench.one(bench.goal(bench.trunk), spoilt=meanwhile)
    if how == "none" and late:
        # The switch takes the edit, and the port has VLAN 112 alone.
        assert isinstance(outcome.error, VlansRemoved)
        assert bench.lists(bench.trunk) == OTHERS
    else:
        assert isinstance(outcome.error, SwitchRefused if late else SegmentConflict)
    assert (bench.switch.vlans, outcome.added_to, list(outcome.rest.left)) == ({}, (), [])


def test_a_port_that_is_opened_to_all_meanwhile(bench):
    open_to_all = at_edit(1, lambda: bench.switch.edit(payloads.vlans_on(bench.trunk, "", "all")))
    outcome = bench.one(bench.goal(bench.trunk), spoilt=open_to_all)
    assert (outcome.error, outcome.added_to) == (None, ())


def test_what_another_run_takes_in_that_moment_is_no_loss(bench):
    bench.one(bench.goal(bench.trunk, vlan=114))
    bench.one(bench.goal())
    removal = bench.removal(bench.trunk, vlan=114, keep_vlan=True)
    outcome = bench.one(bench.goal(bench.trunk), spoilt=at_edit(1, lambda: bench.one(removal)))
    assert (outcome.error, outcome.added_to) == (None, (bench.trunk,))
    assert bench.lists(bench.trunk) == OTHERS | {112}


def test_what_may_have_been_done_where_nobody_knows_what_there_was(bench):
    goals = [bench.goal(bench.trunk), bench.removal(LAG, vlan=113)]
    told = transaction.steps(bench.switch.driver, goals, {})
    assert f"allow VLAN 112 on {bench.trunk}" in told
    assert f"remove VLAN 113 from {LAG}" in told


def test_a_list_that_cannot_be_read_is_not_taken_for_an_empty_one(bench):
    class Garbled(Meddler):
        after = 0

        def get_config(self, criteria):
            data = super().get_config(criteria)
            for add in data.iter("{*}add"):
                if self.touched >= self.after:
                    add.text = "many"
            return data

    outcome = bench.one(bench.goal(bench.trunk), spoilt=Garbled)
    assert isinstance(outcome.error, SegmentConflict)
    assert "has a list of allowed VLANs that cannot be read" in str(outcome.error)
    assert "Look at the port at the switch" in outcome.error.remedy
    bench.one(bench.goal())
    Garbled.after = 1
    with pytest.raises(MalformedReply, match="are all VLANs of others still there"):
        bench.one(bench.goal(bench.trunk), spoilt=Garbled)
