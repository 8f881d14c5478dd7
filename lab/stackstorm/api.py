"""So much of StackStorm's HTTP API as the real `st2` command needs to run actions and look at them.

    with ApiServer() as api, StackStorm(pack, config, api_url=api.url) as st2, api.serving(st2):
        print(f"ST2_API_URL={api.url} st2 execution list")

A request goes to the first endpoint of ENDPOINTS that fits its method and path; whatever else
StackStorm answers is refused with 501. It answers as StackStorm 3.9 does with authentication and
RBAC turned off, and so it listens on loopback only.
"""

from __future__ import annotations

import contextlib
import copy
import ipaddress
import json
import logging
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple
from urllib.parse import parse_qsl, unquote, urlsplit

from .datastore import SYSTEM_USER
from .errors import NotFound, RequestError
from .executions import Execution, masked
from .models import Action, Rule
from .runners import RUNNERS
from .service import StackStorm

LOG = logging.getLogger(__name__)

DEFAULT_PORT = 9101
"""[api] port."""
LARGEST_BODY = 4 * 1024 * 1024
SILENCE = 30.0
"""Seconds that a client may take to send its request, or to read a part of the answer."""


class Call(NamedTuple):
    """A request that was understood: what stands for the {name} in the endpoint's path, the query,
    and the decoded body."""

    name: str
    query: Mapping[str, str]
    body: Dict[str, Any]


class Answer(NamedTuple):
    """What a request is answered with, as JSON."""

    body: Any
    status: int = 200


Endpoint = Callable[[StackStorm, Call], Answer]


# Executions.


def list_executions(st2: StackStorm, call: Call) -> Answer:
    """`st2 execution list`: the newest first."""
    wanted: Dict[str, Any] = {
        name: None if call.query[name] == "null" else call.query[name]
        for name in ("action", "status", "parent")
        if name in call.query
    }
    return _listing([_execution(found, call) for found in st2.executions(**wanted)], call)


def get_execution(st2: StackStorm, call: Call) -> Answer:
    """`st2 execution get`."""
    return Answer(_attributes(_execution(st2.execution(call.name), call), call))


def get_children(st2: StackStorm, call: Call) -> Answer:
    """The tasks of a workflow."""
    return Answer([_execution(child, call) for child in st2.children(call.name)])


def post_execution(st2: StackStorm, call: Call) -> Answer:
    """`st2 run`."""
    body = call.body
    unknown = set(body) - {"action", "parameters", "user"}
    if unknown or not isinstance(body.get("action"), str):
        raise RequestError(f"action is needed, and not {sorted(unknown)}")
    execution = st2.run(
        body["action"], body.get("parameters") or {}, body.get("user") or SYSTEM_USER
    )
    return Answer(_execution(execution, call), 201)


def execute_alias(st2: StackStorm, call: Call) -> Answer:
    """`st2 action-alias execute`: what somebody says in chat."""
    command = str(call.body.get("command") or "")
    channel = str(call.body.get("source_channel") or "")
    started = st2.chatops.execute(command, str(call.body.get("user") or ""), channel)
    alias = st2.chatops.alias(started.execution)
    shown = {"execution": _execution(started.execution, call), "actionalias": alias.to_dict()}
    return Answer({"results": [{**shown, "message": started.ack}]}, 201)


def _execution(execution: Execution, call: Call) -> Dict[str, Any]:
    return execution.to_dict(call.query.get("show_secrets") == "true")


# What the pack brings.


def list_actions(st2: StackStorm, call: Call) -> Answer:
    """`st2 action list`, with those of StackStorm's packs that the lab has."""
    pack = call.query.get("pack")
    actions = [one for one in st2.pack.actions.values() if pack in (None, one.pack)]
    return _listing(sorted((one.to_dict() for one in actions), key=_ref), call)


def get_action(st2: StackStorm, call: Call) -> Answer:
    """`st2 action get`."""
    return Answer(_named(st2.pack.actions, call.name).to_dict())


def list_runners(_st2: StackStorm, call: Call) -> Answer:
    """What `st2 run` asks for the parameters that an action's runner adds."""
    name = call.query.get("name")
    return _listing([one.to_dict() for one in RUNNERS.values() if name in (None, one.name)], call)


def list_rules(st2: StackStorm, call: Call) -> Answer:
    """`st2 rule list`."""
    return _listing(sorted((_rule(st2, one) for one in st2.rules.values()), key=_ref), call)


def get_rule(st2: StackStorm, call: Call) -> Answer:
    """`st2 rule get`."""
    return Answer(_rule(st2, _named(st2.rules, call.name)))


def put_rule(st2: StackStorm, call: Call) -> Answer:
    """`st2 rule enable`, `st2 rule disable`, which send the whole rule: of it only that counts."""
    rule = _named(st2.rules, call.name)
    st2.set_rule(rule.ref, call.body.get("enabled") is True)
    return Answer(_rule(st2, rule))


def _rule(st2: StackStorm, rule: Rule) -> Dict[str, Any]:
    shown = rule.to_dict()
    action: Optional[Action] = st2.pack.actions.get(rule.action)
    if action is not None:
        schema = {"properties": action.parameters}
        shown["action"]["parameters"] = masked(copy.deepcopy(dict(rule.parameters)), schema)
    return shown


def _named(known: Mapping[str, Any], ref_or_id: str) -> Any:
    for ref, one in known.items():
        if ref_or_id in (ref, one.id):
            return one
    raise NotFound(f'Resource with a reference or id "{ref_or_id}" not found')


def _ref(shown: Mapping[str, Any]) -> str:
    return str(shown["ref"])


# The datastore: without RBAC everybody may decrypt.


def get_key(st2: StackStorm, call: Call) -> Answer:
    """`st2 key get`."""
    item = st2.datastore.item(call.name)
    if item is None:
        raise NotFound(f'The key "{call.name}" does not exist in the StackStorm datastore.')
    plain = item.secret and call.query.get("decrypt") == "true"
    shown = {
        "id": item.name,
        "name": item.name,
        "value": st2.datastore.decrypt(item.value) if plain else item.value,
        "secret": item.secret,
        "encrypted": item.secret and not plain,
        "scope": "st2kv.system",
    }
    return Answer(shown)


ENDPOINTS: List[Tuple[str, str, Endpoint]] = [
    ("GET", "/executions", list_executions),
    ("POST", "/executions", post_execution),
    ("GET", "/executions/{name}", get_execution),
    ("GET", "/executions/{name}/children", get_children),
    ("POST", "/aliasexecution/match_and_execute", execute_alias),
    ("GET", "/actions", list_actions),
    ("GET", "/actions/{name}", get_action),
    ("GET", "/runnertypes", list_runners),
    ("GET", "/rules", list_rules),
    ("GET", "/rules/{name}", get_rule),
    ("PUT", "/rules/{name}", put_rule),
    ("GET", "/keys/{name}", get_key),
]
"""Method, path behind /v1 with {name} for what varies, and what answers it."""


def _listing(shown: List[Dict[str, Any]], call: Call) -> Answer:
    """So many as `limit` says, -1 for all, with the attributes that are asked for."""
    limit = call.query.get("limit", "-1")
    if not re.fullmatch(r"-1|[1-9]\d{0,8}", limit):
        raise RequestError(f'Limit, "{limit}" specified, must be a positive number.')
    page = shown if limit == "-1" else shown[: int(limit)]
    return Answer([_attributes(one, call) for one in page])


def _attributes(shown: Dict[str, Any], call: Call) -> Dict[str, Any]:
    """What `include_attributes` leaves of an object; "action.ref" keeps all of "action"."""
    wanted = call.query.get("include_attributes")
    if not wanted:
        return shown
    names = {"id", "ref", *(path.split(".")[0] for path in wanted.split(","))}
    return {name: value for name, value in shown.items() if name in names}


def answer(st2: StackStorm, method: str, target: str, body: bytes = b"") -> Answer:
    """Do what a request asks; refusals and faults are answers too."""
    try:
        parts = urlsplit(target)
        path = unquote(parts.path).rstrip("/")
        for known, pattern, endpoint in ENDPOINTS:
            found = re.fullmatch("/v1" + pattern.replace("{name}", "([^/]+)"), path)
            if found is not None and known == method:
                name = "".join(found.groups())
                return endpoint(st2, Call(name, dict(parse_qsl(parts.query)), _decoded(body)))
        raise RequestError(f"The lab does not answer {method} {path}.", status=501)
    except RequestError as error:
        return Answer({"faultstring": str(error)}, error.status)
    except Exception:
        LOG.exception("API call failed: %s %s", method, target.split("?")[0])
        return Answer({"faultstring": "Internal Server Error"}, 500)


def _decoded(body: bytes) -> Dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise RequestError(f"Failed to parse request body: {error}") from None
    if not isinstance(found, dict):
        raise RequestError(f"Input body needs to be an object, got: {type(found).__name__}")
    return found


# The server.


class ApiServer(ThreadingHTTPServer):
    """Listens on 127.0.0.1 from the moment it is made until the end of its `with`; requests wait
    until there is a StackStorm to answer them. `port` 0 is any free one. Raises OSError where the
    port cannot be had."""

    # Whoever closes the server waits for what is being answered.
    daemon_threads = False
    request_queue_size = 128
    st2: StackStorm

    def __init__(self, port: int = DEFAULT_PORT) -> None:
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        """For ST2_API_URL."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    @contextlib.contextmanager
    def serving(self, st2: StackStorm) -> Iterator[ApiServer]:
        """Answer for this StackStorm; at the end nothing is answered any more."""
        self.st2 = st2
        thread = threading.Thread(target=self.serve_forever, args=(0.05,), name="st2-api")
        thread.start()
        try:
            yield self
        finally:
            self.shutdown()
            thread.join()
            self.server_close()

    def handle_error(self, *_request: Any) -> None:
        """The client has hung up; anything else has been answered with 500 and logged."""
        LOG.debug("A client of the API is gone", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    """One request a connection."""

    server: ApiServer
    server_version = "st2-lab"
    sys_version = ""
    timeout = SILENCE

    def _serve(self) -> None:
        length = self.headers.get("Content-Length") or "0"
        if not _is_here(self.headers.get("Host") or "localhost"):
            # A page in somebody's browser whose name leads here.
            self._send(Answer({"faultstring": "Only this machine's own names are answered."}, 403))
        elif not (length.isascii() and length.isdigit()) or int(length) > LARGEST_BODY:
            self._send(Answer({"faultstring": f"The body is no {LARGEST_BODY} bytes."}, 413))
        else:
            body = self.rfile.read(int(length))
            self._send(answer(self.server.st2, self.command, self.path, body))

    do_GET = do_POST = do_PUT = _serve  # noqa: N815  # the base class's

    def _send(self, found: Answer) -> None:
        body = json.dumps(found.body, default=str).encode()
        self.send_response(found.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's
        LOG.debug(format, *args)


def _is_here(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
