"""What Go's standard library does to the bytes that dockerd reads and writes.

Every message is as Docker Engine 20.10.24 (Go 1.19) gave it when asked.
"""

import datetime
import json
import re
from typing import Any, Tuple

_NANO = 10**9
_ESCAPED = re.compile("[\u2028\u2029\udc80-\udcff]|\\\\[bf]|\\\\\\\\")
_ESCAPES = {"\u2028": "\\u2028", "\u2029": "\\u2029", "\\b": "\\u0008", "\\f": "\\u000c"}
_EXPECTED = (
    ("Expecting property name", "looking for beginning of object key string"),
    ("Expecting ':'", "after object key"),
    ("Expecting ','", "after object key:value pair"),
    ("Invalid control character", "in string literal"),
)
"""What Go says where Python says so; elsewhere it looks for the beginning of a value."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_DECIMAL = re.compile(r"[+-]?[0-9]+", re.ASCII)
_DURATION = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?(?:h|ms|m|s|us|µs|ns))+")
_DURATION_PART = re.compile(r"([0-9]+(?:\.[0-9]*)?)(h|ms|m|s|us|µs|ns)")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_KINDS = {bool: "bool", int: "number", float: "number", str: "string", list: "array"}


class GoError(ValueError):
    """A value that Go refuses; the text is Go's."""


def dumps(value: Any, html: bool = False) -> str:
    """`encoding/json`: compact, keys as they come. `html` escapes <, > and & as its default does.

    dockerd turns that off for answers and leaves it on for events.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    text = _ESCAPED.sub(_escape, text)
    if html:
        text = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return text


def sorted_keys(mapping: Any) -> Any:
    """A Go map as it is written: by key. None stays None."""
    return None if mapping is None else {key: mapping[key] for key in sorted(mapping)}


def loads(body: bytes, whole: bool = False) -> Any:
    """The first JSON value in `body`; with `whole`, nothing may follow it. Raises GoError."""
    text = body.decode("utf-8", "surrogateescape").lstrip(" \t\r\n")
    try:
        value, end = _DECODER.raw_decode(text)
    except json.JSONDecodeError as error:
        raise GoError(_explain(text, error)) from None
    except (ValueError, RecursionError):
        raise GoError("exceeded max depth") from None  # or a number of thousands of digits
    rest = text[end:].lstrip(" \t\r\n")
    if whole and rest:
        raise GoError(_syntax(rest, 0, "after top-level value"))
    return _without_surrogates(value)


def kind(value: Any) -> str:
    """How Go names the JSON type of `value` in its messages."""
    return _KINDS.get(type(value), "object")


def mismatch(value: Any, where: str) -> GoError:
    """The error of `encoding/json` for a value of the wrong type; `where` names the Go side."""
    return GoError(f"json: cannot unmarshal {kind(value)} into Go {where}")


def quote(text: str) -> str:
    """`%q`, near enough for messages."""
    return json.dumps(text, ensure_ascii=False)


def rfc3339(nanoseconds: int) -> str:
    """`time.RFC3339Nano` in UTC: the fraction without its trailing zeros."""
    seconds, fraction = divmod(nanoseconds, _NANO)
    whole = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    tail = f".{fraction:09d}".rstrip("0").rstrip(".")
    return f"{whole:%Y-%m-%dT%H:%M:%S}{tail}Z"


def parse_int(text: str) -> int:
    """`strconv.ParseInt(text, 10, 64)`. Raises GoError."""
    if not _DECIMAL.fullmatch(text):
        raise GoError(f"strconv.ParseInt: parsing {quote(text)}: invalid syntax")
    # Counted before it is converted: recent Pythons refuse very long numbers their own way.
    value = int(text) if len(text) <= 40 else 2**63
    if not -(2**63) <= value < 2**63:
        raise GoError(f"strconv.ParseInt: parsing {quote(text)}: value out of range")
    return value


def parse_bool(text: str) -> bool:
    """`strconv.ParseBool`. Raises GoError."""
    if text in ("1", "t", "T", "true", "TRUE", "True"):
        return True
    if text in ("0", "f", "F", "false", "FALSE", "False"):
        return False
    raise GoError(f"strconv.ParseBool: parsing {quote(text)}: invalid syntax")


def event_time(text: str) -> Tuple[int, int]:
    """`since` and `until` of /events: "seconds" or "seconds.nanoseconds", in that pair.

    Raises GoError for all else, RFC 3339 and durations too: the CLI translates those itself.
    """
    seconds, point, fraction = text.partition(".")
    whole = parse_int(seconds)
    if not point:
        return whole, 0
    return whole, int(parse_int(fraction) * 10.0 ** (9 - len(fraction)))


def prune_time(text: str, now: int) -> int:
    """`until` of prune, in nanoseconds since 1970: a duration before `now`, or a time.

    Raises GoError.
    """
    if _DURATION.fullmatch(text):
        seconds = sum(float(n) * _UNITS[unit] for n, unit in _DURATION_PART.findall(text))
        return now - int((-seconds if text.startswith("-") else seconds) * _NANO)
    try:
        whole, fraction = event_time(text)
    except GoError:
        pass
    else:
        return whole * _NANO + fraction
    try:
        moment = datetime.datetime.fromisoformat(re.sub("Z$", "+00:00", text))
    except ValueError:
        raise GoError(f"failed to parse value as time or duration: {quote(text)}") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.timezone.utc)
    return int(moment.timestamp()) * _NANO + moment.microsecond * 1000


def _escape(match: "re.Match[str]") -> str:
    found = match.group()
    if "\udc80" <= found <= "\udcff":
        # A byte that was no UTF-8.
        return "\\ufffd"
    return _ESCAPES.get(found, found)


def _not_in_json(name: str) -> Any:
    # Python reads NaN and Infinity; JSON has neither.
    raise json.JSONDecodeError(name, name, 0)


_DECODER = json.JSONDecoder(parse_constant=_not_in_json)


def _explain(text: str, error: json.JSONDecodeError) -> str:
    if error.msg.startswith("Unterminated"):
        return "unexpected EOF"
    default = "looking for beginning of value"
    where = next((go for said, go in _EXPECTED if error.msg.startswith(said)), default)
    return _syntax(text, error.pos, where)


def _syntax(text: str, position: int, where: str) -> str:
    if position >= len(text):
        return "unexpected EOF"
    # Go looks at bytes, and shows one as if it were a character.
    byte = text[position].encode("utf-8", "surrogateescape")[:1]
    shown = json.dumps(byte.decode("latin-1"), ensure_ascii=False)[1:-1]
    return f"invalid character '{shown}' {where}"


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(k): _without_surrogates(v) for k, v in value.items()}
    return value
