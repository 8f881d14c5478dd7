"""What a reconcile goes by, and what it leaves for the next one to know.

`gather` reads docker.yaml's limits, the datastore, and asks all engines, before any switch is
asked. `before` and `after` give the memory to keep: first the segments that may be added, so that a
run that dies has not added a stranger; in the end orphans, denied logins, and what is gone.
"""

from typing import Any, Callable, Dict, FrozenSet, List, Mapping, NamedTuple, Optional

from ..common import datastore
from ..common.datastore import Keys, Read, Write
from ..common.errors import AuthenticationFailed, ConfigError, InvalidValue, VlansRemoved
from ..common.sanitize import label
from ..config import denied_logins, logins, uplinks
from ..config.limits import Rbridge
from ..config.settings import REMOVE, REPORT, Config, SwitchConfig
from ..desired import holds, ledger
from ..desired.last_applied import LastApplied
from ..desired.port_records import NO_PORTS, Ports
from ..desired.segments import Key, Segment
from ..engine.networks import Network
from ..switch.transaction import Progress
from . import compare, discovery, dispatched, memory, named_network
from .compare import Orphans
from .discovery import Discovery
from .memory import Memory
from .report import Visit

Parameters = Mapping[str, Any]
"""Those of `docker.reconcile` or `docker.plan`; None where left out."""


class Context(NamedTuple):
    """What one reconcile goes by.

    `now` is in seconds since 1970. `act` tells whether it repairs, `unattended` whether it is the
    timer's. It is limited to `switches`, and to a `network` (name, id or VLAN), if that is not
    empty; `keys` are the segments of a named network. `orphans` is what becomes of orphans that
    were not dispatched from here: REPORT or REMOVE. `records` say on which ports the pack has
    allowed a VLAN, and `by` is who does so now. `sleep` takes seconds.
    """

    config: Config
    found: Discovery
    applied: LastApplied
    memory: Memory
    now: float
    act: bool
    unattended: bool
    switches: List[SwitchConfig]
    network: str
    keys: FrozenSet[Key]
    orphans: str
    records: Keys
    by: str
    sleep: Callable[[float], Any]
    progress: Progress

    @property
    def everywhere(self) -> bool:
        """Whether it looks at all networks on all switches."""
        return not self.network and len(self.switches) == len(self.config.switches)

    def is_about(self, vlan: int, segment: Optional[Segment]) -> bool:
        """Whether a VLAN with this segment, if any, is what it is limited to."""
        if not self.network or named_network.is_vlan(self.network):
            return self.network in ("", str(vlan))
        return segment is not None and segment.key in self.keys


def gather(
    config: Config,
    parameters: Parameters,
    read: Read,
    records: Keys,
    now: float,
    *,
    act: bool,
    sleep: Callable[[float], Any],
    progress: Progress = lambda _line: None,
) -> Context:
    """Ask the engines and read the datastore. `now` is in seconds since 1970.

    Raises ConfigError for a switch that is not configured, InvalidValue for a network that is none,
    and DatastoreUnreadable. An engine that cannot be asked is no error.
    """
    limited = switches(config, parameters.get("switch"))
    network = str(parameters.get("network") or "").strip()
    orphans = parameters.get("orphans") or config.orphans
    if orphans not in (REPORT, REMOVE):
        raise InvalidValue(
            f"orphans is {orphans!r}, which is neither {REPORT} nor {REMOVE}",
            remedy="Leave it out for what docker.yaml says.",
        )
    uplinks.require(config)
    applied = ledger.load(read)
    names = {switch.name for switch in limited}

    def chosen(segment: Segment, one: Network) -> bool:
        by_name = network in ("", str(segment.vlan)) or named_network.is_meant(network, one)
        return segment.switch in names and by_name

    found = discovery.discover(
        config,
        applied,
        doubts=datastore.value(read, holds.NAME, holds.load),
        chosen=chosen if parameters.get("release_holds") is True else None,
        released=holds.recent(datastore.value(read, holds.RELEASED, holds.released), now),
    )
    keys: FrozenSet[Key] = frozenset()
    # What a person releases is gone: no segment is for it any more.
    if network and not named_network.is_vlan(network) and not found.released:
        keys = named_network.keys(network, found, names)
    return Context(
        config,
        found,
        applied,
        datastore.value(read, memory.NAME, memory.load),
        now,
        act,
        is_unattended(parameters),
        limited,
        network,
        keys,
        orphans,
        records,
        _by(parameters),
        sleep,
        progress,
    )


def _by(parameters: Parameters) -> str:
    execution = parameters.get("execution_id")
    who = label(parameters.get("asked_by") or "somebody")
    return f"reconcile, {f'execution {execution}' if execution else f'asked for by {who}'}"


def is_unattended(parameters: Parameters) -> bool:
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


def release(context: Context, read: Read, write: Write) -> None:
    """Tell the sensor what a person has released. Raises DatastoreUnreadable."""
    if context.act and context.found.released:
        kept = datastore.value(read, holds.RELEASED, holds.released)
        released = holds.release(kept, context.found.released, context.now)
        datastore.put(write, holds.RELEASED, released)


def orphans(
    context: Context,
    switch: SwitchConfig,
    members: Optional[FrozenSet[Rbridge]] = None,
    recorded: Ports = NO_PORTS,
) -> Orphans:
    """What the orphans of a switch are judged by; `members` are the rbridges of its fabric, as far
    as that is known, and `recorded` the ports to which the pack has added a VLAN."""
    config = context.config
    elsewhere = uplinks.rbridges_elsewhere(config, switch)
    ours: Optional[FrozenSet[Key]] = None
    if context.orphans == REPORT:
        ours = dispatched.remembered(context.applied, context.memory)
    return Orphans(
        context.memory.orphans,
        context.now,
        max(config.orphan_grace, config.removal_grace),
        context.found.unreached_of(config, switch),
        elsewhere if members is None else elsewhere & members,
        ours,
        recorded,
    )


def before(context: Context) -> Memory:
    """The memory to keep before anything is repaired."""
    segments = context.found.segments
    wanted = [key for key, one in segments.items() if context.is_about(one.vlan, one)]
    return dispatched.with_added(context.applied, context.memory, wanted)


def after(context: Context, visits: List[Visit], told: str) -> Memory:
    """The memory to keep after visits that looked at whole switches; `told` stands for what chat
    has been told to be wrong."""
    kept = context.memory._replace(
        orphans=_orphans(context, visits),
        told=told,
        denied=_denied(context, visits),
        replaces=_replaces(context, visits),
    )
    present = {visit.switch: visit.present for visit in visits if visit.error is None}
    return dispatched.without_gone(context.applied, kept, context.found.segments, present)


def is_denied(context: Context, switch: SwitchConfig) -> bool:
    """Whether the switch has denied just this login."""
    login = logins.login(context.config, {"host": switch.name})
    denied = context.memory.denied.get(switch.name, ())
    return denied_logins.mark(login, context.now) in denied


def _denied(context: Context, visits: List[Visit]) -> Mapping[str, "tuple[str, ...]"]:
    """The marks of logins that were denied: until they are others, or are accepted after all."""
    kept = dict(context.memory.denied)
    for visit in visits:
        # With findings the login was accepted: it is the user's role that does not do.
        if isinstance(visit.error, AuthenticationFailed) and not visit.findings:
            login = logins.login(context.config, {"host": visit.switch})
            mark = denied_logins.mark(login, context.now)
            kept[visit.switch] = denied_logins.with_mark(kept.get(visit.switch, ()), mark)
        elif visit.error is None:
            kept.pop(visit.switch, None)
    return kept


def _replaces(context: Context, visits: List[Visit]) -> FrozenSet[str]:
    """The switches where an edit of ports has removed VLANs of others, until one does not."""
    found = set(context.memory.replaces)
    for visit in visits:
        if any(isinstance(outcome.error, VlansRemoved) for outcome in visit.outcomes):
            found.add(visit.switch)
        elif any(outcome.added_to or outcome.removed_from for outcome in visit.outcomes):
            found.discard(visit.switch)
    return frozenset(found)


def _orphans(context: Context, visits: List[Visit]) -> Dict[Key, float]:
    """Since when orphans have been seen: of a switch that could not be looked at, as before."""
    looked = {visit.switch for visit in visits if visit.error is None}
    away = {switch.name for switch in context.config.switches} - looked
    kept = {key: at for key, at in context.memory.orphans.items() if key[0] in away}
    for visit in visits:
        switch = context.config.named(visit.switch)
        if visit.error is None and switch is not None:
            kept.update(compare.seen(visit.findings, orphans(context, switch)))
        for outcome in visit.outcomes:
            goal = outcome.goal
            if (goal.remove or goal.ports_only) and outcome.error is None:
                # It is deleted: should it come back, it waits anew.
                kept.pop((visit.switch, goal.rbridge, goal.vlan), None)
    return kept
