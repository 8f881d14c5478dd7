"""The article's sensor: every event of a created network is dispatched, one after the other."""

import http.client
import json
import socket
from typing import Any, Dict, List

from st2reactor.sensor.base import Sensor

INTERFACE = "urn:brocade.com:mgmt:brocade-interface"
RBRIDGE = "urn:brocade.com:mgmt:brocade-rbridge"
IP = "urn:brocade.com:mgmt:brocade-ip-config"
BASE = "urn:ietf:params:xml:ns:netconf:base:1.0"


class Article(Sensor):
    """Follows one engine, for a benchmark: nothing is expected to go wrong."""

    def setup(self) -> None:
        """Nothing."""

    def run(self) -> None:
        """Read events until the engine ends."""
        stream = self._get("/events?filters=%7B%22event%22%3A%5B%22create%22%5D%7D")
        for line in stream:
            event = json.loads(line)
            if event["Type"] == "network" and event["Action"] == "create":
                network = json.loads(self._get(f"/networks/{event['Actor']['ID']}").read())
                self.sensor_service.dispatch(
                    trigger="yardstick.Network", payload=self._payload(network)
                )

    def _payload(self, network: Dict[str, Any]) -> Dict[str, Any]:
        vlan = network["Options"]["parent"].rpartition(".")[2]
        subnet = network["IPAM"]["Config"][0]["Subnet"]
        address = subnet.replace(".0/", ".1/")
        return {
            **{name: self.config[name] for name in ("host", "port", "username")},
            "edits": edits(str(self.config["rbridge_id"]), vlan, address),
        }

    def _get(self, path: str) -> http.client.HTTPResponse:
        connection = _Connection(self.config["socket"])
        connection.request("GET", path)
        return connection.getresponse()

    def cleanup(self) -> None:
        """Nothing."""

    def add_trigger(self, trigger: Dict[str, Any]) -> None:
        """Nothing."""

    def update_trigger(self, trigger: Dict[str, Any]) -> None:
        """Nothing."""

    def remove_trigger(self, trigger: Dict[str, Any]) -> None:
        """Nothing."""


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("docker")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(self._path)


def edits(rbridge: str, vlan: str, address: str) -> List[str]:
    """The five edits as <config> elements."""
    delete = 'nc:operation="delete"'
    return [
        _global(f"<vlan><name>{vlan}</name><vlan-name>Docker Network</vlan-name></vlan>"),
        _global(f"<ve><gve-name>{vlan}</gve-name></ve>"),
        _in_rbridge(
            rbridge,
            f'<ve><name>{vlan}</name><ip xmlns="{IP}"><ip-config><address>'
            f"<address>{address}</address></address></ip-config></ip></ve>",
        ),
        _in_rbridge(rbridge, f'<ve><name>{vlan}</name><shutdown xmlns="{IP}" {delete}/></ve>'),
        _global(f"<ve><gve-name>{vlan}</gve-name><global-ve-shutdown {delete}/></ve>"),
    ]


def _global(entry: str) -> str:
    content = f"<interface>{entry}</interface>"
    return _config(f'<interface-vlan xmlns="{INTERFACE}">{content}</interface-vlan>')


def _in_rbridge(rbridge: str, entry: str) -> str:
    return _config(
        f'<rbridge-id xmlns="{RBRIDGE}"><rbridge-id>{rbridge}</rbridge-id>'
        f'<interface xmlns="{INTERFACE}">{entry}</interface></rbridge-id>'
    )


def _config(content: str) -> str:
    return f'<nc:config xmlns:nc="{BASE}">{content}</nc:config>'
