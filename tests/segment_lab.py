"""A switch, what the sensor has last applied, and the pack's actions on segments with both.

The lab's switch is asked without SSH (direct.py). An action is given its parameters as its YAML has
them, and what it returns is what its output_schema allows.
"""

import json

import schemas
from direct import Direct
from docker_tor.actions import edit as edit_action
from docker_tor.actions import ports as ports_action
from docker_tor.actions import removal
from docker_tor.actions import segments as segment_actions
from docker_tor.actions import undo as undo_action
from docker_tor.desired import last_applied
from docker_tor.desired.segments import Segment
from docker_tor.engine.networks import Network
from docker_tor.switch import model
from docker_tor.switch.nos import running_config
from records import keys_of
from schemas import parameters
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

WARNING = (
    b"<rpc-error><error-tag>operation-failed</error-tag><error-severity>warning</error-severity>"
    b"<error-message>mind</error-message></rpc-error>"
)


def returned(name, ended):
    """What an action returned, as it comes through StackStorm."""
    fine, result = ended
    schemas.Draft4Validator(schemas.plain(schemas.action(name)["output_schema"])).validate(result)
    text = json.dumps(result)
    assert PASSWORD not in text
    return fine, json.loads(text)


class Lab:
    """The switch, what the sensor has written of it, and the pack's functions with both. `cut` says
    by operation what becomes of its RPCs; a list is used up."""

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
        cut = self.cut.get(operation, "")
        return cut if isinstance(cut, str) else cut.pop(0) if cut else ""

    def apply(self, *segments, **more):
        given = {"host": HOST, "segments": list(segments), **more}
        return self._told("apply", segment_actions.apply, given, self._read, self.keys)

    def remove(self, **given):
        return self._told("remove", removal.remove, given, self._read, self.keys)

    def ports(self, **more):
        given = {"host": HOST, "vlan": 112, **more}
        return self._told("ports", ports_action.run, given, self._read, self.keys)

    def edit(self, edit, /, **more):
        """An edit of a chain."""
        given = parameters(f"vdx.{edit}", {"host": HOST, **more})
        # Only what the workflow gives the last edit says that it is the last.
        if more.get("before") is None:
            given.pop("before", None)
        with self.direct.instead_of_ssh():
            return returned(f"vdx.{edit}", edit_action.run_edit(self.raw, edit, given))

    def carrying(self, vlan):
        """The ports that carry a VLAN."""
        return {
            name for name, port in ports.each(self.switch.running.tree) if ports.carries(port, vlan)
        }

    def undo(self, *segments, **more):
        given = {"host": HOST, "segments": list(segments), **more}
        return self._told("undo", undo_action.undo, given, self.keys)

    def _read(self, _name):
        return self.ledger

    def _told(self, name, action, given, *more):
        given = parameters(f"segment.{name}", given)
        with self.direct.instead_of_ssh():
            ended = action(self.raw, given, *more, clock=lambda: self.now)
        return returned(f"segment.{name}", ended)

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

    @property
    def saves(self):
        return [rpc.operation for rpc in self.switch.rpcs].count("bna-config-cmd")


def segment(vlan=112, addresses=THREE, **more):
    return {"vlan": vlan, "rbridge": 21, "addresses": addresses, **more}


def destroy(vlan=112, **more):
    return {"vlan": vlan, "rbridge": 21, "action": "destroy", **more}


def standing(*addresses):
    """The VLAN with a Ve in service that has these."""
    return model.Vlan(NAME, True, {21: ve(*addresses)})
