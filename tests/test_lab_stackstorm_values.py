"""Schemas, configuration, parameters, datastore and what is hidden, each by itself."""

from pathlib import Path
from typing import Any, Dict, Mapping

import pytest

pytest.importorskip("lab.stackstorm", reason="the lab's requirements are not installed")

import jsonschema

from lab.stackstorm import (
    RegistrationError,
    config,
    criteria,
    masking,
    output,
    params,
    paths,
    registry,
    schema,
    templates,
)
from lab.stackstorm.datastore import SYSTEM_USER, Datastore, lookups
from lab.stackstorm.errors import ParamException

FIXTURE = Path(__file__).parent / "fixtures" / "lab_pack"


@pytest.fixture
def store() -> Datastore:
    store = Datastore()
    store.set("plain", "PLAIN")
    store.set("secret", "SECRET", secret=True)
    store.set("own", "OWN", "user", "lab")
    store.set("number", "7")
    return store


# Schemas.


def test_defaults_are_filled_in_everywhere() -> None:
    whole = {
        "type": "object",
        "properties": {
            "a": {"type": "object", "properties": {"b": {"default": 1}, "c": {"type": "array"}}},
            "list": {
                "type": ["array", "null"],
                "items": {"type": "object", "properties": {"x": {"default": [1]}}},
            },
            "pair": {"type": "array", "items": [{"default": 5}, {"type": "integer"}]},
            "needy": {"default": 1},
        },
        "dependencies": {"needy": ["a", "absent"]},
    }
    given: Dict[str, Any] = {"a": {}, "list": [{}, {"x": 2}], "pair": [None, 6, 7]}
    assert schema.validate(given, whole) == {
        "a": {"b": 1},
        "list": [{"x": [1]}, {"x": 2}],
        "pair": [5, 6, 7],
    }
    assert given["a"] == {}
    assert schema.validate({**given, "absent": 1}, whole)["needy"] == 1


def test_none_is_allowed_where_a_property_is_optional() -> None:
    whole = schema.for_parameters(
        {
            "plain": {"type": "string"},
            "any": {"anyOf": [{"type": "string"}]},
            "one": {"oneOf": [{"type": "string"}, {"type": "null"}]},
            "kinds": {"type": ["string", "integer"]},
            "nested": {"type": "object", "properties": {"x": {"type": "string"}}},
            "rows": {
                "type": "array",
                "items": {"type": "object", "properties": {"x": {"type": "integer"}}},
            },
            "free": {},
        }
    )
    nothing = dict.fromkeys(["plain", "any", "one", "kinds", "nested", "rows"])
    assert schema.validate(nothing, whole, allow_none=True) == nothing
    schema.validate({"nested": {"x": None}, "rows": [{"x": None}]}, whole, allow_none=True)
    with pytest.raises(jsonschema.ValidationError):
        schema.validate(nothing, whole)
    needed = {"type": "object", "properties": {"x": {"type": "string", "required": True}}}
    with pytest.raises(jsonschema.ValidationError, match="None is not of type 'string'"):
        schema.validate({"x": None}, needed, allow_none=True)


def test_a_schema_that_is_none() -> None:
    with pytest.raises(jsonschema.SchemaError):
        schema.check({}, {"type": "object", "required": ["x"]})


def test_runner_and_action_are_merged_attribute_by_attribute() -> None:
    merged = schema.merge_parameters(
        {"t": {"type": "integer", "default": 1, "sub": {"a": 1}}}, {"t": {"sub": {"b": 2}}, "u": {}}
    )
    assert merged == {"t": {"type": "integer", "default": 1, "sub": {"a": 1, "b": 2}}, "u": {}}


# Configuration.

SCHEMA = registry.load(FIXTURE).config_schema
RIGHT: Dict[str, Any] = {"limits": {"high": 9}}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"limits": {}}, "'high' is a required property"),
        ({"limits": {"high": "9"}}, 'attribute "limits.high"'),
        ({"limits": {"high": "{{ st2kv.system.number }}"}}, "is not of type 'integer'"),
        ({"limits": {"high": 9, "more": 1}}, "'more' was unexpected"),
        ({"servers": [{"port": 1}]}, "'name' is a required property"),
        ({"token": "{{ st2kv.system.secret | decrypt_kv }}"}, '"decrypt_kv" jinja filter is not'),
    ],
)
def test_values_that_are_refused(values: Dict[str, Any], said: str) -> None:
    with pytest.raises(RegistrationError) as caught:
        config.register("lab_pack", SCHEMA, {**RIGHT, **values})
    assert said in str(caught.value)


def test_values_that_are_no_object() -> None:
    with pytest.raises(RegistrationError):
        config.register("lab_pack", SCHEMA, [1])


def test_unknown_values_are_taken() -> None:
    assert config.register("lab_pack", SCHEMA, {**RIGHT, "more": 1})["more"] == 1
    assert config.register("lab_pack", {}, {"more": 1}) == {"more": 1}


def resolve(store: Datastore, **values: Any) -> Dict[str, Any]:
    return config.resolve(SCHEMA, {**RIGHT, **values}, store, "lab")


def test_defaults_and_secrets_are_resolved(store: Datastore) -> None:
    found = resolve(
        store,
        token="{{ st2kv.system.secret }}",
        servers=[
            {"name": "{{ st2kv.user.own }}", "password": "{{ st2kv.system.secret }}"},
            {"name": "b", "port": 2},
        ],
        more={"secret": "{{ st2kv.system.secret }}", "plain": "x{{ st2kv.system.plain }}"},
    )
    assert found["region"] == "north"
    assert found["limits"] == {"high": 9, "low": 1}
    assert found["token"] == "SECRET"
    assert found["servers"] == [
        {"name": "OWN", "password": "SECRET", "port": 22},
        {"name": "b", "port": 2},
    ]
    assert found["more"]["plain"] == "xPLAIN"
    assert found["more"]["secret"] not in ("SECRET", "")


def test_described_arrays_and_objects_are_there_though_empty(store: Datastore) -> None:
    assert config.resolve(SCHEMA, {}, store, "lab") == {
        "region": "north",
        "limits": {"low": 1},
        "servers": [],
    }


def test_what_is_not_there_resolves_to_none(store: Datastore) -> None:
    assert resolve(store, token="{{ st2kv.system.absent }}")["token"] is None


def test_decrypting_what_is_not_encrypted(store: Datastore) -> None:
    with pytest.raises(ValueError, match="not encrypted"):
        resolve(store, token="{{ st2kv.system.plain }}")


def test_decrypt_kv_in_a_nested_secret_fails_at_run_time(store: Datastore) -> None:
    values = {"servers": [{"name": "a", "password": "{{ st2kv.system.secret | decrypt_kv }}"}]}
    config.register("lab_pack", SCHEMA, {**RIGHT, **values})
    with pytest.raises(ValueError, match="not encrypted"):
        resolve(store, **values)


def test_decrypt_kv_where_the_schema_says_nothing_works(store: Datastore) -> None:
    assert resolve(store, more="{{ st2kv.system.secret | decrypt_kv }}")["more"] == "SECRET"


def test_expressions_that_cannot_be_rendered(store: Datastore) -> None:
    with pytest.raises(RuntimeError, match=r"configuration value for key \"servers\.0\.name\""):
        resolve(store, servers=[{"name": "{{ nonsense }}"}])
    with pytest.raises(RuntimeError, match="doesn't exist"):
        resolve(store, more="{{ st2kv.system.absent | decrypt_kv }}")


def test_every_kind_of_schema_leads_to_its_values(store: Datastore) -> None:
    secret = {"type": "string", "secret": True}
    kinds: Dict[str, Any] = {
        "patterns": {"type": "object", "patternProperties": {"^p": secret}},
        "others": {"type": "object", "additionalProperties": secret},
        "tuple": {"type": "array", "items": [{"type": "string"}], "additionalItems": secret},
        "filled": {"type": "array", "items": [{"default": "x"}, {"default": "y"}]},
    }
    cipher = "{{ st2kv.system.secret }}"
    values = {
        "patterns": {"pw": cipher, "x": "plain"},
        "others": {"any": cipher},
        "tuple": ["a", cipher, cipher],
        "filled": ["a"],
        "free": ["{{ st2kv.system.plain }}"],
    }
    assert config.resolve(kinds, values, store, "lab") == {
        "patterns": {"pw": "SECRET", "x": "plain"},
        "others": {"any": "SECRET"},
        "tuple": ["a", "SECRET", "SECRET"],
        "filled": ["a"],
        "free": ["PLAIN"],
    }


# Parameters.

ACTION: Dict[str, Dict[str, Any]] = {
    "text": {"type": "string"},
    "number": {"type": "integer"},
    "ratio": {"type": "number"},
    "flag": {"type": "boolean"},
    "list": {"type": "array"},
    "map": {"type": "object"},
    "any": {},
    "region": {"type": "string", "default": "{{ config_context.region }}"},
    "fixed": {"type": "string", "default": "{{ text }}!", "immutable": True},
    "given": {"type": "string", "default": "default"},
}
RUNNER: Dict[str, Dict[str, Any]] = {"timeout": {"type": "integer", "default": 600}}


def names(store: Datastore, **more: Any) -> Mapping[str, Any]:
    context = {"st2kv": lookups(store, "lab"), "config_context": {"region": "north"}}
    return {**context, "action_context": {"user": "lab"}, **more}


def live(store: Datastore, given: Mapping[str, Any], **more: Any) -> Dict[str, Any]:
    environment = templates.environment(store)
    return params.render_live(environment, names(store, **more), RUNNER, ACTION, given)


def final(store: Datastore, given: Mapping[str, Any]) -> Any:
    environment = templates.environment(store)
    return params.render_final(environment, names(store), RUNNER, ACTION, given)


def test_live_parameters_are_those_given_and_templated_defaults(store: Datastore) -> None:
    assert live(store, {"text": "a"}) == {"text": "a", "region": "north"}
    assert live(store, {"region": "south"}) == {"region": "south"}


def test_what_a_parameter_may_refer_to(store: Datastore) -> None:
    found = live(
        store,
        {
            "text": "{{ st2kv.system.plain }} {{ st2kv.user.own }} {{ action_context.user }}",
            "number": "{{ number_of }}",
            "any": "{{ text }}",
            "list": ["{{trigger}}", "{{ text }}"],
            "map": {"a": "{{trigger}}", "b": "{{ st2kv.system.plain }}"},
        },
        trigger={"x": [1]},
        number_of="12",
    )
    assert found["text"] == "PLAIN OWN lab"
    assert found["number"] == 12
    assert found["any"] == "PLAIN OWN lab"
    assert found["list"] == [{"x": [1]}, "PLAIN OWN lab"]
    assert found["map"] == {"a": {"x": [1]}, "b": "PLAIN"}


def test_a_secret_stays_encrypted_unless_told(store: Datastore) -> None:
    assert "SECRET" not in live(store, {"text": "{{ st2kv.system.secret }}"})["text"]
    assert live(store, {"text": "{{ st2kv.system.secret | decrypt_kv }}"})["text"] == "SECRET"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("number", "5", 5),
        ("number", 5.9, 5),
        ("ratio", "1.5", 1.5),
        ("flag", "true", True),
        ("flag", "False", False),
        ("flag", True, True),
        ("list", "[1, 2]", [1, 2]),
        ("list", "['a', None]", ["a", None]),
        ("map", '{"a": null}', {"a": None}),
        ("map", {"a": 1}, {"a": 1}),
        ("text", templates.NONE, None),
        ("list", templates.NONE, None),
        ("flag", templates.NONE, None),
        ("any", 5, 5),
        ("text", None, None),
        ("text", "{{ unclosed", "{{ unclosed"),
    ],
)
def test_casts(store: Datastore, name: str, text: Any, value: Any) -> None:
    assert live(store, {name: text})[name] == value


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"number": "abc"}, ValueError),
        ({"text": 5}, ValueError),
        ({"list": "a b"}, SyntaxError),
        ({"map": "name"}, ValueError),
        ({"number": templates.NONE}, TypeError),
        ({"text": "{{ nobody }}"}, ParamException),
        ({"text": "{{ number }}", "number": "{{ text }}"}, ParamException),
        ({"text": "{{ st2kv.system.plain.x | nofilter }}"}, ParamException),
        ({"text": "{{ action_context.nobody }}"}, ParamException),
        ({"text": "{{ '1.2.3' | version_compare('1.2.3') }}"}, ParamException),
    ],
)
def test_what_cannot_be_rendered_or_cast(
    store: Datastore, given: Dict[str, Any], kind: Any
) -> None:
    with pytest.raises(kind):
        live(store, given)


def test_a_circle_is_named_without_what_waits_for_it(store: Datastore) -> None:
    circle = {"text": "{{ any }}", "any": "{{ text }}", "given": "{{ any }}"}
    with pytest.raises(ParamException, match=r"variables: any, text\. Likely"):
        live(store, circle)


def test_a_templated_default_beats_a_template_that_is_given(store: Datastore) -> None:
    assert live(store, {"region": "{{ text }}", "text": "a"})["region"] == "north"


def test_final_parameters_are_all(store: Datastore) -> None:
    runner, action = final(store, {"text": "{{ not.rendered }}", "number": "3", "given": None})
    assert runner == {"timeout": 600}
    assert action == {
        "text": "{{ not.rendered }}",
        "number": 3,
        "ratio": None,
        "flag": None,
        "list": None,
        "map": None,
        "any": None,
        "region": "north",
        "fixed": "{{ not.rendered }}!",
        "given": "default",
    }


# Templates.


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("{{ {'a': 1} | to_json_string }}", '{"a": 1}'),
        ("{{ '[1]' | from_json_string | length }}", "1"),
        ("{{ 'a: [1]' | from_yaml_string | to_json_string }}", '{"a": [1]}'),
        ("{{ {'a': 1} | to_yaml_string }}", "a: 1\n"),
        ("{{ 'say \"x\" ' | json_escape }}", 'say \\"x\\" '),
        ("{{ 'abc' | regex_match('b') }} {{ 'abc' | regex_search('B', true) }}", "False True"),
        ("{{ 'abc' | regex_replace('b', 'x') }}", "axc"),
        ("{{ 'a1b2' | regex_substring('[0-9]', 1) }}", "2"),
        ("{{ '/a/b' | basename }} {{ '/a/b' | dirname }}", "b /a"),
        ("{{ {'a': [1, 2]} | jsonpath_query('a[*]') }}", "[1, 2]"),
        ("{{ {} | jsonpath_query('a') }}", "None"),
        ("{{ none | use_none }}{{ 1 | use_none }}", templates.NONE + "1"),
        ("{{ 59 | to_human_time_from_seconds }}", "59s"),
        ("{{ 0 | to_human_time_from_seconds }}", "0s"),
        ("{{ 0.5 | to_human_time_from_seconds }}", "0.5\u03bcs"),
        ("{{ 90061 | to_human_time_from_seconds }}", "1d1h1m1s"),
        ("{{ st2kv.system.number | int + 1 }}", "8"),
        ("{{ st2kv['system']['number'] | float }}", "7.0"),
    ],
)
def test_filters(store: Datastore, text: str, rendered: str) -> None:
    assert templates.environment(store).from_string(text).render(names(store)) == rendered


def test_the_sandbox(store: Datastore) -> None:
    with pytest.raises(Exception, match="unsafe"):
        templates.environment(store).from_string("{{ ''.__class__.__mro__ }}").render()
    with pytest.raises(AssertionError):
        templates.to_human_time_from_seconds("x")  # type: ignore[arg-type]  # that is the point


# Paths and criteria.


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("trigger.a", [{"b c": 1, "d": [5, 6]}]),
        ("$.trigger.a.'b c'", [1]),
        ('trigger.a["b c"]', [1]),
        ("trigger.a.d[1]", [6]),
        ("trigger.a.d[*]", [5, 6]),
        ("trigger.a.*", [1, [5, 6]]),
        ("trigger.a.d.*", [5, 6]),
        ("trigger.text.*", []),
        ("trigger.x", []),
        ("trigger.a.d[9]", []),
        ("trigger.a[0]", []),
        ("trigger.text.x", []),
        ("trigger.a.d.x", []),
    ],
)
def test_paths(path: str, found: Any) -> None:
    value = {"trigger": {"a": {"b c": 1, "d": [5, 6]}, "text": "t"}}
    assert paths.find(value, path) == found


@pytest.mark.parametrize("path", ["", "a b", "a[", "a..b", "a[?x]"])
def test_bad_paths(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        paths.find({}, path)


PAYLOAD: Dict[str, Any] = {
    "text": "Abc",
    "number": 5,
    "list": ["a", "b"],
    "rows": [{"x": 1, "y": "a"}, {"x": 2, "y": "b"}],
    "row": {"x": 1},
    "old": "2001-01-01T00:00:00Z",
    "naive": "2001-01-01T00:00:00",
}


def matches(store: Datastore, key: str, **criterion: Any) -> bool:
    matcher = criteria.Matcher(templates.environment(store), store)
    return matcher.matches({key: criterion}, PAYLOAD)


@pytest.mark.parametrize(
    ("key", "operator", "right", "wrong"),
    [
        ("text", "equals", "Abc", "abc"),
        ("text", "eq", "Abc", None),
        ("text", "nequals", "x", "Abc"),
        ("text", "ieq", "aBC", "x"),
        ("text", "contains", "bc", "BC"),
        ("text", "icontains", "BC", "x"),
        ("text", "ncontains", "x", "bc"),
        ("text", "incontains", "x", "BC"),
        ("text", "startswith", "A", "a"),
        ("text", "istartswith", "a", "b"),
        ("text", "endswith", "c", "C"),
        ("text", "iendswith", "C", "b"),
        ("text", "matchwildcard", "A*", "B*"),
        ("text", "matchregex", "A.", "b"),
        ("text", "regex", "b", "^b"),
        ("text", "iregex", "B", "x"),
        ("number", "lt", 6, 5),
        ("number", "greaterthan", 4, 5),
        ("old", "timediff_gt", 60, 10**12),
        ("naive", "td_lt", 10**12, 60),
        ("list", "contains", "a", "c"),
        ("text", "in", ["Abc", "x"], ["x"]),
        ("text", "nin", ["x"], ["Abc"]),
        ("number", "equals", "{{ 5 }}", "{{ 6 }}"),
        ("text", "equals", "A{{ 'bc' }}", "{{ 'bc' }}"),
        ("text", "equals", "{{ trigger.text }}", "{{ st2kv.system.plain | string }}"),
        ("list[0]", "equals", "a", "b"),
        ("text#2", "equals", "Abc", "x"),
    ],
)
def test_operators(store: Datastore, key: str, operator: str, right: Any, wrong: Any) -> None:
    assert matches(store, f"trigger.{key}", type=operator, pattern=right)
    assert not matches(store, f"trigger.{key}", type=operator, pattern=wrong)


def test_presence(store: Datastore) -> None:
    assert matches(store, "trigger.text", type="exists", pattern="")
    assert not matches(store, "trigger.absent", type="exists", pattern="")
    assert matches(store, "trigger.absent", type="nexists", pattern="")
    assert not matches(store, "trigger.text")


@pytest.mark.parametrize(
    ("condition", "pattern", "found"),
    [
        ("any", {"item.x": {"type": "equals", "pattern": 1}}, True),
        ("all", {"item.x": {"type": "equals", "pattern": 1}}, False),
        ("all", {"item.x": {"type": "lt", "pattern": 3}}, True),
        (
            "all2any",
            {
                "item.x": {"type": "equals", "pattern": 1},
                "item.y": {"type": "equals", "pattern": "b"},
            },
            True,
        ),
        (
            "any2any",
            {
                "item.x": {"type": "equals", "pattern": 9},
                "item.y": {"type": "equals", "pattern": "b"},
            },
            True,
        ),
    ],
)
def test_search(store: Datastore, condition: str, pattern: Any, found: bool) -> None:
    assert matches(store, "trigger.rows", type="search", condition=condition, pattern=pattern) == (
        found
    )


def test_search_of_one(store: Datastore) -> None:
    one = {"item.x": {"type": "equals", "pattern": 1}}
    assert matches(store, "trigger.row", type="search", condition="all", pattern=one)


@pytest.mark.parametrize(
    ("key", "criterion", "said"),
    [
        ("trigger.text", {"type": "equals", "pattern": "{{ nobody }}"}, "Failed to render pattern"),
        # StackStorm 3.9 turns every pattern's expression into JSON, which a key is not.
        ("trigger.text", {"type": "equals", "pattern": "{{ st2kv.system.plain }}"}, "not JSON"),
        ("trigger[", {"type": "equals", "pattern": "x"}, "Failed transforming criteria key"),
        ("trigger.number", {"type": "contains", "pattern": "x"}, "problem with the criteria"),
        ("trigger.rows", {"type": "search", "pattern": {}}, "condition is not recognized"),
    ],
)
def test_criteria_that_cannot_be_compared(
    store: Datastore, key: str, criterion: Dict[str, Any], said: str
) -> None:
    with pytest.raises(criteria.CriterionError, match=said):
        matches(store, key, **criterion)


def test_no_payload_satisfies_no_criteria(store: Datastore) -> None:
    matcher = criteria.Matcher(templates.environment(store), store)
    assert matcher.matches({}, {})
    assert not matcher.matches({"trigger.a": {"type": "nexists", "pattern": ""}}, {})


# Datastore.


def test_scopes_and_secrets(store: Datastore) -> None:
    assert store.get("own") is None
    assert store.get("own", "user", "lab") == "OWN"
    assert store.get("own", "st2kv.user", "other") is None
    assert store.get("secret", decrypt=True) == "SECRET"
    assert store.get("secret") not in ("SECRET", None)
    assert store.get("plain", decrypt=True) == "PLAIN"
    assert [item.name for item in store.list()] == ["number", "plain", "secret"]
    assert [item.value for item in store.list("sec", decrypt=True)] == ["SECRET"]
    assert [item.name for item in store.list("", "user", "lab")] == ["own"]
    assert store.delete("plain")
    assert not store.delete("plain")
    assert SYSTEM_USER == "stanley"


def test_what_the_datastore_refuses(store: Datastore) -> None:
    with pytest.raises(ValueError, match="is not valid"):
        store.get("x", "planet")
    with pytest.raises(ValueError, match="not of type 'string'"):
        store.set("x", 5)  # type: ignore[arg-type]  # that is the point


def test_items_expire() -> None:
    now = [100.0]
    store = Datastore(clock=lambda: now[0])
    store.set("short", "x", ttl=5)
    assert store.get("short") == "x"
    now[0] = 105.0
    assert store.list() == []
    assert store.get("short") is None


# What is hidden.


def test_parameters_are_masked_wherever_they_are() -> None:
    secret = {"type": "string", "secret": True}
    schemas: Dict[str, Any] = {
        "a": secret,
        "b": {"type": "object", "properties": {"c": secret, "d": {}}},
        "e": {"type": "array", "items": {"type": "object", "properties": {"f": secret}}},
        "g": {"type": "array"},
        "h": secret,
    }
    given = {"a": "1", "b": {"c": "2", "d": "3"}, "e": [{"f": "4"}, 5], "g": ["6"]}
    assert masking.mask(given, schemas) == {
        "a": masking.MASK,
        "b": {"c": masking.MASK, "d": "3"},
        "e": [{"f": masking.MASK}, 5],
        "g": ["6"],
    }
    assert given["a"] == "1"


SECRET: Dict[str, Any] = {"type": "string", "secret": True}


@pytest.mark.parametrize(
    ("action", "masked"),
    [
        (SECRET, masking.MASK),
        ({"type": "object", "properties": {"a": SECRET}}, {"a": masking.MASK, "b": ["2", "3"]}),
        (
            {"type": "object", "patternProperties": {"^b": {"type": "array", "items": SECRET}}},
            {"a": "1", "b": [masking.MASK] * 2},
        ),
        (
            {"type": "object", "additionalProperties": SECRET},
            {"a": masking.MASK, "b": masking.MASK},
        ),
        (
            {
                "type": "object",
                "properties": {
                    "b": {"type": "array", "items": [{}], "additionalItems": SECRET},
                },
            },
            {"a": "1", "b": ["2", masking.MASK]},
        ),
        ({"a": SECRET}, {"a": masking.MASK, "b": ["2", "3"]}),
        ({"a": "nonsense"}, {"a": "1", "b": ["2", "3"]}),
        ({"type": "string"}, {"a": "1", "b": ["2", "3"]}),
        ({}, {"a": "1", "b": ["2", "3"]}),
        ("nonsense", {"a": "1", "b": ["2", "3"]}),
    ],
)
def test_results_are_masked_by_the_output_schema(action: Any, masked: Any) -> None:
    result = {"result": {"a": "1", "b": ["2", "3"]}}
    assert output.mask(result, "result", action) == {"result": masked}
    assert result == {"result": {"a": "1", "b": ["2", "3"]}}


def test_results_that_have_nothing_to_mask() -> None:
    assert output.mask(None, "result", SECRET) is None
    assert output.mask({"x": 1}, "result", SECRET) == {"x": 1}
    assert output.mask({"x": 1}, None, SECRET) == {"x": 1}


def test_results_are_compared_with_their_schemas() -> None:
    runner = {"type": "object", "properties": {"result": {}, "x": {"required": True}}}
    action = {"type": "object", "properties": {"a": {"type": "integer", "required": True}}}
    right = {"result": {"a": 1}, "x": 1}
    assert output.validate(right, "succeeded", runner, action, "result") == (right, "succeeded")
    for wrong in ({"result": {}, "x": 1}, {"result": {"a": 1}}, {"x": 1}):
        result, status = output.validate(wrong, "succeeded", runner, action, "result")
        assert status == "failed"
        assert "Error validating output" in result["message"]
    assert output.validate(5, "succeeded", {}, action, None) == (5, "succeeded")
    nonsense = {"no": "schema"}
    assert output.validate({"x": 1}, "succeeded", runner, nonsense, "result")[1] == "succeeded"
