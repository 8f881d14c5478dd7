"""A Ve's addresses made those that are given, and no others."""

import pytest
from docker_tor.common.errors import InvalidValue, SegmentConflict, SessionLost, SwitchRefused
from docker_tor.switch import ve_addresses

pytest.importorskip("lab.switch", reason="the lab's requirements are not installed")

from in_process import NAME, Meddler, Vdx

from lab.switch import payloads

OLD = ("172.16.112.1/24", "172.16.212.1/24", "fd00:113::1/64")
NEW = ["172.16.112.254/24", "172.16.212.1/24", "FD00:112:0::1/64"]
AFTER = ("172.16.112.254/24", "172.16.212.1/24", "fd00:112::1/64")
EDITS = 4
"""From the old to the new."""
PLACE = "Ve 112 on rbridge 21"


def there() -> Vdx:
    """A switch that has the segment with its old addresses."""
    vdx = Vdx(seed=True)
    vdx.edit(
        *payloads.segment(21, 112, OLD[0], NAME),
        payloads.address(21, 112, OLD[1]),
        payloads.address(21, 112, OLD[2]),
        payloads.address(22, 112, "198.51.100.1/24"),
    )
    vdx.forget()
    return vdx


def given(**more):
    return {"name": "112", "rbridge_id": 21, "address": "", "addresses": NEW, **more}


def apply(vdx, **more):
    with vdx.session() as session:
        return ve_addresses.apply(session, given(**more), NAME)


def test_what_goes_and_what_comes():
    vdx = there()
    was = vdx.vlans[112]
    assert apply(vdx) == {
        "changed": True,
        "before": {PLACE: list(OLD)},
        "after": {PLACE: list(AFTER)},
        "did": ["no 172.16.112.1/24", "no fd00:113::1/64", AFTER[0], AFTER[2]],
    }
    now = vdx.vlans[112]
    assert now.ves[21].addresses == AFTER
    # And nothing else: not the other rbridge, and nothing of the Ve itself.
    ours = was.ves[21]._replace(ipv4=AFTER[:2], ipv6=AFTER[2:])
    assert now == was._replace(ves={**was.ves, 21: ours})


def test_twice_is_as_good_as_once():
    vdx = there()
    apply(vdx)
    sent = vdx.edits
    found = apply(vdx)
    assert (found["changed"], found["did"], found["before"]) == (False, [], found["after"])
    assert vdx.edits == sent


def test_a_ve_that_is_new_stays_shut():
    vdx = Vdx()
    vdx.edit(payloads.vlan(112, NAME), payloads.global_ve(112))
    assert apply(vdx)["did"] == list(AFTER)
    assert vdx.vlans[112].ves[21].shut
    assert vdx.vlans[112].in_service is False


def test_another_primary_address_of_those_there_are_is_told():
    """A run that were told of no change would not save it."""
    vdx = there()
    beside = "172.16.112.9/24"
    found = apply(vdx, addresses=[*OLD, beside])
    assert (found["changed"], found["did"]) == (True, [beside])
    assert vdx.vlans[112].ves[21].ipv4 == (OLD[0], beside, OLD[1])
    found = apply(vdx, addresses=[beside, *OLD])
    assert (found["changed"], found["did"]) == (True, [f"{beside} as the primary address"])
    assert vdx.vlans[112].ves[21].ipv4 == (beside, OLD[0], OLD[1])
    # Of another subnet's primary address there is nothing to tell.
    assert apply(vdx, addresses=[OLD[1], beside, OLD[0], OLD[2]])["did"] == []
    found = apply(vdx, addresses=[OLD[0]])
    assert found["did"] == [
        *(f"no {one}" for one in (beside, OLD[1], OLD[2])),
        f"{OLD[0]} as the primary address",
    ]


class Refusing(Meddler):
    """A session whose switch refuses these edits, counted from 1."""

    def __init__(self, session, *edits):
        super().__init__(session)
        self._edits = edits
        self._sent = 0

    def edit_config(self, config):
        self._sent += 1
        if self._sent in self._edits:
            raise SwitchRefused("never", tag="invalid-value")
        super().edit_config(config)


def refused(vdx, *edits):
    with vdx.session() as session, pytest.raises(SwitchRefused) as error:
        ve_addresses.apply(Refusing(session, *edits), given(), NAME)
    return error.value


@pytest.mark.parametrize("nth", range(1, EDITS + 1))
def test_what_the_switch_refuses_is_undone(nth):
    vdx = there()
    before = vdx.running
    error = refused(vdx, nth)
    assert (str(error), error.unsure) == ("never.", False)
    assert vdx.running == before


def test_what_cannot_be_undone_is_told():
    vdx = there()
    error = refused(vdx, *range(EDITS, 20))
    assert error.unsure
    assert str(error).startswith("never; undoing that at once left still to do: remove ")
    assert vdx.vlans[112].ves[21].addresses != OLD


def test_an_address_of_another_ve():
    vdx = there()
    before = vdx.running
    with pytest.raises(
        SwitchRefused, match=r"overlaps with .* 10\.10\.10\.1/24 of interface Ve 10"
    ):
        apply(vdx, addresses=[NEW[0], "10.10.10.9/24"])
    assert vdx.running == before


def test_a_vlan_of_somebody_elses():
    vdx = Vdx()
    vdx.edit(*payloads.segment(21, 112, OLD[0], "Storage"))
    before = vdx.running
    with pytest.raises(SegmentConflict, match="is named 'Storage'"):
        apply(vdx)
    assert (vdx.edits, vdx.running) == (0, before)


@pytest.mark.parametrize("nth", range(1, EDITS + 3))
@pytest.mark.parametrize("drop", ["before", "after"])
def test_a_session_that_is_lost(nth, drop):
    """Whether anything has changed is not known once an edit may have been sent."""
    vdx = there()
    before = vdx.running
    vdx.faults.set(drop_rpc=nth, drop=drop)
    with pytest.raises(SessionLost) as lost:
        apply(vdx)
    assert lost.value.unsure is (nth > 1)
    assert lost.value.unsure or vdx.running == before
    # The next try makes it good.
    assert apply(vdx)["after"] == {PLACE: list(AFTER)}
    assert vdx.vlans[112].ves[21].addresses == AFTER


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"addresses": ["172.16.112.0/24"]}, "addresses is '172.16.112.0/24'"),
        ({"addresses": [112]}, "addresses is 112"),
        ({"name": "4095"}, "name is 4095"),
        ({"rbridge_id": None}, "rbridge_id is None"),
        ({"delete_address": True}, "delete_address and addresses are both given"),
        ({"delete_ve": True}, "delete_ve and addresses are both given"),
    ],
)
def test_bad_input_is_refused_before_anything_is_sent(wrong, told):
    vdx = there()
    for do in (ve_addresses.apply, ve_addresses.look):
        with vdx.session() as session, pytest.raises(InvalidValue, match=told):
            do(session, given(**wrong), NAME)
    assert vdx.operations == []


def test_a_look_sends_no_edit():
    vdx = there()
    with vdx.session() as session:
        found = ve_addresses.look(session, given(), NAME)
    assert vdx.operations == ["get-config"]
    assert found["dry_run"] is True
    assert "-  ip address 172.16.112.1/24" in found["diff"]
    assert "+  ipv6 address fd00:112::1/64" in found["diff"]
    assert found["xml"].count("<nc:config") == EDITS
    assert "  no ip address 172.16.112.1/24" in found["cli"]
