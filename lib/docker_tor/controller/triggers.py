"""The triggers that the sensor dispatches, as their payload schemas in sensors/*.yaml say."""

from typing import Any, Dict, List, NamedTuple, Sequence

from ..config import platforms
from ..config.settings import Chat
from ..desired import actions
from ..desired.segments import Change
from ..engine.networks import Rejection

NETWORK_EVENT = "docker.NetworkEvent"
NETWORK_REFUSED = "docker.NetworkRefused"
NETWORK_BATCH = "docker.NetworkBatch"
ENGINE_EVENT = "docker.EngineEvent"

MOST_IN_BATCH = 256
"""Changes in one trigger: a batch is a parameter of an execution, which people look at."""


class Trigger(NamedTuple):
    """A trigger's reference, its payload, and the tag that ties it to what it starts."""

    name: str
    payload: Dict[str, Any]
    trace_tag: str


def network_event(change: Change, chat: Chat, platform: str = platforms.NOS.name) -> Trigger:
    """A segment was created, updated or destroyed on a switch of that platform."""
    segment = change.segment
    where = {"host": segment.host, "switch": segment.switch, "platform": platform}
    where.update(chat._asdict())
    tag = f"{segment.switch}/{segment.rbridge or 0}/{segment.vlan}"
    return Trigger(NETWORK_EVENT, {**_payload(change), **where}, tag)


def network_batch(changes: Sequence[Change], chat: Chat) -> Trigger:
    """Several segments of one switch were created, updated or destroyed."""
    first, last = changes[0].segment, changes[-1].segment
    payload = {
        "switch": first.switch,
        "host": first.host,
        **chat._asdict(),
        "segments": [_payload(change) for change in changes],
    }
    tag = f"{first.switch}/{first.vlan}/{last.vlan}/{len(changes)}"
    return Trigger(NETWORK_BATCH, payload, tag)


def _payload(change: Change) -> Dict[str, Any]:
    segment = change.segment
    return {
        "action": change.action,
        "vlan": segment.vlan,
        "subnet": next((str(one) for one in segment.addresses if one.version == 4), ""),
        "addresses": [str(one) for one in segment.addresses],
        "rbridge": segment.rbridge or 0,
        "networks": [network.as_payload() for network in segment.networks],
        **_ports(change),
    }


def _ports(change: Change) -> Dict[str, List[str]]:
    gone = list(change.ports_gone)
    if change.action == actions.DESTROY:
        return {"ports": gone}
    ports = {"ports": list(change.segment.ports)}
    return {**ports, "ports_gone": gone} if change.action == actions.UPDATE else ports


def network_refused(rejection: Rejection, chat: Chat, note: str = "") -> Trigger:
    """A network calls for something that it cannot have; `note` is said after the reason."""
    payload = {
        "network": dict(rejection.network),
        "reason": f"{rejection.error} {note}".rstrip(),
        "kind": type(rejection.error).__name__,
        **chat._asdict(),
    }
    return Trigger(NETWORK_REFUSED, payload, rejection.network["id"])


def engine_event(engine: str, state: str, reason: str, seconds: float, chat: Chat) -> Trigger:
    """An engine is lost (`seconds` is 0), or back after `seconds`; or a hold of its networks has
    begun or ended."""
    payload = {
        "engine": engine,
        "state": state,
        "reason": reason,
        "seconds": round(seconds, 1),
        **chat._asdict(),
    }
    return Trigger(ENGINE_EVENT, payload, engine)
