"""docker.yaml: what is wrong with it, what it lacks, and which keys nothing uses. Pure."""

from typing import Any, Iterator, List, Mapping, Optional, Sequence, Tuple

from ..common.errors import ConfigError, DockerTorError
from ..common.sanitize import counted
from ..config import exchange_pack, settings
from ..config.credentials import ANY_HOST_KEY
from ..config.settings import Config, EngineConfig, SwitchConfig
from ..config.uplinks import require, uplink_of
from ..engine.listing import observe
from .check_result import CheckResult, of, ok, warning

FILE = "docker.yaml"
MOST_REJECTED = 10
"""Rejected networks of one engine that have a result of their own."""


def check(raw: Mapping[str, Any]) -> Tuple[Optional[Config], List[CheckResult]]:
    """The configuration, if it can be read at all, and what there is to say of it."""
    try:
        config = settings.parse(raw)
    except ConfigError as error:
        return None, [of(error, "config", error.where or FILE)]
    try:
        require(config)
    except ConfigError as error:
        results = [of(error, "config", error.where or FILE)]
    else:
        engines = counted(len(config.engines), "engine")
        switches = counted(len(config.switches), "switch", "es")
        what = f"It has {engines}, {switches}, and the way between them."
        results = [ok("config", FILE, what)]
    return config, [*results, *_old(raw), *_switches(config)]


def _old(raw: Mapping[str, Any]) -> Iterator[CheckResult]:
    """What the Exchange's docker pack has left in docker.yaml."""
    if raw.get("url") and not exchange_pack.url(raw):
        yield warning(
            "old key",
            FILE,
            "`url` is no address of an engine that the pack can take.",
            "Write the engine under `engines`, as tcp://HOST:2376 with its tls.",
        )
    for key, why in exchange_pack.without_meaning(raw).items():
        what = f"`{key}` has no meaning any more: {why}."
        yield warning("old key", FILE, what, "Remove it.")


def _switches(config: Config) -> Iterator[CheckResult]:
    for switch in config.switches:
        where = f"switch {switch.name}"
        if not _used(config, switch):
            yield warning(
                "use",
                where,
                "No engine's uplink leads to it, so no network ever comes to it.",
                "Add an uplink to an engine, or remove the switch from docker.yaml.",
            )
        for name, limit in (("vlans", switch.vlans), ("subnets", switch.subnets)):
            if limit is None:
                yield warning(
                    "limits",
                    where,
                    f"Docker users may claim any of its {name}.",
                    f"Set `{name}` to those that are meant for Docker.",
                )
            elif not limit:
                yield warning(
                    "limits",
                    where,
                    f"Docker users may claim none of its {name}: every network is refused.",
                    f"Set `{name}` to those that are meant for Docker, if any are.",
                )
        if switch.host_key == ANY_HOST_KEY:
            yield warning(
                "host key",
                where,
                "Its SSH host key is not checked: somebody in between could read the password.",
                "Set host_key to its key; docker.doctor shows it with show_host_key=true.",
            )


def _used(config: Config, switch: SwitchConfig) -> bool:
    uplinks = [uplink.switch for engine in config.engines for uplink in engine.uplinks]
    alone = len(config.switches) == 1 and any(not engine.uplinks for engine in config.engines)
    return alone or switch.name in uplinks


def uplinks(config: Config, engine: EngineConfig, listing: Sequence[Any]) -> Iterator[CheckResult]:
    """Whether an engine's uplinks fit the networks that it lists."""
    where = f"engine {engine.name}"
    seen = observe(engine.name, listing, engine.vlans)
    used = {(network.interface, network.tagged) for network in seen.wanted}
    for uplink in engine.uplinks:
        if (uplink.parent, not uplink.vlan) not in used:
            on_it = "is" if uplink.vlan else "is a VLAN of"
            yield warning(
                "uplinks",
                where,
                f"No network's parent {on_it} the uplink {uplink.parent}.",
                "Right as long as none was created; else compare with `docker network inspect`.",
            )
    troubles = [(one.network["name"], one.error) for one in seen.rejected]
    for network in seen.wanted:
        try:
            place = uplink_of(config, engine, network.interface, network.tagged)
            place.switch.kind.vlan(network.vlan, "the VLAN of the network's parent")
        except DockerTorError as error:
            troubles.append((network.name, error))
    for name, trouble in troubles[:MOST_REJECTED]:
        what = f"Network {name} cannot have what it calls for: {trouble.what}."
        yield warning("networks", where, what, trouble.remedy)
    if len(troubles) > MOST_REJECTED:
        more = f"Nor can {len(troubles) - MOST_REJECTED} more of its networks."
        yield warning("networks", where, more, "docker.networks live=true shows each.")
