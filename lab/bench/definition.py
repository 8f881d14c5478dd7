"""What a workflow's definition costs StackStorm's workflow engine, which is the real Orquesta here.

Beside the pack's workflows the floor: five empty actions and a message, one after the other.
"""

from __future__ import annotations

import functools
import json
import time
from typing import Any, Callable, Dict, Iterator, List

import yaml

from lab.bench import PACK
from lab.bench.rows import Row, Tell, milliseconds, ratios
from lab.stackstorm.functions import ORQUESTA

INSPECTION = 0.013
"""Seconds of the chain's inspection."""
STATE = 6000
"""Bytes of its state."""
GIVEN: Dict[str, Any] = {
    "host": "tor1",
    "vlan": 112,
    "subnet": "172.16.112.1/24",
    "rbridge_id": 21,
    "channel": "docker",
    "addresses": ["172.16.112.1/24"],
    "networks": [
        {"name": "n", "id": "i", "engine": "e", "driver": "macvlan", "parent": "eth0.112"}
    ],
}
CONTEXT = {
    "st2": {
        "action_execution_id": "x",
        "workflow_execution_id": "y",
        "user": "u",
        "pack": "docker",
        "api_url": "http://127.0.0.1:9101/v1",
    }
}
FLOOR = {
    "version": 1.0,
    "input": ["channel"],
    "tasks": {
        **{
            f"t{number}": {
                "action": "p.empty",
                "next": [
                    {
                        "when": "<% succeeded() %>",
                        "do": f"t{number + 1}" if number < 5 else "say",
                    }
                ],
            }
            for number in range(1, 6)
        },
        "say": {
            "action": "chatops.post_message",
            "input": {"channel": "<% ctx(channel) %>", "message": "Done."},
        },
    },
}


def measure(quick: bool, tell: Tell) -> List[Row]:
    """In turns."""
    times = 2 if quick else 15
    paths = sorted((PACK / "workflows").glob("*.yaml"))
    found = {"the floor": FLOOR}
    found.update((path.stem, yaml.safe_load(path.read_text("utf-8"))) for path in paths)
    inspected: Dict[str, List[float]] = {name: [] for name in found}
    for done in range(times):
        tell("inspection", done, times)
        for name, definition in found.items():
            spec = ORQUESTA.native.instantiate(definition)
            inspected[name].append(_seconds(functools.partial(spec.inspect, app_ctx=CONTEXT)))
    return list(_rows(found, inspected))


def _rows(found: Dict[str, Any], inspected: Dict[str, List[float]]) -> Iterator[Row]:
    for name, definition in found.items():
        chain = name == "docker-network-tor"
        what = f"{name}: inspection"
        yield milliseconds(what, inspected[name], "times", INSPECTION if chain else None)
        yield ratios(f"{what} to the floor's", inspected[name], inspected["the floor"], "times")
        size = len(json.dumps(_state(definition), default=str))
        row = Row(f"{name}: state", f"{size:,} B")
        yield row._replace(target=f"at most {STATE:,} B", met=size <= STATE) if chain else row


def _state(definition: Dict[str, Any]) -> Any:
    spec = ORQUESTA.native.instantiate(definition)
    asked = definition.get("input", [])
    names = [one if isinstance(one, str) else next(iter(one)) for one in asked]
    inputs = {name: GIVEN.get(name) for name in names}
    conductor = ORQUESTA.conducting.WorkflowConductor(spec, context=CONTEXT, inputs=inputs)
    conductor.request_workflow_status(ORQUESTA.statuses.RUNNING)
    return conductor.serialize()


def _seconds(call: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun
