"""The lab's engine beside a real dockerd: the same calls to both, and the same answers.

What differs by nature is evened out first: ids, times and the order of lists.
"""

import json
import re
import shutil
import socket
import tempfile
import time
import unittest
from typing import Any, Callable, ClassVar, Dict, List, Mapping, Optional, Tuple
from urllib.parse import quote

from lab.engine import Engine

from .dockerd import Dockerd, Reply, docker, missing, request
from .parts import need

PARENTS = ("eth0", "eth0.112", "eth0.113", "bond0.200", "ens192.42", *(f"p{n}" for n in range(14)))
"""On both sides. The real one runs where the kernel may know no VLAN links: they are there already.
p0 ... are for tests that need many."""
ARTICLE = (
    "--driver=macvlan",
    "--subnet=172.16.112.0/24",
    "-o",
    "parent=eth0.112",
    "dockernetwork112",
)
_ID = re.compile(r"[0-9a-f]{64}")
_SHORT = re.compile(r"\b(dm|di|br)-[0-9a-f]{12}\b")
_TIME = re.compile(r'"time":[0-9]+,"timeNano":[0-9]+|"Created":"[^"]+"')


def net(name: str, driver: str, parent: Optional[str], *config: Any, **more: Any) -> bytes:
    """The body of a create request; a string in `config` is a subnet."""
    pools = [{"Subnet": item} if isinstance(item, str) else item for item in config]
    body: Dict[str, Any] = {"Name": name, "CheckDuplicate": True, "Driver": driver}
    if pools:
        body["IPAM"] = {"Driver": "default", "Config": pools}
    if parent is not None:
        body["Options"] = {"parent": parent, **more.pop("options", {})}
    return json.dumps({**body, **more}).encode()


def pool(subnet: str, **more: Any) -> Dict[str, Any]:
    return {"Subnet": subnet, **more}


class Side:
    """One of the two: how to call it, and its networks' ids by name."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.ids: Dict[str, str] = {}

    def call(self, method: str, path: str, body: Optional[bytes] = None) -> Reply:
        """`{name}` in the path stands for that network's id."""
        reply = request(self.path, method, path.format_map(self.ids), body)
        if reply.status == 201 and body is not None:
            self.ids[json.loads(body)["Name"]] = json.loads(reply.body)["Id"]
        return reply

    def even(self, text: str) -> str:
        """Ids and times evened out; an id of a network that has a name here becomes that name."""
        for name, network in self.ids.items():
            text = text.replace(network, f"<{name}>")
        text = _SHORT.sub(r"\1-<short>", _ID.sub("<id>", text))
        return _TIME.sub("<time>", text)

    def exchange(self, data: bytes) -> bytes:
        """All that comes back for these bytes."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(30)
            sock.connect(self.path)
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: sock.recv(65536), b""))


class SideBySide(unittest.TestCase):
    """Both engines, fresh for each class."""

    maxDiff = None
    real: ClassVar[Dockerd]
    lab: ClassVar[Engine]
    sides: ClassVar[Tuple[Side, Side]]

    @classmethod
    def setUpClass(cls) -> None:
        need(missing())
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.real = Dockerd(parents=PARENTS)
        cls.addClassCleanup(cls.real.close)
        cls.real.start()
        # The real one runs with --bridge=none.
        cls.lab = Engine(unix=f"{folder.name}/lab.sock", interfaces=PARENTS, bridge=False)
        cls.addClassCleanup(cls.lab.stop)
        cls.lab.start()
        cls.sides = Side(str(cls.real.socket)), Side(f"{folder.name}/lab.sock")

    def tearDown(self) -> None:
        for side in self.sides:
            for network in json.loads(side.call("GET", "/networks").body):
                side.call("DELETE", f"/networks/{network['Id']}")
            side.ids.clear()

    def both(self, method: str, path: str, body: Optional[bytes] = None) -> Any:
        """Call both and hold the lab's answer to the real one's; the real one's JSON."""
        answers = [(side, side.call(method, path, body)) for side in self.sides]
        real, lab = ((r.status, self.headers(r), self.shown(side, r.body)) for side, r in answers)
        self.assertEqual(real, lab, (method, path, body))
        return real[2]

    def status(self, method: str, path: str, body: Optional[bytes] = None) -> int:
        """`both`, for the status alone."""
        self.both(method, path, body)
        return self.sides[0].call("GET", "/_ping").status if method == "PING" else self.last

    def headers(self, reply: Reply) -> List[Tuple[str, str]]:
        varying = ("Date", "Content-Length", "Transfer-Encoding")
        return [(k, v) for k, v in reply.headers.items() if k not in varying]

    def shown(self, side: Side, body: bytes) -> Any:
        text = side.even(body.decode("utf-8", "surrogateescape"))
        if not text.startswith("["):
            # As text: the order of the keys counts too.
            return text
        return sorted(
            json.dumps(network) for network in json.loads(text.replace("<time>", '"":""'))
        )
