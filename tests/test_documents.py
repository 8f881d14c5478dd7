"""The documents say what is so: links lead somewhere, names and commands exist.

What the screens in docs/demo.md and README.md show is for lab/tests/test_documents_shown.py.
"""

import ast
import inspect
import re
import shlex
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any, Dict, List, Set

import pytest
import yaml
from conftest import PACK
from docker_tor.common import errors
from docker_tor.config import settings
from docker_tor.reconcile import compare

from lab import reference

LIB = PACK / "lib" / "docker_tor"
NAMES = ("README.md", "CONTRIBUTING.md", "docs/*.md", "*/README.md")
DOCUMENTS = sorted(path for name in NAMES for path in PACK.glob(name))
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def prose(path: Path) -> str:
    """A document without its blocks."""
    return BLOCK.sub("", text_of(path))


def commands() -> Set[str]:
    """Each command of the documents: lines of `sh` blocks, and code in the text."""
    found: Set[str] = set()
    for path in DOCUMENTS:
        found |= {code for _, code in re.findall(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", prose(path))}
        for language, block in BLOCK.findall(text_of(path)):
            found |= set(block.splitlines()) if language == "sh" else set()
    return found


def named(folder: str) -> Dict[str, Dict[str, Any]]:
    """What a folder's YAML registers, by its reference."""
    found = reference.folder(folder)
    return {f"docker.{one.get('name') or one['class_name']}": one for one in found}


ACTIONS, RULES, ALIASES = named("actions"), named("rules"), named("aliases")


# Links and what is generated.


def anchors(path: Path) -> Set[str]:
    """The anchors that a forge gives the headings of a document."""
    headings = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(PACK)))
def test_links_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)|^\[\w+\]: (\S+)$", prose(path), re.MULTILINE)
    for target in filter(None, (one or other for one, other in targets)):
        if not target.startswith("https://"):
            name, _, anchor = target.partition("#")
            there = path.parent / name if name else path
            assert there.exists(), target
            assert not anchor or anchor in anchors(there), target


def test_files_that_are_named_exist() -> None:
    """Named from the pack's folder, or a module from lib/docker_tor."""
    named = {
        code for code in commands() if re.fullmatch(r"[\w.][\w.-]*/[\w./-]+\.(py|ya?ml|txt)", code)
    }
    assert len(named) > 10
    assert [code for code in named if not ((PACK / code).exists() or (LIB / code).exists())] == []


@pytest.mark.parametrize("name", reference.DOCUMENTS)
def test_what_is_generated_is_current(name: str) -> None:
    assert text_of(PACK / "docs" / name) == reference.DOCUMENTS[name](), "run `make docs`"


def test_the_values_of_the_datastore_are_those_of_the_code() -> None:
    code = "".join(map(text_of, LIB.rglob("*.py")))
    names = r'^(?:NAME|RELEASED|LEASE|APPLIED) = "(docker_tor\.\w+)"'
    kept = set(re.findall(names, code, re.MULTILINE))
    assert kept == {f"docker_tor.{name}" for of in reference.VALUES.values() for name in of}


# Commands.


def test_every_make_is_a_target() -> None:
    targets = set(re.findall(r"^([\w-]+):", text_of(PACK / "Makefile"), re.MULTILINE))
    asked = {line.split()[1] for line in commands() if re.match(r"make [\w-]+", line)}
    assert {"demo", "test", "docs"} <= asked <= targets


ST2 = sorted(line for line in commands() if re.match(r"st2 \w+ \S", line))


@pytest.mark.parametrize("line", ST2)
def test_st2_would_take_it(line: str) -> None:
    """What a line names is registered, and an action takes the parameters that it gives."""
    words = shlex.split(line)[2:]
    for word in words:
        if re.match(r"docker\.\w", word):
            assert word in {*ACTIONS, *RULES, *named("sensors"), "docker.yaml"}, line
    if line.startswith("st2 run docker."):
        takes = reference.parameters(ACTIONS[words[0]])
        given = {word.partition("=")[0] for word in words[1:] if "=" in word}
        needs = {name for name, of in takes.items() if of.get("required") and "default" not in of}
        assert given <= set(takes), line
        assert needs <= given or len(words) == 1, line


def test_chat_knows_what_people_are_told_to_say() -> None:
    known = [shown["display"] for one in ALIASES.values() for shown in one["formats"]]
    begins = {tuple(display.split()[:2]) for display in known}
    lines = [line for line in commands() if re.match(r"tor \w", line)]
    assert len(lines) > 4
    assert {tuple(line.split()[:2]) for line in lines} <= begins


def test_the_configuration_in_the_readme_is_one() -> None:
    (block,) = [text for kind, text in BLOCK.findall(text_of(PACK / "README.md")) if kind == "yaml"]
    # The README shows only how a host key begins.
    parsed = settings.parse(yaml.safe_load(re.sub("host_key: .*", "host_key: ignore", block)))
    assert parsed.switches[0].name == "tor1"


def test_every_rule_that_changes_a_switch_is_disabled_before_the_first_configuration() -> None:
    changing = {ref for ref, one in RULES.items() if one["action"]["ref"].startswith("docker.")}
    changing -= {"docker.change-made"}  # It only tells.
    for path in (PACK / "README.md", PACK / "docs" / "upgrading.md"):
        (names,) = set(
            re.findall(r"^for rule in ([\w -]+); do st2 rule", text_of(path), re.MULTILINE)
        )
        assert {f"docker.{name}" for name in names.split()} == changing
    assert set(re.findall(r"^st2 rule disable (\S+)$", RUNBOOK, re.MULTILINE)) == changing


def test_the_flow_has_all_there_is() -> None:
    drawn: Dict[str, Set[str]] = {}
    for text in ET.parse(PACK / "docs" / "flow.svg").iter("{http://www.w3.org/2000/svg}text"):
        drawn.setdefault(text.get("class", ""), set()).add("".join(text.itertext()))
    workflows = {ref for ref, one in ACTIONS.items() if one["runner_type"] == "orquesta"}
    assert drawn["rule"] == set(RULES)
    assert drawn["alias"] == set(ALIASES)
    assert drawn["workflow"] == workflows
    assert drawn["action"] <= {*ACTIONS, "chatops.post_message"}
    assert {str(one["trigger"]["type"]) for one in RULES.values()} == drawn["trigger"]
    tasks: Set[str] = set()
    for workflow in reference.folder("workflows"):
        tasks |= {name for name, task in workflow["tasks"].items() if "action" in task}
    assert drawn["task"] == tasks


def test_every_standing_of_a_segment_is_explained() -> None:
    rows = re.findall(r"^\| ([\w, ]+) \|", text_of(PACK / "docs" / "architecture.md"), re.MULTILINE)
    constants = [text for name, text in vars(compare).items() if name[0].isupper()]
    standings = [text for text in constants if isinstance(text, str)]
    assert len(standings) == 8
    assert set(standings) <= set(rows)


# The runbook.

RUNBOOK = text_of(PACK / "docs" / "runbook.md")
KINDS = dict(inspect.getmembers(errors, inspect.isclass))
FAMILIES = {"DockerTorError", "TransientError", "OperatorError"}  # By way of others alone.


def test_every_kind_of_error_has_its_entry_under_its_family() -> None:
    found = {}
    for family in RUNBOOK.split("\n## Errors\n")[1].split("\n## ")[0].split("\n### ")[1:]:
        for entry in family.split("\n#### ")[1:]:
            found[entry.split("\n")[0]] = family.split("\n")[0].lower()
    ours = {name: of for name, of in KINDS.items() if issubclass(of, errors.DockerTorError)}
    assert found == {name: of.family for name, of in ours.items() if name not in FAMILIES}


def words(text: str) -> str:
    return " ".join(["", *re.findall(r"[^\W_]+", text), ""])


def said() -> str:
    """The words that the pack may say: constants of its code, and its YAML."""
    texts: List[str] = []
    for path in LIB.rglob("*.py"):
        nodes = ast.walk(ast.parse(text_of(path)))
        texts += [str(one.value) for one in nodes if isinstance(one, ast.Constant)]
    for folder in ("workflows", "rules", "aliases"):
        texts += map(text_of, (PACK / folder).glob("*.yaml"))
    return words("\n".join(texts))


def test_what_the_runbook_quotes_is_said() -> None:
    """Of two neighbours most stand beside each other in the pack's texts too: a message is put
    together of parts. <words> stand for anything."""
    texts = said()
    quotes = [quote for _, quote in re.findall(r"^> (`+)(.+)\1$", RUNBOOK, re.MULTILINE)]
    assert len(quotes) > 60
    for quote in quotes:
        parts = [words(part).split() for part in re.split(r"<[\w ]+>|[][…]", quote)]
        pairs = [pair for part in parts for pair in zip(part, part[1:])]
        unknown = [pair for pair in pairs if f" {' '.join(pair)} " not in texts]
        assert len(unknown) * 3 <= len(pairs), (quote, unknown)
