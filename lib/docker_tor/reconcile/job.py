"""What a reconcile goes by, and what it hands on to the next: its configuration, what Docker calls
for, what is remembered, and what it has been asked.
"""

from typing import Any, Callable, Dict, FrozenSet, List, Mapping, NamedTuple, Optional

from ..common import datastore
from ..common.datastore import Read, Write
from ..common.errors import AuthenticationFailed, ConfigError, InvalidValue
from ..config import denied_logins, logins, uplinks
from ..config.limits import Rbridge
from ..config.settings import REMOVE, REPORT, Config, SwitchConfig
from ..desired import holds, last_applied
from ..desired.last_applied import LastApplied
from ..desired.segments import Key, Segment
from ..switch.transaction import Progress
from . import compare, discovery, dispatched, memory, named_network
from .compare import Orphans
from .discovery import Survey
from .memory import Memory
from .report import Visit


class Job(NamedTuple):
    """A reconcile: the configuration, what Docker calls for, the sensor's ledger and reconcile's
    memory, whether to act, whether nobody looks on, the network (name, id or VLAN) that it is
    limited to, if any, with the segments of that network, and what becomes of orphans that were
    not dispatched from here."""

    config: Config
    found: Survey
    book: LastApplied
    memory: Memory
    now: float
    act: bool
    unattended: bool
    network: str
    keys: FrozenSet[Key]
    orphans: str
    sleep: Callable[[float], Any]
    progress: Progress


def take(
    config: Config,
    parameters: Mapping[str, Any],
    read: Read,
    now: float,
    *,
    act: bool,
    sleep: Callable[[float], Any],
    progress: Progress,
) -> Job:
    """The job that an action's parameters ask for; asks the engines. Raises DockerTorError."""
    orphans = parameters.get("orphans") or config.orphans
    if orphans not in (REPORT, REMOVE):
        raise InvalidValue(
            f"orphans is {orphans!r}, which is neither {REPORT} nor {REMOVE}",
            remedy="Leave it out for what docker.yaml says.",
        )
    uplinks.require(config)
    book = datastore.value(read, last_applied.NAME, last_applied.load)
    found = discovery.take(
        config,
        book,
        doubts=datastore.value(read, holds.NAME, holds.load),
        chosen=_released(config, parameters),
        released=holds.recent(datastore.value(read, holds.RELEASED, holds.released), now),
    )
    network = str(parameters.get("network") or "").strip()
    keys: FrozenSet[Key] = frozenset()
    # What a person releases is gone: no segment is for it any more.
    if network and not named_network.is_vlan(network) and not found.released:
        on = {switch.name for switch in switches(config, parameters.get("switch"))}
        keys = named_network.keys(network, found, on)
    return Job(
        config,
        found,
        book,
        datastore.value(read, memory.NAME, memory.load),
        now,
        act,
        is_unattended(parameters),
        network,
        keys,
        orphans,
        sleep,
        progress,
    )


def is_unattended(parameters: Mapping[str, Any]) -> bool:
    """Whether it is the timer's run."""
    return parameters.get("dry_run") is False and bool(parameters.get("execution_id"))


def switches(config: Config, name: Optional[str]) -> List[SwitchConfig]:
    """The switch of that name or host, or all of them. Raises ConfigError."""
    if not name:
        return list(config.switches)
    switch = config.switch(name)
    if switch is None:
        names = ", ".join(known.name for known in config.switches)
        raise ConfigError(
            f"no switch {name!r} is configured", where="switches", remedy=f"There are: {names}."
        )
    return [switch]


def _released(config: Config, parameters: Mapping[str, Any]) -> discovery.Chosen:
    """What a person releases: nothing, or what is held on the switches and of the network that the
    run is limited to."""
    if parameters.get("release_holds") is not True:
        return discovery.nothing_chosen
    names = {switch.name for switch in switches(config, parameters.get("switch"))}
    network = str(parameters.get("network") or "").strip()
    return lambda segment, one: (
        segment.switch in names
        and (network in ("", str(segment.vlan)) or named_network.is_meant(network, one))
    )


def release(job: Job, read: Read, write: Write) -> None:
    """Tell the sensor what a person has released; raises DatastoreUnreadable."""
    if job.act and job.found.released:
        before = datastore.value(read, holds.RELEASED, holds.released)
        datastore.put(write, holds.RELEASED, holds.release(before, job.found.released, job.now))


def is_about(job: Job, vlan: int, segment: Optional[Segment]) -> bool:
    """Whether a VLAN with this segment, if any, is what the job is limited to."""
    if not job.network or named_network.is_vlan(job.network):
        return job.network in ("", str(vlan))
    return segment is not None and segment.key in job.keys


def orphans(
    job: Job, switch: SwitchConfig, members: Optional[FrozenSet[Rbridge]] = None
) -> Orphans:
    """What the orphans of a switch are judged by; `members` are the rbridges of its fabric, as far
    as that is known."""
    elsewhere = uplinks.rbridges_elsewhere(job.config, switch)
    known: Optional[FrozenSet[Key]] = None
    if job.orphans == REPORT:
        known = dispatched.remembered(job.book, job.memory)
    return Orphans(
        job.memory.orphans,
        job.now,
        max(job.config.orphan_grace, job.config.removal_grace),
        job.found.unreached_of(job.config, switch),
        elsewhere if members is None else elsewhere & members,
        known,
    )


def before(job: Job) -> Memory:
    """The memory to be kept before anything is done."""
    wanted = [key for key, one in job.found.segments.items() if is_about(job, one.vlan, one)]
    return dispatched.adding(job.book, job.memory, wanted)


def after(job: Job, visits: List[Visit], told: str) -> Memory:
    """The memory of a run that looked at whole switches; `told` is what chat is told of."""
    kept = job.memory._replace(
        orphans=_orphans(job, visits), told=told, denied=_denied(job, visits)
    )
    seen = {visit.switch: visit.there for visit in visits if visit.error is None}
    return dispatched.forget(job.book, kept, job.found.segments, seen)


def is_denied(job: Job, switch: SwitchConfig) -> bool:
    """Whether the switch has denied just this login."""
    login = logins.login(job.config, {"host": switch.name})
    return denied_logins.mark(login, job.now) in job.memory.denied.get(switch.name, ())


def _denied(job: Job, visits: List[Visit]) -> Mapping[str, "tuple[str, ...]"]:
    """The marks of logins that were denied: until they are others, or are accepted after all."""
    kept = dict(job.memory.denied)
    for visit in visits:
        # With findings the login was accepted: it is the user's role that does not do.
        if isinstance(visit.error, AuthenticationFailed) and not visit.findings:
            mark = denied_logins.mark(logins.login(job.config, {"host": visit.switch}), job.now)
            kept[visit.switch] = denied_logins.with_mark(kept.get(visit.switch, ()), mark)
        elif visit.error is None:
            kept.pop(visit.switch, None)
    return kept


def _orphans(job: Job, visits: List[Visit]) -> Dict[Key, float]:
    """Since when orphans have been seen: of a switch that could not be looked at, as before."""
    looked = {visit.switch for visit in visits if visit.error is None}
    away = {switch.name for switch in job.config.switches} - looked
    kept = {key: at for key, at in job.memory.orphans.items() if key[0] in away}
    for visit in visits:
        switch = job.config.named(visit.switch)
        if visit.error is None and switch is not None:
            kept.update(compare.seen(visit.findings, orphans(job, switch)))
        for outcome in visit.outcomes:
            if outcome.goal.remove and outcome.error is None:
                # It is gone: should it come back, it waits anew.
                kept.pop((visit.switch, outcome.goal.rbridge, outcome.goal.vlan), None)
    return kept
