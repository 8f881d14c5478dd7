"""docker.reconcile and docker.plan on the lab's switches: what they do, what they leave alone, and
what becomes of it when things go wrong in the middle.

The switches are asked without SSH (direct.py), but for the last tests.
"""

import contextlib
import json

import pytest
from conftest import PACK
from direct import AFTER, BEFORE, Direct
from docker_tor.actions import segments as segment_actions
from docker_tor.common.errors import EngineUnreachable
from docker_tor.desired import holds, last_applied
from docker_tor.desired.last_applied import LastApplied
from docker_tor.desired.segments import Segment
from docker_tor.engine.networks import Network
from docker_tor.netconf import session
from docker_tor.reconcile import compare, discovery, memory, run
from docker_tor.reconcile.memory import Memory

from lab.engine import Engine
from lab.switch import Faults, Switch, SwitchError, payloads, rules
from lab.switch.faults import Verdict

NAME = "Docker Network"
PASSWORD = "Pa55-0f-the-sw1tch"
START = 1795449840.0
SEEDED = ("10", "20", "30")


def listed(vlan, *subnets, parent="eth0", name=""):
    return {
        "Id": f"{vlan:064x}",
        "Name": name or f"net{vlan}",
        "Driver": "macvlan",
        "Created": "2026-11-24T08:13:00Z",
        "Options": {"parent": f"{parent}.{vlan}"},
        "IPAM": {"Config": [{"Subnet": one} for one in subnets or [f"10.1.{vlan % 256}.0/24"]]},
    }


class World:
    """Two switches, of which tor1 is two rbridges, two engines, a datastore and a clock."""

    def __init__(self):
        self.tor1 = Switch(rbridge_ids=(21, 22), password=PASSWORD)
        self.tor2 = Switch(rbridge_ids=(23,), password=PASSWORD, seed=False)
        self.seeded = self.of_others()
        self.direct = Direct({"10.0.0.1": self.tor1, "10.0.0.2": self.tor2}, self.on_rpc)
        self.answers = {"host1": [], "host2": []}
        self.values = {}
        self.broken = ()
        self.now = START
        self.slept = []
        self.seen = []
        self.hooks = {}
        self.more = {"orphan_grace": 600}

    @property
    def raw(self):
        def uplink(parent, switch, rbridge):
            return {"parent": parent, "switch": switch, "rbridge_id": rbridge}

        ups = [uplink("eth0", "tor1", 21), uplink("eth1", "tor1", 22)]
        login = {"username": "admin", "password": PASSWORD, "host_key": "ignore"}
        return {
            "engines": [
                {"name": "host1", "url": "unix:///1.sock", "uplinks": ups},
                {
                    "name": "host2",
                    "url": "unix:///2.sock",
                    "uplinks": [uplink("eth0", "tor2", 23)],
                },
            ],
            "switches": [
                {"name": "tor1", "host": "10.0.0.1", **login},
                {"name": "tor2", "host": "10.0.0.2", **login},
            ],
            "channel": "network",
            # What most tests put on a switch by hand goes as what the pack has dispatched does.
            "orphans": "remove",
            **self.more,
        }

    def on_rpc(self, host, operation):
        """Act at the n-th RPC to a switch from now ("hello" counts), once."""
        self.seen.append((host, operation))
        hook = self.hooks.pop((host, sum(one == host for one, _ in self.seen)), None)
        return (hook() if callable(hook) else hook) or ""

    def at(self, number, what, host="10.0.0.1"):
        """Cut the connection at that RPC, or do something before it."""
        self.hooks[host, number] = what

    def ask(self, engine):
        answer = self.answers[engine.name]
        if answer is None:
            raise EngineUnreachable("it does not answer", where=engine.url)
        return answer

    def read(self, name):
        if "read" in self.broken:
            raise OSError("the datastore is away")
        return self.values.get(name)

    def write(self, name, text):
        if "write" in self.broken:
            raise OSError("the datastore is away")
        self.values[name] = text

    def reconcile(self, **parameters):
        """By the timer, unless the parameters say otherwise; status and result."""
        self.seen.clear()
        for switch in (self.tor1, self.tor2):
            switch.forget_rpcs()
        return self.checked(
            run.run(
                self.raw,
                {"dry_run": False, "execution_id": "5f1", **parameters},
                self.read,
                self.write,
                clock=lambda: self.now,
                sleep=self.slept.append,
            )
        )

    def plan(self, **parameters):
        self.seen.clear()
        return self.checked(run.plan(self.raw, parameters, self.read))

    def checked(self, told):
        """Whatever happens, others' VLANs are untouched, no session is left, no secret is told."""
        assert PASSWORD not in json.dumps(told)
        assert self.of_others() == self.seeded
        assert (self.tor1.sessions, self.tor2.sessions) == ([], [])
        return told

    def of_others(self):
        tree = self.tor1.running.tree
        parts = [rules.vlans(tree), rules.global_ves(tree)]
        parts += [rules.ves(rbridge) for rbridge in rules.rbridges(tree).values()]
        return [{key: part[key] for key in SEEDED if key in part} for part in parts]

    def remember(self):
        return memory.load(self.values.get(memory.NAME))

    def dispatched(self, *networks):
        """What the sensor has dispatched: networks by engine, each with its VLAN."""
        segments = []
        for engine, vlan in networks:
            address = f"10.1.{vlan % 256}.1/24"
            one = Network(
                f"{vlan:064x}",
                f"net{vlan}",
                engine,
                "macvlan",
                f"eth0.{vlan}",
                vlan,
                frozenset({address}),
            )
            segments.append(Segment("tor1", 21, vlan, "10.0.0.1", (address,), (one,)))
        book = LastApplied({one.key: one for one in segments}, frozenset())
        self.values[last_applied.NAME] = last_applied.dump(book)

    def have(self, vlan, *addresses, rbridge=21, name=NAME):
        """Put a segment on tor1 by hand."""
        addresses = addresses or (f"10.1.{vlan % 256}.1/24",)
        self.tor1.edit(*payloads.segment(rbridge, vlan, addresses[0], name))
        self.tor1.edit(*payloads.addresses(rbridge, vlan, *addresses)[1:])


@pytest.fixture
def world(monkeypatch):
    made = World()
    monkeypatch.setattr(discovery, "list_networks", made.ask)
    with made.direct.instead_of_ssh():
        yield made


def segments(switch):
    """The addresses of each rbridge's Ves that were not there before: those in service."""
    tree, found = switch.running.tree, {}
    for number, rbridge in rules.rbridges(tree).items():
        for key, ve in rules.ves(rbridge).items():
            up = "shutdown" not in ve and "global-ve-shutdown" not in rules.global_ves(tree)[key]
            if key not in SEEDED and up:
                found[int(number), int(key)] = [*rules.ipv4(ve), *rules.ipv6(ve)]
    return found


def vlans(switch):
    return [int(key) for key in rules.vlans(switch.running.tree) if key not in SEEDED]


def edits(switch):
    return sum(rpc.operation == "edit-config" for rpc in switch.rpcs)


def standings(result):
    return {(one["vlan"], one["rbridge"]): one["standing"] for one in result["findings"]}


# What it does.


def test_what_is_missing_is_added_in_one_session_on_every_switch(world):
    world.answers = {"host1": [listed(112), listed(113)], "host2": [listed(112)]}
    fine, result = world.reconcile()
    assert fine
    assert segments(world.tor1) == {(21, 112): ["10.1.112.1/24"], (21, 113): ["10.1.113.1/24"]}
    assert segments(world.tor2) == {(23, 112): ["10.1.112.1/24"]}
    assert {rpc.session_id for rpc in world.tor1.rpcs} == {1}
    # Two VLANs take no more edits than one.
    assert edits(world.tor1) == edits(world.tor2) == 5
    assert (result["changed"], result["counts"]) == (True, {"missing": 3})
    assert result["channel"] == "network"
    assert result["message"].startswith("Reconcile: \n- Ve 112 on rbridge 21 of tor1 is in service")
    assert "execution 5f1" in result["message"]
    assert result["table"].count("added") == 3


def test_a_second_run_sends_no_edit_and_says_nothing(world):
    world.answers["host1"] = [listed(112, "10.1.112.0/24", "10.2.0.0/24", "fd00:112::/64")]
    world.have(200)
    world.reconcile()
    fine, result = world.reconcile()
    assert fine
    assert (result["changed"], result["message"], result["extra"]) == (False, "", {})
    assert result["counts"] == {"in sync": 1, "orphan, waiting": 1}
    asked = [rpc.operation for rpc in world.tor1.rpcs]
    assert asked == ["get-config", "get-config", "close-session"]


DRIFT = {
    "rbridge Ve shut": lambda: [payloads.shutdown(21, 112)],
    "global Ve shut": lambda: [payloads.global_shutdown(112)],
    "both shut": lambda: [payloads.shutdown(21, 112), payloads.global_shutdown(112)],
    "another address": lambda: [
        payloads.address(21, 112, "10.1.112.1/24", delete=True),
        payloads.address(21, 112, "10.1.112.9/24"),
    ],
    "no address": lambda: [payloads.address(21, 112, "10.1.112.1/24", delete=True)],
    "an address more": lambda: [payloads.address(21, 112, "10.1.112.9/24", secondary=True)],
    "a subnet more": lambda: [payloads.address(21, 112, "10.9.9.9/24")],
    "an IPv6 address more": lambda: [payloads.address(21, 112, "fd00:9::9/64")],
    "the primary address is another": lambda: [
        payloads.address(21, 112, "10.1.112.1/24", delete=True),
        *payloads.addresses(21, 112, "10.1.112.9/24", "10.1.112.1/24"),
    ],
    "no rbridge Ve": lambda: [payloads.ve(21, 112, delete=True)],
    "no global Ve": lambda: [
        payloads.ve(21, 112, delete=True),
        payloads.global_ve(112, delete=True),
    ],
    "no VLAN": lambda: [
        payloads.ve(21, 112, delete=True),
        payloads.global_ve(112, delete=True),
        payloads.vlan(112, delete=True),
    ],
}


@pytest.mark.parametrize("drift", DRIFT)
def test_what_drifted_is_repaired(world, drift):
    world.answers["host1"] = [listed(112)]
    world.have(112)
    whole = world.tor1.running
    world.tor1.edit(*DRIFT[drift]())
    fine, result = world.reconcile()
    assert fine
    assert world.tor1.running == whole
    assert result["changed"] is True
    assert result["message"].startswith("Reconcile: Ve 112 on rbridge 21 of tor1 is in service")
    assert world.reconcile()[1]["counts"] == {"in sync": 1}
    assert edits(world.tor1) == 0


@pytest.mark.parametrize("drift", DRIFT)
def test_looking_sends_no_edit_whatever_there_is_to_do(world, drift):
    world.more = {"orphan_grace": 0}
    world.answers = {"host1": [listed(112), listed(113)], "host2": [listed(112)]}
    world.have(112)
    world.have(200)
    world.tor1.edit(*DRIFT[drift]())
    was, kept = world.tor1.running, dict(world.values)
    for look in (
        world.plan,
        lambda: world.reconcile(dry_run=True),
        lambda: world.reconcile(dry_run=None),
        lambda: world.reconcile(dry_run="false"),
    ):
        fine, result = look()
        assert fine
        assert result["counts"]["missing"] + result["counts"].get("drifted", 0) == 3
        assert result["counts"]["orphan"] == 1
        assert {operation for _, operation in world.seen} == {
            *("hello", "get-config", "close-session")
        }
        assert not result.get("message")
    assert (world.tor1.running, world.values) == (was, kept)


def test_the_plan_is_what_reconcile_then_does(world):
    world.more = {"orphan_grace": 0}
    world.answers["host1"] = [listed(112), listed(113), listed(114)]
    world.have(113, "10.1.113.9/24")
    world.have(200)
    world.tor1.edit(payloads.vlan(114, "Theirs"))
    fine, planned = world.plan()
    assert fine
    assert [(one["vlan"], one["standing"]) for one in planned["plan"]] == [
        (112, "missing"),
        (113, "drifted"),
        (200, "orphan"),
    ]
    assert "tor1: VLAN 113, drifted\n interface Vlan 113" in planned["diff"]
    assert "-  ip address 10.1.113.9/24\n+  ip address 10.1.113.1/24" in planned["diff"]
    assert "-interface Vlan 200" in planned["diff"]
    other = Switch(rbridge_ids=(21, 22))
    other.edit(*payloads.segment(21, 113, "10.1.113.9/24", NAME))
    other.edit(*payloads.segment(21, 200, "10.1.200.1/24", NAME))
    other.edit(payloads.vlan(114, "Theirs"))
    other.edit(*(xml for one in planned["plan"] for xml in one["xml"]))
    world.reconcile()
    assert world.tor1.running == other.running


def test_a_bad_byte_in_a_name_of_somebody_elses_costs_that_name(world):
    """Latin-1 that somebody typed: 0.2.0 could not read the switch at all."""
    world.answers["host1"] = [listed(112), listed(113)]
    world.have(113, name="Buero")
    world.tor1.faults.rewrite = lambda sent: sent.replace(b"Buero", b"B\xfcro\x07")
    _, result = world.reconcile()
    assert standings(result) == {(112, 21): "missing", (113, 21): "conflict"}
    assert "is named 'B\ufffdro\ufffd'" in result["table"]
    assert sorted(vlans(world.tor1)) == [112, 113]


def test_what_a_switch_warns_of_is_shown_and_the_repair_stands(world):
    world.answers["host1"] = [listed(112)]
    warning = (
        b"<rpc-error><error-tag>operation-failed</error-tag>"
        b"<error-severity>warning</error-severity><error-message>mind</error-message></rpc-error>"
    )
    world.tor1.faults.rewrite = lambda sent: sent.replace(b"<ok/>", warning)
    fine, result = world.reconcile()
    (switch,) = [one for one in result["switches"] if one["switch"] == "tor1"]
    assert (fine, switch["warnings"]) == (True, ["operation-failed: mind"])
    assert vlans(world.tor1) == [112]


def test_several_subnets_and_ipv6(world):
    world.answers["host1"] = [listed(112, "10.2.0.0/24", "10.1.0.0/24", "fd00:112::/64")]
    world.reconcile()
    (ve,) = (rules.ves(rules.rbridges(world.tor1.running.tree)["21"])[key] for key in ["112"])
    assert [*rules.ipv4(ve)] == ["10.1.0.1/24", "10.2.0.1/24"]
    assert not any("secondary" in one for one in rules.ipv4(ve).values())
    assert [*rules.ipv6(ve)] == ["fd00:112::1/64"]


def test_two_rbridges_on_one_vlan(world):
    """Added, repaired and taken away one without the other."""
    world.more = {"orphan_grace": 0}
    one, other = listed(112), {**listed(112, parent="eth1"), "Id": "e" * 64}
    world.answers["host1"] = [one, other]
    assert world.reconcile()[0]
    both = {(21, 112): ["10.1.112.1/24"], (22, 112): ["10.1.112.1/24"]}
    assert segments(world.tor1) == both
    world.tor1.edit(payloads.shutdown(22, 112))
    assert world.reconcile()[1]["counts"] == {"drifted": 1, "in sync": 1}
    assert segments(world.tor1) == both
    world.answers["host1"] = [other]
    assert world.reconcile()[1]["counts"] == {"in sync": 1, "orphan": 1}
    assert segments(world.tor1) == {(22, 112): ["10.1.112.1/24"]}
    world.answers["host1"] = []
    world.reconcile()
    assert vlans(world.tor1) == []


def test_both_rbridges_of_a_vlan_go_at_once(world):
    world.more = {"orphan_grace": 0}
    world.have(112)
    world.tor1.edit(*payloads.segment(22, 112, "10.1.112.1/24", NAME)[2:4])
    fine, result = world.reconcile()
    assert (fine, result["counts"]) == (True, {"orphan": 2})
    assert vlans(world.tor1) == []


def test_an_address_moves_between_vlans_of_several_rbridges_in_one_run(world):
    """On rbridge 22 it is free only when VLAN 113, which goes on rbridge 21 too, is gone there."""
    world.more = {"orphan_grace": 0}
    world.answers["host1"] = [listed(112, "10.7.0.0/24", parent="eth1")]
    world.have(113)
    world.tor1.edit(payloads.ve(22, 113), payloads.address(22, 113, "10.7.0.1/24"))
    fine, result = world.reconcile()
    assert (fine, result["counts"]) == (True, {"missing": 1, "orphan": 2})
    assert segments(world.tor1) == {(22, 112): ["10.7.0.1/24"]}


def test_addresses_are_swapped_in_one_run(world):
    world.answers["host1"] = [listed(112), listed(113)]
    world.have(112, "10.1.113.1/24")
    world.have(113, "10.1.112.1/24")
    fine, _ = world.reconcile()
    assert fine
    assert segments(world.tor1) == {(21, 112): ["10.1.112.1/24"], (21, 113): ["10.1.113.1/24"]}


# Orphans.


def test_an_orphan_goes_only_after_its_grace(world):
    world.have(200)
    fine, result = world.reconcile()
    assert (fine, result["counts"], result["changed"]) == (True, {"orphan, waiting": 1}, False)
    assert world.remember().orphans == {("tor1", 21, 200): START}
    world.now += 599
    assert world.reconcile()[1]["table"].count("is removed in 1 s") == 1
    assert vlans(world.tor1) == [200]
    world.now += 1
    fine, result = world.reconcile()
    assert (fine, vlans(world.tor1)) == (True, [])
    assert result["message"].startswith("Reconcile: Ve 200 on rbridge 21 of tor1 is removed.")
    assert world.remember().orphans == {}
    world.reconcile()
    assert world.remember() == Memory()


def test_an_orphan_that_was_removed_and_comes_back_waits_anew(world):
    world.have(200)
    world.reconcile()
    world.now += 600
    world.reconcile()
    assert vlans(world.tor1) == []
    world.have(200)
    assert world.reconcile()[1]["counts"] == {"orphan, waiting": 1}
    assert vlans(world.tor1) == [200]


def test_an_orphan_that_comes_back_meanwhile_waits_anew(world):
    world.have(200)
    world.reconcile()
    world.now += 500
    world.answers["host1"] = [listed(200)]
    world.reconcile()
    world.answers["host1"] = []
    world.now += 500
    assert world.reconcile()[1]["counts"] == {"orphan, waiting": 1}
    world.now += 599
    world.reconcile()
    assert vlans(world.tor1) == [200]


def test_a_grace_of_the_sensors_that_is_longer_counts(world):
    """What the sensor keeps for a while, reconcile does not take away."""
    world.more = {"orphan_grace": 0, "removal_grace": 900}
    world.have(200)
    world.reconcile()
    world.now += 899
    world.reconcile()
    assert vlans(world.tor1) == [200]


def test_an_orphan_does_not_wait_where_its_subnet_is_another_networks(world):
    world.have(200, "10.1.112.77/24")
    world.have(201)
    world.answers["host1"] = [listed(112)]
    fine, result = world.reconcile()
    assert (fine, result["counts"]) == (True, {"missing": 1, "orphan": 1, "orphan, waiting": 1})
    assert sorted(segments(world.tor1)) == [(21, 112), (21, 201)]


def test_what_the_pack_did_not_make_stays_for_ever(world):
    """VLANs of other names, those that Docker may not use, and what else is on a Ve."""
    world.more = {"orphan_grace": 0}
    world.have(200, name="Theirs")
    world.have(201, name="docker network")
    world.tor1.edit(payloads.vlan(202))
    was = world.tor1.running
    fine, result = world.reconcile()
    assert (fine, result["findings"]) == (True, [])
    assert (world.tor1.running, edits(world.tor1)) == (was, 0)


def test_nothing_outside_the_switchs_limits_is_removed(world):
    raw = world.raw["switches"]
    raw[0]["vlans"] = "100-199"
    world.more = {"orphan_grace": 0, "switches": raw}
    world.have(150)
    world.have(200)
    assert world.reconcile()[1]["counts"] == {"orphan": 1}
    assert vlans(world.tor1) == [200]


def test_an_rbridge_that_another_entry_of_the_same_fabric_is_for_is_left_to_it(world):
    """In a fabric each switch shows all rbridges: tor1 would take away what tor2 is to have."""
    raw = world.raw
    raw["switches"][1].update(host="10.0.0.1")
    raw["engines"][0]["uplinks"] = raw["engines"][0]["uplinks"][:1]
    raw["engines"][1]["uplinks"][0]["rbridge_id"] = 22
    world.more = raw
    world.answers = {"host1": [listed(112)], "host2": [listed(113)]}
    assert world.reconcile()[0]
    both = {(21, 112): ["10.1.112.1/24"], (22, 113): ["10.1.113.1/24"]}
    assert segments(world.tor1) == both
    world.more = {**raw, "orphan_grace": 0}
    assert world.reconcile()[1]["counts"] == {"in sync": 2}
    world.answers = {"host1": [listed(112)], "host2": []}
    assert world.reconcile()[0]
    assert segments(world.tor1) == {(21, 112): ["10.1.112.1/24"]}


def test_a_bare_vlan_that_another_entry_of_the_same_fabric_is_to_have_is_no_orphan(world):
    raw = world.raw
    raw["switches"][1].update(host="10.0.0.1")
    raw["engines"][0]["uplinks"] = raw["engines"][0]["uplinks"][:1]
    raw["engines"][1]["uplinks"][0]["rbridge_id"] = 22
    world.more = raw
    world.answers = {"host1": [], "host2": [listed(113)]}
    world.tor1.edit(payloads.vlan(113, NAME), payloads.vlan(114, NAME))
    _, result = world.reconcile(switch="tor1")
    assert standings(result) == {(114, 0): "orphan, waiting"}
    world.now += compare.LONGEST_RUN
    assert world.reconcile()[0]
    assert vlans(world.tor1) == [113]
    assert segments(world.tor1) == {(22, 113): ["10.1.113.1/24"]}


def test_layer_2_segments_of_one_vlan_by_two_entries_of_one_fabric(world):
    raw = world.raw
    raw["switches"][1].update(host="10.0.0.1")
    raw["engines"][0]["uplinks"] = raw["engines"][0]["uplinks"][:1]
    raw["engines"][1]["uplinks"][0]["rbridge_id"] = 22
    world.more = {**raw, "orphan_grace": 0}
    silent = {**listed(113), "Internal": True}
    world.answers = {"host1": [listed(113)], "host2": [silent]}
    assert world.reconcile()[0]
    assert segments(world.tor1) == {(21, 113): ["10.1.113.1/24"]}
    _, result = world.reconcile()
    assert (result["counts"], edits(world.tor1)) == ({"in sync": 2}, 0)
    assert "layer 2" in result["table"]
    # The routed one goes, and the VLAN is the other's.
    world.answers["host1"] = []
    assert world.reconcile()[0]
    assert (vlans(world.tor1), segments(world.tor1)) == ([113], {})
    # Who takes the VLAN away by hand sees it come back; and with the last segment it goes.
    world.tor1.edit(payloads.vlan(113, delete=True))
    _, result = world.reconcile()
    assert standings(result) == {(113, 22): "missing"}
    assert "VLAN 113 on rbridge 22 of tor2 is in service" in result["message"]
    assert vlans(world.tor1) == [113]
    world.answers["host2"] = []
    world.now += 2 * compare.LONGEST_RUN
    world.reconcile()
    world.now += 2 * compare.LONGEST_RUN
    world.reconcile()
    assert vlans(world.tor1) == []


def test_a_bare_vlan_is_an_orphan_of_a_switch_of_its_own_though_another_has_the_vlan(world):
    world.more = {"orphan_grace": 0}
    world.answers["host2"] = [{**listed(114), "Internal": True}]
    world.tor1.edit(payloads.vlan(114, NAME))
    world.reconcile()
    world.now += 2 * compare.LONGEST_RUN
    assert world.reconcile()[0]
    assert (vlans(world.tor1), vlans(world.tor2)) == ([], [114])


@pytest.mark.parametrize("theirs", ["Servers", ""])
def test_a_conflict_is_reported_once_and_not_touched(world, theirs):
    world.answers["host1"] = [listed(112), listed(113)]
    world.have(112, "10.9.9.9/24", name=theirs)
    was = rules.vlans(world.tor1.running.tree)["112"]
    fine, result = world.reconcile()
    # Nothing failed: there is nothing that the pack could do.
    assert (fine, result["counts"]) == (True, {"conflict": 1, "missing": 1})
    assert "conflict on tor1: VLAN 112 is there already and" in result["message"]
    assert result["extra"]["slack"]["color"] == "warning"
    fine, result = world.reconcile()
    assert (fine, result["message"], edits(world.tor1)) == (True, "", 0)
    assert rules.vlans(world.tor1.running.tree)["112"] == was
    world.tor1.edit(payloads.vlan(112, NAME))
    assert world.reconcile()[1]["counts"] == {"drifted": 1, "in sync": 1}
    fine, result = world.reconcile()
    assert result["message"] == ""


# Engines that cannot be asked.


def test_the_segments_of_an_engine_that_cannot_be_asked_stay_as_they_are(world):
    world.more = {"orphan_grace": 0}
    world.dispatched(("host1", 112), ("host1", 113))
    world.have(112, "10.1.112.9/24")
    world.have(200)
    world.answers = {"host1": None, "host2": [listed(114)]}
    was = world.tor1.running
    fine, result = world.reconcile()
    assert (fine, result["counts"]) == (True, {"missing": 1, "unknown": 3})
    assert (world.tor1.running, edits(world.tor1)) == (was, 0)
    # tor2 is none of its switches.
    assert segments(world.tor2) == {(23, 114): ["10.1.114.1/24"]}
    assert list(result["engines_unreached"]) == ["host1"]
    assert "engine host1: unix:///1.sock: it does not answer." in result["table"]


def test_the_grace_of_an_orphan_does_not_run_while_an_engine_is_away(world):
    """Only an engine that answers can say that it is one, so the grace begins when it does."""
    world.have(200)
    world.reconcile()
    assert world.remember().orphans == {("tor1", 21, 200): START}
    world.answers["host1"] = None
    world.now += 10_000
    world.reconcile()
    assert world.remember().orphans == {}
    world.answers["host1"] = []
    world.now += 10_000
    assert world.reconcile()[1]["counts"] == {"orphan, waiting": 1}
    assert vlans(world.tor1) == [200]
    world.now += 600
    world.reconcile()
    assert vlans(world.tor1) == []


def test_an_engine_that_nobody_knows_anything_of_yet_makes_nothing_an_orphan(world):
    """The datastore was lost, and the engine is away."""
    world.more = {"orphan_grace": 0}
    world.have(112)
    world.answers["host1"] = None
    assert world.reconcile()[1]["counts"] == {"unknown": 1}
    assert vlans(world.tor1) == [112]


def test_what_was_wrong_is_not_over_because_its_engine_cannot_be_asked(world):
    world.dispatched(("host1", 112))
    world.answers["host1"] = [listed(112)]
    world.have(112, name="Servers")
    assert "conflict on tor1" in world.reconcile()[1]["message"]
    world.answers["host1"] = None
    fine, result = world.reconcile()
    assert (fine, result["message"], result["counts"]) == (True, "", {"unknown": 1})
    world.answers["host1"] = [listed(112)]
    assert world.reconcile()[1]["message"] == ""


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_reconcile_that_could_ask_no_engine_never_says_in_sync(world, dry_run):
    world.answers = {"host1": None, "host2": None}
    for book in ([], [("host1", 112)]):
        world.dispatched(*book)
        fine, result = world.reconcile(dry_run=dry_run)
        assert (fine, result["changed"], result["message"]) == (True, False, "")
        assert sorted(result["engines_unreached"]) == ["host1", "host2"]
        assert "engine host1: unix:///1.sock: it does not answer." in result["table"]
        assert "in sync" not in json.dumps(result)
        assert ("no segments that are known of" in result["table"]) is (book == [])
    world.have(112)
    assert "in sync" not in json.dumps(world.reconcile(dry_run=dry_run)[1])


# Engines that drop all they had without a word.


def test_an_engine_that_drops_all_it_had_is_not_believed(world):
    world.have(112)
    world.have(113)
    world.dispatched(("host1", 112), ("host1", 113))
    for _ in range(3):
        status, result = world.reconcile()
        assert status
        assert result["engines_unreached"].keys() == {"host1"}
        assert "It lists 0 of the 2 networks" in result["table"]
        assert result["holds_released"] == {}
        assert {one["standing"] for one in result["findings"]} == {"unknown"}
        world.now += 3600
    assert sorted(vlans(world.tor1)) == [112, 113]
    assert holds.RELEASED not in world.values


@pytest.mark.parametrize(
    ("limits", "released"),
    [
        ({}, {112, 113}),
        ({"switch": "tor1"}, {112, 113}),
        ({"switch": "tor2"}, set()),
        ({"network": "net112"}, {112}),
        ({"network": "113"}, {113}),
    ],
)
def test_a_person_releases_what_is_held(world, limits, released):
    world.have(112)
    world.have(113)
    world.dispatched(("host1", 112), ("host1", 113))
    status, result = world.reconcile(release_holds=True, execution_id="", **limits)
    assert status, result
    told = holds.released(world.values.get(holds.RELEASED))
    assert told == ({"host1": {f"{vlan:064x}": world.now for vlan in released}} if released else {})
    assert result["holds_released"] == ({"host1": len(released)} if released else {})
    assert ("is released" in result["table"]) == bool(released)
    if len(released) == 2:
        assert {one["standing"] for one in result["findings"]} == {"orphan, waiting"}
    # The sensor takes it away, or a later reconcile does.
    assert sorted(vlans(world.tor1)) == [112, 113]


def test_what_has_been_released_goes_without_a_sensor_too(world):
    for vlan in (112, 113):
        world.have(vlan)
    world.dispatched(("host1", 112), ("host1", 113))
    assert world.reconcile(release_holds=True, execution_id="", network="net112")[0]
    world.reconcile()
    world.now += 600
    _, result = world.reconcile()
    # What is left of the engine's is still held, so that nothing of it is known.
    assert {one["standing"] for one in result["findings"]} == {"unknown"}
    assert world.reconcile(release_holds=True, execution_id="")[0]
    world.now += 600
    _, result = world.reconcile()
    assert result["engines_unreached"] == {}
    assert vlans(world.tor1) == []


def test_a_release_is_forgotten_after_a_day(world):
    world.have(112)
    world.dispatched(("host1", 112))
    assert world.reconcile(release_holds=True, execution_id="")[0]
    assert world.reconcile()[1]["engines_unreached"] == {}
    world.now += holds.KEPT
    assert world.reconcile()[1]["engines_unreached"].keys() == {"host1"}
    assert vlans(world.tor1) == [112]


def test_a_release_that_is_only_shown_releases_nothing(world):
    world.have(112)
    world.dispatched(("host1", 112))
    status, result = world.reconcile(release_holds=True, dry_run=True)
    assert (status, result["holds_released"]) == (True, {"host1": 1})
    assert holds.RELEASED not in world.values


def test_a_release_that_cannot_be_kept_is_an_error(world):
    world.have(112)
    world.dispatched(("host1", 112))
    world.broken = ("write",)
    status, result = world.reconcile(release_holds=True)
    assert (status, result["kind"]) == (False, "DatastoreUnreadable")
    assert holds.RELEASED in result["error"]


def test_the_timer_releases_nothing():
    text = (PACK / "workflows" / "docker-network-tor-reconcile.yaml").read_text(encoding="utf-8")
    assert "release" not in text


# Switches that cannot be reached, and sessions that end.


def test_a_dead_switch_hides_no_other(world):
    world.answers = {"host1": [listed(112)], "host2": [listed(113)]}
    del world.direct.switches["10.0.0.1"]
    fine, result = world.reconcile()
    assert not fine
    assert segments(world.tor2) == {(23, 113): ["10.1.113.1/24"]}
    first, second = result["switches"]
    assert (first["switch"], first["kind"], first["where"]) == (
        *("tor1", "SwitchUnreachable"),
        "10.0.0.1:22",
    )
    assert second == {"switch": "tor2"}
    assert "tor1 could not be put right: 10.0.0.1:22: no NETCONF session" in result["message"]
    assert "Ve 113 on rbridge 23 of tor2 is in service" in result["message"]
    assert world.slept == [2.0, 4.0]
    # Told once.
    assert world.reconcile()[1]["message"] == ""
    world.direct.switches["10.0.0.1"] = world.tor1
    fine, result = world.reconcile()
    assert (fine, segments(world.tor1)) == (True, {(21, 112): ["10.1.112.1/24"]})


# Whose it is.


def reporting(world):
    """`orphans: report`, as docker.yaml has it if it says nothing, and no grace."""
    world.more = {"orphan_grace": 0, "orphans": "report"}


def test_what_was_not_dispatched_from_here_is_reported_once_and_left(world):
    reporting(world)
    empty = world.tor1.running
    world.have(200)
    fine, result = world.reconcile()
    assert (fine, result["changed"], vlans(world.tor1)) == (True, False, [200])
    assert result["counts"] == {"orphan, reported": 1}
    assert result["message"].startswith(
        "Reconcile: tor1 has VLAN 200 under the pack's name, which no network calls for and which"
        " this installation has not dispatched: left as it is."
    )
    assert "orphans=remove takes it away" in result["table"]
    # Another one beside it is no news; that all of them have gone is.
    world.have(201)
    assert world.reconcile()[1]["message"] == ""
    world.tor1._store.restore(empty)
    assert "All is as it should be again" in world.reconcile()[1]["message"]


def test_it_is_reported_after_its_grace_only(world):
    """A segment that the sensor is just dispatching may be on the switch already."""
    reporting(world)
    world.more["orphan_grace"] = 600
    world.have(200)
    for passed, standing in ((0, "orphan, waiting"), (599, "orphan, waiting"), (1, "reported")):
        world.now += passed
        _, result = world.reconcile()
        assert standing in standings(result)[200, 21]
        assert bool(result["message"]) == (standing == "reported")


def test_a_person_takes_it_away(world):
    reporting(world)
    world.have(200)
    fine, result = world.reconcile(execution_id=None, orphans="remove")
    assert (fine, vlans(world.tor1), result["counts"]) == (True, [], {"orphan": 1})
    assert "Ve 200 on rbridge 21 of tor1 is removed" in result["message"]


def test_a_person_reports_where_the_configuration_removes(world):
    world.more = {"orphan_grace": 0}
    world.have(200)
    _, result = world.reconcile(orphans="report")
    assert (vlans(world.tor1), result["counts"]) == ([200], {"orphan, reported": 1})


def test_what_becomes_of_orphans_is_one_of_two_things(world):
    fine, result = world.reconcile(orphans="leave")
    assert (fine, result["kind"], world.seen) == (False, "InvalidValue", [])
    assert "orphans is 'leave', which is neither report nor remove" in result["error"]


def test_what_the_sensor_has_dispatched_goes(world):
    reporting(world)
    world.more["mass_removal_hold"] = 0
    world.dispatched(("host1", 200))
    world.have(200)
    world.have(201)
    fine, result = world.reconcile()
    assert (fine, vlans(world.tor1)) == (True, [201])
    assert result["counts"] == {"orphan": 1, "orphan, reported": 1}


def test_what_a_reconcile_has_added_goes_without_a_sensor(world):
    reporting(world)
    world.answers["host1"] = [listed(112)]
    world.reconcile(network="net112")
    world.answers["host1"] = []
    fine, result = world.reconcile()
    assert (fine, vlans(world.tor1), result["counts"]) == (True, [], {"orphan": 1})


def test_what_a_reconcile_has_added_is_remembered_before_it_is_added(world):
    reporting(world)
    world.answers["host1"] = [listed(112)]
    world.at(2, lambda: world.seen.append(("kept", sorted(world.remember().added))) or BEFORE)
    world.reconcile()
    assert ("kept", [("tor1", 21, 112)]) in world.seen


def test_what_another_run_adds_meanwhile_is_remembered_too(world):
    """One by hand for a network, while the timer's is at the switches."""
    reporting(world)
    world.answers["host1"] = [listed(112)]

    def by_hand():
        kept = world.remember()
        other = kept._replace(added=kept.added | {("tor2", 23, 113)})
        world.values[memory.NAME] = memory.dump(other)

    world.at(2, by_hand)
    world.reconcile()
    assert world.remember().added == {("tor1", 21, 112), ("tor2", 23, 113)}


def test_a_memory_that_cannot_be_written_is_told_and_does_not_keep_it_from_adding(world):
    world.broken = ("write",)
    world.answers["host1"] = [listed(112)]
    fine, result = world.reconcile()
    assert (fine, result["kind"]) == (False, "DatastoreUnreadable")
    assert segments(world.tor1) == {(21, 112): ["10.1.112.1/24"]}


def test_what_was_seen_gone_is_anothers_when_it_is_there_again(world):
    reporting(world)
    world.answers["host1"] = [listed(112)]
    world.reconcile()
    world.answers["host1"] = []
    world.reconcile()
    assert vlans(world.tor1) == []
    world.reconcile()
    world.have(112)
    _, result = world.reconcile()
    assert (vlans(world.tor1), result["counts"]) == ([112], {"orphan, reported": 1})


def test_a_switch_that_cannot_be_looked_at_forgets_nothing(world):
    reporting(world)
    world.answers["host1"] = [listed(112)]
    world.reconcile()
    world.answers["host1"] = []
    del world.direct.switches["10.0.0.1"]
    world.reconcile()
    world.direct.switches["10.0.0.1"] = world.tor1
    world.reconcile()
    assert vlans(world.tor1) == []


def test_a_bare_vlan_of_a_run_that_failed_goes(world):
    """Of whatever rbridge it was to be."""
    reporting(world)
    world.more["mass_removal_hold"] = 0
    world.more["switches"] = world.raw["switches"][:1]
    world.more["engines"] = world.raw["engines"][:1]
    world.dispatched(("host1", 200))
    world.tor1.edit(payloads.vlan(200, NAME), payloads.vlan(201, NAME))
    _, result = world.reconcile()
    assert standings(result) == {(200, 0): "orphan", (201, 0): "orphan, reported"}
    assert vlans(world.tor1) == [201]


def test_two_installations_on_one_switch_leave_each_others_segments_alone(world):
    """Each with its engines, its sensor's ledger and its datastore; one name for their VLANs."""
    reporting(world)
    mine = {"host1": [listed(112), listed(113)], "host2": []}
    theirs = {"host1": [listed(114), listed(115)], "host2": []}
    values = {"mine": {}, "theirs": {}}

    def reconciled(whose, answers):
        world.answers, world.values = answers, values[whose]
        return world.reconcile()[1]

    for _ in range(2):
        reconciled("mine", mine)
        reconciled("theirs", theirs)
    assert vlans(world.tor1) == [112, 113, 114, 115]
    # Of what is not called for any more each takes its own away.
    assert reconciled("mine", {**mine, "host1": []})["counts"] == {
        "orphan": 2,
        "orphan, reported": 2,
    }
    assert vlans(world.tor1) == [114, 115]
    reconciled("theirs", {**theirs, "host1": [listed(115)]})
    assert vlans(world.tor1) == [115]


# Logins that were denied.


def test_a_refused_login_is_not_tried_again(world):
    """An account must not get locked."""
    world.direct.switches["10.0.0.2"] = Switch(rbridge_ids=(23,), password="an0ther")
    world.answers = {"host1": [listed(112)], "host2": [listed(113)]}
    fine, result = world.reconcile()
    assert not fine
    assert result["switches"][1]["kind"] == "AuthenticationFailed"
    assert [one for one in world.seen if one[0] == "10.0.0.2"] == [("10.0.0.2", "hello")]
    assert segments(world.tor1) == {(21, 112): ["10.1.112.1/24"]}
    # Nor by the runs that follow by themselves.
    for _ in range(2):
        _, result = world.reconcile()
        assert "no account gets locked" in result["switches"][1]["error"]
        assert [one for one in world.seen if one[0] == "10.0.0.2"] == []
    # A person may.
    _, result = world.reconcile(execution_id=None)
    assert [one for one in world.seen if one[0] == "10.0.0.2"] == [("10.0.0.2", "hello")]
    world.direct.switches["10.0.0.2"] = world.tor2
    assert world.reconcile(execution_id=None)[0]
    assert world.remember().denied == {}


def test_a_login_that_was_corrected_is_tried(world):
    world.direct.switches["10.0.0.2"] = Switch(rbridge_ids=(23,), password="an0ther")
    world.answers = {"host1": [listed(112)], "host2": [listed(113)]}
    world.reconcile()
    world.more = {
        "switches": [
            world.raw["switches"][0],
            {**world.raw["switches"][1], "password": "an0ther"},
        ]
    }
    fine, result = world.reconcile()
    assert fine, result["switches"]


def test_the_datastore_has_nothing_of_the_password_that_was_denied(world, monkeypatch, tmp_path):
    """A machine's own secret is in the mark, so that each machine tries once."""
    world.direct.switches["10.0.0.2"] = Switch(rbridge_ids=(23,), password="an0ther")
    tries = []
    for machine in ("a", "b", "a", "b"):
        folder = tmp_path / machine
        folder.mkdir(exist_ok=True)
        monkeypatch.setenv("TMPDIR", str(folder))
        world.reconcile()
        tries.append(sum(host == "10.0.0.2" for host, _ in world.seen))
    assert tries == [1, 1, 0, 0]
    one, other = world.remember().denied["tor2"]
    assert one != other
    for salt in tmp_path.glob("*/*/salt"):
        assert salt.read_bytes().hex() not in json.dumps(world.values)


def test_a_mark_of_version_0_2_0_is_dropped(world):
    world.values[memory.NAME] = json.dumps({"version": 1, "denied": {"tor2": "5f1a"}})
    assert world.remember().denied == {}
    world.reconcile()
    assert "5f1a" not in world.values[memory.NAME]


def test_a_login_that_is_refused_is_told_once(world):
    world.direct.switches["10.0.0.2"] = Switch(rbridge_ids=(23,), password="an0ther")
    _, result = world.reconcile()
    assert "tor2 could not be put right: 10.0.0.2:22: the switch has refused" in result["message"]
    for _ in range(2):
        fine, result = world.reconcile()
        assert (fine, result["message"]) == (False, "")


def test_a_user_who_may_not_edit_is_no_login_that_is_refused(world):
    """Once the user has the role, all is well without anybody's doing."""

    class NoRole(Faults):
        def judge(self, operation):
            if operation == "edit-config":
                return Verdict(errors=(SwitchError("access-denied", "not this user"),))
            return super().judge(operation)

    world.answers["host1"] = [listed(112)]
    world.tor1._core.faults = NoRole()
    fine, result = world.reconcile()
    assert (fine, result["switches"][0]["kind"]) == (False, "AuthenticationFailed")
    assert "does not let this user" in result["message"]
    world.tor1._core.faults = Faults()
    assert world.reconcile()[0]
    assert segments(world.tor1) == {(21, 112): ["10.1.112.1/24"]}


def test_orphans_of_a_switch_that_cannot_be_reached_are_remembered_as_they_were(world):
    world.have(200)
    world.reconcile()
    del world.direct.switches["10.0.0.1"]
    world.now += 300
    world.reconcile()
    assert world.remember().orphans == {("tor1", 21, 200): START}
    world.direct.switches["10.0.0.1"] = world.tor1
    world.now += 300
    world.reconcile()
    assert vlans(world.tor1) == []


def test_orphans_of_a_switch_that_is_not_configured_any_more_are_forgotten(world):
    world.values[memory.NAME] = memory.dump(Memory({("sold", 21, 112): 1.0}))
    world.reconcile()
    assert world.remember().orphans == {}


def busy(world):
    """Something to add, to repair, and to remove, on both rbridges."""
    world.more = {"orphan_grace": 0, "save_config": True}
    second = {**listed(113, parent="eth1"), "Id": "e" * 64}
    world.answers["host1"] = [listed(112), listed(113), second, listed(114)]
    world.have(113, "10.1.113.9/24")
    world.have(114)
    world.tor1.edit(payloads.shutdown(21, 114))
    world.have(200)
    world.tor1.edit(payloads.ve(22, 200), payloads.address(22, 200, "10.1.113.1/24"))


RIGHT = {
    (21, 112): ["10.1.112.1/24"],
    (21, 113): ["10.1.113.1/24"],
    (21, 114): ["10.1.114.1/24"],
    (22, 113): ["10.1.113.1/24"],
}


def test_a_session_that_is_cut_anywhere_is_taken_up_again(world):
    """At every RPC, before it is applied and after: all is right, and all of it is told."""
    busy(world)
    was = world.tor1.running
    _, whole = world.reconcile()
    rpcs = [operation for host, operation in world.seen if host == "10.0.0.1"]
    save = rpcs.index("bna-config-cmd") + 1
    assert save > 20
    for number in range(1, len(rpcs)):
        for when in (BEFORE, AFTER):
            world.tor1 = Switch(rbridge_ids=(21, 22), password=PASSWORD)
            world.direct.switches["10.0.0.1"] = world.tor1
            busy(world)
            assert world.tor1.running == was
            world.at(number, when)
            fine, result = world.reconcile()
            assert fine, (number, when, result)
            assert (segments(world.tor1), sorted(vlans(world.tor1))) == (RIGHT, [112, 113, 114])
            assert result["changed"] is True
            if number < save:
                assert result["message"] == whole["message"], (number, when)
                saves = [rpc for rpc in world.tor1.rpcs if rpc.operation == "bna-config-cmd"]
                assert (len(saves), world.tor1.startup) == (1, world.tor1.running)
            else:
                lines = result["message"].split("\n")
                assert lines[1].startswith("- the running config of tor1 is NOT saved: 10.0.0.1:22")
                assert lines[2:] == whole["message"].split("\n")[1:], (number, when)
            assert world.reconcile()[1]["counts"] == {"in sync": 4}
            assert edits(world.tor1) == 0


def test_what_breaks_off_too_often_is_told_and_finished_by_the_next_run(world):
    busy(world)
    for number in (6, 10, 14):
        world.at(number, AFTER)
    fine, result = world.reconcile()
    assert not fine
    # Something was done, and nobody can say what.
    assert result["changed"] is None
    assert "tor1 could not be put right: 10.0.0.1:22: the session ended" in result["message"]
    assert world.slept == [2.0, 4.0]
    assert "in sync" not in json.dumps(world.values)
    fine, result = world.reconcile()
    assert (fine, segments(world.tor1)) == (True, RIGHT)
    assert "could not be put right" not in result["message"]


def test_a_switch_that_is_not_ready_at_first(world):
    world.answers["host1"] = [listed(112)]
    world.tor1.faults.set(transient="NODE_IS_NOT_READY", transient_rpcs=2)
    fine, result = world.reconcile()
    assert (fine, result["changed"]) == (True, True)
    assert world.slept == [2.0, 4.0]
    world.tor1.edit(payloads.shutdown(21, 112))
    world.tor1.faults.set(locked_by_other=True, operations={"edit-config"})
    fine, result = world.reconcile()
    assert (fine, result["switches"][0]["kind"]) == (False, "SwitchBusy")
    assert (result["changed"], world.slept[2:]) == (None, [2.0, 4.0])


def test_what_the_switch_refuses_is_undone_and_the_others_stand(world):
    world.answers["host1"] = [listed(112), listed(113, "10.10.10.0/24"), listed(114)]
    fine, result = world.reconcile()
    assert not fine
    # 10.10.10.1 is that of the seed's Ve 10.
    assert sorted(segments(world.tor1)) == [(21, 112), (21, 114)]
    assert sorted(vlans(world.tor1)) == [112, 114]
    (failed,) = (one for one in result["findings"] if one["vlan"] == 113)
    assert (failed["kind"], failed["did"], failed["left"]) == ("SwitchRefused", [], [])
    assert "Ve 113 on rbridge 21 of tor1 could NOT be put in service" in result["message"]
    assert "The switch is as it was." in result["message"]
    fine, result = world.reconcile()
    assert (fine, result["message"], result["changed"]) == (False, "", False)


def test_the_running_config_is_saved_once_if_it_was_changed(world):
    world.answers["host1"] = [listed(112), listed(113)]
    world.reconcile()
    assert not any("bna" in rpc.operation for rpc in world.tor1.rpcs)
    world.more["save_config"] = True
    world.reconcile()
    assert not any("bna" in rpc.operation for rpc in world.tor1.rpcs)
    world.answers["host1"] = [listed(112), listed(114)]
    world.reconcile(dry_run=True)
    assert not any("bna" in rpc.operation for rpc in world.tor1.rpcs)
    world.reconcile()
    assert [rpc.operation for rpc in world.tor1.rpcs if "bna" in rpc.operation] == [
        *("bna-config-cmd", "bna-config-cmd-status")
    ]
    assert world.tor1.startup == world.tor1.running
    assert not any("bna" in rpc.operation for rpc in world.tor2.rpcs)


def test_a_save_that_fails_is_told_once_and_the_run_succeeds(world):
    world.more["save_config"] = True
    world.answers["host1"] = [listed(112)]
    world.tor1.faults.save_fails = True
    fine, result = world.reconcile()
    assert (fine, segments(world.tor1)) == (True, {(21, 112): ["10.1.112.1/24"]})
    assert "the running config of tor1 is NOT saved: " in result["message"]
    # Still not: so nobody is told that all is as it should be.
    fine, result = world.reconcile()
    assert (fine, result["message"]) == (True, "")


# The datastore.


def test_a_datastore_that_cannot_be_read_stops_all(world):
    """Without the ledger nobody knows what engines that are away have."""
    world.have(200)
    world.broken = ("read",)
    fine, result = world.reconcile()
    assert (fine, result["kind"], result["changed"]) == (False, "DatastoreUnreadable", False)
    assert world.seen == []
    assert world.plan()[1]["kind"] == "DatastoreUnreadable"


def test_a_ledger_that_is_none_stops_all(world):
    world.values[last_applied.NAME] = '{"segments": 7}'
    fine, result = world.reconcile()
    assert (fine, result["kind"], world.seen) == (False, "DatastoreUnreadable", [])


def test_what_was_done_is_told_though_it_cannot_be_remembered(world):
    world.answers["host1"] = [listed(112)]
    world.broken = ("write",)
    fine, result = world.reconcile()
    assert (fine, result["kind"], result["changed"]) == (False, "DatastoreUnreadable", True)
    assert "docker_tor.reconcile cannot be written" in result["error"]
    assert "Ve 112 on rbridge 21 of tor1 is in service" in result["message"]
    assert segments(world.tor1) == {(21, 112): ["10.1.112.1/24"]}


# Limits by hand.


@pytest.mark.parametrize("which", ["net112", f"{112:064x}", f"{112:064x}"[:12], "112"])
def test_one_network_by_its_name_id_or_vlan(world, which):
    # Beginnings of ids that are shorter than docker's own mean nothing.
    other = {**listed(113), "Name": "another", "Id": "f" * 64}
    world.answers["host1"] = [listed(112), other]
    world.have(200)
    fine, result = world.reconcile(network=which)
    assert fine
    assert standings(result) == {(112, 21): "missing"}
    assert segments(world.tor1) == {(21, 112): ["10.1.112.1/24"], (21, 200): ["10.1.200.1/24"]}
    assert standings(world.plan(network=which)[1]) == {(112, 21): "in sync"}


@pytest.mark.parametrize("which", ["ffffffffffff", "f" * 64, "another"])
def test_only_what_was_asked_for(world, which):
    world.answers["host1"] = [listed(112), {**listed(113), "Name": "another", "Id": "f" * 64}]
    assert standings(world.plan(network=which)[1]) == {(113, 21): "missing"}


def test_a_vlan_that_there_is_none_of(world):
    world.answers["host1"] = [listed(112)]
    for fine, result in (world.reconcile(network="400"), world.plan(network="400")):
        assert (fine, result["kind"]) == (False, "InvalidValue")
        assert "no segment is on VLAN 400" in result["error"]


@pytest.mark.parametrize("which", ["f" * 11, "net", "net1122", "*"])
def test_a_network_that_there_is_none_of(world, which):
    world.answers["host1"] = [listed(112), {**listed(113), "Name": "another", "Id": "f" * 64}]
    for fine, result in (world.reconcile(network=which), world.plan(network=which)):
        assert (fine, result["kind"]) == (False, "InvalidValue")
        assert f"no segment is for a network {which!r}" in result["error"]
    assert segments(world.tor1) == {}


def test_a_network_that_is_refused_says_why(world):
    rival = {**listed(113, "10.1.112.0/25"), "Created": "2027-01-01T00:00:00Z"}
    world.answers["host1"] = [listed(112), rival]
    fine, result = world.plan(network="net113")
    assert (fine, result["kind"]) == (False, "SegmentConflict")
    assert "subnet 10.1.112.0/25 overlaps that of network net112 on VLAN 112" in result["error"]
    fine, result = world.reconcile()
    assert (fine, result["counts"]) == (True, {"missing": 1})
    (refused,) = result["refused"]
    assert (refused["name"], "overlaps" in refused["reason"]) == ("net113", True)
    assert "network net113 is refused: subnet 10.1.112.0/25 overlaps" in result["table"]


def test_a_network_that_is_passed_over_says_why(world):
    world.answers["host1"] = [{**listed(113), "Options": {"parent": "vlan113"}}]
    fine, result = world.plan(network="net113")
    assert (fine, result["kind"]) == (False, "InvalidValue")
    assert "its parent vlan113 carries no tag that can be seen" in result["error"]
    assert "uplinks" in result["remedy"]


def test_an_ambiguous_name_is_refused_with_the_ids_and_changes_nothing(world):
    other = {**listed(113), "Name": "net112", "Id": "f" * 64}
    world.answers["host1"] = [listed(112), other]
    for fine, result in (world.reconcile(network="net112"), world.plan(network="net112")):
        assert (fine, result["kind"]) == (False, "InvalidValue")
        assert f"{112:064x}"[:12] in result["error"]
        assert "ffffffffffff of engine host1" in result["error"]
    assert segments(world.tor1) == {}


def test_a_run_for_one_network_remembers_nothing_of_the_rest(world):
    """Orphans go on waiting, and what is wrong elsewhere is told by the next run that sees it."""
    world.have(200)
    del world.direct.switches["10.0.0.2"]
    world.reconcile()
    kept = world.remember()
    world.answers["host1"] = [listed(112)]
    world.now += 300
    _, result = world.reconcile(network="112")
    assert world.remember() == kept._replace(added=frozenset({("tor1", 21, 112)}))
    assert "All is as it should be" not in result["message"]
    # By its VLAN, an orphan that has been seen for long enough can be had at once.
    world.now += 300
    world.reconcile(network="200")
    assert vlans(world.tor1) == [112]


def test_an_orphan_that_no_run_has_seen_before_waits_though_its_vlan_is_named(world):
    world.have(200)
    for _ in range(2):
        assert world.reconcile(network="200")[1]["counts"] == {"orphan, waiting": 1}
        world.now += 10_000
    assert vlans(world.tor1) == [200]


@pytest.mark.parametrize("named", ["tor1", "10.0.0.1"])
def test_one_switch_by_its_name_or_address(world, named):
    world.answers = {"host1": [listed(112)], "host2": [listed(113)]}
    fine, result = world.reconcile(switch=named)
    assert (fine, [one["switch"] for one in result["switches"]]) == (True, ["tor1"])
    assert (len(segments(world.tor1)), len(segments(world.tor2))) == (1, 0)
    assert {host for host, _ in world.seen} == {"10.0.0.1"}


def test_a_run_for_one_switch_does_not_say_that_all_is_well_elsewhere(world):
    del world.direct.switches["10.0.0.2"]
    assert "tor2 could not be put right" in world.reconcile()[1]["message"]
    world.have(200)
    fine, result = world.reconcile(switch="tor1")
    assert (fine, result["message"]) == (True, "")
    assert world.remember().orphans == {("tor1", 21, 200): START}
    # Known already, since before that.
    assert world.reconcile()[1]["message"] == ""
    world.direct.switches["10.0.0.2"] = world.tor2
    assert "All is as it should be again." in world.reconcile()[1]["message"]


def test_a_switch_that_is_not_configured(world):
    for fine, result in (world.reconcile(switch="tor9"), world.plan(switch="tor9")):
        assert (fine, result["kind"]) == (False, "ConfigError")
        assert result["remedy"] == "There are: tor1, tor2."
    assert (world.seen, world.values) == ([], {})


NO_SWITCH = {"engines": [{"name": "host1", "url": "unix:///1.sock"}]}
NO_ENGINE = {"switches": [{"host": "h", "username": "u", "password": PASSWORD, "rbridge_id": 1}]}


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (None, "no Docker Engine is configured."),
        ({}, "no Docker Engine is configured."),
        ({"channel": "network"}, "no Docker Engine is configured."),
        (NO_ENGINE, "no Docker Engine is configured."),
        (NO_SWITCH, "no switch is configured."),
        # As whoever had the Exchange's docker pack has it.
        ({"url": "unix:///1.sock"}, "no switch is configured."),
    ],
)
def test_the_timers_run_ends_well_as_long_as_nothing_is_configured(world, raw, why):
    by_timer = {"dry_run": False, "execution_id": "5f1"}
    fine, result = run.run(raw, by_timer, world.read, world.write)
    assert fine
    assert result["table"] == f"Nothing to reconcile yet: {why}"
    assert (result["changed"], result["counts"], result["message"]) == (False, {}, "")
    assert world.seen == []
    assert world.values == {}


@pytest.mark.parametrize("raw", [{"engines": 7}, {**NO_SWITCH, "channle": "x"}])
def test_the_timers_run_tells_of_a_configuration_that_is_wrong(world, raw):
    by_timer = {"dry_run": False, "execution_id": "5f1"}
    fine, result = run.run(raw, by_timer, world.read, world.write)
    assert (fine, result["kind"]) == (False, "ConfigError")


@pytest.mark.parametrize("raw", [{}, {"engines": 7}, {"switches": []}, NO_SWITCH, NO_ENGINE])
def test_without_a_configuration_there_is_nothing_to_compare(world, raw):
    for found in (
        run.run(raw, {"dry_run": False}, world.read, world.write),
        run.plan(raw, {}, world.read),
    ):
        assert (found[0], found[1]["kind"]) == (False, "ConfigError")


# What others do meanwhile.


def remove_by_run(world, vlan=112):
    world_segments = [{"vlan": vlan, "rbridge": 21, "action": "destroy"}]
    return lambda: quiet(
        segment_actions.apply(
            world.raw, {"host": "tor1", "segments": world_segments}, lambda _name: None
        )
    )


def create_by_run(world, *addresses, vlan=112):
    given = [{"vlan": vlan, "rbridge": 21, "addresses": list(addresses)}]
    return lambda: quiet(
        segment_actions.apply(world.raw, {"host": "tor1", "segments": given}, lambda _name: None)
    )


def quiet(_result):
    """What a hook returns: the connection is not cut."""
    return ""


def by_hand(world, *configs):
    def edit():
        for config in configs:
            # Somebody may have been quicker.
            with contextlib.suppress(SwitchError):
                world.tor1.edit(config)

    return edit


MEANWHILE = {
    "a run brings the same about": lambda world: create_by_run(world, "10.1.112.1/24"),
    "a run brings another about": lambda world: create_by_run(world, "10.1.112.9/24"),
    "a run wants a subnet that is called for": lambda world: create_by_run(
        world, "10.1.112.9/24", vlan=300
    ),
    "a run takes it away": remove_by_run,
    "a run takes the orphan away": lambda world: remove_by_run(world, 200),
    "somebody takes it away": lambda world: by_hand(
        world,
        payloads.ve(21, 112, delete=True),
        payloads.global_ve(112, delete=True),
        payloads.vlan(112, delete=True),
    ),
    "somebody renames it": lambda world: by_hand(world, payloads.vlan(112, "Mine now")),
    "somebody shuts it": lambda world: by_hand(
        world, payloads.shutdown(21, 112), payloads.global_shutdown(112)
    ),
    "somebody adds to the orphan": lambda world: by_hand(
        world, payloads.address(21, 200, "fd00:9::9/64")
    ),
}


@pytest.mark.parametrize("there", ["nothing", "all", "the half"])
@pytest.mark.parametrize("what", MEANWHILE)
def test_whatever_others_do_between_two_rpcs_the_next_run_ends_right(world, what, there):
    """At each RPC of a run, by a second session."""
    number = 1
    while True:
        world.tor1 = Switch(rbridge_ids=(21, 22), password=PASSWORD)
        world.direct.switches["10.0.0.1"] = world.tor1
        world.more = {"orphan_grace": 0}
        world.answers["host1"] = [listed(112), listed(113)]
        world.have(200)
        if there == "all":
            world.have(112)
        if there == "the half":
            world.tor1.edit(*payloads.segment(21, 112, "10.1.112.1/24", NAME)[:3])
        world.hooks.clear()
        world.at(number, MEANWHILE[what](world))
        world.reconcile()
        if world.hooks:
            break
        if what == "somebody renames it":
            # It is theirs from then on: whatever they did, it is touched no more.
            mine = rules.vlans(world.tor1.running.tree).get("112", {}).get("vlan-name") == NAME
            fine, result = world.reconcile()
            assert fine, (number, result)
            assert mine or (result["counts"], edits(world.tor1)) == (
                *({"conflict": 1, "in sync": 1}, 0),
            )
        else:
            fine, result = world.reconcile()
            assert fine, (number, result)
            assert segments(world.tor1) == {
                (21, 112): ["10.1.112.1/24"],
                (21, 113): ["10.1.113.1/24"],
            }, number
            assert sorted(vlans(world.tor1)) == [112, 113]
        world.reconcile()
        assert edits(world.tor1) == 0, number
        number += 1
    assert number > 5


# Over SSH, as it is.


def test_over_ssh_with_engines_that_answer_over_http(tmp_path):
    """All the real parts: one switch is dead, the other is put right, and found so."""
    pytest.importorskip("asyncssh", reason="the lab's switch needs asyncssh for SSH")
    values = {}
    with Engine(unix=str(tmp_path / "1.sock")) as engine, Switch(password=PASSWORD) as switch:
        engine.create("net112", "macvlan", "eth0.112", ["10.1.112.0/24"])
        dead = Switch(password=PASSWORD).start()
        dead.stop()
        raw = {
            "engines": [
                {
                    "name": "host1",
                    "url": engine.unix_url,
                    "uplinks": [{"parent": "eth0", "switch": "tor1", "rbridge_id": 21}],
                }
            ],
            "switches": [
                {
                    "name": name,
                    "host": one.host,
                    "port": one.port,
                    "username": "admin",
                    "password": PASSWORD,
                    "host_key": one.host_key,
                }
                for name, one in (("tor1", switch), ("tor2", dead))
            ],
        }
        slept = []
        for edits_sent in (5, 0):
            switch.forget_rpcs()
            fine, result = run.run(
                raw, {"dry_run": False}, values.get, values.__setitem__, sleep=slept.append
            )
            assert not fine
            assert result["switches"][1]["kind"] == "SwitchUnreachable"
            assert segments(switch) == {(21, 112): ["10.1.112.1/24"]}
            assert edits(switch) == edits_sent
        assert slept == [2.0, 4.0] * 2


def test_the_stand_in_for_ssh_sees_what_ssh_does():
    """The same run: the same RPCs, the same answers, the same config in the end."""
    pytest.importorskip("asyncssh", reason="the lab's switch needs asyncssh for SSH")
    raw = {
        "switches": [
            {
                "name": "tor1",
                "host": "127.0.0.1",
                "username": "admin",
                "password": PASSWORD,
                "host_key": "ignore",
            }
        ]
    }
    given = {
        "host": "tor1",
        "segments": [
            {"vlan": 112, "rbridge": 21, "addresses": ["10.1.112.1/24", "10.2.0.1/24"]},
            {"vlan": 113, "rbridge": 21, "addresses": ["10.10.10.9/24"]},
            {"vlan": 114, "rbridge": 99, "addresses": ["10.1.114.1/24"]},
            {"vlan": 10, "rbridge": 21, "action": "destroy"},
        ],
    }
    with Switch(password=PASSWORD) as over_ssh:
        raw["switches"][0]["port"] = over_ssh.port
        told = [segment_actions.apply(raw, given, lambda _name: None, clock=lambda: 0.0)]
    without = Switch(password=PASSWORD)
    with Direct({"127.0.0.1": without}).instead_of_ssh():
        assert session._connect.__self__.switches
        told.append(segment_actions.apply(raw, given, lambda _name: None, clock=lambda: 0.0))
    assert told[0] == told[1]
    assert not told[0][0]
    assert over_ssh.running == without.running
    first, second = ([(one.operation, one.result) for one in s.rpcs] for s in (over_ssh, without))
    assert first == second
