"""One switch, asked for what a run takes: reach, host key, login, capabilities, sessions, reads."""

from typing import Callable, Iterator, NamedTuple, Optional, Union

from ..common.errors import (
    ConfigError,
    DockerTorError,
    HostKeyRejected,
    SwitchRefused,
    SwitchUnreachable,
)
from ..common.sanitize import counted
from ..config import logins
from ..config.credentials import ANY_HOST_KEY, Login
from ..config.settings import Config, SwitchConfig
from ..netconf import hostkey
from ..switch import driver as drivers
from ..switch.device import Device, open_device
from . import ports, rehearsal
from .check_result import FAILED, WARNING, CheckResult, failed, of, ok, warning

TIMEOUT = 15.0
"""Seconds for a connection, and for each reply."""

_NETCONF = "urn:ietf:params:netconf:"


class HostKey(NamedTuple):
    """The key that a switch shows, to be pinned once somebody has compared it at its console."""

    switch: str
    host: str
    port: int
    key: str
    fingerprint: str


class Subject(NamedTuple):
    """A switch that is looked at."""

    switch: SwitchConfig
    config: Config
    login: Login
    timeout: float

    @property
    def where(self) -> str:
        """Its name in results."""
        return f"switch {self.switch.name}"


Item = Union[CheckResult, HostKey, ports.Seen]


class Check(NamedTuple):
    """A check by its name. `state` is its result's if the switch refuses what it asks."""

    name: str
    results: Callable[[Subject, Device], Iterator[Item]]
    state: str


def check(
    switch: SwitchConfig,
    config: Config,
    *,
    show_host_key: bool = False,
    timeout: float = TIMEOUT,
) -> Iterator[Item]:
    """All results about a switch, up to the first one that keeps the others from being made.

    Nobody logs in to a switch whose host key is not the configured one. `timeout` is in seconds,
    for each connection and each reply.
    """
    login = logins.login(config, {"host": switch.name})
    subject = Subject(switch, config, login, timeout)
    try:
        shown = _shown_key(subject)
    except DockerTorError as error:
        yield of(error, "reach", subject.where)
        return
    yield ok("reach", subject.where, f"An SSH server answers at {login}.")
    if show_host_key:
        yield HostKey(switch.name, login.host, login.port, shown, hostkey.fingerprint(shown))
    result = _host_key(subject, shown)
    if result is not None:
        yield result
    if result is None or result.state != FAILED:
        yield from _logged_in(subject)


def _pinned(subject: Subject) -> str:
    return "" if subject.login.host_key == ANY_HOST_KEY else subject.login.host_key


def _shown_key(subject: Subject) -> str:
    """The key of the pinned type; of another type if nothing is pinned, or it has none of that."""
    host, port, timeout = subject.login.host, subject.login.port, subject.timeout
    pinned = _pinned(subject)
    if pinned:
        try:
            return hostkey.fetch(host, port, timeout=timeout, kind=pinned.split()[0])
        except HostKeyRejected:
            # Then it shows another one, which is told.
            pass
    return hostkey.fetch(host, port, timeout=timeout)


def _host_key(subject: Subject, shown: str) -> Optional[CheckResult]:
    """Whether it is the configured one; None if the login decides, by known_hosts."""
    pinned = _pinned(subject)
    if not pinned:
        # That none is checked is said of the configuration.
        return None
    if pinned == shown:
        what = f"It is the configured one, {hostkey.fingerprint(shown)}."
        return ok("host key", subject.where, what)
    return failed(
        "host key",
        subject.where,
        f"It is {hostkey.fingerprint(shown)} ({shown.split()[0]}), and configured is"
        f" {hostkey.fingerprint(pinned)} ({pinned.split()[0]}). Nobody logged in.",
        "If the switch was replaced, compare at its console and set host_key anew; if not, somebody"
        " is in between.",
    )


def _logged_in(subject: Subject) -> Iterator[Item]:
    at = "login"
    try:
        driver = drivers.of(subject.config, subject.switch)
        with open_device(subject.login, driver, timeout=subject.timeout) as device:
            if not subject.login.host_key:
                yield ok("host key", subject.where, "It is the one in known_hosts.")
            user = subject.login.username
            by = device.session.by
            yield ok("login", subject.where, f"User {user} has a NETCONF session, by {by}.")
            for one in _CHECKS:
                at = one.name
                try:
                    yield from one.results(subject, device)
                except SwitchRefused as error:
                    yield of(error, at, subject.where, one.state)
    except HostKeyRejected as error:
        yield of(error, "host key", subject.where)
    except ConfigError as error:
        # It is logged in then, and its hello lacks what its platform needs.
        yield of(error, "capabilities", subject.where)
    except SwitchUnreachable as error:
        yield failed(
            at,
            subject.where,
            error.what,
            "SSH answers, so this is NETCONF: see that it is enabled for that user, and that not"
            " all of its sessions (16 on a VDX) are taken.",
        )
    except DockerTorError as error:
        yield of(error, at, subject.where)


def _capabilities(subject: Subject, device: Device) -> Iterator[CheckResult]:
    offered = device.session.capabilities
    edited = "candidate" if device.session.candidate else "writable-running"
    newer = device.driver.base_1_1 and f"{_NETCONF}base:1.1" in offered
    base = "base:1.1" if newer else "base:1.0"
    needed = {base: f"{_NETCONF}{base}", edited: f"{_NETCONF}capability:{edited}:1.0"}
    lacking = [name for name, uri in needed.items() if uri not in offered]
    if lacking:
        yield failed(
            "capabilities",
            subject.where,
            f"Its hello does not offer {' and '.join(lacking)}, which the edits take.",
            "Check that it is the switch's own NETCONF server that answers there.",
        )
    else:
        yield ok("capabilities", subject.where, f"It offers {' and '.join(needed)}.")


def _sessions(subject: Subject, device: Device) -> Iterator[CheckResult]:
    try:
        with open_device(subject.login, device.driver, timeout=subject.timeout):
            yield ok(
                "sessions",
                subject.where,
                "A second session at the same time can be had; how many more it does not tell.",
            )
    except DockerTorError as error:
        yield warning(
            "sessions",
            subject.where,
            f"This session was the last that it has free: {error.what}",
            "End sessions that idle there: a VDX has 16, and takes them back after 30 minutes.",
        )


def _rehearsal(subject: Subject, device: Device) -> Iterator[Item]:
    return rehearsal.rehearse(subject.config, subject.switch, device)


def _operational(subject: Subject, device: Device) -> Iterator[CheckResult]:
    found = device.driver.interfaces(device.session)
    count = counted(len(found.interfaces), "IP interface")
    yield ok("operational", subject.where, f"It tells what is up: {count}.")


def _ports(subject: Subject, device: Device) -> Iterator[Item]:
    vlans = rehearsal.allowed(subject.switch, device.driver)
    vlans = vlans or [device.driver.platform.last_vlan]
    return ports.trunks(subject.config, subject.switch, device, vlans)


def _lldp(subject: Subject, device: Device) -> Iterator[Item]:
    return ports.neighbours(subject.config, subject.switch, device)


_CHECKS = (
    Check("capabilities", _capabilities, FAILED),
    Check("sessions", _sessions, FAILED),
    Check("read", _rehearsal, FAILED),
    Check("operational", _operational, WARNING),
    Check("ports", _ports, FAILED),
    Check("LLDP", _lldp, WARNING),
)
