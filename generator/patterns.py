"""YANG's patterns, which are XML Schema's (RFC 7950, 9.4.5), as Python's.

Where Python's `re` lacks something (Unicode's categories and blocks, subtraction of classes) more
is let through than the pattern allows: the device has the last word. What \\w and \\d are is
Python's.
"""

import re
from typing import List, Tuple

# What may begin or make up an XML name, near enough.
_NAME_START, _NAME = r"_:A-Za-z\u00c0-\ufffd", r"\w.:\u00b7\-"
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
_ANYTHING = "(?s:.*)"
_QUANTIFIER = re.compile(r"\{\d+(,\d*)?\}", re.ASCII)
_BRACE = r"\x7b"
"""An opening brace: StackStorm would take some that are written out for expressions."""


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
        return _ANYTHING
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
        quantifier = _QUANTIFIER.match(pattern, at)
        return (quantifier[0], quantifier.end()) if quantifier else (_BRACE, at + 1)
    return char, at + 1


def _end(pattern: str, at: int) -> int:
    """Behind the next closing brace, or at the end."""
    found = pattern.find("}", at)
    return len(pattern) if found < 0 else found + 1


def _escape(pattern: str, at: int) -> Tuple[str, int]:
    """What an escape outside a class is."""
    char = pattern[at + 1 : at + 2]
    if char in ("p", "P"):
        end = _end(pattern, at)
        return _category(pattern[at:end]), end
    if char in _ESCAPES:
        return _ESCAPES[char], at + 2
    return _literal(char), at + 2


def _literal(char: str) -> str:
    if char and char in _SAME:
        return f"\\{char}"
    return _BRACE if char == "{" else re.escape(char)


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
                end = _end(pattern, at)
                categories.append(_category(pattern[at:end]))
                at = end
                continue
            if escaped in ("I", "C"):
                categories.append(r"[\s\S]")
            plain.append(_IN_CLASS.get(escaped) or _literal(escaped))
            at += 2
        elif char == "-" and pattern.startswith("-[", at):
            # Subtraction: what is taken away stays.
            _, at = _class(pattern, at + 1)
        else:
            # Python warns of two hyphens in a row, which may mean something one day.
            is_special = char in "[^&~|" or (char == "-" and plain[-1:] in (["-"], [_NAME]))
            plain.append(_BRACE if char == "{" else f"\\{char}" if is_special else char)
            at += 1
    inner = "".join(plain)
    if not categories:
        return f"[{'^' if negative else ''}{inner}]", at + 1
    if negative:
        return r"[\s\S]", at + 1
    parts = [f"[{inner}]"] if inner else []
    return f"(?:{'|'.join([*parts, *categories])})", at + 1
