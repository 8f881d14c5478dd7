"""Malformed and hostile networks: nothing breaks, and nothing wrong is dispatched.

All of them begin as something that a real engine said (tests/fixtures/docker-recordings) and are
then bent out of shape, from a fixed seed: a failure comes back at the next run.
"""

import ipaddress
import itertools
import json
import logging
import random
import re

import pytest
import schemas
from docker_tor.common.datastore import Store
from docker_tor.config import settings
from docker_tor.controller import controller, triggers
from docker_tor.desired import ledger
from docker_tor.engine.listing import observe
from hostile import listing

LISTS = [300, pytest.param(3000, marks=pytest.mark.slow)]
"""How many lists of 24 networks an engine gives."""

SEED = 20261123
LOG = logging.getLogger("test_fuzz")
LOG.setLevel(logging.ERROR)


class StackStorm:
    """Takes what is dispatched, and refuses what no payload schema, or no switch, would take."""

    SAFE = re.compile(r"[\w .,:/+=()#?-]{0,64}\Z")

    def __init__(self):
        self.validators = schemas.payloads("network_events_sensor")
        self.seen = dict.fromkeys(self.validators, 0)

    def dispatch(self, trigger):
        """Raises what is wrong with the trigger, for `settle` to stumble over."""
        self.validators[trigger.name].validate(trigger.payload)
        json.dumps(trigger.payload, allow_nan=False).encode("ascii")
        str(trigger.payload).encode("utf-8")
        assert PASSWORD not in str(trigger)
        self.seen[trigger.name] += 1
        assert re.match(r"[\w/]{1,80}\Z", trigger.trace_tag), trigger.trace_tag
        if trigger.name == triggers.NETWORK_EVENT:
            self.change(trigger.payload)
        elif trigger.name == triggers.NETWORK_BATCH:
            for segment in trigger.payload["segments"]:
                self.change(segment)
        elif trigger.name == triggers.NETWORK_REFUSED:
            self.fit(trigger.payload["network"])
            assert trigger.payload["reason"].isprintable()
            assert 0 < len(trigger.payload["reason"]) < 1200
            assert not re.search(r"[{<][{%#]", trigger.payload["reason"])

    def change(self, payload):
        vlan, addresses = payload["vlan"], payload["addresses"]
        assert 1 <= vlan <= 3962
        assert vlan != 1002
        interfaces = [ipaddress.ip_interface(address) for address in addresses]
        assert [str(one) for one in interfaces] == addresses
        assert len(set(addresses)) == len(addresses)
        for one in interfaces:
            assert not any((one.ip.is_multicast, one.ip.is_unspecified, one.ip.is_loopback))
            assert 1 <= one.network.prefixlen < one.max_prefixlen
        assert payload["subnet"] == next((a for a in addresses if ":" not in a), "")
        for one in payload["networks"]:
            self.fit(one)
            # A name as long as a label may have been cut.
            assert len(one["parent"]) == 64 or int(one["parent"].split(".")[-1]) == vlan

    def fit(self, shown):
        """Names are labels, and ids are what an engine gives out."""
        assert re.match(r"[0-9a-z]{1,64}\Z", shown["id"])
        for field in ("name", "parent", "engine", "driver"):
            assert self.SAFE.match(shown[field]), shown[field]


class Held:
    """A lease that nobody contests."""

    term = 1

    def hold(self):
        return True


ENGINES = [{"name": name, "url": f"unix:///{name}"} for name in ("host1", "host2")]
PASSWORD = "Pa55-0f-the-sw1tch"
SWITCH = {"name": "tor1", "host": "h", "username": "u", "password": PASSWORD, "rbridge_id": 21}


@pytest.mark.parametrize("limits", [{}, {"vlans": "1-1500", "subnets": ["10.0.0.0/8", "fd00::/8"]}])
@pytest.mark.parametrize("lists", LISTS)
def test_networks(limits, lists, caplog):
    rng = random.Random(f"{SEED} {sorted(limits)}")
    config = settings.parse(
        {"engines": ENGINES, "switches": [{**SWITCH, **limits}], "mass_removal_hold": 0}
    )
    stackstorm, values = StackStorm(), {}

    def store(name):
        return Store(lambda: values.get(name), lambda text: values.update({name: text}))

    seconds = itertools.count()
    made = controller.Controller(
        config, stackstorm.dispatch, store, Held(), log=LOG, monotonic=lambda: float(next(seconds))
    )
    read = 0
    for number in range(lists):
        listed = listing(rng)
        if listed is None:
            continue
        read += 1
        made.listed(ENGINES[number % 2]["name"], listed, 0.0)
        assert made.settle(), caplog.messages
        assert ledger.load(values.get).segments == made._applied.segments
    assert caplog.messages == []
    # The inputs are not so broken that nothing would come of them.
    assert read > 0.9 * lists
    assert stackstorm.seen[triggers.NETWORK_EVENT] > lists / 5
    assert stackstorm.seen[triggers.NETWORK_BATCH] > lists / 40
    assert stackstorm.seen[triggers.NETWORK_REFUSED] > lists / 2


@pytest.mark.parametrize("field", ["Name", "Created", "Subnet", "Gateway", "IPRange"])
def test_a_value_that_is_nested_as_deeply_as_json_can_be(field):
    """What can be read may still be too deep to be shown."""
    pool, fine = {"Subnet": "10.0.0.0/24"}, {"Driver": "macvlan", "Options": {"parent": "eth0.8"}}
    read = 0
    for depth in (*range(700, 1000, 5), 2000, 5000, *range(9500, 10000, 100), 100_000):
        try:
            value = json.loads("[" * depth + "]" * depth)
        except RecursionError:
            continue
        item = {
            "Name": "n",
            "Created": "",
            field: value,
            "IPAM": {"Config": [{**pool, field: value}]},
        }
        item = {**fine, "Id": "a", **item}
        seen = observe("host1", [item, {**fine, "Id": "b", "IPAM": {"Config": [pool]}}])
        assert [one.id for one in seen.wanted][-1:] == ["b"]
        read += 1
    assert read > 10
