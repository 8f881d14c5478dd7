"""Text from outside, made fit to be shown.

Network names, labels and replies are whatever somebody typed or a switch sent. They go through
`label` or `printable` before they reach a payload, a log or a chat message. What only programs
read goes through `harmless`.
"""

import re
from typing import Any

# What opens an expression in Jinja ({{ {% {#) or YAQL (<%). StackStorm renders the parameters of a
# workflow's tasks a second time, and would execute an expression in them.
_EXPRESSION = re.compile(r"[{<](?=[{%#])")
# What opens a mention or a link in chat (<!channel> <@U1> <https://...|...> @here), closes a block
# of code (```), or cuts a message in two for Hubot ({~}).
_CHAT = re.compile(r"<(?=[!@\w])|@(?=\w)|`(?=`)|\{(?=~\})")
# Compiled when it is used: each action imports this, and few need it.
_LOGIN = r"(?<=://)[^/\s]+(?=@)"
# The second slash too: chat makes a link of https://...
_NOT_LABEL = re.compile(r"[^\w .,:/+=()#-]|(?<=/)/")


def printable(text: Any, limit: int = 500) -> str:
    """One line of `text` for a log, an error, a table or chat.

    It has no control characters, no live template expression, no mention, and nothing that ends a
    block of code. It has at most `limit` characters; if it was cut, the last is an ellipsis.
    """
    line = _broken_up(_CHAT, _one_line(text, limit))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def quoted(value: Any, limit: int = 100) -> str:
    """A value from outside for an error: in quotes, and cut, so that the rest is still told."""
    return printable(repr(value), limit)


def label(name: Any, limit: int = 64) -> str:
    """A name as it may stand in a payload or a chat message.

    Letters, digits and plain punctuation stay. All else becomes "?": quotes, markup, mentions,
    backticks, braces, the second slash of a URL. So no name can forge a message or a link.
    """
    return _NOT_LABEL.sub("?", _one_line(name, limit))[:limit]


def harmless(value: Any, limit: int, hidden: str = "") -> Any:
    """A value for a result that programs read, and so as unchanged as possible.

    It loses live template expressions, control characters, the login in a URL, and `hidden`: a
    secret, also as `printable` shows it. This reaches into lists and dictionaries. Of each text,
    the last `limit` characters stay.
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
    """A count of things, as "1 engine" or "2 engines"."""
    return f"{number} {thing}{'' if number == 1 else ending}"


def _one_line(text: Any, limit: int) -> str:
    """The part of `text` that can end up in `limit` characters, without live expressions."""
    line = str(text)[: limit * 4]
    line = "".join(c if c.isprintable() else " " for c in line)
    return _broken_up(_EXPRESSION, " ".join(line.split()))


def _broken_up(live: "re.Pattern[str]", line: str) -> str:
    return live.sub(lambda found: found.group() + " ", line)
