"""docker.yaml as the Exchange's docker pack had it, whose place this one takes. Pure.

None of its keys is refused: `url` is one more engine, `build_options` are docker.build_image's, and
of the others the doctor says why they have no meaning any more.
"""

import contextlib
import re
from typing import Any, Dict, Mapping
from urllib.parse import urlsplit

WITHOUT_MEANING: Dict[str, str] = {
    "version": "the version of the API is agreed on with each engine",
    "timeout": "StackStorm ends an action, and an engine that does not answer is given up before",
    "poll_interval": "containers are followed by the engine's events",
    "ps_options": "all running containers are followed",
    "build_options.timeout": "a build ends with its action, of which StackStorm has a timeout",
}
"""The keys that nothing uses any more, and why."""

# Compiled when it is used: each action imports this, and few have such a url.
_ADDRESS = r"unix:///[^\s?#]+|tcp://(\[[0-9A-Fa-f:.]+\]|[\w.-]+):\d{1,5}/?"


def url(raw: Mapping[str, Any]) -> str:
    """Its `url`, written as that of an engine; empty where there is none, or none that is an
    engine's.

    The docker SDK also took unix://var/run/docker.sock, /var/run/docker.sock, http://host:2375 and
    host:2375.
    """
    text = str(raw.get("url") or "").strip()
    if text.startswith(("/", "unix:")):
        text = "unix:///" + re.sub(r"^(unix:)?/*", "", text)
    elif text:
        text = "tcp://" + re.sub(r"^(tcp|http)://", "", text)
    with contextlib.suppress(ValueError):
        # Asking for the port is what checks it.
        if text.isprintable() and re.fullmatch(_ADDRESS, text) and urlsplit(text).port != 0:
            return text
    return ""


def without_meaning(raw: Mapping[str, Any]) -> Dict[str, str]:
    """The keys of `WITHOUT_MEANING` that are set, and why each has none."""
    options = raw.get("build_options")
    inner = options if isinstance(options, Mapping) else {}
    given = {**raw, **{f"build_options.{key}": value for key, value in inner.items()}}
    return {key: why for key, why in WITHOUT_MEANING.items() if given.get(key) is not None}


def build_options(raw: Mapping[str, Any]) -> Dict[str, bool]:
    """What of its `build_options` docker.build_image goes by: `rm`, `quiet` and `nocache`."""
    options = raw.get("build_options")
    given = options if isinstance(options, Mapping) else {}
    return {name: bool(given[name]) for name in ("rm", "quiet", "nocache") if name in given}
