"""What Slack is sent for a message of StackStorm's, by the rules of hubot-stackstorm 0.13
(src/lib/adapters/slack.js): the body of each chat.postMessage.

An answer is one attachment: its text is the message, its colour `extra.color`; what `extra.slack`
has goes over it. What stands before `{~}` is told outside of the attachment. Long texts are told
in pieces, and an answer goes in the thread of the line that was typed if `extra.slack` asks for it:
that line's id is in the context.
"""

import re
from typing import Any, Dict, List, Mapping, Optional

LONGEST = 7900
"""Characters of one piece."""
COLOR = "dfdfdf"
"""Where the message has none."""
_CUT = "{~}"


def payloads(
    message: str,
    channel: str,
    user: Optional[str] = None,
    extra: Optional[Mapping[str, Any]] = None,
    context: Optional[Mapping[str, Any]] = None,
) -> List[Dict[str, Any]]:
    """What is posted, in this order. Raises KeyError and TypeError where the client would, too: an
    answer to no line asks for a thread."""
    extra = extra or {}
    slack: Mapping[str, Any] = extra.get("slack") or {}
    pieces = message.split(_CUT)
    before, text = ("", pieces[0]) if len(pieces) == 1 else pieces[:2]
    before = (f"@{user}: " if user else "") + before
    base: Dict[str, Any] = {"channel": channel}
    if slack.get("thread_response"):
        base["thread_ts"] = context["id"]  # type: ignore[index]  # None is the client's fault, too
    if not text:
        return [{**base, "text": before}]
    look = {"color": extra.get("color") or COLOR, "mrkdwn_in": ["text", "pretext"], **slack}
    return [
        {
            **base,
            "attachments": [
                {**look, "pretext": "" if number else before, "text": piece, "fallback": piece}
            ],
        }
        for number, piece in enumerate(re.findall(rf"[\s\S]{{1,{LONGEST}}}", text))
    ]
