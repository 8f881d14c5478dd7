"""The doctor at the bedside: the lab's engine and switch, well and ill, and the whole of it."""

import contextlib
import json
import socket
import tempfile
import time

import pytest
import yaml
from conftest import PACK
from st2tests.base import BaseActionTestCase

pytest.importorskip("asyncssh", reason="the lab's switch simulator needs asyncssh")
pytest.importorskip("cryptography", reason="the certificates of these tests are made with it")

from docker_api import DockerApi, Refusal
from docker_tor.config import reload, settings
from docker_tor.controller import heartbeat, lease
from docker_tor.controller.heartbeat import Heartbeat, Pulse
from docker_tor.desired import holds
from docker_tor.doctor import engines, examine, switches
from docker_tor.doctor.check_result import CheckResult
from docker_tor.doctor.engines import Listing
from docker_tor.doctor.ports import Seen
from docker_tor.doctor.switches import HostKey
from docker_tor.netconf import hostkey
from run_doctor import Doctor
from tls import Authority

from lab.engine import Engine
from lab.engine.api import INFO, VERSION
from lab.switch import Neighbour, Switch, faults, payloads

PASSWORD = "Pa55-0f-the-sw1tch"
NO = "operation-failed: no"


def lines_of(findings):
    return [one for one in findings if isinstance(one, CheckResult)]


def told(findings, check):
    """The one line of a check."""
    (line,) = [one for one in lines_of(findings) if one.check == check]
    return line


def states(findings):
    return [(one.check, one.state) for one in lines_of(findings)]


# Engines.


def examined(url, **tls):
    entry = {"name": "host1", "url": url, **({"tls": tls} if tls else {})}
    (engine,) = settings.parse({"engines": [entry]}).engines
    return list(engines.check(engine))


REPLIES = {
    "GET /version": VERSION,
    "GET /info": INFO,
    "GET /events": b"",
    "GET /networks": b"[]",
}


def test_an_engine_that_is_well_with_and_without_a_client_certificate(tmp_path):
    ours = Authority(tmp_path / "ours")
    cert, key = ours.pair("client")
    for client_ca, tls, state in (
        (ours.ca, {"ca": ours.ca, "cert": cert, "key": key}, "ok"),
        (None, {"ca": ours.ca}, "warning"),
    ):
        with DockerApi(REPLIES).serving(ours.pair("server"), client_ca) as api:
            found = examined(api.url, **tls)
        assert states(found) == [
            *(("reach", "ok"), ("TLS", state), ("version", "ok")),
            *(("drivers", "ok"), ("events", "ok"), ("networks", "ok")),
        ]
        (listing,) = [one for one in found if isinstance(one, Listing)]
        assert (listing.engine.name, listing.networks) == ("host1", [])


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        # A proxy need not let everything through.
        (("GET /version", "GET /info"), ("warning", "warning", "ok", "ok")),
        (("GET /events", "GET /networks"), ("ok", "ok", "failed", "failed")),
    ],
)
def test_an_engine_that_does_not_tell_everything(refused, said):
    with DockerApi({**REPLIES, **dict.fromkeys(refused, Refusal(403, "no"))}).serving() as api:
        found = examined(api.url)
    checks = ("version", "drivers", "events", "networks")
    assert states(found) == [("reach", "ok"), ("TLS", "warning"), *zip(checks, said)]
    assert bool([one for one in found if isinstance(one, Listing)]) == (said[-1] == "ok")


PODMAN = {"Version": "5.4.0", "ApiVersion": "1.41", "Components": [{"Name": "Podman Engine"}, 7]}
NEITHER = "no network driver macvlan and no ipvlan"


@pytest.mark.parametrize(
    ("check", "document", "says"),
    [
        ("version", {**VERSION, "ApiVersion": "1.24"}, "older than any"),
        ("version", {**VERSION, "ApiVersion": "x"}, "older than any"),
        (
            *("version", PODMAN),
            "It is podman 5.4.0, which sends no events of networks: changes are seen at the next"
            " listing, every 150 s, and all that goes at once is held.",
        ),
        ("drivers", {**INFO, "Plugins": None}, NEITHER),
        ("drivers", {**INFO, "Plugins": {"Network": "macvlan ipvlan"}}, NEITHER),
        ("drivers", {**INFO, "Plugins": {"Network": ["macvlan"]}}, "no network driver ipvlan"),
    ],
)
def test_an_engine_that_lacks_something_is_told_of_and_looked_at(check, document, says):
    call = {"version": "GET /version", "drivers": "GET /info"}[check]
    with DockerApi({**REPLIES, call: document}).serving() as api:
        found = examined(api.url)
    line = told(found, check)
    assert line.state == "warning"
    assert says in line.what
    assert states(found)[-1] == ("networks", "ok")


# Switches.

CHECKS = [
    *("reach", "host key", "login", "capabilities", "sessions"),
    *("read", "rbridge", "rehearsal", "operational"),
]


@pytest.fixture
def switch():
    with Switch(password=PASSWORD) as started:
        yield started


def entry(switch, **changed):
    return {
        "name": "vdx",
        "host": switch.host,
        "port": switch.port,
        "username": "admin",
        "password": PASSWORD,
        "rbridge_id": 21,
        "host_key": switch.host_key,
        "vlans": "100-199",
        "subnets": ["172.16.0.0/16"],
        **changed,
    }


def looked_at(switch, uplinks=(), show_host_key=False, **changed):
    given = entry(switch, **changed)
    raw = {
        # What is changed to None is left out.
        "switches": [{key: value for key, value in given.items() if value is not None}],
        "engines": [{"name": "host1", "url": "unix:///s", "uplinks": list(uplinks)}],
    }
    config = settings.parse(raw)
    before = switch.running
    found = list(switches.check(config.switches[0], config, show_host_key=show_host_key))
    assert switch.running == before
    assert given["password"] not in str(found)
    assert not any(rpc.operation == "edit-config" for rpc in switch.rpcs)
    return found


def test_a_switch_that_is_well(switch):
    found = looked_at(switch)
    assert states(found) == [(name, "ok") for name in CHECKS]
    assert found[1].what == f"It is the configured one, {hostkey.fingerprint(switch.host_key)}."
    said = told(found, "rehearsal").what
    assert said == "For VLAN 199 on rbridge 21 it would be sent 5 edits; none was."
    assert switch.sessions == []


@pytest.mark.parametrize(
    ("changed", "lacks", "says"),
    [
        ({"vlans": None, "subnets": None}, "", "For VLAN 3962 on rbridge 21 it would be sent 5"),
        ({"vlans": ""}, "rehearsal", ""),
        ({"subnets": ["10.0.0.0/32", "224.0.0.0/4"]}, "", "For VLAN 199 on rbridge 21"),
        ({"host_key": "ignore"}, "host key", ""),
        ({"transport": "paramiko"}, "", "User admin has a NETCONF session, by paramiko."),
    ],
)
def test_a_switch_that_is_configured_otherwise_is_well(switch, changed, lacks, says):
    found = looked_at(switch, **changed)
    assert states(found) == [(name, "ok") for name in CHECKS if name != lacks]
    assert says in str(found)


def other_hello(sent):
    return sent.replace(b":writable-running:", b":x:")


@pytest.mark.parametrize(
    ("changed", "fault", "line", "says", "last"),
    [
        ({}, {"refuse": faults.NOT_READY}, "read failed", "until its fabric has formed.", "read"),
        ({}, {"refuse_sessions": True}, "login failed", "not all of its sessions", "login"),
        ({}, {"drop_rpc": 1}, "read failed", "", "read"),
        (
            {},
            {"rewrite": other_hello},
            "capabilities failed",
            "offer writable-running, which",
            "operational",
        ),
        ({"password": "nope"}, {}, "login failed", "refuses user 'admin' or the", "login"),
        ({"rbridge_id": None}, {}, "rbridge warning", "is configured for it. Set", "operational"),
        (
            *({"platform": "openconfig", "rbridge_id": None}, {}, "capabilities failed"),
            *("offer openconfig-vlan and openconfig-interfaces and openconf", "capabilities"),
        ),
    ],
)
def test_a_switch_that_does_not_do_as_it_is_asked(switch, changed, fault, line, says, last):
    switch.faults.set(**fault)
    found = looked_at(switch, **changed)
    one = told(found, line.split()[0])
    assert f"{one.check} {one.state}" == line
    assert says in f"{one.what} {one.remedy}"
    assert found[-1].check == last


def test_a_switch_that_refuses_some_of_it_is_asked_for_the_rest(switch):
    refused = frozenset({"get-config", "get-ip-interface"})
    switch.faults.set(refuse=NO, operations=refused)
    found = looked_at(switch)
    assert states(found)[-2:] == [("read", "failed"), ("operational", "warning")]
    assert "refused" in told(found, "read").what


def test_ports_that_cannot_carry_a_vlan_are_told_before_a_network_needs_them(switch):
    switch.edit(payloads.vlans_on("TenGigabitEthernet 21/0/2", leaf="none"))
    switch.edit(payloads.vlans_on("TenGigabitEthernet 21/0/4", "50-109", leaf="except"))
    ports = [f"Te 21/0/{number}" for number in (1, 2, 3, 4, 5, 9)]
    found = looked_at(switch, [{"parent": "eth0", "switch": "vdx", "ports": ports}])
    every = "so it cannot carry the VLANs of Docker's networks"
    some = "so it cannot carry VLAN 100-109"
    assert [(one.state, one.what) for one in lines_of(found) if one.check == "ports"] == [
        ("failed", f"TenGigabitEthernet 21/0/2 allows no VLAN (`none`), {every}"),
        ("warning", f"TenGigabitEthernet 21/0/4 allows all VLANs except 50-109, {some}"),
        ("failed", f"TenGigabitEthernet 21/0/5 is in access mode, {every}"),
        ("failed", f"TenGigabitEthernet 21/0/9 is not there, {every}"),
        ("ok", "2 ports of docker.yaml can carry Docker's VLANs."),
    ]
    assert "Make it a trunk in `interface TenGigabitEthernet 21/0/5`" in str(found)


def garbled(sent):
    return sent.replace(b"<lldp-neighbor-detail", b"<<")


@pytest.mark.parametrize(
    ("ports", "refused", "said"),
    [
        ((), {}, []),
        (("Te 21/0/1",), {}, [("ports", "ok")]),
        (("Te 21/0/1",), {"refuse": NO}, [("ports", "ok"), ("LLDP", "ok")]),
        (("Te 21/0/1",), {"rewrite": garbled}, [("ports", "ok"), ("LLDP", "warning")]),
    ],
)
def test_a_switch_is_asked_for_its_neighbours_only_where_docker_yaml_has_ports(
    switch, ports, refused, said
):
    switch.lldp.neighbours = [Neighbour("TenGigabitEthernet 21/0/1", "host1", "eth0")]
    switch.faults.set(operations=frozenset({"get-lldp-neighbor-detail"}), **refused)
    found = looked_at(switch, [{"parent": "eth0", "switch": "vdx", "ports": list(ports)}])
    assert states(found) == [*((name, "ok") for name in CHECKS), *said]
    seen = [one.neighbours for one in found if isinstance(one, Seen)]
    assert [one.system for found in seen for one in found] == ["host1"] * (len(said) == 1)


def test_a_vlan_that_is_taken_is_not_rehearsed(switch):
    switch.edit(*(payloads.vlan(vlan) for vlan in range(110, 200)))
    assert "For VLAN 109 on" in str(looked_at(switch))
    line = told(looked_at(switch, vlans="110-199"), "rehearsal")
    assert line.state == "warning"
    assert "is there already" in line.what


def test_rbridges_that_the_switch_does_not_have(switch):
    found = looked_at(switch, [{"parent": "eth0", "switch": "vdx", "rbridge_id": 22}])
    line = told(found, "rbridge")
    assert line.state == "warning"
    assert line.what == "Its running config has nothing of rbridge 22; it has 21."
    assert [one.check for one in found].count("rehearsal") == 2


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ecdsa-sha2-nistp256"])
def test_a_host_key_that_is_not_the_configured_one_and_nobody_logs_in(switch, kind):
    import asyncssh

    exported = asyncssh.generate_private_key(kind).export_public_key().decode()
    configured = " ".join(exported.split()[:2])
    found = looked_at(switch, host_key=configured, show_host_key=True)
    assert states(found) == [("reach", "ok"), ("host key", "failed")]
    what = found[-1].what
    assert f"{hostkey.fingerprint(switch.host_key)} (ssh-ed25519), and configured is" in what
    assert f"{hostkey.fingerprint(configured)} ({kind})" in what
    assert [one.key for one in found if isinstance(one, HostKey)] == [switch.host_key]
    assert switch.rpcs == []


def test_a_host_key_that_known_hosts_has_or_has_not(switch, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    found = looked_at(switch, host_key="")
    assert states(found) == [("reach", "ok"), ("host key", "failed")]
    assert "is not known" in found[-1].what
    (tmp_path / ".ssh").mkdir()
    known = f"[127.0.0.1]:{switch.port} {switch.host_key}\n"
    (tmp_path / ".ssh" / "known_hosts").write_text(known)
    assert states(looked_at(switch, host_key="")) == [(name, "ok") for name in CHECKS]


def test_only_one_session_is_free_and_a_candidate_does_as_well():
    with Switch(password=PASSWORD, max_sessions=1, candidate=True) as switch:
        found = looked_at(switch)
    expected = [(name, "warning" if name == "sessions" else "ok") for name in CHECKS]
    assert states(found) == expected
    assert "was the last that it has free" in told(found, "sessions").what
    assert told(found, "capabilities").what == "It offers base:1.0 and candidate."


# All of it.


class Asked(Doctor):
    """The doctor in a StackStorm of which no upgrade has left anything: test_doctor_installation
    has one that has."""

    def _registered(self, _kind, _ref):
        return False


class DoctorTestCase(BaseActionTestCase):
    action_cls = Asked

    def setUp(self):
        super().setUp()
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        self.switch = stack.enter_context(Switch(password=PASSWORD))
        self.engine = stack.enter_context(Engine(f"unix://{folder}/docker.sock"))
        self.config = {
            "engines": [{"name": "host1", "url": self.engine.url}],
            "switches": [entry(self.switch)],
        }
        now = time.time()
        pulses = {"host1": Pulse("following", now, 3, 0.01)}
        mark = reload.mark(settings.parse(self.config))
        self.put(heartbeat.NAME, heartbeat.dump(Heartbeat(now, pulses, mark)))
        held = {"id": "x", "host": "st2", "pid": 7, "until": now + 20}
        self.put(lease.NAME, json.dumps(held))

    def put(self, name, text):
        self.action_service.set_value(name, text, local=False)

    def examine(self, **given):
        described = yaml.safe_load((PACK / "actions" / "doctor.yaml").read_text())["parameters"]
        assert set(given) <= set(described)
        action = self.get_action_instance(config=self.config)
        succeeded, result = action.run(**{"show_host_key": False, **given})
        checks, failed = result["checks"], result["failed"]
        assert PASSWORD not in json.dumps(result)
        assert succeeded == (failed == 0)
        assert len(checks) == result["ok"] + result["warnings"] + failed
        assert all(bool(one["remedy"]) == (one["state"] != "ok") for one in checks), checks
        return result

    def found(self, result, state):
        return [(one["where"], one["check"]) for one in result["checks"] if one["state"] == state]

    def test_all_is_well_and_a_host_key_can_be_pinned(self):
        result = self.examine(show_host_key=True)
        assert (result["failed"], self.found(result, "warning")) == (0, [])
        assert ("engine host1", "TLS") in self.found(result, "ok")
        assert "connections" in [one["check"] for one in result["checks"]]
        assert "0 warnings, 0 failed" in result["table"]
        (key,) = result["host_keys"]
        assert (key["switch"], key["port"]) == ("vdx", self.switch.port)
        assert key["fingerprint"] == hostkey.fingerprint(self.switch.host_key)
        assert "Compare each fingerprint at the switch's own console" in result["table"]
        assert result["table"].endswith(self.switch.host_key)

    def test_a_dead_switch_and_a_dead_engine_hide_nothing(self):
        with Switch() as dead:
            self.config["switches"].append(entry(dead, name="dead"))
        self.config["engines"].append({"name": "gone", "url": "unix:///nowhere.sock"})
        uplinks = [
            {"parent": "eth0", "switch": "vdx", "ports": ["te21/0/1"]},
            {"parent": "eth1", "switch": "dead"},
        ]
        self.config["engines"] = [{**one, "uplinks": uplinks} for one in self.config["engines"]]
        doubt = holds.Doubt(2, 0, {"1" * 64: 5.0})
        self.put(holds.NAME, holds.dump({"host1": doubt}))
        self.switch.lldp.neighbours = [Neighbour("TenGigabitEthernet 21/0/1", "web9", "eth0")]
        result = self.examine()
        failed = [("engine gone", "reach"), ("switch dead", "reach")]
        assert self.found(result, "failed") == failed
        assert result["host_keys"] == []
        assert ("switch vdx", "rehearsal") in self.found(result, "ok")
        warned = {("engine host1", one) for one in ("uplinks", "ports", "holds")}
        assert {*warned, ("sensor", "engines")} < {*self.found(result, "warning")}

    def test_a_configuration_that_cannot_be_read_leaves_the_sensor(self):
        self.config["swiches"] = []
        result = self.examine(show_host_key=True)
        assert self.found(result, "failed") == [("the configuration", "config")]
        assert ("sensor", "heartbeat") in self.found(result, "ok")
        assert result["host_keys"] == []
        self.action_service.datastore_service.get_value = None
        datastore = [("sensor", "datastore")] * 4
        assert self.found(self.examine(), "failed")[1:] == datastore


def test_what_takes_too_long_is_told():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        raw = {"engines": [{"name": "host1", "url": url}]}
        succeeded, result = examine.run(raw, lambda _name: None, lambda *_: False, seconds=0.1)
    assert not succeeded
    late = result["checks"][-1]
    assert (late["check"], late["state"], late["where"]) == ("doctor", "failed", "engine host1")
    assert late["what"] == "This is all that was found out within 0.1 s."


def test_a_mistake_of_the_doctors_own_hides_nothing(monkeypatch):
    def fails(_config):
        yield CheckResult("ok", "reach", "engine host1", "well", "")
        raise ZeroDivisionError("x")

    monkeypatch.setattr(engines, "check", fails)
    raw = {"engines": [{"name": "host1", "url": "unix:///s"}]}
    succeeded, result = examine.run(raw, lambda _name: None, lambda *_: False)
    assert not succeeded
    last = [(one["check"], one["state"]) for one in result["checks"][-2:]]
    assert last == [("reach", "ok"), ("doctor", "failed")]
    assert "unexpected ZeroDivisionError" in result["checks"][-1]["what"]
