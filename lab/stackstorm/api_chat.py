"""Chat commands: /v1/actionalias/match, /v1/actionalias/help, /v1/aliasexecution/match_and_execute
(st2api/controllers/v1/actionalias.py, aliasexecution.py).

`st2 action-alias execute` and chat bots say commands here; what the team reads of them is told by
the stream.
"""

from __future__ import annotations

from typing import Any, Dict, List

from . import aliases
from . import schema as schemas
from .api_calls import Answer, Call, Endpoint, Param, boolean, checked, integer, text
from .service import StackStorm

_TEXT = {"type": "string"}
_NEEDED = {"type": "string", "required": True}
_MATCH: schemas.Schema = {
    "type": "object",
    "properties": {"command": _NEEDED},
    "additionalProperties": False,
}
_EXECUTE: schemas.Schema = {
    "type": "object",
    "properties": {
        "command": _NEEDED,
        "user": _TEXT,
        "source_channel": _NEEDED,
        "notification_channel": {"type": "string", "default": None},
        "notification_route": {"type": "string", "default": None},
    },
    "additionalProperties": False,
}


def match(st2: StackStorm, call: Call) -> Answer:
    """`st2 action-alias match`."""
    asked = checked(call.body, _MATCH)
    alias, format_ = aliases.match(asked["command"], st2.pack.aliases.values())
    display = aliases.display(alias, format_)
    return Answer({"actionalias": alias.to_dict(), "display": display, "representation": format_})


def help_strings(st2: StackStorm, call: Call) -> Answer:
    """What a bot says of itself."""
    query = call.query
    found = st2.pack.aliases.values()
    wanted = [alias for alias in found if query["pack"] in (None, "", alias.pack)]
    strings = aliases.help_strings(wanted, query["filter"] or "")
    offset, limit = max(query["offset"], 0), max(query["limit"], 0)
    page = strings[offset : offset + limit if limit else None]
    return Answer({"available": len(strings), "helpstrings": page})


def match_and_execute(st2: StackStorm, call: Call) -> Answer:
    """`st2 action-alias execute`: what is said in chat. The lab has no aliases that match several
    times, so there is one result."""
    asked = checked(call.body, _EXECUTE)
    started = st2.chatops.execute(
        asked["command"], asked.get("user") or "", asked["source_channel"]
    )
    result: Dict[str, Any] = {
        "execution": started.execution.to_dict(bool(call.query["show_secrets"])),
        "actionalias": started.alias.to_dict(),
    }
    if "format" in started.alias.ack:
        result["message"] = started.said.message
    if "extra" in started.alias.ack:
        result["extra"] = started.said.extra
    return Answer({"results": [result]}, 201)


ENDPOINTS: List[Endpoint] = [
    Endpoint("POST", "/actionalias/match", match),
    Endpoint(
        "GET",
        "/actionalias/help",
        help_strings,
        {
            "filter": Param(text),
            "pack": Param(text),
            "limit": Param(integer, 100),
            "offset": Param(integer, 0),
        },
    ),
    Endpoint(
        "POST",
        "/aliasexecution/match_and_execute",
        match_and_execute,
        {"show_secrets": Param(boolean)},
    ),
]
