"""What the StackStorm Exchange's CI checks of a pack, as far as that needs no StackStorm, and what
its reviewers look for.

    python -m lab.exchange [PACK]

It prints what is wrong, and ends with 1 if anything is. Read in StackStorm-Exchange/ci
(.circle/Makefile, .github/actions) and StackStorm/st2sdk (scripts/st2-check-*). Whether Python,
YAML and JSON can be read is left to ruff, yamllint and the tests.
"""

import re
import struct
import sys
from pathlib import Path
from typing import Callable, Iterable, Iterator, List, Sequence, Set, Tuple

from lab import alias_formats
from lab.stackstorm import config, registry
from lab.stackstorm.errors import RegistrationError
from lab.stackstorm.models import Alias

PACK = Path(__file__).resolve().parents[1]

LICENCE = ("Apache License", "Version 2.0", "www.apache.org/licenses/LICENSE-2.0")
NEEDED = ("README.md", "CHANGES.md", "LICENSE", "requirements.txt", "icon.png")
ICON = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 64, 64)
"""How a PNG of 64 by 64 pixels begins."""


def problems(pack_dir: Path) -> List[str]:
    """What is wrong with the pack in a folder."""
    found: List[str] = []
    for check in CHECKS:
        try:
            found += check(pack_dir)
        except RegistrationError as error:
            found.append(" ".join(str(error).split()))
        except OSError as error:
            found.append(f"{Path(error.filename or '').name}: {error.strerror}")
    return found


def needed(pack_dir: Path) -> Iterator[str]:
    """Files that every pack of the Exchange has: license-check, and a rule of its guide."""
    for name in NEEDED:
        if not (pack_dir / name).is_file():
            yield f"{name} is not there"
    text = (pack_dir / "LICENSE").read_text(encoding="utf-8")
    if not all(words in text for words in LICENCE):
        yield "LICENSE is not the Apache License 2.0"
    if not (pack_dir / "icon.png").read_bytes().startswith(ICON):
        yield "icon.png is no PNG of 64 by 64 pixels"


def resources(pack_dir: Path) -> Iterator[str]:
    """Everything registers: validate.py, st2-check-register-pack-resources. What a rule, a chat
    command or a policy names is there: StackStorm only warns, or fails when it is used."""
    pack = registry.load(pack_dir)
    named: List[Tuple[str, str, Iterable[str]]] = [
        *((ref, rule.action, rule.parameters) for ref, rule in pack.rules.items()),
        *((ref, alias.action_ref, _said(alias)) for ref, alias in pack.aliases.items()),
        *((ref, policy.resource_ref, ()) for ref, policy in pack.policies.items()),
    ]
    for ref, action, parameters in named:
        if action not in pack.actions:
            yield f"{ref}: there is no action {action}"
            continue
        for name in set(parameters) - set(pack.actions[action].all_parameters):
            yield f"{ref}: {action} has no parameter {name}"


def _said(alias: Alias) -> Set[str]:
    """The parameters that a chat command can have."""
    formats = map(alias_formats.pattern, alias.formats)
    return {*alias.immutable_parameters, *(name for one in formats for name in one.groupindex)}


def example(pack_dir: Path) -> Iterator[str]:
    """The example is a configuration: st2-check-validate-pack-example-config."""
    pack = registry.load(pack_dir)
    values = registry.contents(pack_dir / f"{pack.ref}.yaml.example")
    config.register(pack.ref, pack.config_schema, values)
    return iter(())


def version(pack_dir: Path) -> Iterator[str]:
    """The newest heading of CHANGES.md is pack.yaml's version, and the older ones descend:
    pack-meta."""
    text = (pack_dir / "CHANGES.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (\S+)", text, re.MULTILINE) or ["nothing"]
    own = str(registry.contents(pack_dir / "pack.yaml").get("version"))
    if headings[0] != own:
        yield f"CHANGES.md begins with {headings[0]}, pack.yaml has the version {own}"
    numbers = [[int(number) for number in re.findall(r"\d+", one)] for one in headings]
    for place, (newer, older) in enumerate(zip(numbers, numbers[1:])):
        if newer <= older:
            yield f"CHANGES.md has {headings[place]} above {headings[place + 1]}"


CHECKS: Sequence[Callable[[Path], Iterator[str]]] = (needed, resources, example, version)


def main(arguments: Sequence[str]) -> int:
    """Check a pack; 0 if nothing is wrong with it."""
    found = problems(Path(arguments[0]) if arguments else PACK)
    print(*(found or ["nothing is wrong for the Exchange"]), sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
