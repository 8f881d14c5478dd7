"""What somebody asks for, checked: the segments of an action."""

import pytest
from docker_tor.actions import requests
from docker_tor.actions.requests import Asked
from docker_tor.common.errors import InvalidValue
from docker_tor.config.platforms import NOS, SLXOS
from docker_tor.switch.plan import Goal
from hostile import NAMES
from ves import goal, texts


def segment(**more):
    return {"vlan": 112, "rbridge": 21, "addresses": ["172.16.112.1/24"], **more}


def one(**more):
    (asked,) = requests.read([segment(**more)])
    return asked


def test_as_the_trigger_has_it_and_as_somebody_writes_it():
    asked = one(
        action="update",
        subnet="172.16.112.1/24",
        switch="tor1",
        host="10.0.0.1",
        channel="#net",
        route="errbot",
        networks=[{"name": "web", "id": "a" * 64}, {"name": "db"}, {"name": "web"}],
    )
    assert asked == Asked(goal(112, 21, "172.16.112.1/24"), ("web", "db"))
    least = {"vlan": "112", "rbridge": "21", "subnet": "172.16.112.1/24"}
    assert requests.read((least,)) == [asked._replace(networks=())]


def test_the_subnet_is_the_first_address_and_ipv6_comes_last():
    given = ["fd00:112:0::1/64", "10.112.0.1/24", "172.16.112.1/24", "10.112.0.1/24"]
    in_order = ("172.16.112.1/24", "10.112.0.1/24", "fd00:112::1/64")
    assert texts(one(addresses=given, subnet="172.16.112.1/24").goal.addresses) == in_order
    assert texts(one(addresses=given).goal.addresses) == (in_order[1], in_order[0], in_order[2])
    assert texts(one(addresses=None, subnet="fd00:112::1/64").goal.addresses) == ("fd00:112::1/64",)


def test_what_is_to_go_needs_no_addresses_and_a_vlan_may_be_on_several_rbridges():
    given = [
        segment(action="destroy", addresses="whatever"),
        segment(rbridge=22),
        segment(vlan=113),
    ]
    first, *others = (asked.goal for asked in requests.read(given))
    assert first == Goal(112, 21, remove=True)
    assert [(other.vlan, other.rbridge) for other in others] == [(112, 22), (113, 21)]


REFUSED = [
    (None, "segments is no list of 1 - 4096 segments"),
    ([], "segments is no list of 1 - 4096 segments"),
    ([segment()] * (requests.MOST_SEGMENTS + 1), "segments is no list"),
    ([segment(), 112], r"segments\[1\] is no segment"),
    ([segment(vlans=1)], r"segments\[0\] has the key 'vlans', which no segment has"),
    ([segment(action="remove")], r"segments\[0\]\.action is 'remove'"),
    ([segment(vlan=4095)], r"segments\[0\]\.vlan"),
    ([segment(rbridge=None)], r"segments\[0\]\.rbridge"),
    ([segment(rbridge=0, action="destroy")], r"segments\[0\]\.rbridge is None"),
    ([segment(rbridge=240)], r"segments\[0\]\.rbridge is 240"),
    ([segment(addresses="172.16.112.1/24")], r"segments\[0\]\.addresses is no list"),
    ([segment(ports=["Te 21/0/1"] * 1025)], r"segments\[0\]\.ports is no list of at most 1024"),
    ([segment(addresses=None, subnet="")], r"segments\[0\] has no addresses"),
    ([segment(addresses=["172.16.112.0/24"])], r"segments\[0\]\.addresses is '172\.16\.112\.0/24'"),
    ([segment(ports="Te 21/0/1")], r"segments\[0\]\.ports is no list of at most 1024 ports"),
    ([segment(ports=["Te 21/0/1"] * 1025)], r"segments\[0\]\.ports is no list of at most"),
    ([segment(ports_gone=["x"])], r"segments\[0\]\.ports_gone is 'x'"),
    ([segment(action="destroy", ports=["x"])], r"segments\[0\]\.ports_gone is 'x'"),
    ([segment(), segment(vlan="112")], r"segments\[1\] is VLAN 112 on rbridge 21 again, as segm"),
    ([segment(), segment(action="destroy")], r"segments\[1\] is VLAN 112 on rbridge 21 again"),
]


@pytest.mark.parametrize(("segments", "told"), REFUSED)
def test_what_is_refused(segments, told):
    with pytest.raises(InvalidValue, match=told) as caught:
        requests.placed(requests.read(segments), NOS)
    assert caught.value.remedy


@pytest.mark.parametrize("name", NAMES)
def test_names_of_networks_are_made_harmless(name):
    (shown,) = one(networks=[{"name": name}, {}, {"name": None}, 5]).networks
    assert not set(shown) & set("<>@`{}%\"'\\*~_\n") - {"_"}
    assert "//" not in shown


def test_a_switch_without_rbridges_takes_none():
    whole = Asked(Goal(112, 0, remove=True), ())
    (asked,) = requests.read([segment(rbridge=0)])
    gone = Asked(Goal(112, None, remove=True), ())
    assert requests.placed([asked, whole], SLXOS) == [asked, gone]
    assert requests.placed([whole], NOS) == [whole]
    with pytest.raises(InvalidValue, match=r"segments\[0\]\.vlan is 1002, which the switch"):
        requests.placed(requests.read([segment(vlan=1002)]), NOS)
    with pytest.raises(InvalidValue, match=r"segments\[0\]\.rbridge is 21, and a switch of"):
        requests.placed(requests.read([segment()]), SLXOS)
    with pytest.raises(InvalidValue, match=r"segments\[1\] is VLAN 112 again, as segments\[0\]"):
        requests.read([segment(rbridge=None), segment(rbridge=0)])
