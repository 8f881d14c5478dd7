"""The pack's own actions and sensor, and the yardstick's, as the lab registers them."""

from __future__ import annotations

import functools
from typing import Any, Dict

from lab.bench import PACK
from lab.stackstorm import registry
from lab.stackstorm.models import Pack

VDX = "docker.vdx."


@functools.lru_cache(maxsize=None)
def pack() -> Pack:
    """The pack, registered."""
    return registry.load(PACK)


@functools.lru_cache(maxsize=None)
def yardstick() -> Pack:
    """The pack that this one is measured against: empty actions, and the article's literal port."""
    return registry.load(PACK / "lab" / "bench" / "yardstick")


def parameters(ref: str, given: Dict[str, Any]) -> Dict[str, Any]:
    """All parameters of an action: those given, and the others' defaults."""
    declared = pack().actions[ref].parameters
    return {**{name: spec.get("default") for name, spec in declared.items()}, **given}
