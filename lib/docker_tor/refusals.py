"""What the rpc-errors of a switch mean: which of the pack's errors they are. RFC 6241, 4.3."""

from typing import List, NamedTuple, Sequence

from lxml import etree

from .edit import BASE
from .errors import (
    AuthenticationFailed,
    DockerTorError,
    SwitchBusy,
    SwitchNotReady,
    SwitchRefused,
)

# What NOS says while it cannot take configuration; up to 8 minutes after a start.
_NOT_READY = (
    "NODE_IS_NOT_READY",
    "CLUSTER_FORMATION_IS_IN_PROGRESS",
    "NODE_IS_ZEROIZED",
    "WAVE_FRAMEWORK_STATE_CLUSTER_FORMATION",
)
_BUSY_TAGS = ("in-use", "lock-denied", "resource-denied")


class RpcError(NamedTuple):
    """One `<rpc-error>` of a reply; what is not in it is empty."""

    tag: str
    app_tag: str
    message: str
    path: str

    def __str__(self) -> str:
        said = ": ".join(part for part in (self.tag, self.app_tag, self.message) if part)
        return f"{said} ({self.path})" if self.path else said


def of(reply: etree._Element) -> List[RpcError]:
    """The errors that an `<rpc-reply>` holds."""
    parts = [f"{{{BASE}}}error-{part}" for part in ("tag", "app-tag", "message", "path")]
    return [
        RpcError(*((error.findtext(part) or "").strip() for part in parts))
        for error in reply.iterfind(f"{{{BASE}}}rpc-error")
    ]


def error(errors: Sequence[RpcError], where: str) -> DockerTorError:
    """The pack's error for those of one reply."""
    tags = [error.tag for error in errors]
    text = "; ".join(map(str, errors))
    if any(name in text for name in _NOT_READY):
        return SwitchNotReady(
            f"the switch is not ready: {text}",
            where=where,
            remedy="Wait until its fabric has formed.",
        )
    if all(tag in _BUSY_TAGS for tag in tags):
        return SwitchBusy(
            f"the switch is busy: {text}",
            where=where,
            remedy="Try again when the other session is done.",
        )
    if "access-denied" in tags:
        return AuthenticationFailed(
            f"the switch does not let this user do that: {text}",
            where=where,
            remedy="Give the user a role that may configure interfaces.",
        )
    return SwitchRefused(
        f"the switch refused: {text}",
        tag=tags[0],
        where=where,
        remedy="Look at the running config of that interface.",
    )
