"""How the stand-ins ask the lab's StackStorm: JSON, one object a line, over a Unix socket
(lab/stackstorm/wire.py). StackStorm's own modules ask its API, its database and its message queue.
"""

import json
import os
import socket
import threading
from typing import Any, BinaryIO, List, Optional, Tuple

SOCKET = "LAB_STACKSTORM_SOCKET"
"""The environment variable that names the socket. Without it there is no StackStorm to be asked."""

_lock = threading.Lock()
_connection: Optional[Tuple[socket.socket, BinaryIO]] = None


class CallFailed(RuntimeError):
    """The lab could not do what was called for: the class of its error, the text, and of a
    ValidationError the path to what is wrong."""

    def __init__(self, kind: str, text: str, path: List[Any]) -> None:
        super().__init__(f"{kind}: {text}")
        self.kind = kind
        self.text = text
        self.path = path


def there() -> bool:
    """Whether there is a StackStorm."""
    return SOCKET in os.environ


def call(name: str, /, **args: Any) -> Any:
    """Ask it. Safe to use from several threads; each waits for its answer. Raises CallFailed,
    TypeError for what is no JSON, and OSError once the lab is gone."""
    global _connection
    question = json.dumps({"call": name, "args": strict(args)}).encode() + b"\n"
    with _lock:
        if _connection is None:
            connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connected.connect(os.environ[SOCKET])
            _connection = connected, connected.makefile("rb")
        _connection[0].sendall(question)
        line = _connection[1].readline()
    if not line:
        raise ConnectionError("the lab is gone")
    answer = json.loads(line)
    if "error" in answer:
        raise CallFailed(**answer["error"])
    return answer["result"]


def strict(value: Any) -> Any:
    """A value as JSON's own. Raises TypeError for what StackStorm's encoder, orjson, refuses and
    Python's does not: keys that are no text."""
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("Dict key must be str")
        return {key: strict(item) for key, item in value.items()}
    return [strict(item) for item in value] if isinstance(value, (list, tuple)) else value
