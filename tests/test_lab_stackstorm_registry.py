"""What the embedded StackStorm takes for a pack, and what it refuses."""

import shutil
from pathlib import Path
from typing import Any, Callable, Dict

import pytest

pytest.importorskip("lab.stackstorm", reason="the lab's requirements are not installed")

import yaml

from lab.stackstorm import RegistrationError, StackStorm, registry

FIXTURE = Path(__file__).parent / "fixtures" / "lab_pack"

Change = Callable[[Dict[str, Any]], None]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "pack"
    shutil.copytree(FIXTURE, folder, symlinks=True)
    return folder


def edit(path: Path, **attributes: Any) -> None:
    content = yaml.safe_load(path.read_text())
    content.update(attributes)
    path.write_text(yaml.safe_dump(content))


def remove(path: Path, attribute: str) -> None:
    content = yaml.safe_load(path.read_text())
    del content[attribute]
    path.write_text(yaml.safe_dump(content))


def refused(pack: Path, *said: str) -> None:
    with pytest.raises(RegistrationError) as caught:
        registry.load(pack)
    for text in said:
        assert text in str(caught.value)
    assert str(pack) not in str(caught.value)


def test_everything_is_registered() -> None:
    pack = registry.load(FIXTURE)
    assert pack.ref == "lab_pack"
    assert {"lab_pack.echo", "lab_pack.dotted.name", "chatops.post_message", "core.noop"} <= set(
        pack.actions
    )
    assert "lab_pack.beside" not in pack.actions
    assert set(pack.rules) == {
        f"lab_pack.{name}"
        for name in ("greet", "backstop", "switched_off", "tick", "tally", "tally_text", "lost")
    }
    assert set(pack.sensors) == {"lab_pack.Visitors", "lab_pack.Poller", "lab_pack.Idle"}
    assert set(pack.policies) == {"lab_pack.gate.one"}
    assert pack.policies["lab_pack.gate.one"].parameters["action"] == "delay"
    assert set(pack.aliases) == {"lab_pack.greet"}
    assert "lab_pack.Visitor" in pack.triggers
    assert "lab_pack.Tally" not in pack.triggers


def test_a_rule_is_off_unless_it_says_otherwise() -> None:
    pack = registry.load(FIXTURE)
    assert not pack.rules["lab_pack.switched_off"].enabled
    assert pack.actions["lab_pack.echo"].enabled
    assert not pack.actions["lab_pack.disabled"].enabled


def test_as_in_the_api() -> None:
    pack = registry.load(FIXTURE)
    rule = pack.rules["lab_pack.tally"].to_dict()
    assert rule["trigger"]["type"] == "lab_pack.Tally"
    assert rule["trigger"]["parameters"] == {"of": "sheep"}
    assert rule["trigger"]["ref"] in pack.triggers
    assert rule["type"]["ref"] == "standard"
    assert pack.rules["lab_pack.backstop"].to_dict()["type"]["ref"] == "backstop"
    action = pack.actions["lab_pack.echo"].to_dict()
    assert action["uid"] == "action:lab_pack:echo"
    assert action["runner_type"] == "python-script"
    assert action["metadata_file"] == "actions/echo.yaml"
    kind = pack.trigger_types["lab_pack.Visitor"].to_dict()
    assert kind["payload_schema"]["properties"]["name"]["required"] is True
    assert pack.triggers["lab_pack.Visitor"].to_dict()["uid"] == "trigger:lab_pack:Visitor"


def test_rules_with_the_same_parameters_share_a_trigger(pack: Path) -> None:
    shutil.copy(pack / "rules" / "tally.yaml", pack / "rules" / "tally2.yaml")
    edit(pack / "rules" / "tally2.yaml", name="tally2")
    rules = registry.load(pack).rules
    assert rules["lab_pack.tally"].trigger is rules["lab_pack.tally2"].trigger


def test_no_pack(tmp_path: Path) -> None:
    refused(tmp_path, "missing pack.yaml")
    (tmp_path / "pack.yaml").write_text("")
    refused(tmp_path, "empty")
    (tmp_path / "pack.yaml").write_text("a: [")
    refused(tmp_path, "pack.yaml")


@pytest.mark.parametrize("attribute", ["name", "description", "version", "author", "email"])
def test_pack_without(pack: Path, attribute: str) -> None:
    remove(pack / "pack.yaml", attribute)
    refused(pack, f"'{attribute}' is a required property")


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"version": 1.2}, "version: '1.2' does not match"),
        ({"version": "v1.2.3"}, "version"),
        ({"ref": "lab-pack"}, "ref: 'lab-pack' does not match"),
        ({"python_versions": ["3.8"]}, "'3.8' is not one of ['2', '3']"),
        ({"python_versions": [3]}, "3 is not of type 'string'"),
        ({"stackstorm_version": "3.8"}, "stackstorm_version"),
        ({"stackstorm_version": ">=3.10.0"}, 'current version is "3.9.0"'),
        ({"stackstorm_version": ">=3.8.0, <3.9.0"}, "requires StackStorm"),
        ({"ref": "core"}, "reserved"),
        ({"ref": "_global"}, "reserved"),
        ({"ref": None, "name": "lab pack"}, "invalid characters"),
        ({"keywords": "one"}, "keywords"),
    ],
)
def test_pack_with(pack: Path, attributes: Dict[str, Any], said: str) -> None:
    edit(pack / "pack.yaml", **attributes)
    refused(pack, said)


@pytest.mark.parametrize("wanted", ["=3.9.0", ">3.8.9", "<=3.9.0", ">>3.0.0", "<4.0.0"])
def test_versions_that_do(pack: Path, wanted: str) -> None:
    edit(pack / "pack.yaml", stackstorm_version=wanted)
    registry.load(pack)


def test_the_name_is_the_ref_where_there_is_none(pack: Path) -> None:
    remove(pack / "pack.yaml", "ref")
    assert registry.load(pack).ref == "lab_pack"


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"bad-name": {"type": "string"}}, "bad-name"),
        ({"list": {"type": ["string", "null"]}}, "list.type"),
        ({"unknown": {"type": "string", "format": "uri"}}, "'format' was unexpected"),
        ({"draft4": {"type": "object", "required": ["a"]}}, "draft4.required: ['a'] is not"),
    ],
)
def test_config_schema_with(pack: Path, attributes: Dict[str, Any], said: str) -> None:
    edit(pack / "config.schema.yaml", **attributes)
    refused(pack, "config.schema.yaml", said)


def test_config_schema_below_the_first_level_is_looser(pack: Path) -> None:
    nested = {"type": ["string", "null"], "format": "uri"}
    edit(pack / "config.schema.yaml", loose={"type": "object", "properties": {"a": nested}})
    registry.load(pack)
    edit(
        pack / "config.schema.yaml",
        loose={"type": "object", "properties": {"a": {"required": ["b"]}}},
    )
    refused(pack, "['b'] is not of type 'boolean'")


def test_empty_config_schema(pack: Path) -> None:
    (pack / "config.schema.yaml").write_text("---\n")
    refused(pack, "empty")
    (pack / "config.schema.yaml").unlink()
    assert registry.load(pack).config_schema == {}


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"name": 5}, "name: 5 is not of type 'string'"),
        ({"runner_type": "nonsense"}, "RunnerType nonsense is not found"),
        ({"runner_type": "local-shell-cmd"}, "the lab has not"),
        ({"colour": "red"}, "'colour' was unexpected"),
        ({"pack": "other"}, 'field "pack" is different: other'),
        ({"entry_point": "nowhere.py"}, 'entry_point "nowhere.py" is not a file in actions/'),
        ({"entry_point": "../actions/echo.py"}, "Invalid file path"),
        ({"entry_point": "/etc/passwd"}, "Invalid file path"),
        ({"entry_point": ""}, 'entry_point "" is not a file'),
        ({"parameters": {"a-b": {}}}, 'Parameter name "a-b" is invalid'),
        ({"parameters": {"a": {"type": ["string", "null"]}}}, "parameters.a.type"),
        ({"parameters": {"a": {"type": "text"}}}, "parameters.a.type"),
        ({"parameters": {"a": {"required": "yes"}}}, "'yes' is not of type 'boolean'"),
        ({"parameters": {"a": {"format": "uri"}}}, "'format' was unexpected"),
        ({"parameters": {"a": {"immutable": True}}}, "requires a default value"),
        (
            {"parameters": {"a": {"position": 0}, "b": {"position": 0}}},
            "have same position 0",
        ),
        ({"parameters": {"a": {"position": 0}, "b": {"position": 2}}}, "not contiguous"),
        ({"parameters": {"timeout": {"type": "string"}}}, "cannot be overridden"),
        ({"output_schema": {"type": "object", "required": ["a"]}}, "output_schema.required"),
        ({"notify": {"on-monday": {}}}, "on-monday"),
        ({"enabled": "yes"}, "enabled"),
    ],
)
def test_action_with(pack: Path, attributes: Dict[str, Any], said: str) -> None:
    edit(pack / "actions" / "echo.yaml", **attributes)
    refused(pack, 'action "actions/echo.yaml" from pack "lab_pack"', said)


def test_action_that_may_override_the_runner(pack: Path) -> None:
    own = {"timeout": {"default": 5, "description": "short"}, "debug": {"immutable": True}}
    edit(pack / "actions" / "echo.yaml", parameters=own)
    registry.load(pack)


def test_notifications_are_not_sent_and_that_is_said(
    pack: Path, caplog: pytest.LogCaptureFixture
) -> None:
    edit(pack / "actions" / "echo.yaml", notify={"on-complete": {"routes": ["chat"]}})
    registry.load(pack)
    assert "does not send an action's notifications" in caplog.text


def test_action_without_a_name(pack: Path) -> None:
    remove(pack / "actions" / "echo.yaml", "name")
    refused(pack, "'name' is a required property")


def test_files_that_are_no_metadata(pack: Path) -> None:
    (pack / "actions" / "config.yaml").write_text("- 1")
    registry.load(pack)
    (pack / "actions" / "list.yaml").write_text("- 1")
    refused(pack, "actions/list.yaml", "holds no attributes")
    (pack / "actions" / "list.yaml").write_bytes(b"\xff\xfe")
    refused(pack, "actions/list.yaml")


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"entry_point": "nowhere.py"}, "is not a file in sensors/"),
        ({"entry_point": "../sensors/poller.py"}, "Invalid file path"),
        ({"poll_interval": 3}, "Minimum possible poll_interval is 4"),
        ({"class_name": 1}, "class_name"),
        ({"trigger_types": [{"description": "no name"}]}, "'name' is a required property"),
        ({"trigger_types": [{"name": "x", "colour": "red"}]}, "colour"),
        ({"poll": 5}, "'poll' was unexpected"),
    ],
)
def test_sensor_with(pack: Path, attributes: Dict[str, Any], said: str) -> None:
    edit(pack / "sensors" / "poller.yaml", **attributes)
    refused(pack, 'sensor "sensors/poller.yaml"', said)


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"trigger": {"type": "lab_pack.Nobody"}}, "Trigger type lab_pack.Nobody doesn't exist."),
        ({"trigger": {"type": "core.st2.CronTimer"}}, "the lab has not"),
        ({"trigger": {}}, "'type' is a required property"),
        (
            {"trigger": {"type": "core.st2.IntervalTimer", "parameters": {"unit": "years"}}},
            "'years' is not one of",
        ),
        (
            {"trigger": {"type": "core.st2.IntervalTimer", "parameters": {"unit": "days"}}},
            "'delta' is a required property",
        ),
        ({"trigger": {"type": "lab_pack.Tally", "parameters": {"of": 1}}}, "not of type 'string'"),
        ({"trigger": {"type": "lab_pack.Tally"}}, "'of' is a required property"),
        (
            {"criteria": {"trigger.a": {"type": "inlist", "pattern": [1]}}},
            "operator inlist not in list of allowed operators",
        ),
        ({"criteria": {"trigger.a": {"pattern": 1}}}, "Operator not specified"),
        ({"criteria": {"trigger.a": {"type": "exists"}}}, "no pattern specified"),
        ({"action": {"ref": "core.noop", "params": {}}}, "'params' was unexpected"),
        ({"action": {"parameters": {}}}, "'ref' is a required property"),
        ({"when": "now"}, "'when' was unexpected"),
    ],
)
def test_rule_with(pack: Path, attributes: Dict[str, Any], said: str) -> None:
    edit(pack / "rules" / "greet.yaml", **attributes)
    refused(pack, 'rule "rules/greet.yaml"', said)


def test_a_trigger_with_optional_parameters_needs_some(pack: Path) -> None:
    schema = {"type": "object", "properties": {"of": {"type": "string"}}}
    edit(pack / "triggers" / "tally.yaml", parameters_schema=schema)
    edit(pack / "rules" / "tally.yaml", trigger={"type": "lab_pack.Tally"})
    refused(pack, "A simple trigger should have been created")


def test_a_rule_may_name_an_action_that_is_not_there() -> None:
    assert registry.load(FIXTURE).rules["lab_pack.lost"].action == "lab_pack.not_there"


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"policy_type": "action.nothing"}, "action.nothing"),
        ({"parameters": {}}, "'threshold' is a required property"),
        ({"parameters": {"threshold": "1"}}, "'1' is not of type 'integer'"),
        ({"parameters": {"threshold": 1, "action": "ignore"}}, "'ignore' is not one of"),
        ({"parameters": {"threshold": 1, "more": 1}}, "'more' was unexpected"),
        ({"resource_ref": None}, "resource_ref"),
    ],
)
def test_policy_with(pack: Path, attributes: Dict[str, Any], said: str) -> None:
    edit(pack / "policies" / "gate_one.yaml", **attributes)
    refused(pack, 'policy "policies/gate_one.yaml"', said)


@pytest.mark.parametrize(
    ("attributes", "said"),
    [({"formats": [1]}, "formats"), ({"action_ref": None}, "action_ref"), ({"x": 1}, "'x' was")],
)
def test_alias_with(pack: Path, attributes: Dict[str, Any], said: str) -> None:
    edit(pack / "aliases" / "greet.yaml", **attributes)
    refused(pack, 'alias "aliases/greet.yaml"', said)


def test_alias_without_formats(pack: Path) -> None:
    remove(pack / "aliases" / "greet.yaml", "formats")
    refused(pack, "'formats' is a required property")


def test_nothing_is_left_when_the_configuration_is_refused() -> None:
    with pytest.raises(RegistrationError, match="limits"):
        StackStorm(FIXTURE, {"limits": {"high": "x"}})
