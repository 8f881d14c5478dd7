"""So much of StackStorm's HTTP API as the real `st2` command needs to run actions and look at them.

    with StackStorm(pack, config) as st2, ApiServer(st2) as api:
        print(f"ST2_API_URL={api.url} st2 execution list")

ENDPOINTS has what is answered; whatever else StackStorm answers is refused with 501. It answers as
StackStorm 3.9 does with authentication and RBAC turned off, and so it listens on loopback only.
"""

import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Tuple
from urllib.parse import parse_qsl, unquote, urlsplit

from .datastore import SYSTEM_USER
from .errors import RequestError
from .runners import RUNNERS
from .service import StackStorm

LOG = logging.getLogger(__name__)

DEFAULT_PORT = 9101
"""[api] port."""
HERE = ("127.0.0.1", "localhost")
"""The names by which this machine is asked."""


class Call(NamedTuple):
    """A request that was understood: what it is about, the query, and the decoded body."""

    kind: str
    name: str
    query: Mapping[str, str]
    body: Dict[str, Any]

    def page(self, shown: List[Dict[str, Any]]) -> List[Dict[str, Any]]:
        """So many of a list as are asked for, -1 is all, with the attributes that are asked for;
        "action.ref" is all of "action"."""
        limit = int(self.query.get("limit", -1))
        asked = self.query.get("include_attributes", "")
        names = {"id", "ref", *(path.split(".")[0] for path in asked.split(","))}
        return [
            {name: value for name, value in one.items() if not asked or name in names}
            for one in (shown if limit < 0 else shown[:limit])
        ]


def list_executions(st2: StackStorm, call: Call) -> Any:
    """`st2 execution list`: the newest first, and no workflow's tasks."""
    wanted: Dict[str, Any] = {
        name: None if call.query[name] == "null" else call.query[name]
        for name in ("action", "status", "parent")
        if name in call.query
    }
    return call.page([found.to_dict() for found in st2.executions(**wanted)])


def get_execution(st2: StackStorm, call: Call) -> Any:
    """`st2 execution get`."""
    return st2.execution(call.name).to_dict()


def get_children(st2: StackStorm, call: Call) -> Any:
    """The tasks of a workflow."""
    return [child.to_dict() for child in st2.children(call.name)]


def post_execution(st2: StackStorm, call: Call) -> Any:
    """`st2 run`."""
    body = call.body
    unknown = set(body) - {"action", "parameters", "user"}
    if unknown or not isinstance(body.get("action"), str):
        raise RequestError(f"action is needed, and not {sorted(unknown)}")
    return st2.run(
        body["action"], body.get("parameters") or {}, body.get("user") or SYSTEM_USER
    ).to_dict()


def execute_alias(st2: StackStorm, call: Call) -> Any:
    """`st2 action-alias execute`: what somebody says in chat."""
    said = [str(call.body.get(name) or "") for name in ("command", "user", "source_channel")]
    reply = st2.chatops.execute(*said)
    shown = {"execution": reply.execution.to_dict(), "actionalias": reply.alias.shown()}
    return {"results": [{**shown, "message": reply.ack}]}


def list_resources(st2: StackStorm, call: Call) -> Any:
    """`st2 action list`, `st2 rule list`: with those of StackStorm's packs that the lab has."""
    pack = call.query.get("pack")
    known = sorted(getattr(st2.pack, call.kind).items())
    return call.page([one.shown() for _, one in known if pack in (None, one.pack)])


def get_resource(st2: StackStorm, call: Call) -> Any:
    """`st2 action get`, and what `st2 run`, `st2 rule enable` and `st2 rule disable` ask first."""
    return _named(st2, call).shown()


def put_rule(st2: StackStorm, call: Call) -> Any:
    """`st2 rule enable`, `st2 rule disable`: of the rule only that counts."""
    rule = _named(st2, call)
    rule.enabled = call.body.get("enabled") is True
    return rule.shown()


def _named(st2: StackStorm, call: Call) -> Any:
    known = getattr(st2.pack, call.kind)
    if call.name not in known:
        raise RequestError(f'Resource with a reference or id "{call.name}" not found', status=404)
    return known[call.name]


def list_runners(_st2: StackStorm, call: Call) -> Any:
    """What `st2 run` asks for the parameters that an action's runner adds."""
    return [one.shown() for one in RUNNERS.values() if one.name == call.query.get("name")]


Endpoint = Callable[[StackStorm, Call], Any]

ENDPOINTS: Dict[str, Endpoint] = {
    "GET executions": list_executions,
    "POST executions": post_execution,
    "GET executions/NAME": get_execution,
    "GET executions/NAME/children": get_children,
    "POST aliasexecution/NAME": execute_alias,
    "GET actions": list_resources,
    "GET actions/NAME": get_resource,
    "GET rules": list_resources,
    "GET rules/NAME": get_resource,
    "PUT rules/NAME": put_rule,
    "GET runnertypes": list_runners,
}
"""What answers which method and path behind /v1/."""


def answer(st2: StackStorm, method: str, target: str, body: bytes = b"") -> Tuple[int, Any]:
    """Do what a request asks; refusals and faults are answers too."""
    try:
        parts = urlsplit(target)
        version, *words = unquote(parts.path).strip("/").split("/")
        named = "/".join("NAME" if place == 1 else word for place, word in enumerate(words))
        endpoint = ENDPOINTS.get(f"{method} {named}")
        if version != "v1" or endpoint is None:
            raise RequestError(f"The lab does not answer {method} {parts.path}.", status=501)
        decoded = json.loads(body or b"{}")
        if not isinstance(decoded, dict):
            raise RequestError("Input body needs to be an object")
        kind, name = [*words, ""][:2]
        call = Call(kind, name, dict(parse_qsl(parts.query)), decoded)
        return (201 if method == "POST" else 200), endpoint(st2, call)
    except RequestError as error:
        return error.status, {"faultstring": str(error)}
    except Exception:
        LOG.exception("API call failed: %s %s", method, target.split("?")[0])
        return 500, {"faultstring": "Internal Server Error"}


class ApiServer(ThreadingHTTPServer):
    """Answers for a StackStorm on 127.0.0.1 from the moment it is made until the end of its `with`.
    `port` 0 is any free one. Raises OSError where the port cannot be had."""

    request_queue_size = 128

    def __init__(self, st2: StackStorm, port: int = DEFAULT_PORT) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.st2 = st2
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), name="st2-api")
        self._thread.start()

    @property
    def url(self) -> str:
        """For ST2_API_URL."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def __exit__(self, *_error: Any) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def handle_error(self, *_request: Any) -> None:
        """The client has hung up; anything else has been answered with 500 and logged."""
        LOG.debug("A client of the API is gone", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    """One request a connection."""

    server: ApiServer

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        if self._is_from_here():
            status, shown = answer(self.server.st2, self.command, self.path, body)
        else:
            status, shown = (
                403,
                {"faultstring": "Only this machine's names and JSON go."},
            )
        text = json.dumps(shown, default=str).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _is_from_here(self) -> bool:
        """Whether it is from no page in somebody's browser: whose name leads here, or that sends
        what a browser lets any page send."""
        host = urlsplit(f"//{self.headers.get('Host')}").hostname
        content = self.headers.get("Content-Type")
        return host in HERE and (self.command == "GET" or content == "application/json")

    do_GET = do_POST = do_PUT = _serve  # noqa: N815  # the base class's

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's
        LOG.debug(format, *args)
