"""The triggers that the sensor dispatches, as their payload schemas in sensors/*.yaml say."""

from typing import Any, Dict, NamedTuple

from .intent import Change
from .networks import Refusal

NETWORK_EVENT = "docker.NetworkEvent"
NETWORK_REFUSED = "docker.NetworkRefused"
ENGINE_EVENT = "docker.EngineEvent"


class Trigger(NamedTuple):
    """A trigger's reference, its payload, and the tag that ties it to what it starts."""

    name: str
    payload: Dict[str, Any]
    trace_tag: str


def network_event(change: Change, channel: str) -> Trigger:
    """A segment has come, changed its addresses or gone."""
    segment = change.segment
    payload = {
        "action": change.action,
        "vlan": segment.vlan,
        "subnet": segment.subnet,
        "addresses": list(segment.addresses),
        "rbridge": segment.rbridge,
        "host": segment.host,
        "channel": channel,
        "switch": segment.switch,
        "networks": [network.as_payload() for network in segment.networks],
    }
    return Trigger(NETWORK_EVENT, payload, f"{segment.switch}/{segment.rbridge}/{segment.vlan}")


def network_refused(refusal: Refusal, channel: str) -> Trigger:
    """A network calls for something that it cannot have."""
    payload = {
        "network": dict(refusal.network),
        "reason": str(refusal.error),
        "kind": type(refusal.error).__name__,
        "channel": channel,
    }
    return Trigger(NETWORK_REFUSED, payload, refusal.network["id"])


def engine_event(engine: str, state: str, reason: str, seconds: float, channel: str) -> Trigger:
    """An engine is lost (`seconds` is 0), or back after `seconds`."""
    payload = {
        "engine": engine,
        "state": state,
        "reason": reason,
        "seconds": round(seconds, 1),
        "channel": channel,
    }
    return Trigger(ENGINE_EVENT, payload, engine)
