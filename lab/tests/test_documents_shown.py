"""The screens in README.md and docs/demo.md are what the lab prints, docs/chat.md what it says."""

import io
import re
from typing import Iterator, List, Tuple

import pytest

pytest.importorskip("orquesta", reason="the lab's StackStorm needs it")
pytest.importorskip("asyncssh", reason="the lab's switch needs it")

from rich.console import Console

from lab import chat, client, demo
from lab.rig import PACK, Rig, rig

WAIT = 60.0
DEMO = (PACK / "docs" / "demo.md").read_text(encoding="utf-8")
SHOWN = (PACK / "README.md").read_text(encoding="utf-8") + DEMO
SCREENS: List[Tuple[str, str]] = re.findall(
    r"^<!-- screen of ([^\n]+) -->\n```text\n(.*?)^```$", SHOWN, re.MULTILINE | re.DOTALL
)


def normal(text: str) -> List[str]:
    """Lines without what differs from run to run: ids, times, widths of columns."""
    text = re.sub(r"\b[0-9a-f]{24,64}\b", "ID", text)
    text = re.sub(r"\b\d+(\.\d+)? s\b", "N s", text)
    text = re.sub(r"[-=]{2,}", "-", text)
    return [re.sub(r" +", " ", line).strip() for line in text.splitlines()]


def shows(screen: str, block: str) -> None:
    """Every part of the block, between lines of three dots, is lines of the screen in a row."""
    lines, at = normal(screen), 0
    for part in "\n".join(normal(block)).split("\n...\n"):
        wanted = part.strip("\n").splitlines()
        found = [n for n in range(at, len(lines)) if lines[n : n + len(wanted)] == wanted]
        assert found, part
        at = found[0] + len(wanted)


@pytest.fixture(scope="module")
def played() -> str:
    """What `make demo` prints on a terminal of 100 columns where there is no st2 command."""
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "find", lambda: None)
        patch.delenv("DOCKER_HOST", raising=False)
        assert demo.demo(Console(file=out, width=100, highlight=False))
    return out.getvalue()


@pytest.fixture(scope="module")
def lab() -> Iterator[Rig]:
    """The lab with the demo's network in service."""
    with rig() as lab:
        assert lab.engine is not None
        lab.engine.create(demo.NETWORK, parent="eth0.112", subnets=["172.16.112.0/24"])
        assert lab.st2.until(lambda: len(lab.st2.messages) == 1, WAIT)
        yield lab


@pytest.mark.parametrize("block", [text for of, text in SCREENS if of == "make demo"])
def test_screens_of_the_demo(block: str, played: str) -> None:
    shows(played, block)


def test_messages_of_the_demo(played: str) -> None:
    panels = " ".join(re.findall(r"^│ (.*?) *│$", played, re.MULTILINE))
    quoted = re.findall(r"^> (Ve .*)$", DEMO, re.MULTILINE)
    assert len(quoted) == 2
    for message in quoted:
        assert normal(message)[0] in normal(panels)[0]


@pytest.mark.parametrize(("of", "block"), [one for one in SCREENS if one[0] != "make demo"])
def test_screens_of_actions(of: str, block: str, lab: Rig) -> None:
    shows(lab.st2.wait(lab.st2.run(of).id, WAIT).result["result"]["table"], block)


def test_chat_shows_what_the_document_says() -> None:
    assert chat.play() == chat.DOCUMENT.read_text(encoding="utf-8")
