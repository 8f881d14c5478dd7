"""What the rpc-errors of a switch mean: which of the pack's errors they are. RFC 6241, 4.3.

Their elements are known by their names alone: some servers leave the namespace out. One of severity
`warning` refuses nothing.
"""

import re
from typing import Iterator, List, NamedTuple, Sequence, Tuple

from lxml import etree

from ..common.errors import (
    AuthenticationFailed,
    DockerTorError,
    SwitchBusy,
    SwitchNotReady,
    SwitchRefused,
)
from ..common.sanitize import printable

MOST = 8
"""Errors of one reply that are told; a switch that has more says no more by them."""
_LONGEST = 400
"""Characters of one that are told."""

_BUSY_TAGS = ("in-use", "lock-denied", "resource-denied")
_LOOK = "Look at the running config of that interface."


class Words(NamedTuple):
    """What a kind of switch says beyond RFC 6241, in lower case: `not_ready` while it cannot take
    configuration yet, and `remedies`, what it says of an edit with what to do about it."""

    not_ready: Tuple[str, ...] = ()
    remedies: Tuple[Tuple[str, str], ...] = ()


NO_WORDS = Words()


class RpcError(NamedTuple):
    """One `<rpc-error>` of a reply; what is not in it is empty. `info` is what error-info holds, as
    "NAME TEXT"."""

    tag: str
    app_tag: str
    message: str
    path: str
    info: str = ""
    severity: str = ""

    def __str__(self) -> str:
        said = ": ".join(part for part in (self.tag, self.app_tag, self.message) if part)
        told = " ".join(f"({part})" for part in (self.path, self.info) if part)
        return printable(f"{said} {told}".strip() or "no reason is given", _LONGEST)


def of(reply: etree._Element) -> List[RpcError]:
    """The errors that an `<rpc-reply>` holds, and the warnings."""
    return [_read(child) for child in reply if _name(child) == "rpc-error"]


def _read(error: etree._Element) -> RpcError:
    parts = {_name(child): child for child in reversed(error)}
    names = ("error-tag", "error-app-tag", "error-message", "error-path", "error-severity")
    tag, app_tag, message, path, severity = (
        (parts[name].text or "").strip() if name in parts else "" for name in names
    )
    info = ", ".join(_leaves(parts["error-info"])) if "error-info" in parts else ""
    return RpcError(tag, app_tag, message, path, info, severity)


def _leaves(info: etree._Element) -> Iterator[str]:
    for leaf in info.iter(tag="*"):
        text = (leaf.text or "").strip()
        if leaf is not info and (text or not len(leaf)):
            yield f"{_name(leaf)} {text}".strip()


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname


def are_errors(found: Sequence[RpcError]) -> List[RpcError]:
    """Those that refuse the operation."""
    return [one for one in found if one.severity != "warning"]


def error(errors: Sequence[RpcError], where: str, words: Words = NO_WORDS) -> DockerTorError:
    """The pack's error for those of one reply, by the words of the kind of switch."""
    tags = [error.tag for error in errors]
    more = f"; and {len(errors) - MOST} more" if len(errors) > MOST else ""
    text = "; ".join(map(str, errors[:MOST])) + more
    lower = text.lower()
    if any(said in lower for said in words.not_ready):
        return SwitchNotReady(
            f"the switch is not ready: {text}",
            where=where,
            remedy="Wait until its fabric has formed.",
        )
    if all(tag in _BUSY_TAGS for tag in tags):
        told = re.search(r"\bsession-id ([1-9][0-9]{0,9})\b", errors[0].info)
        return SwitchBusy(
            f"the switch is busy: {text}",
            holder=told.group(1) if told else "",
            where=where,
            remedy="Try again when the other session is done.",
        )
    if "access-denied" in tags:
        return AuthenticationFailed(
            f"the switch does not let this user do that: {text}",
            where=where,
            remedy="Give the user a role that may configure interfaces.",
        )
    message = " ".join(error.message for error in errors).lower()
    return SwitchRefused(
        f"the switch refused: {text}",
        tag=tags[0],
        where=where,
        remedy=next((what for said, what in words.remedies if said in message), _LOOK),
    )
