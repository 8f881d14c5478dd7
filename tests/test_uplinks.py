"""Uplinks of docker.yaml that name a VLAN, or none any more."""

import pytest
from docker_tor.common.errors import ConfigError
from docker_tor.config.uplinks import uplink_of
from listed import config


@pytest.mark.parametrize(
    ("uplinks", "why"),
    [
        ([{"parent": "vlan10", "vlan": 0}], "vlan is 0"),
        ([{"parent": "vlan10", "vlan": 1002}], "FCoE"),
        ([{"parent": "vlan10", "vlan": "x"}], "not a whole number"),
        ([{"parent": "eth0.112", "vlan": 112}], "parent eth0.112 carries a tag"),
        ([{"parent": "eth0"}] * 2, "two of them have the parent 'eth0'"),
        ([{"parent": "eth0", "vlan": 5}] * 2, "two of them have the parent 'eth0'"),
    ],
)
def test_an_uplink_that_is_none(uplinks, why):
    with pytest.raises(ConfigError, match=why):
        config(*uplinks)


def test_a_parent_may_have_an_uplink_of_either_kind():
    found = config({"parent": "eth0"}, {"parent": "eth0", "vlan": 5})
    assert [bool(one.vlan) for one in found.engines[0].uplinks] == [False, True]


def test_an_uplink_that_is_gone():
    before, now = config({"parent": "vlan10", "vlan": 10}), config({"parent": "eth0"})
    assert uplink_of(before, before.engines[0], "vlan10", tagged=False)[1] == 21
    with pytest.raises(ConfigError, match="no uplink that names its VLAN"):
        uplink_of(now, now.engines[0], "vlan10", tagged=False)
