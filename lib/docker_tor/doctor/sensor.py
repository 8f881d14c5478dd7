"""How the sensor is, by what it keeps in the datastore. Pure; `now` is in seconds since 1970."""

import json
from typing import Iterator, Optional

from ..common.datastore import Read
from ..common.errors import DatastoreUnreadable
from ..common.sanitize import counted, label
from ..config import reload
from ..config.reload import RELOAD
from ..config.settings import Config
from ..controller import heartbeat, lease
from ..controller.heartbeat import Heartbeat, Pulse
from ..desired import holds, ledger
from ..engine.api import SILENCE
from .check_result import CheckResult, failed, ok, warning

WHERE = "sensor"
SLOW = 10.0
"""Seconds from an engine's event to its dispatch that get a warning."""
SKEW = 60.0
"""Seconds by which the clock of another host may be ahead."""

_RESTART = (
    "See st2sensorcontainer.log, then: st2ctl restart-component st2sensorcontainer; and that"
    " `st2 sensor list` has docker.NetworkEventsSensor enabled."
)


def pulse(text: Optional[str], config: Optional[Config], now: float) -> Iterator[CheckResult]:
    """The heartbeat: whether it is there, fresh, and of these engines, and how each is."""
    if not text:
        yield failed(
            "heartbeat", WHERE, "There is no heartbeat: the sensor has never followed.", _RESTART
        )
        return
    try:
        beat = heartbeat.load(text)
    except ValueError as error:
        yield failed("heartbeat", WHERE, str(error), f"st2 key delete {heartbeat.NAME}")
        return
    age = now - beat.at
    if not age <= heartbeat.STALE:
        yield failed(
            "heartbeat",
            WHERE,
            f"Its last heartbeat was {_ago(age)}: it is gone, or it hangs.",
            _RESTART,
        )
        return
    if age < -SKEW:
        yield warning(
            "heartbeat",
            WHERE,
            f"Its last heartbeat is {-age:.0f} s in the future.",
            "Set the clocks of StackStorm's hosts (chrony, ntpd).",
        )
    else:
        yield ok("heartbeat", WHERE, f"Its last heartbeat was {_ago(max(age, 0.0))}.")
    yield from _configuration(beat, config)
    yield from _engines(beat, config)


def _configuration(beat: Heartbeat, config: Optional[Config]) -> Iterator[CheckResult]:
    """Whether the sensor goes by the configuration of now."""
    if beat.trouble:
        goes_by = (
            "It goes by an older docker.yaml" if beat.engines else "It waits for a docker.yaml"
        )
        yield failed("config", WHERE, f"{goes_by}: {beat.trouble}", f"Correct it, then: {RELOAD}")
    elif config is not None and beat.config != reload.mark(config):
        yield warning(
            "config",
            WHERE,
            "It goes by an older docker.yaml.",
            f"It looks every {reload.EVERY:.0f} s whether there is another one. If this stays: "
            f"{_RESTART}",
        )


def _engines(beat: Heartbeat, config: Optional[Config]) -> Iterator[CheckResult]:
    configured = [engine.name for engine in config.engines] if config else list(beat.engines)
    for name in sorted({*configured, *beat.engines}):
        if name in configured and name in beat.engines:
            yield _engine(name, beat.engines[name], beat.at)
        else:
            does = "does not follow" if name in configured else "still follows"
            what = f"It {does} engine {name}, since it goes by an older docker.yaml."
            yield warning("engines", WHERE, what, f"{RELOAD}; then run the doctor again.")


def _engine(name: str, pulse: Pulse, at: float) -> CheckResult:
    if pulse.state != heartbeat.FOLLOWING:
        what = f"It does not follow engine {name}: the engine is {pulse.state}."
        if pulse.last_contact is not None:
            what += f" It last heard of it {_ago(max(at - pulse.last_contact, 0.0))}."
        remedy = "See what is said of that engine, and that the sensor's host and user reach it."
        tell = failed if pulse.state == heartbeat.LOST else warning
        return tell("engines", WHERE, what, remedy)
    # An engine that is followed is listed at least every SILENCE seconds.
    if pulse.last_contact is None or at - pulse.last_contact > 2 * SILENCE:
        return warning(
            "engines",
            WHERE,
            f"It follows engine {name}, and has not heard of it for long.",
            _RESTART,
        )
    if pulse.lag is not None and pulse.lag > SLOW:
        return warning(
            "engines",
            WHERE,
            f"The last news of engine {name} took {pulse.lag:.1f} s to be dispatched.",
            "Look at the load of the sensor's host, of the datastore and of the message bus.",
        )
    networks = counted(pulse.networks or 0, "network")
    lag = "" if pulse.lag is None else f", its last news dispatched within {pulse.lag:.2f} s"
    return ok("engines", WHERE, f"Engine {name} is followed: {networks}{lag}.")


def holder(text: Optional[str], now: float) -> CheckResult:
    """The lease: who dispatches."""
    try:
        held = json.loads(text or "{}")
        until = float(held["until"])
        who = f"process {int(held['pid'])} on {held['host']}"
    except (KeyError, OverflowError, RecursionError, TypeError, ValueError):
        return warning("lease", WHERE, "No sensor holds the lease, so none dispatches.", _RESTART)
    left = until - now
    if not left > 0.0:
        return warning("lease", WHERE, f"The lease of {who} ran out {_ago(-left)}.", _RESTART)
    if left > lease.LASTS + SKEW:
        return warning(
            "lease",
            WHERE,
            f"The lease of {who} has {left:.0f} s to go, which is longer than any lasts.",
            "Set the clocks of StackStorm's hosts (chrony, ntpd).",
        )
    return ok("lease", WHERE, f"The sensor that dispatches is {who}.")


def book(read: Read) -> CheckResult:
    """The ledger: whether it can be read."""
    try:
        known = ledger.load(read)
    except DatastoreUnreadable as error:
        remedy = (
            f"{error.remedy} If it is broken: st2 key delete {ledger.NAME}; the sensor then"
            " dispatches all segments anew."
        )
        return failed("ledger", WHERE, error.what, remedy)
    return ok("ledger", WHERE, f"It has dispatched {counted(len(known.segments), 'segment')}.")


def held(text: Optional[str], config: Config) -> Iterator[CheckResult]:
    """Networks that an engine no longer lists, and that are held all the same."""
    for engine, doubt in sorted(holds.load(text).items()):
        if doubt.held:
            what = holds.what(doubt, config.mass_removal_hold)
            yield warning("holds", f"engine {label(engine)}", what, holds.REMEDY)


def _ago(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s ago"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min ago"
    return f"{seconds / 3600:.0f} h ago"
