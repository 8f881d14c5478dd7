"""The pack as StackStorm takes it: metadata, configuration, and what its files say of each other.

What needs the lab's StackStorm (which refuses what StackStorm refuses) skips where the lab's
requirements are not installed; the rest runs everywhere.
"""

import ast
import itertools
import json
import os
import re
import shutil
import struct
from pathlib import Path
from typing import Any, Dict, Iterator, List, Set, Tuple

import pytest
import yaml
from conftest import PACK
from docker_tor import config, errors, intent, networks, triggers, values, vdx
from hypothesis import given, settings
from hypothesis import strategies as st

RECORDINGS = PACK / "tests" / "fixtures" / "docker-recordings"
NEEDS_LAB = "the lab's StackStorm needs orquesta"
ACTIONS = sorted((PACK / "actions").glob("*.yaml"))
EDITS = [path for path in ACTIONS if "entry_point: vdx_edit.py" in path.read_text()]
LOADED = sorted(
    itertools.chain(
        (PACK / "lib").rglob("*.py"),
        (PACK / "actions").glob("*.py"),
        (PACK / "sensors").glob("*.py"),
    )
)
"""The Python that StackStorm loads."""
SECRET = ("password", "run", "auth_password_override", "environment")
"""The parameters that no execution shows."""
PASSWORD = "Pa55-0f-the-sw1tch"


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def name_of(path: Path) -> str:
    return path.name


@pytest.fixture(scope="module")
def registry() -> Any:
    return pytest.importorskip("lab.stackstorm.registry", reason=NEEDS_LAB)


@pytest.fixture(scope="module")
def pack(registry: Any) -> Any:
    return registry.load(PACK)


@pytest.fixture(scope="module")
def schema() -> Any:
    return pytest.importorskip("lab.stackstorm.schema", reason=NEEDS_LAB)


# What StackStorm registers.


def test_stackstorm_takes_it_as_it_is_installed(registry: Any, tmp_path: Path) -> None:
    """Copied to another place, with its symlinks as they are."""
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
    for path in files:
        assert installed in path.resolve().parents


def test_the_symlinks_are_relative_and_lead_to_the_code() -> None:
    for link, target in (
        ("actions/lib", "../lib"),
        ("actions/workflows", "../workflows"),
        ("sensors/docker_tor", "../lib/docker_tor"),
    ):
        assert os.readlink(PACK / link) == target
        assert (PACK / link).is_dir()
    assert (PACK / "actions/lib/docker_tor/action.py").samefile(PACK / "lib/docker_tor/action.py")


def test_the_version_is_the_newest_of_the_change_log() -> None:
    versions = re.findall(r"^## (\S+)$", (PACK / "CHANGES.md").read_text(encoding="utf-8"), re.M)
    assert versions[0] == load(PACK / "pack.yaml")["version"]
    numbers = [[int(part) for part in version.split(".")] for version in versions]
    assert numbers == sorted(numbers, reverse=True)


def test_the_icon_is_a_png_of_64_by_64() -> None:
    header = (PACK / "icon.png").read_bytes()[:24]
    assert header[:16] == b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR"
    assert struct.unpack(">II", header[16:]) == (64, 64)


@pytest.mark.parametrize("path", LOADED, ids=name_of)
def test_python_3_8_can_read_it(path: Path) -> None:
    ast.parse(path.read_text(encoding="utf-8"), str(path), feature_version=(3, 8))


def test_what_python_3_8_cannot_read_is_noticed() -> None:
    assert len(LOADED) > 20
    with pytest.raises(SyntaxError):
        ast.parse("match x:\n    case 1: pass\n", feature_version=(3, 8))


# Actions, templates, workflow.


@pytest.mark.parametrize("path", ACTIONS, ids=name_of)
def test_an_action_says_what_it_is(path: Path) -> None:
    action = load(path)
    assert path.name == f"{action['name']}.yaml"
    assert action["pack"] == "docker"
    assert action["enabled"] is True
    assert action["description"]
    # Those of the Exchange's docker pack have the results that they had: text, or nothing.
    if action["entry_point"] != "run_containers.py":
        assert action["output_schema"]["type"] == "object"
    assert (PACK / "actions" / action["entry_point"]).is_file()
    for name, parameter in action.get("parameters", {}).items():
        if name in ("content_version", "debug", "env", "log_level", "timeout"):
            # The runner's own, with another default, or immutable.
            continue
        assert parameter["description"], name
        assert parameter["type"], name
        assert bool(parameter.get("secret")) == (name in SECRET)


@pytest.mark.parametrize("path", ACTIONS, ids=name_of)
def test_only_what_is_required_has_a_position(path: Path) -> None:
    """`st2 run ACTION -h` sorts a parameter without a position by its name, and fails of both."""
    parameters = (load(path).get("parameters") or {}).values()
    for parameter in parameters:
        assert ("position" in parameter) <= bool(parameter.get("required"))
    given = [one["position"] for one in parameters if one.get("required")]
    assert sorted(given) == list(range(len(given)))


def test_every_edit_has_one_template_and_one_action() -> None:
    assert [path.name[len("vdx.") : -len(".yaml")] for path in EDITS] == vdx.names()
    for path in EDITS:
        action = load(path)
        edit = action["parameters"]["edit"]
        assert f"vdx.{edit['default']}" == action["name"]
        assert edit["immutable"] is True
        assert action["entry_point"] == "vdx_edit.py"


@pytest.mark.parametrize("path", EDITS, ids=name_of)
def test_an_action_has_the_parameters_that_its_template_takes(path: Path) -> None:
    parameters = set(load(path)["parameters"])
    common = {"edit", "host", "port", "username", "password", "dry_run", "run"}
    template = (Path(vdx.TEMPLATES) / f"{path.name[len('vdx.') : -len('.yaml')]}.xml").read_text()
    taken = set(re.findall(r'(?:t:is|is|each)="\w+ (\w+)"', template))
    taken |= set(re.findall(r'(?:t:delete|or|no)="(\w+)"', template))
    conditions = re.findall(r'(?:if|unless)="([\w ]+)"|\{(\w+)\}', template)
    taken |= {name for found in conditions for names in found for name in names.split()}
    assert common <= parameters
    # The first edit of the chain is told what the message names, the last what the first has found.
    ends = {"_global_ve_shutdown": {"before"}, "_vlan_vlan_name": {"networks"}}
    more = next((more for end, more in ends.items() if path.stem.endswith(end)), set())
    assert taken == parameters - common - more
    assert more <= parameters


def test_all_edits_share_what_they_have_in_common() -> None:
    first, *others = (load(path) for path in EDITS)
    told = ("host", "switch", "changed", "before", "after", "dry_run", "xml", "cli")
    for other in others:
        assert {**other["output_schema"], "properties": {}} == {
            **first["output_schema"],
            "properties": {},
        }
        for name in told:
            here, there = (one["output_schema"]["properties"][name] for one in (other, first))
            assert here == there, name
        for name in ("host", "port", "username", "password", "dry_run", "run"):
            assert other["parameters"][name] == first["parameters"][name]


def test_the_workflow_inspects_clean(pack: Any) -> None:
    inspection = pytest.importorskip("lab.stackstorm.inspection", reason=NEEDS_LAB)
    functions = pytest.importorskip("lab.stackstorm.functions", reason=NEEDS_LAB)
    text = pack.actions["docker.docker-network-tor"].path.read_text(encoding="utf-8")

    def found(definition: str) -> Any:
        spec = functions.ORQUESTA.native.instantiate(definition)
        return inspection.inspect(spec, {"st2": {}, "parent": {}}, pack.actions.get)

    assert found(text) == []
    for right, wrong in (
        (" gve_name=<% str", " ve_name=<% str"),
        ("ctx(failure)", "ctx(failed)"),
        (" chatops.post_message ", " chatops.post "),
    ):
        assert right in text
        assert found(text.replace(right, wrong)), wrong


def test_the_workflow_takes_its_actions_parameters() -> None:
    action = load(PACK / "actions" / "docker-network-tor.yaml")
    workflow = load(PACK / "workflows" / "docker-network-tor.yaml")
    assert action["entry_point"] == "workflows/docker-network-tor.yaml"
    assert set(workflow["input"]) == set(action["parameters"])
    put_out = {name for item in workflow["output"] for name in item}
    assert put_out == set(action["output_schema"]["properties"])


# Triggers and rules.


def types() -> Dict[str, Any]:
    """The sensor's trigger types, by ref."""
    sensor = load(PACK / "sensors" / "network_events_sensor.yaml")
    return {f"docker.{kind['name']}": kind for kind in sensor["trigger_types"]}


def has(payload_schema: Any, path: List[str]) -> bool:
    """Whether a payload has a value at that path."""
    for step in path:
        payload_schema = (payload_schema.get("properties") or {}).get(step)
        if payload_schema is None:
            return False
    return True


def test_every_rule_fits_its_trigger_and_its_action(pack: Any) -> None:
    for rule in pack.rules.values():
        action = pack.actions[rule.action]
        known = {**action.runner.parameters, **action.parameters}
        assert set(rule.parameters) <= set(known), rule.ref
        needed = {name for name, of in action.parameters.items() if of.get("required")}
        assert needed <= set(rule.parameters), rule.ref
        if rule.trigger.type == "core.st2.IntervalTimer":
            continue
        payload = types()[rule.trigger.type]["payload_schema"]
        used = re.findall(r"\btrigger\.([\w.]+)", f"{rule.parameters} {list(rule.criteria)}")
        assert used
        for path in used:
            assert has(payload, path.split(".")), (rule.ref, path)


def objects(payload_schema: Any) -> Iterator[Any]:
    """Every schema of an object in a schema."""
    if isinstance(payload_schema, dict):
        if payload_schema.get("type") == "object":
            yield payload_schema
        for value in payload_schema.values():
            yield from objects(value)


def test_every_trigger_is_described_and_takes_nothing_else() -> None:
    names = {value for name, value in vars(triggers).items() if name.isupper()}
    assert set(types()) == {name for name in names if isinstance(name, str)}
    for kind in types().values():
        assert kind["description"]
        for described in objects(kind["payload_schema"]):
            assert described["additionalProperties"] is False
            # Not every kind of switch has an rbridge.
            left_out = {name for name, of in described["properties"].items() if not of["required"]}
            assert left_out <= {"rbridge"}


def check(schema: Any, trigger: triggers.Trigger) -> None:
    """What StackStorm does with a payload on its way: it is JSON, and its schema allows it."""
    payload = json.loads(json.dumps(trigger.payload, allow_nan=False))
    assert payload == trigger.payload
    assert trigger.trace_tag
    schema.validate(payload, types()[trigger.name]["payload_schema"], allow_none=True)


def test_a_payload_with_anything_else_is_refused(schema: Any) -> None:
    trigger = triggers.engine_event("host1", "lost", "why", 0, "docker")
    check(schema, trigger)
    for wrong in ({"password": "p"}, {"state": "gone"}, {"seconds": "0"}):
        with pytest.raises(Exception, match=r"password|gone|'0'"):
            check(schema, trigger._replace(payload={**trigger.payload, **wrong}))


SWITCHES = config.parse(
    {
        "switches": [
            {
                "name": "tor1",
                "host": "10.254.4.105",
                "username": "u",
                "password": PASSWORD,
                "vlans": "1-300",
                "subnets": ["10.0.0.0/8", "172.16.0.0/12", "fd00::/16"],
            },
            {"name": "tor2", "host": "10.254.4.106", "username": "u", "password": PASSWORD},
        ]
    }
).switches


def place(network: networks.Network) -> Tuple[config.SwitchConfig, int]:
    """Bonds lead to the second switch, eth0 to the first, others nowhere."""
    if network.interface.startswith("bond"):
        return SWITCHES[1], 239
    if network.interface == "eth0":
        return SWITCHES[0], 1
    raise errors.ConfigError("no uplink", where="engines", remedy="Add it.")


def told(listings: Dict[str, List[Any]], dispatched: Any) -> List[triggers.Trigger]:
    """What the sensor would dispatch for the listings of several engines."""
    wanted: List[networks.Network] = []
    refused: List[networks.Refusal] = []
    for engine, listing in listings.items():
        more, worse = networks.read(engine, listing)
        wanted += more
        refused += worse
    segments, conflicts = intent.segments(wanted, place)
    return [
        *(
            triggers.network_event(change, "docker")
            for change in intent.changes(dispatched, segments)
        ),
        *(triggers.network_refused(refusal, "docker") for refusal in refused + conflicts),
    ]


def recorded() -> List[Any]:
    """Every network that a real engine has listed in the recordings."""
    found: List[Any] = []
    for path in sorted(RECORDINGS.rglob("network*.http")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith(("{", "[")):
                shown = json.loads(line)
                found += shown if isinstance(shown, list) else [shown]
    return found


def test_what_real_engines_list_makes_valid_payloads(schema: Any) -> None:
    seen: Set[str] = set()
    for network in recorded():
        for trigger in told({"host1": [network]}, {}):
            check(schema, trigger)
            seen.add(trigger.name)
    assert triggers.NETWORK_EVENT in seen


SUBNETS = st.fixed_dictionaries(
    {
        "Subnet": st.sampled_from(
            [
                *("172.16.112.0/24", "10.1.0.0/16", "10.1.2.0/24", "172.16.113.0/31"),
                *("fd00:112::/64", "fd00::/127", "192.0.2.0/24"),
                *("10.0.0.0/32", "224.0.0.0/4", "nonsense", ""),
            ]
        )
    },
    optional={
        "Gateway": st.sampled_from(["172.16.112.254", "fd00:112::9", "10.1.0.1/16", "x"])
        | st.text(max_size=20),
        "IPRange": st.sampled_from(["172.16.112.128/25", "10.1.2.0/25", "x"]),
    },
)
NETWORKS = st.fixed_dictionaries(
    {
        "Id": st.text("0123456789abcdef", min_size=1, max_size=3),
        "Name": st.text(max_size=80),
        "Driver": st.sampled_from(["macvlan", "ipvlan", "bridge"]),
        "Created": st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "", "x y"]),
        "Options": st.fixed_dictionaries(
            {
                "parent": st.sampled_from(["eth0.112", "eth0.300", "bond0.112", "eth0.301"])
                | st.sampled_from(["eth0", "eth0.0", "eth0.1002", "eth0.4095", "ens1.5.112"])
                | st.text(max_size=20).map(lambda text: f"{text}.112")
            }
        ),
        "IPAM": st.fixed_dictionaries({"Config": st.lists(SUBNETS, max_size=3)}),
    }
)
LISTINGS = st.fixed_dictionaries(
    {name: st.lists(NETWORKS, max_size=4) for name in ("host1", "host2")}
)


@settings(max_examples=200, deadline=None)
@given(before=LISTINGS, after=LISTINGS)
def test_whatever_engines_list_makes_valid_payloads(schema: Any, before: Any, after: Any) -> None:
    wanted = [
        network for name, listing in before.items() for network in networks.read(name, listing)[0]
    ]
    dispatched, _ = intent.segments(wanted, place)
    for trigger in told(after, dispatched):
        check(schema, trigger)
        assert PASSWORD not in str(trigger)


PLACES = {"vlan": st.integers(1, 4094), "rbridge": st.integers(0, values.LAST_RBRIDGE)}
SEGMENTS = st.builds(
    intent.Segment,
    switch=st.text(max_size=20),
    host=st.text(max_size=20),
    # A layer-2 segment has none.
    addresses=st.sampled_from([(), ("172.16.112.1/24",), ("fd00::1/64",), ("10.0.0.1/24",) * 40]),
    networks=st.just(())
    | st.just((networks.Network("0", "n", "h", "ipvlan", "e.1", 1, frozenset()),)),
    **PLACES,
)
CHANGES = st.builds(
    intent.Change, st.sampled_from([intent.CREATE, intent.UPDATE, intent.DESTROY]), SEGMENTS
)


@settings(max_examples=200, deadline=None)
@given(st.lists(CHANGES, min_size=1, max_size=5), st.text(max_size=20))
def test_whatever_a_segment_is_its_payloads_are_valid(
    schema: Any, changes: List[intent.Change], channel: str
) -> None:
    check(schema, triggers.network_batch(changes, channel))
    check(schema, triggers.network_batch(changes[:1], channel))
    check(schema, triggers.network_event(changes[0], channel))


def test_the_largest_batch_is_valid(schema: Any) -> None:
    segment = intent.Segment("tor1", 21, 112, "h", (), ())
    changes = [intent.Change(intent.CREATE, segment)] * (triggers.MOST_IN_BATCH + 1)
    check(schema, triggers.network_batch(changes[:-1], "docker"))
    with pytest.raises(Exception, match="is too long"):
        check(schema, triggers.network_batch(changes, "docker"))


def test_where_there_is_no_rbridge_none_need_be_said(schema: Any) -> None:
    segment = intent.Segment("tor1", 0, 4094, "h", (), ())
    trigger = triggers.network_event(intent.Change(intent.CREATE, segment), "docker")
    for rbridge in ({}, {"rbridge": 0}, {"rbridge": None}):
        rest = {name: value for name, value in trigger.payload.items() if name != "rbridge"}
        check(schema, trigger._replace(payload={**rest, **rbridge}))
    with pytest.raises(Exception, match="4095"):
        check(schema, trigger._replace(payload={**trigger.payload, "vlan": 4095}))


@settings(max_examples=50, deadline=None)
@given(st.text(), st.sampled_from(["lost", "back"]), st.floats(0, 1e9))
def test_whatever_befalls_an_engine_makes_a_valid_payload(
    schema: Any, reason: str, state: str, seconds: float
) -> None:
    error = errors.EngineUnreachable(reason, where="host1", remedy="Look.")
    check(schema, triggers.engine_event("host1", state, str(error), seconds, "docker"))


# The README; its commands, screens and code are test_documents'.


def test_the_readme_names_everything_and_nothing_else(pack: Any) -> None:
    """What came from the Exchange's docker pack is in a document of its own."""
    texts = [(PACK / name).read_text(encoding="utf-8") for name in ("README.md", "docs/docker.md")]
    text = "".join(texts)
    named = set(re.findall(r"`docker\.([\w.-]+)`", text)) - {"yaml", "yaml.example"}
    there = {
        ref[len("docker.") :]
        for ref in (*pack.actions, *pack.rules, *pack.trigger_types)
        if ref.startswith("docker.")
    }
    assert named == there
    assert {ref[len("docker.") :] for ref in pack.sensors} <= set(re.findall(r"`(\w+)`", text))
