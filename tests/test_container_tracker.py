"""Which containers are told: whatever befalls engines, sensors and StackStorm, none twice and none
never."""

import logging

from docker_tor.config import settings
from docker_tor.controller import container_tracker
from docker_tor.controller.container_tracker import STARTED, STOPPED, Tracker
from docker_tor.controller.lease import Lease
from docker_tor.engine import containers
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from records import Datastore


def listed(*names, **more):
    return [{"Id": f"{name * 12}", "Names": [f"/{name}"], "Image": "t:1", **more} for name in names]


def configured(*names):
    return settings.parse({"engines": [{"name": name, "url": f"unix:///{name}"} for name in names]})


class World:
    """A StackStorm that keeps values and takes triggers, and sensors that start and end."""

    def __init__(self, *engines):
        self.datastore = Datastore()
        self.told = []
        self.refuses = None
        self.then = lambda: None
        self.settings = configured(*(engines or ("host1",)))
        self.now = 0.0
        self.sensor = self.start()

    def start(self, running=True):
        lease = Lease(
            self.datastore.store("lease"),
            monotonic=lambda: self.now,
            sleep=lambda _seconds: None,
            alive=lambda _pid: running,
        )
        log = logging.getLogger("test_container_tracker")
        sensor = Tracker(self.dispatch, self.datastore.store("told"), lease, log=log)
        sensor.configure(self.settings)
        return sensor

    def restart(self):
        """Another sensor takes over; the one before has died without a word."""
        self.sensor = self.start(running=False)

    def dispatch(self, trigger):
        if self.datastore.away:
            raise OSError("the message bus is away")
        if trigger.trace_tag == self.refuses:
            raise ValueError("it is refused")
        (name,) = trigger.payload["container_info"]["Names"]
        self.told.append((trigger.name, name[1:]))
        self.then()

    def hears(self, names, engine="host1"):
        self.sensor.listed(engine, listed(*names), 0.0)
        assert self.sensor.news.is_set()
        settled = self.sensor.settle()
        assert not self.sensor.news.is_set()
        return settled

    def fails(self, names):
        assert not self.hears(names)
        return True


def test_an_engine_that_is_lost_or_not_configured_any_more_has_stopped_nothing():
    world = World("host1", "host2")
    world.hears("a")
    world.hears("b", "host2")
    world.sensor.lost("host1", "why")
    world.sensor.removed("host1", "a" * 12)
    assert world.sensor.settle()
    world.sensor.back("host1", 60.0)
    # What has not changed is not written either.
    del world.datastore.values["told"]
    world.hears("a")
    assert "told" not in world.datastore.values
    world.sensor.configure(configured("host2"))
    assert world.hears("", "host1")
    assert set(container_tracker.load(world.datastore.values["told"])) == {"host2"}
    world.sensor.configure(configured("host1", "host2"))
    world.hears("c")
    assert world.told == []


def test_what_cannot_be_told_is_told_later(caplog):
    world = World()
    world.hears("a")
    world.refuses = "c" * 12
    assert world.fails("bcd")
    assert world.fails("bcd")
    assert world.told == [(STOPPED, "a"), (STARTED, "b")]
    world.restart()
    world.refuses = None
    assert world.hears("bcd")
    assert world.told[2:] == [(STARTED, "c"), (STARTED, "d")]
    assert caplog.messages == ["containers have to wait: ValueError: it is refused"]


def test_what_could_not_be_noted_when_it_was_told_is_noted_later():
    world = World()
    world.hears("")
    world.then = lambda: setattr(world.datastore, "away", True)
    assert world.fails("a")
    world.datastore.away = False
    assert world.sensor.settle()
    world.restart()
    assert world.hears("a")
    assert world.told == [(STARTED, "a")]


STEPS = st.one_of(
    st.sets(st.sampled_from("abcde")).map(lambda names: ("hears", "".join(sorted(names)))),
    st.sampled_from([("restart", ""), ("away", ""), ("here", ""), ("refuses", "c"), ("takes", "")]),
)


@budget(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=25), st.sets(st.sampled_from("abcde")))
def test_each_start_and_each_stop_is_told_once(steps, last):
    """A container's starts and stops take turns, whatever fails in between; in the end what is told
    is what runs. A sensor that dies between a trigger and its note of it is not in here: then the
    trigger is told twice."""
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
            world.datastore.away = what == "away"
        else:
            world.refuses = names * 12 if what == "refuses" else None
    world.datastore.away, world.refuses = False, None
    assert world.hears("".join(sorted(last)))
    for name in "abcde":
        told = [kind for kind, of in world.told if of == name]
        ran = name in "ab"
        turns = [STOPPED if (number % 2 == 0) == ran else STARTED for number in range(len(told))]
        assert told == turns
        assert (ran != (len(told) % 2 == 1)) == (name in last)


def test_a_container_that_grows_older_has_not_changed():
    before = containers.read("host1", listed("a", Status="Up 5 minutes"))
    aged = containers.read("host1", listed("a", Status="Up 6 minutes"))
    assert before != aged
    assert list(container_tracker.changes(before, aged)) == []
