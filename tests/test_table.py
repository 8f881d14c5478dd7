"""Tables for a person: aligned, bounded, and out of reach of the names in them."""

import pytest
from docker_tor.common.table import BLANK, WIDEST, table
from hypothesis import given
from hypothesis import strategies as st


def test_columns_are_aligned_and_nothing_trails():
    assert table(("switch", "vlan", "state"), [("vdx", 112, "up"), ("tor-two", 7, "")]).split(
        "\n"
    ) == [
        "switch   vlan  state",
        "-------  ----  -----",
        "vdx      112   up",
        "tor-two  7     -",
    ]


def test_kinds_of_cells():
    (row,) = table("abcdefg", [(None, True, False, ["x", 1], [], "\n", 0)]).split("\n")[2:]
    assert row.split("  ") == ["-", "yes", "no", "x, 1", "-", "-", "0"]
    (row,) = table("ab", [(BLANK, [""])]).split("\n")[2:]
    assert row == "   -"


def test_no_rows_say_so():
    assert table(("vlan",), []).split("\n") == ["vlan", "----", "(none)"]


def test_a_short_row_is_padded_by_what_it_lacks():
    assert table(("a", "b"), [("x",), ("y", "z")]).split("\n")[2:] == ["x", "y  z"]


def test_a_long_name_is_cut():
    (row,) = table(("name", "vlan"), [("n" * 6000, 112)]).split("\n")[2:]
    assert row == "n" * (WIDEST - 1) + "…  112"


def test_wide_characters_keep_the_columns():
    first, second = table(("name", "vlan"), [("網路", 112), ("ab", 7)]).split("\n")[2:]
    assert (first, second) == ("網路  112", "ab    7")


def test_a_name_of_wide_characters_is_cut_by_columns():
    (row,) = table(("name", "vlan"), [("網" * 200, 112)], widest=9).split("\n")[2:]
    assert row == "網網網網…  112"


@pytest.mark.parametrize(
    "name",
    ["x\nvdx  21  113", "x\r\nforged", "x\x1b[31mred", "x\u2028y", "x\u202eevil", "<!channel>"],
)
def test_a_name_forges_neither_a_row_nor_a_mention(name):
    shown = table(("name", "vlan"), [(name, 112)])
    assert len(shown.splitlines()) == 3
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "<!" not in shown


CELLS = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=3)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=5))
def test_whatever_it_is_given_is_one_line_a_row(rows):
    lines = table(("a", "b", "c"), rows).splitlines()
    assert len(lines) == 2 + max(len(rows), 1)
    assert all(line == line.rstrip() and line.isprintable() for line in lines)
