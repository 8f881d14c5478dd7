"""What Slack is sent for a message of StackStorm's, by the rules of hubot-stackstorm 0.13
(src/lib/adapters/slack.js): the body of each chat.postMessage.

An answer is one attachment: its text is the message, its colour `extra.color`; what `extra.slack`
has goes over it. Long texts are told in pieces, and an answer goes in the thread of the line that
was typed if `extra.slack` asks for it: that line's id is in the context. Of these rules one is left
out that nothing here needs: `{~}` in a message.
"""

import re
from typing import Any, Dict, List, Mapping, Optional

LONGEST = 7900
"""Characters of one piece."""
COLOR = "dfdfdf"
"""Where the message has none."""


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
    base: Dict[str, Any] = {"channel": channel}
    if slack.get("thread_response"):
        base["thread_ts"] = context["id"]  # type: ignore[index]  # None is the client's fault, too
    look = {"color": extra.get("color") or COLOR, "mrkdwn_in": ["text", "pretext"], **slack}
    before = f"@{user}: " if user else ""
    posted = []
    for piece in re.findall(rf"[\s\S]{{1,{LONGEST}}}", message):
        attachment = {**look, "pretext": before, "text": piece, "fallback": piece}
        posted.append({**base, "attachments": [attachment]})
        before = ""
    return posted
