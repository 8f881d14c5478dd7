"""What a pack's policies do to an execution (st2actions/policies/*.py)."""

from typing import Callable, Iterable, List, Mapping

from .executions import FAILED, RUNNING, SCHEDULED, TIMEOUT, Execution
from .models import Policy

GO, DELAY, CANCEL = "go", "delay", "cancel"

SOON = 0.1
"""Seconds before a retry whose policy names no delay."""


def decide(
    policies: Iterable[Policy], execution: Execution, active: Callable[[], List[Execution]]
) -> str:
    """Whether an execution may go on, has to wait, or is canceled, by the concurrency policies of
    its action. `active` are the executions that have not completed."""
    for policy in concurrency(policies, execution):
        attributes: Iterable[str] = ()
        if policy.policy_type == "action.concurrency.attr":
            attributes = policy.parameters.get("attributes") or ()
        alike = [
            other
            for other in active()
            if other.status in (SCHEDULED, RUNNING) and _alike(other, execution, attributes)
        ]
        if len(alike) >= policy.parameters["threshold"]:
            return DELAY if policy.parameters["action"] == "delay" else CANCEL
    return GO


def concurrency(policies: Iterable[Policy], execution: Execution) -> List[Policy]:
    """The enabled concurrency policies of an execution's action."""
    return [
        policy
        for policy in policies
        if policy.enabled
        and policy.resource_ref == execution.action.ref
        and policy.policy_type.startswith("action.concurrency")
    ]


def _alike(one: Execution, other: Execution, attributes: Iterable[str]) -> bool:
    """An attribute that the execution was not given does not count."""
    return one.action.ref == other.action.ref and all(
        one.parameters.get(name) == other.parameters[name]
        for name in attributes
        if name in other.parameters
    )


def retry(policies: Iterable[Policy], execution: Execution) -> "tuple[Policy, int] | None":
    """The policy by which a failed execution is to be tried again, and how often it has been; None
    if it is not. A workflow's task never is: a workflow has its own `retry`."""
    if execution.parent is not None or execution.status not in (FAILED, TIMEOUT):
        return None
    tried = retried(execution.context)
    for policy in policies:
        if (
            policy.enabled
            and policy.policy_type == "action.retry"
            and policy.resource_ref == execution.action.ref
            and (policy.parameters["retry_on"] == "timeout") == (execution.status == TIMEOUT)
            and tried < policy.parameters["max_retry_count"]
        ):
            return policy, tried
    return None


def retried(context: Mapping[str, "Mapping[str, Mapping[str, int]]"]) -> int:
    """How often an execution is a retry already."""
    return context.get("policies", {}).get("retry", {}).get("retry_count", 0)
