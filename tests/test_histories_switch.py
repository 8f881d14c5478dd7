"""Whatever happens, and in whatever order, the switch ends as Docker says: after the last run, one
reconcile.

The histories are those of test_histories, in which the real controller dispatches. Here what it
dispatched is carried out by the pack's own actions in any order, one RPC of one run at a time, with
connections cut, runs killed half way, and people at the switch's console. The switch is the lab's,
without SSH.
"""

import contextlib
import ipaddress
import itertools
import time
from typing import Any, Callable, Dict, List, Mapping, Optional, Set, Tuple
from unittest import mock

import pytest
from direct import AFTER, BEFORE, Direct, Piece, Steps, no_waiting, one_by_one
from docker_tor.actions import edit, undo
from docker_tor.actions import ports as ports_action
from docker_tor.actions import reconcile as reconcile_action
from docker_tor.actions import segments as segment_actions
from docker_tor.common import parallel, retry
from docker_tor.common.datastore import Keys
from docker_tor.common.errors import EngineUnreachable
from docker_tor.config.platforms import NOS
from docker_tor.config.settings import DEFAULT_VLAN_NAME
from docker_tor.controller import triggers
from docker_tor.desired import port_records
from docker_tor.reconcile import discovery
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from records import keys_of
from test_histories import (
    CONFIG,
    ENGINES,
    NUMBERS,
    PORTS,
    VLANS,
    History,
    Places,
    Wired,
    place_of,
    wired,
)

from lab.switch import Switch, SwitchError, nos, payloads, ports, values
from lab.switch.faults import NOT_READY

HOST = CONFIG["switches"][0]["host"]
SEEDED = ("10", "20", "30")
ALLOWED_BEFORE = {
    port: {10, *([101] if port.endswith("0/3") else [])}
    for port in sorted(set().union(*PORTS.values()))
}
"""The VLANs that ports carried before the pack came, one of which it will need there."""
SEGMENT = ("vlan", "subnet", "addresses", "rbridge", "action", "networks", "ports", "ports_gone")
PATIENCE = 2.5
"""Seconds for which a run tries again, on a clock that its pauses move: three tries."""
RPCS = st.sampled_from([0, 1, 2, 3, 5, 8, 13, 40])
Facts = Set[Tuple[Any, ...]]
"""What there is of segments: VLANs with their names, global Ves, and Ves with their addresses."""


class World(History):
    """Engines, sensors and outages; a switch, and the runs that are under way."""

    def __init__(self) -> None:
        self.numbers = itertools.count(1)
        self.dispatched: List[triggers.Trigger] = []
        self.vdx = Switch(rbridge_ids=(21, 22))
        for port, vlans in ALLOWED_BEFORE.items():
            self.vdx.edit(payloads.vlans_on(port, values.list_of_vlans(vlans)))
        self.seeded = seeded(self.vdx)
        self.theirs = {(vlan, port) for port, vlans in ALLOWED_BEFORE.items() for vlan in vlans}
        self.disturbed = False
        self.steps = Steps()
        self.cuts: Dict[str, List[str]] = {}
        self.patched = contextlib.ExitStack()
        for patch in (
            Direct({HOST: self.vdx}, self.on_rpc).instead_of_ssh(),
            mock.patch.object(parallel, "run", one_by_one),
            mock.patch.object(retry, "OUTSIDE", no_waiting()),
            mock.patch.object(discovery, "list_networks", lambda engine: self.asked(engine.name)),
        ):
            self.patched.enter_context(patch)
        super().__init__()

    @initialize(
        made=st.lists(st.tuples(st.sampled_from(ENGINES), NUMBERS, VLANS), min_size=1, max_size=4),
        carried_out=st.booleans(),
    )
    def begin_with(self, made: List[Tuple[str, int, int]], carried_out: bool) -> None:
        """The first networks are there; what they call for has been carried out, or not yet."""
        for engine, number, vlan in made:
            self.create(engine, number, vlan, told=1)
        if carried_out:
            self.carry_out_all()

    def tell(self, engine: str) -> None:
        """The sensors get round to their work at once: else little would ever be carried out."""
        super().tell(engine)
        for made, _ in self.sensors:
            made.settle()

    def dispatch(self, trigger: triggers.Trigger, known: Mapping[str, Places]) -> None:
        super().dispatch(trigger, known)
        if trigger.name in (triggers.NETWORK_EVENT, triggers.NETWORK_BATCH):
            self.dispatched.append(trigger)

    def asked(self, engine: str) -> List[Any]:
        """What reconcile is answered when it asks an engine."""
        if engine in self.away:
            raise EngineUnreachable("it does not answer", where=engine)
        return list(self.truth[engine].values())

    def on_rpc(self, _host: str, _operation: str) -> str:
        """Whatever goes on stops before each RPC, and may find its connection cut."""
        self.steps.stop()
        running = self.steps.running
        cuts = self.cuts.get(running.name) if running else None
        return cuts.pop() if cuts else ""

    # What StackStorm does.

    @rule(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        """A run begins, of whatever has been dispatched (the order means nothing), or a
        reconcile."""
        at = data.draw(st.integers(0, len(self.dispatched)))
        self.disturbed |= bool(self.steps.pieces)
        if at < len(self.dispatched):
            self.begin_run(self.dispatched.pop(at), chain=data.draw(st.booleans()))
        elif not any(piece.name.startswith("reconcile") for piece in self.steps.pieces):
            grace = data.draw(st.sampled_from([0, 600]))
            name = f"reconcile {next(self.numbers)}"
            self.steps.begin(name, lambda: self.reconcile(grace))
        if self.steps.pieces:
            self.go_on(self.steps.pieces[-1], data.draw(RPCS))

    def begin_run(self, trigger: triggers.Trigger, chain: bool) -> None:
        payload = trigger.payload
        if trigger.name == triggers.NETWORK_EVENT and payload["action"] != "destroy" and chain:
            self.steps.begin(f"chain {next(self.numbers)}", lambda: self.run_chain(payload))
        else:
            self.steps.begin(f"run {next(self.numbers)}", lambda: self.run_segments(payload))

    @precondition(lambda self: self.steps.pieces)
    @rule(data=st.data(), rpcs=RPCS)
    def go_on_with(self, data: st.DataObject, rpcs: int) -> None:
        """A run goes on for so many RPCs."""
        self.go_on(self.piece(data), rpcs)

    def go_on(self, piece: Piece, rpcs: int) -> None:
        for _ in range(rpcs):
            if not piece.over:
                self.steps.go(piece)

    @precondition(lambda self: self.steps.pieces)
    @rule(data=st.data(), where=st.lists(st.sampled_from([BEFORE, AFTER, AFTER]), max_size=4))
    def cut(self, data: st.DataObject, where: List[str]) -> None:
        """A run loses its connection at its next RPC, and perhaps again at those that follow; or
        its process is killed, and nobody undoes what it did."""
        piece = self.piece(data)
        self.disturbed = True
        if where:
            self.cuts[piece.name] = where
            self.steps.go(piece)
        else:
            self.steps.kill(piece)

    def piece(self, data: st.DataObject) -> Piece:
        at = data.draw(st.integers(0, len(self.steps.pieces) - 1))
        return self.steps.pieces[at]

    # What goes on at the switch.

    @rule(data=st.data())
    def meddle(self, data: st.DataObject) -> None:
        """The switch is not ready for a few RPCs, or somebody changes a Ve of the pack's at the
        console."""
        edits: Dict[str, Callable[[int, int], str]] = {
            "not ready": lambda _rbridge, _vlan: "",
            "shut": payloads.shutdown,
            "shut globally": lambda _rbridge, vlan: payloads.global_shutdown(vlan),
            "an address more": lambda rbridge, vlan: payloads.address(
                rbridge, vlan, "fd00:9::9/64"
            ),
            "the Ve away": lambda rbridge, vlan: payloads.ve(rbridge, vlan, delete=True),
        }
        edit = data.draw(st.sampled_from(sorted(edits)))
        ves = [(int(one[2]), int(one[1])) for one in made_on(self.vdx) if one[0] == "Ve"]
        if edit == "not ready":
            rpcs = data.draw(st.integers(1, 5))
            self.vdx.faults.set(refuse=NOT_READY, refuse_rpcs=rpcs)
        elif ves:
            with contextlib.suppress(SwitchError):
                self.vdx.edit(edits[edit](*data.draw(st.sampled_from(sorted(ves)))))

    @precondition(lambda self: not self.steps.pieces)
    @rule(place=st.tuples(VLANS, st.sampled_from(sorted(ALLOWED_BEFORE))), allow=st.booleans())
    def meddle_with_a_port(self, place: Tuple[int, str], allow: bool) -> None:
        """Somebody allows a VLAN on a port, which is the pack's no more than what was there before;
        or takes away what may be the pack's."""
        vlan, port = place
        recorded = port_records.recorded(self.keys, "tor1", NOS, [vlan])
        if allow and place not in allowed_by(self.vdx) and port not in recorded.get(vlan, ()):
            self.theirs.add(place)
            self.vdx.edit(payloads.vlans_on(port, str(vlan)))
        elif not allow and place not in self.theirs:
            self.vdx.edit(payloads.vlans_on(port, str(vlan), "remove"))

    # What the runs do: the workflows' tasks, one after the other.

    def read(self, name: str) -> Optional[str]:
        return self.datastore.values.get(name)

    @property
    def keys(self) -> Keys:
        return keys_of(self.datastore.values)

    def run_segments(self, payload: Mapping[str, Any]) -> None:
        """docker-network-tor-remove and -batch."""
        segments = payload.get("segments") or [
            {key: of for key, of in payload.items() if key in SEGMENT}
        ]
        given = {"host": payload["host"], "segments": segments, "run": run()}
        fine, result = segment_actions.apply(self.docker_yaml, given, self.read, self.keys)
        if not (fine or result.get("segments")):
            undo.undo(
                self.docker_yaml,
                {**given, "failure": {"result": result, "exit_code": 0}},
                self.keys,
            )

    def run_chain(self, payload: Mapping[str, Any]) -> None:
        """docker-network-tor: edit by edit, each in a session of its own."""
        vlan, rbridge = str(payload["vlan"]), payload["rbridge"]
        ve = {"rbridge_id": rbridge, "name": vlan}
        common = {"host": HOST, "run": run()}
        ports = {"ports": payload["ports"], "ports_gone": payload.get("ports_gone", [])}
        of_segment = {key: payload[key] for key in ("subnet", "addresses", "networks")}
        before: Dict[str, Any] = {}
        edits: Tuple[Tuple[str, Callable[[], Dict[str, Any]]], ...] = (
            (
                "interface_vlan_interface_vlan_vlan_name",
                lambda: {**ve, **of_segment, **ports, "vlan_name": None},
            ),
            ("interface_vlan_interface_ve_gve_name", lambda: {"gve_name": vlan}),
            (
                "rbridge_id_interface_ve_ip_ip_config_address_address",
                lambda: {**ve, "address": payload["subnet"], "addresses": before["addresses"]},
            ),
            ("rbridge_id_interface_ve_shutdown", lambda: {**ve, "delete_shutdown": True}),
            (
                "interface_vlan_interface_ve_global_ve_shutdown",
                lambda: {"gve_name": vlan, "delete_global_ve_shutdown": True, "before": before},
            ),
        )
        for name, parameters in edits:
            fine, result = edit.run_edit(self.docker_yaml, name, {**common, **parameters()})
            before = before or result.get("run", {})
            layer_2 = fine and before["segment"]["addresses"] == []
            if not fine or layer_2 or result.get("told"):
                break
        if fine and not result.get("told"):
            given = {**common, **ports, "vlan": payload["vlan"], "before": before}
            fine, result = ports_action.run(self.docker_yaml, given, self.read, self.keys)
        if not fine:
            failure = {"result": result, "exit_code": 0}
            given = {"vlan": payload["vlan"], "rbridge_id": rbridge, "before": before}
            undo.undo(self.docker_yaml, {**common, **given, "failure": failure}, self.keys)

    def reconcile(self, grace: int) -> Dict[str, Any]:
        away = {engine for engine in self.away if self.follows(engine)}
        fine, result = reconcile_action.run(
            {**self.docker_yaml, "orphan_grace": grace, "orphans": "remove"},
            {"dry_run": False},
            self.read,
            self.keys,
            clock=lambda: self.now,
            sleep=lambda _seconds: None,
        )
        for finding in result.get("findings", ()):
            engines = {network["engine"] for network in finding["networks"]}
            if finding.get("did") and engines <= away and away:
                self.wrong.append(f"{away} could not be asked, and {finding} was acted on")
        return {"fine": fine, **result}

    # What has to hold.

    @invariant()
    def what_others_configured_is_untouched(self) -> None:
        """At no moment does the pack touch what it did not make."""
        assert seeded(self.vdx) == self.seeded
        assert self.theirs <= allowed_by(self.vdx)
        assert self.wrong == []

    def teardown(self) -> None:
        """When all is well again and everything dispatched has run, one reconcile is enough."""
        try:
            super().teardown()
            self.all_is_well()
        finally:
            for piece in list(self.steps.pieces):
                self.steps.kill(piece)
            self.patched.close()

    def all_is_well(self) -> None:
        self.vdx.faults.clear()
        self.carry_out_all()
        self.what_others_configured_is_untouched()
        result = self.reconcile(0)
        assert result["fine"], result
        assert made_on(self.vdx) == self.called_for()
        self.what_others_configured_is_untouched()
        self.ports_are_right()
        self.vdx.forget_rpcs()
        again = self.reconcile(0)
        assert again["fine"], again
        assert again["changed"] is False
        assert {rpc.operation for rpc in self.vdx.rpcs} <= {"get-config", "close-session"}
        assert self.vdx.sessions == []

    def ports_are_right(self) -> None:
        """All that is called for is there; what is more is not the pack's, as far as is known. On a
        VLAN of a network whose uplink names no port, others may take care of any."""
        networks = [(name, one) for name in ENGINES for one in self.truth[name].values()]
        wanted = {place for name, one in networks for place in wired(name, [one])}
        left = {place_of(one)[1] for name, one in networks if not wired(name, [one])}
        recorded = port_records.recorded(self.keys, "tor1", NOS)
        ours = {(vlan, port) for vlan, those in recorded.items() for port in those}
        assert {(vlan, port) for vlan, port in ours if vlan not in left} <= wanted
        allowed = allowed_by(self.vdx)
        assert wanted | self.theirs <= allowed
        if not self.disturbed:
            assert allowed == wanted | self.theirs | ours

    def carry_out_all(self) -> None:
        """Let everything run that is under way or has been dispatched, to its end."""
        self.cuts.clear()
        while self.dispatched:
            self.begin_run(self.dispatched.pop(), chain=len(self.dispatched) % 2 == 0)
        self.steps.finish()

    def called_for(self) -> Facts:
        """What Docker calls for: of each subnet the first host, unless the network is internal."""
        addresses: Dict[Tuple[int, int], Set[str]] = {}
        for network in (one for of in self.truth.values() for one in of.values()):
            those = addresses.setdefault(place_of(network), set())
            for pool in network["IPAM"]["Config"] if not network["Internal"] else ():
                subnet = ipaddress.ip_network(pool["Subnet"])
                those.add(f"{subnet.network_address + 1}/{subnet.prefixlen}")
        found: Facts = {("VLAN", str(vlan), DEFAULT_VLAN_NAME) for _, vlan in addresses}
        for (rbridge, vlan), those in addresses.items():
            if those:
                found.add(("global Ve", str(vlan), "in service"))
                found.add(("Ve", str(vlan), str(rbridge), "in service", frozenset(those)))
        return found


def run() -> Dict[str, float]:
    """What a workflow gives its actions."""
    return {"retry_until": time.time() + PATIENCE}


def seeded(switch: Switch) -> List[Any]:
    """What the switch has of the VLANs that were there before."""
    tree = switch.running.tree
    parts = [nos.vlans(tree), nos.global_ves(tree)]
    parts += [nos.ves(rbridge) for rbridge in nos.rbridges(tree).values()]
    return [{key: entry for key, entry in part.items() if key in SEEDED} for part in parts]


def allowed_by(switch: Switch) -> Wired:
    """The VLANs on the lists of ports."""
    lists = ((name, ports.allowed(port)) for name, port in ports.each(switch.running.tree))
    return {(vlan, name) for name, of in lists for vlan in values.vlans_of(of.get("add", ""))}


def made_on(switch: Switch) -> Facts:
    """What the switch has of segments that were not there before."""
    tree = switch.running.tree
    found: Facts = {("VLAN", key, one.get("vlan-name")) for key, one in nos.vlans(tree).items()}
    for key, one in nos.global_ves(tree).items():
        found.add(("global Ve", key, "shut" if "global-ve-shutdown" in one else "in service"))
    for number, rbridge in nos.rbridges(tree).items():
        for key, one in nos.ves(rbridge).items():
            state = "shut" if "shutdown" in one else "in service"
            addresses = frozenset([*nos.ipv4(one), *nos.ipv6(one)])
            found.add(("Ve", key, number, state, addresses))
    return {one for one in found if one[1] not in SEEDED}


TestWorld = World.TestCase
TestWorld.settings = settings(max_examples=25, stateful_step_count=50, deadline=None)


@pytest.mark.slow
class TestMoreWorlds(World.TestCase):  # type: ignore[misc,valid-type]
    """The same, for longer."""

    settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
