"""The example configuration with each of its cases uncommented, as the pack reads it."""

import re
from typing import Any, Dict, Iterator, List, Mapping, Tuple

from docker_tor.config import settings as pack_config
from docker_tor.config import uplinks

from lab.stackstorm import config
from lab.stackstorm.datastore import Datastore

HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO2h3e6oFXm3uNOTZ4JCJWVCC2aFd8vgTVBQ7gOOi5ck"
"""What the datastore holds where a case reads a host key from it."""

_CASE = re.compile(r"^## (case \d+: .*?)\n(.*?)^## end$", re.MULTILINE | re.DOTALL)
_KEY = re.compile(r"st2kv\.system\.(\w+)")


def cases(text: str) -> Dict[str, str]:
    """The example with each of its cases uncommented, by the case's heading: between the heading
    and `## end` every line loses its "# "."""
    return {
        found[1]: text[: found.start(2)] + _uncommented(found[2]) + text[found.end(2) :]
        for found in _CASE.finditer(text)
    }


def _uncommented(text: str) -> str:
    return re.sub(r"^#( |$)", "", text, flags=re.MULTILINE)


def resolved(ref: str, schema: Mapping[str, Mapping[str, Any]], values: Any) -> pack_config.Config:
    """A configuration as the pack reads it once StackStorm has put in what the datastore holds.

    Raises RegistrationError, RuntimeError or ValueError where StackStorm would not take it, and
    ConfigError where the pack would not.
    """
    kept = config.register(ref, schema, values)
    store = Datastore()
    for name, secret in keys(values, {"properties": schema}):
        store.set(name, HOST_KEY if name.endswith("host_key") else "made up", secret=secret)
    given = config.resolve(schema, kept, store)
    return uplinks.require(pack_config.parse(given))


def keys(values: Any, schema: Mapping[str, Any]) -> Iterator[Tuple[str, bool]]:
    """The keys of the datastore that values name, and whether each is to be encrypted."""
    if isinstance(values, dict):
        properties = schema.get("properties") or {}
        inner: List[Tuple[Any, Any]] = [(v, properties.get(k, {})) for k, v in values.items()]
    elif isinstance(values, list):
        inner = [(value, schema.get("items") or {}) for value in values]
    else:
        yield from ((name, schema.get("secret", False)) for name in _KEY.findall(str(values)))
        return
    for value, sub in inner:
        yield from keys(value, sub)
