"""`docker.uplinks`: which port of which switch an engine's host is plugged into, by docker.yaml and
by LLDP, and the YAML to paste.

All engines and switches are asked at the same time: an engine for its host's name, a switch for its
LLDP neighbours. One that does not answer is told, and stops nothing.
"""

import functools
from typing import Any, Dict, Iterator, Mapping, NamedTuple, Sequence, Tuple

from ..common import parallel
from ..common.errors import DockerTorError, TransientError, known
from ..config import logins, settings
from ..config.settings import Config, EngineConfig, SwitchConfig
from ..engine.api import Engine
from ..reconcile import cabling
from ..switch import driver as drivers
from ..switch.device import open_device
from ..switch.driver import Neighbour
from . import uplinks_report

DEADLINE = 120.0
"""Seconds for all engines and switches together: less than an action has."""
TIMEOUT = 20.0


class Told(NamedTuple):
    """What an engine or a switch has said: its host's name, or its neighbours."""

    name: str = ""
    neighbours: Sequence[Neighbour] = ()


def run(raw_config: Mapping[str, Any]) -> Tuple[bool, Dict[str, Any]]:
    """Compare docker.yaml's ports with LLDP.

    Returns a status, which is false where nobody could tell anything, and a result: that of
    `uplinks_report.of`, or the error.
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
    unasked = [*_unasked("engine", of_engines), *_unasked("switch", of_switches)]
    return any(one.items for one in told), uplinks_report.of(cables, unasked)


def _name(engine: EngineConfig) -> Iterator[Told]:
    yield Told(name=Engine(engine).host_name())


def _neighbours(config: Config, switch: SwitchConfig) -> Iterator[Told]:
    login = logins.login(config, {"host": switch.name})
    driver = drivers.of(config, switch)
    with open_device(login, driver, timeout=TIMEOUT) as device:
        yield Told(neighbours=device.driver.neighbours(device.session))


def _unasked(kind: str, told: "Mapping[str, parallel.Progress[Told]]") -> Iterator[Dict[str, str]]:
    """Who has said nothing, and why."""
    for name, one in told.items():
        if not one.items:
            late = TransientError(f"no answer within {DEADLINE:.0f} s", remedy="Run it again.")
            yield {"where": f"{kind} {name}", "error": str(known(one.error or late))}
