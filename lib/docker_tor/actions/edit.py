"""What an action of the pack does around its edit: find the login, run, and report the outcome."""

import functools
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Mapping, Optional, Tuple

from ..common import retry
from ..common.errors import DockerTorError
from ..config import settings as config
from ..config.logins import login
from ..netconf import session
from ..switch import apply
from ..switch.edit import Edit, Node
from ..switch.nos import edits

if TYPE_CHECKING:
    # Every edit would pay for it, and only those of a whole segment need it.
    from ..switch.model import Vlan

_OF_RUN = ("username", "password", "retry_until", "execution_id")
_NOT_OF_EDITS = ("host", "port", "username", "password", "dry_run", "before", "run")

Result = Dict[str, Any]
Attempt = Callable[[bool], None]
"""One try, whose outcome goes into a result; told whether an earlier one may have done something.
"""


def run_edit(
    raw_config: Mapping[str, Any],
    name: str,
    parameters: Mapping[str, Any],
    tell: retry.Tell = lambda _line: None,
) -> Tuple[bool, Result]:
    """Run the edit `name` of `vdx` on the switch that `parameters` name.

    `parameters` are the action's: host, port, username and password (None where left out: then they
    come from the configuration's entry of that host), dry_run, `run` (see `of_run`), `before` (of
    the last edit of a run: see `preflight`), and the edit's own. Returns a status and a result; an
    error is a result too: `error`, `family`, `kind`, `where`, `remedy`.
    """
    parameters = of_run(parameters)
    values = {key: value for key, value in parameters.items() if key not in _NOT_OF_EDITS}
    result: Result = {"host": parameters["host"], "changed": False}
    try:
        settings = config.parse(raw_config)
        switch = settings.switch(parameters["host"])
        result["switch"] = switch.name if switch else parameters["host"]
        result["host"] = switch.host if switch else parameters["host"]
        if "vlan_name" in values and values["vlan_name"] is None:
            values["vlan_name"] = settings.vlan_name
        # The edit that gives a Ve its address may be asked for all that it is to have.
        kind = _addresses if "address" in values and values.get("addresses") else _edit
        attempt = kind(name, parameters, values, settings, result)
        if attempt:
            where = str(login(settings, parameters))
            retry.persist(attempt, where, retry.patience(parameters), tell)
        return True, result
    except DockerTorError as error:
        changed = None if error.unsure else False
        return False, {**result, "changed": changed, **error.at(parameters["host"]).as_result()}


def of_run(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """An action's parameters with those that its `run` has for each action of a workflow:
    retry_until (seconds since 1970), execution_id, username and password, if they are given."""
    run = parameters.get("run") or {}
    return {**parameters, **{key: run[key] for key in _OF_RUN if run.get(key) is not None}}


def _edit(
    name: str,
    parameters: Mapping[str, Any],
    values: Mapping[str, Any],
    settings: config.Config,
    result: Result,
) -> Optional[Attempt]:
    edit = edits.render(name, values)
    if parameters.get("dry_run"):
        result.update({"dry_run": True, **apply.preview(edit)})
        return None
    if "vlan_name" in values and values.get("rbridge_id") and not values.get("delete_vlan"):
        return _first(edit, parameters, values, settings, result)
    # Only the last edit of a run has `before`, and saves: once per run.
    before = parameters.get("before") or {}
    may_save = "before" in parameters and settings.save_config
    reads = [apply.criteria(edit)]
    opened = functools.partial(session.open_session, login(settings, parameters), first=reads)
    known: List[Node] = []

    def attempt(unsure: bool) -> None:
        if not unsure:
            known.clear()
        with opened() as session:
            result.update(apply.apply(session, edit, None if may_save else opened, known))
            if may_save and (result["changed"] or not before.get("already", True)):
                # Imported here and below only: every edit would pay for what one in five needs.
                from ..switch.nos import operational

                result["unsaved"] = operational.try_save(session)
            warned(session, result)
        if before:
            from . import preflight

            result["told"] = preflight.told(before, result, parameters)

    return attempt


def _first(
    edit: Edit,
    parameters: Mapping[str, Any],
    values: Mapping[str, Any],
    settings: config.Config,
    result: Result,
) -> Attempt:
    """The first edit of a run looks at the whole segment, and of a layer-2 segment does all."""
    from . import preflight

    asked = preflight.segment(values)
    result.update(run={"segment": asked}, told=None)
    reads = [*preflight.criteria(values), apply.criteria(edit)]
    layer_2 = values.get("subnet") == "" and not values.get("addresses")
    opened = functools.partial(session.open_session, login(settings, parameters), first=reads)
    known: List[Node] = []
    before: Dict[int, Vlan] = {}

    def attempt(unsure: bool) -> None:
        if not unsure:
            known.clear()
            before.clear()
        with opened() as session:
            if not known and not before:
                found = preflight.look(session, asked, values["vlan_name"], values.get("subnet"))
                result["run"] = found
            if not layer_2:
                result.update(apply.apply(session, edit, opened, known))
                warned(session, result)
                return
            from ..switch import ve_addresses
            from ..switch.nos import operational

            result.update(ve_addresses.no_ve(session, values, values["vlan_name"], before))
            if settings.save_config and result["changed"]:
                result["unsaved"] = operational.try_save(session)
            warned(session, result)
        result["told"] = preflight.told(result["run"], result, parameters)

    return attempt


def _addresses(
    _name: str,
    parameters: Mapping[str, Any],
    values: Mapping[str, Any],
    settings: config.Config,
    result: Result,
) -> Attempt:
    from ..switch import ve_addresses

    do = ve_addresses.look if parameters.get("dry_run") else ve_addresses.apply
    opened = functools.partial(
        session.open_session, login(settings, parameters), first=ve_addresses.criteria(values)
    )
    before: Dict[int, Vlan] = {}

    def attempt(unsure: bool) -> None:
        if not unsure:
            before.clear()
        with opened() as session:
            result.update(do(session, values, settings.vlan_name, before))
            warned(session, result)

    return attempt


def warned(session: session.Session, result: Dict[str, Any]) -> None:
    """Put into a result what the switch has warned of, if it has: the edit stands."""
    if session.warnings:
        result["warnings"] = session.warnings
