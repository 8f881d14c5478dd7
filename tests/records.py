"""StackStorm's datastore in a dictionary: as a sensor sees it, and as an action does."""

from typing import Dict, Optional

from docker_tor.common.datastore import Keys, Store


class Datastore:
    """The values by their names; it may be away."""

    def __init__(self) -> None:
        self.values: Dict[str, str] = {}
        self.away = False

    def store(self, name: str) -> Store:
        """One value of it."""

        def access(*text: str) -> Optional[str]:
            if self.away:
                raise OSError("the datastore is away")
            if text:
                (self.values[name],) = text
            return self.values.get(name)

        return Store(access, access)


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
