"""The sensor in a process that eventlet has patched, as StackStorm runs it; see test_eventlet.py.

Takes the sensor's configuration as JSON, prints "ticks" once the hub has kept turning while the
sensor waited for its engine, then each trigger that is dispatched, as JSON.
"""

import eventlet

eventlet.monkey_patch()

import json
import logging
import sys

from docker_tor.engine import watcher
from network_events_sensor import NetworkEventsSensor

TICKS = 20


class Service:
    """What the sensor needs of StackStorm's sensor service."""

    def __init__(self):
        self.values = {}

    def get_logger(self, name):
        return logging.getLogger(name)

    def get_value(self, name, local=True):
        return self.values.get((name, local))

    def list_values(self, **_filters):
        return []

    def set_value(self, name, value, local=True):
        self.values[name, local] = value

    def dispatch(self, trigger, payload, trace_tag):
        print(json.dumps([trigger, payload, trace_tag]), flush=True)


def tick():
    """Take many turns of the hub, which a call that blocks the process would not let happen."""
    for _ in range(TICKS):
        eventlet.sleep(0.01)
    print("ticks", flush=True)


def main():
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    watcher.LOST_AFTER = 0.0
    config = json.loads(sys.argv[1])
    sensor = NetworkEventsSensor(
        Service(), config, load=lambda: config, validate=lambda *_args, **_more: None
    )
    sensor.setup()
    eventlet.spawn(tick)
    sensor.run()


main()
