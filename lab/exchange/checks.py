"""Every check. Each takes the pack's folder and yields what is wrong, or raises RegistrationError
with it."""

import re
import struct
from pathlib import Path
from typing import Callable, Iterable, Iterator, List, NamedTuple, Sequence, Set, Tuple

import yaml

from lab import alias_formats
from lab.stackstorm import about, aliases, config, files, registry
from lab.stackstorm.errors import RegistrationError
from lab.stackstorm.models import Alias

LICENCE = ("Apache License", "Version 2.0", "www.apache.org/licenses/LICENSE-2.0")
NEEDED = ("README.md", "CHANGES.md", "LICENSE", "requirements.txt", "icon.png")
FOLDERS = ("actions", "aliases", "policies", "rules", "sensors", "triggers")
ICON = (64, 64)

_PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR"


class Check(NamedTuple):
    """`find` takes the pack's folder and yields what is wrong; `there` is what the Exchange runs,
    or nothing where it is a rule of its guide."""

    name: str
    there: str
    find: Callable[[Path], Iterator[str]]

    def problems(self, pack_dir: Path) -> List[str]:
        """What is wrong with that pack."""
        try:
            return list(self.find(pack_dir))
        except RegistrationError as error:
            return [" ".join(str(error).split())]
        except OSError as error:
            return [f"{Path(error.filename or '').name}: {error.strerror}"]


def run(pack_dir: Path) -> List[Tuple[Check, List[str]]]:
    """Each check, and what it has found wrong."""
    return [(check, check.problems(pack_dir)) for check in CHECKS]


def needed(pack_dir: Path) -> Iterator[str]:
    """Files that every pack of the Exchange has."""
    for name in NEEDED:
        if not (pack_dir / name).is_file():
            yield f"{name} is not there"


def licence(pack_dir: Path) -> Iterator[str]:
    """LICENSE is the Apache License 2.0."""
    text = (pack_dir / "LICENSE").read_text(encoding="utf-8")
    for words in LICENCE:
        if words not in text:
            yield f"LICENSE does not say {words!r}"


def metadata(pack_dir: Path) -> Iterator[str]:
    """pack.yaml and config.schema.yaml are as StackStorm's schemas want them."""
    about.read(pack_dir)
    return iter(())


def resources(pack_dir: Path) -> Iterator[str]:
    """Everything in the pack's folders is registered: nothing is refused, and no two files are of
    one name, so that one of them would be lost."""
    pack = registry.load(pack_dir)
    of_sensors = {ref for sensor in pack.sensors.values() for ref in sensor.trigger_types}
    registered: Sequence[Iterable[str]] = (
        pack.actions,
        pack.aliases,
        pack.policies,
        pack.rules,
        {f"{pack.ref}.{sensor.path}" for sensor in pack.sensors.values()},
        set(pack.trigger_types) - of_sensors,
    )
    for folder, refs in zip(FOLDERS, registered):
        found = len(files.resources(pack_dir / folder))
        there = sum(ref.startswith(f"{pack.ref}.") for ref in refs)
        if found != there:
            yield f"{folder}/ has {found} files, of which {there} are registered"


def references(pack_dir: Path) -> Iterator[str]:
    """Rules, chat commands and policies name actions that are there, and parameters that these
    have. StackStorm only warns, or fails when they are used."""
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
        known = {**pack.actions[action].runner.parameters, **pack.actions[action].parameters}
        for name in parameters:
            if name not in known:
                yield f"{ref}: {action} has no parameter {name}"


def _said(alias: Alias) -> Set[str]:
    """The parameters that a chat command can have."""
    formats = map(alias_formats.pattern, aliases.representations(alias))
    return {*alias.immutable_parameters, *(name for one in formats for name in one.groupindex)}


def example(pack_dir: Path) -> Iterator[str]:
    """The example is allowed by config.schema.yaml."""
    pack = about.read(pack_dir)
    text = (pack_dir / f"{pack.ref}.yaml.example").read_text(encoding="utf-8")
    config.register(pack.ref, pack.config_schema, yaml.safe_load(text))
    return iter(())


def icon(pack_dir: Path) -> Iterator[str]:
    """icon.png is a PNG of 64 by 64 pixels."""
    header = (pack_dir / "icon.png").read_bytes()[: len(_PNG) + 8]
    if not header.startswith(_PNG) or len(header) < len(_PNG) + 8:
        yield "icon.png is no PNG"
        return
    size = struct.unpack(">II", header[len(_PNG) :])
    if size != ICON:
        yield f"icon.png is {size[0]} by {size[1]} pixels"


def version(pack_dir: Path) -> Iterator[str]:
    """The newest heading of CHANGES.md is pack.yaml's version, and the older ones descend."""
    text = (pack_dir / "CHANGES.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (\S+)", text, re.MULTILINE) or ["nothing"]
    own = str(yaml.safe_load((pack_dir / "pack.yaml").read_text(encoding="utf-8")).get("version"))
    if headings[0] != own:
        yield f"CHANGES.md begins with {headings[0]}, pack.yaml has the version {own}"
    numbers = [[int(number) for number in re.findall(r"\d+", one)] for one in headings]
    for place, (newer, older) in enumerate(zip(numbers, numbers[1:])):
        if newer <= older:
            yield f"CHANGES.md has {headings[place]} above {headings[place + 1]}"


CHECKS: Sequence[Check] = (
    Check("files that every pack has", "", needed),
    Check("licence", "license-check", licence),
    Check("pack.yaml, config.schema.yaml", "validate.py", metadata),
    Check("everything registers", "st2-check-register-pack-resources", resources),
    Check("what is named is there", "", references),
    Check("the example configuration", "st2-check-validate-pack-example-config", example),
    Check("icon of 64 by 64", "", icon),
    Check("version as in CHANGES.md", "pack-meta", version),
)
