"""The lab's engine against bytes recorded from a real one: headers, key order, chunks, everything.

Only a container that joins a network is not replayed: the lab has none. Its events are.
"""

import contextlib
import email.utils
import json
import secrets
import socket
import tempfile
import unittest
from pathlib import Path
from typing import Any, Dict, Iterator, List
from urllib.parse import quote

from lab.engine import Engine

RECORDINGS = Path(__file__).parent / "fixtures" / "docker-recordings"
LOCAL = (
    "01-macvlan-parent-vlan",
    "02-macvlan-two-subnets",
    "03-macvlan-gateway-254",
    "04-macvlan-dualstack",
    "05-macvlan-iprange-aux-labels-mode",
    "07-macvlan-untagged-parent",
    "13-ipvlan-l2",
    "16-bridge",
    "18-macvlan-bond-parent",
)
SWARM = ("31-overlay", "33-swarm-macvlan")
NANO = 10**9


class Replay:
    """An engine whose clock and ids are those of a recording."""

    def __init__(self, folder: str, path: str) -> None:
        self.folder = RECORDINGS / folder
        self.path = path
        self.now = 0
        self.times: List[int] = []
        self.ids: List[str] = []
        self.engine = Engine(
            unix=path,
            interfaces=("eth0", "bond0"),
            bridge=False,
            clock=lambda: self.times.pop(0) if self.times else self.now,
            new_id=lambda: self.ids.pop(0) if self.ids else secrets.token_hex(32),
        )

    def events(self) -> List[Dict[str, Any]]:
        text = (self.folder / "events.all.jsonl").read_text("utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def document(self, name: str) -> Dict[str, Any]:
        body = (self.folder / name).read_bytes().partition(b"\r\n\r\n")[2]
        return dict(json.loads(body))

    def call(self, method: str, path: str, body: bytes = b"") -> bytes:
        """The whole answer: headers, and body up to its length or last chunk."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(10)
            sock.connect(self.path)
            head = f"{method} {path} HTTP/1.1\r\nHost: docker\r\nContent-Length: {len(body)}\r\n"
            sock.sendall(f"{head}Content-Type: application/json\r\n\r\n".encode() + body)
            sock.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: sock.recv(65536), b""))

    def create(self, document: Dict[str, Any], event: Dict[str, Any]) -> bytes:
        """Make the recorded network at the recorded moment."""
        self.ids = [document["Id"]]
        self.times = [_nanoseconds(document["Created"]), event["timeNano"]]
        wanted = {key: document[key] for key in document if key not in ("Id", "Created")}
        if document["ConfigFrom"]["Network"]:
            # Everything else comes from the config network.
            wanted = {key: document[key] for key in ("Name", "Driver", "ConfigFrom")}
            wanted["IPAM"] = {"Driver": "default", "Options": {}}
        del wanted["Scope" if "Scope" in wanted else "IPAM"]
        return self.call("POST", "/v1.41/networks/create", json.dumps(wanted).encode())

    def remove(self, network: str, event: Dict[str, Any]) -> None:
        self.times = [event["timeNano"]]
        self.call("DELETE", f"/v1.41/networks/{network}")

    def recorded(self, name: str) -> bytes:
        """A recorded answer; the clock is set to its Date."""
        data = (self.folder / name).read_bytes()
        date = data.partition(b"Date: ")[2].partition(b"\r\n")[0].decode()
        self.now = int(email.utils.parsedate_to_datetime(date).timestamp()) * NANO
        return data


def _nanoseconds(text: str) -> int:
    whole, _, fraction = text.rstrip("Z").partition(".")
    import datetime

    moment = datetime.datetime.fromisoformat(f"{whole}+00:00")
    return int(moment.timestamp()) * NANO + int(fraction.ljust(9, "0"))
