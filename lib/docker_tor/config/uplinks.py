"""Which switch and ports an engine's interfaces lead to, and whether docker.yaml says so."""

from typing import Dict, FrozenSet, NamedTuple, Set, Tuple

from ..common.errors import ConfigError
from ..common.sanitize import printable
from . import fields, limits
from .settings import Config, EngineConfig, SwitchConfig


class Place(NamedTuple):
    """Where an interface is plugged in. `ports` are those that have to carry its VLANs; none where
    docker.yaml names none, since others care for them then."""

    switch: SwitchConfig
    rbridge: limits.Rbridge
    ports: Tuple[str, ...] = ()


def require(config: Config) -> Config:
    """`config`, if it has what a sensor needs: an engine, a switch, and the way between.

    Raises ConfigError.
    """
    require_engines(config)
    if not config.switches:
        raise ConfigError("no switch is configured", where="switches", remedy=fields.SEE)
    for engine in config.engines:
        if engine.url == config.url:
            # It may be there for its containers alone.
            continue
        if not engine.uplinks and len(config.switches) > 1:
            raise ConfigError(
                f"engine {engine.name} has no uplink, and there are several switches",
                where="engines",
                remedy="Say under `uplinks` which parent interface leads to which switch.",
            )
        for uplink in engine.uplinks:
            uplink_of(config, engine, uplink.parent, not uplink.vlan)
        if not engine.uplinks:
            uplink_of(config, engine, "")
    return config


def require_engines(config: Config) -> Config:
    """`config`, if it names an engine. Raises ConfigError."""
    if not config.engines:
        raise ConfigError("no Docker Engine is configured", where="engines", remedy=fields.SEE)
    return config


def uplink_of(config: Config, engine: EngineConfig, parent: str, tagged: bool = True) -> Place:
    """Where the engine's interface `parent` is plugged in; `parent` is without its tag.

    A parent that is not `tagged` needs an uplink that names its VLAN. Raises ConfigError if the
    configuration does not say.
    """
    named = {bool(one.vlan): one for one in engine.uplinks if one.parent == parent}
    uplink = named.get(not tagged)
    parent = printable(parent, 64)
    if uplink is None and not tagged:
        raise ConfigError(
            f"engine {engine.name} has a network on {parent}, and no uplink that names its VLAN",
            where="engines",
            remedy=f"Add `parent: {parent}` with its vlan and switch to the engine's uplinks.",
        )
    if uplink is None and named:
        raise ConfigError(
            f"engine {engine.name} has a network on a VLAN of {parent}, which carries VLAN"
            f" {named[True].vlan} itself, so that its frames may have two tags",
            where="engines",
            remedy=f"If {parent} is a port and no VLAN, add a second uplink `parent: {parent}` with"
            " its switch and without a vlan.",
        )
    # Uplinks that name a VLAN say nothing of other parents.
    if uplink is None and any(not one.vlan for one in engine.uplinks):
        raise ConfigError(
            f"engine {engine.name} has a network on {parent}, and no uplink of that name",
            where="engines",
            remedy=f"Add `parent: {parent}` with its switch to the engine's uplinks.",
        )
    only = config.switches[0] if len(config.switches) == 1 else None
    switch = config.named(uplink.switch) if uplink else only
    if switch is None:
        raise ConfigError("no switch is configured for it", where=engine.name, remedy=fields.SEE)
    ports = uplink.ports if uplink else ()
    if not switch.kind.rbridges:
        return Place(switch, None, ports)
    rbridge = (uplink.rbridge_id if uplink else 0) or switch.rbridge_id or 0
    if not rbridge:
        raise ConfigError(
            f"neither switch {switch.name} nor the uplink has an rbridge_id",
            where="switches",
            remedy="Give the switch its rbridge_id (`show vcs`).",
        )
    return Place(switch, rbridge, ports)


def rbridges_elsewhere(config: Config, switch: SwitchConfig) -> FrozenSet[int]:
    """The rbridge ids that lead to other switches of the configuration and not to this one."""
    led_to: Dict[str, Set[int]] = {other.name: {other.rbridge_id or 0} for other in config.switches}
    for engine in config.engines:
        for uplink in engine.uplinks:
            led_to[uplink.switch].add(uplink.rbridge_id)
    own = led_to.pop(switch.name)
    return frozenset(number for found in led_to.values() for number in found - own if number)
