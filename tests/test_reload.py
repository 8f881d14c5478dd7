"""docker.yaml, taken up while the sensor runs."""

import logging

import pytest
from docker_tor.config import reload, settings
from docker_tor.config.reload import EVERY, Watch

PASSWORD = "very secret"
SWITCH = {"name": "tor1", "host": "h", "username": "u", "password": PASSWORD, "rbridge_id": 21}


def raw(**more):
    return {"engines": [{"name": "host1", "url": "unix:///x"}], "switches": [SWITCH], **more}


class World:
    """A StackStorm whose docker.yaml is `raw`, or which raises it."""

    def __init__(self, given=None):
        self.raw = raw() if given is None else given
        self.now = 1000.0
        self.loads = 0
        self.watch = Watch(self.load, log=logging.getLogger("test_reload"), clock=lambda: self.now)
        self.watch.take(self.raw)

    def load(self):
        self.loads += 1
        if isinstance(self.raw, Exception):
            raise self.raw
        return self.raw

    def look(self, given):
        """What comes of this configuration at the next look."""
        self.raw = given
        self.now += EVERY
        return self.watch.look()


def test_a_change_is_taken_up_at_the_next_look(caplog):
    world = World()
    assert world.watch.config == settings.parse(raw())
    world.raw = raw(batch_above=7)
    world.now += EVERY - 1
    assert (world.watch.look(), world.loads) == (False, 0)
    world.now += 1
    with caplog.at_level(logging.INFO):
        assert world.watch.look()
        assert not world.watch.look()
        assert world.loads == 1
        assert not world.look(raw(batch_above=7))
    assert (world.watch.config.batch_above, len(caplog.messages)) == (7, 1)


@pytest.mark.parametrize("nothing", [{}, {"engines": [], "switches": [], "channel": "docker"}])
def test_without_one_it_waits_for_one(caplog, nothing):
    world = World(nothing)
    assert world.watch.config.engines == ()
    assert "no Docker Engine is configured" in world.watch.trouble
    assert "waits for a good one" in caplog.text
    assert not world.look(nothing)
    assert len(caplog.messages) == 1
    assert world.look(raw())
    assert (world.watch.config, world.watch.trouble) == (settings.parse(raw()), "")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (raw(debounce=-1), "debounce: -1 is no number"),
        (raw(engines=[]), "no Docker Engine is configured"),
        (["nonsense"], "the configuration: this is no mapping"),
        # StackStorm quotes the file.
        (
            RuntimeError(f'Failed to render value for key "x" with value "{{{{{PASSWORD}" for "d"'),
            'cannot be read: RuntimeError: Failed to render value for key "x"',
        ),
    ],
)
def test_the_last_good_one_stays_in_force(caplog, wrong, says):
    world = World()
    assert world.look(wrong)
    assert world.watch.config == settings.parse(raw())
    assert says in world.watch.trouble
    assert not world.look(wrong)
    looks = world.loads
    assert not world.watch.look()
    assert world.loads == looks
    (record,) = [one for one in caplog.records if one.levelname == "ERROR"]
    assert says in record.getMessage()
    assert "goes on with the last good one" in record.getMessage()
    assert PASSWORD not in caplog.text + world.watch.trouble
    # Right again: the same as before, or another one.
    assert world.look(raw())
    assert world.watch.trouble == ""
    assert world.look(wrong)
    assert world.look(raw(channel="other"))
    assert (world.watch.config.channel, world.watch.trouble) == ("other", "")


def test_a_mark_tells_configurations_apart_but_not_logins():
    other = {**SWITCH, "host": "h2"}
    found = [
        {},
        raw(),
        raw(batch_above=7),
        raw(switches=[other]),
        raw(switches=[{**SWITCH, "vlans": "1-9"}]),
        raw(engines=[{"name": "host2", "url": "unix:///x"}]),
    ]
    marks = [reload.mark(settings.parse(one)) for one in found]
    assert len(set(marks)) == len(found)
    login = {**SWITCH, "username": "other", "password": "also secret"}
    assert reload.mark(settings.parse(raw(switches=[login]))) == marks[1]
