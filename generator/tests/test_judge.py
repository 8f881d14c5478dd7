"""Every payload of a generated action is one that libyang, which has never seen the generator,
accepts for the model."""

import re
from pathlib import Path
from typing import Any, Dict, List, Mapping, Tuple

import pytest

pytest.importorskip("pyang", reason="the generator needs pyang")
pytest.importorskip("oopt_gnpy_libyang", reason="the judge needs libyang")

from hypothesis import HealthCheck, Phase, given, settings
from lxml import etree
from yang_edit import edits, payloads

from generator import actions, contents, reading
from generator.schema import Model
from generator.tests import samples_of_types as gv
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
XPATH = re.compile(r"XPath|of expression|node-instance-identifier")
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
    @given(gv.parameters(spec))
    def one(parameters: Dict[str, Any]) -> None:
        said = judge.verdict(content(spec, parameters))
        if said and not XPATH.search(said):
            found.append(f"{said} {parameters}")

    one()
    return found[:1]


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
