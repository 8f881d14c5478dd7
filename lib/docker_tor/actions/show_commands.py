"""The actions that ask one switch, as its show commands do: log in, ask, tabulate."""

from typing import Any, Callable, Dict, List, Mapping, Tuple

from ..common.errors import DockerTorError
from ..common.table import table
from ..config import limits, logins, settings
from ..netconf.session import Session
from ..switch import driver as drivers
from ..switch.device import open_device
from ..switch.nos import named_edits, operational

Answer = Dict[str, Any]


def run(
    raw_config: Mapping[str, Any], ask: str, parameters: Mapping[str, Any]
) -> Tuple[bool, Answer]:
    """Ask the switch that `parameters` name for what `ask`, one of QUESTIONS, says.

    `parameters` are the action's: host, port, username, password as for `action.login`, and the
    question's own. Returns a status and a result with the values and a `table`; an error is a
    result too: `error`, `family`, `kind`, `where`, `remedy`.
    """
    host = parameters["host"]
    try:
        config = settings.parse(raw_config)
        login = logins.login(config, parameters)
        switch = config.switch(host)
        named_edits.check_platform(switch.platform if switch else "")
        driver = drivers.of(config, switch)
        with open_device(login, driver) as device:
            return True, {"host": host, **QUESTIONS[ask](device.session, parameters)}
    except DockerTorError as error:
        return False, {"host": host, **error.at(host).as_result()}


def _ip_interfaces(session: Session, parameters: Mapping[str, Any]) -> Answer:
    rbridge = parameters.get("rbridge_id")
    wanted = None if rbridge is None else limits.rbridge_id(rbridge)
    found = operational.ip_interfaces(session, wanted)
    columns = ("interface", "IP address", "VRF", "status", "protocol")
    rows = [(one.name, one.addresses, one.vrf, one.state, one.protocol) for one in found.interfaces]
    return {
        "interfaces": [_plain(one) for one in found.interfaces],
        "complete": found.complete,
        "table": _told(table(columns, rows), found.complete),
    }


def _vlans(session: Session, _parameters: Mapping[str, Any]) -> Answer:
    found = operational.vlan_brief(session)
    columns = ("VLAN", "name", "type", "state", "ports")
    rows = [(one.vlan_id, one.name, one.type, one.state, one.ports) for one in found]
    return {"vlans": [_plain(one) for one in found], "table": table(columns, rows)}


def _save(session: Session, parameters: Mapping[str, Any]) -> Answer:
    operational.save(session)
    return {
        "saved": True,
        "table": table(("switch", "startup config"), [(parameters["host"], "saved")]),
    }


def _plain(one: Any) -> Dict[str, Any]:
    """A value as JSON has it."""
    return {key: list(v) if isinstance(v, tuple) else v for key, v in one._asdict().items()}


def _told(shown: str, complete: bool) -> str:
    lines: List[str] = [shown]
    if not complete:
        lines.append("The switch has more than it tells in one reply.")
    return "\n".join(lines)


QUESTIONS: Mapping[str, Callable[[Session, Mapping[str, Any]], Answer]] = {
    "get_ip_interface": _ip_interfaces,
    "get_vlan_brief": _vlans,
    "save_config": _save,
}
"""What can be asked, by the action's name without its `vdx.`."""
