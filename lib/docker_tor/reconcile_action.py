"""What `docker.reconcile` and `docker.plan` do: ask the engines and the switches, compare, act.

Each switch is looked at and put right in one session, all switches at the same time; one that
cannot be reached hides none of the others.
"""

import functools
import hashlib
import time
from typing import Any, Callable, Dict, Iterator, List, Mapping, NamedTuple, Optional, Tuple

from . import (
    action,
    config,
    ledger,
    memory,
    message,
    netconf,
    operational,
    reconcile,
    state,
    store,
    survey,
    together,
    transaction,
)
from . import reconcile_report as report
from .config import Config, SwitchConfig
from .errors import (
    AuthenticationFailed,
    ConfigError,
    DatastoreUnreadable,
    DockerTorError,
    InvalidValue,
    SwitchUnreachable,
    TransientError,
    known,
)
from .intent import Key
from .memory import Memory
from .netconf import Session
from .reconcile import Finding, Orphans
from .reconcile_report import Visit
from .store import Read, Write
from .survey import Survey
from .transaction import Broken, Progress

SECONDS = 480.0
"""For all switches together: less than the action has."""
TRIES = 3
PAUSE = 2.0
"""Seconds between tries at a switch whose session breaks off."""

Result = Tuple[bool, Dict[str, Any]]


class Job(NamedTuple):
    """A reconcile: the configuration, what Docker calls for, what is remembered, whether to act,
    whether nobody looks on, and the network (name, id or VLAN) that it is limited to, if any."""

    settings: Config
    found: Survey
    memory: Memory
    now: float
    act: bool
    unattended: bool
    network: str
    sleep: Callable[[float], Any]
    progress: Progress


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
    is in sync; `since` and `execution_id` are for the message. Returns a status and a result: false
    where a switch could not be looked at or refused something.
    """
    started = parameters.get("since") or clock()
    dry_run = parameters.get("dry_run") is not False
    try:
        job = _job(raw_config, parameters, read, clock(), not dry_run)
        job = job._replace(sleep=sleep, progress=progress)
        visits = _visit_all(job, _switches(job.settings, parameters.get("switch")))
        _check_network(job, visits)
        seconds = clock() - started
        switches = ", ".join(visit.switch for visit in visits)
        run_ = message.Run(switches, seconds, str(parameters.get("execution_id") or ""))
        # What is wrong elsewhere is known only to a run that looks everywhere.
        whole = not job.network and len(visits) == len(job.settings.switches)
        told, remembered = report.tell(visits, run_, job.memory.told if whole else "")
        unkept = None
        if not dry_run and not job.network:
            orphans = _remember(job, visits)
            told_of = remembered if whole else job.memory.told
            unkept = _keep(write, memory.dump(Memory(orphans, told_of, _denied(job, visits))))
    except DockerTorError as error:
        return False, {"dry_run": dry_run, "changed": False, **error.as_result()}
    failed = unkept is not None or any(visit.failed for visit in visits)
    return not failed, {
        "dry_run": dry_run,
        "changed": _changed(visits),
        "seconds": round(seconds, 3),
        **report.as_result(visits, job.found, parameters.get("only_differences") is True),
        **(unkept.as_result() if unkept else {}),
        "channel": job.settings.channel,
        "message": told.text if told and not dry_run else "",
        "extra": told.extra if told and not dry_run else {},
    }


def _keep(write: Write, text: str) -> Optional[DockerTorError]:
    """Remember; what has been done stands whether that is possible or not."""
    try:
        store.put(write, memory.NAME, text)
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
        job = _job(raw_config, parameters, read, time.time(), act=False)
        visits = _visit_all(job, _switches(job.settings, parameters.get("switch")))
        _check_network(job, visits)
        previews = report.previews(visits, job.settings.vlan_name)
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


def _job(
    raw_config: Mapping[str, Any], parameters: Mapping[str, Any], read: Read, now: float, act: bool
) -> Job:
    settings = config.require(config.parse(raw_config))
    book = store.value(read, ledger.NAME, ledger.load)
    return Job(
        settings,
        survey.take(settings, book),
        store.value(read, memory.NAME, memory.load),
        now,
        act,
        act and bool(parameters.get("execution_id")),
        str(parameters.get("network") or ""),
        time.sleep,
        lambda _line: None,
    )


def _switches(settings: Config, name: Optional[str]) -> List[SwitchConfig]:
    if not name:
        return list(settings.switches)
    switch = settings.switch(name)
    if switch is None:
        names = ", ".join(known.name for known in settings.switches)
        raise ConfigError(
            f"no switch {name!r} is configured", where="switches", remedy=f"There are: {names}."
        )
    return [switch]


def _visit_all(job: Job, switches: List[SwitchConfig]) -> List[Visit]:
    told = together.run(
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
    login = action.login(job.settings, {"host": switch.name})
    if job.unattended and job.memory.denied.get(switch.name) == _mark(login):
        raise _not_again(login)
    visit: Optional[Visit] = None
    before: Dict[int, state.Vlan] = {}
    for tries in range(1, TRIES + 1):
        try:
            with netconf.session(login, first=[] if visit else [state.names()]) as session:
                visit = visit or Visit(switch.name, _findings(session, job, switch))
                yield visit
                if job.act:
                    yield _act(session, job, visit, before)
            return
        except Broken as broken:
            error, before = broken.error, broken.before
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


def _act(session: Session, job: Job, visit: Visit, before: Mapping[int, state.Vlan]) -> Visit:
    todo = [
        finding.goal
        for finding in visit.findings
        if finding.goal is not None and finding.standing in reconcile.ACTED_ON
    ]
    if not todo:
        return visit
    name = job.settings.vlan_name
    outcomes = transaction.bring(session, todo, name, before=before, progress=job.progress)
    changed = any(outcome.changed for outcome in outcomes)
    unsaved = operational.try_save(session) if job.settings.save_config and changed else ""
    return visit._replace(outcomes=outcomes, unsaved=unsaved)


def _findings(session: Session, job: Job, switch: SwitchConfig) -> List[Finding]:
    name = job.settings.vlan_name
    segments = job.found.segments.values()
    own = {one.vlan for one in segments if one.switch == switch.name}
    names = state.read(session.get_config(state.names()))
    ours = {vlan for vlan, have in names.items() if have.name == name}
    have = transaction.read(session, ours | own)
    found = reconcile.compare(
        switch, segments, job.found.believed, have, name, _orphans(job, switch)
    )
    return [finding for finding in found if _about(finding, job.network)]


def _orphans(job: Job, switch: SwitchConfig) -> Orphans:
    grace = max(job.settings.orphan_grace, job.settings.removal_grace)
    unreached = job.found.unreached_of(job.settings, switch)
    elsewhere = config.rbridges_elsewhere(job.settings, switch)
    return Orphans(job.memory.orphans, job.now, grace, unreached, elsewhere)


def _about(finding: Finding, network: str) -> bool:
    """Whether a finding is about the network of that name, id (or its beginning) or VLAN."""
    if not network or network == str(finding.vlan):
        return True
    networks = finding.segment.networks if finding.segment else ()
    return any(_is(network, one.name, one.id) for one in networks)


def _is(network: str, name: str, identity: str) -> bool:
    return name == network or (len(network) >= 12 and identity.startswith(network))


def _check_network(job: Job, visits: List[Visit]) -> None:
    """Raises what a network is refused for, or InvalidValue for one that no segment is for."""
    if not job.network or any(visit.findings or visit.error for visit in visits):
        return
    for refusal in job.found.refused:
        if _is(job.network, refusal.network["name"], refusal.network["id"]):
            raise refusal.error
    raise InvalidValue(
        f"no segment is for a network {job.network!r}",
        remedy="`docker.networks` lists those that there are.",
    )


def _not_again(login: netconf.Login) -> AuthenticationFailed:
    return AuthenticationFailed(
        f"the switch has refused user {login.username!r} or the password, and is not asked again,"
        " so that no account gets locked",
        where=str(login),
        remedy="Correct docker.yaml or its key-value pair, or run docker.reconcile by hand with"
        " dry_run=false.",
    )


def _denied(job: Job, visits: List[Visit]) -> Dict[str, str]:
    """The marks of logins that were refused: until they are others, or are accepted after all."""
    kept = dict(job.memory.denied)
    for visit in visits:
        # With findings the login was accepted: it is the user's role that does not do.
        if isinstance(visit.error, AuthenticationFailed) and not visit.findings:
            kept[visit.switch] = _mark(action.login(job.settings, {"host": visit.switch}))
        elif visit.error is None:
            kept.pop(visit.switch, None)
    return kept


def _mark(login: netconf.Login) -> str:
    """What tells one login from another, in so few bits that it says nothing of the password."""
    return hashlib.blake2b(repr(tuple(login)).encode(), digest_size=2).hexdigest()


def _remember(job: Job, visits: List[Visit]) -> Dict[Key, float]:
    """Since when orphans have been seen: of a switch that could not be looked at, as before."""
    looked = {visit.switch for visit in visits if visit.error is None}
    away = {switch.name for switch in job.settings.switches} - looked
    kept = {key: at for key, at in job.memory.orphans.items() if key[0] in away}
    for visit in visits:
        switch = job.settings.named(visit.switch)
        if visit.error is None and switch is not None:
            kept.update(reconcile.seen(visit.findings, _orphans(job, switch)))
        for outcome in visit.outcomes:
            if outcome.goal.remove and outcome.error is None:
                # It is gone: should it come back, it waits anew.
                kept.pop((visit.switch, outcome.goal.rbridge, outcome.goal.vlan), None)
    return kept
