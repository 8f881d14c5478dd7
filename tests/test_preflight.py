"""A look at the segment before the first edit of the workflow that makes it edit by edit."""

import pytest
from docker_tor import preflight, state
from docker_tor.errors import SegmentConflict

pytest.importorskip("lab.switch", reason="the lab's requirements are not installed")

from in_process import NAME, Vdx

from lab.switch import payloads

SIX = "fd00:112::1/64"
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
    found = look(Vdx(), addresses=None)
    assert found == {"segment_before": {"112": state.as_plain(state.ABSENT)}, "ve_addresses": []}


def test_what_is_there():
    vdx = Vdx()
    vdx.edit(
        *payloads.segment(21, 112, "192.0.2.1/24", NAME),
        payloads.address(21, 112, "fd00:112::1/64"),
        payloads.address(22, 112, "198.51.100.1/24"),
    )
    assert state.from_plain(look(vdx)["segment_before"]["112"]) == vdx.vlans[112]


@pytest.mark.parametrize(
    ("given", "needed"),
    [
        # What is there already, however it is written, and in whatever order.
        ({"addresses": None}, []),
        ({"addresses": ["172.16.112.1/24"]}, []),
        ({"addresses": ["172.16.112.1/24", "FD00:112:0::1/64"]}, ["172.16.112.1/24", SIX]),
        # What goes.
        ({"subnet": "10.0.0.1/24", "addresses": None}, ["10.0.0.1/24"]),
        # What the edit that gives one IPv4 address cannot.
        ({"subnet": "", "addresses": [SIX]}, [SIX]),
        ({"subnet": None, "addresses": ["172.16.112.1/24"]}, ["172.16.112.1/24"]),
        (
            {"addresses": ["172.16.113.1/24", "172.16.112.1/24"]},
            ["172.16.112.1/24", "172.16.113.1/24"],
        ),
    ],
)
def test_all_addresses_are_told_where_to_give_one_is_not_enough(given, needed):
    vdx = Vdx()
    vdx.edit(*payloads.segment(21, 112, "172.16.112.1/24", NAME))
    assert look(vdx, **given)["ve_addresses"] == needed


def test_an_old_address_of_another_kind_goes():
    vdx = Vdx()
    vdx.edit(*payloads.segment(21, 112, "172.16.112.1/24", NAME), payloads.address(21, 112, SIX))
    assert look(vdx, addresses=None)["ve_addresses"] == ["172.16.112.1/24"]


def test_a_vlan_of_somebody_elses():
    vdx = Vdx()
    vdx.edit(payloads.vlan(112, "Storage"))
    with pytest.raises(SegmentConflict, match="is named 'Storage'"):
        look(vdx)
