"""What the pack's YAML lets in and out: JSON schemas as StackStorm has them."""

import functools
import warnings
from typing import Any, Dict, Mapping

import yaml
from conftest import PACK

with warnings.catch_warnings():
    # The old jsonschema that orquesta pins imports what Python has moved since.
    warnings.simplefilter("ignore")
    from jsonschema import Draft4Validator

__all__ = ["Draft4Validator", "action", "parameters", "payloads", "plain"]


def plain(described: Any) -> Any:
    """A schema whose `required` is that of draft 4: a list beside the properties."""
    if isinstance(described, list):
        return [plain(one) for one in described]
    if not isinstance(described, dict):
        return described
    kept = {key: plain(of) for key, of in described.items() if key != "required"}
    properties = described.get("properties") or {}
    needed = [name for name, of in properties.items() if of.get("required")]
    return {**kept, **({"required": needed} if needed else {})}


def payloads(sensor: str) -> Dict[str, Any]:
    """What StackStorm checks the payload of each trigger of a sensor with, by the trigger's ref."""
    described = yaml.safe_load((PACK / "sensors" / f"{sensor}.yaml").read_text(encoding="utf-8"))
    return {
        f"docker.{kind['name']}": Draft4Validator(plain(kind["payload_schema"]))
        for kind in described["trigger_types"]
    }


@functools.lru_cache(maxsize=None)
def action(name: str) -> Dict[str, Any]:
    """An action's YAML."""
    path = PACK / "actions" / f"{name}.yaml"
    found: Dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def parameters(name: str, given: Mapping[str, Any]) -> Dict[str, Any]:
    """What StackStorm passes to an action: defaults, None where there is none, and `given`."""
    takes = action(name)["parameters"]
    assert set(given) <= set(takes)
    return {**{key: value.get("default") for key, value in takes.items()}, **given}
