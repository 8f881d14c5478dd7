"""docker.yaml, checked once and turned into values.

StackStorm hands a sensor or an action the configuration as a dictionary. It has filled in the
defaults of config.schema.yaml and decrypted secrets. What a schema cannot say is checked here:
unknown keys, an uplink to a switch that is not there. So a mistake is told at once, by its field.
"""

from types import MappingProxyType
from typing import Any, Mapping, NamedTuple, Optional, Sequence, Tuple

from ..common import validators
from ..common.errors import ConfigError
from . import entries, exchange_pack, fields, limits
from .entries import EngineConfig as EngineConfig
from .entries import SwitchConfig as SwitchConfig
from .fields import Fields

REPORT, REMOVE = "report", "remove"
DEFAULT_VLAN_NAME = "Docker Network"
DEFAULT_ROUTE = "chatops"
MOST_GRACE = 7 * 24 * 3600
MOST_BATCH_ABOVE = 10_000
MOST_DEBOUNCE = 10


class Chat(NamedTuple):
    """Where in chat something is told: a channel, and the route of the announcements that the bot
    follows (chatops.post_message)."""

    channel: str
    route: str


class Config(NamedTuple):
    """The whole of docker.yaml."""

    engines: Tuple[EngineConfig, ...]
    switches: Tuple[SwitchConfig, ...]
    channel: str
    vlan_name: str
    chat_route: str = DEFAULT_ROUTE
    """The route by which the chat bot hears: chatops for Hubot, often errbot for Errbot."""
    removal_grace: int = 0
    """Seconds for which a segment stays after its last network is removed."""
    orphan_grace: int = 600
    """Seconds for which reconcile leaves a segment that no network calls for."""
    orphans: str = REPORT
    """What happens to such a segment if this installation has not dispatched it."""
    save_config: bool = False
    """Whether a run that changed a switch saves its running config to startup."""
    batch_above: int = 3
    """The most changes for one switch at once that go out one by one; more go out as a batch."""
    mass_removal_hold: int = 900
    """Seconds for which networks stay that an engine drops all at once without an event."""
    debounce: float = 0.25
    """Seconds for which a change waits for those that follow it."""
    url: str = ""
    """The url of the engine that the key `url` names, as in the Exchange's docker pack."""
    build_options: Mapping[str, bool] = MappingProxyType({})
    """What docker.build_image takes of that pack's `build_options`."""

    def chat(self, switch: str = "") -> Chat:
        """Where to tell what is about the switch of that name, or about none."""
        found = self.named(switch)
        return Chat((found.channel if found else "") or self.channel, self.chat_route)

    def named(self, name: str) -> Optional[SwitchConfig]:
        """The switch of that name."""
        return next((switch for switch in self.switches if switch.name == name), None)

    def switch(self, name_or_host: str) -> Optional[SwitchConfig]:
        """The switch of that name or, failing that, at that host, as a person types it: spaces
        around it do not matter, nor does the case where only one name is meant.

        Raises ConfigError for a host that several entries have: only a name tells them apart.
        """
        name_or_host = name_or_host.strip()
        host = name_or_host.casefold()
        by_host = [switch for switch in self.switches if switch.host.casefold() == host]
        found = validators.meant(name_or_host, {switch.name: switch for switch in self.switches})
        if found is None and len(by_host) > 1:
            names = ", ".join(switch.name for switch in by_host)
            raise ConfigError(
                f"host {name_or_host!r} is that of several switches",
                where="switches",
                remedy=f"Name the one that is meant: {names}.",
            )
        return found or next(iter(by_host), None)


def parse(raw: Optional[Mapping[str, Any]]) -> Config:
    """Check the configuration `raw`; raises ConfigError with the field, its value and the remedy.

    An empty configuration is valid: an action with host, user name and password needs none. A
    sensor needs one, and calls `uplinks.require` as well.
    """
    raw, defaults = raw or {}, Config._field_defaults
    given = Fields(exchange_pack.without_old_keys(raw), "", Config._fields)
    switches = tuple(
        entries.switch(one) for one in given.mappings("switches", SwitchConfig._fields)
    )
    _check_names(switches)
    engines = tuple(
        entries.engine(one, switches) for one in given.mappings("engines", EngineConfig._fields)
    )
    fields.unique([engine.name for engine in engines], "engines", "name")
    old = _old_engine(raw, engines)
    name = given.get("vlan_name") or DEFAULT_VLAN_NAME
    return Config(
        engines=engines + old,
        switches=switches,
        channel=given.name("channel", "docker"),
        chat_route=given.name("chat_route", DEFAULT_ROUTE),
        vlan_name=fields.checked(limits.vlan_name, name, "vlan_name"),
        removal_grace=given.number("removal_grace", defaults["removal_grace"], most=MOST_GRACE),
        orphan_grace=given.number("orphan_grace", defaults["orphan_grace"], most=MOST_GRACE),
        orphans=given.either("orphans", REPORT, REMOVE),
        save_config=given.flag("save_config", defaults["save_config"]),
        batch_above=given.number("batch_above", defaults["batch_above"], most=MOST_BATCH_ABOVE),
        mass_removal_hold=given.number(
            "mass_removal_hold", defaults["mass_removal_hold"], most=MOST_GRACE
        ),
        debounce=given.seconds("debounce", defaults["debounce"], most=MOST_DEBOUNCE),
        url=old[0].url if old else "",
        build_options=exchange_pack.build_options(raw),
    )


def _old_engine(
    raw: Mapping[str, Any], engines: Sequence[EngineConfig]
) -> Tuple[EngineConfig, ...]:
    """The engine of the old pack's `url`, unless it is among `engines` too."""
    url = exchange_pack.url(raw)
    if not url or url in [engine.url for engine in engines]:
        return ()
    engine = entries.engine(Fields({"url": url}, "url", EngineConfig._fields), ())
    taken = engine.name in [engine.name for engine in engines]
    return (engine._replace(name=url) if taken else engine,)


def _check_names(switches: Sequence[SwitchConfig]) -> None:
    """Raises ConfigError for names that do not tell switches apart: all after the trigger goes by
    them."""
    fields.unique([switch.name for switch in switches], "switches", "name")
    for switch in switches:
        others = [other for other in switches if other is not switch and other.host == switch.name]
        if others:
            raise ConfigError(
                f"one of them is named {switch.name!r}, which is the host of {others[0].name}",
                where="switches",
                remedy="Give it a `name` that is no other entry's host.",
            )
