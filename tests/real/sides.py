"""Two engines held to each other: the same calls to both, and what differs by nature evened out.

That is: ids, times and the order of lists.
"""

import json
import re
import socket
import time
from typing import Any, Dict, List, Optional, Tuple

from lab.engine import Engine
from lab.real.dockerd import Dockerd, request

NANO = 10**9
ID = re.compile(r"[0-9a-f]{64}")
_SHORT = re.compile(r"\b(dm|di|br)-[0-9a-f]{12}\b")
_TIME = re.compile(r'"time":[0-9]+,"timeNano":[0-9]+|(?<="Created":)"[^"]+"')
_DATE = re.compile(rb"Date: [^\r]+")


def net(name: str, driver: str, parent: Optional[str], *config: Any, **more: Any) -> bytes:
    """The body of a create request; a string in `config` is a subnet."""
    pools = [{"Subnet": item} if isinstance(item, str) else item for item in config]
    options = {**({} if parent is None else {"parent": parent}), **more.pop("options", {})}
    body: Dict[str, Any] = {"Name": name, "CheckDuplicate": True, "Driver": driver}
    body.update({"IPAM": {"Driver": "default", "Config": pools}} if pools else {})
    body.update({"Options": options} if options else {})
    return json.dumps({**body, **more}).encode()


def pool(subnet: str, **more: Any) -> Dict[str, Any]:
    return {"Subnet": subnet, **more}


class Side:
    """One of the two: how to call it, and the ids of the networks made, in their order."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.ids: List[str] = []

    def call(self, method: str, path: str, body: Optional[bytes] = None) -> Tuple[int, Any, str]:
        """Status, headers and evened text; @ID in the path stands for the last network's id."""
        if "@ID" in path:
            path = path.replace("@ID", self.ids[-1])
        reply = request(self.path, method, path, body)
        if reply.status == 201:
            self.ids.append(json.loads(reply.body)["Id"])
        varying = ("Date", "Content-Length", "Transfer-Encoding")
        headers = [(name, value) for name, value in reply.headers.items() if name not in varying]
        return reply.status, headers, self.even(reply.body.decode())

    def networks(self) -> List[Dict[str, Any]]:
        """GET /networks as it is."""
        return list(json.loads(request(self.path, "GET", "/networks").body))

    def even(self, text: str) -> str:
        """Text without ids and times; a list comes in the order of its text."""
        for number, network in enumerate(self.ids):
            text = text.replace(network, f"<{number}>").replace(network[:12], f"<short {number}>")
        text = _TIME.sub('"<time>"', _SHORT.sub(r"\1-<short>", ID.sub("<id>", text)))
        if text.startswith("["):
            return "\n".join(sorted(json.dumps(network) for network in json.loads(text)))
        return text

    def exchange(self, data: bytes) -> bytes:
        """All that comes back for these bytes, but for the date."""
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(30)
            sock.connect(self.path)
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            received = b"".join(iter(lambda: sock.recv(65536), b""))
        return _DATE.sub(b"Date", received)


class Both:
    """The real engine and the lab's, held to each other."""

    def __init__(self, real: Dockerd, lab: Engine) -> None:
        self.real = real
        self.lab = lab
        self.sides = (Side(str(real.socket)), Side(lab.unix_url[len("unix://") :]))

    def call(self, method: str, path: str, body: Optional[bytes] = None) -> Tuple[int, str]:
        """The real one's status and text, after the lab's were found to be the same."""
        real, lab = (side.call(method, path, body) for side in self.sides)
        assert real == lab, (method, path, body)
        return real[0], real[2]

    def create(self, *arguments: Any, **more: Any) -> str:
        """A create that both take; what both show of it then."""
        status, text = self.call("POST", "/v1.41/networks/create", net(*arguments, **more))
        assert status == 201, text
        status, shown = self.call("GET", "/v1.41/networks/@ID")
        assert status == 200
        return shown

    def refuse(self, *arguments: Any, **more: Any) -> Tuple[int, str]:
        """A create that both refuse, and that leaves everything as it was; status and message."""
        before = self.call("GET", "/networks")
        status, text = self.call("POST", "/v1.41/networks/create", net(*arguments, **more))
        assert status >= 400, text
        assert self.call("GET", "/networks") == before
        return status, json.loads(text)["message"]

    def told(self, query: str) -> List[str]:
        """What /events of both tells of the past, one evened line each."""
        # An until that has passed ends the answer.
        path = f"/events?until={time.time_ns() / NANO:.9f}&{query}"
        return self.call("GET", path)[1].splitlines()

    def restart(self) -> None:
        """Restart both daemons."""
        self.real.restart()
        self.lab.restart()

    def clean(self) -> None:
        """Remove every network, the ones that others depend on last."""
        for side in self.sides:
            for _ in range(2):
                for network in side.networks():
                    request(side.path, "DELETE", f"/networks/{network['Id']}")
            assert sorted(network["Name"] for network in side.networks()) == ["host", "none"]
            side.ids.clear()
