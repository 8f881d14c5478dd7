"""YANG's patterns, which are XML Schema's (RFC 7950, 9.4.5), as Python's.

Where Python's `re` lacks something (Unicode's categories and blocks, subtraction of classes) more
is let through than the pattern allows: the device has the last word. What \\w and \\d are is
Python's.
"""

import re
from typing import List, Tuple

# What may begin or make up an XML name, near enough.
_NAME_START, _NAME = r"_:A-Za-z\u00c0-\ufffd", r"\w.:\u00b7-"
_ESCAPES = {
    "i": f"[{_NAME_START}]",
    "c": f"[{_NAME}]",
    "I": f"[^{_NAME_START}]",
    "C": f"[^{_NAME}]",
}
_IN_CLASS = {"i": _NAME_START, "c": _NAME}
_LETTER, _NUMBER = r"[^\W\d_]", r"[^\W_]"
_SAME = "dDwWsStnr"
# Literal in XML Schema, an operator in Python.
_LITERAL = "^$"


def python(pattern: str) -> str:
    """The pattern for `re.fullmatch`. One that begins with ^ and ends with $ was meant for another
    regular expression's rules, as OpenConfig's: they are anchors there, and left out."""
    if pattern.startswith("^") and pattern.endswith("$") and not pattern.endswith(r"\$"):
        pattern = pattern[1:-1]
    found, at = [], 0
    while at < len(pattern):
        part, at = _part(pattern, at)
        found.append(part)
    made = "".join(found)
    try:
        re.compile(made)
    except (re.error, OverflowError, RecursionError):
        return "(?s:.*)"
    return made


def _part(pattern: str, at: int) -> Tuple[str, int]:
    char = pattern[at]
    if char == "\\":
        return _escape(pattern, at)
    if char == "[":
        return _class(pattern, at)
    if char == ".":
        return r"[^\n\r]", at + 1
    if char in _LITERAL:
        return f"\\{char}", at + 1
    if char == "{":
        # A quantifier; Jinja would take what looks like its own for that.
        end = pattern.find("}", at)
        return (pattern[at : end + 1], end + 1) if end > 0 else (r"\x7b", at + 1)
    return char, at + 1


def _escape(pattern: str, at: int) -> Tuple[str, int]:
    """What an escape outside a class is."""
    char = pattern[at + 1 : at + 2]
    if char in ("p", "P"):
        end = pattern.find("}", at)
        return _category(pattern[at : end + 1]), end + 1
    if char in _ESCAPES:
        return _ESCAPES[char], at + 2
    return _literal(char), at + 2


def _literal(char: str) -> str:
    if char and char in _SAME:
        return f"\\{char}"
    return r"\x7b" if char == "{" else re.escape(char)


def _category(escape: str) -> str:
    r"""\p{L}, \p{N} and the like; of others, anything."""
    if escape.startswith(r"\p{L"):
        return _LETTER
    if escape == r"\p{Nd}":
        return r"\d"
    if escape.startswith(r"\p{N"):
        return _NUMBER
    return r"[\s\S]"


def _class(pattern: str, at: int) -> Tuple[str, int]:
    negative = pattern.startswith("[^", at)
    at += 2 if negative else 1
    plain: List[str] = []
    categories: List[str] = []
    begun = at
    while at < len(pattern) and (pattern[at] != "]" or at == begun):
        char = pattern[at]
        if char == "\\":
            escaped = pattern[at + 1 : at + 2]
            if escaped in ("p", "P"):
                end = pattern.find("}", at)
                categories.append(_category(pattern[at : end + 1]))
                at = end + 1
                continue
            if escaped in ("I", "C"):
                categories.append(r"[\s\S]")
            plain.append(_IN_CLASS.get(escaped) or _literal(escaped))
            at += 2
        elif char == "-" and pattern.startswith("-[", at):
            # Subtraction: what is taken away stays.
            _, at = _class(pattern, at + 1)
        else:
            plain.append(r"\x7b" if char == "{" else f"\\{char}" if char in "[^&~|" else char)
            at += 1
    inner = "".join(plain)
    if not categories:
        return f"[{'^' if negative else ''}{inner}]", at + 1
    if negative:
        return r"[\s\S]", at + 1
    parts = [f"[{inner}]"] if inner else []
    return f"(?:{'|'.join([*parts, *categories])})", at + 1
