"""The pack as StackStorm takes it: metadata, configuration, and what its files say of each other.

What needs the lab's StackStorm (which refuses what StackStorm refuses) skips where the lab's
requirements are not installed; the rest runs everywhere.
"""

import json
import re
import shutil
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest
import yaml
from conftest import PACK
from docker_tor.config import platforms
from docker_tor.config.settings import Chat
from docker_tor.controller import triggers
from docker_tor.desired import segments
from docker_tor.engine import networks
from docker_tor.switch.nos import named_edits
from listed import ves
from schemas import payloads

NEEDS_LAB = "the lab's StackStorm needs orquesta"
ACTIONS = sorted((PACK / "actions").glob("*.yaml"))
EDITS = [path for path in ACTIONS if "entry_point: vdx_edit.py" in path.read_text()]
SYMLINKS = ("actions/lib", "actions/workflows", "sensors/docker_tor")
SECRET = ("password", "run", "auth_password_override", "environment")
"""The parameters that no execution shows."""


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return path.name


# What StackStorm registers.


def test_stackstorm_takes_it_as_it_is_installed(tmp_path: Path) -> None:
    """Copied to another place, with its symlinks as they are."""
    registry = pytest.importorskip("lab.stackstorm.registry", reason=NEEDS_LAB)
    installed = tmp_path / "docker"
    kept = shutil.ignore_patterns(".*", "tests", "lab", "__pycache__")
    shutil.copytree(PACK, installed, symlinks=True, ignore=kept)
    pack = registry.load(installed)
    assert pack.ref == "docker"
    own = {ref for ref in pack.actions if ref.startswith("docker.")}
    assert own == {f"docker.{load(path)['name']}" for path in ACTIONS}
    enabled = {ref: sensor.enabled for ref, sensor in pack.sensors.items()}
    assert enabled == {"docker.NetworkEventsSensor": True, "docker.DockerSensor": False}
    assert len(pack.rules) == len(list((PACK / "rules").iterdir()))
    assert all(rule.enabled for rule in pack.rules.values())
    assert len(pack.policies) == len(list((PACK / "policies").iterdir()))
    assert len(pack.aliases) == len(list((PACK / "aliases").iterdir()))
    assert all(alias.enabled for alias in pack.aliases.values())
    files = [item.path for item in (*pack.actions.values(), *pack.sensors.values()) if item.path]
    assert len(files) == len(ACTIONS) + 2
    for path in (*files, *(installed / link for link in SYMLINKS)):
        assert path.exists()
        assert installed in path.resolve().parents


# Actions, edits, workflow.


@pytest.mark.parametrize("path", ACTIONS, ids=name_of)
def test_an_action_says_what_it_is(path: Path) -> None:
    action = load(path)
    assert path.name == f"{action['name']}.yaml"
    assert (action["pack"], action["enabled"]) == ("docker", True)
    assert action["description"]
    # Those of the Exchange's docker pack have the results that they had: text, or nothing.
    if action["entry_point"] != "run_containers.py":
        assert action["output_schema"]["type"] == "object"
    assert (PACK / "actions" / action["entry_point"]).is_file()
    parameters = action.get("parameters") or {}
    for name, parameter in parameters.items():
        # `st2 run ACTION -h` sorts a parameter without a position by its name, and fails of both.
        assert ("position" in parameter) <= bool(parameter.get("required"))
        # Of the runner's own another default, or that it is immutable, may be said.
        if name not in ("content_version", "debug", "env", "log_level", "timeout"):
            assert {"description", "type"} <= set(parameter), name
            assert bool(parameter.get("secret")) == (name in SECRET)
    given = [one["position"] for one in parameters.values() if one.get("required")]
    assert sorted(given) == list(range(len(given)))


@pytest.mark.parametrize("path", EDITS, ids=name_of)
def test_an_edit_has_the_parameters_that_its_kind_takes(path: Path) -> None:
    action, first = load(path), load(EDITS[0])
    parameters = set(action["parameters"])
    edit = action["parameters"]["edit"]
    assert f"vdx.{edit['default']}" == action["name"]
    assert edit["immutable"] is True
    common = {"host", "port", "username", "password", "dry_run", "run"}
    assert all(action["parameters"][name] == first["parameters"][name] for name in common)
    kind = named_edits.KINDS[edit["default"]]
    # The first edit of the chain is told what the message names, the last what the first has found.
    of_segment = {"subnet", "addresses", "ports", "ports_gone"}
    ends = {
        "_global_ve_shutdown": {"before"},
        "_vlan_vlan_name": {"delete_vlan", "rbridge_id", "networks", *of_segment},
        "_ip_config_address_address": {"delete_ve", "addresses"},
    }
    more = next((more for end, more in ends.items() if path.stem.endswith(end)), set())
    assert {*kind.parameters, kind.delete} == parameters - common - more - {"edit"}
    assert more <= parameters
    results = [one["output_schema"] for one in (action, first)]
    for name in ("host", "switch", "changed", "before", "after", "dry_run", "xml", "cli"):
        assert results[0]["properties"][name] == results[1]["properties"][name], name
    assert {**results[0], "properties": {}} == {**results[1], "properties": {}}


def test_every_kind_of_edit_has_an_action() -> None:
    assert {path.stem[len("vdx.") :] for path in EDITS} == set(named_edits.KINDS)


WORKFLOWS = [path for path in ACTIONS if "entry_point: workflows/" in path.read_text()]


@pytest.mark.parametrize("path", WORKFLOWS, ids=name_of)
def test_a_workflow_takes_its_actions_parameters(path: Path) -> None:
    """Two actions may share one; what it is not given is null or what it says itself."""
    action = load(path)
    workflow = load(PACK / action["entry_point"])
    known = {
        name
        for one in workflow.get("input", ())
        for name in ([one] if isinstance(one, str) else one)
    }
    assert set(action.get("parameters") or {}) <= known
    put_out = {name for item in workflow["output"] for name in item}
    assert put_out == set(action["output_schema"]["properties"])


EXPRESSIONS = ("{{ st2kv.system.x }}", "<% st2kv('system.x', decrypt => true) %>", "{% if x %}")


def texts(described: Any, path: Tuple[Any, ...] = ()) -> Iterator[Tuple[Tuple[Any, ...], Any]]:
    """Every text in what a schema describes: where it is, and its own schema."""
    if described.get("type") == "string":
        yield path, described
    yield from texts(described["items"], (*path, 0)) if "items" in described else ()
    for name, of in (described.get("properties") or {}).items():
        yield from texts(of, (*path, name))
    if isinstance(described.get("additionalProperties"), dict):
        yield from texts(described["additionalProperties"], (*path, "any other"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=name_of)
def test_an_expression_in_a_workflows_input_is_refused(path: Path) -> None:
    """Orquesta would execute it, and show what it decrypts."""
    for where, described in texts({"properties": load(path).get("parameters") or {}}):
        if "enum" in described:
            continue
        for text in EXPRESSIONS:
            assert not re.search(described["pattern"], text), (where, text)
        assert re.search(described["pattern"], "vdx-1.example, Größe 1")
    # A password may hold such characters, but no whole expression.
    password = (load(path).get("parameters") or {}).get("password")
    for text in ("<%", "%>", "{{", "{%", "}}", "<{", "a{b}c", "<a>%"):
        assert password is None or re.search(password["pattern"], text)


# Triggers and rules.


PAYLOADS = payloads("network_events_sensor")


def has(described: Any, path: List[str]) -> bool:
    """Whether a payload has a value at that path."""
    for step in path:
        described = (described.get("properties") or {}).get(step)
        if described is None:
            return False
    return True


CHAT = Chat("docker", "chatops")
POST = {
    "message": {"required": True},
    "channel": {"required": True},
    **{name: {} for name in ("user", "whisper", "extra", "context", "route")},
}
"""The parameters of chatops.post_message."""


@pytest.mark.parametrize("path", sorted((PACK / "rules").iterdir()), ids=name_of)
def test_a_rule_fits_its_trigger_and_its_action(path: Path) -> None:
    rule = load(path)
    pack, _, name = rule["action"]["ref"].partition(".")
    described = (
        POST if pack == "chatops" else load(PACK / "actions" / f"{name}.yaml").get("parameters", {})
    )
    given = set(rule["action"].get("parameters", {}))
    assert {key for key, of in described.items() if of.get("required")} <= given <= set(described)
    if rule["trigger"]["type"].startswith("core."):
        return
    payload = PAYLOADS[rule["trigger"]["type"]].schema
    used = re.findall(r"\btrigger\.([\w.]+)", f"{rule['action']} {list(rule.get('criteria', {}))}")
    assert used
    for place in used:
        assert has(payload, place.split(".")), place


def test_one_reconcile_at_a_time_every_five_minutes() -> None:
    ref = "docker.docker-network-tor-reconcile"
    (policy,) = map(load, (PACK / "policies").iterdir())
    assert (policy["resource_ref"], policy["policy_type"]) == (ref, "action.concurrency")
    assert policy["parameters"] == {"action": "cancel", "threshold": 1}
    rule = load(PACK / "rules" / "reconcile.yaml")
    assert rule["trigger"]["parameters"] == {"unit": "seconds", "delta": 300}
    assert rule["action"]["ref"] == ref


def test_each_platform_has_a_rule_for_its_segments() -> None:
    """A trigger without a platform is of NOS."""
    schema = PAYLOADS["docker.NetworkEvent"].schema["properties"]
    assert schema["platform"]["enum"] == [*platforms.PLATFORMS]
    others = [name for name in platforms.PLATFORMS if name != "nos"]
    chain, apply = (
        load(PACK / "rules" / f"network_{name}.yaml")["criteria"] for name in ("trigger", "apply")
    )
    assert chain["trigger.platform"] == {"type": "ninside", "pattern": others}
    assert apply["trigger.platform"] == {"type": "inside", "pattern": others}
    assert chain["trigger.action"] == apply["trigger.action"]


def objects(payload_schema: Any) -> Iterator[Any]:
    """Every schema of an object in a schema."""
    if isinstance(payload_schema, dict):
        if payload_schema.get("type") == "object":
            yield payload_schema
        for value in payload_schema.values():
            yield from objects(value)


def test_every_trigger_is_described_and_takes_nothing_else() -> None:
    names = {value for name, value in vars(triggers).items() if name.isupper()}
    assert set(PAYLOADS) == {name for name in names if isinstance(name, str)}
    kinds = load(PACK / "sensors" / "network_events_sensor.yaml")["trigger_types"]
    assert all(kind["description"] for kind in kinds)
    for described in objects({ref: one.schema for ref, one in PAYLOADS.items()}):
        assert described["additionalProperties"] is False
        # Not every kind of switch has an rbridge; version 0.3.0 gave no route and platform, and
        # 0.4.0 no ports.
        left_out = set(described["properties"]) - set(described.get("required", ()))
        assert left_out <= {"rbridge", "route", "platform", "ports", "ports_gone"}


def check(trigger: triggers.Trigger) -> None:
    """What StackStorm does with a payload on its way: it is JSON, and its schema allows it."""
    payload = json.loads(json.dumps(trigger.payload, allow_nan=False))
    assert payload == trigger.payload
    assert trigger.trace_tag
    PAYLOADS[trigger.name].validate(payload)


ENGINE = triggers.engine_event("host1", "lost", "why", 0, CHAT)
SEGMENT = segments.Segment("tor1", 0, 4094, "h", (), ())
CHANGES = [segments.Change(segments.CREATE, SEGMENT)] * (triggers.MOST_IN_BATCH + 1)


@pytest.mark.parametrize(
    ("trigger", "wrong", "said"),
    [
        (ENGINE, {"password": "p"}, "password"),
        (ENGINE, {"state": "gone"}, "gone"),
        (ENGINE, {"seconds": "0"}, "'0'"),
        (triggers.network_event(CHANGES[0], CHAT), {"vlan": 4095}, "4095"),
        (
            triggers.network_batch(CHANGES[:-1], CHAT),
            triggers.network_batch(CHANGES, CHAT).payload,
            "is too long",
        ),
    ],
)
def test_a_payload_with_anything_else_is_refused(
    trigger: triggers.Trigger, wrong: Dict[str, Any], said: str
) -> None:
    check(trigger)
    with pytest.raises(Exception, match=said):
        check(trigger._replace(payload={**trigger.payload, **wrong}))


@pytest.mark.parametrize("action", [segments.CREATE, segments.UPDATE, segments.DESTROY])
@pytest.mark.parametrize(
    "addresses", [(), ("172.16.112.1/24", "fd00::1/64"), ("10.0.0.1/24",) * 40]
)
def test_whatever_a_segment_is_its_payloads_are_valid(
    action: str, addresses: Tuple[str, ...]
) -> None:
    """A layer-2 segment has no addresses. The rest: test_fuzz."""
    network = networks.Network("0", "n", "h", "ipvlan", "e.1", 1, frozenset(), ports=("Te 1",))
    segment = SEGMENT._replace(addresses=ves(*addresses), networks=(network,))
    change = segments.Change(action, segment, ("Te 2", "Te 3"))
    check(triggers.network_batch([change, CHANGES[0]], CHAT))
    check(triggers.network_event(change, CHAT))
