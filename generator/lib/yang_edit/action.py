"""What the one entry point of a generated pack does: parameters and configuration to a result."""

import contextlib
from typing import Any, Dict, Iterator, Mapping, Tuple

from docker_tor.common.errors import (
    AuthenticationFailed,
    ConfigError,
    DockerTorError,
    HostKeyRejected,
    SwitchRefused,
    known,
)
from docker_tor.config.credentials import AUTO, PARAMIKO, Login
from docker_tor.netconf import session

DEFAULT_PORT = 830
EDITS = ("leaf", "leaf-list", "list", "presence")


def run(
    config: Mapping[str, Any], spec: Any, parameters: Mapping[str, Any]
) -> Tuple[bool, Dict[str, Any]]:
    """Do what `spec`, the action's immutable parameter, says, with its other parameters.

    Returns a status and a result. An edit's has `changed` (None where that is not known), `before`
    and `after`; a read's or RPC's `data` and `xml`; a `dry_run`'s the `xml` that would be sent; an
    error's `error`, `family`, `kind`, `where` and `remedy`.
    """
    if isinstance(spec, str):
        # What Jinja would take for an expression of its own is in JSON, where it is escaped.
        import json

        spec = json.loads(spec)
    host = parameters.get("host") or ""
    result: Dict[str, Any] = {"host": host}
    if spec["kind"] in EDITS:
        result["changed"] = False
    try:
        _run(config, spec, parameters, result)
        return True, result
    except Exception as error:  # noqa: BLE001  # an unforeseen one is told in the same form
        told = known(error).at(host)
        if "changed" in result and told.unsure:
            result["changed"] = None
        return False, {**result, **_in_our_words(told).as_result()}


def _run(
    config: Mapping[str, Any],
    spec: Mapping[str, Any],
    parameters: Mapping[str, Any],
    result: Dict[str, Any],
) -> None:
    if spec["kind"] in EDITS:
        from . import datastore, edits, payloads

        edit = edits.build(spec, parameters)
        if parameters.get("dry_run"):
            result.update(dry_run=True, xml=payloads.payload(edits.hidden(edit)))
            return
        with _session(config, parameters, payloads.subtree_filter(edit)) as session:
            result.update(datastore.apply(session, edit))
        return
    from . import calls

    if spec["kind"] == "rpc":
        operation = calls.rpc(spec, parameters)
        if parameters.get("dry_run"):
            result.update(dry_run=True, xml=calls.rpc(spec, parameters, hide=True))
            return
        with _session(config, parameters) as session, _as_rpc():
            result.update(calls.answer(session.call(operation)))
        return
    filtered = calls.criteria(spec, parameters.get("path"))
    with _session(config, parameters) as session:
        result.update(calls.read(session, spec["kind"], filtered))


@contextlib.contextmanager
def _as_rpc() -> Iterator[None]:
    try:
        yield
    except SwitchRefused as error:
        error.remedy = "Check that the device has this RPC and that the user may call it."
        raise


def _session(
    config: Mapping[str, Any], parameters: Mapping[str, Any], *first: str
) -> "contextlib.AbstractContextManager[session.Session]":
    return session.open_session(login(config, parameters), first=first)


def login(config: Mapping[str, Any], parameters: Mapping[str, Any]) -> Login:
    """Who logs in where: the parameters given, completed from the device's entry in the
    configuration, which `host` names or has as its address. Raises ConfigError."""
    host = str(parameters.get("host") or "")
    entries = [one for one in config.get("devices") or () if host and _is(one, host)]
    named = [one for one in entries if one.get("name") == host]
    if len(named or entries) > 1:
        names = ", ".join(sorted(str(one.get("name")) for one in entries))
        raise ConfigError(f"{host!r} is several devices", remedy=f"Say which: {names}.")
    entry: Mapping[str, Any] = next(iter(named or entries), {})
    found = {
        name: parameters.get(name) or entry.get(name) for name in ("port", "username", "password")
    }
    missing = [name for name in ("username", "password") if not found[name]]
    if not host or missing:
        raise ConfigError(
            f"no device {host!r} is configured, and {' and '.join(missing or ['host'])} not given"
            if not entry
            else f"{' and '.join(missing)} not given, and not in the device's entry",
            where="devices",
            remedy="Add it to the pack's configuration, or give host, username and password.",
        )
    transport = entry.get("transport") or AUTO
    if transport not in (AUTO, PARAMIKO):
        raise ConfigError(
            f"{transport!r} is neither {AUTO} nor {PARAMIKO}", where=f"devices {host}.transport"
        )
    return Login(
        str(entry.get("host") or host),
        int(found["port"] or DEFAULT_PORT),
        str(found["username"]),
        str(found["password"]),
        str(entry.get("host_key") or ""),
        transport,
    )


def _is(entry: Mapping[str, Any], host: str) -> bool:
    return host in (entry.get("name"), entry.get("host"))


def _in_our_words(error: DockerTorError) -> DockerTorError:
    """The remedies of errors that speak of the configuration, for this pack's."""
    if isinstance(error, AuthenticationFailed):
        error.remedy = (
            "Correct username and password in the pack's configuration, or the user's role."
        )
    elif isinstance(error, HostKeyRejected):
        error.remedy = (
            "Compare the key at the device's console, then set it as the device's host_key."
        )
    return error
