"""The pack's sensor, following one engine, and a record of when it dispatches what.

`Inside` runs it in this process, on threads, with a datastore in memory: dispatching costs nothing
then. `apart.Apart` runs it as StackStorm would.
"""

from __future__ import annotations

import collections
import logging
import threading
import time
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Protocol,
    Tuple,
    TypeVar,
)

from docker_tor.desired import last_applied
from st2common.models.api.trace import TraceContext
from st2tests.mocks.sensor import MockSensorService, MockSensorWrapper

from sensors.network_events_sensor import NetworkEventsSensor

TRIGGER = "docker.NetworkEvent"
TIMEOUT = 60.0
NOTHING_PENDING = '"pending":[]}'
"""How a ledger ends that is done."""
WARM_UP = 3900
"""A VLAN for a first network, which is not counted."""

Self = TypeVar("Self", bound="Watched")


class Dispatched(NamedTuple):
    """A `docker.NetworkEvent`: when (nanoseconds since 1970), and what of it matters here."""

    at: int
    action: str
    vlan: int
    networks: Tuple[str, ...]


class Networks(Protocol):
    """An engine that a network can be made on."""

    def create(self, vlan: int) -> str:
        """A network on that VLAN; its id."""

    def remove(self, network: str) -> None:
        """Remove it."""


def tally(found: Iterable[Dispatched], action: str) -> Mapping[int, int]:
    """How often that action was dispatched, by VLAN."""
    return collections.Counter(one.vlan for one in found if one.action == action)


class Watched:
    """What a sensor has dispatched; `Inside` and `Apart` fill it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._dispatched: List[Dispatched] = []
        self._settled = 0

    def __enter__(self: Self) -> Self:
        raise NotImplementedError

    def __exit__(self, *_error: object) -> None:
        raise NotImplementedError

    def dispatched(self) -> List[Dispatched]:
        """Everything since the last `forget`, in order."""
        with self._changed:
            return list(self._dispatched)

    def forget(self) -> None:
        """Begin to record anew."""
        with self._changed:
            self._dispatched = []

    def wait(self, done: Callable[[List[Dispatched]], bool]) -> List[Dispatched]:
        """Everything, once `done` says that it is all. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: done(self._dispatched), TIMEOUT):
                raise TimeoutError(f"only {len(self._dispatched)} dispatched in {TIMEOUT:.0f} s")
            return list(self._dispatched)

    def until(self, action: str, vlans: Iterable[int]) -> List[Dispatched]:
        """Everything, once that action was dispatched for each VLAN. Raises TimeoutError."""
        expected = set(vlans)

        def done(found: List[Dispatched]) -> bool:
            return len(found) >= len(expected) and expected <= set(tally(found, action))

        return self.wait(done)

    def warm_up(self, engine: Networks) -> None:
        """See one network come and go: then the sensor follows, holds its lease and has settled."""
        network = engine.create(WARM_UP)
        self.until("create", [WARM_UP])
        engine.remove(network)
        self.until("destroy", [WARM_UP])
        self.forget()

    def wait_settled(self, after: int) -> int:
        """When (nanoseconds since 1970) the ledger was written with nothing pending any more, which
        ends a round of changes; the first time after `after`. Raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: self._settled > after, TIMEOUT):
                raise TimeoutError(f"not settled in {TIMEOUT:.0f} s")
            return self._settled

    def _take(self, trigger: str, payload: Optional[Dict[str, Any]]) -> None:
        now = time.time_ns()
        if payload is None:
            return
        changes = payload.get("segments", [payload] if trigger == TRIGGER else [])
        with self._changed:
            for change in changes:
                networks = tuple(network["id"] for network in change["networks"])
                found = Dispatched(now, change["action"], change["vlan"], networks)
                self._dispatched.append(found)
            self._changed.notify_all()

    def _take_value(self, name: str, value: str) -> None:
        now = time.time_ns()
        # Not parsed: with a thousand networks that would cost as much as it measures.
        if name == last_applied.NAME and value.endswith(NOTHING_PENDING):
            with self._changed:
                self._settled = now
                self._changed.notify_all()


def configuration(engine_url: str) -> Dict[str, Any]:
    """docker.yaml for one engine and a switch that nobody asks anything."""
    return {
        "engines": [{"name": "bench", "url": engine_url}],
        # What is measured is from an event to its dispatch.
        "debounce": 0,
        "switches": [
            {
                "name": "vdx",
                "host": "192.0.2.1",
                "username": "admin",
                "password": "not used",
                "rbridge_id": 21,
                "host_key": "ignore",
            }
        ],
    }


class Inside(Watched):
    """The sensor on a thread of this process."""

    def __init__(self, engine_url: str) -> None:
        super().__init__()
        service = _Service(self._take, self._take_value)
        settings = configuration(engine_url)
        self._sensor = NetworkEventsSensor(service, settings, load=lambda: settings)
        self._thread = threading.Thread(target=self._sensor.run)

    def __enter__(self) -> Inside:
        self._sensor.setup()
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._sensor.cleanup()
        self._thread.join()


class _Service(MockSensorService):
    """A sensor service that keeps nothing but the datastore, and says nothing."""

    def __init__(
        self,
        take: Callable[[str, Optional[Dict[str, Any]]], None],
        take_value: Callable[[str, str], None],
    ) -> None:
        super().__init__(MockSensorWrapper("docker", "NetworkEventsSensor"))
        self._take = take
        self._take_value = take_value
        self._quiet = logging.getLogger("lab.bench.sensor")
        self._quiet.propagate = False
        self._quiet.setLevel(logging.CRITICAL)

    def get_logger(self, name: str) -> logging.Logger:  # noqa: ARG002  # one for all names
        return self._quiet

    def dispatch_with_context(
        self,
        trigger: str,
        payload: Optional[Dict[str, Any]] = None,
        trace_context: Optional[TraceContext] = None,  # noqa: ARG002  # nobody looks at it here
    ) -> Dict[str, Any]:
        self._take(trigger, payload)
        return {}

    def set_value(self, name: str, value: Any, *args: Any, **options: Any) -> bool:
        done = super().set_value(name, value, *args, **options)
        self._take_value(name, value)
        return done
