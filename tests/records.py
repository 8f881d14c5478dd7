"""Records of ports in a dictionary, as an action sees StackStorm's datastore."""

from typing import Dict

from docker_tor.common.datastore import Keys


def keys_of(values: Dict[str, str]) -> Keys:
    """The keys of these values."""
    return Keys(
        lambda beginning: [name for name in values if name.startswith(beginning)],
        values.__setitem__,
        lambda name: values.pop(name, None),
    )


def no_keys() -> Keys:
    """Nothing is recorded."""
    return keys_of({})
