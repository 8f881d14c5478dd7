"""docs/runbook.md, cut into its parts, and what its quotes allow.

A quote stands in a line of its own, as > `...`: <words> stand for anything, [words] may be left
out, … is anything or nothing.
"""

import re
from typing import List

from conftest import PACK

RUNBOOK = (PACK / "docs" / "runbook.md").read_text(encoding="utf-8")
CHAT, REST = RUNBOOK.split("\n## Errors\n")
ERRORS = REST.split("\n## When something stops\n")[0]
CHAT = CHAT.split("\n## What chat says\n")[1]
SENTENCES = ("<error>", "<reason>", "<detail>", "<text>", "<reply>")


def quotes(text: str) -> List[str]:
    return [found[1].strip() for found in re.findall(r"^> (`+)(.+)\1$", text, re.MULTILINE)]


def pattern(quote: str) -> "re.Pattern[str]":
    """What a quote allows, as a regular expression."""
    escaped = re.escape(quote)
    escaped = re.sub(r"<[\w ]+>", _anything, escaped.replace(r"\ ", " "))
    escaped = re.sub(r"\\\[(.*?)\\\]", r"(?:\1)?", escaped)
    return re.compile(escaped.replace("…", "(?s:.*)") + r"\Z")


def _anything(name: "re.Match[str]") -> str:
    """What a word in <> stands for: sentences where it is an error, else something in one."""
    return "(?s:.+?)" if name[0] in SENTENCES else r"(?:(?!\. ).)+?"
