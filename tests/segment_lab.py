"""A switch, what the sensor has last applied, and the pack's actions on whole segments with both.

The lab's switch is asked without SSH (direct.py).
"""

import json

from direct import Direct
from docker_tor.actions import edit as edit_action
from docker_tor.actions import ports as ports_action
from docker_tor.actions import segments as segment_actions
from docker_tor.actions import undo as undo_action
from docker_tor.desired import last_applied
from docker_tor.desired.segments import Segment
from docker_tor.engine.networks import Network
from docker_tor.switch import model
from docker_tor.switch.nos import running_config
from records import keys_of
from ves import ve, ves

from lab.switch import Switch, ports

HOST = "10.0.0.1"
NAME = "Docker Network"
PASSWORD = "open sesame"
TOR1 = {
    "name": "tor1",
    "host": HOST,
    "username": "admin",
    "password": PASSWORD,
    "host_key": "ignore",
    "rbridge_id": 21,
}
RAW = {"switches": [TOR1]}
THREE = ["172.16.112.1/24", "192.168.112.1/24", "fd00:112::1/64"]

UNSAID = dict.fromkeys(("username", "password", "port", "vlan_name", "subnet", "addresses"))
"""The parameters of an edit that StackStorm passes as None."""
WARNING = (
    b"<rpc-error><error-tag>operation-failed</error-tag><error-severity>warning</error-severity>"
    b"<error-message>mind</error-message></rpc-error>"
)


class Lab:
    """The switch, what the sensor has written of it, and the pack's functions with both."""

    def __init__(self, *, appends=True):
        self.switch = Switch(password=PASSWORD, rbridge_ids=(21, 22), appends=appends)
        self.cut = {}
        self.now = 1000.0
        self.ledger = None
        self.records = {}
        self.keys = keys_of(self.records)
        self.raw = RAW
        self.direct = Direct({HOST: self.switch}, self._on_rpc)

    def _on_rpc(self, _host, operation):
        self.now += 0.5
        return self.cut.get(operation, "")

    def apply(self, *segments, **parameters):
        given = {"host": HOST, "segments": list(segments), **parameters}
        return self._told(segment_actions.apply, given, self._read, self.keys)

    def remove(self, **parameters):
        return self._told(segment_actions.remove, parameters, self._read, self.keys)

    def ports(self, **parameters):
        given = {"host": HOST, "vlan": 112, **parameters}
        return self._told(ports_action.run, given, self._read, self.keys)

    def edit(self, edit, **parameters):
        """An edit of a chain."""
        given = {**UNSAID, "host": HOST, "run": {}, **parameters}
        with self.direct.instead_of_ssh():
            return edit_action.run_edit(self.raw, edit, given)

    def carrying(self, vlan):
        """The ports that carry a VLAN."""
        return {
            name for name, port in ports.each(self.switch.running.tree) if ports.carries(port, vlan)
        }

    def undo(self, *segments, **parameters):
        given = {"host": HOST, "segments": list(segments), **parameters}
        return self._told(undo_action.undo, given, self.keys)

    def _read(self, _name):
        return self.ledger

    def _told(self, action, given, *more):
        with self.direct.instead_of_ssh():
            fine, result = action(self.raw, given, *more, clock=lambda: self.now)
        text = json.dumps(result)
        assert PASSWORD not in text
        # As it comes through StackStorm.
        return fine, json.loads(text)

    def use(self, vlan, name, rbridge=21, pending=(), ports=()):
        network = Network(
            "a" * 64, name, "host1", "macvlan", f"eth0.{vlan}", vlan, frozenset(ves("10.0.0.1/24"))
        )._replace(ports=ports)
        one = Segment("tor1", rbridge, vlan, HOST, ves("10.0.0.1/24"), (network,))
        kept = last_applied.LastApplied({one.key: one}, frozenset(), frozenset(pending))
        self.ledger = last_applied.dump(kept)

    def vlan(self, vlan=112):
        return running_config.read(self.switch.running.element()).get(vlan, model.ABSENT)

    @property
    def edits(self):
        return [rpc.operation for rpc in self.switch.rpcs].count("edit-config")


def segment(vlan=112, addresses=THREE, **more):
    return {"vlan": vlan, "rbridge": 21, "addresses": addresses, **more}


def destroy(vlan=112, **more):
    return {"vlan": vlan, "rbridge": 21, "action": "destroy", **more}


def standing(*addresses):
    """The VLAN with a Ve in service that has these."""
    return model.Vlan(NAME, True, {21: ve(*addresses)})
