"""The ports of docker.yaml: whether they can carry a VLAN, and whether LLDP sees the hosts there.

LLDP is not authenticated, and not everybody sends it. So where it says otherwise, somebody has to
look; where it says nothing, nothing is wrong.
"""

from typing import Iterator, Mapping, NamedTuple, Sequence, Union

from ..common.errors import MalformedReply, SegmentConflict, SwitchRefused
from ..common.sanitize import counted
from ..config.settings import Config, SwitchConfig
from ..reconcile import cabling
from ..reconcile.cabling import Cable, Neighbours
from ..switch import plan
from ..switch.device import Device
from ..switch.driver import Neighbour
from ..switch.model import ABSENT
from ..switch.plan import Goal
from .check_result import WARNING, CheckResult, of, ok, warning

CHECK = "ports"


class Seen(NamedTuple):
    """Who is at the switch's ports, as LLDP has it."""

    switch: str
    neighbours: Sequence[Neighbour]


def trunks(
    config: Config, switch: SwitchConfig, device: Device, vlan: int
) -> Iterator[CheckResult]:
    """Whether each of the switch's ports in docker.yaml can be made to carry that VLAN. Raises the
    errors of `Device`."""
    uplinks = [uplink for engine in config.engines for uplink in engine.uplinks]
    names = {port for one in uplinks if one.switch == switch.name for port in one.ports}
    can, where = 0, f"switch {switch.name}"
    for name, port in device.ports(names).items():
        try:
            have = ABSENT._replace(ports={name: port})
            plan.target(device.driver, have, Goal(vlan, None, (), ports=(name,)))
            can += 1
        except SegmentConflict as error:
            yield of(error, CHECK, where)
    if can:
        yield ok(CHECK, where, f"{counted(can, 'port')} of docker.yaml can carry VLAN {vlan}.")


def neighbours(
    config: Config, switch: SwitchConfig, device: Device
) -> Iterator[Union[CheckResult, Seen]]:
    """Who is at its ports, if docker.yaml names any of any switch. That a switch does not tell is
    no fault."""
    if not any(uplink.ports for engine in config.engines for uplink in engine.uplinks):
        return
    where = f"switch {switch.name}"
    try:
        yield Seen(switch.name, device.driver.neighbours(device.session))
    except SwitchRefused as error:
        yield ok("LLDP", where, f"It does not tell its LLDP neighbours: {error.what}.")
    except MalformedReply as error:
        yield of(error, "LLDP", where, WARNING)


def check(
    config: Config, names: Mapping[str, str], neighbours: Neighbours
) -> Iterator[CheckResult]:
    """A result for each uplink that has ports; `names` and `neighbours` as `cabling.compare` takes
    them."""
    for cable in cabling.compare(config, names, neighbours):
        if cable.ports and cable.state != cabling.NOT_ASKED:
            yield _result(cable)


def _result(cable: Cable) -> CheckResult:
    where = f"engine {cable.engine}"
    has = f"docker.yaml has {cable.parent} at {cabling.some(cable.ports)} of {cable.switch}"
    if cable.state == cabling.AGREES:
        return ok(CHECK, where, f"{has}; so has LLDP.")
    if cable.state == cabling.ANOTHER_HOST:
        seen = f" LLDP sees {cable.parent} at {cabling.some(cable.seen)}." if cable.seen else ""
        return warning(
            CHECK,
            where,
            f"{has}, where LLDP sees another host: {cable.why}.",
            f"Right if that is the hypervisor of {cable.host}; else look at the cabling.{seen}",
        )
    if cable.state == cabling.DIFFERS:
        write = f"If that is so, write {_ports(cable)}; `tor uplinks` shows the whole block."
        look = "Look at the cabling; `tor uplinks` shows what LLDP says of all hosts."
        what = f"{has}, and LLDP has it otherwise: {cable.why}."
        return warning(CHECK, where, what, write if cable.to_write else look)
    return ok(CHECK, where, f"{has}. Whether that is so LLDP does not tell: {cable.why}.")


def _ports(cable: Cable) -> str:
    named = ", ".join(f'"{port}"' for port in (cable.uplink.ports if cable.uplink else ()))
    return f"`ports: [{named}]`"
