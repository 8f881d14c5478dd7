"""What the lab's StackStorm refuses to register, and to take for a configuration."""

import shutil
from pathlib import Path
from typing import Any, Dict

import jsonschema
import pytest

pytest.importorskip("lab.stackstorm", reason="the lab's requirements are not installed")

from lab.stackstorm import RegistrationError, config, registry, schema
from lab.stackstorm.datastore import Datastore
from lab.tests.conftest import PACK


def copied(folder: Path) -> Path:
    return Path(shutil.copytree(PACK, folder / "tried"))


ECHO, CHAIN, RULE, SENSOR = (
    "actions/echo.yaml",
    "actions/chain.yaml",
    "rules/greet.yaml",
    "sensors/visitors.yaml",
)
TICK, ALIAS, POLICY = "rules/tick.yaml", "aliases/echo.yaml", "policies/one.yaml"

WRONG = [
    ("pack.yaml", "version: 1.0.0", "", "version: 'version' is a required property"),
    ("pack.yaml", "version: 1.0.0", "version: 1.0", "'1.0' does not match"),
    ("pack.yaml", "ref: tried", "ref: no-dash", "'no-dash' does not match"),
    (
        "pack.yaml",
        "version: 1.0.0",
        "version: 1.0.0\nstackstorm_version: '>=4.0.0'",
        'requires StackStorm ">=4.0.0"',
    ),
    ("config.schema.yaml", "  default: north", "  colour: red", "'colour' was unexpected"),
    ("config.schema.yaml", "type: string", "type: text", "'text' is not valid under any"),
    (ECHO, "name: echo", "name: [", 'Cannot read "echo.yaml"'),
    (ECHO, "name: echo", "name: echo\npack: other", 'field "pack" is different: other'),
    (ECHO, "enabled: true", "enabled: 'yes'", "enabled: 'yes' is not of type 'boolean'"),
    (ECHO, "enabled: true", "tags: []", "'tags' was unexpected"),
    (ECHO, "python-script", "local-shell-cmd", "'local-shell-cmd' is not one of"),
    (ECHO, "entry_point: echo.py", "entry_point: no.py", '"no.py" is not a file in actions/'),
    (ECHO, "entry_point: echo.py", "entry_point: ../a.py", 'Invalid file path: "../a.py"'),
    (ECHO, "  number:", "  num-ber:", 'Parameter name "num-ber" is invalid'),
    (ECHO, "    position: 0", "    positon: 0", "'positon' was unexpected"),
    (ECHO, "  number:", "  number:\n    position: 0", "Positions supplied [0, 0]"),
    (ECHO, "  number:", "  number:\n    position: 2", "are not contiguous"),
    (ECHO, "    default: unchangeable", "", "Immutable param fixed requires a default value"),
    (ECHO, "default: unchangeable", "default: '{{ x }}'", "renders the default of fixed"),
    (ECHO, "  env:", "  env:\n    type: string", '"type" for the runner parameter "env"'),
    (CHAIN, "type: integer", "type: [integer]", "number: a parameter has one type"),
    (SENSOR, "class_name:", "poll_interval: 5\nclass_name:", "'poll_interval' was unexpected"),
    (SENSOR, "entry_point: visitors.py", "entry_point: no.py", '"no.py" is not a file in sensors/'),
    (RULE, "type: tried.Visitor", "type: tried.Nobody", "type tried.Nobody doesn't exist"),
    (RULE, "type: tried.Visitor", "type: core.st2.webhook", "or not in the lab"),
    (RULE, "type: tried.Visitor", "type: tried.Visitor\n  parameters: {a: 1}", "no parameters"),
    (RULE, "type: matchregex", "type: like", "'like' is not one of"),
    (RULE, "    type: matchregex\n", "", "criteria.trigger.name.type: 'type' is a required"),
    (RULE, "    pattern: ^A\n", "", "criteria.trigger.name.pattern: 'pattern' is a required"),
    (RULE, "pattern: ^A", "pattern: '{{ x }}'", "is not allowed for '{{ x }}'"),
    (RULE, "  trigger.name:", "  trigger.names[0]:", "'trigger.names[0]' does not match"),
    (TICK, "unit: weeks", "unit: fortnights", "'fortnights' is not one of"),
    (ALIAS, "action_ref:", "x: 1\naction_ref:", "'x' was unexpected"),
    (ALIAS, '"echo {{ text }}"', '"echo ( {{ text }}"', "is no regular expression"),
    (ALIAS, '"echo {{ text }}"', '"^echo {{ text }}"', "no anchors and no defaults"),
    (ALIAS, '"echo {{ text }}"', '"echo {{ text = a }}"', "no anchors and no defaults"),
    (POLICY, "action: cancel", "action: delay", "'delay' is not one of ['cancel']"),
    (POLICY, "action.concurrency", "action.retry", "'action.retry' is not one of"),
]


@pytest.mark.parametrize(("path", "old", "new", "said"), WRONG)
def test_what_is_not_registered(path: str, old: str, new: str, said: str, tmp_path: Path) -> None:
    pack = copied(tmp_path)
    text = (pack / path).read_text()
    assert old in text
    (pack / path).write_text(text.replace(old, new, 1))
    with pytest.raises(RegistrationError) as caught:
        registry.load(pack)
    assert said in str(caught.value)


# Configuration.

SCHEMA = registry.load(PACK).config_schema


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([], "[] is not of type 'object'"),
        ({"region": 5}, 'attribute "region" in config for pack "tried": 5 is not of type'),
        ({"logins": [{"port": 5}]}, "'host' is a required property"),
        ({"logins": [{"host": "a", "hots": "b"}]}, "'hots' was unexpected"),
        ({"logins": [{"host": "a", "port": "{{ st2kv.system.port }}"}]}, "'logins.0.port'"),
    ],
)
def test_a_configuration_that_is_refused(values: Any, said: str) -> None:
    with pytest.raises(RegistrationError) as caught:
        config.register("tried", SCHEMA, values)
    assert said.replace("'", '"') in str(caught.value).replace("'", '"')


def test_a_configuration_is_resolved_each_time_it_is_read() -> None:
    store = Datastore()
    kept = config.register(
        "tried",
        SCHEMA,
        {
            "logins": [{"host": "{{ st2kv.system.a.b }}", "password": "{{ st2kv.system.p }}"}],
            "x": 1,
        },
    )
    store.set("a.b", "tor1")
    store.set("p", "plain")
    with pytest.raises(ValueError, match="is not encrypted"):
        config.resolve(SCHEMA, kept, store)
    store.set("p", "s3cret", secret=True)
    assert config.resolve(SCHEMA, kept, store) == {
        "region": "north",
        "logins": [{"host": "tor1", "port": 22, "password": "s3cret"}],
        "x": 1,
    }
    store.delete("a.b")
    resolved: Dict[str, Any] = config.resolve(SCHEMA, kept, store)
    assert resolved["logins"][0]["host"] is None
    assert config.resolve(SCHEMA, {}, store) == {"region": "north", "logins": []}
    wrong = {"region": "{{ nobody.x }}"}
    with pytest.raises(RuntimeError, match='for key "region"'):
        config.resolve(SCHEMA, wrong, store)


def test_schemas_are_draft_4_with_draft_3s_required() -> None:
    described = {
        "properties": {
            "a": {"type": "integer", "default": 1, "required": True},
            "b": {"type": "array", "items": {"properties": {"c": {"required": True}}}},
        },
    }
    for given in ({"b": [{"c": 1}]}, {"a": None, "b": None}):
        schema.check_given(given, described)
    with pytest.raises(jsonschema.ValidationError, match="'c' is a required property"):
        schema.check_given({"b": [{}]}, described)
    with pytest.raises(jsonschema.ValidationError, match="None is not of type 'array'"):
        schema.check({"a": 1, "b": None}, described)
