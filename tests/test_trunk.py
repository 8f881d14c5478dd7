"""Lists of VLANs and ports: texts of ranges against sets of integers."""

import pytest
from docker_tor.switch import trunk
from docker_tor.switch.trunk import Port
from hypothesis import given
from hypothesis import strategies as st

IDS = st.integers(1, trunk.HIGHEST)
SPANS = st.tuples(IDS, st.integers(0, 300)).map(
    lambda one: frozenset(range(one[0], min(sum(one), trunk.HIGHEST) + 1))
)
SETS = st.lists(SPANS, max_size=20).map(lambda spans: frozenset().union(*spans))
SETS = SETS | st.frozensets(IDS, max_size=400)


@given(SETS)
def test_a_list_is_read_as_what_was_printed(vlans):
    text = trunk.printed(vlans)
    assert (trunk.parse(text) if text else frozenset()) == vlans
    # No range can be joined to the next one.
    assert text.count(",") == max(0, sum(vlan - 1 not in vlans for vlan in vlans) - 1)


@given(SETS, st.integers(9, 300))
def test_parts_are_short_and_together_the_whole(vlans, longest):
    parts = trunk.split(vlans, longest)
    assert frozenset().union(*parts) == vlans
    assert sum(map(len, parts)) == len(vlans)
    assert all(0 < len(trunk.printed(part)) <= longest for part in parts)


def test_400_single_vlans_are_sent_in_strings_of_the_model():
    vlans = range(1001, 1801, 2)
    texts = [trunk.printed(part) for part in trunk.split(vlans)]
    assert [len(text) for text in texts] == [249] * 8
    assert ",".join(texts) == ",".join(map(str, vlans))
    # A list may be written otherwise than it was sent.
    assert trunk.parse(" 5, 7-9,10,,7 ") == {5, 7, 8, 9, 10}


@pytest.mark.parametrize(
    "text",
    [
        *("", ",", "0", "8192", "99999", "9-7", "5-", "-5", "5--7", "x", "5 6", "1e3", "5;7"),
        *("\u0665", "1-8191,1", "1-8191," * 2000, "1," * 9000, "5" + "," * 20_000),
    ],
)
def test_what_is_no_list_is_refused(text):
    with pytest.raises(ValueError, match="VLAN"):
        trunk.parse(text)


PORTS = st.builds(
    Port,
    st.sampled_from([trunk.TRUNK, trunk.ACCESS, trunk.NO_SWITCHPORT, trunk.MISSING]),
    st.sampled_from(trunk.RULES),
    SETS,
    form=st.just(()),
    last_stays=st.just(False),
)


@given(PORTS, IDS)
def test_a_vlan_added_or_removed_changes_no_other(port, vlan):
    added, removed = port.adding(vlan), port.removing(vlan)
    for changed in (added, removed):
        assert changed.vlans - {vlan} == port.vlans - {vlan}
        assert (changed.mode, changed.rule) == (port.mode, port.rule)
    if port.hindrance(vlan):
        assert not port.carries(vlan)
        assert removed == port
    else:
        assert added.carries(vlan)
    assert not removed.lists(vlan)
    assert trunk.from_plain(trunk.as_plain(port)) == port


@pytest.mark.parametrize(
    ("port", "carries", "hindrance"),
    [
        (Port(), False, ""),
        (Port(vlans=frozenset({112})), True, ""),
        (Port(rule=trunk.ALL), True, ""),
        (Port(rule=trunk.EXCEPT, vlans=frozenset({5})), True, ""),
        (Port(rule=trunk.EXCEPT, vlans=frozenset({112, 113})), False, "all VLANs except 112-113"),
        (Port(rule=trunk.NONE), False, "allows no VLAN (`none`)"),
        (Port(rule=trunk.UNREADABLE), False, "has a list of allowed VLANs that cannot be read"),
        (Port(trunk.ACCESS, vlans=frozenset({112})), False, "is in access mode"),
        (Port(trunk.NO_SWITCHPORT), False, "is no switchport"),
        (trunk.GONE, False, "is not there"),
    ],
)
def test_how_a_port_stands_to_a_vlan(port, carries, hindrance):
    assert port.carries(112) is carries
    assert port.hindrance(112).endswith(hindrance)
    assert bool(port.hindrance(112)) is bool(hindrance)
