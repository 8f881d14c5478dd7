"""What the edits of a workflow do for their whole segment: the look at it before the first edit,
all addresses of a Ve, and what the team reads after the last."""

import itertools

import pytest
from docker_tor.actions import chain, edit
from docker_tor.common.errors import InvalidValue, SegmentConflict, SwitchRefused
from docker_tor.switch import model
from docker_tor.switch.nos import named_edits
from docker_tor.switch.plan import Goal

pytest.importorskip("lab.switch", reason="the lab's requirements are not installed")

from in_process import NAME, Meddler, Vdx
from ves import texts, ve, ves

from lab.switch import payloads

SIX = "fd00:112::1/64"
GIVEN = {"rbridge_id": 21, "subnet": "172.16.112.1/24", "addresses": ["172.16.112.1/24", SIX]}


def look(vdx, **more):
    given = {**GIVEN, **more}
    with vdx.device() as device:
        found = chain.look(device, Goal(112, *chain.segment(given)), given)
    assert vdx.edits == 0
    return found


def test_what_is_found_before_the_first_edit():
    segment = {"vlan": 112, "rbridge": 21, "addresses": ["172.16.112.1/24"], "networks": []}
    segment.update(ports=[], ports_gone=[])
    vdx = Vdx()
    assert look(vdx, addresses=None) == {
        "segment": segment,
        "vlans": {"112": model.as_plain(model.ABSENT)},
        "already": False,
        "addresses": [],
    }
    vdx.edit(
        *payloads.segment(21, 112, "192.0.2.1/24", NAME),
        payloads.address(22, 112, "198.51.100.1/24"),
    )
    vdx.forget_rpcs()
    assert model.from_plain(look(vdx)["vlans"]["112"]) == vdx.vlans[112]
    vdx.edit(payloads.vlan(112, "Storage"))
    with vdx.device() as device, pytest.raises(SegmentConflict, match="is named 'Storage'"):
        chain.look(device, Goal(112, 21), GIVEN)


@pytest.mark.parametrize(
    ("given", "needed"),
    [
        # What is there already, however it is written, and in whatever order.
        ({"addresses": None}, []),
        ({"addresses": [SIX, "172.16.112.1/24", "FD00:112:0::1/64"]}, ["172.16.112.1/24", SIX]),
        # What is deleted.
        ({"subnet": "10.0.0.1/24", "addresses": None}, ["10.0.0.1/24"]),
        # What the edit that gives one IPv4 address cannot.
        ({"subnet": "", "addresses": [SIX]}, [SIX]),
        ({"subnet": None, "addresses": ["172.16.112.1/24"]}, ["172.16.112.1/24"]),
    ],
)
def test_all_addresses_are_told_where_to_give_one_is_not_enough(given, needed):
    vdx = Vdx()
    vdx.edit(*payloads.segment(21, 112, "172.16.112.1/24", NAME))
    assert look(vdx, **given)["addresses"] == needed


@pytest.mark.parametrize(
    ("given", "segment"),
    [
        ({"rbridge_id": None, "subnet": None, "addresses": None}, (0, ())),
        ({"subnet": "", "addresses": [SIX, "10.0.0.1/24"]}, (0, ves("10.0.0.1/24", SIX))),
        ({"rbridge_id": 240}, "rbridge_id is 240"),
        ({"subnet": "fd00::1/64"}, "which is not IPv4"),
        ({"addresses": ["fd00::1/64", "10.0.0.0/24"]}, "addresses is '10.0.0.0/24'"),
    ],
)
def test_what_the_later_edits_are_to_set_is_checked_with_the_first(given, segment):
    if isinstance(segment, str):
        with pytest.raises(InvalidValue, match=segment):
            chain.segment(given)
    else:
        assert chain.segment(given) == segment


@pytest.mark.parametrize("already", [False, True])
def test_what_is_told_after_the_last_edit(already):
    before = look(Vdx(), addresses=None, networks=[{"name": "web", "id": "1"}, {"name": "{{ x }}"}])
    before["already"] = already
    run = {"retry_until": 1480.0, "execution_id": "abc"}
    told = chain.told(before, {"switch": "tor1"}, run, "errbot", lambda: 1004.25)
    was = " (it was already)" if already else ""
    assert told["message"] == (
        f"Ve 112 on rbridge 21 of tor1 is in service with 172.16.112.1/24 for web, ? ? x ??{was}."
        " (4.2 s, execution abc)"
    )
    assert (told["changed"], told["extra"]["slack"]["color"]) == (not already, "good")
    unsaved = chain.told(before, {"switch": "tor1", "unsaved": "no room."}, run, lambda: 1004)
    assert "The running config is NOT saved: no room." in unsaved["message"]
    assert unsaved["extra"]["slack"]["color"] == "warning"


# All addresses of a Ve, and no others.

OLD = ("172.16.112.1/24", "172.16.212.1/24", "fd00:113::1/64")
NEW = ["172.16.112.254/24", "172.16.212.1/24", "FD00:112:0::1/64"]
AFTER = ("172.16.112.254/24", "172.16.212.1/24", SIX)
EDITS = 4
"""From the old to the new."""
PLACE = "Ve 112 on rbridge 21"


def there():
    """A switch that has the segment with its old addresses."""
    vdx = Vdx(seed=True)
    vdx.edit(
        *payloads.segment(21, 112, OLD[0], NAME),
        payloads.address(21, 112, OLD[1]),
        payloads.address(21, 112, OLD[2]),
        payloads.address(22, 112, "198.51.100.1/24"),
    )
    vdx.forget_rpcs()
    return vdx


def addresses(*given, **more):
    return chain.addresses_of(
        {"name": "112", "rbridge_id": 21, "addresses": list(given or NEW), **more}
    )


def give(vdx, *given):
    with vdx.device() as device:
        return chain.set_addresses(device, addresses(*given), {})


def test_what_is_deleted_and_what_is_added():
    vdx = there()
    was = vdx.vlans[112]
    assert give(vdx) == {
        "changed": True,
        "before": {PLACE: list(OLD)},
        "after": {PLACE: list(AFTER)},
        "did": ["no 172.16.112.1/24", "no fd00:113::1/64", AFTER[0], AFTER[2]],
    }
    # And nothing else: not the other rbridge, and nothing of the Ve itself.
    assert vdx.vlans[112] == was._replace(ves={**was.ves, 21: ve(*AFTER)})
    sent = vdx.edits
    found = give(vdx)
    assert (found["changed"], found["did"], found["before"]) == (False, [], found["after"])
    assert vdx.edits == sent


def test_another_primary_address_of_those_there_are_is_told():
    """A run that were told of no change would not save it."""
    vdx = there()
    beside = "172.16.112.9/24"
    for given, did, ipv4 in (
        ((*OLD, beside), [beside], (OLD[0], beside, OLD[1])),
        ((beside, *OLD), [f"{beside} as the primary address"], (beside, OLD[0], OLD[1])),
        # Of another subnet's primary address there is nothing to tell.
        ((OLD[1], beside, OLD[0], OLD[2]), [], (beside, OLD[0], OLD[1])),
    ):
        found = give(vdx, *given)
        assert (found["changed"], found["did"]) == (bool(did), did)
        assert texts(vdx.vlans[112].ves[21].ipv4) == ipv4


@pytest.mark.parametrize("last", [EDITS, 20])
def test_what_the_switch_refuses_is_undone_and_what_cannot_be_is_told(last):
    """It refuses these edits, counted from 1."""
    vdx = there()
    before = vdx.running
    sent = itertools.count(1)

    class Refusing(Meddler):
        def edit_config(self, config):
            if EDITS <= next(sent) <= last:
                raise SwitchRefused("never", tag="invalid-value")
            super().edit_config(config)

    with vdx.device(Refusing) as device, pytest.raises(SwitchRefused) as refused:
        chain.set_addresses(device, addresses(), {})
    assert (vdx.running == before) is (last == EDITS) is not refused.value.unsure
    left = "; undoing that at once left still to do: remove " if refused.value.unsure else "."
    assert str(refused.value).startswith(f"never{left}")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"addresses": [112]}, "addresses is 112"),
        ({"name": "4095"}, "name is 4095"),
        ({"rbridge_id": None}, "rbridge_id is None"),
        ({"delete_address": True}, "delete_address and addresses are both given"),
        ({"delete_ve": True}, "delete_ve and addresses are both given"),
    ],
)
def test_what_no_ve_can_have_is_refused(wrong, told):
    with pytest.raises(InvalidValue, match=told):
        addresses(**wrong)


# One edit, carried out.


@pytest.mark.parametrize(
    ("theirs", "still"), [(payloads.ve(21, 112, delete=True), False), (payloads.vlan(113), True)]
)
def test_what_somebody_else_deletes_in_between_is_no_failure(theirs, still):
    found = named_edits.find(named_edits.VE, {**GIVEN, "name": "112", "delete_ve": True})
    vdx = there()

    class Quicker(Meddler):
        def edit_config(self, _config):
            vdx.edit(theirs)
            raise SwitchRefused("no", tag="data-missing")

    with vdx.device(Quicker) as device:
        if still:
            with pytest.raises(SwitchRefused):
                edit.make(device, found, {})
        else:
            assert edit.make(device, found, {})["changed"] is False
