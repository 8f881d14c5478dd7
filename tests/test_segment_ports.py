"""A segment's ports: what the actions on segments do with them, and what they record."""

import pytest
from docker_tor.config.platforms import NOS
from docker_tor.desired import port_records
from docker_tor.switch import model
from segment_lab import RAW, TOR1, Lab, destroy, segment

from lab.switch import payloads

A, B, ACCESS = (f"TenGigabitEthernet 21/0/{number}" for number in (1, 2, 5))
LAG = "Port-channel 10"
MAKE_VLAN = "interface_vlan_interface_vlan_vlan_name"


@pytest.fixture
def lab():
    return Lab()


def on(lab, vlan=112):
    """The ports that carry a VLAN, and those of which that is recorded."""
    found = port_records.recorded(lab.keys, "tor1", NOS, [vlan])
    return lab.carrying(vlan), set(found.get(vlan, ()))


def test_ports_come_and_go_with_the_segment(lab):
    fine, result = lab.apply(segment(ports=["te 21/0/1", LAG]), run={"execution_id": "abc123"})
    assert fine, result
    assert on(lab) == ({A, LAG}, {A, LAG})
    assert {*lab.records.values()} == {"execution abc123"}
    assert result["segments"][0]["did"][-1] == f"allow VLAN 112 on {LAG}"
    assert f"  {LAG}, {A}  in service  " in result["table"]
    again = lab.apply(segment(ports=[A, LAG]))[1]
    assert (again["changed"], on(lab)) == (False, ({A, LAG}, {A, LAG}))
    fine, result = lab.apply(destroy())
    assert fine, result
    assert (lab.carrying(112), lab.vlan(), lab.records) == (set(), model.ABSENT, {})
    assert "112   21       -          removed  " in result["table"]
    assert "113   21       layer 2    in service" in lab.apply(segment(113, []))[1]["table"]
    assert result["segments"][0]["did"][0] == f"remove VLAN 112 from {A}"


def test_an_update_takes_it_from_the_ports_that_are_gone(lab):
    lab.switch.edit(payloads.vlans_on(LAG, "112"))
    lab.apply(segment(ports=[A]))
    update = segment(action="update", ports=[B], ports_gone=[A, LAG])
    fine, result = lab.apply(update)
    assert (fine, on(lab)) == (True, ({B, LAG}, {B})), result
    assert result["segments"][0]["did"] == [f"remove VLAN 112 from {A}", f"allow VLAN 112 on {B}"]


def test_what_a_network_needs_by_now_stays(lab):
    """StackStorm runs what was dispatched in any order."""
    lab.apply(segment(ports=[A, B]))
    lab.use(112, "web", ports=(A,))
    lab.apply(segment(action="update", ports=[], ports_gone=[A, B]))
    assert on(lab) == ({A}, {A})
    lab.use(112, "web", rbridge=22, ports=(A,))
    lab.apply(destroy())
    assert on(lab) == ({A}, {A})
    # What is pending is just being deleted.
    lab.use(112, "web", rbridge=22, ports=(A,), pending=[("tor1", 22, 112)])
    lab.apply(destroy())
    assert on(lab) == (set(), set())


@pytest.mark.parametrize(
    ("port", "kind", "said"),
    [
        (ACCESS, "SegmentConflict", "is in access mode"),
        ("te 21/0/99", "SegmentConflict", "is not there"),
        ("Ethernet 1", "InvalidValue", "ports is 'Ethernet 1', which names no port"),
    ],
)
def test_a_port_that_is_no_trunk_is_refused_before_anything_is_changed(lab, port, kind, said):
    """By the action on segments, and by the first edit of a chain."""
    before = lab.switch.running
    look = {"name": "112", "rbridge_id": 21, "subnet": "172.16.112.1/24", "ports": [A, port]}
    for fine, result in (lab.apply(segment(ports=[A, port])), lab.edit(MAKE_VLAN, **look)):
        assert (fine, result["kind"], result["changed"]) == (False, kind, False)
        assert (lab.switch.running, lab.edits, lab.records) == (before, 0, {})
        assert said in result["error"]


def test_a_dry_run_shows_ports_and_records_nothing(lab):
    for asked, shown in ((segment(ports=[A]), "add"), (destroy(), "remove")):
        kept, edits = dict(lab.records), lab.edits
        result = lab.apply(asked, dry_run=True)[1]
        at = result["cli"].index(f"interface {A}")
        assert result["cli"][at + 1] == f" switchport trunk allowed vlan {shown} 112"
        assert (lab.edits, lab.records) == (edits, kept)
        lab.apply(segment(ports=[A]))


def test_what_cannot_be_recorded_is_told_and_stands(lab):
    def fails(*_given):
        raise OSError("away")

    lab.keys = lab.keys._replace(write=fails)
    fine, result = lab.apply(segment(ports=[A, B]))
    assert (fine, on(lab)) == (True, ({A, B}, set()))
    (told,) = result["unrecorded"]
    assert told.startswith(f"VLAN 112 stays allowed on {A}, {B} when its networks are gone, since")
    assert told in result["message"]
    assert result["extra"]["slack"]["color"] == "warning"


def test_where_nobody_knows_what_is_recorded_nothing_is_removed(lab):
    def fails(*_given):
        raise OSError("away")

    lab.apply(segment(ports=[A]))
    edits, lab.keys = lab.edits, lab.keys._replace(names=fails)
    fine, result = lab.apply(destroy())
    assert (fine, result["family"], result["kind"]) == (False, "transient", "DatastoreUnreadable")
    assert (lab.edits, lab.carrying(112)) == (edits, {A})


def test_a_port_that_the_pack_may_not_touch_any_more_stays_as_it_is(lab):
    lab.apply(segment(ports=[A, B]))
    lab.raw = {"switches": [{**TOR1, "ports": [B]}]}
    lab.apply(destroy())
    assert on(lab) == ({A}, {A})


def test_a_removal_by_hand_of_which_nobody_knows_how_far_it_came(lab):
    lab.apply(segment(ports=[A]))
    lab.cut["edit-config"] = "after"
    fine, result = lab.remove(vlan=112, switch="tor1")
    assert (fine, result["changed"]) == (False, None)
    assert f"it may have done in whole or in part: remove VLAN 112 from {A}" in result["message"]


# The last edit of a chain.


def found(lab, **more):
    """What the chain's first edit finds."""
    fine, result = lab.edit(MAKE_VLAN, name="112", rbridge_id=21, **more)
    assert fine, result
    return result


def test_the_last_edit_of_a_chain(lab):
    # What somebody else has allowed there stays, and is not told to be gone.
    lab.switch.edit(payloads.vlans_on(B, "112"))
    first = found(lab, subnet="172.16.112.1/24", ports=[A], ports_gone=[B])
    assert (first["told"], first["run"]["segment"]["ports"]) == (None, [A])
    assert lab.carrying(112) == {B}
    lab.edit("interface_vlan_interface_ve_gve_name", gve_name="112")
    shut = "interface_vlan_interface_ve_global_ve_shutdown"
    given = {"gve_name": "112", "delete_global_ve_shutdown": True, "before": first["run"]}
    fine, result = lab.edit(shut, **given)
    assert (fine, result["told"]) == (True, None)
    lab.raw = {**RAW, "save_config": True}
    fine, result = lab.ports(ports=[A], ports_gone=[B], before=first["run"])
    assert (fine, on(lab)) == (True, ({A, B}, {A})), result
    assert (result["ports"], result["ports_gone"]) == ([A], [])
    assert (result["changed"], result["did"]) == (True, [f"allow VLAN 112 on {A}"])
    told = "Ve 112 on rbridge 21 of tor1 is in service with 172.16.112.1/24 on"
    assert result["told"]["message"].startswith(f"{told} {A}. (")
    assert result["told"]["changed"] is True
    # It is saved where any action of the run has changed something.
    for before in (first["run"], {**first["run"], "already": True}, None):
        assert lab.ports(ports=[A], before=before)[1]["changed"] is False
    assert lab.saves == 2
    # Whoever undoes it after that knows the ports.
    failure = {"exit_code": -9}
    fine, result = lab.undo(before=first["run"], failure=failure, segments=None)
    assert (fine, on(lab)) == (True, ({B}, set())), result
    assert result["undone"][0] == f"remove VLAN 112 from {A}"


def test_a_chain_tells_from_which_ports_it_has_taken_the_vlan(lab):
    lab.apply(segment(addresses=["172.16.112.1/24"], ports=[A]))
    given = {"ports": [B], "ports_gone": [A, LAG]}
    before = found(lab, subnet="172.16.112.1/24", **given)["run"]
    fine, result = lab.ports(before=before, **given)
    assert (fine, on(lab)) == (True, ({B}, {B})), result
    told = f" on {B}. VLAN 112 is no longer allowed on {A}. ("
    assert told in result["told"]["message"]


def test_a_layer_2_segment_has_its_ports_by_the_last_edit(lab):
    first = found(lab, subnet="", ports=[A])
    assert (first["told"], first["changed"], lab.carrying(112)) == (None, True, set())
    fine, result = lab.ports(ports=[A], before=first["run"])
    assert (fine, lab.carrying(112)) == (True, {A})
    assert "It is a layer-2 segment" in result["told"]["message"]
    first = found(lab, subnet="", ports_gone=[A])
    assert (first["changed"], first["run"]["already"], lab.carrying(112)) == (False, True, {A})
    told = lab.ports(ports_gone=[A], before=first["run"])[1]["told"]
    assert (told["changed"], lab.carrying(112)) == (True, set())
    assert f"VLAN 112 is no longer allowed on {A}." in told["message"]


def test_ports_by_themselves(lab):
    assert lab.ports(ports=[A])[1]["kind"] == "NodeMissing"
    lab.apply(segment())
    result = lab.ports(ports=[A], dry_run=True)[1]
    assert result["cli"] == [f"interface {A}", " switchport trunk allowed vlan add 112"]
    assert "told" not in result
    assert [lab.ports(ports=[A])[1]["changed"] for _ in range(2)] == [True, False]
    for given, kind in (
        ({"ports": [A, "te 21/0/99"], "ports_gone": [B]}, "SegmentConflict"),
        ({"ports": "Te 21/0/1"}, "InvalidValue"),
        ({"vlan": 0, "ports": []}, "InvalidValue"),
    ):
        fine, result = lab.ports(**given)
        assert (fine, result["kind"], on(lab)) == (False, kind, ({A}, {A}))
    fine, result = lab.ports(ports_gone=[A])
    assert (fine, on(lab)) == (True, (set(), set()))


# What is undone.


def test_a_removal_that_is_undone_has_its_ports_and_records_again(lab):
    lab.apply(segment(ports=[A]))
    kept, was = dict(lab.records), lab.vlan()
    lab.cut["edit-config"] = "after"
    fine, result = lab.apply(destroy())
    assert (fine, result["changed"], lab.carrying(112)) == (False, None, set())
    lab.cut.clear()
    fine, undone = lab.undo(destroy(), failure={"result": result})
    assert (fine, lab.vlan()) == (True, was), undone
    assert on(lab) == ({A}, {A})
    assert lab.records.keys() == kept.keys()
