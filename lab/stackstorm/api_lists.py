"""Lists, and objects of which only a part is wanted: filters, order, pages, attributes
(st2api/controllers/resource.py)."""

import datetime
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple, TypeVar

from . import ids
from .api_calls import Answer, Call, Param, integer, text, words
from .errors import RequestError

T = TypeVar("T")
Facts = Mapping[str, Any]
"""What filters and orders look at: an object as the API shows it, or so much of it."""

ATTRIBUTES: Mapping[str, Param] = {
    "include_attributes": Param(words),
    "exclude_attributes": Param(words),
}
LARGEST_OFFSET = 2**31


def parameters(
    filters: Mapping[str, Param],
    default_limit: Optional[int] = 100,
    without: Sequence[str] = (),
) -> Dict[str, Param]:
    """The query parameters of a list: attributes, page, order and `filters`; `without` those that
    StackStorm has not everywhere."""
    found = {
        **ATTRIBUTES,
        "limit": Param(integer, default_limit),
        "offset": Param(integer, 0),
        "sort": Param(text),
        "id": Param(words),
        **filters,
    }
    return {name: param for name, param in found.items() if name not in without}


def listing(
    call: Call,
    items: Iterable[T],
    show: Callable[[T], Dict[str, Any]],
    *,
    filters: Mapping[str, str],
    order: Sequence[str] = (),
    facts: Optional[Callable[[T], Facts]] = None,
    always: Sequence[str] = ("id",),
) -> Answer:
    """A page of `items`, with X-Total-Count and X-Limit.

    `filters` name for each query parameter the field that it is compared with, as "action.ref";
    "x.gt" and "x.lt" compare moments. `order` are fields, "-" before one that goes down, where the
    query has no order of its own. `facts` is what is looked at, where making all of `show` would be
    too much; `always` as in `attributes`. Raises RequestError.
    """
    fields = {**filters, "id": "id", "name": "name"}
    known: List[Tuple[Facts, T]] = [((facts or show)(item), item) for item in items]
    for name, field in fields.items():
        wanted = call.query.get(name)
        if wanted is not None and wanted not in ("", [""]):
            fits = _condition(field, wanted)
            known = [pair for pair in known if fits(pair[0])]
    for key in reversed(_order(call.query.get("sort"), fields) or list(order)):
        name = key.lstrip("+-")
        known.sort(key=lambda pair: _sortable(_value(pair[0], name)), reverse=key.startswith("-"))
    offset, limit = _offset(call.query.get("offset") or 0), _limit(call.query.get("limit"))
    page = known[offset : offset + limit if limit else None]
    headers = {"X-Total-Count": str(len(known)), **({"X-Limit": str(limit)} if limit else {})}
    shown = [attributes(call, show(item), always) for _, item in page]
    return Answer(shown, headers=headers)


def attributes(call: Call, document: Dict[str, Any], always: Sequence[str] = ("id",)) -> Any:
    """What include_attributes and exclude_attributes leave of an object; `always` are fields that
    are kept with the first. Raises RequestError where both are given."""
    include = call.query.get("include_attributes")
    exclude = call.query.get("exclude_attributes")
    if include and exclude:
        raise RequestError(
            "exclude_fields and include_fields arguments are mutually exclusive. You need to "
            "provide either one or another, but not both."
        )
    if include:
        return _only(document, [tuple(path.split(".")) for path in (*include, *always)])
    left_out = {path.split(".")[0] for path in exclude or ()}
    return {name: value for name, value in document.items() if name not in left_out}


def check_exclude(call: Call, allowed: Sequence[str]) -> None:
    """Raises RequestError for an exclude_attributes that StackStorm does not take."""
    for field in call.query.get("exclude_attributes") or ():
        if field not in allowed:
            raise RequestError(f"Invalid or unsupported exclude attribute specified: {field}")


def _only(value: Any, paths: List[Tuple[str, ...]]) -> Any:
    if not isinstance(value, dict) or () in paths:
        return value
    inner: Dict[str, List[Tuple[str, ...]]] = {}
    for first, *rest in paths:
        inner.setdefault(first, []).append(tuple(rest))
    return {name: _only(value[name], inner[name]) for name in value if name in inner}


def _order(sort: Optional[str], fields: Mapping[str, str]) -> List[str]:
    """What the query's `sort` asks for; names that StackStorm cannot sort by are passed over."""
    found = []
    for key in (sort or "").split(","):
        sign, name = (key[:1], key[1:]) if key[:1] in ("+", "-") else ("", key)
        if name in fields:
            found.append(sign + fields[name])
    return found


def _condition(field: str, wanted: Any) -> Callable[[Facts], bool]:
    path, _, operator = field.rpartition(".")
    if operator in ("gt", "lt"):
        moment = _moment(wanted)
        earlier = operator == "lt"
        return lambda facts: (
            _moment(_value(facts, path)) < moment
            if earlier
            else _moment(_value(facts, path)) > moment
        )
    if isinstance(wanted, str) and wanted.lower() == "null":
        return lambda facts: _value(facts, field) is None
    if isinstance(wanted, list):
        return lambda facts: _value(facts, field) in wanted
    return lambda facts: wanted == _value(facts, field) or wanted in _listed(_value(facts, field))


def _moment(value: str) -> datetime.datetime:
    try:
        return ids.moment(value)
    except ValueError as error:
        raise RequestError(str(error)) from None


def _listed(value: Any) -> List[Any]:
    return value if isinstance(value, list) else []


def _value(facts: Any, path: str) -> Any:
    for name in path.split("."):
        facts = facts.get(name) if isinstance(facts, Mapping) else None
    return facts


def _sortable(value: Any) -> Tuple[bool, str]:
    return value is not None, str(value)


def _offset(offset: int) -> int:
    if offset >= LARGEST_OFFSET:
        raise RequestError(f'Offset "{offset}" specified is more than 32-bit int')
    if offset < 0:
        raise RequestError(f'Offset, "{offset}" specified, must be a positive number.')
    return offset


def _limit(limit: Optional[int]) -> int:
    """How many a page has; 0 for all."""
    if limit is None or limit == -1:
        return 0
    if limit < 0:
        raise RequestError(f'Limit, "{limit}" specified, must be a positive number.')
    if limit == 0:
        raise RequestError(
            f'Limit, "{limit}" specified, must be a positive number or -1 for full result set.'
        )
    return limit
