"""Chat commands of the embedded StackStorm: matched, run, answered."""

import shutil
from pathlib import Path
from typing import Any, Dict, Iterator

import pytest

pytest.importorskip("lab.stackstorm", reason="the lab's requirements are not installed")

import yaml

from lab import alias_formats
from lab.stackstorm import (
    RegistrationError,
    RequestError,
    StackStorm,
    alias_messages,
    aliases,
    registry,
)

FIXTURE = Path(__file__).parent / "fixtures" / "lab_pack"
WAIT = 30.0

ECHO = {"action_ref": "lab_pack.echo"}
NOOP = {"action_ref": "core.noop"}
SAID = "{{ execution.result.result.text }}"
QUOTED = "{{ (execution.result.result.text | to_json_string)[1:-1] }}"
"""A text as it may stand between quotes in JSON."""

ALIASES: Dict[str, Dict[str, Any]] = {
    "plain": {**NOOP, "formats": ["rest"]},
    "silent": {
        **NOOP,
        "formats": ["be silent"],
        "ack": {"enabled": False},
        "result": {"enabled": False},
    },
    "off": {**NOOP, "formats": ["be off"], "enabled": False},
    "twice": {**NOOP, "formats": ["do {{ what }}", "do {{ it }}"]},
    "lost": {"action_ref": "lab_pack.not_there", "formats": ["get lost"]},
    "say": {
        **ECHO,
        "formats": [
            {"display": "say <text>", "representation": ["say {{ text }}( at {{ number=3 }})?"]},
            {"display": "say it, for help only"},
        ],
        "ack": {
            "format": "On it: {{ actionalias.name }} of {{ execution.context.api_user }}.",
            "extra": {"slack": {"color": "{{ execution.action.name }}"}},
            "append_url": False,
        },
        "result": {
            "format": SAID + "{{ execution.nowhere }}{{ execution.liveaction }}|{{ alias.name }}",
            "extra": {"slack": {"text": QUOTED, "fields": [{"short": True}]}, "plain": 5},
        },
    },
    "count": {**ECHO, "formats": ["count( {{ number }})? things {{ things }}"]},
    "fixed": {
        **ECHO,
        "formats": ["fix {{ text }}"],
        "immutable_parameters": {
            "flag": True,
            "details": {"who": "{{ api_user }}", "in": "{{ st2kv.system.place }}"},
        },
        "result": {"format": "{{ execution.parameters.details.who }}"},
    },
    "unquoted": {
        **ECHO,
        "formats": ["unquoted {{ text }}"],
        "result": {"format": "fine", "extra": {"slack": {"text": SAID}}},
    },
    "undefined": {
        **ECHO,
        "formats": ["undefined {{ text }}"],
        "ack": {"format": "{{ nobody }}", "extra": {"a": "{{ nobody.at_all }}"}},
        "result": {"format": "fine", "extra": {"slack": "{{ nobody }}"}},
    },
    "broken": {**NOOP, "formats": ["be broken"], "ack": {"format": "{{ nobody"}},
}


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packs") / "lab_pack"
    shutil.copytree(FIXTURE, folder, symlinks=True)
    for name, content in ALIASES.items():
        (folder / "aliases" / f"{name}.yaml").write_text(yaml.safe_dump({"name": name, **content}))
    return folder


@pytest.fixture(scope="module")
def st2(pack: Path) -> Iterator[StackStorm]:
    with StackStorm(pack, {"limits": {"high": 9}, "token": "{{ st2kv.system.token }}"}) as st2:
        st2.datastore.set("token", "TOKEN", secret=True)
        st2.datastore.set("place", "here")
        yield st2


# Which alias a line is for.


def test_a_line_and_its_answer(st2: StackStorm) -> None:
    reply = st2.chat("say hello", user="ann", channel="ops", timeout=WAIT)
    assert reply.ack == "On it: say of ann."
    assert reply.execution.parameters == {"text": "hello", "number": 3}
    assert reply.execution.context["user"] == "stanley"
    assert reply.execution.context["action_alias_ref"]["name"] == "say"
    assert reply.message is not None
    assert reply.message in st2.messages
    assert (reply.message.message, reply.failure) == ("hello|say", "")
    assert (reply.message.channel, reply.message.user) == ("ops", "ann")
    assert reply.message.extra == {
        "slack": {"text": "hello", "fields": [{"short": True}]},
        "plain": 5,
    }


@pytest.mark.parametrize(
    ("line", "parameters"),
    [
        ("say hello at 7", {"text": "hello", "number": 7}),
        ('say "hello at 7"', {"text": "hello at 7", "number": 3}),
        (
            "say hello ratio=2.5 flag=true",
            {"text": "hello", "number": 3, "ratio": 2.5, "flag": True},
        ),
        ('say hi details={"a": [1]}', {"text": "hi", "number": 3, "details": {"a": [1]}}),
        ("count 5 things a, b text=x", {"number": 5, "things": ["a", "b"], "text": "x"}),
    ],
)
def test_what_a_line_says_is_cast(st2: StackStorm, line: str, parameters: Dict[str, Any]) -> None:
    assert st2.chat(line, timeout=WAIT).execution.parameters == parameters


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("say", 400, "Command 'say' matched no patterns"),
        ("be off", 400, "matched no patterns"),
        ("do this", 400, "Command 'do this' matched more than 1 pattern"),
        ("get lost", 404, 'Action with ref "lab_pack.not_there" not found'),
        (
            "say hello at noon",
            400,
            'Failed to cast value "noon" (type: str) for parameter "number"',
        ),
        ("count things a text=x", 400, 'Failed to cast value "None" (type: NoneType)'),
        ("say hello colour=red", 400, "'colour' was unexpected"),
        ("say hello fixed=no", 400, "Override of immutable parameter(s) ['fixed']"),
        ("fix it flag=false", 400, "Immutable arguments cannot be overriden: flag"),
        ("be broken", 500, "Internal Server Error"),
    ],
)
def test_what_is_refused(st2: StackStorm, line: str, status: int, said: str) -> None:
    with pytest.raises(RequestError) as caught:
        st2.chat(line, timeout=WAIT)
    assert caught.value.status == status
    assert said in str(caught.value)


def test_immutable_parameters_are_rendered_and_keep_their_type(st2: StackStorm) -> None:
    reply = st2.chat("fix me", user="ann", timeout=WAIT)
    assert reply.execution.parameters["flag"] is True
    assert reply.execution.parameters["details"] == {"who": "ann", "in": "here"}
    assert reply.message is not None
    assert reply.message.message == "ann"


def test_what_the_help_shows(st2: StackStorm) -> None:
    every = aliases.help_strings(st2.pack.aliases.values())
    assert {"pack": "lab_pack", "display": "greet <name>", "description": "Say hello."} in every
    shown = [item["display"] for item in every]
    assert "be off" not in shown
    found = aliases.help_strings(st2.pack.aliases.values(), "^SAY")
    assert [item["display"] for item in found] == ["say <text>", "say it, for help only"]


# What is answered.


def test_without_a_format_of_its_own(st2: StackStorm) -> None:
    reply = st2.chat("rest", timeout=WAIT)
    id_ = reply.execution.id
    assert reply.ack is not None
    assert reply.ack.startswith(f"Your execution ID is {id_} (details available at https://")
    assert reply.message is not None
    assert (
        f"Action core.noop completed.\nstatus : succeeded\nexecution: {id_}"
        in reply.message.message
    )
    assert reply.message.extra == {}


def test_what_is_switched_off_says_nothing(st2: StackStorm) -> None:
    before = len(st2.messages)
    reply = st2.chat("be silent", timeout=WAIT)
    assert reply.execution.status == "succeeded"
    assert (reply.ack, reply.message, reply.failure) == (None, None, "")
    assert len(st2.messages) == before


def test_the_acknowledgement_shows_what_is_not_defined(st2: StackStorm) -> None:
    started = st2.chatops.execute("undefined x", "ann", "ops")
    for said, name in ((started.said.message, "format"), (started.said.extra, "extra")):
        assert f'Cannot render "{name}" in field "ack" for alias. ' in str(said)
        assert "'nobody' is undefined" in str(said)


def test_an_extra_that_is_not_defined_leaves_chat_without_an_answer(st2: StackStorm) -> None:
    reply = st2.chat("undefined x", timeout=WAIT)
    assert reply.message is None
    assert "'nobody' is undefined" in reply.failure


def test_an_extra_is_rendered_as_json(st2: StackStorm) -> None:
    """Quotes and line breaks that are put in have to be escaped; then they come out as they are."""
    text = 'a "quote\\", a\nline, \u2028 and a \'"'
    execution = {"result": {"result": {"text": text}}}
    said = alias_messages.result(st2.datastore, st2.pack.aliases["lab_pack.say"], execution)
    assert said is not None
    assert said.extra is not None
    assert said.extra["slack"]["text"] == text
    with pytest.raises(ValueError, match=r"Expecting|Invalid"):
        alias_messages.result(st2.datastore, st2.pack.aliases["lab_pack.unquoted"], execution)


def test_it_may_take_too_long(st2: StackStorm) -> None:
    with pytest.raises(TimeoutError, match=r"lab_pack\.say has no answer after 0 seconds"):
        st2.chat("say hello", timeout=0)


@pytest.mark.parametrize(
    ("live", "shown"),
    [
        ("{{ st2kv('system.place') }}", "here"),
        ("{{ st2kv('system.token', decrypt=true) }}", "TOKEN"),
        ("{% if true %}x{% endif %}", "x"),
        ("<% st2kv('system.place') %>", "<% st2kv('system.place') %>"),
    ],
)
def test_a_result_is_a_template_once_more(st2: StackStorm, live: str, shown: str) -> None:
    """StackStorm's own surprise, and the reason why a pack has to break up what it shows: what
    somebody types is run by the workflow that posts the answer, or by the action in it."""
    reply = st2.chat(f'say "{live}"', timeout=WAIT)
    assert reply.execution.parameters["text"] == live
    assert reply.execution.result["result"]["text"] == live
    assert reply.message is not None, reply.failure
    assert reply.message.message == f"{shown}|say"


def test_a_result_that_is_no_template_any_more(st2: StackStorm) -> None:
    """The workflow knows a function st2kv, and no datastore of that name."""
    reply = st2.chat('say "{{ st2kv.system.place }}"', timeout=WAIT)
    assert reply.message is None
    assert "Unable to evaluate expression" in reply.failure


# What is registered.


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"formats": ["go ("]}, 'The format "go (" is no regular expression'),
        ({"formats": [{"representation": "go"}]}, "formats"),
        ({"formats": [{"representation": ["go"], "match_multiple": True}]}, "the lab has not"),
        ({"formats": ["go"], "name": "greet"}, "there are two of the name greet"),
        ({"formats": ["go"], "ack": {"format": 5}}, "ack.format: 5 is not of type 'string'"),
        ({"formats": ["go"], "result": {"extra": []}}, "result.extra"),
        ({"formats": ["go"], "immutable_parameters": []}, "immutable_parameters"),
    ],
)
def test_what_no_alias_may_say(tmp_path: Path, content: Dict[str, Any], said: str) -> None:
    folder = tmp_path / "lab_pack"
    shutil.copytree(FIXTURE, folder, symlinks=True)
    alias = yaml.safe_dump({"name": "new", **NOOP, **content})
    (folder / "aliases" / "new.yaml").write_text(alias)
    with pytest.raises(RegistrationError) as caught:
        registry.load(folder)
    assert 'alias "aliases/new.yaml"' in str(caught.value)
    assert said in str(caught.value)


def test_an_alias_as_in_the_api(st2: StackStorm) -> None:
    alias = st2.pack.aliases["lab_pack.greet"].to_dict()
    assert (alias["ref"], alias["uid"]) == ("lab_pack.greet", "action_alias:lab_pack:greet")
    assert alias["formats"][0]["display"] == "greet <name>"
    assert alias["metadata_file"] == "aliases/greet.yaml"


# Formats beyond what test_lab_stackstorm_standins has: where StackStorm looks for anchors.


@pytest.mark.parametrize(
    ("format_", "command", "matches"),
    [
        ("go", "now go", False),
        ("go$", "now go ", False),
        ("^go", " go", False),
        (r"\Ago", "go on", False),
        (r" go\s*\Z", "go", True),
        ("(^| )go", "now go", False),
        ("( |^)go", "now go", True),
        ("(go$)?", "gone", False),
        ("[$^]", "$", True),
        (r"\$", "$", True),
    ],
)
def test_anchors(format_: str, command: str, matches: bool) -> None:
    try:
        alias_formats.parameters(format_, command)
    except alias_formats.NoMatch:
        assert not matches
    else:
        assert matches
