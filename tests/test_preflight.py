"""A look at the segment before the first edit of the workflow that makes it edit by edit."""

import pytest
from docker_tor.actions import preflight
from docker_tor.common.errors import SegmentConflict
from docker_tor.switch import model

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


def look(vdx, **more):
    with vdx.session() as session:
        given = {**GIVEN, **more}
        found = preflight.look(session, preflight.segment(given), NAME, given["subnet"])
    assert vdx.edits == 0
    return found


def test_nothing_is_there():
    found = look(Vdx(), addresses=None)
    segment = {"vlan": 112, "rbridge": 21, "addresses": ["172.16.112.1/24"], "networks": []}
    assert found == {
        "segment": segment,
        "vlans": {"112": model.as_plain(model.ABSENT)},
        "already": False,
        "addresses": [],
    }


def test_what_is_there():
    vdx = Vdx()
    vdx.edit(
        *payloads.segment(21, 112, "192.0.2.1/24", NAME),
        payloads.address(21, 112, "fd00:112::1/64"),
        payloads.address(22, 112, "198.51.100.1/24"),
    )
    assert model.from_plain(look(vdx)["vlans"]["112"]) == vdx.vlans[112]


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
    assert look(vdx, **given)["addresses"] == needed


def test_an_old_address_of_another_kind_goes():
    vdx = Vdx()
    vdx.edit(*payloads.segment(21, 112, "172.16.112.1/24", NAME), payloads.address(21, 112, SIX))
    assert look(vdx, addresses=None)["addresses"] == ["172.16.112.1/24"]


def test_a_vlan_of_somebody_elses():
    vdx = Vdx()
    vdx.edit(payloads.vlan(112, "Storage"))
    with pytest.raises(SegmentConflict, match="is named 'Storage'"):
        look(vdx)


@pytest.mark.parametrize("already", [False, True])
def test_what_is_told_after_the_last_edit(already):
    vdx = Vdx()
    if already:
        vdx.edit(*payloads.segment(21, 112, "172.16.112.1/24", NAME))
    before = look(vdx, addresses=None, networks=[{"name": "web", "id": "1"}, {"name": "{{ x }}"}])
    run = {"retry_until": 1480.0, "execution_id": "abc"}
    told = preflight.told(before, {"switch": "tor1"}, run, lambda: 1004.25)
    was = " (it was already)" if already else ""
    assert told["message"] == (
        f"Ve 112 on rbridge 21 of tor1 is in service with 172.16.112.1/24 for web, ? ? x ??{was}."
        " (4.2 s, execution abc)"
    )
    assert told["changed"] is not already
    assert told["extra"]["slack"]["color"] == "good"
    unsaved = preflight.told(before, {"switch": "tor1", "unsaved": "no room."}, run, lambda: 1004)
    assert "The running config is NOT saved: no room." in unsaved["message"]
    assert unsaved["extra"]["slack"]["color"] == "warning"
