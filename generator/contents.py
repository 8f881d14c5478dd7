"""What every action's YAML has, and the words in it."""

import json
import re
from typing import Any, Dict, List, Mapping, Optional

from . import yang_types
from .schema import LEAF_LIST, Node

ENTRY_POINT = "edit_device.py"
LONGEST_DESCRIPTION = 1200

Content = Dict[str, Any]
"""An action's YAML, or a part of it."""

_SECRET = re.compile(r"pass(word|wd|phrase)|secret|community|private-key|auth-key|key-string|psk$")
"""In the name of a leaf whose values nobody is to see: YANG does not say which those are."""
_JINJA = re.compile(r"\{(?=[{%#])")


DRY_RUN = {
    "dry_run": {
        "type": "boolean",
        "description": "Return the exact XML, and send nothing.",
        "default": False,
    }
}


def content(pack: str, name: str, description: str, spec: Content, parameters: Content) -> Content:
    """An action's YAML; `spec` is what the immutable parameter `edit` holds."""
    written = json.dumps(spec)
    is_jinja = _JINJA.search(written)
    if is_jinja:
        written = _JINJA.sub(r"\\u007b", written)
    return {
        "name": name,
        "pack": pack,
        "description": description,
        "runner_type": "python-script",
        "entry_point": ENTRY_POINT,
        "enabled": True,
        "parameters": {
            "edit": {
                "type": "string" if is_jinja else "object",
                "description": "The node, as the model has it.",
                "immutable": True,
                "default": written if is_jinja else spec,
            },
            "host": {
                "type": "string",
                "description": "The device's name in the pack's configuration, or its address.",
                "required": True,
                "position": 0,
            },
            **parameters,
            "port": {
                "type": "integer",
                "description": "Its NETCONF port; from the configuration if left out, else 830.",
            },
            "username": {
                "type": "string",
                "description": "User name on the device; from the configuration if left out.",
            },
            "password": {
                "type": "string",
                "description": "Password on the device; from the configuration if left out.",
                "secret": True,
            },
        },
    }


def loaded(spec: Any) -> Content:
    """An action's data from its YAML."""
    found: Content = json.loads(spec) if isinstance(spec, str) else spec
    return found


def is_secret(node: Node) -> bool:
    """Whether nobody is to see a leaf's values."""
    return _SECRET.search(node.name) is not None and (node.type or {}).get("base") == "string"


def schema(node: Node) -> Content:
    """The parameter for a leaf's value, or for a leaf-list's values."""
    found = yang_types.parameter(node.type)
    if node.kind == LEAF_LIST:
        found = {"type": "array", "items": found}
    return {**found, "secret": True} if is_secret(node) else found


def what(node: Node, path: str) -> str:
    """What the description of an edit says of its node."""
    return line(" ".join([f"{path}.", node.description, *node.notes]))


def leaf_text(node: Node, otherwise: str = "") -> str:
    """What the description of a parameter says of its leaf."""
    default = f"Default: {node.default}." if node.default is not None else ""
    shown: List[Optional[str]] = [node.description or otherwise, *node.notes, default, _type(node)]
    return line(" ".join(part for part in shown if part))


def _type(node: Node) -> str:
    """What JSON schema does not say of a type."""
    return _TYPES.get((node.type or {}).get("base", ""), "")


_TYPES: Mapping[str, str] = {
    "bits": "Bits with blanks between.",
    "binary": "In base64.",
    "decimal": "A decimal number.",
    "instance": "A path, each name with its module in front.",
}


def line(words: str) -> str:
    """Words in one line, cut to LONGEST_DESCRIPTION."""
    said = " ".join(words.split())
    return said if len(said) <= LONGEST_DESCRIPTION else f"{said[: LONGEST_DESCRIPTION - 1]}…"
