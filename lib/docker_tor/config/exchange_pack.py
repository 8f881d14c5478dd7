"""Keys of docker.yaml that the Exchange's docker pack had, which this pack replaces. Pure.

All of them are still accepted. `url` is one more engine, and docker.build_image takes
`build_options`. For the others, the doctor says why they have no meaning any more.
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
    """Its `url`, written as that of an engine; empty if there is none that an engine can have.

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


def without_old_keys(raw: Any) -> Any:
    """The configuration without the keys of `WITHOUT_MEANING`, if it is a mapping."""
    if not isinstance(raw, Mapping):
        return raw
    return {key: value for key, value in raw.items() if key not in WITHOUT_MEANING}


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
