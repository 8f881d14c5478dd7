"""The documents of the repository, cut into what can be checked: code blocks, code in the text."""

import re
from pathlib import Path
from typing import Iterator, List, NamedTuple

from conftest import PACK

DOCUMENTS = [PACK / "README.md", PACK / "CONTRIBUTING.md", *sorted((PACK / "docs").glob("*.md"))]
"""The commands of lab/README.md are run by lab/tests/test_main.py."""
REAL = "needs a real StackStorm"
"""What a comment before a block says whose commands nobody can run here."""
GENERATED = "of a generated pack"
"""What begins a comment before a block that is about a pack of the generator's: test_generator_walk
runs those."""

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!-- (.*?) -->\n\Z")


class Block(NamedTuple):
    """A fenced block: where it begins, its language, its text, and the comment just before it."""

    path: Path
    line: int
    language: str
    text: str
    comment: str

    def __str__(self) -> str:
        return f"{self.path.name}:{self.line}"

    @property
    def commands(self) -> List[str]:
        """Its lines that are commands."""
        lines = self.text.splitlines()
        return [line for line in lines if line.strip() and not line.startswith("#")]


def blocks(language: str, path: "Path | None" = None) -> List[Block]:
    """The blocks in that language, of one document or of all."""
    return [
        block
        for document in ([path] if path else DOCUMENTS)
        for block in _blocks(document)
        if block.language == language
    ]


def _blocks(path: Path) -> Iterator[Block]:
    text = path.read_text(encoding="utf-8")
    for found in _BLOCK.finditer(text):
        comment = _COMMENT.search(text[: found.start()])
        line = text.count("\n", 0, found.start()) + 1
        yield Block(path, line, found[1], found[2], comment[1] if comment else "")


def prose(path: Path) -> str:
    """A document without its blocks and comments."""
    return re.sub(r"<!--.*?-->", "", _BLOCK.sub("", path.read_text(encoding="utf-8")), flags=re.S)


def spans(path: Path) -> List[str]:
    """The code in the text of a document."""
    return [found[1] for found in re.findall(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", prose(path))]
