"""`docker.show_ve`: one VLAN's Ve on the switches: what is configured, what is up, whose it is.

All switches are asked at the same time. Each tells the running config of the VLAN, which ports
carry it, and the state of its interfaces. Ports are those of docker.yaml, and those to which the
pack has added the VLAN. A switch that does not answer has its error in the table.
"""

import functools
from typing import (
    Any,
    Dict,
    FrozenSet,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

from ..common import parallel
from ..common.datastore import Keys
from ..common.errors import (
    ConfigError,
    DatastoreUnreadable,
    DockerTorError,
    SwitchRefused,
    SwitchUnreachable,
    known,
)
from ..common.sanitize import printable
from ..common.table import table
from ..config import limits, logins, settings
from ..config.settings import Config, SwitchConfig
from ..desired import port_records
from ..switch import driver as drivers
from ..switch.device import Device, open_device
from ..switch.model import Rbridge, Vlan

DEADLINE = 120.0
"""Seconds for all switches together: less than an action has."""
TIMEOUT = 20.0

_COLUMNS = (
    *("switch", "VLAN name", "whose", "global Ve", "rbridge"),
    *("addresses", "config", "status", "protocol"),
)


class Line(NamedTuple):
    """How the Ve stands on one rbridge, told by the switch; empty where it does not tell."""

    status: str
    protocol: str


def run(
    raw_config: Mapping[str, Any], parameters: Mapping[str, Any], keys: Keys
) -> Tuple[bool, Dict[str, Any]]:
    """Show the Ve of a VLAN on one switch of the configuration, or on all.

    `parameters` are the action's: vlan, switch (None: all). Returns a status, which is false where
    no switch could tell, and a result: `vlan`, `switches` and `table`, or the error.
    """
    try:
        vlan = limits.vlan_id(parameters["vlan"])
        config = settings.parse(raw_config)
        switches = _switches(config, parameters.get("switch"))
    except DockerTorError as error:
        return False, error.as_result()
    jobs = [functools.partial(_ask, config, switch, vlan, keys) for switch in switches]
    told = parallel.run(jobs, seconds=DEADLINE)
    answers = [_answer(switch, one) for switch, one in zip(switches, told)]
    result = {"vlan": vlan, "switches": answers, "table": _table(answers)}
    return any("error" not in answer for answer in answers), result


def _switches(config: Config, name: Optional[str]) -> List[SwitchConfig]:
    if name:
        switch = config.switch(name)
        if switch is not None:
            return [switch]
        names = ", ".join(one.name for one in config.switches) or "none"
        raise ConfigError(
            f"there is no switch {name!r}", where="switches", remedy=f"The switches are {names}."
        )
    if not config.switches:
        raise ConfigError(
            "no switch is configured", where="switches", remedy="Add one to docker.yaml."
        )
    return list(config.switches)


def _ask(config: Config, switch: SwitchConfig, vlan: int, keys: Keys) -> Iterator[Dict[str, Any]]:
    login = logins.login(config, {"host": switch.name})
    driver = drivers.of(config, switch)
    ups = [up for engine in config.engines for up in engine.uplinks if up.switch == switch.name]
    ours: FrozenSet[str] = frozenset()
    note = ""
    try:
        recorded = port_records.recorded(keys, switch.name, switch.kind, [vlan])
        ours = recorded.get(vlan, ours)
    except DatastoreUnreadable as error:
        note = error.what
    with open_device(login, driver, first=driver.filters([vlan]), timeout=TIMEOUT) as device:
        device.look_at({vlan: ours.union(*(up.ports for up in ups))})
        have = device.vlan(vlan)
        lines, silent = _lines(device, vlan, have)
    ves = [
        {
            "rbridge_id": rbridge,
            "addresses": [str(address) for address in ve.addresses],
            "others": [printable(name, 64) for name in ve.others],
            "shut": ve.shut,
            "status": lines.get(rbridge, Line("", "")).status,
            "protocol": lines.get(rbridge, Line("", "")).protocol,
        }
        for rbridge, ve in sorted(have.ves.items())
    ]
    yield {
        "interface": driver.interface(vlan),
        "vlan_name": None if have.name is None else printable(have.name, 64),
        "ours": None if have.name is None else have.name == config.vlan_name,
        "in_service": have.in_service,
        "ves": ves,
        "ports": [
            {"port": name, "added": name in ours}
            for name, port in sorted(have.ports.items())
            if port.carries(vlan)
        ],
        **({"note": silent or note} if silent or note else {}),
    }


def _lines(device: Device, vlan: int, have: Vlan) -> Tuple[Dict[Rbridge, Line], str]:
    """What the switch says is up, by rbridge; and why it does not say, where it refuses to."""
    found: Dict[Rbridge, Line] = {}
    wanted = device.driver.interface(vlan).lower().split()
    try:
        for rbridge in have.ves:
            for interface in device.driver.interfaces(device.session, rbridge).interfaces:
                if interface.name.lower().split() == wanted:
                    found[rbridge] = Line(interface.state, interface.protocol)
    except SwitchRefused as error:
        return found, error.what
    return found, ""


def _answer(switch: SwitchConfig, told: "parallel.Progress[Dict[str, Any]]") -> Dict[str, Any]:
    """What stands in the result for a switch: its answer, or why there is none."""
    named = {"switch": switch.name, "host": switch.host}
    if told.items:
        return {**named, **told.items[0]}
    late = SwitchUnreachable(
        f"no answer within {DEADLINE:.0f} s", remedy="Run it again for this switch alone."
    )
    return {**named, **known(told.error or late).at(switch.name).as_result()}


def _table(answers: List[Dict[str, Any]]) -> str:
    rows = [row for answer in answers for row in _rows(answer)]
    columns: Sequence[str] = _COLUMNS
    if any(answer.get("ports") for answer in answers):
        columns = (*columns, "ports")
    errors = [answer["error"] for answer in answers if "error" in answer]
    notes = [f"{answer['switch']}: {answer['note']}." for answer in answers if "note" in answer]
    shown = [row[: len(columns)] for row in rows]
    return "\n".join([table(columns, shown), *errors, *notes])


def _rows(answer: Dict[str, Any]) -> List[Tuple[Any, ...]]:
    name = answer["switch"]
    if "error" in answer:
        return [(name, f"({answer['kind']})", *[None] * 8)]
    ports = [one["port"] for one in answer["ports"]]
    if answer["vlan_name"] is None and answer["in_service"] is None and not answer["ves"]:
        return [(name, "(no such VLAN)", *[None] * 7, ports)]
    service = {True: "no shutdown", False: "shutdown", None: None}[answer["in_service"]]
    whose = {True: "ours", False: "not ours", None: None}[answer["ours"]]
    first = (name, answer["vlan_name"], whose, service)
    return [
        (
            *first,
            ve["rbridge_id"],
            ve["addresses"],
            "shutdown" if ve["shut"] else "no shutdown",
            ve["status"],
            ve["protocol"],
            ports,
        )
        for ve in answer["ves"]
    ] or [(*first, *[None] * 5, ports)]
