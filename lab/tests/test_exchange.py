"""The StackStorm Exchange's checks: the pack passes them, and each of them can fail."""

import shutil
from pathlib import Path
from typing import Callable

import pytest

pytest.importorskip("lab.stackstorm", reason="the lab's requirements are not installed")

from lab import exchange

Break = Callable[[Path], object]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A copy of this pack."""
    kept = shutil.ignore_patterns(".*", "tests", "lab", "docs", "__pycache__")
    return Path(shutil.copytree(exchange.PACK, tmp_path / "docker", symlinks=True, ignore=kept))


def write(name: str, text: str) -> Break:
    return lambda pack: (pack / name).write_text(text, encoding="utf-8")


def replace(name: str, old: str, new: str) -> Break:
    def change(pack: Path) -> None:
        text = (pack / name).read_text(encoding="utf-8")
        assert old in text
        (pack / name).write_text(text.replace(old, new), encoding="utf-8")

    return change


def again(name: str) -> Break:
    """The same file under another name."""
    return lambda pack: shutil.copy(pack / name, (pack / name).with_name("again.yaml"))


ALIAS, RULE = "aliases/tor_plan.yaml", "rules/engine_back.yaml"
POLICY = """\
name: made-up
resource_ref: docker.nurse
policy_type: action.concurrency
parameters: {action: cancel, threshold: 1}
"""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda pack: (pack / "README.md").unlink(), "README.md is not there"),
        (lambda pack: (pack / "LICENSE").unlink(), "LICENSE: No such file or directory"),
        (write("LICENSE", "MIT License"), "LICENSE is not the Apache License 2.0"),
        (write("icon.png", "GIF89a"), "icon.png is no PNG of 64 by 64 pixels"),
        # What else the lab's registry refuses: test_stackstorm_registry.
        (replace("pack.yaml", "version: 0", "vers: 0"), "'version' is a required property"),
        (again("rules/engine_lost.yaml"), "two of the name docker.engine-lost"),
        (
            replace(RULE, "chatops.post_message", "chatops.post"),
            "docker.engine-back: there is no action chatops.post",
        ),
        (
            replace(RULE, "    channel:", "    colour: red\n    channel:"),
            "docker.engine-back: chatops.post_message has no parameter colour",
        ),
        (
            replace(ALIAS, "{{switch}}", "{{where}}"),
            "docker.tor-plan: docker.plan has no parameter where",
        ),
        (write("policies/made_up.yaml", POLICY), "docker.made-up: there is no action docker.nurse"),
        (
            replace("docker.yaml.example", "channel: docker", "channel: 5"),
            'Failed validating attribute "channel"',
        ),
        (write("CHANGES.md", "## 9.0.0\n"), "CHANGES.md begins with 9.0.0"),
        (write("CHANGES.md", "# None\n"), "CHANGES.md begins with nothing"),
        (write("CHANGES.md", "## 1.0\n## 9.9\n"), "CHANGES.md has 1.0 above 9.9"),
    ],
)
def test_what_is_wrong_is_found(
    pack: Path, change: Break, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exchange.main([str(pack)]) == 0
    change(pack)
    assert exchange.main([str(pack)]) == 1
    assert said in capsys.readouterr().out
