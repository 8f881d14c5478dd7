"""Every payload of a generated action is one that libyang, which has never seen the generator,
accepts for the model."""

import base64
import re
import string
from pathlib import Path
from typing import Any, Dict, List, Mapping, Tuple

import pytest

pytest.importorskip("pyang", reason="the generator needs pyang")
pytest.importorskip("oopt_gnpy_libyang", reason="the judge needs libyang")

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lxml import etree
from yang_edit import edits, payloads

from generator import actions, contents, reading
from generator.schema import Model
from lab.real import published
from lab.real.judge import Judge

PACK = Path(__file__).resolve().parents[2]

EDITS = ("leaf", "leaf-list", "list", "presence")
FEW = settings(
    max_examples=3,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
XPATH = re.compile(
    r"XPath|of expression|node-instance-identifier|Invalid character 0x.. .*function call"
)
"""What libyang has against texts of two types that are strings by YANG: their descriptions alone
say that they hold XPath."""


def specs(model: Model) -> Dict[str, Mapping[str, Any]]:
    made = {
        action.name: action.content["parameters"]["edit"]["default"]
        for action in actions.generate(model, "judged")
    }
    loaded = {name: contents.loaded(spec) for name, spec in made.items()}
    return {name: spec for name, spec in loaded.items() if spec["kind"] in EDITS}


def content(spec: Mapping[str, Any], parameters: Dict[str, Any]) -> str:
    config = etree.fromstring(payloads.payload(edits.build(spec, parameters)))
    return "".join(etree.tostring(child, encoding="unicode") for child in config)


def judge_all(judge: Judge, made: Dict[str, Mapping[str, Any]], often: Any = FEW) -> None:
    """Let libyang see payloads of all these actions."""
    wrong = {name: said for name, spec in made.items() for said in judged(judge, spec, often)}
    assert not wrong, f"{len(wrong)} of {len(made)}: {list(wrong.items())[:20]}"


def judged(judge: Judge, spec: Mapping[str, Any], often: Any) -> List[str]:
    """What libyang has against payloads of an action."""
    found: List[str] = []

    @often
    @given(parameters_of(spec))
    def one(parameters: Dict[str, Any]) -> None:
        said = judge.verdict(content(spec, parameters))
        if said and not XPATH.search(said):
            found.append(f"{said} {parameters}")

    one()
    return found[:1]


# Values that types allow.

ASCII = st.characters(min_codepoint=32, max_codepoint=126)
Type = Mapping[str, Any]

PRINTABLE = string.ascii_letters + string.digits + " !#$%&()*+,-./:;<=>?@[]^_`{|}~\"'äß€"
KNOWN = (
    *(
        "10.0.0.1",
        "10.1.2.0/24",
        "fd00:112::1",
        "fd00:112::/64",
        "fd00:112::1/64",
        "172.16.112.1/24",
    ),
    *("00:11:22:33:44:55", "0011.2233.4455", "2024-01-31T12:00:00Z", "2024-01-31", "1.3.6.1.4.1"),
    *("example.com", "http://example.com/", "ab", "eth0", "65000:100", "1:2:3", "12:30:00"),
    *("01ab", "/a", "1/0/1", "21/0/1", "1,2,5-9", "10", "00:00:00:00:00:00:00:01", "P1D", "*"),
    *("target:65000:100", "49.0001.0000.0000.0001.00", "ffffffff", "1.1", "0.0.0.1", "12h", "1-2"),
    *("00000000-0000-4000-8000-000000000000", "ietf-interfaces", "1s", "65000", "0x10", "11:22:33"),
)
"""Texts of common kinds: libyang knows more of some than their patterns say."""


def inside(kind: Type, sent: bool = False) -> "st.SearchStrategy[Any]":
    """Values of a type, as an action is given them; `sent` for those inside a union, as text."""
    base = kind["base"]
    if base == "integer":
        numbers = st.one_of(*(st.integers(low, high) for low, high in kind["ranges"]))
        return numbers.map(str) if sent else numbers
    if base == "decimal":
        one_of = (st.decimals(low, high, places=kind["digits"]) for low, high in kind["ranges"])
        return st.one_of(*one_of).map(lambda number: f"{number:f}")
    if base == "boolean":
        return st.sampled_from(["true", "false"]) if sent else st.booleans()
    if base == "empty":
        return st.just("" if sent else True)
    if base == "enumeration":
        return st.sampled_from(kind["values"])
    if base == "bits":
        bits = st.lists(st.sampled_from(kind["values"]), min_size=1, unique=True)
        return bits.map(" ".join)
    if base == "identity":
        named = [f"{one}:{name}" for one, (_, names) in kind["values"].items() for name in names]
        return st.sampled_from(named)
    if base == "binary":
        low, high = lengths(kind)
        octets = st.binary(min_size=low, max_size=min(high, low + 20))
        return octets.map(lambda given: base64.b64encode(given).decode())
    if base == "instance":
        return st.sampled_from([f"/{module}:a" for module in kind["namespaces"]])
    if base == "union":
        return st.one_of(*(inside(member, True) for member in kind["types"]))
    return texts(kind)


def lengths(kind: Type) -> List[int]:
    bounds = kind.get("lengths") or [[0, 40]]
    return [bounds[0][0], bounds[0][1]]


def fits(kind: Type, text: str) -> bool:
    bounds = kind.get("lengths")
    return (
        (not bounds or any(low <= len(text) <= high for low, high in bounds))
        and all(re.fullmatch(one, text) for one in kind.get("patterns", ()))
        and not any(re.fullmatch(one, text) for one in kind.get("not", ()))
    )


def texts(kind: Type) -> "st.SearchStrategy[str]":
    known = [text for text in KNOWN if fits(kind, text)]
    patterns = kind.get("patterns", ())
    if not patterns:
        low, high = lengths(kind)
        return st.text(PRINTABLE, min_size=low, max_size=min(high, low + 40)).filter(
            lambda text: fits(kind, text)
        )
    if known:
        return st.sampled_from(known)
    # The longest says the most.
    made = st.from_regex(
        max(patterns, key=len),
        fullmatch=True,
        alphabet=ASCII,
    )
    return made.filter(lambda text: fits(kind, text))


def parameters_of(spec: Mapping[str, Any]) -> "st.SearchStrategy[Dict[str, Any]]":
    """Parameters that an edit's data takes."""
    needed: Dict[str, Any] = {}
    for step in spec["path"]:
        for leaf in [*step.get("keys", ()), *([step] if "type" in step else [])]:
            needed[leaf["parameter"]] = _one(leaf)
    may_be = {field["parameter"]: _one(field) for field in spec.get("fields", ())}
    return st.fixed_dictionaries(needed, optional=may_be)


def _one(leaf: Mapping[str, Any]) -> "st.SearchStrategy[Any]":
    one = inside(leaf["type"])
    return st.lists(one, min_size=1, max_size=3) if leaf.get("many") else one


# lab/yang.

LAB = reading.read(reading.Sources([PACK / "lab" / "yang"]))
OF_LAB = specs(LAB)


@pytest.fixture(scope="module")
def lab_judge() -> Judge:
    return Judge(PACK / "lab" / "yang", sorted(LAB.namespaces))


def test_all_of_lab_yang_is_accepted(lab_judge: Judge) -> None:
    assert len(OF_LAB) > 8
    judge_all(lab_judge, OF_LAB, settings(FEW, max_examples=100))


def test_the_judge_can_say_no(lab_judge: Judge) -> None:
    spec = OF_LAB["interface_vlan_interface_vlan_vlan_name"]
    good = content(spec, {"name": 112, "vlan_name": "x"})
    assert not lab_judge.verdict(good)
    for bad in (good.replace("112", "8192"), good.replace("vlan-name", "vlan-nam")):
        assert lab_judge.verdict(bad)


# What others have published, by PyPI: OpenConfig's and IETF's modules.

LEAST = {
    published.OPENCONFIG: 1500,
    published.IETF: 300,
}
"""Packages, and how many edits there are in them at the least."""


@pytest.fixture(scope="module", params=LEAST)
def package(request: pytest.FixtureRequest) -> Tuple[str, Path]:
    """A package, and the folder with its modules."""
    try:
        return request.param, published.modules(request.param)
    except published.Unavailable as error:
        pytest.skip(str(error))


@pytest.mark.slow
def test_all_of_what_others_have_published(package: Tuple[str, Path]) -> None:
    name, folder = package
    model = reading.read(reading.Sources([folder]))
    made = specs(model)
    assert len(made) > LEAST[name]
    judge_all(Judge(folder, sorted(model.namespaces)), made)
