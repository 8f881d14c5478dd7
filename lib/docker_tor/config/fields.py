"""Fields of the configuration, read one at a time: each of its kind, or told by its name.

`where` is the place of the field as an operator would write it, like `switches[0].vlans`. Every
function raises ConfigError.
"""

from typing import Any, Collection, Iterable, List, Mapping, Optional, Sequence, Tuple

from ..common.errors import ConfigError, InvalidValue
from ..common.sanitize import quoted

SEE = "See docker.yaml.example."


def checked(check: Any, value: Any, where: str) -> Any:
    """The value as one of the checks of `values` returns it."""
    try:
        return check(value, where)
    except InvalidValue as error:
        raise ConfigError(error.what, where="docker.yaml", remedy=error.remedy) from None


def known_keys(raw: Iterable[str], known: Collection[str], where: str) -> None:
    """Refuse a key that is not known, and name the nearest that is."""
    for key in raw:
        if key not in known:
            # Imported only here: each action would pay for it, and mistakes are rare.
            import difflib

            near = difflib.get_close_matches(str(key).lower(), known, 1)
            meant = f"Did you mean `{near[0]}`?" if near else f"It takes {', '.join(known)}."
            raise ConfigError(f"there is no key {quoted(key)}", where=where, remedy=meant)


def mapping(raw: Any, where: str) -> None:
    """Refuse what is no mapping."""
    if not isinstance(raw, Mapping):
        raise ConfigError("this is no mapping of keys to values", where=where, remedy=SEE)


def listed(raw: Any, where: str) -> List[Any]:
    """A list; an empty one where nothing is given."""
    if raw is None:
        return []
    if not isinstance(raw, (list, tuple)):
        raise ConfigError("this is no list", where=where, remedy=SEE)
    return list(raw)


def is_given(raw: Mapping[str, Any], key: str, where: str, none: str) -> bool:
    """Whether a limit is given: left out it means any, and `none` means none.

    A key without a value is refused: it is what an expression that renders empty leaves.
    """
    if key in raw and raw[key] is None:
        raise ConfigError(
            "it has no value, or an expression that gives none",
            where=_at(where, key),
            remedy=f"Leave it out for any, or write {none} for none.",
        )
    return key in raw


def items(raw: Mapping[str, Any], key: str, where: str) -> List[Tuple[Mapping[str, Any], str]]:
    """The mappings of a list, each with its place."""
    place = _at(where, key)
    items = [(item, f"{place}[{n}]") for n, item in enumerate(listed(raw.get(key), place))]
    for item, at in items:
        mapping(item, at)
    return items


def text(raw: Mapping[str, Any], key: str, where: str, default: Optional[str] = None) -> str:
    """Printable text; what has no default must be given."""
    value = raw.get(key)
    if value is None or value == "":
        if default is None:
            raise ConfigError("it is missing", where=_at(where, key), remedy=SEE)
        return default
    if not isinstance(value, str) or not value.isprintable():
        raise ConfigError(f"{quoted(value)} is no text", where=_at(where, key), remedy="Quote it.")
    return value


def number(
    raw: Mapping[str, Any], key: str, where: str, default: int, most: int, least: int = 0
) -> int:
    """A whole number of `least` - `most`."""
    value = raw.get(key)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ConfigError(
            f"{quoted(value)} is no whole number of {least} - {most}",
            where=_at(where, key),
            remedy=f"Leave it out for {default}.",
        )
    return value


def seconds(raw: Mapping[str, Any], key: str, default: float, most: int) -> float:
    """Seconds of 0 - `most`, fractions too, of the configuration itself."""
    value = raw.get(key)
    if value is None:
        return default
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value <= most:
        raise ConfigError(
            f"{quoted(value)} is no number of seconds of 0 - {most}",
            where=key,
            remedy=f"Leave it out for {default}.",
        )
    return float(value)


def flag(raw: Mapping[str, Any], key: str, where: str, default: bool) -> bool:
    """True or false."""
    value = raw.get(key)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise ConfigError(
            f"{quoted(value)} is neither true nor false",
            where=_at(where, key),
            remedy=f"Leave it out for {str(default).lower()}.",
        )
    return value


def either(raw: Mapping[str, Any], key: str, where: str, default: str, other: str) -> str:
    """One of two words."""
    given = text(raw, key, where, default=default)
    if given not in (default, other):
        raise ConfigError(
            f"{quoted(given)} is neither {default} nor {other}",
            where=_at(where, key),
            remedy=f"Leave it out for {default}.",
        )
    return given


def secret(raw: Mapping[str, Any], key: str, where: str) -> str:
    """Text that no error shows."""
    value = raw.get(key)
    if not isinstance(value, str) or not value:
        raise ConfigError(
            "it is missing or no text",
            where=_at(where, key),
            remedy='Keep it in the datastore, encrypted, and write "{{ st2kv.system.NAME }}".',
        )
    return value


def unique(names: Sequence[str], where: str, key: str) -> None:
    """Refuse two of one name."""
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(
                f"two of them have the {key} {name!r}",
                where=where,
                remedy=f"Make each {key} its own.",
            )


def _at(where: str, key: str) -> str:
    """The place of a field; those of the configuration itself have no `where`."""
    return f"{where}.{key}" if where else key
