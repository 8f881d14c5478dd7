"""Tables for a person: aligned, bounded, and out of reach of the names in them."""

import pytest
from docker_tor.common.table import BLANK, WIDEST, table


def test_columns_are_aligned_and_nothing_trails():
    rows = [("vdx", 112, "up"), ("tor-two", 7, "")]
    assert table(("switch", "vlan", "state"), rows).split("\n") == [
        "switch   vlan  state",
        "-------  ----  -----",
        "vdx      112   up",
        "tor-two  7     -",
    ]


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        ([], ["(none)"]),
        ([(None, True), (False, ["x", 1])], ["-   yes", "no  x, 1"]),
        ([([], "\n"), (BLANK, [""]), (0, 7)], ["-  -", "   -", "0  7"]),
        # What a row lacks.
        ([("x",), ("y", "z")], ["x", "y  z"]),
        # Wide characters take two columns.
        ([("網路", 112), ("ab", 7)], ["網路  112", "ab    7"]),
        ([("n" * 6000, 112)], ["n" * (WIDEST - 1) + "…  112"]),
        ([("網" * 200, 112)], ["網" * ((WIDEST - 1) // 2) + "…  112"]),
    ],
)
def test_cells(rows, shown):
    assert table("ab", rows).split("\n")[2:] == shown


@pytest.mark.parametrize(
    "name", ["x\nvdx  21  113", "x\r\nforged", "x\x1b[31m", "x\u2028y", "x\u202eevil", "<!channel>"]
)
def test_a_name_forges_neither_a_row_nor_a_mention(name):
    shown = table(("name", "vlan"), [(name, 112)])
    assert len(shown.splitlines()) == 3
    assert not [mark for mark in ("\x1b", "\u202e", "<!") if mark in shown]
