"""`docker.uplinks`: which port of which switch an engine's host is plugged into, by docker.yaml and
by LLDP, and the YAML to paste.

All engines and switches are asked at the same time: an engine for its host's name, a switch for its
LLDP neighbours. One that does not answer is told, and stops nothing.
"""

import functools
import itertools
import json
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Sequence, Tuple

from ..common import parallel
from ..common.errors import DockerTorError, TransientError, known
from ..common.sanitize import printable
from ..common.table import table
from ..config import logins, settings
from ..config.settings import Config, EngineConfig, SwitchConfig
from ..engine.api import Engine
from ..reconcile import cabling
from ..reconcile.cabling import Cable
from ..switch import driver as drivers
from ..switch.device import open_device
from ..switch.driver import Neighbour

DEADLINE = 120.0
"""Seconds for all engines and switches together: less than an action has."""
TIMEOUT = 20.0
CAVEAT = (
    "LLDP is not authenticated: whoever is at a port may take any name. Nothing is changed by it;"
    " compare with the cabling before you paste."
)

COLUMNS = ("engine", "host", "parent", "switch", "docker.yaml", "LLDP", "state")


class Told(NamedTuple):
    """What an engine or a switch has said: its host's name, or its neighbours."""

    name: str = ""
    neighbours: Sequence[Neighbour] = ()


def run(raw_config: Mapping[str, Any]) -> Tuple[bool, Dict[str, Any]]:
    """Compare docker.yaml's ports with LLDP.

    Returns a status, which is false where nobody could tell anything, and a result: `uplinks`,
    `unasked`, `yaml` and `table`, or the error.
    """
    try:
        config = settings.parse(raw_config)
    except DockerTorError as error:
        return False, error.as_result()
    engines = {one.name: functools.partial(_name, one) for one in config.engines}
    switches = {one.name: functools.partial(_neighbours, config, one) for one in config.switches}
    told = parallel.run([*engines.values(), *switches.values()], seconds=DEADLINE)
    of_engines = dict(zip(engines, told))
    of_switches = dict(zip(switches, told[len(engines) :]))
    cables = cabling.compare(
        config,
        {engine: one.items[0].name for engine, one in of_engines.items() if one.items},
        {switch: one.items[0].neighbours for switch, one in of_switches.items() if one.items},
    )
    result = {
        "uplinks": [_plain(cable) for cable in cables],
        "unasked": [*_unasked("engine", of_engines), *_unasked("switch", of_switches)],
        "yaml": [
            {"engine": engine, "block": "\n".join(_block(found))}
            for engine, found in _by_engine(cables)
            if any(cable.to_write for cable in found)
        ],
    }
    return any(one.items for one in told), {**result, "table": _table(result)}


def _name(engine: EngineConfig) -> Iterator[Told]:
    yield Told(name=Engine(engine).host_name())


def _neighbours(config: Config, switch: SwitchConfig) -> Iterator[Told]:
    login = logins.login(config, {"host": switch.name})
    driver = drivers.of(config, switch)
    with open_device(login, driver, timeout=TIMEOUT) as device:
        yield Told(neighbours=driver.neighbours(device.session))


def _unasked(kind: str, told: "Mapping[str, parallel.Progress[Told]]") -> Iterator[Dict[str, str]]:
    """Who has said nothing, and why."""
    for name, one in told.items():
        if not one.items:
            late = TransientError(f"no answer within {DEADLINE:.0f} s", remedy="Run it again.")
            yield {"where": f"{kind} {name}", "error": str(known(one.error or late))}


def _plain(cable: Cable) -> Dict[str, Any]:
    return {
        "engine": cable.engine,
        "host": cable.host,
        "parent": printable(cable.parent, 64),
        "switch": cable.switch,
        "ports": list(cable.ports),
        "lldp": list(cable.seen),
        "state": cable.state,
        "why": printable(cable.why),
    }


def _by_engine(cables: Sequence[Cable]) -> Iterator[Tuple[str, List[Cable]]]:
    for engine, found in itertools.groupby(cables, key=lambda cable: cable.engine):
        yield engine, list(found)


def _block(cables: Sequence[Cable]) -> Iterator[str]:
    """All `uplinks` of an engine as they should be, as deep as they stand in docker.yaml: the block
    replaces what is there."""
    yield "    uplinks:"
    if any(cable.new for cable in cables):
        yield "      # With uplinks, a network on a parent that is not among them is refused."
    for uplink in filter(None, (cable.uplink for cable in cables)):
        # A string of JSON is one of YAML, and nobody has to know which words need quotes.
        yield f"      - parent: {_quoted(uplink.parent)}"
        yield f"        switch: {_quoted(uplink.switch)}"
        if uplink.rbridge_id:
            yield f"        rbridge_id: {uplink.rbridge_id}"
        if uplink.vlan:
            yield f"        vlan: {uplink.vlan}"
        if uplink.ports:
            yield "        ports:"
            yield from (f"          - {_quoted(port)}" for port in uplink.ports)


def _quoted(text: str) -> str:
    return printable(json.dumps(text, ensure_ascii=False))


def _table(result: Mapping[str, Any]) -> str:
    rows = [
        (
            *(one["engine"], one["host"], one["parent"], one["switch"]),
            *(one["ports"], one["lldp"], one["state"]),
        )
        for one in result["uplinks"]
    ]
    said = "\n".join(notes(result))
    return "\n\n".join([table(COLUMNS, rows), *([said] if said else []), CAVEAT, *blocks(result)])


def blocks(result: Mapping[str, Any]) -> List[str]:
    """What to paste, an engine each."""
    return [f"# engine {one['engine']}\n{one['block']}" for one in result["yaml"]]


def notes(result: Mapping[str, Any]) -> List[str]:
    """Sentences on what the states alone do not say, and on whoever could not be asked."""
    whys = [one for one in result["uplinks"] if one["why"]]
    return [
        *(
            f"{' '.join(filter(None, (one['engine'], one['parent'])))}: {one['why']}."
            for one in whys
        ),
        *(f"{one['where']}: {one['error']}" for one in result["unasked"]),
    ]
