"""Who uses a VLAN that a person wants to delete: what was last applied, and what engines say now.

The sensor may be silent, so what it has applied does not name a network that is new. If an engine
cannot be asked, the VLAN is not deleted: nobody knows whether the engine uses it.
"""

from dataclasses import replace

from ..common import datastore
from ..common.datastore import Read
from ..common.errors import EngineUnreachable
from ..config import uplinks
from ..config.settings import Config, SwitchConfig
from ..desired import holds, ledger
from ..desired.last_applied import LastApplied
from ..reconcile import discovery


def applied_now(config: Config, switch: SwitchConfig, read: Read) -> LastApplied:
    """What was last applied, with what the engines call for now.

    Raises EngineUnreachable, which names the engines that may have networks on the switch and
    cannot be asked; ConfigError where docker.yaml does not say where their networks are; and
    DatastoreUnreadable.
    """
    if config.engines:
        uplinks.require(config)
    kept = ledger.load(read)
    doubts = datastore.value(read, holds.NAME, holds.load)
    found = discovery.discover(config, kept, doubts=doubts)
    unreached = found.unreached_of(config, switch)
    if unreached:
        reasons = "; ".join(f"{name}: {found.unreached[name]}" for name in unreached)
        raise EngineUnreachable(
            f"whether a Docker network uses the VLAN is not known: {reasons}",
            where=switch.name,
            remedy="Try again once it answers. One that is gone for good leaves docker.yaml first.",
        )
    segments = {**kept.segments, **found.segments}
    return replace(kept, segments=segments, pending=kept.pending - found.segments.keys())
