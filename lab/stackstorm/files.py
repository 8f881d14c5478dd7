"""Reads the YAML files of a pack's folder."""

import os
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Tuple

import jsonschema
import yaml

from . import schema as schemas
from .errors import RegistrationError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""StackStorm's choice too: several times faster where PyYAML has been built with libyaml."""


def load(path: Path) -> Any:
    """What a YAML file holds. Raises RegistrationError."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506  # safe
    except OSError as error:
        raise RegistrationError(f'Cannot read "{path.name}": {error.strerror}') from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise RegistrationError(f'Cannot read "{path.name}": {error}') from None


def resources(folder: Path) -> List[Path]:
    """The metadata files in one of the pack's folders, by name."""
    return sorted(path for suffix in ("*.yaml", "*.yml") for path in folder.glob(suffix))


def each(
    pack_dir: Path, pack: str, kind: str, schema: schemas.Schema
) -> Iterator[Tuple[Dict[str, Any], Callable[[str], RegistrationError]]]:
    """The checked content of every file of a kind ("action", "alias", "policy"), and what makes an
    error about it. Raises RegistrationError, naming the file."""
    folder = {"alias": "aliases", "policy": "policies"}.get(kind, kind + "s")
    for path in resources(pack_dir / folder):
        where = f"{folder}/{path.name}"

        def complain(text: str, where: str = where) -> RegistrationError:
            return RegistrationError(
                f'Failed to register {kind} "{where}" from pack "{pack}": {text}'
            )

        try:
            content = load(path)
        except RegistrationError as error:
            raise complain(str(error)) from None
        if not isinstance(content, dict):
            raise complain("the file holds no attributes")
        if (content.get("pack") or pack) != pack:
            raise complain(
                f'Model is in pack "{pack}" but field "pack" is different: {content["pack"]}'
            )
        try:
            schemas.check(content, schema, allow_none=True)
        except jsonschema.ValidationError as error:
            raise complain(describe(error)) from None
        yield content, complain


def describe(error: jsonschema.ValidationError) -> str:
    """What is wrong, and at which attribute."""
    text = str(error.message)
    if "does not match any of the regexes: '^\\\\w+$'" in text:
        name = text.split("'")[1]
        text = f'Parameter name "{name}" is invalid. Only word characters are allowed.'
    path = ".".join(str(step) for step in error.path)
    return f"{path}: {text}" if path else text


def entry_point(pack_dir: Path, folder: str, name: str) -> Path:
    """A file below one of the pack's folders. Raises ValueError where it is not there or the name
    leaves the folder.

    StackStorm finds out only when it runs the action or the sensor.
    """
    if os.path.normpath("/" + name).lstrip("/") != name:
        raise ValueError(
            f'Invalid file path: "{name}". It needs to be relative to the pack\'s {folder} folder '
            "and must not leave it."
        )
    path = pack_dir / folder / name
    if not path.is_file():
        raise ValueError(f'entry_point "{name}" is not a file in {folder}/')
    return path
