"""What a switch takes: VLANs, rbridge ids, VLAN names, addresses of a Ve; and subnets."""

import ipaddress

import pytest
from docker_tor.common import validators
from docker_tor.common.errors import InvalidValue
from docker_tor.config import limits
from docker_tor.config.platforms import NOS, OPENCONFIG, SLXOS
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("check", "value", "found"),
    [
        *((NOS.vlan, value, int(value)) for value in (1, 112, "112", 1001, 1003, "3962")),
        *((kind.vlan, value, value) for kind in (SLXOS, OPENCONFIG) for value in (1002, 4094)),
        (NOS.vlan_ranges, "100-103, 300", frozenset({100, 101, 102, 103, 300})),
        (NOS.vlan_ranges, "1001-1003", frozenset({1001, 1003})),
        (NOS.vlan_ranges, "1002-1003", frozenset({1003})),
        (OPENCONFIG.vlan_ranges, "1002,4093-4094", frozenset({1002, 4093, 4094})),
        *((kind.interface_name, None, "Ve {vlan}") for kind in (NOS, SLXOS)),
        *(
            (OPENCONFIG.interface_name, value, value or "Vlan{vlan}")
            for value in (None, "irb.{vlan}", "vlan{vlan}", "Vlan {vlan}", "{vlan}", "a/b:{vlan}.0")
        ),
        (limits.rbridge_id, "21", 21),
        (limits.vlan_name, "Docker Network", "Docker Network"),
        (validators.subnet, "172.16.0.0/16", ipaddress.ip_network("172.16.0.0/16")),
        *(
            (limits.ve_address, value, ipaddress.ip_interface(value))
            for value in ("172.16.112.1/24", "10.0.0.0/31", "10.0.0.1/31", "fd00::1/64", "f::/127")
        ),
    ],
)
def test_what_is_right(check, value, found):
    assert check(value) == found


@pytest.mark.parametrize(
    ("check", "values"),
    [
        (NOS.vlan, [0, 1002, "1002", 3963, 4095, -1, "abc", "", None, True, 1.0, "1e2", "٣"]),
        *((kind.vlan, [0, 4095]) for kind in (SLXOS, OPENCONFIG)),
        (
            NOS.vlan_ranges,
            ["", "100-", "200-100", "a-b", "100-3963", "100-5000", "0-10", "1,,2", 0],
        ),
        (OPENCONFIG.vlan_ranges, ["4094-4095"]),
        *((kind.interface_name, ["Ve {vlan}", ""]) for kind in (NOS, SLXOS)),
        (
            OPENCONFIG.interface_name,
            [
                "",
                "Vlan",
                "{vlan}{vlan}",
                "Vlan{vlan}{x}",
                "{vlan}}",
                " {vlan}",
                "{vlan} ",
                "{Vlan}",
            ],
        ),
        (
            OPENCONFIG.interface_name,
            ["{vlan}\n", "<b>{vlan}", "{{ vlan }}", "é{vlan}", f"{'x' * 35}{{vlan}}", 112],
        ),
        (limits.rbridge_id, [0, 240, "x", None]),
        (limits.vlan_name, ["", " x", "x ", "a\nb", "x" * 33, None, 7, "{{ x }}", "<!channel>"]),
        (validators.subnet, ["172.16.0.1/16", "172.16.0.0", "x", None, 5]),
        (
            limits.ve_address,
            ["172.16.112.0/24", "172.16.112.255/24", "1.1.1.1/32", "1.1.1.1/0"],
        ),
        (limits.ve_address, ["172.16.112.1", "172.16.112.1/255.255.255.0", "172.16.112.01/24"]),
        (limits.ve_address, ["fd00::1/128", "fd00::/64", "fe80::1%eth0/64", "300.1.1.1/24"]),
        (limits.ve_address, ["224.0.0.1/4", "127.0.0.1/8", "nonsense", "", None, 3]),
    ],
)
def test_what_is_wrong_is_told_with_its_field(check, values):
    for value in values:
        with pytest.raises(InvalidValue) as caught:
            check(value, "name")
        assert caught.value.what.startswith("name ")
        assert caught.value.remedy


def test_a_vlan_that_is_not_free_is_told_with_those_that_are():
    with pytest.raises(InvalidValue, match=r"Use a VLAN of 1 - 3962 other than 1002\."):
        NOS.vlan(1002)


@given(st.integers() | st.text(max_size=12))
def test_a_vlan_is_in_range_or_refused(value):
    try:
        vlan = NOS.vlan(value)
    except InvalidValue:
        return
    assert 1 <= vlan <= 3962
    assert vlan != 1002


@given(st.ip_addresses(), st.integers(min_value=0, max_value=130))
def test_an_address_comes_back_as_the_same_address_or_not_at_all(address, length):
    text = f"{address}/{length}"
    try:
        found = limits.ve_address(text)
    except InvalidValue:
        return
    assert found == limits.known_address(text) == ipaddress.ip_interface(text)
