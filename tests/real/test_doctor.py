"""The doctor on a real dockerd and a real NETCONF server.

netconfd has none of Brocade's own operations, and of a configuration only what was put there: what
the doctor says has to be true of that too.
"""

import functools
import json
import time
from typing import Any, Dict, List, Tuple

from docker_tor.config import reload, settings
from docker_tor.controller import heartbeat, lease
from docker_tor.controller.heartbeat import Heartbeat, Pulse
from docker_tor.doctor import examine
from docker_tor.netconf import hostkey
from lxml import etree

from lab.real.dockerd import Dockerd
from lab.real.dockerd import missing as dockerd_missing
from lab.real.netconfd import Netconfd
from lab.real.netconfd import missing as netconfd_missing
from lab.switch import payloads

from .parts import entry, need


def well(raw: Dict[str, Any], name: str) -> str:
    """What a sensor that is well keeps under that name."""
    now = time.time()
    if name == heartbeat.NAME:
        mark = reload.mark(settings.parse(raw))
        return heartbeat.dump(Heartbeat(now, {"host1": Pulse("following", now, 4, 0.01)}, mark))
    held = {"id": "x", "host": "here", "pid": 1, "until": now + 20}
    return json.dumps(held) if name == lease.NAME else ""


def nothing_left(_kind: str, _ref: str) -> bool:
    """A StackStorm in which no earlier version was installed."""
    return False


def examined(
    server: Netconfd, url: str = "unix:///nowhere.sock", **changed: Any
) -> Tuple[Dict[Tuple[str, str], str], List[Dict[str, str]], Dict[str, Any]]:
    """The doctor's states by place and check, the findings themselves, and the result; the running
    config is as it was, and nothing shows the password."""
    engine = {"name": "host1", "url": url, "uplinks": [{"parent": "eth0", "switch": "vdx"}]}
    limits = {"vlans": "100-199", "subnets": ["172.16.0.0/16"]}
    raw = {"engines": [engine], "switches": [entry(server, **limits, **changed)]}
    before = etree.tostring(server.running())
    _, result = examine.run(raw, functools.partial(well, raw), nothing_left, show_host_key=True)
    assert etree.tostring(server.running()) == before
    assert server.password not in json.dumps(result)
    checks = result["checks"]
    return {(one["where"], one["check"]): one["state"] for one in checks}, checks, result


def test_a_real_engine_and_a_server_that_is_no_brocade() -> None:
    need([*netconfd_missing(), *dockerd_missing()])
    line = "network create --driver=macvlan --subnet=172.16.112.0/24 -o parent=eth0.112 net112"
    with Netconfd() as server, Dockerd(parents=("eth0.112",)) as dockerd:
        dockerd.docker(*line.split())
        server.edit(*payloads.segment(21, 10, "10.10.10.1/24", up=False))
        states, checks, result = examined(server, dockerd.url)
    assert {state for (where, _), state in states.items() if where == "engine host1"} == {"ok"}
    mine = {check: state for (where, check), state in states.items() if where == "switch vdx"}
    assert mine.pop("operational") == "warning"
    assert set(mine) == {
        *("reach", "host key", "login", "capabilities", "sessions", "read", "rbridge"),
        "rehearsal",
    }
    assert set(mine.values()) == {"ok"}
    (told,) = [one["what"] for one in checks if one["check"] == "operational"]
    assert "the switch refused" in told
    assert result["failed"] == 0
    assert result["host_keys"][0]["key"] == server.host_key
    assert result["host_keys"][0]["fingerprint"] == hostkey.fingerprint(server.host_key)


def test_a_host_key_of_another_type_and_one_that_has_changed() -> None:
    need(netconfd_missing())
    with Netconfd() as own:
        states, _, result = examined(own, host_key=own.host_key_rsa)
        assert states["switch vdx", "host key"] == "ok"
        assert result["host_keys"][0]["key"] == own.host_key_rsa
        configured = own.host_key
        own.change_host_key()
        states, checks, _ = examined(own, host_key=configured)
    assert states["switch vdx", "host key"] == "failed"
    assert ("switch vdx", "login") not in states
    (told,) = [one["what"] for one in checks if one["check"] == "host key"]
    assert hostkey.fingerprint(configured) in told
