"""docs/runbook.md on errors: every kind has its entry, and what is quoted is what the code says."""

import ast
import inspect
import re
from typing import Dict, NamedTuple, Set, Tuple

import pytest
from conftest import PACK
from docker_tor.common import errors
from docker_tor.common.errors import InvalidValue
from docker_tor.config import settings
from docker_tor.desired import admission
from docker_tor.engine import networks
from docker_tor.engine.networks import Network
from docker_tor.reconcile import compare
from runbook import ERRORS, pattern, quotes

LIB = PACK / "lib" / "docker_tor"


class Said(NamedTuple):
    """What an error of a kind says, its parts that are filled in as <>."""

    kind: str
    what: str


KINDS = {
    name: kind
    for name, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, errors.DockerTorError)
}
FAMILIES = ("DockerTorError", "TransientError", "OperatorError")
"""Nothing is of these kinds but by way of another."""


def words(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(words(part) for part in node.values)
    if isinstance(node, ast.BinOp):
        return words(node.left) + words(node.right)
    return "<>"


def said_by_the_code() -> Set[Said]:
    """What each error in the pack is made with."""
    found: Set[Said] = set()
    for path in LIB.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
                continue
            if node.func.id in KINDS:
                found.add(Said(node.func.id, words(node.args[0])))
            elif node.func.id == "Cause":
                # reach.Cause(signs, what, remedy): what a refused engine comes to.
                found.add(Said("EngineDenied", words(node.args[1])))
    return found


def entries() -> Dict[str, Tuple[str, str]]:
    """Each kind that the runbook has an entry for, with its family and its text."""
    found: Dict[str, Tuple[str, str]] = {}
    for family in re.split(r"^### ", ERRORS, flags=re.MULTILINE)[1:]:
        name, _, rest = family.partition("\n")
        for entry in re.split(r"^#### ", rest, flags=re.MULTILINE)[1:]:
            kind, _, text = entry.partition("\n")
            assert kind not in found
            found[kind] = (name.lower(), text)
    return found


def test_every_kind_of_error_has_its_entry_under_its_family() -> None:
    found = entries()
    assert set(found) == set(KINDS) - set(FAMILIES)
    for kind, (family, text) in found.items():
        assert KINDS[kind].family == family, kind
        assert len(re.sub(r"^> .*$", "", text, flags=re.MULTILINE).split()) > 8, kind


def test_every_error_that_is_quoted_is_one_of_the_code() -> None:
    said = said_by_the_code()
    assert {kind for kind, _ in said} >= set(entries())
    for kind, (_, text) in entries().items():
        for quote in quotes(text):
            assert Said(kind, re.sub(r"<[\w ]+>", "<>", quote)) in said, (kind, quote)


def test_an_error_of_values_says_what_is_quoted() -> None:
    """The code that makes them, called: what is parsed above is what is said."""
    switch = settings.parse(
        {
            "switches": [
                {
                    "name": "tor1",
                    "host": "h",
                    "username": "u",
                    "password": "p",
                    "vlans": "100-199",
                    "subnets": ["172.16.0.0/16"],
                }
            ]
        }
    ).switches[0]
    for vlan, address in ((300, "172.16.112.1/24"), (112, "10.0.0.1/24")):
        network = Network("0", "web", "h", "macvlan", "eth0", vlan, frozenset({address}))
        with pytest.raises(InvalidValue) as caught:
            admission.Claims(switch).claim(network, 21)
        quoted = quotes(entries()["InvalidValue"][1])
        assert any(pattern(quote).match(caught.value.what) for quote in quoted)
    listed = {"Id": "0", "Driver": "macvlan", "Options": {"parent": "eth0.1.2"}, "Name": "web"}
    _, (refusal,) = networks.read("h", [listed])
    assert any(pattern(quote).match(refusal.error.what) for quote in quoted)


# Commands and values.


def test_standings_are_explained() -> None:
    architecture = (PACK / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([\w, ]+) \|", architecture, re.MULTILINE)
    named = [
        value
        for name, value in vars(compare).items()
        if name.isupper() and isinstance(value, str) and not name.startswith("_")
    ]
    assert len(named) == 8
    assert set(named) <= set(rows)
