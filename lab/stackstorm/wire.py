"""How the processes of sensors and actions talk to the lab: JSON, one object a line, over a Unix
socket in a folder that only the lab's user can enter.

The child says hello and is welcomed; then it calls, and waits for each answer:

    -> {"kind": "sensor", "ref": "docker.NetworkEventsSensor"}     <- {"result": {...}}
    -> {"call": "keys.get_by_id", "args": {"id": "x", ...}}        <- {"result": ...}
    -> {"call": "dispatch", "args": {...}}                         <- {"error": "..."}

The child's side uses nothing of the lab: its process must not be able to import the lab.
"""

import contextlib
import json
import socket
import threading
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

SOCKET = "LAB_STACKSTORM_SOCKET"
"""The environment variable that tells a child the socket's path."""

Call = Callable[[str, Dict[str, Any]], Any]
Welcome = Callable[[Dict[str, Any]], "tuple[Any, Call]"]
"""Takes a child's hello. Returns what it is answered with, and what takes its calls."""


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
        except OSError:
            self._socket.close()
            raise
        try:
            self.welcome = self._ask(hello)
        except Exception:
            self.close()
            raise

    def call(self, call: str, **args: Any) -> Any:
        """Raises RemoteError, and OSError once the lab is gone."""
        return self._ask({"call": call, "args": args})

    def close(self) -> None:
        """Hang up."""
        self._lines.close()
        self._socket.close()

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


class Server:
    """The lab's side: a thread that listens, and one for every child."""

    def __init__(self, path: Path, welcome: Welcome) -> None:
        self.path = path
        self._welcome = welcome
        self._lock = threading.Lock()
        self._children: List[socket.socket] = []
        self._threads: List[threading.Thread] = []
        self._closed = False
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._listener.bind(str(path))
        except OSError:
            self._listener.close()
            raise
        self._listener.listen(128)
        self._thread = threading.Thread(target=self._listen, name="st2-socket")
        self._thread.start()

    def close(self) -> None:
        """Hang up on every child and end."""
        self._closed = True
        # Wakes the listening thread on every platform, which shutting the listener down does not.
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as knock:
            knock.connect(str(self.path))
        self._thread.join()
        self._listener.close()
        with self._lock:
            children, threads = list(self._children), list(self._threads)
        for child in children:
            _hang_up(child)
        for thread in threads:
            thread.join()

    def _listen(self) -> None:
        while True:
            child, _ = self._listener.accept()
            if self._closed:
                child.close()
                return
            thread = threading.Thread(target=self._serve, args=(child,), name="st2-child")
            with self._lock:
                self._children.append(child)
                self._threads = [other for other in self._threads if other.is_alive()]
                self._threads.append(thread)
                thread.start()

    def _serve(self, child: socket.socket) -> None:
        try:
            with child, child.makefile("rb") as lines:
                call: Optional[Call] = None
                for line in lines:
                    try:
                        question = json.loads(line)
                        if call is None:
                            result, call = self._welcome(question)
                        else:
                            result = call(question["call"], question["args"])
                        answer = json.dumps({"result": result})
                    except Exception as error:  # noqa: BLE001  # whatever it is, the child is told
                        answer = json.dumps({"error": f"{type(error).__name__}: {error}"})
                    child.sendall(answer.encode() + b"\n")
        except OSError:
            # The child, or the lab, has hung up.
            pass
        finally:
            with self._lock:
                self._children.remove(child)


def _hang_up(child: socket.socket) -> None:
    # It may have hung up by itself.
    with contextlib.suppress(OSError):
        child.shutdown(socket.SHUT_RDWR)
