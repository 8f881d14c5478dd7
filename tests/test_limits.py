"""What a switch takes: VLANs, rbridge ids, VLAN names, addresses of a Ve, names of ports."""

import ipaddress

import pytest
from docker_tor.common import validators
from docker_tor.common.errors import InvalidValue
from docker_tor.config import limits, ports
from docker_tor.config.platforms import NOS, OPENCONFIG, SLXOS
from hypothesis import given
from hypothesis import strategies as st

TE = "TenGigabitEthernet 21/0/5"


@pytest.mark.parametrize(
    ("check", "found"),
    [
        (NOS.vlan, {1: 1, "112": 112, 1001: 1001, 1003: 1003, "3962": 3962}),
        *((kind.vlan, {1002: 1002, 4094: 4094}) for kind in (SLXOS, OPENCONFIG)),
        (NOS.vlan_ranges, {"100-102, 300": {100, 101, 102, 300}, "1001-1003": {1001, 1003}}),
        (OPENCONFIG.vlan_ranges, {"1002,4093-4094": {1002, 4093, 4094}}),
        *((kind.interface_name, {None: "Ve {vlan}"}) for kind in (NOS, SLXOS)),
        (OPENCONFIG.interface_name, {None: "Vlan{vlan}"}),
        (
            OPENCONFIG.interface_name,
            {name: name for name in ("irb.{vlan}", "Vlan {vlan}", "{vlan}", "a/b:{vlan}.0")},
        ),
        (limits.rbridge_id, {"21": 21, 1: 1, 239: 239}),
        (limits.vlan_name, {"Docker Network": "Docker Network"}),
        (validators.subnet, {"172.16.0.0/16": ipaddress.ip_network("172.16.0.0/16")}),
        (
            limits.ve_address,
            {
                one: ipaddress.ip_interface(one)
                for one in (
                    "172.16.112.1/24",
                    "10.0.0.0/31",
                    "10.0.0.1/31",
                    "fd00::1/64",
                    "f::/127",
                )
            },
        ),
        (
            NOS.port,
            {
                TE: TE,
                "tengigabitethernet21/0/5": TE,
                " TE  21/0/5:4 ": f"{TE}:4",
                "Tengig 239/16/99": "TenGigabitEthernet 239/16/99",
                "fo 1/0/49": "FortyGigabitEthernet 1/0/49",
                "Hu100/2/1": "HundredGigabitEthernet 100/2/1",
                "gi 21/0/1": "GigabitEthernet 21/0/1",
                "po10": "Port-channel 10",
                "PORT-CHANNEL 6144": "Port-channel 6144",
            },
        ),
        (SLXOS.port, {"eth0/1": "Ethernet 0/1", "ethernet 0/49:1": "Ethernet 0/49:1"}),
        (OPENCONFIG.port, {"ethernet-1/1": "ethernet-1/1", "x" * 64: "x" * 64}),
        (
            ports.short,
            {
                f"{TE}:1": "Te 21/0/5:1",
                "GigabitEthernet 21/0/5": "Gi 21/0/5",
                "add Ve 1; on Port-channel 10": "add Ve 1; on Po 10",
                "Ethernet 0/5": "Eth 0/5",
                "ethernet-1/1": "ethernet-1/1",
                "swp 1": "swp 1",
            },
        ),
    ],
)
def test_what_is_right(check, found):
    assert {value: check(value) for value in found} == found


@pytest.mark.parametrize(
    ("check", "values"),
    [
        (NOS.vlan, [0, 1002, "1002", 3963, 4095, -1, "abc", "", None, True, 1.0, "1e2", "٣"]),
        *((kind.vlan, [0, 4095]) for kind in (SLXOS, OPENCONFIG)),
        (NOS.vlan_ranges, ["", "100-", "200-100", "a-b", "100-3963", "0-10", "1,,2", 0]),
        (OPENCONFIG.vlan_ranges, ["4094-4095"]),
        *((kind.interface_name, ["Ve {vlan}", ""]) for kind in (NOS, SLXOS)),
        (OPENCONFIG.interface_name, ["", "Vlan", "{vlan}{vlan}", "Vlan{vlan}{x}", "{vlan}}", 112]),
        (OPENCONFIG.interface_name, [" {vlan}", "{vlan} ", "{vlan}\n", "{{ vlan }}", "é{vlan}"]),
        (OPENCONFIG.interface_name, ["<b>{vlan}", f"{'x' * 35}{{vlan}}"]),
        (limits.rbridge_id, [0, 240, "x", None]),
        (limits.vlan_name, ["", " x", "x ", "a\nb", "x" * 33, None, 7, "{{ x }}", "<!channel>"]),
        (validators.subnet, ["172.16.0.1/16", "172.16.0.0", "x", None, 5]),
        (limits.ve_address, ["172.16.112.0/24", "172.16.112.255/24", "1.1.1.1/32", "1.1.1.1/0"]),
        (limits.ve_address, ["172.16.112.1", "172.16.112.1/255.255.255.0", "172.16.112.01/24"]),
        (limits.ve_address, ["fd00::1/128", "fd00::/64", "fe80::1%eth0/64", "300.1.1.1/24"]),
        (limits.ve_address, ["224.0.0.1/4", "127.0.0.1/8", "nonsense", "", None, 3]),
        (NOS.port, [f"te {of}" for of in ("0/5", "240/0/5", "0/0/5", "21/17/5", "21/0/0", "٢")]),
        (NOS.port, [f"te {of}" for of in ("21/0/100", "21/0/5:5", "21/0/05", "21/0/5/1")]),
        (NOS.port, [f"po {of}" for of in ("0", "6145", "01", "-1", "1/0/1", "9999")]),
        (NOS.port, ["t 21/0/5", "21/0/5", "te", "ve 112", "eth 21/0/5", "te" + " " * 60 + "1/0/1"]),
        (NOS.port, ["", None, 5, True, ["te 1/0/1"], "te 1/0/1\n te 1/0/2"]),
        (SLXOS.port, ["te 0/1", "eth 21/0/1", "eth 0", "e 0/1", "eth 0/1:0"]),
        (OPENCONFIG.port, ["", " ", " a", "a\nb", "x" * 65, None, "a{b"]),
    ],
)
def test_what_is_wrong_is_told_with_its_field(check, values):
    for value in values:
        with pytest.raises(InvalidValue) as caught:
            check(value, "name")
        assert caught.value.what.startswith("name ")
        assert caught.value.remedy


@pytest.mark.parametrize(
    ("check", "value", "remedy"),
    [
        (NOS.vlan, 1002, "Use a VLAN of 1 - 3962 other than 1002."),
        (limits.vlan_id, 4095, "Use a VLAN of 1 - 4094."),
        (NOS.port, "te 0/5", 'Write it as in "TenGigabitEthernet 21/0/5".'),
        (
            OPENCONFIG.port,
            "",
            "Write the name that the switch shows, of 64 plain characters at most.",
        ),
        (SLXOS.port, "te 0/5", 'Write it as in "Ethernet 0/5" or "Port-channel 10".'),
    ],
)
def test_the_remedy_says_what_there_is(check, value, remedy):
    with pytest.raises(InvalidValue) as caught:
        check(value)
    assert caught.value.remedy == remedy


@given(st.ip_addresses(), st.integers(min_value=0, max_value=130))
def test_an_address_comes_back_as_the_same_address_or_not_at_all(address, length):
    text = f"{address}/{length}"
    try:
        found = limits.ve_address(text)
    except InvalidValue:
        return
    assert found == limits.known_address(text) == ipaddress.ip_interface(text)
