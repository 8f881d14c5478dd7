"""Every payload of a generated action is one that libyang, which has never seen the generator,
accepts for the model."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Mapping, Sequence, Tuple

import pytest

pytest.importorskip("pyang", reason="the generator needs pyang")
pytest.importorskip("oopt_gnpy_libyang", reason="the judge needs libyang")

import oopt_gnpy_libyang as libyang
from hypothesis import HealthCheck, Phase, given, settings
from lxml import etree
from yang_edit import edits, payloads

from generator import actions, contents, reading
from generator.schema import Model
from generator.tests import samples_of_types as gv

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
STRICT = libyang.ParseOptions.Strict | libyang.ParseOptions.ParseOnly

IMPORT = re.compile(r"^\s*(?:import|include)\s+\"?([\w.-]+)", re.MULTILINE)
XPATH = re.compile(r"XPath|of expression|node-instance-identifier")
"""What libyang has against texts of two types that are strings by YANG: their descriptions alone
say that they hold XPath."""


class Judge:
    """libyang with the modules of a folder."""

    def __init__(self, folder: Path, modules: Sequence[str]) -> None:
        options = libyang.ContextOptions
        libyang.set_log_options(libyang.LogOptions.Store)
        self._context = libyang.Context(
            str(folder), options.DisableSearchCwd | options.NoYangLibrary
        )
        for name in _imported_first(folder, modules):
            self._context.load_module(name).set_implemented_all_features()

    def _said(self) -> str:
        errors = [one for one in self._context.errors() if one.level == libyang.LogLevel.Error]
        return "; ".join(str(one.message) for one in errors)

    def verdict(self, content: str) -> str:
        """What is wrong with the content of a `<config>`; empty for nothing."""
        self._context.clean_all_errors()
        try:
            self._context.parse_data(content, libyang.DataFormat.XML, STRICT)
        except libyang.Error as error:
            return self._said() or str(error)
        return ""


def _imported_first(folder: Path, modules: Sequence[str]) -> List[str]:
    """Modules in an order in which libyang takes them: a default may be an identity of another,
    and one that it has refused once it knows only in part."""
    found: Dict[str, None] = {}

    def add(name: str) -> None:
        path = folder / f"{name}.yang"
        text = path.read_text(encoding="utf-8") if name in modules else ""
        for wanted in IMPORT.findall(text):
            if wanted not in found and wanted != name:
                add(wanted)
        if text:
            found[name] = None

    for name in modules:
        if name not in found:
            add(name)
    return list(found)


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

ANCHORS = re.compile(r"""(?<=pattern)(\s+(?://[^\n]*\n\s*)*['"])\^|\$(?=['"]\s*;)""")
"""OpenConfig's patterns, written for regular expressions that are not anchored as YANG's are."""
NAME = re.compile(r"^\s*(?:sub)?module\s+([\w.-]+)", re.MULTILINE)
WRONG = {"openconfig-aft-network-instance"}
"""A path in it lacks its prefixes: libyang refuses it."""
PUBLISHED = {
    "ydk-models-openconfig==0.1.9": 1500,
    "ydk-models-ietf==0.1.6": 300,
}
"""Packages, and how many edits there are in them at the least."""


@pytest.fixture(scope="module", params=PUBLISHED)
def published(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Tuple[str, Path]:
    """A package, and the folder with its modules, each under its own name."""
    folder: Path = tmp_path_factory.mktemp("published")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
    command += ["--disable-pip-version-check", "--target", str(folder / "package"), request.param]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip(f"{request.param} cannot be had: pip took more than 120 s")
    if done.returncode:
        pytest.skip(f"{request.param} cannot be had: {done.stderr.strip()[-200:]}")
    modules = folder / "modules"
    modules.mkdir()
    for path in (folder / "package").rglob("*.yang"):
        text = ANCHORS.sub(lambda at: at[1] or "", path.read_text(encoding="utf-8"))
        name = NAME.findall(text)[0]
        if name not in WRONG:
            (modules / f"{name}.yang").write_text(text, encoding="utf-8")
    return request.param, modules


@pytest.mark.slow
def test_all_of_what_others_have_published(published: Tuple[str, Path]) -> None:
    package, folder = published
    model = reading.read(reading.Sources([folder]))
    made = specs(model)
    assert len(made) > PUBLISHED[package]
    judge_all(Judge(folder, sorted(model.namespaces)), made)
