"""Which call does what: an HTTP request in, an answer or an event stream out. No sockets."""

import json
import re
import threading
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Tuple, Union
from urllib.parse import parse_qs, unquote, urlsplit

from . import system
from .events import Bus, Reader, moment
from .networks import PREDEFINED, Asked, Networks
from .pools import Pool
from .refused import Refused

_PATH = re.compile(r"(?:/v([0-9]+\.[0-9]+))?(/.*)", re.DOTALL)
_ONE_NETWORK = re.compile(r"/networks/(.+)")
"""As in the real one, a name with a line's end in it leads nowhere."""


class Answer(NamedTuple):
    """One whole answer; `body` None is an answer without any, as 204 is."""

    status: int
    body: Optional[bytes] = None
    content_type: str = "application/json"


class Stream(NamedTuple):
    """An event stream that has begun. It ends at `until`, in nanoseconds since 1970, if given."""

    reader: Reader
    until: Optional[int]


Result = Union[Answer, Stream]
Query = Mapping[str, str]


class Api:
    """The API of one engine, of this `version`. May be called from many threads."""

    def __init__(
        self,
        networks: Networks,
        bus: Bus,
        *,
        info: Mapping[str, Any],
        shuffle: Callable[[List[Any]], None],
        version: str,
    ) -> None:
        self.lock = threading.RLock()
        self.version = version
        self.containers: Dict[str, Dict[str, Any]] = {}
        """What GET /containers/json shows, by id."""
        self._networks = networks
        self._bus = bus
        self._shuffle = shuffle
        self._calls: Dict[Tuple[str, str], Callable[[Query, bytes], Result]] = {
            ("GET", "/_ping"): lambda *_: Answer(200, b"OK", "text/plain; charset=utf-8"),
            ("GET", "/version"): lambda *_: _ok(system.version(version)),
            ("GET", "/info"): lambda *_: _ok(info),
            ("GET", "/events"): self._events,
            ("GET", "/containers/json"): lambda *_: _ok(list(self.containers.values())),
            ("GET", "/networks"): lambda query, _: _ok(self.networks(_filters(query))),
            ("POST", "/networks/create"): self._create,
        }

    def answer(self, method: str, target: str, body: bytes = b"") -> Result:
        """Do what a request asks; one for HEAD is answered as one for GET."""
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        found = _PATH.fullmatch(unquote(parts.path))
        version, path = found.groups() if found else ("", "")
        try:
            self._check_version(version or self.version)
            with self.lock:
                return self._answer("GET" if method == "HEAD" else method, path, query, body)
        except Refused as refused:
            return _ok({"message": refused.message}, refused.status)

    def networks(self, filters: Mapping[str, Any]) -> List[Dict[str, Any]]:
        """What GET /networks shows, in no order that could be relied on. Raises Refused."""
        with self.lock:
            shown = [one for one in self._networks.documents() if _is_wanted(one, filters)]
        self._shuffle(shown)
        return shown

    def _answer(self, method: str, path: str, query: Query, body: bytes) -> Result:
        call = self._calls.get((method, path))
        one = _ONE_NETWORK.fullmatch(path)
        if call:
            return call(query, body)
        if method == "GET" and one:
            return _ok(self._networks.find(one.group(1)).document())
        if method == "DELETE" and one:
            self._networks.remove(one.group(1))
            return Answer(204)
        raise Refused(404, "page not found")

    def _check_version(self, asked: str) -> None:
        least, most = system.MIN_API_VERSION, self.version
        if _numbers(asked) > _numbers(most):
            message = f"client version {asked} is too new. Maximum supported API version is {most}"
            raise Refused(400, message)
        if _numbers(asked) < _numbers(least):
            message = f"client version {asked} is too old. Minimum supported API version is {least}"
            raise Refused(400, f"{message}, please upgrade your client to a newer version")

    def _create(self, _query: Query, body: bytes) -> Answer:
        return _ok({"Id": self._networks.create(read(body)), "Warning": ""}, 201)

    def _events(self, query: Query, _body: bytes) -> Stream:
        since, until = (moment(query.get(name, "")) for name in ("since", "until"))
        return Stream(self._bus.subscribe(_filters(query), since, until), until)


def read(body: bytes) -> Asked:
    """What the body of POST /networks/create asks for. Raises Refused."""
    wanted = _json(body, 400)
    ipam = _field(wanted, "IPAM", {})
    driver, ipam_driver = (_field(one, "Driver", "") for one in (wanted, ipam))
    configuration = _field(wanted, "ConfigOnly", False) or wanted.get("ConfigFrom")
    if configuration or driver == "overlay" or _field(wanted, "Scope", "") not in ("", "local"):
        raise Refused(501, "the lab's engine has no configuration networks and no swarm")
    if ipam_driver not in ("", "default"):
        raise Refused(404, f'plugin "{ipam_driver}" not found')
    return Asked(
        _field(wanted, "Name", ""),
        driver or "bridge",
        options=_field(wanted, "Options", {}),
        labels=_field(wanted, "Labels", {}),
        pools=[
            Pool(
                _field(one, "Subnet", ""),
                _field(one, "IPRange", ""),
                _field(one, "Gateway", ""),
                _field(one, "AuxiliaryAddresses", {}),
            )
            for one in _field(ipam, "Config", [])
        ],
        ipam_options=ipam.get("Options"),
        ipv6=_field(wanted, "EnableIPv6", False),
        internal=_field(wanted, "Internal", False),
        attachable=_field(wanted, "Attachable", False),
    )


def _field(mapping: Any, name: str, default: Any) -> Any:
    """The field of an object, of the default's type. Raises Refused where it has another."""
    if not isinstance(mapping, dict):
        raise Refused(400, f"json: cannot unmarshal what has no field {name}")
    value = default if mapping.get(name) is None else mapping[name]
    if not isinstance(value, type(default)):
        raise Refused(400, f"json: cannot unmarshal {name}")
    return value


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


def _numbers(version: str) -> List[int]:
    return [int(part) for part in version.split(".")]
