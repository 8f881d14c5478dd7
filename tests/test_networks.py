"""docker.networks: the sensor's own view, and the engines listed afresh, on the lab's engines."""

import json
import time

import pytest
from docker_tor.actions import overview
from docker_tor.config import settings
from docker_tor.controller import heartbeat
from docker_tor.controller.heartbeat import Heartbeat, Pulse
from docker_tor.desired import assembly, holds, last_applied, ledger
from docker_tor.desired.holds import Doubt
from docker_tor.desired.last_applied import LastApplied
from docker_tor.desired.segments import Segment
from docker_tor.engine import listing
from docker_tor.engine.networks import Network
from listed import ves
from schemas import parameters
from show_networks import ShowNetworks
from st2tests.base import BaseActionTestCase

from lab.engine import Engine

NOW = 1795449840.0
SWITCH = {"name": "tor1", "host": "h", "username": "u", "password": "Pa55", "rbridge_id": 21}


def network(vlan=112, engine="host1", **more):
    given = {
        "id": f"{vlan:064x}",
        "name": f"net{vlan}",
        "driver": "macvlan",
        "parent": f"eth0.{vlan}",
        "addresses": frozenset(ves(f"172.16.{vlan}.1/24")),
        "created": "2026-11-24T08:13:00.123456789Z",
        **more,
    }
    return Network(engine=engine, vlan=vlan, **given)


def segment(*members, vlan=112):
    members = members or (network(vlan),)
    addresses = tuple(members[0].addresses)
    return Segment("tor1", 21, vlan, "h", addresses, members)


def book(*segments, pending=()):
    return LastApplied({one.key: one for one in segments}, pending=frozenset(pending))


def beat(at=NOW - 5, **states):
    return Heartbeat(at, {name: Pulse(state, at, 1, 0.01) for name, state in states.items()})


ALL = beat(host1="following", host2="following")


@pytest.mark.parametrize(
    ("pulse", "engines", "flags", "state"),
    [
        (beat(host1="following"), ["host1"], "", "current"),
        (beat(host1="lost"), ["host1"], "", "engine lost"),
        (beat(other="following"), ["host1"], "", "engine unknown"),
        (beat(at=NOW - heartbeat.STALE - 1, host1="following"), ["host1"], "", "sensor silent"),
        (None, ["host1"], "", "sensor silent"),
        # A segment of two engines is as well known as the worse.
        (beat(host1="following", host2="lost"), ["host1", "host2"], "", "engine lost"),
        (None, ["host1"], "pending", "pending"),
        (ALL, ["host1", "host2"], "held", "held"),
        (ALL, ["host1", "host2"], "held pending", "pending"),
        (None, ["host1", "host2"], "held", "sensor silent"),
    ],
)
def test_the_state_of_a_segment(pulse, engines, flags, state):
    one = segment(*(network(engine=engine) for engine in engines))
    kept = book(one, pending=[one.key] if "pending" in flags else [])
    held = {"host2": {network().id}} if "held" in flags else {}
    (known,) = overview.from_sensor(kept, pulse, NOW, held)
    assert known.state == state


def test_segments_come_in_order_each_network_on_a_line():
    both = segment(network(), network(engine="host2", name="x" * 200))
    found = overview.from_sensor(book(segment(vlan=113), both), beat(host1="following"), NOW)
    lines = overview.shown(found).split("\n")[2:]
    assert [line.split()[2] for line in lines] == ["112", "112", "113"]
    assert "2026-11-24T08:13:00Z" in lines[0]
    assert "macvlan  eth0.112" in lines[1]
    assert max(map(len, lines)) < 200
    empty = segment()._replace(networks=())
    (line,) = overview.shown([overview.Known(empty, "pending")]).split("\n")[2:]
    assert line.split() == ["tor1", "21", "112", "172.16.112.1/24", "pending", *"-----"]


@pytest.mark.parametrize(
    ("created", "utc"),
    [
        ("2026-11-24T08:13:00.123456789Z", "2026-11-24T08:13:00Z"),
        ("2026-11-24T08:13:00+01:00", "2026-11-24T07:13:00Z"),
        ("2026-11-24T23:13:00.1-02:30", "2026-11-25T01:43:00Z"),
        ("2026-13-24T08:13:00Z", ""),
        ("0001-01-01T00:00:00+23:59", ""),
        ("", ""),
    ],
)
def test_since_when(created, utc):
    assert overview.since(segment(network(created=created))) == utc
    # The oldest one says it.
    both = (network(created="2026-11-24T08:00:00+02:00"), network(created="2026-11-24T07:00:00Z"))
    assert overview.since(segment(*both)) == "2026-11-24T06:00:00Z"


def test_what_engines_list_is_compared_with_what_has_been_dispatched():
    same, moved, new, gone = (segment(vlan=vlan) for vlan in (112, 113, 114, 115))
    desired = {
        one.key: one for one in (same, moved._replace(addresses=ves("172.16.113.9/24")), new)
    }
    found = overview.from_engines(book(same, moved, gone), desired, [])
    assert [(one.segment.vlan, one.state) for one in found] == [
        *((112, "current"), (113, "changed"), (114, "new"), (115, "gone"))
    ]
    (first, *_) = overview.from_engines(book(same), desired, ["host1"])
    assert first.state == "engine lost"


class NetworksTestCase(BaseActionTestCase):
    action_cls = ShowNetworks

    def setUp(self):
        super().setUp()
        self.engine = Engine()
        self.engine.start()
        self.addCleanup(self.engine.stop)
        self.config = {
            "engines": [{"name": "host1", "url": self.engine.url}],
            "switches": [SWITCH],
        }

    def put(self, name, text):
        self.action_service.set_value(name, text, local=False)

    def show(self, **given):
        action = self.get_action_instance(config=self.config)
        succeeded, result = action.run(**parameters("networks", given))
        self.assertNotIn("Pa55", json.dumps(result))
        return succeeded, result

    def test_the_sensors_own_view(self):
        succeeded, result = self.show()
        self.assertTrue(succeeded)
        self.assertIn("(none)", result["table"])
        self.assertIn("The sensor is silent", result["table"])
        refused = ("host1", "f" * 64, "VLAN 7 is not allowed.")
        passed = frozenset({("host1", "e" * 64, "its parent vlan10 carries no tag.")})
        ports = ("Port-channel 10", "TenGigabitEthernet 21/0/5")
        kept = book(segment(network(ports=ports)))
        kept.rejected, kept.ignored = {refused}, passed
        self.put(ledger.NAME, last_applied.dump(kept))
        alive = Heartbeat(time.time(), {"host1": Pulse("following", 1, 2)})
        self.put(heartbeat.NAME, heartbeat.dump(alive))
        succeeded, result = self.show()
        self.assertTrue(succeeded, result)
        (shown,) = result["segments"]
        (of_it,) = shown.pop("networks")
        self.assertEqual(
            shown,
            {
                "switch": "tor1",
                "host": "h",
                "rbridge_id": 21,
                "vlan": 112,
                "addresses": ["172.16.112.1/24"],
                "ports": [*ports],
                "state": "current",
                "since": "2026-11-24T08:13:00Z",
            },
        )
        self.assertEqual(
            of_it,
            {
                "id": f"{112:064x}",
                "name": "net112",
                "engine": "host1",
                "driver": "macvlan",
                "parent": "eth0.112",
                "created": "2026-11-24T08:13:00.123456789Z",
                "ports": [*ports],
            },
        )
        self.assertIn(f"eth0.112  {', '.join(ports)}", result["table"])
        engines = [{"engine": "host1", "state": "following", "networks": 2}]
        self.assertEqual((result["engines"], result["notes"]), (engines, []))
        for key, network_id, why in (
            ("refused", "f" * 12, "VLAN 7 is not allowed."),
            ("passed_over", "e" * 12, "its parent vlan10 carries no tag."),
        ):
            told = {"engine": "host1", "network": network_id, "reason": why}
            self.assertEqual(result[key], [told])
            self.assertIn(why, result["table"])

    def test_a_datastore_value_that_is_not_ours(self):
        for name in (ledger.NAME, heartbeat.NAME):
            self.put(name, "{")
            succeeded, result = self.show()
            self.assertFalse(succeeded)
            self.assertEqual(result["kind"], "DatastoreUnreadable")
            self.assertIn(name, result["remedy"])
            self.put(name, "")

    def test_live(self):
        self.engine.create("net112", parent="eth0.112", subnets=["172.16.112.0/24"])
        self.engine.create("net113", parent="eth0.113", subnets=["172.16.113.0/24"])
        self.engine.create("bad`name", parent="eth0.1002", subnets=["172.16.114.0/24"])
        self.engine.create("untagged", parent="eth0", subnets=["172.16.115.0/24"])
        self.engine.create("layer2", parent="eth0.116", subnets=["172.16.116.0/24"], internal=True)
        listed = [one for one in self.engine.networks() if one["Name"] == "net112"]
        seen = listing.observe("host1", listed)
        known = assembly.assemble(settings.parse(self.config), {"host1": seen}, ()).segments
        away = segment(network(117, engine="host2"), vlan=117)
        self.put(ledger.NAME, last_applied.dump(book(*known.values(), segment(vlan=115), away)))
        self.config["engines"].append({"name": "host2", "url": "tcp://127.0.0.1:1"})
        succeeded, result = self.show(live=True)
        self.assertTrue(succeeded, result)
        self.assertEqual(
            {one["vlan"]: one["state"] for one in result["segments"]},
            {112: "current", 113: "new", 115: "gone", 116: "new", 117: "engine lost"},
        )
        self.assertIn("layer 2", result["table"])
        # Of the engine's bridge and the like nobody wonders why nothing is done for them.
        (passed,) = result["passed_over"]
        self.assertEqual(passed["network"], "untagged")
        self.assertIn("eth0 carries no tag that can be seen", passed["reason"])
        (refused,) = result["refused"]
        self.assertEqual(refused["network"], "bad?name")
        self.assertIn("reserves for FCoE", refused["reason"])
        first, second = result["engines"]
        self.assertEqual((first["state"], second["state"]), ("listed", "away"))
        self.assertIn("no Docker Engine answers", second["error"])
        self.assertEqual(result["notes"], [second["error"]])
        self.assertTrue(result["table"].endswith(second["error"]))

    def test_what_an_engine_has_dropped_without_a_word_is_marked(self):
        self.put(ledger.NAME, last_applied.dump(book(segment(), segment(network(113), vlan=113))))
        self.put(
            heartbeat.NAME, heartbeat.dump(Heartbeat(time.time(), {"host1": Pulse("following")}))
        )
        doubt = Doubt(2, 0, {network(vlan).id: NOW - 60 for vlan in (112, 113)})
        for live in (False, True):
            for kept in ({"host1": doubt}, {}):
                self.put(holds.NAME, holds.dump(kept))
                succeeded, result = self.show(live=live)
                self.assertTrue(succeeded, result)
                # What the sensor does not hold yet, it will, or its list has them by then.
                state = "held" if kept or live else "current"
                self.assertEqual({one["state"] for one in result["segments"]}, {state})
                notes = [f"engine host1: {holds.said(doubt, 900)}"] if state == "held" else []
                self.assertEqual(result["notes"], notes)
                self.assertEqual("It lists 0 of the 2 networks" in result["table"], bool(notes))
            if live:
                self.assertEqual(result["engines"][0]["state"], "held")
        self.config["mass_removal_hold"] = 0
        self.assertEqual(self.show(live=True)[1]["segments"][0]["state"], "gone")
