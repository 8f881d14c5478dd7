"""From YANG to actions: names, parameters, types; the pack's files; what is said of bad input."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, List

import pytest
import yaml

pytest.importorskip("pyang", reason="the generator needs pyang")

from hypothesis import given
from hypothesis import strategies as st
from yang_edit import values

from generator import actions, names, patterns, pynos, reading, writing
from generator.__main__ import main
from generator.errors import GeneratorError
from generator.schema import LEAF, Node

from .every import DEVIATION, EVERY, PACK, SPECS, YANG, generate


def parameters(name: str) -> Dict[str, Any]:
    found: Dict[str, Any] = EVERY[name]["parameters"]
    return found


def value(name: str) -> Dict[str, Any]:
    """The parameter that has the value of an action's leaf."""
    found: Dict[str, Any] = parameters(name)[SPECS[name]["path"][-1]["parameter"]]
    return found


def kind(name: str) -> Any:
    return SPECS[name]["path"][-1]["type"]


OF_ALL = {"edit", "host", "port", "username", "password", "dry_run"}


# Names.


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("top_on", ["on", "delete_on"]),
        ("top_mark", ["mark", "delete_mark"]),
        ("top_needed", ["needed"]),
        ("top_list_name", ["name", "label", "members", "delete_list"]),
        ("top_list_label", ["name", "label", "delete_list", "delete_label"]),
        # A second `name` and a second `list` have their parents' in front.
        (
            "top_list_list_value",
            ["name", "list_name", "value", "delete_list", "delete_list_list", "delete_value"],
        ),
        # Python's `from` and the pack's own `host` are reserved.
        ("top_pair", ["pair_from", "to", "pair_host", "insert", "insert_at", "delete_pair"]),
        ("top_class", ["top_class", "delete_class"]),
        ("top_order", ["order", "insert", "insert_at", "delete_order"]),
        ("top_here", ["label", "delete_here"]),
        (
            "do_it",
            ["name", "do_it_timeout", "quick", "secret", "many", "deep_name", "entries", "raw"],
        ),
        # Of two modules, of one with other signs between.
        ("every_augment_top_timeout", ["top_timeout", "delete_timeout"]),
        ("every_kind_a_b_c", ["c", "delete_c"]),
        ("every_kind_a_b_c_2", ["b_c", "delete_b_c"]),
        ("every_kind_get", []),
        ("get", ["path"]),
    ],
)
def test_names(name: str, expected: List[str]) -> None:
    assert [one for one in parameters(name) if one not in OF_ALL] == expected


def test_what_has_no_action() -> None:
    for name in ("top_list_list_name_2", "top_state", "top_log", "top_any", "top", "top_pair_from"):
        assert name not in EVERY


LETTERS = st.text("abcdefgh-._", min_size=1, max_size=60).map(lambda text: f"n{text}")


@given(st.lists(st.lists(LETTERS, min_size=1, max_size=8), max_size=12))
def test_names_are_unique_and_short_enough(paths: List[List[str]]) -> None:
    found = names.of_actions(
        [tuple(Node(name, LEAF, "module", "urn:m") for name in path) for path in paths],
        ("get", "get_config"),
    )
    assert len({*found, "get", "get_config"}) == len(found) + 2
    for name in found:
        # A number may come behind what was cut.
        assert len(name) <= names.LONGEST + 3
        assert re.fullmatch(r"\w+", name)


def test_only_does_not_change_a_name() -> None:
    both = {"get", "get_config"}
    assert set(generate("a/**")) == {"every_kind_a_b_c_2", "every_kind_a_b_c_3", *both}
    assert "top_list_list_value" not in generate("top/*")


@pytest.mark.parametrize(
    ("glob", "node"),
    [
        # Two asterisks are any number of steps, none too.
        ("**/top/mark", "top_mark"),
        ("top/**/mark", "top_mark"),
        ("**", "top_mark"),
        ("top/*/list/*", "top_list_list_value"),
        ("top/**/value", "top_list_list_value"),
    ],
)
def test_only(glob: str, node: str) -> None:
    assert node in generate(glob)


# But whole steps.
@pytest.mark.parametrize("glob", ["top/li/**", "**/ark", "top/list/**/abel"])
def test_only_of_nothing(glob: str) -> None:
    with pytest.raises(GeneratorError, match="matches no node"):
        generate(glob)


# Types.


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("top_level", {"type": "integer", "minimum": 10, "maximum": 100}),
        ("top_on", {"type": "boolean"}),
        ("top_mark", {"type": "boolean", "default": True}),
        ("top_ratio", {"type": "string"}),
        ("top_flags", {"type": "string"}),
        ("top_pet", {"type": "string", "enum": ["every-kind:cat", "every-kind:tabby"]}),
        ("top_colour", {"type": "string", "enum": ["red", "light blue", "{{x}}"]}),
        ("top_code", {"type": "string", "pattern": r"^(?:[a-z]{2}-\d+)$"}),
        ("top_list_label", {"type": "string", "minLength": 1, "maxLength": 8}),
        ("top_tags", {"type": "array", "items": {"type": "string"}}),
        ("top_either", {"type": "string"}),
        ("top_user_password", {"type": "string", "minLength": 4, "maxLength": 40, "secret": True}),
    ],
)
def test_stackstorm_s_types(name: str, schema: Dict[str, Any]) -> None:
    found = value(name)
    assert {key: found[key] for key in {*found} - {"description", "position"}} == schema


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("top_level", [10, 100, "50"], [9, 101, True, 1.5, "x", "1_0", None]),
        ("top_ratio", ["-1.5", "1.50", 10, 1.5], ["1.51", "-1.51", "2", "10.01", "1.005", True]),
        ("top_flags", ["a", "c a", "", ["b"]], ["d", "a a", 5]),
        ("top_pet", ["every-kind:cat", "tabby"], ["animal", "other:cat", "dog", 1]),
        ("top_key", ["AA==", "AAAAAA=="], ["", "AAAAAAA=", "A", "??", 5]),
        ("top_on", [True, "false"], ["yes", 1, "TRUE", None]),
        ("top_colour", ["red", "light blue", "{{x}}"], ["blue", "", 1]),
        ("top_code", ["ab-1", "yz-00"], ["ab-", "xab-1", "ab-1\n", "ab-1x", "xx-1", 1]),
        ("top_where", ["/every-kind:top/every-kind:a[every-kind:b='x']"], ["top", "/top", "/no:a"]),
        ("top_either", [255, "0", "none", "every-kind:cat"], [256, "no", "dog"]),
        ("top_refers", ["any text", ""], [1, "\x00", "a\x0bb"]),
        ("top_in_union", ["10", "all"], ["5", "none"]),
    ],
)
def test_values(name: str, good: List[Any], bad: List[Any]) -> None:
    for one in good:
        text = values.check(kind(name), one, "field")
        assert values.check(kind(name), text.text, "field") == text
    for one in bad:
        with pytest.raises(values.InvalidValue, match="field is"):
            values.check(kind(name), one, "field")


CAT = {"x": "urn:every-kind", "every-kind": "urn:every-kind", None: "urn:every-kind"}


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("top_level", ["050", "50"]),
        ("top_ratio", ["1.5", "1.50"]),
        ("top_flags", ["a c", "c  a"]),
        ("top_on", [" true ", "true"]),
        # An identity, whatever its prefix is.
        ("top_pet", ["x:cat", "every-kind:cat", "cat"]),
        ("top_either", ["x:cat", "every-kind:cat", "cat"]),
    ],
)
def test_equal_values_are_equal_texts(name: str, texts: List[str]) -> None:
    assert len({values.canonical(kind(name), text, CAT) for text in texts}) == 1


def test_what_jinja_would_take_for_its_own_is_in_json() -> None:
    """StackStorm renders the defaults of parameters."""
    default = parameters("top_colour")["edit"]["default"]
    assert isinstance(default, str)
    assert not re.search(r"\{[{%#]", default)
    assert "{{x}}" in kind("top_colour")["values"]
    others = [content["parameters"]["edit"]["default"] for content in EVERY.values()]
    assert not [one for one in others if re.search(r"\{[{%#]", json.dumps(one)) and one != default]


# Patterns.


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (r"a.c", ["abc"], ["a\nc", "xabc"]),
        (r"^a$", ["a"], ["^a$"]),
        (r"a^b$c", ["a^b$c"], ["abc"]),
        (r"[^\]]+", ["a[", "^"], ["]"]),
        (r"[a-z-[aeiou]]+", ["xyz"], ["A"]),
        (r"[\p{L}\p{N}]+", ["äß1"], ["a b", ""]),
        (r"\p{L}{2}", ["äß"], ["a1"]),
        (r"[\p{Lu}_]+", ["A_"], ["1"]),
        (r"\i\c*", ["_a.b-1"], ["1a"]),
        (r"\{%[{%]", ["{%{"], ["%"]),
        (r"a{2,3}", ["aa", "aaa"], ["a"]),
        (r"[&|~\-]+", ["&&||~~-"], ["a"]),
        (r"[+--]+", ["+,-"], ["."]),
        (r"[\c-]+", ["a-"], ["+"]),
        (r"\d{1,3}(\.\d+)?", ["1", "10.5"], ["1.", ""]),
        (r"*a", ["anything"], []),
    ],
)
def test_patterns(pattern: str, good: List[str], bad: List[str]) -> None:
    found = patterns.python(pattern)
    for text in good:
        assert re.fullmatch(found, text), (found, text)
    for text in bad:
        assert not re.fullmatch(found, text), (found, text)


@given(st.text(r"ab[](){}\-^$.*+?|,12&{%#pLNdsic", max_size=20))
def test_any_pattern_becomes_one_that_jinja_lets_be(pattern: str) -> None:
    found = patterns.python(pattern)
    re.compile(found)
    assert not re.search(r"\{[{%#]", found)


# Descriptions.


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("every_kind_top_timeout", "How long to wait. In seconds. Default: 30."),
        ("top_needed", "Only if ../on (only when on). Mandatory."),
        ("top_old", "Status: deprecated."),
        ("top_due", "Is there when ../on = 'true'. Instead of first (choice one-of)."),
        ("top_order", "Ordered by the user."),
        ("top_level", "Default: 50."),
    ],
)
def test_descriptions(name: str, words: str) -> None:
    assert words in value(name)["description"]
    # A default is shown, and not sent.
    assert "default" not in value(name)


WHENS = """module w {
  namespace "urn:w"; prefix w;
  grouping inner { leaf deep { type string; } }
  grouping outer { leaf used { type string; } container box { uses inner { when "'inner'"; } } }
  container t {
    uses outer { when "'outer'"; }
    choice c { when "'choice'"; case k { when "'case'"; leaf z { type string; } } }
    leaf plain { type string; }
  }
  augment "/w:t" {
    when "'augment'"; leaf q { type string; } container in { leaf r { type string; } } }
}"""


def test_when_is_told_where_the_node_comes_by_a_choice_augment_or_uses(tmp_path: Path) -> None:
    (tmp_path / "w.yang").write_text(WHENS)
    model = reading.read(reading.Sources([tmp_path]))
    said = {one.name: one.content["description"] for one in actions.generate(model, "w")}
    found = {name: re.findall(r"when '(\w+)', seen from", text) for name, text in said.items()}
    assert {name: sorted(whens) for name, whens in found.items() if whens} == {
        "t_used": ["outer"],
        "t_box_deep": ["inner"],
        "t_z": ["case", "choice"],
        "t_q": ["augment"],
    }


# Modules, features, deviations.


def test_modules_and_features() -> None:
    found = generate(modules=["every-augment"])
    assert set(found) == {"get", "get_config", "other_plain", "top_timeout"}
    assert "top_maybe" in generate(features={"every-kind": ["extra"]})
    assert "top_maybe" not in generate(features={"every-kind": ["more"]})


@pytest.mark.parametrize("deviation", [str(DEVIATION), "every-deviation"])
def test_deviations(deviation: str) -> None:
    folders = [YANG, DEVIATION.parent] if deviation == "every-deviation" else [YANG]
    sources = reading.Sources(folders, ["every-kind", "every-augment"], {}, [deviation])
    made = {one.name: one for one in actions.generate(reading.read(sources), "every")}
    assert "top_old" not in made
    assert made["top_host"].content["parameters"]["top_host"]["type"] == "integer"


# The pack's files.


def run(out: Path, *more: str, yang: Path = YANG) -> int:
    return main(["--yang", str(yang), "--pack", "every", "--out", str(out), *more])


def tree(folder: Path) -> Dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A generated pack."""
    folder = tmp_path / "out"
    assert run(folder, "--release", "1.2.3") == 0
    return folder


def test_the_same_yang_gives_the_same_files(out: Path) -> None:
    first = tree(out)
    (out / "actions" / "gone.yaml").write_text("")
    (out / ".git").mkdir()
    (out / ".git" / "HEAD").write_text("what was committed")
    assert run(out, "--release", "1.2.3") == 0
    assert tree(out) == {**first, ".git/HEAD": b"what was committed"}
    assert [path.name for path in out.parent.iterdir()] == ["out"]


ALONE = """if True:
    import sys; from yang_edit import action
    spec = {'kind': 'leaf', 'path': [{'node': 'a', 'ns': 'urn:a', 'parameter': 'a',
            'type': {'base': 'string'}}]}
    assert action.run({}, spec, {'host': 'x', 'a': 'b', 'dry_run': True})[0]
    print([name for name in ('yaml', 'pyang', 'paramiko', 'jinja2') if name in sys.modules])
    import importlib, pkgutil, docker_tor, yang_edit
    for package in (docker_tor, yang_edit):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    print(docker_tor.__file__)
"""


def test_a_pack_runs_on_its_own_library(out: Path) -> None:
    """No module is missing, and none of this pack's is there; an action loads none that is slow."""
    library = out / "lib"
    assert len(json.loads((out / "tests" / "samples.json").read_text())) > 15
    said = ""
    for words in (["-m", "unittest", "tests/test_actions.py"], ["-c", ALONE]):
        done = subprocess.run(
            [sys.executable, *words],
            cwd=out,
            env={"PYTHONPATH": str(library), "PATH": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        said += done.stdout
    assert said.startswith(f"[]\n{library}")
    (askpass,) = library.rglob("askpass")
    assert askpass.stat().st_mode & 0o100


def test_the_readme_says_how_it_was_made_and_what_there_is(out: Path) -> None:
    text = (out / "README.md").read_text()
    assert f"--out {out} --release 1.2.3" in text
    for name in EVERY:
        assert f"| {name} |" in text
    assert "| every-kind | 2026-01-01 | urn:every-kind |" in text
    # A node without an action stands there for those that are in it.
    indent = "&nbsp;&nbsp;"
    assert f"| top |  |\n| {indent}class | top_class |\n| {indent}code | top_code |\n" in text
    assert f"| {indent}list | top_list_name |\n| {indent}{indent}label | top_list_label |\n" in text
    assert yaml.safe_load((out / "pack.yaml").read_text())["version"] == "1.2.3"


# Bad input.

Refused = Callable[..., str]


@pytest.fixture
def refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Refused:
    def run_(*more: str, out: Path = tmp_path / "new", yang: Path = YANG) -> str:
        before = sorted(tmp_path.iterdir())
        capsys.readouterr()
        assert run(out, *more, yang=yang) == 1
        assert sorted(tmp_path.iterdir()) == before
        captured = capsys.readouterr()
        assert not captured.out
        return captured.err

    return run_


def test_bad_yang(tmp_path: Path, refused: Refused) -> None:
    folder = tmp_path / "yang"
    shutil.copytree(YANG, folder)
    (folder / "every-augment.yang").unlink()
    said = refused(yang=folder)
    assert 'every-kind.yang:6: module "every-augment" not found' in said
    assert "put it into one of the folders of --yang" in said
    broken = folder / "every-kind.yang"
    broken.write_text(broken.read_text().replace("feature more;", "feature more"))
    assert "every-kind.yang:13: " in refused(yang=folder)
    # pyang has some modules of its own, which resolve and yet are nobody's to generate from.
    broken.write_text(
        """module mine { namespace "urn:mine"; prefix m;
          import ietf-interfaces { prefix if; }
          augment /if:interfaces/if:interface { leaf colour { type string; } } }"""
    )
    wanted = 'kind.yang:3: it augments module "ietf-interfaces", which is in none of the folders'
    assert wanted in refused(yang=folder)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--only", "no/**"], "--only no/** matches no node"),
        (["--only", "a/**", "--only", "b/**"], "--only b/** matches no node"),
        (["--modules", "no-module"], "--modules names no-module"),
        (["--features", "no-module:a"], "--features names no-module"),
        (["--features", "every-kind:a"], "every-kind has no feature a; it has extra, more"),
        (["--features", "extra"], "write it as in MODULE:FEATURE"),
        (["--deviations", "no-module"], 'module "no-module" not found'),
        (["--deviations", "no-file.yang"], "No such file"),
        (["--release", "1"], "write it as in 0.1.0"),
        (["--pack", "Vdx"], "a-z, 0-9 and _"),
        (["--pack", "a-b"], "a-z, 0-9 and _"),
        (["--yang", "/no"], "is no folder"),
        (["--yang", str(PACK / "docs")], "holds no .yang file"),
    ],
)
def test_bad_options(refused: Refused, more: List[str], words: str) -> None:
    assert words in refused(*more)


def test_a_folder_that_holds_something_else(tmp_path: Path, refused: Refused) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "mine").write_text("precious")
    assert "holds something that this did not generate" in refused(out=mine)
    assert tree(mine) == {"mine": b"precious"}
    assert "is no folder" in refused(out=tmp_path / "no" / "out")
    link = tmp_path / "link"
    link.symlink_to(mine)
    assert "did not generate" in refused(out=link)


def test_what_fails_half_way_leaves_what_was_there(
    out: Path, monkeypatch: pytest.MonkeyPatch, refused: Refused
) -> None:
    before = tree(out)

    def full(_folder: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing, "_copy_library", full)
    assert "No space left" in refused(out=out)
    assert tree(out) == before


def test_no_source(capsys: pytest.CaptureFixture[str]) -> None:
    for words in ([], ["--from", "device"]):
        with pytest.raises(SystemExit):
            main(["--pack", "x", "--out", "y", *words])
        assert "--yang DIR" in capsys.readouterr().err or words


# Brocade's bindings.

BINDING = '''
class made_up(object):
    def name(self, **kwargs):
        """Auto Generated Code
        """
        config = ET.Element("config")
        {}
        callback = kwargs.pop('callback', self._callback)
        return callback(config)
'''
VLAN = """vlans = ET.SubElement(config, "vlans", xmlns="urn:x:mgmt:made-up")
        vlan = ET.SubElement(vlans, "vlan")
        {0} = ET.SubElement(vlan, "name")
        {0}.text = kwargs.pop('name')
        """
BINDINGS = [
    VLAN.format("name"),
    VLAN.format("name_key") + 'shutdown = ET.SubElement(vlan, "shutdown")',
    VLAN.format("name_key")
    + """ip = ET.SubElement(vlan, "ip", xmlns="urn:x:mgmt:made-up-ip")
        mtu = ET.SubElement(ip, "mtu")
        mtu.text = kwargs.pop('mtu')""",
    """get_it = ET.Element("get_it")
        config = get_it
        input = ET.SubElement(get_it, "input")
        a = ET.SubElement(input, "a")
        a.text = kwargs.pop('a')""",
]


@pytest.fixture(params=["7.1.0"])
def bindings(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A pynos of four functions, which would not run: there is no ET in it."""
    package = tmp_path / "site" / "pynos"
    # The bindings of 5.0.1 are versions/base; ver_5 has none.
    version = request.param
    place = "base" if version == "5.0.1" else f"ver_{version[0]}/ver_{version.replace('.', '_')}"
    folder = package / "versions" / place / "yang"
    folder.mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError\n")
    for number, lines in enumerate(BINDINGS):
        (folder / f"made_up_{number}.py").write_text(BINDING.format(lines))
    monkeypatch.syspath_prepend(str(package.parent))
    return folder


@pytest.mark.parametrize(
    ("bindings", "version"), [(one, one) for one in pynos.FOLDERS], indirect=["bindings"]
)
def test_a_pack_of_brocade_s_bindings(
    bindings: Path, version: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bindings.is_dir()
    out = tmp_path / "vdx"
    assert main(["--pynos", version, "--pack", "vdx", "--out", str(out)]) == 0
    made = {path.stem: yaml.safe_load(path.read_text()) for path in out.glob("actions/*.yaml")}
    name, shutdown, mtu = (f"vlans_vlan_{one}" for one in ("name", "shutdown", "ip_mtu"))
    assert set(made) == {name, shutdown, mtu, "get", "get_config"}
    edits = {name: one["parameters"]["edit"]["default"] for name, one in made.items()}
    assert edits[name]["kind"] == "list"
    assert edits[shutdown]["path"][-1]["type"] == {"base": "empty"}
    assert edits[mtu]["path"][-2]["ns"] == "urn:x:mgmt:made-up-ip"
    assert edits[mtu]["path"][-1]["type"] == {"base": "string"}
    # With YANG, how many of its names come out is printed.
    capsys.readouterr()
    assert run(tmp_path / "every", "--pynos", version, "--only", "a/**") == 0
    said = capsys.readouterr().out
    assert f"0 of 2 from YANG are among the 3 that the bindings of NOS {version} have" in said


def test_bindings_that_are_not_there(
    tmp_path: Path, bindings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (bindings / "made_up_0.py").write_text("class (")
    for version, said in (
        ("7.2.0", "it has 5.0.1"),
        ("7.0.0", "install pynos==1.3.27"),
        ("7.1.0", "made_up_0.py"),
    ):
        assert main(["--pynos", version, "--pack", "vdx", "--out", str(tmp_path / "vdx")]) == 1
        assert said in capsys.readouterr().err
    assert not (tmp_path / "vdx").exists()
