"""What the documents show: screens, code, links and names are as they are in the pack."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest
import yaml

pytest.importorskip("lab.stackstorm", reason="the lab's requirements are not installed")
pytest.importorskip("asyncssh", reason="the lab's switch needs asyncssh")

import documents
import documents_lab
from conftest import PACK
from documents import Block
from documents_lab import WAIT, scene
from rich.console import Console

from lab import client
from lab.demo import demo
from lab.exchange import example
from lab.rig import Rig
from lab.stackstorm import about, registry


@pytest.fixture(scope="module")
def lab() -> Iterator[Rig]:
    with documents_lab.up() as lab:
        yield lab


# Screens.


def normal(text: str) -> List[str]:
    """Lines without what differs from run to run: ids, keys, times, ports, widths of columns."""
    text = re.sub(r"\b[0-9a-f]{24,64}\b", "ID", text)
    text = re.sub(r"\b\d+(\.\d+)? s\b", "N s", text)
    text = re.sub(r"[-=]{2,}", "-", text)
    return [re.sub(r" +", " ", line).strip() for line in text.splitlines()]


def shows(screen: List[str], block: Block) -> None:
    """Every part of the block, between lines of three dots, is lines of the screen in a row."""
    at = 0
    for part in "\n".join(normal(block.text)).split("\n...\n"):
        lines = part.strip("\n").splitlines()
        found = [n for n in range(at, len(screen)) if screen[n : n + len(lines)] == lines]
        assert found, (str(block), part)
        at = found[0] + len(lines)


@pytest.fixture(scope="module")
def played() -> str:
    """What `make demo` prints on a terminal of 100 columns where there is no st2 command."""
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "find", lambda: None)
        patch.delenv("DOCKER_HOST", raising=False)
        assert demo(Console(file=out, width=100, highlight=False))
    return out.getvalue()


SCREENS = documents.blocks("text")


@pytest.mark.parametrize(
    "block", [one for one in SCREENS if one.comment == "screen of make demo"], ids=str
)
def test_screens_of_the_demo(block: Block, played: str) -> None:
    shows(normal(played), block)


def test_messages_of_the_demo(played: str) -> None:
    panels = " ".join(re.findall(r"^│ (.*?) *│$", played, re.M))
    quoted = re.findall(r"^> (Ve .*)$", (PACK / "README.md").read_text(encoding="utf-8"), re.M)
    assert len(quoted) == 2
    for message in quoted:
        assert normal(message)[0] in normal(panels)[0]


@pytest.mark.parametrize(
    "block", [one for one in SCREENS if one.comment.startswith("screen of docker.")], ids=str
)
def test_screens_of_actions(block: Block, lab: Rig) -> None:
    scene(lab, block)
    run = lab.st2.wait(lab.st2.run(block.comment[len("screen of ") :]).id, WAIT)
    shows(normal(run.result["result"]["table"]), block)


@pytest.mark.parametrize(
    "block", [one for one in SCREENS if one.comment.startswith("screen of tor ")], ids=str
)
def test_screens_of_chat(block: Block, lab: Rig) -> None:
    scene(lab, block)
    reply = lab.st2.chat(block.comment[len("screen of ") :], timeout=WAIT)
    assert reply.message is not None
    shows(normal(reply.message.message), block)


def test_every_screen_says_of_what() -> None:
    assert len(SCREENS) >= 6
    for block in SCREENS:
        assert re.match(r"screen of (make demo$|docker\.|tor )", block.comment), block


# Code and links.


def test_yaml() -> None:
    found = documents.blocks("yaml")
    kinds = {
        "engines": config,
        "permission_grants": role,
        "entry_point": action,
        "sensors": override,
    }
    for block in found:
        values = yaml.safe_load(block.text)
        (check,) = [check for key, check in kinds.items() if key in values]
        check(values)
    assert len(found) >= len(kinds)


def config(values: Dict[str, Any]) -> None:
    """StackStorm and the pack take it; the document shows only how the host key begins."""
    (switch,) = values["switches"]
    assert switch["host_key"].startswith("ssh-rsa AAAA")
    switch["host_key"] = example.HOST_KEY
    schema = about.read(PACK).config_schema
    assert example.resolved("docker", schema, values).switches[0].name == "tor1"


def override(values: Dict[str, Any]) -> None:
    """What StackStorm may be told to change of a sensor: whether it is enabled."""
    for name, changed in values["sensors"]["exceptions"].items():
        assert f"docker.{name}" in registry.load(PACK).sensors
        assert set(changed) == {"enabled"}


def role(values: Dict[str, Any]) -> None:
    """A role of StackStorm's RBAC grants what is there."""
    known = registry.load(PACK).actions
    for grant in values["permission_grants"]:
        kind, pack, name = grant["resource_uid"].split(":")
        assert kind == "action"
        assert f"{pack}.{name}" in known
        assert grant["permission_types"] == ["action_execute"]


def action(values: Dict[str, Any]) -> None:
    """An action is one as its neighbours are."""
    like = yaml.safe_load((PACK / "actions" / "vdx.rbridge_id_interface_ve_name.yaml").read_text())
    assert set(values) <= set(like)
    assert values["entry_point"] == like["entry_point"]
    assert set(like["parameters"]["edit"]) == set(values["parameters"]["edit"])


def test_python() -> None:
    for block in documents.blocks("python"):
        with contextlib.redirect_stdout(io.StringIO()) as out:
            exec(compile(block.text, str(block), "exec"), {})
        assert out.getvalue().strip(), block


def anchors(path: Path) -> List[str]:
    """The anchors that GitHub gives the headings of a document."""
    headings = re.findall(r"^#+ (.+)$", documents.prose(path), re.M)
    return [re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings]


def test_links_lead_somewhere() -> None:
    missing = []
    for document in documents.DOCUMENTS:
        for target in re.findall(r"\]\(([^)\s]+)\)", documents.prose(document)):
            if target.startswith("https://"):
                continue
            path, _, anchor = target.partition("#")
            there = (document.parent / path).resolve() if path else document
            if not there.exists() or (anchor and anchor not in anchors(there)):
                missing.append((document.name, target))
    assert missing == []


def test_every_key_of_the_configuration_is_in_the_readme() -> None:
    schema = yaml.safe_load((PACK / "config.schema.yaml").read_text(encoding="utf-8"))
    rows = re.findall(r"^\| (`[^|]*) \|", (PACK / "README.md").read_text(encoding="utf-8"), re.M)
    table = [span for row in rows for span in re.findall(r"`([\w\[\].]+)`", row)]
    for key, of in schema.items():
        inner = list((of.get("items") or {}).get("properties") or {})
        if not inner:
            assert key in table, key
        for name in inner:
            first = next(at for at, span in enumerate(table) if span.startswith(f"{key}[]."))
            found = f"{key}[].{name}" in table or name in table[first:]
            assert found, (key, name)
