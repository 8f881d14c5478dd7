"""Checks of the pack as StackStorm registers it. Each takes the pack's folder and yields what is
wrong, or raises RegistrationError with it."""

from pathlib import Path
from typing import Dict, Iterable, Iterator, List, Set, Tuple

from lab import alias_formats
from lab.stackstorm import about, aliases, files, registry
from lab.stackstorm.models import Alias, Pack

FOLDERS = ("actions", "aliases", "policies", "rules", "sensors", "triggers")


def metadata(pack_dir: Path) -> Iterator[str]:
    """pack.yaml and config.schema.yaml are as StackStorm's schemas want them."""
    about.read(pack_dir)
    return iter(())


def resources(pack_dir: Path) -> Iterator[str]:
    """Everything in the pack's folders is registered: nothing is refused, and no two files are of
    one name, so that one of them would be lost."""
    pack = registry.load(pack_dir)
    there = _registered(pack)
    for folder in FOLDERS:
        found = len(files.resources(pack_dir / folder))
        if found != there[folder]:
            yield f"{folder}/ has {found} files, of which {there[folder]} are registered"


def _registered(pack: Pack) -> Dict[str, int]:
    def own(refs: "Iterator[str]") -> int:
        return sum(ref.startswith(f"{pack.ref}.") for ref in refs)

    of_sensors = {ref for sensor in pack.sensors.values() for ref in _types(pack, sensor.ref)}
    return {
        "actions": own(iter(pack.actions)),
        "aliases": own(iter(pack.aliases)),
        "policies": own(iter(pack.policies)),
        "rules": own(iter(pack.rules)),
        "sensors": len({sensor.path for sensor in pack.sensors.values()}),
        "triggers": own(iter(set(pack.trigger_types) - of_sensors)),
    }


def _types(pack: Pack, sensor: str) -> Set[str]:
    return set(pack.sensors[sensor].trigger_types)


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
