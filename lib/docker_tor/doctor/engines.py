"""One Docker Engine, asked for what following it takes: reach, TLS, version, drivers, events and
networks."""

from typing import Any, Callable, Iterator, List, Mapping, NamedTuple, Optional, Tuple, Union
from urllib.parse import urlsplit

from ..common.errors import DockerTorError, EngineRefused
from ..common.sanitize import counted
from ..config.settings import EngineConfig
from ..engine.api import SILENCE, Engine, host_name
from ..engine.networks import DRIVERS
from .check_result import FAILED, WARNING, CheckResult, of, ok, warning

MEASURED = (1, 41)
"""The Engine API that the pack's facts were measured on (Docker Engine 20.10)."""


class Listing(NamedTuple):
    """What the engine lists, for checks of others."""

    engine: EngineConfig
    networks: List[Any]


class HostName(NamedTuple):
    """What the engine's host calls itself, for checks of others."""

    engine: str
    name: str


class Subject(NamedTuple):
    """An engine that is looked at."""

    config: EngineConfig
    api: Engine
    where: str


Item = Union[CheckResult, Listing, HostName]


class Check(NamedTuple):
    """A check by its name. `state` is its result's if the engine answers with an error: a proxy in
    front of it need not let everything through."""

    name: str
    results: Callable[[Subject], Iterator[Item]]
    state: str


def check(config: EngineConfig) -> Iterator[Item]:
    """All results about an engine, up to the first one that keeps the others from being made."""
    subject = Subject(config, Engine(config), f"engine {config.name}")
    for one in _CHECKS:
        try:
            yield from one.results(subject)
        except EngineRefused as error:
            yield of(error, one.name, subject.where, one.state)
        except DockerTorError as error:
            yield of(error, one.name, subject.where)
            return


def _reach(subject: Subject) -> Iterator[Item]:
    refused: Optional[EngineRefused] = None
    version: Mapping[str, Any] = {}
    try:
        version = subject.api.version()
    except EngineRefused as error:
        refused = error
    yield ok("reach", subject.where, f"It answers at {subject.config.url}.")
    yield _tls(subject)
    if refused is not None:
        yield of(refused, "version", subject.where, WARNING)
    else:
        yield _version(subject, version)


def _tls(subject: Subject) -> CheckResult:
    tls, where = subject.config.tls, subject.where
    if urlsplit(subject.config.url).scheme == "unix":
        return ok("TLS", where, "A socket of this host needs none.")
    if tls is None:
        return warning(
            "TLS",
            where,
            "It speaks plain HTTP: whoever reaches that port has the host.",
            "Run the daemon with --tlsverify, and configure ca, cert and key.",
        )
    if not tls.cert:
        return warning(
            "TLS",
            where,
            "It asks for no client certificate: whoever reaches that port has the host.",
            "Run the daemon with --tlsverify, and configure cert and key.",
        )
    return ok("TLS", where, "Its certificate is the configured CA's, and it takes the client's.")


def _version(subject: Subject, version: Mapping[str, Any]) -> CheckResult:
    named = f"Docker Engine {version.get('Version')}, API {version.get('ApiVersion')}"
    components = version.get("Components")
    listed = components if isinstance(components, list) else []
    names = [one.get("Name") for one in listed if isinstance(one, dict)]
    if "Podman Engine" in names:
        # Measured on podman 4.3.
        return warning(
            "version",
            subject.where,
            f"It is podman {version.get('Version')}, which sends no events of networks: changes are"
            f" seen at the next listing, every {SILENCE:g} s, and all that goes at once is held.",
            "Use a Docker Engine where seconds count.",
        )
    if _number(version.get("ApiVersion")) < MEASURED:
        return warning(
            "version",
            subject.where,
            f"{named}: older than any that this pack was tried with.",
            "Update it to Docker Engine 20.10 or newer.",
        )
    return ok("version", subject.where, f"{named}.")


def _number(text: Any) -> Tuple[int, ...]:
    parts = str(text)[:20].split(".")
    return tuple(int(part) for part in parts) if all(part.isdecimal() for part in parts) else ()


def _drivers(subject: Subject) -> Iterator[Item]:
    info = subject.api.info()
    yield HostName(subject.config.name, host_name(info))
    plugins = info.get("Plugins")
    known = plugins.get("Network") if isinstance(plugins, dict) else None
    lacking = [driver for driver in DRIVERS if not isinstance(known, list) or driver not in known]
    if lacking:
        yield warning(
            "drivers",
            subject.where,
            f"It names no network driver {' and no '.join(lacking)}.",
            "Networks of that kind cannot be created there; see `docker info`.",
        )
    else:
        yield ok("drivers", subject.where, f"It has the network drivers {' and '.join(DRIVERS)}.")


def _events(subject: Subject) -> Iterator[Item]:
    with subject.api.events():
        yield ok("events", subject.where, "Its stream of events opens.")


def _networks(subject: Subject) -> Iterator[Item]:
    listing = subject.api.networks()
    yield ok(
        "networks", subject.where, f"It lists {counted(len(listing), 'network')} of all kinds."
    )
    yield Listing(subject.config, listing)


_CHECKS = (
    Check("reach", _reach, FAILED),
    Check("drivers", _drivers, WARNING),
    Check("events", _events, FAILED),
    Check("networks", _networks, FAILED),
)
