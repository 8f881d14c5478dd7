"""What `docker.reconcile` and `docker.plan` do: ask the engines and the switches, compare, act.

Each switch is looked at and put right in one session, all switches at the same time; one that
cannot be reached hides none of the others.
"""

import functools
import time
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Tuple

from ..common import datastore, parallel
from ..common.datastore import Read, Write
from ..common.errors import (
    AuthenticationFailed,
    DatastoreUnreadable,
    DockerTorError,
    InvalidValue,
    SwitchUnreachable,
    TransientError,
    known,
)
from ..config import logins, settings
from ..config.credentials import Login
from ..config.settings import SwitchConfig
from ..notify import messages
from ..switch import driver as drivers
from ..switch import transaction
from ..switch.device import Device, open_device
from ..switch.model import Vlan
from ..switch.transaction import Progress
from . import compare, dispatched, memory
from . import job as reconcile_job
from . import report as report
from .job import Job
from .memory import Memory
from .report import Visit

SECONDS = 480.0
"""For all switches together: less than the action has."""
TRIES = 3
PAUSE = 2.0
"""Seconds between tries at a switch whose session breaks off."""

Result = Tuple[bool, Dict[str, Any]]


def run(
    raw_config: Mapping[str, Any],
    parameters: Mapping[str, Any],
    read: Read,
    write: Write,
    *,
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], Any] = time.sleep,
    progress: Progress = lambda _line: None,
) -> Result:
    """Bring the switches in line with Docker, or with `dry_run` only show what that would do.

    `parameters`: `switch` and `network` limit it; `only_differences` leaves out of the result what
    is in sync; `orphans` (report or remove) says what becomes of those that were not dispatched
    from here; `release_holds` lets go what is held (`holds`); `since` and `execution_id` are for
    the message. Returns a status and a result: false where a switch could not be looked at or
    refused something.
    """
    started = parameters.get("since") or clock()
    dry_run = parameters.get("dry_run") is not False
    try:
        config = settings.parse(raw_config)
        if reconcile_job.is_unattended(parameters) and not (config.engines and config.switches):
            missing = "switch" if config.engines else "Docker Engine"
            return True, report.nothing(f"no {missing} is configured.", config.channel)
        on = reconcile_job.switches(config, parameters.get("switch"))
        job = reconcile_job.take(
            config, parameters, read, clock(), act=not dry_run, sleep=sleep, progress=progress
        )
        reconcile_job.release(job, read, write)
        unkept = None
        if not dry_run:
            begun = reconcile_job.before(job)
            unkept = _keep(read, write, job, begun) if begun != job.memory else None
            job = job._replace(memory=begun)
        visits = _visit_all(job, on)
        _check_vlan(job, visits)
        seconds = clock() - started
        switches = ", ".join(visit.switch for visit in visits)
        run_ = messages.Run(switches, seconds, str(parameters.get("execution_id") or ""))
        # What is wrong elsewhere is known only to a run that looks everywhere.
        whole = not job.network and len(visits) == len(config.switches)
        told, remembered = report.tell(
            visits, run_, job.memory.told if whole else "", bool(job.found.unreached)
        )
        if not dry_run and not job.network:
            told_of = remembered if whole else job.memory.told
            unkept = _keep(read, write, job, reconcile_job.after(job, visits, told_of))
    except DockerTorError as error:
        return False, {"dry_run": dry_run, "changed": False, **error.as_result()}
    failed = unkept is not None or any(visit.failed for visit in visits)
    return not failed, {
        "dry_run": dry_run,
        "changed": _changed(visits),
        "seconds": round(seconds, 3),
        **report.as_result(visits, job.found, parameters.get("only_differences") is True),
        "holds_released": {name: len(ids) for name, ids in job.found.released.items()},
        **(unkept.as_result() if unkept else {}),
        "channel": config.channel,
        "message": told.text if told and not dry_run else "",
        "extra": told.extra if told and not dry_run else {},
    }


def _keep(read: Read, write: Write, job: Job, kept: Memory) -> Optional[DockerTorError]:
    """Remember; what has been done stands whether that is possible or not. What another run has
    added since the job began is not lost."""
    try:
        latest = datastore.value(read, memory.NAME, memory.load)
        others = latest.added - job.memory.added
        datastore.put(write, memory.NAME, memory.dump(kept._replace(added=kept.added | others)))
    except DatastoreUnreadable as error:
        return error
    return None


def _changed(visits: List[Visit]) -> Optional[bool]:
    """Whether a switch is other than it was; None where that is not known."""
    if any(outcome.changed for visit in visits for outcome in visit.outcomes):
        return True
    return None if any(visit.unsure for visit in visits) else False


def plan(raw_config: Mapping[str, Any], parameters: Mapping[str, Any], read: Read) -> Result:
    """What a reconcile would do for one network, one switch, or all (`network`, `switch`): as a
    table, as a diff of the running config, as the exact XML and as CLI lines. Sends no edit."""
    try:
        job = reconcile_job.take(
            settings.parse(raw_config),
            parameters,
            read,
            time.time(),
            act=False,
            sleep=time.sleep,
            progress=lambda _line: None,
        )
        visits = _visit_all(job, reconcile_job.switches(job.config, parameters.get("switch")))
        _check_vlan(job, visits)
        kinds = {one.name: drivers.of(job.config, one) for one in job.config.switches}
        previews = report.previews(visits, kinds)
    except DockerTorError as error:
        return False, error.as_result()
    return not any(visit.failed for visit in visits), {
        **report.as_result(visits, job.found, only_differences=False),
        "plan": previews,
        "diff": "\n\n".join(
            "\n".join([f"{one['switch']}: VLAN {one['vlan']}, {one['standing']}", *one["diff"]])
            for one in previews
        ),
    }


def _visit_all(job: Job, switches: List[SwitchConfig]) -> List[Visit]:
    told = parallel.run(
        [functools.partial(_visit, job, switch) for switch in switches], seconds=SECONDS
    )
    visits: List[Visit] = []
    for switch, one in zip(switches, told):
        late = SwitchUnreachable(f"not done within {SECONDS:g} s", where=switch.host)
        error = one.error or (None if one.over else late)
        last = one.items[-1] if one.items else Visit(switch.name)
        unsure = last.unsure or (not one.over and job.act)
        visits.append(last._replace(error=known(error) if error else None, unsure=unsure))
    return visits


def _visit(job: Job, switch: SwitchConfig) -> Iterator[Visit]:
    """Look at a switch, and act if that is asked for; the last one told counts.

    A try that comes after one that broke off goes on with what that one had begun.
    """
    login = logins.login(job.config, {"host": switch.name})
    if job.unattended and reconcile_job.is_denied(job, switch):
        raise _not_again(login)
    driver = drivers.of(job.config, switch)
    visit: Optional[Visit] = None
    before: Dict[int, Vlan] = {}
    for tries in range(1, TRIES + 1):
        try:
            with open_device(login, driver, first=[] if visit else [driver.survey()]) as device:
                visit = visit or _look(device, job, switch)
                yield visit
                if job.act:
                    yield _act(device, job, visit, before)
            return
        except DockerTorError as caught:
            error = caught
        if job.unattended and visit is None and isinstance(error, AuthenticationFailed):
            # In the same words as the runs that follow, so that it is told once.
            raise _not_again(login)
        if tries == TRIES or not isinstance(error, TransientError):
            if visit and before:
                yield visit._replace(unsure=True)
            raise error
        job.sleep(PAUSE * tries)


def _act(device: Device, job: Job, visit: Visit, before: Dict[int, Vlan]) -> Visit:
    todo = [
        finding.goal
        for finding in visit.findings
        if finding.goal is not None and finding.standing in compare.ACTED_ON
    ]
    if not todo:
        return visit
    outcomes = transaction.bring(device, todo, before, job.progress)
    changed = any(outcome.changed for outcome in outcomes)
    unsaved = device.save() if job.config.save_config and changed else ""
    return visit._replace(outcomes=outcomes, unsaved=unsaved, warnings=device.session.warnings)


def _look(device: Device, job: Job, switch: SwitchConfig) -> Visit:
    driver = device.driver
    segments = job.found.segments.values()
    own = {one.vlan for one in segments if one.switch == switch.name}
    reply = device.session.get_config(driver.survey())
    ours = {vlan for vlan, one in driver.read(reply).items() if one.name == driver.vlan_name}
    have = device.read(ours | own)
    members = driver.rbridges(reply).union(*(vlan.ves for vlan in have.values()))
    judged = reconcile_job.orphans(job, switch, members)
    found = compare.compare(driver, switch, segments, job.found.believed, have, judged)
    about = [one for one in found if reconcile_job.is_about(job, one.vlan, one.segment)]
    return Visit(switch.name, about, there=dispatched.there(have, driver.vlan_name))


def _check_vlan(job: Job, visits: List[Visit]) -> None:
    """Raises InvalidValue for a VLAN that nobody has."""
    found = job.found.released or any(visit.findings or visit.error for visit in visits)
    if job.network and not found:
        raise InvalidValue(
            f"no segment is on VLAN {job.network}",
            remedy="`docker.networks` lists those that there are.",
        )


def _not_again(login: Login) -> AuthenticationFailed:
    return AuthenticationFailed(
        f"the switch has refused user {login.username!r} or the password, and is not asked again,"
        " so that no account gets locked",
        where=str(login),
        remedy="Correct docker.yaml or its key-value pair, or run docker.reconcile by hand with"
        " dry_run=false.",
    )
