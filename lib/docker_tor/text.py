"""Text from outside, made fit to be shown.

Network names, labels and replies are whatever somebody typed or a peer sent. Whatever of them
reaches a payload, a log or a chat message goes through one of these two functions first.
"""

import re
from typing import Any

# What opens an expression in Jinja ({{ {% {#) or YAQL (<%). StackStorm renders the parameters of a
# workflow's tasks a second time, so text that holds one would be executed there.
_EXPRESSION = re.compile(r"[{<](?=[{%#])")
_NOT_LABEL = re.compile(r"[^\w .,:/+=()#-]")


def printable(text: Any, limit: int = 500) -> str:
    """One line of `text` for a log or an error: no control characters, no live template expression.

    At most `limit` characters, the last of them an ellipsis where something was cut.
    """
    line = str(text)[: limit * 4]
    line = "".join(c if c.isprintable() else " " for c in line)
    line = _EXPRESSION.sub(lambda found: found.group() + " ", " ".join(line.split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def label(name: Any, limit: int = 64) -> str:
    """A name as it may stand in a payload or a chat message.

    Letters, digits and plain punctuation stay; all else (quotes, markup, mentions, backticks,
    braces) becomes "?", so that a name can forge neither a message nor a mention.
    """
    return _NOT_LABEL.sub("?", printable(name, limit * 4)).replace("…", "")[:limit]
