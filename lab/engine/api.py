"""Which call does what: an HTTP request in, an answer or an event stream out. No sockets.

What /version and /info answer are values of a Docker Engine 20.10.24 on Debian 12, as far as the
docker command and the pack read them.
"""

import json
import random
import re
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple, Union
from urllib.parse import parse_qs, unquote, urlsplit

from .events import Wanted, moment
from .networks import PREDEFINED, Networks
from .refused import Refused

API_VERSION = "1.41"
RELEASE = "20.10.24+dfsg1"
VERSION = {
    "Version": RELEASE,
    "ApiVersion": API_VERSION,
    "MinAPIVersion": "1.12",
    "Os": "linux",
    "Arch": "amd64",
}
INFO = {
    "ID": "7TRN:IPZB:QYBB:VPBQ:UMPP:KARE:6ZNR:XE6T:7EWV:PKF4:ZOJD:TPYS",
    "Name": "lab",
    "ServerVersion": RELEASE,
    "OSType": "linux",
    "Plugins": {"Network": ["bridge", "host", "ipvlan", "macvlan", "null", "overlay"]},
    "Swarm": {"NodeID": "", "LocalNodeState": "inactive", "ControlAvailable": False},
}
_PATH = re.compile(r"(?:/v([0-9]+)\.([0-9]+))?(/.*)", re.DOTALL)
_ONE_NETWORK = re.compile(r"/networks/(.+)")
"""As in the real one, a name with a line's end in it leads nowhere."""


class Answer(NamedTuple):
    """One whole answer; `body` None is an answer without any, as 204 is."""

    status: int
    body: Optional[bytes] = None
    content_type: str = "application/json"


Result = Union[Answer, Wanted]
"""A whole answer, or the events that are to be streamed."""
Query = Mapping[str, str]


class Api:
    """The API of one engine, on a host of that name. `containers` are what it lists."""

    def __init__(self, networks: Networks, containers: List[Dict[str, Any]], host: str) -> None:
        self._networks = networks
        self._calls: Dict[Tuple[str, str], Callable[[Query, bytes], Result]] = {
            ("GET", "/_ping"): lambda *_: Answer(200, b"OK", "text/plain; charset=utf-8"),
            ("GET", "/version"): lambda *_: _ok(VERSION),
            ("GET", "/info"): lambda *_: _ok({**INFO, "Name": host}),
            ("GET", "/events"): lambda query, _: _events(query),
            ("GET", "/containers/json"): lambda *_: _ok(containers),
            ("GET", "/networks"): lambda query, _: _ok(self._list(_filters(query))),
            ("POST", "/networks/create"): lambda _, body: self._create(body),
        }

    def answer(self, method: str, target: str, body: bytes = b"") -> Result:
        """Do what a request asks; one for HEAD is answered as one for GET."""
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        try:
            path = _path(unquote(parts.path))
            return self._answer("GET" if method == "HEAD" else method, path, query, body)
        except Refused as refused:
            return _ok({"message": refused.message}, refused.status)

    def _answer(self, method: str, path: str, query: Query, body: bytes) -> Result:
        call = self._calls.get((method, path))
        one = _ONE_NETWORK.fullmatch(path)
        if call:
            return call(query, body)
        if method == "GET" and one:
            return _ok(self._networks.find(one.group(1)))
        if method == "DELETE" and one:
            self._networks.remove(one.group(1))
            return Answer(204)
        raise Refused(404, "page not found")

    def _list(self, filters: Mapping[str, Any]) -> List[Dict[str, Any]]:
        found = [one for one in self._networks.documents() if _is_wanted(one, filters)]
        # In no order that could be relied on, as the real one's.
        return random.sample(found, len(found))

    def _create(self, body: bytes) -> Answer:
        return _ok({"Id": self._networks.create(_json(body, 400)), "Warning": ""}, 201)


def _path(path: str) -> str:
    """The path without a version of the API. Raises Refused where that is too new."""
    found = _PATH.fullmatch(path)
    major, minor, rest = found.groups() if found else ("", "", "")
    if major and [int(major), int(minor)] > [int(part) for part in API_VERSION.split(".")]:
        message = f"client version {major}.{minor} is too new."
        raise Refused(400, f"{message} Maximum supported API version is {API_VERSION}")
    return str(rest)


def _events(query: Query) -> Wanted:
    filters = _filters(query)
    unknown = sorted(set(filters) - {"type", "event"})
    if unknown:
        raise Refused(501, f"the lab's engine has no filter {unknown[0]} for events")
    return Wanted(filters, moment(query.get("since", "")), moment(query.get("until", "")))


def _filters(query: Query) -> Mapping[str, Any]:
    """Values by the filter's name: {"driver": {"macvlan": true}}, or a list of values."""
    found = _json(query.get("filters", "{}").encode(), 500)
    if not all(isinstance(values, (dict, list)) for values in found.values()):
        raise Refused(500, "json: cannot unmarshal filters")
    return found


def _is_wanted(document: Mapping[str, Any], filters: Mapping[str, Any]) -> bool:
    """Whether GET /networks with these filters shows a network. Raises Refused."""
    kind = "builtin" if document["Name"] in PREDEFINED else "custom"
    labels = document["Labels"]
    shows: Dict[str, Callable[[str], Any]] = {
        "driver": lambda value: value == document["Driver"],
        "id": lambda value: value in document["Id"],
        "label": lambda value: value in labels or value in (f"{k}={v}" for k, v in labels.items()),
        "name": lambda value: re.search(value, document["Name"]),
        "scope": lambda value: value == document["Scope"],
        "type": lambda value: value == kind,
    }
    for name in filters:
        if name not in shows:
            raise Refused(400, f"Invalid filter '{name}'")
    return all(not values or any(map(shows[name], values)) for name, values in filters.items())


def _json(text: bytes, status: int) -> Dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise Refused(status, f"invalid JSON: {error}") from None
    if not isinstance(found, dict):
        raise Refused(status, "json: cannot unmarshal what is no object")
    return found


def _ok(document: Any, status: int = 200) -> Answer:
    return Answer(status, json.dumps(document, separators=(",", ":")).encode() + b"\n")
