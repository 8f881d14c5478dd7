"""Answers what the processes of sensors and actions ask the lab: JSON, one object a line, over a
Unix socket in a folder that only the lab's user can enter.

    -> {"call": "get_value", "args": {"name": "x"}}    <- {"result": ...}
    -> {"call": "dispatch", "args": {...}}             <- {"error": {"kind": ...}}

Who asks is lab/standins/lab_socket.py.
"""

import contextlib
import json
import socketserver
import threading
from pathlib import Path
from typing import Any, Callable, Mapping

Calls = Mapping[str, Callable[..., Any]]


class Server(socketserver.ThreadingUnixStreamServer):
    """A thread that listens, and one for every process. `close` waits until every process has hung
    up, or has ended. Raises OSError where the path is too long, for one."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(self, path: Path, calls: Calls) -> None:
        super().__init__(str(path), _Process)
        self.path = path
        self.calls = calls
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), name="st2-socket")
        self._thread.start()

    def close(self) -> None:
        """Listen no more."""
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Process(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        # A process may end, or be killed, at any time.
        with contextlib.suppress(ConnectionError):
            for line in self.rfile:
                try:
                    asked = json.loads(line)
                    result = self.server.calls[asked["call"]](**asked["args"])
                    answer = json.dumps({"result": result})
                except Exception as error:  # noqa: BLE001  # whatever it is, the process is told
                    path = list(getattr(error, "absolute_path", ()))
                    shown = {"kind": type(error).__name__, "text": str(error), "path": path}
                    answer = json.dumps({"error": shown})
                self.wfile.write(answer.encode() + b"\n")
