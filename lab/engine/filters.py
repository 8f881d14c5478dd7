"""The `filters` of the API: which networks and events a caller wants to see."""

import re
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional

from . import golang
from .refused import Refused

_FUZZY = (
    "daemon",
    "container",
    "plugin",
    "volume",
    "network",
    "node",
    "service",
    "secret",
    "config",
)


class Filters:
    """Filters as a caller sent them: {"driver": {"macvlan": true}}, or a list of values."""

    def __init__(self, text: str = "") -> None:
        try:
            self._fields = _parse(text) if text else {}
        except golang.GoError as error:
            raise Refused(500, str(error)) from None

    def check(self, *known: str) -> None:
        """Raises Refused where there is a filter of another name."""
        for field in self._fields:
            if field not in known:
                raise Refused(400, f"Invalid filter '{field}'")

    def values(self, field: str) -> List[str]:
        """The values of one filter."""
        return list(self._fields.get(field, ()))

    def exactly(self, field: str, value: str) -> bool:
        """Whether `value` is one that the filter names; all are where there is no such filter."""
        wanted = self._fields.get(field)
        return not wanted or wanted.get(value, False)

    def match(self, field: str, value: str) -> bool:
        """The same for patterns: each is a regular expression that may match anywhere."""
        return self.exactly(field, value) or any(
            _found(pattern, value) for pattern in self.values(field)
        )

    def fuzzy(self, field: str, value: str) -> bool:
        """The same for beginnings."""
        return self.exactly(field, value) or any(
            value.startswith(beginning) for beginning in self.values(field)
        )

    def labels(self, field: str, labels: Mapping[str, str]) -> bool:
        """Whether all labels are there that the filter names, as key or as key=value."""
        return all(_has(labels, wanted) for wanted in self.values(field))

    def unwanted(self, labels: Mapping[str, str]) -> bool:
        """Whether a label is there that the filter "label!" names."""
        wanted = self.values("label!")
        return bool(wanted) and self.labels("label!", labels)

    def until(self, now: int) -> Optional[int]:
        """The filter "until" of prune, in nanoseconds since 1970. Raises Refused."""
        values = self.values("until")
        if len(values) > 1:
            raise Refused(500, "more than one until filter specified")
        try:
            return golang.prune_time(values[0], now) if values else None
        except golang.GoError as error:
            raise Refused(500, str(error)) from None

    def flag(self, field: str) -> Optional[bool]:
        """A filter that is true or false, or None. Raises Refused."""
        values = self.values(field)
        if len(values) > 1:
            raise Refused(400, f"got more than one value for filter key {golang.quote(field)}")
        if not values:
            return None
        if values[0] not in ("1", "true", "0", "false"):
            raise Refused(
                400,
                f"invalid value for filter '{field}', "
                'must be "true" (or "1"), or "false" (or "0")',
            )
        return values[0] in ("1", "true")


def networks(
    filters: Filters, documents: Iterable[Dict[str, Any]], builtin: Iterable[str]
) -> List[Dict[str, Any]]:
    """The documents that GET /networks shows. `builtin` are the predefined networks' names.

    Raises Refused.
    """
    filters.check("dangling", "driver", "id", "label", "name", "scope", "type")
    dangling = filters.flag("dangling")
    own = frozenset(builtin)
    shown = [
        document
        for document in documents
        if filters.exactly("driver", document["Driver"])
        and filters.match("name", document["Name"])
        and filters.match("id", document["Id"])
        and filters.labels("label", document["Labels"] or {})
        and filters.exactly("scope", document["Scope"])
        and (
            dangling is None
            or dangling == (document["Name"] not in own and not document["Containers"])
        )
    ]
    kinds = filters.values("type")
    for kind in kinds:
        if kind not in ("custom", "builtin"):
            raise Refused(500, f"invalid filter: 'type'='{kind}'")
    if not kinds:
        return shown
    return [d for d in shown if ("builtin" if d["Name"] in own else "custom") in kinds]


def wants_event(filters: Filters) -> Callable[[Mapping[str, Any]], bool]:
    """Whether a reader of /events with these filters is to get an event.

    Filters of other names are passed over, as moby's daemon/events/filter.go does.
    """

    def wanted(event: Mapping[str, Any]) -> bool:
        actor = event.get("Actor") or {}
        attributes = actor.get("Attributes") or {}
        names = (str(actor.get("ID", "")), str(attributes.get("name", "")))
        return (
            filters.exactly("event", str(event.get("Action", "")))
            and filters.exactly("type", str(event.get("Type", "")))
            and filters.exactly("scope", str(event.get("scope", "")))
            and all(any(filters.fuzzy(field, name) for name in names) for field in _FUZZY)
            and any(filters.exactly("image", name) for name in (names[0], _image(event)))
            and filters.labels("label", attributes)
        )

    return wanted


def _image(event: Mapping[str, Any]) -> str:
    attributes = (event.get("Actor") or {}).get("Attributes") or {}
    return str(attributes.get("name" if event.get("Type") == "image" else "image", ""))


def _parse(text: str) -> Dict[str, Dict[str, bool]]:
    value = golang.loads(text.encode("utf-8", "replace"), whole=True)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise golang.mismatch(value, "value of type map[string]map[string]bool")
    return {field: _field(wanted) for field, wanted in value.items()}


def _field(wanted: Any) -> Dict[str, bool]:
    if wanted is None:
        return {}
    if isinstance(wanted, list) and all(isinstance(item, str) for item in wanted):
        # The form of clients older than API 1.22, still taken.
        return dict.fromkeys(wanted, True)
    if not isinstance(wanted, dict):
        raise golang.mismatch(wanted, "value of type map[string]bool")
    for flag in wanted.values():
        if flag is not None and not isinstance(flag, bool):
            raise golang.mismatch(flag, "value of type bool")
    return {value: bool(flag) for value, flag in wanted.items()}


def _found(pattern: str, value: str) -> bool:
    try:
        return re.search(pattern, value) is not None
    except re.error:
        return False


def _has(labels: Mapping[str, str], wanted: str) -> bool:
    key, equals, value = wanted.partition("=")
    return key in labels and (not equals or labels[key] == value)
