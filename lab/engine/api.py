"""Which call does what: an HTTP request in, an answer or an event stream out. No sockets."""

import posixpath
import re
import threading
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple, Union
from urllib.parse import parse_qs, quote

from . import asked, filters, golang, system
from .events import Bus, Item, Reader, Span
from .filters import Filters
from .refused import Refused
from .store import PREDEFINED, Store

_VERSIONED = re.compile(r"/v([0-9.]+)(/.*)", re.DOTALL)
_ONE_NETWORK = re.compile(r"/networks/(.+)")
_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2}).{0,2}")
_JSON = {"Content-Type": "application/json"}
_TEXT_ERRORS_BEFORE = (1, 24)


class Request(NamedTuple):
    """One HTTP request. `path` is decoded, `query` is not; `headers` have lower-case names."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


class Answer(NamedTuple):
    """One whole answer. The headers are in their order on the wire; Date and length come later.

    `body` None means an answer without any, as 204 is. `late` headers follow the length.
    """

    status: int
    headers: Mapping[str, str]
    body: Optional[bytes] = None
    late: Mapping[str, str] = {}


class Stream(NamedTuple):
    """An event stream that has begun. It ends at `until`, in nanoseconds since 1970, if given."""

    headers: Mapping[str, str]
    past: List[Item]
    reader: Reader
    until: Optional[int]


Result = Union[Answer, Stream]


class Api:
    """The API of one engine. May be called from many threads."""

    def __init__(
        self,
        store: Store,
        bus: Bus,
        *,
        name: str,
        engine_id: str,
        clock: Callable[[], int],
        shuffle: Callable[[List[Any]], None],
        version: str = system.API_VERSION,
    ) -> None:
        self._version = version
        self.lock = threading.RLock()
        self.containers: Dict[str, Dict[str, Any]] = {}
        """What GET /containers/json shows, by id."""
        self._store = store
        self._bus = bus
        self._name = name
        self._id = engine_id
        self._clock = clock
        self._shuffle = shuffle

    def answer(self, request: Request) -> Result:
        """Do what a request asks."""
        result = self._answer(request)
        if "Api-Version" not in result.headers:
            return result
        return result._replace(headers={**result.headers, "Api-Version": self._version})

    def _answer(self, request: Request) -> Result:
        clean = _clean(request.path)
        if clean != request.path:
            query = f"?{request.query}" if request.query else ""
            return Answer(
                301,
                {
                    "Location": quote(clean, safe="/:@!$&'()*+,;=~", errors="surrogateescape")
                    + query
                },
                b"",
            )
        found = _VERSIONED.fullmatch(request.path)
        version, path = found.groups() if found else ("", request.path)
        handler = self._handler(request.method, path)
        if handler is None:
            return Answer(404, _JSON, _json({"message": "page not found"}))
        refusal = _check_version(version, self._version)
        if refusal:
            return _error(refusal, version, experimental=False)
        try:
            bad = _BAD_ESCAPE.search(request.query)
            if bad:
                raise Refused(400, f"invalid URL escape {golang.quote(bad.group())}")
            query_values = parse_qs(request.query, keep_blank_values=True)
            with self.lock:
                return handler(request, {key: values[0] for key, values in query_values.items()})
        except Refused as refused:
            return _error(refused, version)

    def networks(self, wanted: Filters) -> List[Dict[str, Any]]:
        """What GET /networks shows, in no order that could be relied on. Raises Refused."""
        with self.lock:
            shown = filters.networks(wanted, self._store.documents(), PREDEFINED)
        self._shuffle(shown)
        return shown

    def _handler(self, method: str, path: str) -> "Optional[_Handler]":
        if method == "OPTIONS":
            return _options
        handler = self._fixed().get((method, path))
        one = _ONE_NETWORK.fullmatch(path)
        if handler or not (one or (method, path) == ("DELETE", "/networks/")):
            return handler
        term = one.group(1) if one else ""
        if method == "GET":
            return lambda _request, query: self._inspect(term, query)
        if method == "DELETE":
            return lambda _request, _query: self._remove(term)
        return None

    def _fixed(self) -> "Dict[Tuple[str, str], _Handler]":
        return {
            ("GET", "/_ping"): _ping,
            ("HEAD", "/_ping"): _head_ping,
            ("GET", "/version"): lambda _request, _query: _ok(system.version(self._version)),
            ("GET", "/info"): self._info,
            ("GET", "/events"): self._events,
            ("GET", "/containers/json"): self._containers,
            ("GET", "/networks"): self._list,
            ("GET", "/networks/"): self._list,
            ("POST", "/networks/create"): self._create,
            ("POST", "/networks/prune"): self._prune,
        }

    def _info(self, _request: Request, _query: Mapping[str, str]) -> Answer:
        return _ok(system.info(self._name, self._id, self._bus.readers, self._clock()))

    def _containers(self, _request: Request, _query: Mapping[str, str]) -> Answer:
        return _ok(list(self.containers.values()))

    def _list(self, _request: Request, query: Mapping[str, str]) -> Answer:
        return _ok(self.networks(Filters(query.get("filters", ""))))

    def _inspect(self, term: str, query: Mapping[str, str]) -> Answer:
        verbose = query.get("verbose", "")
        if verbose:
            try:
                golang.parse_bool(verbose)
            except golang.GoError as error:
                raise Refused(400, f"invalid value for verbose: {verbose}: {error}") from None
        document = self._store.find(term)
        if query.get("scope", "") not in ("", document["Scope"]):
            raise Refused(404, f"network {term} not found")
        return _ok(document)

    def _create(self, request: Request, _query: Mapping[str, str]) -> Answer:
        content_type = request.headers.get("content-type", "")
        if request.body and content_type.partition(";")[0].strip().lower() != "application/json":
            raise Refused(
                400, f"Content-Type specified ({content_type}) must be 'application/json'"
            )
        try:
            wanted = asked.read(request.body)
        except golang.GoError as error:
            raise Refused(400, str(error)) from None
        network, warning = self._store.create(wanted)
        return _ok({"Id": network, "Warning": warning}, 201)

    def _remove(self, term: str) -> Answer:
        self._store.remove(term)
        return Answer(204, _headers({}))

    def _prune(self, _request: Request, query: Mapping[str, str]) -> Answer:
        removed = self._store.prune(Filters(query.get("filters", "")))
        return _ok({"NetworksDeleted": removed or None})

    def _events(self, _request: Request, query: Mapping[str, str]) -> Stream:
        span = Span.parse(query.get("since", ""), query.get("until", ""))
        past, reader = self._bus.subscribe(span, Filters(query.get("filters", "")))
        return Stream(_headers(_JSON), past, reader, span.until)


_Handler = Callable[[Request, Mapping[str, str]], Result]


def _options(_request: Request, _query: Mapping[str, str]) -> Answer:
    return Answer(200, _headers({}), b"")


_NO_CACHE = {"Cache-Control": "no-cache, no-store, must-revalidate", "Pragma": "no-cache"}
_PLAIN = {"Content-Type": "text/plain; charset=utf-8"}


def _ping(_request: Request, _query: Mapping[str, str]) -> Answer:
    return Answer(200, _headers(_NO_CACHE), b"OK", _PLAIN)


def _head_ping(_request: Request, _query: Mapping[str, str]) -> Answer:
    return Answer(200, _headers({**_NO_CACHE, **_PLAIN, "Content-Length": "0"}))


def _headers(more: Mapping[str, str], experimental: bool = True) -> Dict[str, str]:
    headers = {
        "Api-Version": system.API_VERSION,
        "Ostype": "linux",
        "Server": system.SERVER,
        **({"Docker-Experimental": "false"} if experimental else {}),
        **more,
    }
    return {name: headers[name] for name in sorted(headers)}


def _ok(document: Any, status: int = 200) -> Answer:
    return Answer(status, _headers(_JSON), _json(document))


def _json(document: Any) -> bytes:
    return (golang.dumps(document) + "\n").encode()


def _error(refused: Refused, version: str, experimental: bool = True) -> Answer:
    # API versions before 1.24 get plain text.
    if version and _numbers(version) < _TEXT_ERRORS_BEFORE:
        headers = {**_PLAIN, "X-Content-Type-Options": "nosniff"}
        body = f"{refused.message}\n".encode("utf-8", "surrogateescape")
    else:
        headers, body = dict(_JSON), _json({"message": refused.message})
    return Answer(refused.status, _headers(headers, experimental), body)


def _numbers(version: str) -> Tuple[int, ...]:
    parts = [int(part[:9] or 0) for part in version.split(".")]
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return tuple(parts)


def _check_version(version: str, most: str) -> Optional[Refused]:
    if version and _numbers(version) > _numbers(most):
        return Refused(
            400,
            f"client version {version} is too new. Maximum supported API version is {most}",
        )
    if version and _numbers(version) < _numbers(system.MIN_API_VERSION):
        return Refused(
            400,
            f"client version {version} is too old. Minimum supported API version is "
            f"{system.MIN_API_VERSION}, please upgrade your client to a newer version",
        )
    return None


def _clean(path: str) -> str:
    # As Go's routers do: "//", "." and ".." are never served, but redirected.
    clean = posixpath.normpath(path).replace("//", "/")
    return f"{clean}/" if path.endswith("/") and clean != "/" else clean
