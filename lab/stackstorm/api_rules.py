"""/v1/rules, /v1/ruleenforcements, /v1/triggertypes, /v1/triggers, /v1/triggerinstances
(st2api/controllers/v1/rules.py, triggers.py, rule_enforcements.py)."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, List

from . import api_lists as lists
from . import masking
from .api_calls import Answer, Call, Endpoint, Param, an_object, boolean, flag, text, words
from .datastore import SYSTEM_USER
from .errors import NotFound, RequestError
from .models import Rule
from .rules import RuleEnforcement, TriggerInstance
from .service import StackStorm

IN_PACKS = ("id", "ref")
"""What of an object in a pack is never left out."""

_OWN = ("id", "ref", "uid", "context", "enabled", "metadata_file")
"""Fields of a rule that may differ in what `st2 rule enable` sends."""

_SECRETS = {"show_secrets": Param(boolean)}


def rules(st2: StackStorm, call: Call) -> Answer:
    """`st2 rule list`."""
    return lists.listing(
        call,
        st2.rules.values(),
        _rule(st2, call),
        filters={
            "pack": "pack",
            "action": "action.ref",
            "trigger": "trigger.ref",
            "enabled": "enabled",
        },
        order=("pack", "name"),
        always=IN_PACKS,
    )


def rule(st2: StackStorm, call: Call) -> Answer:
    """`st2 rule get`."""
    return Answer(_rule(st2, call)(_found_rule(st2, call.path["ref_or_id"])))


def put_rule(st2: StackStorm, call: Call) -> Answer:
    """`st2 rule enable`, `st2 rule disable`, which send the whole rule."""
    found = _found_rule(st2, call.path["ref_or_id"])
    show = _rule(st2, call)
    asked, present = an_object(call.body), show(found)
    enabled = asked.get("enabled", False)
    if not isinstance(enabled, bool):
        raise RequestError(f"{enabled!r} is not of type 'boolean'")
    changed = [
        name
        for name in sorted({*asked, *present} - set(_OWN))
        if asked.get(name) != present.get(name)
    ]
    if changed:
        raise RequestError(
            f"The lab changes nothing of a rule but whether it is enabled, and not {changed}: "
            "change the pack's YAML.",
            status=501,
        )
    st2.set_rule(found.ref, enabled)
    return Answer(show(found))


def _rule(st2: StackStorm, call: Call) -> Callable[[Rule], Dict[str, Any]]:
    def show(one: Rule) -> Dict[str, Any]:
        document = one.to_dict()
        action = st2.pack.actions.get(one.action)
        if action is not None and not call.query.get("show_secrets"):
            given = document["action"]["parameters"]
            document["action"]["parameters"] = masking.mask(given, action.parameters)
        document["context"] = {"user": SYSTEM_USER, **document["context"]}
        return document

    return show


def _found_rule(st2: StackStorm, ref_or_id: str) -> Rule:
    for one in st2.pack.rules.values():
        if ref_or_id in (one.ref, one.id):
            return one
    raise not_found(ref_or_id)


def not_found(ref_or_id: str) -> NotFound:
    """What is answered where a pack's object is not there."""
    return NotFound(f'Resource with a reference or id "{ref_or_id}" not found')


def by_id(documents: Iterable[Any], id_: str) -> Dict[str, Any]:
    """The one with that id, as the API shows it. Raises NotFound."""
    for one in documents:
        if one.id == id_:
            return dict(one.to_dict())
    raise NotFound(f'Unable to identify resource with id "{id_}".')


def trigger_types(st2: StackStorm, call: Call) -> Answer:
    """`st2 trigger list`."""
    kinds = st2.pack.trigger_types.values()
    return lists.listing(
        call,
        kinds,
        lambda kind: kind.to_dict(),
        filters={"pack": "pack"},
        order=("ref",),
        always=IN_PACKS,
    )


def trigger_type(st2: StackStorm, call: Call) -> Answer:
    """`st2 trigger get`."""
    wanted = call.path["ref_or_id"]
    for kind in st2.pack.trigger_types.values():
        if wanted in (kind.ref, kind.id):
            return Answer(kind.to_dict())
    raise not_found(wanted)


def triggers(st2: StackStorm, _call: Call) -> Answer:
    """Every trigger: StackStorm has no filters here."""
    return Answer([trigger.to_dict() for trigger in st2.pack.triggers.values()])


def trigger(st2: StackStorm, call: Call) -> Answer:
    """One trigger."""
    return Answer(by_id(st2.pack.triggers.values(), call.path["id"]))


def instances(st2: StackStorm, call: Call) -> Answer:
    """`st2 trigger-instance list`."""
    kind = call.query["trigger_type"]
    of_kind = {one.ref for one in st2.pack.triggers.values() if kind in (None, "", one.type)}
    found: List[TriggerInstance] = [
        one for one in st2.trigger_instances if one.trigger in of_kind or not kind
    ]
    return lists.listing(
        call,
        found,
        lambda one: one.to_dict(),
        filters={
            "timestamp_gt": "occurrence_time.gt",
            "timestamp_lt": "occurrence_time.lt",
            "trigger": "trigger",
        },
        order=("-occurrence_time", "trigger"),
    )


def instance(st2: StackStorm, call: Call) -> Answer:
    """`st2 trigger-instance get`."""
    return Answer(by_id(st2.trigger_instances, call.path["id"]))


def enforcements(st2: StackStorm, call: Call) -> Answer:
    """`st2 rule-enforcement list`."""
    found: List[RuleEnforcement] = st2.rule_enforcements
    return lists.listing(
        call,
        found,
        lambda one: one.to_dict(),
        filters={
            "rule_ref": "rule.ref",
            "rule_id": "rule.id",
            "execution": "execution_id",
            "trigger_instance": "trigger_instance_id",
            "enforced_at_gt": "enforced_at.gt",
            "enforced_at_lt": "enforced_at.lt",
        },
        order=("-enforced_at", "rule.ref"),
    )


def enforcement(st2: StackStorm, call: Call) -> Answer:
    """`st2 rule-enforcement get`."""
    return Answer(by_id(st2.rule_enforcements, call.path["id"]))


def _texts(*names: str) -> Dict[str, Param]:
    return {name: Param(text) for name in names}


ENDPOINTS: List[Endpoint] = [
    Endpoint(
        "GET",
        "/rules",
        rules,
        {
            **lists.parameters(
                _texts("name", "pack", "action", "trigger"), None, without=("sort", "offset")
            ),
            "enabled": Param(flag),
            **_SECRETS,
        },
    ),
    Endpoint("GET", "/rules/{ref_or_id}", rule, _SECRETS),
    Endpoint("PUT", "/rules/{ref_or_id}", put_rule),
    Endpoint(
        "GET",
        "/triggertypes",
        trigger_types,
        lists.parameters({"pack": Param(text), "name": Param(words)}),
    ),
    Endpoint("GET", "/triggertypes/{ref_or_id}", trigger_type),
    Endpoint("GET", "/triggers", triggers),
    Endpoint("GET", "/triggers/{id}", trigger),
    Endpoint(
        "GET",
        "/triggerinstances",
        instances,
        lists.parameters(_texts("trigger", "timestamp_lt", "timestamp_gt", "trigger_type")),
    ),
    Endpoint("GET", "/triggerinstances/{id}", instance),
    Endpoint(
        "GET",
        "/ruleenforcements",
        enforcements,
        lists.parameters(
            _texts(
                "execution",
                "rule_ref",
                "rule_id",
                "trigger_instance",
                "enforced_at_gt",
                "enforced_at_lt",
            ),
            50,
        ),
    ),
    Endpoint("GET", "/ruleenforcements/{id}", enforcement),
]
