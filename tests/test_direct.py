"""The stand-in for SSH that most tests of whole actions go through."""

import pytest
from direct import Direct
from docker_tor.actions import segments as segment_actions
from docker_tor.netconf import session
from records import no_keys

from lab.switch import Switch

PASSWORD = "Pa55-0f-the-sw1tch"


def test_the_stand_in_for_ssh_sees_what_ssh_does():
    """The same run: the same RPCs, the same answers, the same config in the end."""
    pytest.importorskip("asyncssh", reason="the lab's switch needs asyncssh for SSH")
    login = {"username": "admin", "password": PASSWORD, "host_key": "ignore"}
    raw = {"switches": [{"name": "tor1", "host": "127.0.0.1", **login}]}
    given = {
        "host": "tor1",
        "segments": [
            {"vlan": 112, "rbridge": 21, "addresses": ["10.1.112.1/24", "10.2.0.1/24"]},
            {"vlan": 113, "rbridge": 21, "addresses": ["10.10.10.9/24"]},
            {"vlan": 114, "rbridge": 99, "addresses": ["10.1.114.1/24"]},
            {"vlan": 10, "rbridge": 21, "action": "destroy"},
        ],
    }
    with Switch(password=PASSWORD) as over_ssh:
        raw["switches"][0]["port"] = over_ssh.port
        told = segment_actions.apply(raw, given, lambda _name: None, no_keys(), clock=lambda: 0.0)
    without = Switch(password=PASSWORD)
    with Direct({"127.0.0.1": without}).instead_of_ssh():
        assert session._connect.__self__.switches
        assert (
            segment_actions.apply(raw, given, lambda _name: None, no_keys(), clock=lambda: 0.0)
            == told
        )
    assert not told[0]
    assert over_ssh.running == without.running
    first, second = ([(one.operation, one.result) for one in s.rpcs] for s in (over_ssh, without))
    assert first == second
