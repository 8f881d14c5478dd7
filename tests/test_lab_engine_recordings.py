"""The lab's engine against bytes recorded from a real one: headers, key order, chunks, everything.

Only a container that joins a network is not replayed: the lab has none. Its events are.
"""

import contextlib
import datetime
import email.utils
import json
import secrets
import socket
import tempfile
import unittest
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping
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
ASKED = (
    "Name",
    "Driver",
    "EnableIPv6",
    "IPAM",
    "Internal",
    "Attachable",
    "Ingress",
    "ConfigOnly",
    "Options",
    "Labels",
)
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
        """The recorded events of every type."""
        text = (self.folder / "events.all.jsonl").read_text("utf-8")
        return [json.loads(line) for line in text.splitlines()]

    def answer(self, name: str) -> bytes:
        """A recorded answer; the clock is set to the end of its Date's second."""
        data = (self.folder / name).read_bytes()
        date = data.partition(b"Date: ")[2].partition(b"\r\n")[0].decode()
        self.now = int(email.utils.parsedate_to_datetime(date).timestamp()) * NANO + NANO - 1
        return data

    def document(self, name: str) -> Dict[str, Any]:
        """The network that a recorded answer shows."""
        return dict(json.loads(self.answer(name).partition(b"\r\n\r\n")[2]))

    def call(self, method: str, path: str, body: bytes = b"") -> bytes:
        """One request on a connection of its own; everything that comes back."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(10)
            sock.connect(self.path)
            head = f"{method} {path} HTTP/1.1\r\nHost: docker\r\nContent-Length: {len(body)}\r\n"
            sock.sendall(f"{head}Content-Type: application/json\r\n\r\n".encode() + body)
            sock.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: sock.recv(65536), b""))

    def create(self, wanted: Mapping[str, Any], shown: Mapping[str, Any], created: int) -> bytes:
        """Make a network at the recorded moment; `created` is its event's, later by a little."""
        self.ids = [shown["Id"]]
        self.times = [_nanoseconds(shown["Created"]), created]
        return self.call("POST", "/v1.41/networks/create", json.dumps(wanted).encode())

    def remove(self, network: str, destroyed: int) -> None:
        """Remove a network at the recorded moment."""
        self.times = [destroyed]
        self.call("DELETE", f"/v1.41/networks/{network}")

    def again(self, filters: Mapping[str, List[str]]) -> bytes:
        """What /events tells afterwards of the recorded span."""
        times = [event["timeNano"] for event in self.events()]
        since, until = (f"{at // NANO}.{at % NANO:09d}" for at in (times[0], times[-1]))
        return self.call("GET", f"/events?since={since}&until={until}&{_filters(filters)}")


class RecordingTest(unittest.TestCase):
    maxDiff = None

    @contextlib.contextmanager
    def replay(self, folder: str) -> Iterator[Replay]:
        with tempfile.TemporaryDirectory() as path, self.subTest(folder):
            replay = Replay(folder, f"{path}/docker.sock")
            with replay.engine:
                yield replay

    def assert_answer(self, replay: Replay, name: str, path: str) -> None:
        # The recorded answer first: it sets the clock.
        self.assertEqual(replay.answer(name), replay.call("GET", path), name)

    def assert_shown(self, replay: Replay, shown: Mapping[str, Any]) -> None:
        network, name = shown["Id"], shown["Name"]
        self.assert_answer(replay, "network.get.http", f"/v1.41/networks/{network}")
        self.assert_answer(replay, "network.getbyname.http", f"/networks/{quote(name)}")
        for field, values in (("id", [network]), ("name", [name]), ("driver", _DRIVERS)):
            path = f"/networks?{_filters({field: values})}"
            self.assert_answer(replay, f"networks.list.filter-{field}.http", path)

    def assert_gone(self, replay: Replay, network: str) -> None:
        self.assert_answer(replay, "network.get.after-removal.http", f"/networks/{network}")
        path = f"/networks?{_filters({'id': [network]})}"
        self.assert_answer(replay, "networks.list.after-removal.http", path)

    def assert_told(self, replay: Replay) -> None:
        recorded = replay.answer("events.network.since-until.raw")
        self.assertEqual(recorded, replay.again({"type": ["network"]}))
        everything = replay.again({}).partition(b"\r\n\r\n")[2]
        lines = [line for line in everything.split(b"\r\n") if line.endswith(b"\n")]
        self.assertEqual((replay.folder / "events.all.jsonl").read_bytes(), b"".join(lines))

    def test_local_networks(self) -> None:
        for folder in LOCAL:
            with self.replay(folder) as replay:
                shown = replay.document("network.get.http")
                created, *between, destroyed = replay.events()
                wanted = {key: shown[key] for key in ASKED}
                answer = replay.create(wanted, shown, created["timeNano"])
                self.assertTrue(answer.startswith(b"HTTP/1.1 201 Created\r\n"), answer)
                self.assertTrue(
                    answer.endswith(b'\r\n\r\n{"Id":"%s","Warning":""}\n' % shown["Id"].encode())
                )
                self.assert_shown(replay, shown)
                for event in between:
                    replay.engine.emit(event)
                replay.remove(shown["Id"], destroyed["timeNano"])
                self.assert_gone(replay, shown["Id"])
                self.assert_told(replay)

    def test_config_only(self) -> None:
        with self.replay("24-config-only-local") as replay:
            config = replay.document("config-only.get.http")
            local = replay.document("config-from.get.http")
            created, created_from, destroyed = (e["timeNano"] for e in replay.events())
            replay.create({key: config[key] for key in ASKED}, config, created)
            wanted = {key: local[key] for key in ("Name", "Driver", "ConfigFrom")}
            ipam = {"IPAM": {"Driver": "default", "Options": {}}}
            replay.create({**wanted, **ipam}, local, created_from)
            self.assert_answer(replay, "config-only.get.http", f"/networks/{config['Id']}")
            self.assert_answer(replay, "config-from.get.http", f"/networks/{local['Id']}")
            replay.remove(local["Id"], destroyed)
            replay.remove(config["Id"], destroyed)
            self.assert_told(replay)

    def test_prune(self) -> None:
        with self.replay("23-prune") as replay:
            events = replay.events()
            for event, parent in zip(events[:2], ("eth0.1", "eth0.2")):
                replay.ids = [event["Actor"]["ID"]]
                replay.times = [event["timeNano"]] * 2
                replay.engine.create(event["Actor"]["Attributes"]["name"], parent=parent)
            now = events[1]["timeNano"]
            replay.times = [now, *(event["timeNano"] for event in events[2:])]
            answer = replay.call("POST", "/networks/prune")
            self.assertTrue(answer.endswith(b'\r\n\r\n{"NetworksDeleted":["pr1","pr2"]}\n'), answer)
            self.assert_told(replay)

    def test_swarm(self) -> None:
        # The lab's engine is in no swarm: it is handed what a manager showed and told.
        for folder in SWARM:
            with self.replay(folder) as replay:
                shown = replay.document("network.get.http")
                replay.engine.put_network(shown)
                for event in replay.events():
                    replay.engine.emit(event)
                self.assert_shown(replay, shown)
                replay.engine.remove(shown["Id"])
                self.assert_gone(replay, shown["Id"])
                self.assert_told(replay)

    def test_live_events_come_as_in_the_replay(self) -> None:
        for folder in LOCAL:
            with self.replay(folder) as replay, socket.socket(socket.AF_UNIX) as sock:
                recorded = replay.answer("events.network.raw")
                sock.settimeout(10)
                sock.connect(replay.path)
                request = (
                    f"GET /events?{_filters({'type': ['network']})} HTTP/1.1\r\nHost: d\r\n\r\n"
                )
                sock.sendall(request.encode())
                self.assertTrue(replay.engine.wait_for_readers(1))
                for event in replay.events():
                    replay.engine.emit(event)
                received = b""
                while len(received) < len(recorded):
                    data = sock.recv(65536)
                    self.assertTrue(data, received)
                    received += data
                self.assertEqual(recorded, received)


_DRIVERS = ["macvlan", "ipvlan"]


def _filters(filters: Mapping[str, List[str]]) -> str:
    return f"filters={quote(json.dumps(filters))}"


def _nanoseconds(text: str) -> int:
    whole, _, fraction = text.rstrip("Z").partition(".")
    moment = datetime.datetime.fromisoformat(f"{whole}+00:00")
    return int(moment.timestamp()) * NANO + int(fraction.ljust(9, "0"))
