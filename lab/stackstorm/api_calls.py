"""What a request to the API asks for, and what it is answered: no sockets, no StackStorm
(st2common/router.py, st2common/middleware/error_handling.py)."""

from __future__ import annotations

import json
import logging
import re
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Union,
)
from urllib.parse import parse_qs, unquote, urlsplit

import jsonschema

from . import schema as schemas
from .errors import NotFound, RequestError

if TYPE_CHECKING:
    from .service import StackStorm

LOG = logging.getLogger(__name__)

_VERSION = re.compile(r"/v1(?=/|$)")
_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")
_TRUE, _FALSE = ("true", "1", "yes", "y"), ("false", "0", "no", "n")

NO_ROUTE = "The resource could not be found."


class Request(NamedTuple):
    """One HTTP request. `target` is path and query as they came."""

    method: str
    target: str
    content_type: str = "application/json"
    body: bytes = b""


class Call(NamedTuple):
    """A request that was understood: the values of the {names} in the endpoint's path, those of its
    query parameters (None where one was not given and has no default), and the decoded body."""

    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any = None


class Answer(NamedTuple):
    """An answer: `body` is sent as JSON, as text if it is bytes, and not at all if it is None."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = {}


class Stream(NamedTuple):
    """An answer without an end of its own. `close`, from any thread, ends `parts`."""

    parts: Iterator[bytes]
    close: Callable[[], None]
    headers: Mapping[str, str] = {}


Cast = Callable[[str, str], Any]
"""Takes a query parameter's name and text. Raises RequestError."""


class Param(NamedTuple):
    """A query parameter."""

    cast: Cast
    default: Any = None


class Endpoint(NamedTuple):
    """One operation. `path` begins behind /v1 and has {names} for its parts that vary; `handle`
    None is what StackStorm answers and the lab does not."""

    method: str
    path: str
    handle: Optional[Callable[[StackStorm, Call], Union[Answer, Stream]]]
    query: Mapping[str, Param] = {}


def text(_name: str, value: str) -> str:
    """A query parameter that is text."""
    return value


def words(_name: str, value: str) -> List[str]:
    """A query parameter with commas between its values."""
    return value.split(",")


def integer(name: str, value: str) -> int:
    """A query parameter that is a number."""
    if not re.fullmatch(r"-?[0-9]{1,18}", value):
        raise RequestError(f'Parameter "{name}" is not of type integer')
    return int(value)


def boolean(name: str, value: str) -> bool:
    """A query parameter that is true or false."""
    if value.lower() not in _TRUE + _FALSE:
        raise RequestError(f'Parameter "{name}" is not of type boolean')
    return value.lower() in _TRUE


def flag(_name: str, value: str) -> bool:
    """A query parameter that is text for StackStorm, and true or false for what it filters."""
    if value not in ("1", "true", "True", "0", "false", "False"):
        raise RequestError(f'Invalid bool representation "{value}" provided.')
    return value in ("1", "true", "True")


class Router:
    """Finds the endpoint for a request, and answers whatever comes."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        # Those without {names} first: /actions/views/overview is no action's name.
        self._endpoints = [
            (endpoint, _pattern(endpoint.path))
            for endpoint in sorted(endpoints, key=lambda endpoint: endpoint.path.count("{"))
        ]

    def answer(self, st2: StackStorm, request: Request) -> Union[Answer, Stream]:
        """Do what a request asks; refusals and faults are answers too."""
        try:
            return self._answer(st2, request)
        except RequestError as error:
            return Answer({"faultstring": str(error)}, error.status)
        except Exception:
            LOG.exception("API call failed: %s %s", request.method, request.target.split("?")[0])
            return Answer({"faultstring": "Internal Server Error"}, 500)

    def _answer(self, st2: StackStorm, request: Request) -> Union[Answer, Stream]:
        try:
            parts = urlsplit(request.target)
        except ValueError:
            raise RequestError(f'Failed to parse request path "{request.target}".') from None
        if _BAD_ESCAPE.search(parts.path):
            raise RequestError(
                f'Failed to parse request path "{parts.path}". URL likely contains invalid or '
                "incorrectly URL encoded values."
            )
        path = _VERSION.sub("", unquote(parts.path), count=1).rstrip("/") or "/"
        for endpoint, pattern in self._endpoints:
            found = pattern.fullmatch(path) if endpoint.method == request.method else None
            if found:
                if endpoint.handle is None:
                    operation = f"{endpoint.method} {endpoint.path}"
                    raise RequestError(f"StackStorm answers {operation}; the lab does not.", 501)
                call = Call(found.groupdict(), _query(endpoint, parts.query), _body(request))
                return endpoint.handle(st2, call)
        raise NotFound(NO_ROUTE)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\?\{(\w+)\\?\}", r"(?P<\1>[^/]+)", re.escape(path)))


def _query(endpoint: Endpoint, query: str) -> Dict[str, Any]:
    # What StackStorm's specification does not name is passed over in silence, as it does.
    given = parse_qs(query, keep_blank_values=True)
    return {
        name: param.cast(name, given[name][-1]) if name in given else param.default
        for name, param in endpoint.query.items()
    }


def _body(request: Request) -> Any:
    if request.method not in ("POST", "PUT"):
        return None
    kind = request.content_type.partition(";")[0].strip() or "application/json"
    if kind != "application/json":
        raise RequestError(f'Failed to parse request body: Unsupported Content-Type: "{kind}"')
    try:
        return json.loads(request.body or b"{}")
    except (ValueError, RecursionError) as error:
        raise RequestError(f"Failed to parse request body: {error}") from None


def an_object(body: Any) -> Dict[str, Any]:
    """A body that has to be an object. Raises RequestError."""
    if not isinstance(body, dict):
        raise RequestError(f"Input body needs to be an object, got: {_json_type(body)}")
    return body


def checked(body: Any, schema: schemas.Schema) -> Dict[str, Any]:
    """A body that has to be an object as the schema says, with its defaults. Raises
    RequestError."""
    try:
        return dict(schemas.validate(an_object(body), schema, allow_none=True))
    except jsonschema.ValidationError as error:
        raise RequestError(error.message) from None


def _json_type(value: Optional[Any]) -> str:
    kinds = {str: "string", bool: "boolean", int: "number", float: "number", list: "array"}
    return kinds.get(type(value), "null")
