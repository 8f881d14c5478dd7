"""A run is rehearsed: a VLAN is planned that is free on the switch, and nothing is sent.

On the way it shows whether the switch can be read, and whether it has the rbridges of docker.yaml.
"""

from typing import Iterator, List, Sequence

from ..common.errors import InvalidValue
from ..common.sanitize import counted
from ..config import limits
from ..config.settings import Config, SwitchConfig
from ..switch import plan, preview
from ..switch.device import Device
from ..switch.driver import Driver
from ..switch.model import Vlan
from ..switch.plan import Goal
from .check_result import CheckResult, ok, warning

EXAMPLE = limits.known_address("192.0.2.1/24")
"""The address of the rehearsal if no subnet is configured: TEST-NET-1 (RFC 5737)."""


def rehearse(config: Config, switch: SwitchConfig, device: Device) -> Iterator[CheckResult]:
    """Read as a run does, and see what a run for a VLAN that is free would send."""
    driver = device.driver
    reply = device.session.get_config(driver.survey())
    taken = driver.read(reply)
    claimed = allowed(switch, driver)
    free = [vlan for vlan in claimed if vlan not in taken]
    vlan = (free or claimed or [driver.platform.last_vlan])[0]
    have = device.vlan(vlan)
    yield ok("read", f"switch {switch.name}", "It lets its VLANs and Ves be read.")
    if driver.platform.rbridges:
        yield from _rbridges(config, switch, sorted(driver.rbridges(reply)))
    if free:
        yield from _rehearsed(config, switch, driver, vlan, have)
        return
    if not claimed:
        # That none may be claimed is told already, of docker.yaml.
        return
    yield warning(
        "rehearsal",
        f"switch {switch.name}",
        "Every VLAN that Docker users may claim is there already.",
        "Allow more in the switch's `vlans`, or see at the switch whose they are.",
    )


def allowed(switch: SwitchConfig, driver: Driver) -> Sequence[int]:
    """The VLANs that Docker users may claim, the least likely first."""
    found = driver.platform.vlans if switch.vlans is None else switch.vlans
    return sorted(found, reverse=True)


def _rehearsed(
    config: Config, switch: SwitchConfig, driver: Driver, vlan: int, have: Vlan
) -> Iterator[CheckResult]:
    places: Sequence[limits.Rbridge] = _configured_rbridges(config, switch)
    for rbridge in places if driver.platform.rbridges else (None,):
        goal = Goal(vlan, rbridge, (_example(switch),))
        would = preview.of(driver, plan.change_set(driver, have, goal))
        edits = counted(len(would.xml), "edit")
        on = "" if rbridge is None else f" on rbridge {rbridge}"
        yield ok(
            "rehearsal",
            f"switch {switch.name}",
            f"For VLAN {vlan}{on} it would be sent {edits}; none was.",
        )


def _example(switch: SwitchConfig) -> limits.VeAddress:
    """An address that Docker users may claim."""
    for subnet in switch.subnets or ():
        first = f"{subnet.network_address + 1}/{subnet.prefixlen}"
        try:
            return limits.ve_address(first)
        except InvalidValue:
            continue
    return EXAMPLE


def _rbridges(config: Config, switch: SwitchConfig, known: Sequence[int]) -> Iterator[CheckResult]:
    configured = _configured_rbridges(config, switch)
    unknown = [str(number) for number in configured if number not in known]
    if not configured:
        yield warning(
            "rbridge",
            f"switch {switch.name}",
            "No rbridge id is configured for it.",
            "Set its rbridge_id (`show vcs`).",
        )
    elif unknown:
        there = ", ".join(str(number) for number in known) or "none"
        yield warning(
            "rbridge",
            f"switch {switch.name}",
            f"Its running config has nothing of rbridge {', '.join(unknown)}; it has {there}.",
            "Compare rbridge_id, here and in the uplinks, with `show vcs`.",
        )
    else:
        named = ", ".join(str(number) for number in configured)
        yield ok("rbridge", f"switch {switch.name}", f"Its running config has rbridge {named}.")


def _configured_rbridges(config: Config, switch: SwitchConfig) -> List[int]:
    own = switch.rbridge_id
    uplinks = [
        uplink.rbridge_id or own
        for engine in config.engines
        for uplink in engine.uplinks
        if uplink.switch == switch.name
    ]
    return sorted({number for number in [own, *uplinks] if number})
