"""The names of ports: whatever people write, one form is behind the edge."""

import pytest
from docker_tor.common.errors import InvalidValue
from docker_tor.config import platforms, ports
from hypothesis import given
from hypothesis import strategies as st

NOS, SLXOS = platforms.NOS, platforms.SLXOS
ANY = NOS._replace(port_types=())


@pytest.mark.parametrize(
    ("platform", "written", "name"),
    [
        (NOS, "TenGigabitEthernet 21/0/5", "TenGigabitEthernet 21/0/5"),
        (NOS, "tengigabitethernet21/0/5", "TenGigabitEthernet 21/0/5"),
        (NOS, " TE  21/0/5:4 ", "TenGigabitEthernet 21/0/5:4"),
        (NOS, "Tengig 239/16/99", "TenGigabitEthernet 239/16/99"),
        (NOS, "fo 1/0/49", "FortyGigabitEthernet 1/0/49"),
        (NOS, "Hu100/2/1", "HundredGigabitEthernet 100/2/1"),
        (NOS, "gi 21/0/1", "GigabitEthernet 21/0/1"),
        (NOS, "po10", "Port-channel 10"),
        (NOS, "PORT-CHANNEL 6144", "Port-channel 6144"),
        (SLXOS, "eth0/1", "Ethernet 0/1"),
        (SLXOS, "ethernet 0/49:1", "Ethernet 0/49:1"),
        (SLXOS, "po 1", "Port-channel 1"),
        (ANY, "ethernet-1/1", "ethernet-1/1"),
        (ANY, "x" * 64, "x" * 64),
    ],
)
def test_a_port_is_named_as_the_cli_shows_it(platform, written, name):
    assert platform.port(written) == name
    assert platform.port(name) == name


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("TenGigabitEthernet 21/0/5:1", "Te 21/0/5:1"),
        ("GigabitEthernet 21/0/5", "Gi 21/0/5"),
        ("add Ve 1; allow VLAN 1 on Port-channel 10", "add Ve 1; allow VLAN 1 on Po 10"),
        ("Port-channel 10", "Po 10"),
        ("Ethernet 0/5", "Eth 0/5"),
        ("ethernet-1/1", "ethernet-1/1"),
        ("swp 1", "swp 1"),
    ],
)
def test_a_port_s_name_where_room_is_short(name, short):
    assert ports.short(name) == short


@pytest.mark.parametrize(
    ("platform", "written"),
    [
        *((NOS, f"te {number}") for number in ("0/5", "240/0/5", "0/0/5", "21/17/5", "21/0/0")),
        *((NOS, f"te {number}") for number in ("21/0/100", "21/0/5:5", "21/0/05", "21/0/5/1", "٢")),
        *((NOS, f"po {number}") for number in ("0", "6145", "01", "-1", "1/0/1", "9999")),
        *((NOS, written) for written in ("t 21/0/5", "21/0/5", "te", "ve 112", "eth 21/0/5")),
        *((NOS, written) for written in ("", None, 5, True, ["te 1/0/1"], "te 1/0/1\n te 1/0/2")),
        (NOS, "te" + " " * 60 + "1/0/1"),
        *((SLXOS, written) for written in ("te 0/1", "eth 21/0/1", "eth 0", "e 0/1", "eth 0/1:0")),
        *((ANY, written) for written in ("", " ", " a", "a\nb", "x" * 65, None, "a{b")),
    ],
)
def test_what_names_no_port_is_told_with_its_field(platform, written):
    with pytest.raises(InvalidValue) as caught:
        platform.port(written, "ports[0]")
    assert caught.value.what.startswith("ports[0] is ")
    assert caught.value.remedy.startswith("Write ")


def test_the_remedy_is_of_the_type_that_was_meant():
    with pytest.raises(InvalidValue, match=r'Write it as in "TenGigabitEthernet 21/0/5"\.$'):
        NOS.port("te 0/5")
    with pytest.raises(InvalidValue, match=r'"Ethernet 0/5" or "Port-channel 10"\.$'):
        SLXOS.port("te 0/5")


@given(st.sampled_from(ports.NOS), st.data())
def test_any_short_form_in_any_case_is_the_same_port(kind, data):
    number = data.draw(st.from_regex(kind.number, fullmatch=True))
    length = data.draw(st.integers(2, len(kind.name)))
    case = data.draw(st.sampled_from((str.lower, str.upper, str)))
    blank = data.draw(st.sampled_from(("", " ", "  ")))
    assert NOS.port(case(kind.name[:length]) + blank + number) == f"{kind.name} {number}"
