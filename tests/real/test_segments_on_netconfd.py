"""Whole segments on a real NETCONF server: netconfd behind OpenSSH.

It refuses what RFC 6241 has a server refuse, and makes nothing by itself: a new Ve is not shut.
"""

from typing import Any, Dict, Iterator, Tuple

import pytest
from docker_tor.actions import segments as segment_actions
from docker_tor.actions import undo
from docker_tor.common.errors import VlansRemoved
from docker_tor.config.credentials import Login
from docker_tor.config.platforms import NOS
from docker_tor.netconf.xml import BASE
from docker_tor.switch import model, transaction, trunk
from docker_tor.switch.device import open_device
from docker_tor.switch.nos import lldp, ports, running_config
from docker_tor.switch.nos.driver import Driver
from docker_tor.switch.plan import Goal
from docker_tor.switch.trunk import Port
from lxml import etree
from records import no_keys
from ves import ve, ves

from lab.real.netconfd import Netconfd, missing
from lab.switch import payloads

from .parts import entry, need

NAME = "Docker Network"
ADDRESSES = ["172.16.112.1/24", "172.16.112.9/24", "192.168.112.1/24", "fd00:112::1/64"]


@pytest.fixture(scope="module")
def server() -> Iterator[Netconfd]:
    need(missing())
    with Netconfd() as running:
        yield running


@pytest.fixture
def empty(server: Netconfd) -> Netconfd:
    server.clear()
    return server


def apply(
    server: Netconfd, *segments: Dict[str, Any], before: Any = None, **changed: Any
) -> Tuple[bool, Any]:
    """By an entry of docker.yaml that is so changed."""
    given = {"host": "vdx", "segments": list(segments), "before": before}
    configured = {"switches": [entry(server, **changed)]}
    return segment_actions.apply(configured, given, lambda _: None, no_keys())


def login(server: Netconfd, transport: str = "auto") -> Login:
    known = (server.host, server.port, server.username, server.password, server.host_key)
    return Login(*known, transport=transport)


def segment(vlan: int = 112, **given: Any) -> Dict[str, Any]:
    found = {"vlan": vlan, "rbridge": 21, "addresses": [f"172.16.{vlan}.1/24"]}
    return {**found, **given}


def vlans(server: Netconfd) -> Dict[int, model.Vlan]:
    return running_config.read(server.running())


def test_a_segment_comes_stays_and_goes(empty: Netconfd) -> None:
    for changed in (True, False, True):
        succeeded, result = apply(empty, segment(addresses=ADDRESSES))
        assert (succeeded, result["changed"]) == (True, changed), result
        assert vlans(empty) == {112: model.Vlan(NAME, True, {21: ve(*ADDRESSES)})}
        if not changed:
            # What a switch does by itself to a new Ve, netconfd cannot.
            empty.edit(payloads.global_shutdown(112), payloads.shutdown(21, 112))
    did = ["no shutdown of Ve 112 on rbridge 21", "no shutdown of global Ve 112"]
    assert result["segments"][0]["did"] == did
    succeeded, result = apply(empty, segment(action="destroy"))
    assert (succeeded, vlans(empty)) == (True, {}), result


def test_what_a_server_reports_though_nobody_set_it_is_in_nobodys_way() -> None:
    need(missing())
    with Netconfd(defaults="report-all") as talkative:
        succeeded, result = apply(talkative, segment(addresses=ADDRESSES))
        assert succeeded, result
        talkative.edit(payloads.ip_config(21, 112, "proxy-arp"))
        told = etree.tostring(talkative.running())
        leaves = (b">1500</mtu>", b">240</arp-aging-timeout>", b"proxy-arp")
        assert all(leaf in told for leaf in leaves)
        assert vlans(talkative)[112].ves[21].others == ()
        succeeded, again = apply(talkative, segment(addresses=ADDRESSES))
        assert (succeeded, again["changed"]) == (True, False)
        # What somebody has set is somebody's.
        for mtu, changed in ((9000, False), (1500, True)):
            empty = payloads.ip_config(21, 112, "mtu")
            talkative.edit(empty.replace("<mtu/>", f"<mtu>{mtu}</mtu>"))
            succeeded, result = apply(talkative, segment(action="destroy"))
            assert (succeeded, result["changed"]) == (changed, changed), result
            told = "carries mtu, which this pack did not configure"
            assert (told in result.get("error", "")) is not changed
        assert vlans(talkative) == {}


def test_many_in_one_session_and_what_the_server_tells_of_some(empty: Netconfd) -> None:
    """However many are asked for, by a filter of each or of all."""
    many = [segment(vlan) for vlan in range(100, 180)]
    succeeded, result = apply(empty, *many)
    assert succeeded, result
    there = vlans(empty)
    assert sorted(there) == list(range(100, 180))
    assert all(vlan.in_service for vlan in there.values())
    for count in (1, running_config.READ_WHOLE, running_config.READ_WHOLE + 1):
        asked = range(179, 179 + count)
        with open_device(login(empty), Driver(NAME)) as device:
            found = device.read(asked)
        assert found == {vlan: there.get(vlan, model.ABSENT) for vlan in asked}
    succeeded, result = apply(empty, *({**one, "action": "destroy"} for one in many))
    assert (succeeded, vlans(empty)) == (True, {}), result


def test_a_lock_is_worth_another_try(empty: Netconfd) -> None:
    with empty.lock():
        succeeded, result = apply(empty, segment())
    assert (succeeded, result["kind"], result["family"]) == (False, "SwitchBusy", "transient")
    assert vlans(empty) == {}
    succeeded, result = apply(empty, segment(), before=result["before"])
    assert (succeeded, sorted(vlans(empty))) == (True, [112]), result


def test_a_failed_run_is_taken_back(empty: Netconfd) -> None:
    apply(empty, segment())
    was, other = vlans(empty), segment(addresses=["172.16.99.1/24"])
    before = {str(vlan): model.as_plain(have) for vlan, have in was.items()}
    apply(empty, other)
    assert vlans(empty) != was
    failure = {"result": {"error": "the switch refused", "before": before}}
    given = {"host": "vdx", "segments": [other], "failure": failure}
    succeeded, result = undo.undo({"switches": [entry(empty)]}, given, no_keys())
    assert (succeeded, vlans(empty)) == (True, was), result
    assert "172.16.99.1/24" in result["message"]


PORT = "TenGigabitEthernet 21/0/1"
TRUNK = (
    f'<nc:config xmlns:nc="{BASE}"><interface xmlns="{running_config.INTERFACE}">'
    "<tengigabitethernet><name>21/0/1</name><switchport-basic><basic/></switchport-basic>"
    "<switchport><mode><vlan-mode>trunk</vlan-mode></mode><trunk><allowed><vlan>{}</vlan></allowed>"
    "</trunk></switchport></tengigabitethernet></interface></nc:config>"
)


def test_a_ports_channel_group_is_read(empty: Netconfd) -> None:
    empty.edit(TRUNK.format(""), payloads.channel_group(PORT, 10))
    with open_device(login(empty), Driver(NAME)) as device:
        found = lldp.port_channels(device.session, NOS, [PORT, "Port-channel 10"])
    assert found == {PORT: "Port-channel 10"}


def ported(server: Netconfd, theirs: str) -> Tuple[transaction.Outcome, Port]:
    """A segment on a trunk that allows `theirs`; what became of both."""
    server.edit(TRUNK.format(theirs))
    with open_device(login(server), Driver(NAME)) as device:
        goal = Goal(112, 21, ves("172.16.112.1/24"), ports=(PORT,))
        (outcome,) = transaction.bring(device, [goal])
    return outcome, ports.read(server.running())[PORT]


@pytest.mark.parametrize("theirs", ["5,7-9", ",".join(map(str, range(1001, 1101, 2)))])
def test_a_server_that_replaces_a_list_of_vlans_is_found_out(empty: Netconfd, theirs: str) -> None:
    """NOS appends what is added. This server knows of no such thing, and replaces the leaf."""
    outcome, port = ported(empty, f"<add>{theirs}</add>")
    assert isinstance(outcome.error, VlansRemoved)
    assert f"VLANS OF OTHERS WERE REMOVED FROM {PORT} AND PUT BACK" in str(outcome.error)
    assert (port, vlans(empty)) == (Port(vlans=trunk.parse(theirs)), {})


@pytest.mark.parametrize(("theirs", "added"), [("", (PORT,)), ("<all/>", ())])
def test_a_port_carries_a_segment(empty: Netconfd, theirs: str, added: Tuple[str, ...]) -> None:
    outcome, port = ported(empty, theirs)
    assert (outcome.error, outcome.added_to) == (None, added)
    assert port.carries(112)
