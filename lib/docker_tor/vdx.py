"""The edits that the pack knows how to make on a Brocade VDX, one payload template each.

A template renders an action's parameters to the XML of one edit-config and to the same edit's CLI
lines. Its filters check every value they let through, so that nothing reaches a switch unchecked
and a new edit needs a template and no Python. Paths and namespaces: Brocade NOS YANG as the
vendor's own bindings use them; the attributes `t:` are explained in `edit`.
"""

import functools
import re
from pathlib import Path
from typing import Any, Callable, Mapping

import jinja2
from markupsafe import Markup

from . import edit, values
from .errors import InvalidValue

TEMPLATES = Path(__file__).with_name("templates")
_SUFFIX = ".xml.j2"


def names() -> "list[str]":
    """The names of all edits, each an action's name without its `vdx.`."""
    return sorted(path.name[: -len(_SUFFIX)] for path in TEMPLATES.glob(f"*{_SUFFIX}"))


def render(name: str, parameters: Mapping[str, Any]) -> edit.Edit:
    """The edit `name` for the given parameters, under the names that the action's YAML declares.

    A `delete_...` that is left out is false. Raises InvalidValue, naming the parameter, for another
    that is missing or that no switch could take.
    """
    try:
        payload = _block(name, "payload", parameters, autoescape=True)
        cli = _block(name, "cli", parameters, autoescape=False)
    except jinja2.TemplateNotFound:
        raise InvalidValue(
            f"there is no edit {name!r}", remedy=f"It is one of {names()}."
        ) from None
    except jinja2.UndefinedError as error:
        raise InvalidValue(f"{error.message}", where=name, remedy="Give it.") from None
    config = edit.parse(
        f'<nc:config xmlns:nc="{edit.BASE}" xmlns:t="{edit.TEMPLATE}">{payload}</nc:config>'
    )
    return edit.Edit(name, config, tuple(line for line in cli.splitlines() if line.strip()))


def _block(name: str, block: str, parameters: Mapping[str, Any], autoescape: bool) -> str:
    template = _environment(autoescape).get_template(name + _SUFFIX)
    values = {**_flags(name), **parameters}
    return "".join(template.blocks[block](template.new_context(values)))


@functools.lru_cache(maxsize=None)
def _flags(name: str) -> "dict[str, bool]":
    source = (TEMPLATES / f"{name}{_SUFFIX}").read_text(encoding="utf-8")
    return dict.fromkeys(re.findall(r"\bdelete_\w+", source), False)


def _delete(flag: object) -> Markup:
    """The attribute that deletes a node, in the base namespace: a bare `operation` is no
    instruction
    (RFC 6241, 7.2), and one server silently merges what carries it."""
    return Markup(' nc:operation="delete"') if flag is True else Markup("")


def _given(check: Callable[[Any, str], object]) -> Callable[[Any, str], object]:
    """`check` as a filter: StackStorm passes None for a parameter that was left out."""

    def check_given(value: Any, field: str) -> object:
        if value is None or isinstance(value, jinja2.Undefined):
            raise InvalidValue(f"{field} is not given", remedy="Give it.")
        return check(value, field)

    return check_given


def _address(version: int, value: Any, field: str) -> str:
    address = values.ve_address(value, field)
    if address.version != version:
        raise InvalidValue(
            f"{field} is {value!r}, which is not IPv{version}",
            remedy="IPv4 and IPv6 addresses have an action each.",
        )
    return str(address)


@functools.lru_cache(maxsize=None)
def _environment(autoescape: bool) -> jinja2.Environment:
    """XML is escaped; the CLI lines are for a person to read."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(str(TEMPLATES)),
        autoescape=autoescape,  # noqa: S701  # off only for CLI lines, which nothing parses
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["delete"] = _delete
    environment.filters.update(
        vlan=_given(values.vlan_id),
        rbridge=_given(values.rbridge_id),
        vlan_name=_given(values.vlan_name),
        ipv4=_given(functools.partial(_address, 4)),
        ipv6=_given(functools.partial(_address, 6)),
    )
    return environment
