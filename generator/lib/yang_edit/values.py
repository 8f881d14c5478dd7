"""Values against their YANG types. Pure.

A type is plain data, as the generator writes it into an action:

    {"base": "integer", "ranges": [[1, 239]]}
    {"base": "decimal", "digits": 2, "ranges": [["-1.5", "2"]]}
    {"base": "string", "lengths": [[1, 32]], "patterns": ["a.*"], "not": ["b.*"]}
    {"base": "binary", "lengths": [[1, 32]]}
    {"base": "boolean"}, {"base": "empty"}, {"base": "enumeration" or "bits", "values": ["a", "b"]}
    {"base": "identity", "values": {"module": ["namespace", ["name"]]}}
    {"base": "instance", "namespaces": {"module": "namespace"}}
    {"base": "union", "types": [...]}

Patterns are Python's, of the whole value; a bound is included.
"""

import re
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, NoReturn, Sequence

from docker_tor.common.errors import InvalidValue

Type = Mapping[str, Any]
Namespaces = Mapping[Any, str]
"""Namespaces by prefix, as lxml has them: the default one by None."""

MOST_SHOWN = 12
"""Alternatives that an error names."""

# As text: compiled only where they are needed, an action's import does not pay for all.
_INTEGER = r"[+-]?[0-9]{1,20}"
_DECIMAL = r"[+-]?[0-9]{1,19}(\.[0-9]{1,18})?"
# What XML 1.0 can carry, and YANG's own string is less by the non-characters (RFC 7950, 14).
_ILLEGAL = "[^\t\n\r\x20-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]"
_NAMED = r"[A-Za-z0-9_.-]+:[A-Za-z0-9_.-]+"
_INSTANCE = rf"""(/{_NAMED}(\[(({_NAMED}|\.)=('[^']*'|"[^"]*")|[0-9]+)\])*)+"""
_PREFIX = r"([A-Za-z0-9_.-]+):[A-Za-z_]"
_QUOTED = r"""'[^']*'|"[^"]*\""""


class Text(NamedTuple):
    """A value as it stands in XML, and the namespaces of the prefixes in it."""

    text: str
    namespaces: Mapping[str, str] = {}


def check(kind: Type, value: Any, field: str) -> Text:
    """The value as XML has it. Raises InvalidValue, naming the field, for one that the type does
    not allow."""
    return _CHECKS[kind["base"]](kind, value, field)


HIDDEN = "********"
"""What is shown of a value that nobody is to see."""


def check_leaf(leaf: Mapping[str, Any], value: Any, field: str) -> Text:
    """The same for a leaf of an action's data; of a `secret` one no error says the value."""
    try:
        return check(leaf["type"], value, field)
    except InvalidValue as error:
        if not leaf.get("secret"):
            raise
        remedy = error.remedy
    raise InvalidValue(f"{field} is not as its type has it", remedy=remedy)


def canonical(kind: Type, text: str, namespaces: Namespaces) -> str:
    """A text of the device or of `check` in the form in which equal values are equal texts; one
    that is not of the type stays as it is."""
    stripped = text.strip()
    try:
        if kind["base"] == "union":
            return _canonical_union(kind, text, namespaces)
        if kind["base"] == "identity":
            prefix, _, name = stripped.rpartition(":")
            return f"{{{namespaces.get(prefix or None, '')}}}{name}"
        if kind["base"] == "instance":
            return re.sub(_PREFIX, lambda at: _expanded(at, namespaces), stripped)
        if kind["base"] in ("string", "binary"):
            return text
        return check(kind, stripped, "").text
    except InvalidValue:
        return text


def _expanded(at: "re.Match[str]", namespaces: Namespaces) -> str:
    return f"{{{namespaces.get(at[1], at[1])}}}{at[0][len(at[1]) + 1 :]}"


def _canonical_union(kind: Type, text: str, namespaces: Namespaces) -> str:
    for member in kind["types"]:
        if member["base"] == "identity":
            found = canonical(member, text, namespaces)
            named = (f"{{{space}}}{name}" for space, names in _identities(member) for name in names)
            if found in named:
                return found
            continue
        try:
            check(member, text, "")
        except InvalidValue:
            continue
        return canonical(member, text, namespaces)
    return text


def _identities(kind: Type) -> List[Sequence[Any]]:
    return list(kind["values"].values())


def _refuse(field: str, value: Any, what: str, remedy: str) -> NoReturn:
    raise InvalidValue(f"{field} is {value!r}, {what}", remedy=remedy)


def _integer(kind: Type, value: Any, field: str) -> Text:
    if isinstance(value, str) and re.fullmatch(_INTEGER, value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        _refuse(field, value, "which is no whole number", _wanted(kind, "ranges"))
    _within(kind, "ranges", value, value, field)
    return Text(str(value))


def _illegal(text: str) -> bool:
    # Most are printable, which is quicker to see.
    return not text.isprintable() and re.search(_ILLEGAL, text) is not None


def _decimal(kind: Type, value: Any, field: str) -> Text:
    written = repr(value) if isinstance(value, (int, float)) else str(value)
    if isinstance(value, bool) or not re.fullmatch(_DECIMAL, written):
        _refuse(field, value, "which is no decimal number", _wanted(kind, "ranges"))
    # Imported only here, as are others below: most actions do without.
    from decimal import Decimal

    number = Decimal(written)
    whole, _, digits = f"{number:f}".partition(".")
    digits = digits.rstrip("0") or "0"
    if len(digits) > kind["digits"]:
        remedy = f"It has {kind['digits']} at most."
        _refuse(field, value, "which has too many digits after the point", remedy)
    exact = {"ranges": [[Decimal(one) for one in bounds] for bounds in kind["ranges"]]}
    _within(exact, "ranges", number, value, field)
    return Text(f"{'0' if whole == '-0' and digits == '0' else whole}.{digits}")


def _within(kind: Type, key: str, size: Any, value: Any, field: str) -> None:
    bounds = kind.get(key)
    if bounds and not any(low <= size <= high for low, high in bounds):
        what = "which is out of range" if key == "ranges" else f"whose length is {size}"
        _refuse(field, value, what, _wanted(kind, key))


def _wanted(kind: Type, key: str) -> str:
    bounds = kind.get(key)
    if not bounds:
        return "Write it as its type has it."
    shown = " or ".join(str(low) if low == high else f"{low} - {high}" for low, high in bounds)
    return f"Its {'length' if key == 'lengths' else 'range'} is {shown}."


def _string(kind: Type, value: Any, field: str) -> Text:
    if not isinstance(value, str):
        _refuse(field, value, "which is no text", "Quote it.")
    if _illegal(value):
        _refuse(field, value, "which holds a character that XML cannot carry", "Leave it out.")
    _within(kind, "lengths", len(value), value, field)
    for pattern in kind.get("patterns", ()):
        if not re.fullmatch(pattern, value):
            _refuse(field, value, "which its pattern does not allow", f"It is {pattern}")
    for pattern in kind.get("not", ()):
        if re.fullmatch(pattern, value):
            _refuse(field, value, "which is ruled out", f"It must not be {pattern}")
    return Text(value)


def _binary(kind: Type, value: Any, field: str) -> Text:
    import base64

    try:
        octets = base64.b64decode(value, validate=True)
    except (TypeError, ValueError):
        _refuse(field, value, "which is no base64", "Encode it in base64.")
    _within(kind, "lengths", len(octets), value, field)
    return Text(value)


def _boolean(_kind: Type, value: Any, field: str) -> Text:
    written = str(value).lower() if isinstance(value, bool) else value
    if written not in ("true", "false"):
        _refuse(field, value, "which is neither true nor false", "Write true or false.")
    return Text(written)


def _empty(_kind: Type, value: Any, field: str) -> Text:
    if value not in (True, ""):
        _refuse(field, value, "but it has no value", "Write true to have it there.")
    return Text("")


def _enumeration(kind: Type, value: Any, field: str) -> Text:
    if value not in kind["values"] or not isinstance(value, str):
        _refuse(field, value, "which it cannot be", _one_of(kind["values"]))
    return Text(value)


def _bits(kind: Type, value: Any, field: str) -> Text:
    given = value.split() if isinstance(value, str) else value
    if not isinstance(given, list) or any(given.count(bit) > 1 for bit in given):
        _refuse(field, value, "which is no set of bits", _one_of(kind["values"], "Of "))
    for bit in given:
        if bit not in kind["values"]:
            _refuse(field, value, f"and there is no bit {bit!r}", _one_of(kind["values"], "Of "))
    return Text(" ".join(bit for bit in kind["values"] if bit in given))


def _identity(kind: Type, value: Any, field: str) -> Text:
    module, colon, name = str(value).rpartition(":")
    found = [
        (one, space)
        for one, (space, names) in kind["values"].items()
        if name in names and (one == module or not colon)
    ]
    if len(found) != 1 or not isinstance(value, str):
        known = [f"{one}:{name}" for one, (_, names) in kind["values"].items() for name in names]
        _refuse(field, value, "which is no identity of its base", _one_of(known))
    ((module, space),) = found
    return Text(f"{module}:{name}", {module: space})


def _instance(kind: Type, value: Any, field: str) -> Text:
    remedy = "Write it as in /module:node/module:list[module:key='value'], each with its module."
    if not isinstance(value, str) or not re.fullmatch(_INSTANCE, value) or _illegal(value):
        _refuse(field, value, "which is no path to a node", remedy)
    used = re.findall(_PREFIX, re.sub(_QUOTED, "''", value))
    unknown = [module for module in used if module not in kind["namespaces"]]
    if unknown:
        _refuse(field, value, f"and there is no module {unknown[0]}", remedy)
    return Text(value, {module: kind["namespaces"][module] for module in used})


def _union(kind: Type, value: Any, field: str) -> Text:
    remedies: Dict[str, None] = {}
    for member in kind["types"]:
        # What a union's value may be is text in StackStorm, whatever its members are.
        try:
            return check(member, value, field)
        except InvalidValue as error:
            remedies[error.remedy] = None
    _refuse(field, value, "which is of none of its types", " Or: ".join(remedies))


def _one_of(values: Sequence[str], word: str = "One of ") -> str:
    more = ", ..." if len(values) > MOST_SHOWN else ""
    return f"{word}{', '.join(values[:MOST_SHOWN])}{more}."


_CHECKS: Mapping[str, Callable[[Type, Any, str], Text]] = {
    "integer": _integer,
    "decimal": _decimal,
    "string": _string,
    "binary": _binary,
    "boolean": _boolean,
    "empty": _empty,
    "enumeration": _enumeration,
    "bits": _bits,
    "identity": _identity,
    "instance": _instance,
    "union": _union,
}
