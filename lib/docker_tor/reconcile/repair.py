"""Every switch is visited: looked at, and repaired if that is asked for.

All visits happen at the same time, each in one session, so a switch that cannot be reached hides
none of the others. A visit reads the names of all VLANs, then the VLANs that are ours or that
Docker calls for. It compares, and hands what differs to one transaction. A session that breaks off
is opened again, and the transaction goes on from what there was before the first edit.
"""

import functools
from typing import Dict, Iterator, List, Optional

from ..common import parallel
from ..common.errors import (
    AuthenticationFailed,
    DockerTorError,
    SwitchUnreachable,
    TransientError,
    known,
)
from ..config import logins
from ..config.credentials import Login
from ..config.settings import SwitchConfig
from ..desired import port_records
from ..switch import driver as drivers
from ..switch import own_ports, transaction
from ..switch.device import Device, open_device
from ..switch.model import Vlan
from . import compare, dispatched
from . import context as contexts
from .context import Context
from .report import Visit

SECONDS = 480.0
"""For all switches together: less than the action has."""
TRIES = 3
PAUSE = 2.0
"""Seconds of the first pause between tries at a switch whose session breaks off."""


def visit_all(context: Context) -> List[Visit]:
    """Visit the switches of a reconcile. What goes wrong at one is its visit's `error`."""
    visiting = parallel.run(
        [functools.partial(_visit, context, switch) for switch in context.switches],
        seconds=SECONDS,
    )
    visits: List[Visit] = []
    for switch, one in zip(context.switches, visiting):
        late = SwitchUnreachable(f"not done within {SECONDS:g} s", where=switch.host)
        error = one.error or (None if one.over else late)
        last = one.items[-1] if one.items else Visit(switch.name)
        unsure = last.unsure or (not one.over and context.act)
        visits.append(last._replace(error=known(error) if error else None, unsure=unsure))
    return visits


def _visit(context: Context, switch: SwitchConfig) -> Iterator[Visit]:
    """What is known of a switch as the visit goes on; the last one yielded counts."""
    login = logins.login(context.config, {"host": switch.name})
    if context.unattended and contexts.is_denied(context, switch):
        raise _not_again(login)
    driver = drivers.of(context.config, switch)
    visit: Optional[Visit] = None
    before: Dict[int, Vlan] = {}
    unsure = False
    for tries in range(1, TRIES + 1):
        try:
            with open_device(login, driver, first=[] if visit else [driver.survey()]) as device:
                visit = visit or _look(device, context, switch)
                yield visit
                if context.act:
                    yield _repair(device, context, visit, before)
            return
        except DockerTorError as caught:
            error, unsure = caught, unsure or caught.unsure
        if context.unattended and visit is None and isinstance(error, AuthenticationFailed):
            # In the same words as the runs that follow, so that it is told once.
            raise _not_again(login)
        if tries == TRIES or not isinstance(error, TransientError):
            if visit and unsure:
                yield visit._replace(unsure=True)
            raise error
        context.sleep(PAUSE * tries)


def _look(device: Device, context: Context, switch: SwitchConfig) -> Visit:
    driver, found = device.driver, context.found
    segments = found.segments.values()
    here = [one for one in segments if one.switch == switch.name]
    recorded = port_records.recorded(context.records, switch.name, switch.kind, within=switch.ports)
    device.look_at(recorded)
    for one in here:
        device.look_at({one.vlan: one.ports})
    names = device.session.get_config(driver.survey())
    ours = {vlan for vlan, one in driver.read(names).items() if one.name == driver.vlan_name}
    have = device.read(ours.union(recorded, (one.vlan for one in here)))
    members = driver.rbridges(names).union(*(vlan.ves for vlan in have.values()))
    orphans = contexts.orphans(context, switch, members, recorded)
    findings = compare.compare(driver, switch, segments, found.believed, have, orphans)
    if context.unattended and switch.name in context.memory.replaces:
        findings = list(map(compare.without_ports, findings))
    limited = [one for one in findings if context.is_about(one.vlan, one.segment)]
    present = dispatched.present(have, driver.vlan_name)
    return Visit(switch.name, limited, present=present, driver=driver)


def _repair(device: Device, context: Context, visit: Visit, before: Dict[int, Vlan]) -> Visit:
    """Repair what was found; `before` is what there was before an earlier try of this visit."""
    planned = [
        finding.changes
        for finding in visit.findings
        if finding.changes is not None and finding.standing in compare.REPAIRED
    ]
    if not planned:
        return visit
    goals = [changes.goal for changes in planned]
    outcomes = transaction.bring(device, goals, before, context.progress, planned)
    unrecorded = port_records.keep(
        context.records, visit.switch, own_ports.records(outcomes), context.by
    )
    changed = any(outcome.changed for outcome in outcomes)
    unsaved = device.save() if context.config.save_config and changed else ""
    return visit._replace(
        outcomes=outcomes,
        unsaved=unsaved,
        unrecorded=list(map(str, unrecorded)),
        warnings=device.session.warnings,
    )


def _not_again(login: Login) -> AuthenticationFailed:
    return AuthenticationFailed(
        f"the switch has refused user {login.username!r} or the password, and is not asked again,"
        " so that no account gets locked",
        where=str(login),
        remedy="Correct docker.yaml or its key-value pair, or run docker.reconcile by hand with"
        " dry_run=false.",
    )
