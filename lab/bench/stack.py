"""The lab's StackStorm with the pack in it, between an engine and a switch."""

from __future__ import annotations

from typing import Any, Dict

from lab.bench.far_switch import RBRIDGE
from lab.bench.switches import Address


def configuration(engine_url: str, address: Address, **more: Any) -> Dict[str, Any]:
    """docker.yaml for one engine and one switch."""
    return {
        "engines": [{"name": "bench", "url": engine_url}],
        "switches": [{"name": "vdx", "rbridge_id": RBRIDGE, **address._asdict()}],
        **more,
    }
