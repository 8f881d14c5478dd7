"""A Docker Engine API that answers by script: what dockerd 20.10 said when it was asked, without
dockerd; plain or with TLS."""

import contextlib
import json
import ssl
import struct
import threading
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple, Union
from urllib.parse import parse_qs, unquote, urlsplit

with warnings.catch_warnings():
    # The SDK imports paramiko, and that what is deprecated on an old Python.
    warnings.simplefilter("ignore")
    import docker  # noqa: F401  # so that it is there for whoever imports it later

ID = "620e71a6b42454ce863cfaadfb37e3e6da1e5f2abdfce818fdd5ca0423828a6c"
IMAGE = {
    "Id": f"sha256:{ID}",
    "RepoTags": ["t:1", "<none>:<none>"],
    "Config": {"Labels": {"a": "b"}, "Env": ["PASSWORD=geheim"]},
}
CONTAINER = {
    "Id": ID,
    "Name": "/c1",
    "State": {"Status": "running", "Running": True, "ExitCode": 0},
    "Config": {"Image": "t:1", "Labels": None, "Env": ["PASSWORD=geheim"], "Tty": False},
    "HostConfig": {"LogConfig": {"Type": "json-file"}},
    "NetworkSettings": {"Ports": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]}},
}
ENDED = {**CONTAINER, "State": {"Status": "exited", "Running": False, "ExitCode": 3}}


class Asked(NamedTuple):
    """A call: as "GET /containers/c1/json", its query, its headers, its body."""

    call: str
    query: Dict[str, str]
    headers: Dict[str, str]
    body: bytes


class Refusal(NamedTuple):
    """An answer that is an error."""

    status: int
    message: str


class Cut(NamedTuple):
    """An answer of JSON lines that breaks off: the daemon ended."""

    lines: List[Any]


Reply = Union[None, bytes, Dict[str, Any], List[Any], Refusal, Cut]
"""Nothing (204), a stream as it is, a document, JSON lines, or an error."""


class DockerApi:
    """`replies` by call, and `otherwise` to any other; one that is a function is asked each time.
    `asked` is what was asked."""

    def __init__(self, replies: Mapping[str, Reply] = {}) -> None:
        self.replies: Dict[str, Union[Reply, Callable[[], Reply]]] = {
            "GET /version": {"ApiVersion": "1.41", "Version": "20.10.24"},
            **replies,
        }
        self.otherwise: Reply = None
        self.asked: List[Asked] = []
        self.url = ""

    @property
    def config(self) -> Dict[str, Any]:
        return {"engines": [{"name": "host1", "url": self.url}]}

    def calls(self) -> List[str]:
        """What was asked, but for the version."""
        return [one.call for one in self.asked if one.call != "GET /version"]

    def last(self, call: str) -> Asked:
        return next(one for one in reversed(self.asked) if one.call == call)

    @contextlib.contextmanager
    def serving(
        self, pair: Optional[Tuple[str, str]] = None, client_ca: str = ""
    ) -> Iterator["DockerApi"]:
        """Plain, or with TLS by this certificate and key, asking for client certificates of the CA
        if one is given."""
        with _Server(("127.0.0.1", 0), _handler(self)) as server:
            if pair:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(*pair)
                if client_ca:
                    context.verify_mode = ssl.CERT_REQUIRED
                    context.load_verify_locations(client_ca)
                server.socket = context.wrap_socket(
                    server.socket, server_side=True, do_handshake_on_connect=False
                )
            self.url = f"tcp://127.0.0.1:{server.server_address[1]}"
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            try:
                yield self
            finally:
                server.shutdown()
                thread.join()


class _Server(ThreadingHTTPServer):
    """Keeps what goes wrong with a client's handshake to itself, as dockerd does."""

    def handle_error(self, *_given: Any) -> None:
        """Nothing is told."""


def frames(*said: Any) -> bytes:
    """What a command wrote, as the engine frames it: ("out" or "err", bytes) each."""
    streams = {"out": 1, "err": 2}
    return b"".join(struct.pack(">BxxxL", streams[name], len(data)) + data for name, data in said)


def _handler(api: DockerApi) -> Any:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_given: Any) -> None:
            """Nothing is logged."""

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            path = unquote(parts.path)
            path = path[len("/v1.41") :] if path.startswith("/v1.41/") else path
            call = f"{self.command} {path}"
            if self.headers.get("Transfer-Encoding") == "chunked":
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
            else:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            api.asked.append(Asked(call, query, dict(self.headers), body))
            missing = Refusal(404, f"page not found: {call}")
            reply = api.replies.get(call, missing if api.otherwise is None else api.otherwise)
            self._send(reply() if callable(reply) else reply)

        def _send(self, reply: Reply) -> None:
            if isinstance(reply, Refusal):
                status, body = reply.status, json.dumps({"message": reply.message}).encode()
            elif isinstance(reply, (list, Cut)):
                lines = reply.lines if isinstance(reply, Cut) else reply
                status, body = 200, b"".join(json.dumps(one).encode() + b"\r\n" for one in lines)
            elif isinstance(reply, bytes):
                status, body = 200, reply
            else:
                status, body = (204, b"") if reply is None else (200, json.dumps(reply).encode())
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            if isinstance(reply, (list, bytes, Cut)):
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                self.wfile.write(b"%x\r\n%b\r\n" % (len(body), body) if body else b"")
                self.wfile.write(b"" if isinstance(reply, Cut) else b"0\r\n\r\n")
                self.close_connection = isinstance(reply, Cut)
            else:
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        do_GET = do_POST = do_DELETE = _answer  # noqa: N815  # the library's names

    return Handler
