"""How the processes of sensors and actions talk to the lab: JSON, one object a line, over a Unix
socket in a folder that only the lab's user can enter.

The child says hello and is welcomed; then it calls, and waits for each answer:

    -> {"kind": "sensor", "ref": "docker.NetworkEventsSensor"}     <- {"result": {...}}
    -> {"call": "get_value", "args": {"name": "x"}}                <- {"result": ...}
    -> {"call": "dispatch", "args": {...}}                         <- {"error": "..."}

The child's side uses nothing of the lab: its process must not be able to import the lab.
"""

import contextlib
import json
import socket
import socketserver
import threading
from pathlib import Path
from typing import Any, Callable, Dict, Optional

SOCKET = "LAB_STACKSTORM_SOCKET"
"""The environment variable that tells a child the socket's path."""
DELIMITER = "%%%%%~=~=~=************=~=~=~%%%%"
"""Stands before and after the result on an action's stdout (st2common/constants/action.py)."""

Call = Callable[[str, Dict[str, Any]], Any]
Welcome = Callable[[Dict[str, Any]], "tuple[Any, Call]"]
"""Takes a child's hello. Returns what it is answered with, and what takes its calls."""


def strict(value: Any) -> Any:
    """A value as JSON's own. Raises TypeError for what StackStorm's encoder, orjson, refuses and
    Python's does not: keys that are no text."""
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("Dict key must be str")
        return {key: strict(item) for key, item in value.items()}
    return [strict(item) for item in value] if isinstance(value, (list, tuple)) else value


class RemoteError(Exception):
    """The lab could not do what was called for."""


class Client:
    """The child's side. Safe to use from several threads; each call waits for its answer. Raises
    as `call` does when it is not welcome."""

    def __init__(self, path: str, hello: Dict[str, Any]) -> None:
        self._lock = threading.Lock()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.connect(path)
            self._lines = self._socket.makefile("rb")
            self.welcome = self._ask(hello)
        except Exception:
            self._socket.close()
            raise

    def call(self, call: str, **args: Any) -> Any:
        """Raises TypeError for what is no JSON, RemoteError, and OSError once the lab is gone."""
        return self._ask({"call": call, "args": strict(args)})

    def _ask(self, question: Dict[str, Any]) -> Any:
        data = json.dumps(question).encode() + b"\n"
        with self._lock:
            self._socket.sendall(data)
            line = self._lines.readline()
        if not line:
            raise ConnectionError("the lab is gone")
        answer = json.loads(line)
        if "error" in answer:
            raise RemoteError(answer["error"])
        return answer["result"]


class Server(socketserver.ThreadingUnixStreamServer):
    """The lab's side: a thread that listens, and one for every child. `close` waits until every
    child has hung up, or has ended."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, path: Path, welcome: Welcome) -> None:
        super().__init__(str(path), _Child)
        self.path = path
        self.welcome = welcome
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), name="st2-socket")
        self._thread.start()

    def close(self) -> None:
        """Listen no more."""
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Child(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        # A child may end, or be killed, at any time.
        with contextlib.suppress(ConnectionError):
            self._answer()

    def _answer(self) -> None:
        call: Optional[Call] = None
        for line in self.rfile:
            try:
                question = json.loads(line)
                if call is None:
                    result, call = self.server.welcome(question)
                else:
                    result = call(question["call"], question["args"])
                answer = json.dumps({"result": result})
            except Exception as error:  # noqa: BLE001  # whatever it is, the child is told
                answer = json.dumps({"error": f"{type(error).__name__}: {error}"})
            self.wfile.write(answer.encode() + b"\n")
