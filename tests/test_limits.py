"""What counts as a VLAN, an rbridge id, a Ve address or a VLAN name."""

import ipaddress

import pytest
from docker_tor.common import validators
from docker_tor.common.errors import InvalidValue
from docker_tor.config import limits
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize("value", [1, 112, "112", 1001, 1003, "3962"])
def test_vlans_that_a_switch_leaves_free(value):
    assert limits.vlan_id(value) == int(value)


@pytest.mark.parametrize(
    "value", [0, 1002, "1002", 3963, 4094, 4095, 4096, -1, "abc", "", None, True, 1.0, "1e2", "٣"]
)
def test_vlans_that_it_does_not(value):
    with pytest.raises(InvalidValue) as caught:
        limits.vlan_id(value, "name")
    message = str(caught.value)
    assert message.startswith("name is ")
    assert str(value) in message
    assert "Use a VLAN of 1 - 3962 other than 1002." in message


@given(st.one_of(st.integers(), st.text(max_size=12)))
def test_a_vlan_is_in_range_or_refused(value):
    try:
        vlan = limits.vlan_id(value)
    except InvalidValue:
        return
    assert 1 <= vlan <= 3962
    assert vlan != 1002


def test_vlan_ranges():
    assert limits.vlan_ranges("100-103, 300") == frozenset({100, 101, 102, 103, 300})
    assert 1002 not in limits.vlan_ranges("1001-1003")


@pytest.mark.parametrize("text", ["", "100-", "200-100", "a-b", "100-5000", "0-10", "1,,2"])
def test_vlan_ranges_that_are_none(text):
    with pytest.raises(InvalidValue):
        limits.vlan_ranges(text)


def test_rbridge_ids():
    assert limits.rbridge_id("21") == 21
    for wrong in (0, 240, "x", None):
        with pytest.raises(InvalidValue):
            limits.rbridge_id(wrong)


def test_vlan_names():
    assert limits.vlan_name("Docker Network") == "Docker Network"
    for wrong in ("", " x", "x ", "a\nb", "x" * 33, None, 7):
        with pytest.raises(InvalidValue):
            limits.vlan_name(wrong)


@pytest.mark.parametrize(
    "value",
    ["172.16.112.1/24", "10.0.0.1/8", "10.0.0.0/31", "10.0.0.1/31", "fd00:112::1/64", "fd00::/127"],
)
def test_addresses_that_a_ve_takes(value):
    assert str(limits.ve_address(value)) == value


@pytest.mark.parametrize(
    "value",
    [
        "172.16.112.0/24",
        "172.16.112.255/24",
        "172.16.112.1/32",
        "172.16.112.1/0",
        "172.16.112.1",
        "172.16.112.1/255.255.255.0",
        "172.16.112.01/24",
        "300.1.1.1/24",
        "fd00::1/128",
        "fd00::/64",
        "fe80::1%eth0/64",
        "224.0.0.1/4",
        "127.0.0.1/8",
        "nonsense",
        "",
        None,
        3,
    ],
)
def test_addresses_that_it_does_not(value):
    with pytest.raises(InvalidValue) as caught:
        limits.ve_address(value, "subnet")
    assert str(caught.value).startswith(f"subnet is {value!r}")


@given(st.ip_addresses(), st.integers(min_value=0, max_value=130))
def test_an_address_comes_back_as_the_same_address_or_not_at_all(address, length):
    text = f"{address}/{length}"
    try:
        found = limits.ve_address(text)
    except InvalidValue:
        return
    assert found == ipaddress.ip_interface(text)


def test_subnets():
    assert str(validators.subnet("172.16.0.0/16")) == "172.16.0.0/16"
    for wrong in ("172.16.0.1/16", "172.16.0.0", "x", None, 5):
        with pytest.raises(InvalidValue):
            validators.subnet(wrong)


@pytest.mark.parametrize("name", ["<% st2kv() %>", "{{ x }}", "<!channel>", "a@here", "a  b"])
def test_a_vlan_name_is_what_it_is_shown_as(name):
    with pytest.raises(InvalidValue):
        limits.vlan_name(name)
