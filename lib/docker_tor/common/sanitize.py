"""Text from outside, made fit to be shown.

Network names, labels and replies are whatever somebody typed or a peer sent. Whatever of them
reaches a payload, a log or a chat message goes through `label` or `printable` first, and what only
programs read on through `harmless`.
"""

import re
from typing import Any

# What opens an expression in Jinja ({{ {% {#) or YAQL (<%). StackStorm renders the parameters of a
# workflow's tasks a second time, so text that holds one would be executed there.
_EXPRESSION = re.compile(r"[{<](?=[{%#])")
# What opens a mention or a link in chat (<!channel> <@U1> <https://...|...> @here), closes a block
# of code (```), or cuts a message in two for Hubot ({~}).
_CHAT = re.compile(r"<(?=[!@\w])|@(?=\w)|`(?=`)|\{(?=~\})")
# Compiled when it is used: each action imports this, and few need it.
_LOGIN = r"(?<=://)[^/\s]+(?=@)"
# The second slash too: chat makes a link of https://...
_NOT_LABEL = re.compile(r"[^\w .,:/+=()#-]|(?<=/)/")


def printable(text: Any, limit: int = 500) -> str:
    """One line of `text` for a log, an error or a table: no control characters, no live template
    expression, no mention in chat, and nothing that ends a block of code there.

    At most `limit` characters, the last of them an ellipsis where something was cut.
    """
    line = _broken_up(_CHAT, _one_line(text, limit))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def quoted(value: Any, limit: int = 100) -> str:
    """A value from outside in an error: in quotes, and cut to size, so that what is wrong with it
    is still told after it."""
    return printable(repr(value), limit)


def label(name: Any, limit: int = 64) -> str:
    """A name as it may stand in a payload or a chat message.

    Letters, digits and plain punctuation stay; all else (quotes, markup, mentions, backticks,
    braces, the second slash of a URL) becomes "?", so that a name can forge neither a message nor
    a mention or a link.
    """
    return _NOT_LABEL.sub("?", _one_line(name, limit))[:limit]


def harmless(value: Any, limit: int, hidden: str = "") -> Any:
    """A value as it may stand in a result that programs read on, and so as it is but for live
    template expressions, control characters, the login in a URL, and `hidden`, a secret (also as
    `printable` shows it).

    Lists and dictionaries are gone through; of each text in them the last `limit` characters stay.
    """
    if isinstance(value, str):
        shown = value
        for secret in filter(None, (hidden, printable(hidden))):
            shown = shown.replace(secret, "***")
        shown = "".join(c for c in re.sub(_LOGIN, "***", shown) if c.isprintable() or c in "\n\t")
        return _broken_up(_EXPRESSION, shown[-limit:])
    if isinstance(value, dict):
        return {harmless(k, limit, hidden): harmless(v, limit, hidden) for k, v in value.items()}
    return [harmless(one, limit, hidden) for one in value] if isinstance(value, list) else value


def counted(number: int, thing: str, ending: str = "s") -> str:
    """So many of a thing, as "1 engine" or "2 engines"."""
    return f"{number} {thing}{'' if number == 1 else ending}"


def _one_line(text: Any, limit: int) -> str:
    """Of `text` as much as `limit` characters may come from, without live expressions."""
    line = str(text)[: limit * 4]
    line = "".join(c if c.isprintable() else " " for c in line)
    return _broken_up(_EXPRESSION, " ".join(line.split()))


def _broken_up(live: "re.Pattern[str]", line: str) -> str:
    return live.sub(lambda found: found.group() + " ", line)
