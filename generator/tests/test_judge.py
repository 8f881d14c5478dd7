"""Every payload of a generated action is one that libyang, which has never seen the generator,
accepts for the model: with values from the corners of their types."""

import base64
import re
import string
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping

import pytest

pytest.importorskip("pyang", reason="the generator needs pyang")
pytest.importorskip("oopt_gnpy_libyang", reason="the judge needs libyang")

from lxml import etree
from yang_edit import edits, payloads

from generator import actions, contents, reading
from lab.real import published
from lab.real.judge import Judge
from lab.real.process import PartFailed

PACK = Path(__file__).resolve().parents[2]

EDITS = ("leaf", "leaf-list", "list", "presence")
MOST = 12
"""Payloads of one action."""
XPATH = re.compile(
    r"XPath|of expression|node-instance-identifier|Invalid character 0x.. .*function call"
)
"""What libyang has against texts of two types that are strings by YANG: their descriptions alone
say that they hold XPath."""

Type = Mapping[str, Any]


def edit_specs(folder: Path) -> Dict[str, Mapping[str, Any]]:
    """What the actions of edits know, by name."""
    model = reading.read(reading.Sources([folder]))
    made = {
        action.name: contents.loaded(action.content["parameters"]["edit"]["default"])
        for action in actions.generate(model, "judged")
    }
    return {name: spec for name, spec in made.items() if spec["kind"] in EDITS}


def content(spec: Mapping[str, Any], parameters: Dict[str, Any]) -> str:
    config = etree.fromstring(payloads.payload(edits.build(spec, parameters)))
    return "".join(etree.tostring(child, encoding="unicode") for child in config)


def judge_all(folder: Path, made: Dict[str, Mapping[str, Any]]) -> None:
    """Let libyang see payloads of all these actions."""
    judge = Judge(folder, sorted(reading.read(reading.Sources([folder])).namespaces))
    wrong = []
    for name, spec in made.items():
        for parameters in samples(spec):
            said = judge.verdict(content(spec, parameters))
            if said and not XPATH.search(said):
                wrong.append((name, parameters, said))
    assert not wrong, (len(wrong), wrong[:20])


# Values that types allow.

PRINTABLE = string.ascii_letters + string.digits + " !#$%&()*+,-./:;<=>?@[]^_`{|}~\"'äß€"
KNOWN = """
10.0.0.1 10.1.2.0/24 fd00:112::1 fd00:112::/64 fd00:112::1/64 172.16.112.1/24 00:11:22:33:44:55
0011.2233.4455 2024-01-31T12:00:00Z 2024-01-31 1.3.6.1.4.1 example.com http://example.com/ ab eth0
65000:100 1:2:3 12:30:00 01ab /a 1/0/1 21/0/1 1,2,5-9 10 00:00:00:00:00:00:00:01 P1D *
target:65000:100 49.0001.0000.0000.0001.00 ffffffff 1.1 0.0.0.1 12h 1-2 11:22:33 1s 65000 0x10
00000000-0000-4000-8000-000000000000 ietf-interfaces 10..20 10..20.30 10.20..30 10.0.0.1:80 +1
route-target:65000:100 route-target:10.0.0.1:100 route-target:70000:100 route-origin:65000:100
route-origin:10.0.0.1:100 route-origin:70000:100
"""
"""Texts of common kinds: each pattern here allows one. libyang knows more of some than their
patterns say."""


def samples(spec: Mapping[str, Any]) -> Iterator[Dict[str, Any]]:
    """Parameters that an edit's data takes, without and with what may be left out, until each has
    had each of its values."""
    needed = [
        leaf
        for step in spec["path"]
        for leaf in [*step.get("keys", ()), *([step] if "type" in step else [])]
    ]
    for leaves in (needed, [*needed, *spec.get("fields", ())]):
        known = [corners(leaf["type"]) for leaf in leaves]
        for number in range(min(MOST, max(map(len, known), default=1))):
            given = {
                leaf["parameter"]: [found[number % len(found)]]
                for leaf, found in zip(leaves, known)
            }
            many = {leaf["parameter"] for leaf in leaves if leaf.get("many")}
            yield {name: one if name in many else one[0] for name, one in given.items()}


def corners(kind: Type) -> List[Any]:
    """Values of a type, as an action is given them."""
    base = kind["base"]
    if base in ("integer", "decimal"):
        return [bound for bounds in kind["ranges"] for bound in bounds]
    if base in ("boolean", "empty"):
        return [True, False] if base == "boolean" else [True]
    if base == "bits":
        return [*kind["values"], " ".join(kind["values"])]
    if base == "identity":
        return [f"{one}:{name}" for one, (_, names) in kind["values"].items() for name in names]
    if base == "binary":
        return [base64.b64encode(b"\0" * size).decode() for size in _sizes(kind)]
    if base == "instance":
        return [f"/{module}:a" for module in kind["namespaces"]]
    if base == "union":
        # There a value is text, whatever its member's values are.
        found = [one for member in kind["types"] for one in corners(member)]
        return [str(one).lower() if isinstance(one, bool) else str(one) for one in found]
    return list(kind["values"]) if base == "enumeration" else _texts(kind)


def _sizes(kind: Type) -> List[int]:
    lengths = kind.get("lengths") or [[0, 40]]
    return [min(size, 60) for size in lengths[0]]


def _texts(kind: Type) -> List[str]:
    made = [PRINTABLE[:size] for size in _sizes(kind)]
    return [one for one in (KNOWN.split() if "patterns" in kind else made) if _fits(kind, one)]


def _fits(kind: Type, text: str) -> bool:
    return (
        any(low <= len(text) <= high for low, high in kind.get("lengths") or [[0, 60]])
        and all(re.fullmatch(one, text) for one in kind.get("patterns", ()))
        and not any(re.fullmatch(one, text) for one in kind.get("not", ()))
    )


# lab/yang.

YANG = PACK / "lab" / "yang"
OF_LAB = edit_specs(YANG)


def test_all_of_lab_yang_is_accepted() -> None:
    assert len(OF_LAB) > 8
    judge_all(YANG, OF_LAB)


def test_the_judge_can_say_no() -> None:
    judge = Judge(YANG, ["brocade-interface"])
    spec = OF_LAB["interface_vlan_interface_vlan_vlan_name"]
    good = content(spec, {"name": 112, "vlan_name": "x"})
    assert not judge.verdict(good)
    for bad in (good.replace("112", "8192"), good.replace("vlan-name", "vlan-nam")):
        assert judge.verdict(bad)


# What others have published, by PyPI: OpenConfig's and IETF's modules.


@pytest.mark.slow
@pytest.mark.parametrize(
    ("package", "least"), [(published.OPENCONFIG, 1500), (published.IETF, 300)]
)
def test_all_of_what_others_have_published(package: str, least: int) -> None:
    try:
        folder = published.modules(package)
    except PartFailed as error:
        pytest.skip(str(error))
    made = edit_specs(folder)
    assert len(made) > least
    judge_all(folder, made)
