"""The chat commands: which line says what. Under StackStorm's own st2tests as well."""

import re

import pytest
import yaml
from conftest import PACK
from docker_tor.actions import commands
from st2tests.base import BaseActionAliasTestCase

FILES = sorted((PACK / "aliases").glob("*.yaml"))
CONTENTS = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in FILES]
ALIASES = {content["name"]: content for content in CONTENTS}

FORMATS = {
    representation: name
    for name, content in ALIASES.items()
    for item in content["formats"]
    for representation in item["representation"]
}
"""The alias of every format."""

SPELLED = re.compile(r"\[([A-Z])([a-z])\]")
"""A letter in either case. StackStorm minds case, and reads no `(?i:...)`."""


def readable(representation):
    """A format as somebody would write it to whom case and spaces do not matter."""
    text = SPELLED.sub(lambda found: found[2], representation)
    return text.replace(r"\s+", " ").replace(r"(?!\s)", "").replace(r"(?!on\s)", "")


NETWORK = {"network": None, "switch": None}
LINES = {
    "  tor networks  ": ("tor-networks", {}),
    "tor plan": ("tor-plan", NETWORK),
    "tor plan 112": ("tor-plan", {**NETWORK, "network": "112"}),
    "tor plan on tor1": ("tor-plan", {**NETWORK, "switch": "tor1"}),
    'tor plan "on the web" on tor1': ("tor-plan", {"network": "on the web", "switch": "tor1"}),
    "tor plan 'a on b'": ("tor-plan", {**NETWORK, "network": "a on b"}),
    "tor plan once on": ("tor-plan", {**NETWORK, "network": "once on"}),
    "tor plan switch=tor1": ("tor-plan", {**NETWORK, "switch": "tor1"}),
    "tor reconcile": ("tor-reconcile", {"switch": None}),
    "tor reconcile network=web": ("tor-reconcile", {"switch": None, "network": "web"}),
    "tor reconcile apply": ("tor-reconcile-apply", {"switch": None}),
    "tor apply web": ("tor-apply", {**NETWORK, "network": "web"}),
    "tor show ve abc": ("tor-show-ve", {"vlan": "abc", "switch": None}),
    "tor remove vlan 112 on tor1": ("tor-remove-vlan", {"vlan": "112", "switch": "tor1"}),
    "tor doctor": ("tor-doctor", {}),
    "tor uplinks": ("tor-uplinks", {}),
    "tor help": ("tor-help", {}),
    # Neither case nor spaces matter, but those within a name.
    " TOR ": ("tor-help", {}),
    "Tor Show VE 112 ON Tor1": ("tor-show-ve", {"vlan": "112", "switch": "Tor1"}),
    "tor plan  on  tor1 ": ("tor-plan", {**NETWORK, "switch": "tor1"}),
    "tor\u00a0plan\u00a0Web  1  on\ttor1": ("tor-plan", {"network": "Web  1", "switch": "tor1"}),
    "tor apply  online": ("tor-apply", {**NETWORK, "network": "online"}),
    "tor reconcile  Apply  on  tor1": ("tor-reconcile-apply", {"switch": "tor1"}),
    "tor Remove VLAN  112": ("tor-remove-vlan", {"vlan": "112", "switch": None}),
}
"""What is said, the alias that takes it, and what it is taken to say."""

NONSENSE = (
    *("torplan", "tor network", "a tor networks", "tor plan on", "tor plan  on", "tor plna"),
    *("tor apply", "tor show ve", "tor help me", "tor  apply  on  tor1", "tor reconcile all"),
    *("tor reconcile apply web", "tor remove vlan", "tor remove 112", "tor doctor on tor1"),
)


def as_hubot_reads(format_):
    """What the bot of StackStorm's ChatOps looks for before it asks StackStorm (hubot-stackstorm,
    command_factory.js): each parameter is any text, and pairs may follow."""
    pattern = re.sub(r"\s*\{\{.+?\}\}\s*", lambda _: r"\s*([\s\S]+?)\s*", format_)
    pairs = r"""(\s+\S+\s*=("[^"]*"|'[^']*'|\{[\s\S]*?\}|\S+)\s*)*"""
    return re.compile(rf"^\s*{pattern}{pairs}\s*$", re.IGNORECASE)


class AliasTest(BaseActionAliasTestCase):
    action_alias_name = "tor-networks"

    def test_every_line_says_what_it_says_to_one_format_only(self):
        for line, (name, parameters) in LINES.items():
            with self.subTest(line):
                self.action_alias_db = self._get_action_alias_db_by_name(name)
                (format_,) = self.action_alias_db.get_format_strings()
                self.assertCommandMatchesExactlyOneFormatString(FORMATS, line)
                self.assertExtractedParametersMatch(format_, line, parameters)

    def test_what_means_nothing_is_taken_for_nothing(self):
        for line in NONSENSE:
            with self.subTest(line), self.assertRaisesRegex(AssertionError, "didn't match any"):
                self.assertCommandMatchesExactlyOneFormatString(FORMATS, line)

    def test_hubot_hands_every_line_to_the_same_alias(self):
        for line, (name, _) in LINES.items():
            with self.subTest(line):
                found = [
                    FORMATS[format_] for format_ in FORMATS if as_hubot_reads(format_).match(line)
                ]
                self.assertEqual(found, [name])
        self.assertEqual({name for name, _ in LINES.values()}, set(ALIASES))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_alias_says_what_it_is(path):
    alias = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert (path.stem, alias["pack"]) == (alias["name"].replace("-", "_"), "docker")
    assert re.search(r"Changes (nothing|the switch(es)?)\.$", alias["description"])
    (format_,) = alias["formats"]
    assert format_["display"].startswith("tor ")
    (representation,) = format_["representation"]
    shown = re.sub(r"<(\w+)>", r"{{\1}}", format_["display"])
    shown = shown.replace("{{network}}|{{vlan}}", "{{network}}").replace("tor help", "tor[ help]")
    assert readable(representation) == re.sub(r"( ?)\[( ?)", r"(\1\2", shown).replace("]", ")?")
    # No letter and no space matters.
    rest = re.sub(r"\{\{\w+\}\}|\\s", "", SPELLED.sub("", representation))
    assert not re.search(r"[a-zA-Z ]", rest), rest
    # All aliases answer alike. `{~}` would cut an answer in two for hubot; Errbot shows it.
    assert alias["result"] == CONTENTS[0]["result"]
    assert "{~}" not in alias["result"]["format"]


ASKED = {"asked_by": "{{ api_user or '' }}", "asked_in": "{{ source_channel or '' }}"}
"""Who asks where, as StackStorm knows it."""
REPAIRS = {"dry_run": False, "orphans": "", "execution_id": "", **ASKED}


def test_only_what_is_asked_to_change_something_may():
    fixed = {name: alias.get("immutable_parameters") for name, alias in ALIASES.items()}
    assert {name: of for name, of in fixed.items() if of} == {
        "tor-reconcile": {"dry_run": True, "asked_by": "", "asked_in": ""},
        "tor-reconcile-apply": {**REPAIRS, "release_holds": True},
        "tor-apply": REPAIRS,
        "tor-remove-vlan": {"force": False, "port": 0, "username": "", "password": "", **ASKED},
    }


# `name=value` at a line's end sets any parameter of the action, the runner's own included
# (st2common/models/utils/action_alias_utils.py), unless it is immutable.

NO_MATTER = {"only_differences", "since", "execution_id"}
"""Of what a reconcile shows, and its message."""
HARMLESS = {
    "tor-apply": {"network", "switch", "release_holds", "only_differences", "since"},
    "tor-doctor": {"show_host_key"},
    "tor-help": set(),
    "tor-networks": {"live"},
    "tor-plan": {"network", "switch"},
    # With dry_run, which cannot be changed.
    "tor-reconcile": {"network", "switch", "release_holds", "orphans", *NO_MATTER},
    "tor-reconcile-apply": {"network", "switch", "only_differences", "since"},
    "tor-remove-vlan": {"vlan", "switch", "rbridge_id", "dry_run"},
    "tor-show-ve": {"vlan", "switch"},
    "tor-uplinks": set(),
}
"""What may be said with each command: what the line itself can say, and what changes no switch."""
RUNNERS = {"env", "content_version", "debug", "log_level", "timeout"}
"""The parameters that every Python action has."""


def test_what_is_not_harmless_nobody_sets_in_chat():
    settable = {}
    for name, alias in ALIASES.items():
        path = PACK / "actions" / f"{alias['action_ref'].partition('.')[2]}.yaml"
        described = yaml.safe_load(path.read_text(encoding="utf-8"))["parameters"]
        fixed = {key for key, of in described.items() if of.get("immutable")}
        settable[name] = {*described, *RUNNERS} - fixed - set(alias.get("immutable_parameters", {}))
    assert settable == HARMLESS


def test_help_has_an_example_of_every_command():
    named = [
        {name for format_, name in FORMATS.items() if as_hubot_reads(format_).match(line)}
        for line, _ in commands.COMMANDS
    ]
    assert all(len(names) == 1 for names in named)
    assert set().union(*named) == set(ALIASES) - {"tor-help"}
    succeeded, result = commands.run()
    assert succeeded
    assert all(line in result["table"] for line, _ in commands.COMMANDS)
    assert max(map(len, result["table"].split("\n"))) <= 80
