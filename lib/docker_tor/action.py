"""What an action of the pack does around its edit: find the login, run, and report the outcome."""

import functools
from typing import Any, Dict, Mapping, Tuple

from . import apply, config, netconf, vdx
from .errors import ConfigError, DockerTorError

_LOGIN = ("host", "port", "username", "password")
_NOT_OF_EDITS = (*_LOGIN, "dry_run", "save")


def run_edit(
    raw_config: Mapping[str, Any], name: str, parameters: Mapping[str, Any]
) -> Tuple[bool, Dict[str, Any]]:
    """Run the edit `name` of `vdx` on the switch that `parameters` name.

    `parameters` are the action's: host, port, username and password (None where left out: then they
    come from the configuration's entry of that host), dry_run, save, and the edit's own. Returns a
    status and a result; an error is a result too: `error`, `family`, `kind`, `where`, `remedy`.
    """
    values = {key: value for key, value in parameters.items() if key not in _NOT_OF_EDITS}
    result: Dict[str, Any] = {"host": parameters["host"], "changed": False}
    try:
        settings = config.parse(raw_config)
        switch = settings.switch(parameters["host"])
        result["switch"] = switch.name if switch else parameters["host"]
        result["host"] = switch.host if switch else parameters["host"]
        if "vlan_name" in values and values["vlan_name"] is None:
            values["vlan_name"] = settings.vlan_name
        # The edit that gives a Ve its address may be asked for all that it is to have.
        if "address" in values and values.get("addresses"):
            _addresses(parameters, values, settings, result)
        else:
            _edit(name, parameters, values, settings, result)
        return True, result
    except DockerTorError as error:
        changed = None if error.unsure else False
        return False, {**result, "changed": changed, **error.at(parameters["host"]).as_result()}


def _edit(
    name: str,
    parameters: Mapping[str, Any],
    values: Mapping[str, Any],
    settings: config.Config,
    result: Dict[str, Any],
) -> None:
    edit = vdx.render(name, values)
    if parameters.get("dry_run"):
        result.update({"dry_run": True, **apply.preview(edit)})
        return
    reads = [apply.criteria(edit)]
    look, no_ve = None, None
    if "vlan_name" in values and values.get("rbridge_id"):
        # Imported here and below only: every edit would pay for what one in five needs.
        from . import preflight

        if preflight.wanted(values):
            look = preflight.look
            reads = [*preflight.criteria(values), *reads]
            if values.get("subnet") == "" and not values.get("addresses"):
                from . import ve_addresses

                no_ve = ve_addresses.no_ve
    # Only the last edit of a run is asked to save: once per run.
    may_save = ("save" in parameters or bool(no_ve)) and settings.save_config
    opened = functools.partial(netconf.session, login(settings, parameters), first=reads)
    with opened() as session:
        if look:
            result.update(look(session, values, settings.vlan_name))
        if no_ve:
            result.update(no_ve(session, values, values["vlan_name"]))
        else:
            result.update(apply.apply(session, edit, again=None if may_save else opened))
        if may_save and (parameters.get("save") or result["changed"]):
            from . import operational

            result["unsaved"] = operational.try_save(session)
        warned(session, result)


def _addresses(
    parameters: Mapping[str, Any],
    values: Mapping[str, Any],
    settings: config.Config,
    result: Dict[str, Any],
) -> None:
    from . import ve_addresses

    do = ve_addresses.look if parameters.get("dry_run") else ve_addresses.apply
    reads = ve_addresses.criteria(values)
    with netconf.session(login(settings, parameters), first=reads) as session:
        result.update(do(session, values, settings.vlan_name))
        warned(session, result)


def warned(session: netconf.Session, result: Dict[str, Any]) -> None:
    """Put into a result what the switch has warned of, if it has: the edit stands."""
    if session.warnings:
        result["warnings"] = session.warnings


def login(settings: config.Config, parameters: Mapping[str, Any]) -> netconf.Login:
    """Who logs in where: the parameters given, completed from the configuration's entry of that
    host.

    Raises ConfigError where neither says.
    """
    host = parameters.get("host") or ""
    switch = settings.switch(host)
    given = {key: parameters.get(key) for key in _LOGIN}
    if switch is None:
        missing = [key for key in ("host", "username", "password") if not given[key]]
        if missing:
            raise ConfigError(
                f"no switch {host!r} is configured, and {' and '.join(missing)} not given",
                where="switches",
                remedy="Add the switch to docker.yaml, or give host, username and password.",
            )
        port = given["port"] or config.DEFAULT_PORT
        return netconf.Login(host, port, str(given["username"]), str(given["password"]), "")
    return netconf.Login(
        switch.host,
        given["port"] or switch.port,
        given["username"] or switch.username,
        given["password"] or switch.password,
        switch.host_key,
        switch.transport,
        switch.ssh_algorithms,
    )
