"""A look at the segment before the first edit of the workflow that makes it edit by edit."""

import pytest
from docker_tor import preflight, state
from docker_tor.errors import SegmentConflict

pytest.importorskip("lab.switch", reason="the lab's requirements are not installed")

from in_process import NAME, Vdx

from lab.switch import payloads

GIVEN = {
    "name": "112",
    "vlan_name": NAME,
    "rbridge_id": 21,
    "subnet": "172.16.112.1/24",
    "addresses": ["172.16.112.1/24", "fd00:112::1/64"],
}


@pytest.mark.parametrize(
    ("parameters", "is_wanted"),
    [
        (GIVEN, True),
        ({**GIVEN, "delete_vlan": False}, True),
        ({**GIVEN, "delete_vlan": True}, False),
        ({**GIVEN, "rbridge_id": None}, False),
        ({"name": "112", "vlan_name": NAME}, False),
        ({"name": "112", "rbridge_id": 21}, False),
    ],
)
def test_whether_it_is_wanted(parameters, is_wanted):
    assert preflight.wanted(parameters) is is_wanted


def look(vdx, **more):
    with vdx.session() as session:
        found = preflight.look(session, {**GIVEN, **more}, NAME)
    assert vdx.edits == 0
    return found


def test_nothing_is_there():
    assert look(Vdx()) == {"segment_before": {"112": state.as_plain(state.ABSENT)}, "stale": []}


def test_what_is_there_and_what_of_it_has_to_go():
    vdx = Vdx()
    vdx.edit(
        *payloads.segment(21, 112, "192.0.2.1/24", NAME),
        payloads.address(21, 112, "10.112.0.1/24", secondary=True),
        payloads.address(21, 112, "fd00:112::1/64"),
        payloads.address(21, 112, "fd00:113::1/64"),
        payloads.address(22, 112, "198.51.100.1/24"),
    )
    was = vdx.vlans[112]
    found = look(vdx)
    assert state.from_plain(found["segment_before"]["112"]) == was
    assert found["stale"] == ["10.112.0.1/24", "192.0.2.1/24", "fd00:113::1/64"]
    # The switch lets them go in that order.
    vdx.edit(*(payloads.address(21, 112, one, delete=True) for one in found["stale"]))
    assert vdx.vlans[112].ves[21].addresses == ("fd00:112::1/64",)
    # An address that is the primary one already stays.
    assert look(vdx, subnet="", addresses=["fd00:112::1/64"])["stale"] == []


def test_what_stays_is_not_stale():
    vdx = Vdx()
    vdx.edit(*payloads.segment(21, 112, "172.16.112.1/24", NAME))
    assert look(vdx)["stale"] == []
    assert look(vdx, addresses=None)["stale"] == []
    assert look(vdx, subnet=None, addresses=["10.0.0.1/24"])["stale"] == ["172.16.112.1/24"]


def test_an_address_that_is_not_written_as_the_switch_writes_it_is_not_stale():
    """As `st2 run` may be given it: it was removed, and added again, at every run."""
    vdx = Vdx()
    vdx.edit(
        *payloads.segment(21, 112, "172.16.112.1/24", NAME),
        payloads.address(21, 112, "fd00:112::1/64"),
    )
    assert look(vdx, addresses=["FD00:112:0::1/64", "172.16.112.1/24"])["stale"] == []


def test_a_vlan_of_somebody_elses():
    vdx = Vdx()
    vdx.edit(payloads.vlan(112, "Storage"))
    with pytest.raises(SegmentConflict, match="is named 'Storage'"):
        look(vdx)
