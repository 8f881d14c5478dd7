"""The ports of docker.yaml: whether they can carry a VLAN, and whether LLDP sees the hosts there.

LLDP is not authenticated, and not everybody sends it. So where it says otherwise, somebody has to
look; where it says nothing, nothing is wrong.
"""

from typing import Iterator, Mapping, NamedTuple, Sequence, Union

from ..common.errors import MalformedReply, SwitchRefused
from ..common.sanitize import counted, printable
from ..config.settings import Config, SwitchConfig
from ..reconcile import cabling
from ..reconcile.cabling import Cable, Neighbours
from ..switch import plan
from ..switch.device import Device
from ..switch.driver import Neighbour
from ..switch.trunk import printed
from .check_result import WARNING, CheckResult, failed, of, ok, warning

CHECK = "ports"


class Seen(NamedTuple):
    """Who is at the switch's ports, as LLDP has it."""

    switch: str
    neighbours: Sequence[Neighbour]


def trunks(
    config: Config, switch: SwitchConfig, device: Device, vlans: Sequence[int]
) -> Iterator[CheckResult]:
    """Whether each of the switch's ports in docker.yaml can be made to carry these VLANs, which
    Docker users may claim. Raises the errors of `Device`."""
    uplinks = [uplink for engine in config.engines for uplink in engine.uplinks]
    names = {port for one in uplinks if one.switch == switch.name for port in one.ports}
    can, where = 0, f"switch {switch.name}"
    for name, port in device.ports(names).items():
        cannot = [] if port.has_list else [vlan for vlan in vlans if not port.carries(vlan)]
        if not cannot:
            can += 1
            continue
        every = len(cannot) == len(vlans)
        which = (
            "the VLANs of Docker's networks" if every else f"VLAN {printable(printed(cannot), 80)}"
        )
        what = f"{name} {port.hindrance(cannot[0])}, so it cannot carry {which}"
        remedy = plan.port_remedy(device.driver, name, port, which)
        # Networks on the other VLANs are none the worse.
        yield (failed if every else warning)(CHECK, where, what, remedy)
    if can:
        yield ok(CHECK, where, f"{counted(can, 'port')} of docker.yaml can carry Docker's VLANs.")


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
