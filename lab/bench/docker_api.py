"""An engine's API over its unix socket, as far as a benchmark needs it: real engine or the lab's.

Nothing of the pack is in it, so that what is measured is not measured with itself.
"""

from __future__ import annotations

import http.client
import json
import socket
import threading
from typing import Any, Dict, Optional, Tuple
from urllib.parse import quote

TIMEOUT = 30.0
Key = Tuple[str, str]
"""An event's action, and the network's id."""


class Api:
    """Makes and removes networks. Raises OSError where the engine does not do it."""

    def __init__(self, socket_path: str) -> None:
        self._path = socket_path

    def create(self, name: str, parent: str, subnet: str) -> str:
        """A macvlan network; its id."""
        wanted = {
            "Name": name,
            "Driver": "macvlan",
            "Options": {"parent": parent},
            "IPAM": {"Config": [{"Subnet": subnet}]},
        }
        return str(json.loads(self._ask("POST", "/networks/create", wanted))["Id"])

    def remove(self, network: str) -> None:
        """Remove the network of that id."""
        self._ask("DELETE", f"/networks/{network}")

    def version(self) -> str:
        """The engine's version."""
        return str(json.loads(self._ask("GET", "/version"))["Version"])

    def _ask(self, method: str, path: str, body: Optional[Dict[str, Any]] = None) -> bytes:
        connection = _Connection(self._path)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, path, text, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = response.read()
        finally:
            connection.close()
        if response.status >= 300:
            raise OSError(f"{method} {path}: {response.status} {answer.decode(errors='replace')}")
        return answer


class Events:
    """The engine's own times (nanoseconds since 1970) of networks created and destroyed, for as
    long as the context lasts. `times` is by action and network id."""

    def __init__(self, socket_path: str) -> None:
        self._connection = _Connection(socket_path)
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self.times: Dict[Key, int] = {}

    def __enter__(self) -> Events:
        filters = quote(json.dumps({"type": ["network"], "event": ["create", "destroy"]}))
        self._connection.request("GET", f"/events?filters={filters}")
        self._response = self._connection.getresponse()
        # A stream may be silent for as long as it likes.
        self._socket = self._connection.sock
        self._socket.settimeout(None)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._connection.close()

    def wait(self, count: int) -> Dict[Key, int]:
        """The times, once there are so many. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.times) >= count, TIMEOUT):
                raise TimeoutError(f"the engine told of {len(self.times)} of {count} events")
            return dict(self.times)

    def _read(self) -> None:
        try:
            for line in self._response:
                event = json.loads(line)
                with self._changed:
                    self.times[event["Action"], event["Actor"]["ID"]] = event["timeNano"]
                    self._changed.notify_all()
        except (OSError, http.client.HTTPException):
            # The engine, or this side, has hung up.
            pass


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("docker", timeout=TIMEOUT)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
