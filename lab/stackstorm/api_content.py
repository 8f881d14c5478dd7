"""What a pack brings: /v1/packs, /v1/actions, /v1/runnertypes, /v1/sensortypes, /v1/policies,
/v1/actionalias (st2api/controllers/v1/packs.py, actions.py, runnertypes.py, sensors.py,
policies.py, actionalias.py)."""

from __future__ import annotations

import os
from typing import Any, Callable, Dict, Iterable, List, Mapping, Tuple

from . import api_lists as lists
from . import ids
from .api_calls import Answer, Call, Endpoint, Param, flag, text, words
from .api_rules import IN_PACKS, not_found
from .errors import NotFound
from .models import Policy, Sensor
from .runners import RUNNERS, Runner
from .service import StackStorm

Documents = List[Dict[str, Any]]
Of = Callable[[StackStorm], Documents]
"""All objects of a kind, as the API shows them."""


def packs(st2: StackStorm) -> Documents:
    """`st2 pack list`: the one pack, without StackStorm's own."""
    pack = st2.pack
    defaults: Dict[str, Any] = {"keywords": [], "contributors": [], "dependencies": []}
    return [
        {
            "id": ids.of("pack", pack.ref),
            "uid": f"pack:{pack.ref}",
            "path": str(pack.path),
            "files": [],
            "system": {},
            **defaults,
            **pack.about,
            "ref": pack.ref,
        }
    ]


def actions(st2: StackStorm) -> Documents:
    """`st2 action list`, with those of StackStorm's packs that the lab has."""
    return [action.to_dict() for action in st2.pack.actions.values()]


def runners(_st2: StackStorm) -> Documents:
    """`st2 runner list`."""
    return [_runner(runner) for runner in RUNNERS.values()]


def sensors(st2: StackStorm) -> Documents:
    """`st2 sensor list`."""
    return [_sensor(sensor) for sensor in st2.pack.sensors.values()]


def policies(st2: StackStorm) -> Documents:
    """`st2 policy list`."""
    return [_policy(policy) for policy in st2.pack.policies.values()]


def aliases(st2: StackStorm) -> Documents:
    """`st2 action-alias list`."""
    return [alias.to_dict() for alias in st2.pack.aliases.values()]


def _runner(runner: Runner) -> Dict[str, Any]:
    return {"id": ids.of("runner", runner.name), **runner.to_dict()}


def _sensor(sensor: Sensor) -> Dict[str, Any]:
    pack, name = sensor.ref.split(".", 1)
    found: Dict[str, Any] = {
        "id": ids.of("sensor", sensor.ref),
        "ref": sensor.ref,
        "uid": f"sensor_type:{pack}:{name}",
        "pack": pack,
        "name": name,
        "description": sensor.description,
        "enabled": sensor.enabled,
        "artifact_uri": f"file://{sensor.path}",
        "entry_point": f"{os.path.splitext(sensor.path.name)[0]}.{sensor.class_name}",
        "trigger_types": sensor.trigger_types,
    }
    if sensor.poll_interval:
        found["poll_interval"] = sensor.poll_interval
    return found


def _policy(policy: Policy) -> Dict[str, Any]:
    pack, name = policy.ref.split(".", 1)
    return {
        "id": ids.of("policy", policy.ref),
        "ref": policy.ref,
        "uid": f"policy:{pack}:{name}",
        "pack": pack,
        "name": name,
        "enabled": policy.enabled,
        "resource_ref": policy.resource_ref,
        "policy_type": policy.policy_type,
        "parameters": dict(policy.parameters),
    }


def _kind(
    path: str,
    documents: Of,
    *,
    keys: Tuple[str, ...] = ("id", "ref"),
    order: Tuple[str, ...] = ("pack", "name"),
    always: Tuple[str, ...] = IN_PACKS,
    excludable: Tuple[str, ...] = (),
    fields: Mapping[str, str],
    query: Mapping[str, Param],
) -> Iterable[Endpoint]:
    """The list of a kind, and one of it by one of `keys`."""

    def get_all(st2: StackStorm, call: Call) -> Answer:
        if excludable:
            lists.check_exclude(call, excludable)
        return lists.listing(call, documents(st2), dict, filters=fields, order=order, always=always)

    def get_one(st2: StackStorm, call: Call) -> Answer:
        wanted = call.path["key"]
        for document in documents(st2):
            if wanted in [document[key] for key in keys]:
                return Answer(document)
        if "name" in keys:
            raise NotFound(f'Resource with a name or id "{wanted}" not found')
        raise not_found(wanted)

    return Endpoint("GET", path, get_all, query), Endpoint("GET", f"{path}/{{key}}", get_one)


_NAMED = {"name": Param(text), "pack": Param(text)}
_PACK = {"pack": "pack"}

ENDPOINTS: List[Endpoint] = [
    *_kind(
        "/packs",
        packs,
        order=("ref",),
        always=("id",),
        fields={"ref": "ref"},
        query=lists.parameters({"name": Param(text), "ref": Param(text)}),
    ),
    *_kind(
        "/actions",
        actions,
        excludable=("parameters", "notify"),
        fields={**_PACK, "tags": "tags.name"},
        query=lists.parameters({**_NAMED, "tags": Param(text)}, None, without=("sort",)),
    ),
    *_kind(
        "/runnertypes",
        runners,
        keys=("id", "name"),
        order=("name",),
        always=("id",),
        fields={},
        query=lists.parameters({"name": Param(words)}),
    ),
    *_kind(
        "/sensortypes",
        sensors,
        fields={**_PACK, "enabled": "enabled", "trigger": "trigger_types"},
        query=lists.parameters(
            {**_NAMED, "trigger": Param(text), "enabled": Param(flag)},
            None,
            without=("sort", "offset"),
        ),
    ),
    *_kind(
        "/policies",
        policies,
        fields=_PACK,
        query=lists.parameters(_NAMED, without=("id", "sort")),
    ),
    *_kind(
        "/actionalias",
        aliases,
        fields=_PACK,
        query=lists.parameters(_NAMED, without=("id",)),
    ),
]
