"""Fields of docker.yaml, read one at a time: each is of its kind, or the error tells its place.

A place is written as an operator finds it, like `switches[0].vlans`.
"""

from typing import (
    Any,
    Callable,
    Collection,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
    TypeVar,
)

from ..common.errors import ConfigError, InvalidValue
from ..common.sanitize import quoted

SEE = "See docker.yaml.example."

T = TypeVar("T")


class Fields:
    """One mapping of docker.yaml. `where` is its place: empty for the configuration itself.

    `known` are the keys that it may have. Every method raises ConfigError.
    """

    def __init__(self, raw: Any, where: str, known: Collection[str]) -> None:
        place = where or "the configuration"
        if not isinstance(raw, Mapping):
            raise ConfigError("this is no mapping of keys to values", where=place, remedy=SEE)
        for key in raw:
            if key not in known:
                raise _unknown(key, place, known)
        self._raw: Mapping[str, Any] = raw
        self._where = where

    def get(self, key: str) -> Any:
        """The value as it is; None where there is none."""
        return self._raw.get(key)

    def place(self, key: str) -> str:
        """The place of a field."""
        return f"{self._where}.{key}" if self._where else key

    def wrong(self, key: str, what: str, remedy: str = SEE) -> ConfigError:
        """An error about a field."""
        return ConfigError(what, where=self.place(key), remedy=remedy)

    def limit(self, key: str, none: str) -> bool:
        """Whether a limit is given: left out it means any, and `none` means none.

        A key without a value is an error: an expression that renders empty leaves one.
        """
        if key in self._raw and self._raw[key] is None:
            what = "it has no value, or an expression that gives none"
            raise self.wrong(key, what, f"Leave it out for any, or write {none} for none.")
        return key in self._raw

    def listed(self, key: str) -> List[Tuple[Any, str]]:
        """The items of a list, each with its place; none where there is no list."""
        raw = self.get(key)
        if raw is None:
            return []
        if not isinstance(raw, (list, tuple)):
            raise self.wrong(key, "this is no list")
        return [(item, f"{self.place(key)}[{number}]") for number, item in enumerate(raw)]

    def mappings(self, key: str, known: Collection[str]) -> "List[Fields]":
        """The mappings of a list, each with these known keys."""
        return [Fields(item, where, known) for item, where in self.listed(key)]

    def mapping(self, key: str, known: Collection[str]) -> "Fields":
        """A mapping with these known keys; an empty one where there is none."""
        return Fields(self.get(key) or {}, self.place(key), known)

    def text(self, key: str, default: Optional[str] = None) -> str:
        """Printable text; without a default it must be given."""
        value = self.get(key)
        if value is None or value == "":
            if default is None:
                raise self.wrong(key, "it is missing")
            return default
        if not isinstance(value, str) or not value.isprintable():
            raise self.wrong(key, f"{quoted(value)} is no text", "Quote it.")
        return value

    def name(self, key: str, default: str) -> str:
        """Text that a workflow takes as its input: they reject what could be an expression."""
        name = self.text(key, default=default)
        if "<" in name or "{" in name:
            raise self.wrong(key, f"{name!r} has a '<' or '{{'", "Leave them out.")
        return name

    def secret(self, key: str) -> str:
        """Text that no error shows."""
        value = self.get(key)
        if not isinstance(value, str) or not value:
            remedy = 'Keep it in the datastore, encrypted, and write "{{ st2kv.system.NAME }}".'
            raise self.wrong(key, "it is missing or no text", remedy)
        return value

    def number(self, key: str, default: int, *, most: int, least: int = 0) -> int:
        """A whole number of `least` - `most`."""
        return self._within(key, default, (int,), least, most, "no whole number of")

    def seconds(self, key: str, default: float, *, most: int) -> float:
        """Seconds of 0 - `most`, fractions too."""
        return float(self._within(key, default, (int, float), 0, most, "no number of seconds of"))

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self.get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            remedy = f"Leave it out for {str(default).lower()}."
            raise self.wrong(key, f"{quoted(value)} is neither true nor false", remedy)
        return value

    def either(self, key: str, default: str, other: str) -> str:
        """One of two words."""
        given = self.text(key, default=default)
        if given not in (default, other):
            what = f"{quoted(given)} is neither {default} nor {other}"
            raise self.wrong(key, what, f"Leave it out for {default}.")
        return given

    def _within(
        self, key: str, default: T, kinds: Tuple[type, ...], least: int, most: int, what: str
    ) -> T:
        value: Any = self.get(key)
        if value is None:
            return default
        fits = isinstance(value, kinds) and not isinstance(value, bool)
        if not fits or not least <= value <= most:
            what = f"{quoted(value)} is {what} {least} - {most}"
            raise self.wrong(key, what, f"Leave it out for {default}.")
        number: T = value
        return number


def checked(check: Callable[[Any, str], T], value: Any, where: str) -> T:
    """A value as a check of `limits` or `validators` returns it; raises ConfigError."""
    try:
        return check(value, where)
    except InvalidValue as error:
        raise ConfigError(error.what, where="docker.yaml", remedy=error.remedy) from None


def unique(names: Sequence[str], where: str, key: str) -> None:
    """Raises ConfigError if two of the names are the same."""
    for name in names:
        if names.count(name) > 1:
            what = f"two of them have the {key} {name!r}"
            raise ConfigError(what, where=where, remedy=f"Make each {key} its own.")


def _unknown(key: Any, where: str, known: Collection[str]) -> ConfigError:
    # Imported here only: each action would pay for it, and mistakes are rare.
    import difflib

    near = difflib.get_close_matches(str(key).lower(), known, 1)
    meant = f"Did you mean `{near[0]}`?" if near else f"It takes {', '.join(known)}."
    return ConfigError(f"there is no key {quoted(key)}", where=where, remedy=meant)
