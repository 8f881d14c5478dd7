"""Which containers are told: whatever befalls engines, sensors and StackStorm, none twice and none
never."""

import json
import logging
from typing import Any, Dict, List, Optional, Set, Tuple

import pytest
from docker_tor.common.datastore import Store
from docker_tor.common.errors import ConfigError, EngineUnreachable, MalformedReply
from docker_tor.config import settings as config
from docker_tor.config import uplinks
from docker_tor.controller import container_tracker
from docker_tor.controller.container_tracker import STARTED, STOPPED, Tracker
from docker_tor.controller.lease import Lease
from docker_tor.controller.triggers import Trigger
from docker_tor.engine import containers
from docker_tor.engine.containers import SETTLES, ContainerApi
from docker_tor.engine.events import read_event
from hypothesis import given, settings
from hypothesis import strategies as st

LOG = logging.getLogger("test_tracker")


def listed(name: str) -> Dict[str, Any]:
    return {"Id": name * 12, "Names": [f"/{name}"], "Image": "t:1"}


def configured(*names: str) -> config.Config:
    engines = [{"name": name, "url": f"unix:///{name}"} for name in names]
    return config.parse({"engines": engines})


class World:
    """A StackStorm that keeps values and takes triggers, and sensors that come and go."""

    def __init__(self, *engines: str) -> None:
        self.values: Dict[str, str] = {}
        self.told: List[Tuple[str, str]] = []
        self.away = False
        self.refuses: Optional[str] = None
        self.settings = configured(*(engines or ("host1",)))
        self.now = 0.0
        self.sensor = self.start()

    def start(self, running: bool = True) -> Tracker:
        lease = Lease(
            self.store("lease"),
            monotonic=lambda: self.now,
            sleep=lambda _seconds: None,
            alive=lambda _pid: running,
        )
        sensor = Tracker(self.dispatch, self.store("told"), lease, log=LOG)
        sensor.configure(self.settings, "")
        return sensor

    def restart(self) -> None:
        """Another sensor takes over; the one before has died without a word."""
        self.sensor = self.start(running=False)

    def store(self, name: str) -> Store:
        def get() -> Optional[str]:
            self.check()
            return self.values.get(name)

        def put(text: str) -> None:
            self.check()
            self.values[name] = text

        return Store(get, put)

    def check(self) -> None:
        if self.away:
            raise OSError("the datastore is away")

    def dispatch(self, trigger: Trigger) -> None:
        self.check()
        if trigger.trace_tag == self.refuses:
            raise ValueError("it is refused")
        (name,) = trigger.payload["container_info"]["Names"]
        self.told.append((trigger.name, name[1:]))

    def hears(self, names: str, engine: str = "host1") -> bool:
        self.sensor.listed(engine, [listed(name) for name in names], 0.0)
        return self.sensor.settle()


def test_what_runs_at_first_has_not_just_started() -> None:
    world = World()
    assert world.hears("ab")
    assert world.told == []
    world.hears("bc")
    assert world.told == [(STOPPED, "a"), (STARTED, "c")]
    world.hears("bc")
    assert len(world.told) == 2


def test_a_sensor_that_comes_later_tells_what_has_changed_meanwhile() -> None:
    world = World()
    world.hears("ab")
    world.restart()
    world.hears("bc")
    assert world.told == [(STOPPED, "a"), (STARTED, "c")]
    world.sensor.retire()
    world.restart()
    assert world.hears("bc")
    assert len(world.told) == 2


def test_only_one_of_two_sensors_tells() -> None:
    world = World()
    world.hears("")
    second = world.start()
    second.listed("host1", [listed("a")], 0.0)
    assert second.settle()
    assert world.told == []
    world.hears("a")
    assert world.told == [(STARTED, "a")]
    world.sensor.retire()
    assert second.settle()
    second.listed("host1", [], 0.0)
    assert second.settle()
    assert world.told == [(STARTED, "a"), (STOPPED, "a")]


def test_an_engine_that_is_lost_has_stopped_nothing() -> None:
    world = World("host1", "host2")
    world.hears("a")
    world.hears("b", "host2")
    world.sensor.lost("host1", "why")
    world.sensor.removed("host1", "a" * 12)
    assert world.sensor.settle()
    world.sensor.back("host1", 60.0)
    world.hears("a")
    assert world.told == []


def test_an_engine_that_is_not_configured_any_more_is_forgotten() -> None:
    world = World("host1", "host2")
    world.hears("a")
    world.hears("b", "host2")
    world.sensor.configure(configured("host2"), "")
    assert world.hears("", "host1")
    assert world.told == []
    assert set(container_tracker.load(world.values["told"])) == {"host2"}
    world.sensor.configure(configured("host1", "host2"), "")
    world.hears("c")
    assert world.told == []


def test_what_cannot_be_told_is_told_later(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    world.hears("a")
    world.refuses = "c" * 12
    assert not world.hears("bcd")
    assert not world.sensor.settle()
    assert world.told == [(STOPPED, "a"), (STARTED, "b")]
    world.restart()
    world.refuses = None
    assert world.hears("bcd")
    assert world.told[2:] == [(STARTED, "c"), (STARTED, "d")]
    assert [one.message for one in caplog.records].count(
        "containers have to wait: ValueError: it is refused"
    ) == 1


def test_a_datastore_that_is_away(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    world = World()
    world.hears("a")
    world.away, world.now = True, 100.0
    assert not world.hears("b")
    assert world.told == []
    world.sensor.retire()
    world.away = False
    assert world.sensor.settle()
    assert world.told == [(STOPPED, "a"), (STARTED, "b")]
    assert [one.message for one in caplog.records if "dispatched again" in one.message]


def test_a_value_that_is_damaged_is_told_and_changes_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    world.values["told"] = "damaged"
    assert not world.hears("a")
    assert "st2 key delete docker_tor.containers" in caplog.text
    del world.values["told"]
    assert world.hears("a")
    assert world.told == []


def test_an_engine_is_needed_and_no_switch() -> None:
    uplinks.require_engines(configured("host1"))
    with pytest.raises(ConfigError, match="no Docker Engine is configured"):
        uplinks.require_engines(config.parse({}))


STEPS = st.one_of(
    st.sets(st.sampled_from("abcde")).map(lambda names: ("hears", "".join(sorted(names)))),
    st.sampled_from([("restart", ""), ("away", ""), ("here", ""), ("refuses", "c"), ("takes", "")]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(STEPS, max_size=25), st.sets(st.sampled_from("abcde")))
def test_each_start_and_each_stop_is_told_once(steps: List[Any], last: Set[str]) -> None:
    """A container's starts and stops take turns, whatever fails in between; in the end what is told
    is what runs. A sensor that dies between a trigger and its note of it is not in here: then the
    trigger comes twice."""
    world = World()
    world.hears("ab")
    for what, names in steps:
        world.now += 100.0
        if what == "hears":
            world.hears(names)
        elif what == "restart":
            if not world.sensor._unsaved:
                world.restart()
        elif what in ("away", "here"):
            world.away = what == "away"
        else:
            world.refuses = names * 12 if what == "refuses" else None
    world.away, world.refuses = False, None
    assert world.hears("".join(sorted(last)))
    for name in "abcde":
        told = [kind for kind, of in world.told if of == name]
        ran = name in "ab"
        turns = [STOPPED if (number % 2 == 0) == ran else STARTED for number in range(len(told))]
        assert told == turns
        assert (ran != (len(told) % 2 == 1)) == (name in last)


# What is asked of an engine.


class Api(ContainerApi):
    """An engine that lists these, one list after the other, and then the last one again."""

    def __init__(self, *lists: Any) -> None:
        super().__init__(configured("host1").engines[0], self.slept)
        self.lists = list(lists)
        self.pauses: List[float] = []

    def slept(self, seconds: float) -> None:
        self.pauses.append(seconds)

    def _json(self, path: str, _what: str) -> Any:
        assert path == "/containers/json"
        return self.lists.pop(0) if len(self.lists) > 1 else self.lists[0]

    def told(self, *ended: str) -> None:
        lines = [{"Type": "container", "Action": "die", "Actor": {"ID": one}} for one in ended]
        events = [read_event(json.dumps(line).encode()) for line in lines]
        assert [event.news for event in self._noted(iter(events))] == [True] * len(ended)


A, B = listed("a"), listed("b")


def test_a_list_is_what_the_engine_has() -> None:
    api = Api([A, B])
    assert list(api.networks()) == [A, B]
    assert api.pauses == []
    assert api.watched == {"type": ["container"], "event": ["start", "die"]}


def test_a_container_that_has_ended_is_waited_for() -> None:
    api = Api([A, B], [A, B], [B])
    api.told(A["Id"])
    assert list(api.networks()) == [B]
    assert api.pauses == list(SETTLES[:2])
    assert list(api.networks()) == [B]
    assert len(api.pauses) == 2


def test_a_container_that_has_ended_and_started_again_is_there() -> None:
    api = Api([A])
    api.told(A["Id"], "c" * 12)
    assert list(api.networks()) == [A]
    assert api.pauses == list(SETTLES)


@pytest.mark.parametrize("wrong", [{}, None, "x", [A] * (containers.MOST_RUNNING + 1)])
def test_a_list_that_is_none_or_too_long(wrong: Any) -> None:
    with pytest.raises(MalformedReply, match=r"no list|more than 5000 containers"):
        Api(wrong).networks()


def test_what_has_no_bound_is_not_kept() -> None:
    api = Api([A])
    api.told(*(f"{number:012x}" for number in range(containers.MOST_RUNNING + 10)))
    assert len(api._ended) == containers.MOST_RUNNING


def test_an_engine_that_is_away_is_told_as_such() -> None:
    api = ContainerApi(configured("nowhere").engines[0])
    with pytest.raises(EngineUnreachable):
        api.networks()
    with pytest.raises(EngineUnreachable), api.events():
        pass
