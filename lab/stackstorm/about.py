"""What a pack says about itself (st2common/util/pack.py, st2common/models/api/pack.py)."""

from pathlib import Path
from typing import Any, Dict

import jsonschema

from . import files, manifests
from . import schema as schemas
from .errors import RegistrationError
from .models import Pack

VERSION = (3, 9, 0)
"""The StackStorm that the lab is like."""


def read(pack_dir: Path) -> Pack:
    """A pack of which nothing but pack.yaml and config.schema.yaml is read. Raises
    RegistrationError."""
    path = pack_dir / "pack.yaml"
    if not path.is_file():
        raise RegistrationError("The pack is missing pack.yaml file")
    about = files.load(path)
    if not isinstance(about, dict) or not about:
        raise RegistrationError("The pack's metadata file pack.yaml is empty")
    if about.get("version"):
        about["version"] = str(about["version"])
    try:
        schemas.check(about, manifests.PACK, allow_none=True)
    except jsonschema.ValidationError as error:
        raise RegistrationError(f"Failed to register pack: {files.describe(error)}") from None
    wanted = str(about.get("stackstorm_version") or ">=0.0.0")
    if tuple(map(int, wanted[2:].split("."))) > VERSION:
        has = ".".join(map(str, VERSION))
        raise RegistrationError(f'Pack requires StackStorm "{wanted}", but this is {has}.')
    return Pack(ref=about["ref"], path=pack_dir, config_schema=_config_schema(pack_dir))


def _config_schema(pack_dir: Path) -> Dict[str, Dict[str, Any]]:
    path = pack_dir / "config.schema.yaml"
    if not path.is_file():
        return {}
    content = files.load(path)
    if not content:
        raise RegistrationError("Config schema config.schema.yaml is empty and invalid.")
    try:
        schemas.check(content, manifests.CONFIG_SCHEMA)
    except jsonschema.ValidationError as error:
        raise RegistrationError(f"config.schema.yaml: {files.describe(error)}") from None
    return dict(content)
