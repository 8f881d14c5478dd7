"""The chain as StackStorm runs it: the pack's own rules, workflow and actions, on the lab's switch.

What succeeds, by event and by hand, and what starts nothing.
"""

import json
from typing import Any, Dict, List

import pytest
from docker_tor import triggers

pytest.importorskip("asyncssh", reason="the lab's switch simulator needs asyncssh")
pytest.importorskip("lab.stackstorm", reason="the lab's StackStorm needs orquesta")

from workflow_world import (
    CHANGES,
    EVENT,
    MADE,
    PASSWORD,
    PATIENCE,
    POST,
    TASKS,
    Run,
    World,
    failed,
    secrets_in,
    segment,
    undone,
)

from lab.switch import payloads

TOLD = "Ve 112 on rbridge 21 of vdx is in service with 172.16.112.1/24"


def followed(world: World, **event: Any) -> Run:
    """The one run that an event starts."""
    (run,) = world.dispatch(triggers.NETWORK_EVENT, {**EVENT, **event})
    return run


def test_the_articles_six_tasks_and_their_inputs(world: World) -> None:
    run = followed(world)
    *edits, notify = run.tasks
    given = {"host": "vdx", "run": edits[0].parameters["run"]}
    expected = [
        (
            "add_ve_interface",
            "docker.vdx.interface_vlan_interface_vlan_vlan_name",
            {
                **given,
                "name": "112",
                "rbridge_id": 21,
                "subnet": "172.16.112.1/24",
                "addresses": ["172.16.112.1/24"],
                "networks": EVENT["networks"],
            },
        ),
        (
            "add_global_ve_int",
            "docker.vdx.interface_vlan_interface_ve_gve_name",
            {**given, "gve_name": "112"},
        ),
        (
            "set_ve_ip",
            "docker.vdx.rbridge_id_interface_ve_ip_ip_config_address_address",
            {
                **given,
                "rbridge_id": 21,
                "name": "112",
                "address": "172.16.112.1/24",
                "addresses": [],
            },
        ),
        (
            "no_shut_ve",
            "docker.vdx.rbridge_id_interface_ve_shutdown",
            {**given, "rbridge_id": 21, "name": "112", "delete_shutdown": True},
        ),
        (
            "no_shut_ve_global",
            "docker.vdx.interface_vlan_interface_ve_global_ve_shutdown",
            {
                **given,
                "gve_name": "112",
                "delete_global_ve_shutdown": True,
                # What the first one found.
                "before": run.of(TASKS[0])[0]["run"],
            },
        ),
    ]
    assert [(task.task, task.action.ref, task.parameters) for task in edits] == expected
    until = given["run"]["retry_until"]
    assert 0 < until - run.execution.start_timestamp.timestamp() - PATIENCE < 60
    login = {"username": None, "password": None}
    assert given["run"] == {"retry_until": until, "execution_id": run.execution.id, **login}
    assert edits[0].to_dict()["parameters"]["run"] == "********"
    assert (notify.task, notify.action.ref) == ("notify_success", POST)
    assert [task.status for task in run.tasks] == ["succeeded"] * 6
    assert all(result["changed"] is True for task in TASKS for result in run.of(task))
    assert run.execution.status == "succeeded"
    assert run.output == {"changed": True}
    assert world.present() == list(MADE)
    row = ["Ve", "112", "172.16.112.1", "default-vrf", "up", "up"]
    shown = world.switch.cli("show ip int brief").splitlines()
    assert row in [line.split() for line in shown]
    assert "Docker Network" in world.switch.cli("show vlan brief")


def test_what_the_team_reads(world: World) -> None:
    run = followed(world)
    assert run.message == f"{TOLD} for dockernetwork112."
    took = run.told.message.rpartition("(")[2].split()[0]
    assert run.told.extra == {
        "slack": {
            "color": "good",
            "fields": [
                {"title": "Network", "value": "dockernetwork112", "short": True},
                {"title": "VLAN", "value": "112", "short": True},
                {"title": "Address", "value": "172.16.112.1/24", "short": True},
                {"title": "Switch", "value": "vdx", "short": True},
                {"title": "rbridge", "value": "21", "short": True},
                {"title": "Took", "value": f"{took} s", "short": True},
            ],
            "footer": f"execution {run.execution.id}",
        }
    }
    assert run.execution.elapsed_seconds is not None
    assert 0 < float(took) <= run.execution.elapsed_seconds


def test_twice_is_as_good_as_once(world: World) -> None:
    world.have()
    before = world.switch.running
    run = followed(world)
    assert run.execution.status == "succeeded"
    assert run.names == (*TASKS, "notify_success")
    assert [result["changed"] for task in TASKS for result in run.of(task)] == [False] * 5
    assert run.output == {"changed": False}
    assert run.message == f"{TOLD} for dockernetwork112 (it was already)."
    assert world.switch.running == before
    assert world.edits() == 0


def test_of_two_entries_with_one_host_it_is_the_one_that_the_trigger_names(world: World) -> None:
    """`stale` has the host of `vdx`, and a password of its own, which is wrong."""
    failed(followed(world, switch="stale"), "refuses user 'admin' or the password")
    where = {"switch": "stale", "host": EVENT["host"], "channel": "docker"}
    (run,) = world.dispatch(
        triggers.NETWORK_BATCH, {**where, "segments": [segment(112), segment(113)]}
    )
    assert run.message.startswith("2 segments of stale could NOT be put in service")
    assert world.present() == []


def test_a_host_that_two_entries_have_is_refused_with_their_names(world: World) -> None:
    run = world.run(host="127.0.0.1", username="admin", password=PASSWORD)
    assert run.execution.status == "failed"
    assert "host '127.0.0.1' is that of several switches" in run.message
    assert "Name the one that is meant: vdx, stale." in run.message
    assert world.rpcs() == 0


def test_by_hand_with_and_without_a_login(world: World) -> None:
    run = world.run(host="stale", username="admin", password=PASSWORD)
    assert run.execution.status == "succeeded", run.messages
    shown = run.execution.to_dict()["parameters"]
    assert (shown["username"], shown["password"]) == ("admin", "********")
    # What the search of every test would find if it were not masked.
    assert secrets_in(json.dumps(run.execution.to_dict(show_secrets=True))) == [PASSWORD]
    run = world.run()
    assert run.output == {"changed": False}
    assert run.message == f"{TOLD} (it was already)."
    run = world.run(host="stale")
    undone(run, "add_ve_interface", "refuses user 'admin' or the password", "docker.yaml")


def test_dual_stack_and_several_subnets(world: World) -> None:
    addresses = [
        "172.16.112.1/24",
        "172.16.212.1/24",
        "172.16.213.254/24",
        "172.16.213.1/24",
        "fd00:112::1/64",
        "fd00:113::1/64",
    ]
    run = followed(world, addresses=addresses)
    assert run.names == (*TASKS, "notify_success")
    expected = ["VLAN", "global Ve", *addresses, "no shutdown", "global no shutdown"]
    assert world.present() == expected
    assert f" is in service with {', '.join(addresses)} for dockernetwork112." in run.message
    shown = world.switch.cli("show running-config rbridge-id 21 interface Ve 112")
    assert "ip address 172.16.112.1/24\n" in shown
    assert "ip address 172.16.213.254/24\n" in shown
    assert "ip address 172.16.213.1/24 secondary\n" in shown


def test_ipv6_alone(world: World) -> None:
    run = followed(world, subnet="", addresses=["fd00:112::1/64"])
    assert run.execution.status == "succeeded", run.messages
    assert run.names == (*TASKS, "notify_success")
    assert world.present() == ["VLAN", "global Ve", "fd00:112::1/64", *MADE[-2:]]
    assert " is in service with fd00:112::1/64 for " in run.message


def test_another_rbridge_of_the_fabric(world: World) -> None:
    run = followed(world, rbridge=22)
    assert run.execution.status == "succeeded", run.messages
    assert "on rbridge 22 of" in run.message
    assert world.present(rbridge=22) == list(MADE)
    assert world.present(rbridge=21) == ["VLAN", "global Ve", "global no shutdown"]


def test_many_networks_and_addresses_are_told_by_number(world: World) -> None:
    network = EVENT["networks"][0]
    networks = [{**network, "name": f"network{number}"} for number in range(40)]
    addresses = [f"172.16.{number}.1/24" for number in range(112, 125)]
    world.have(*addresses[1:])
    run = followed(world, networks=networks, addresses=addresses)
    assert run.execution.status == "succeeded", run.messages
    assert f" with {', '.join(addresses[:12])} and 1 more for network0, network1, " in run.message
    assert run.message.endswith(" network11 and 28 more (it was already).")
    assert run.told.extra is not None
    values = [field["value"] for field in run.told.extra["slack"]["fields"]]
    assert [value.rpartition(" and ")[2] for value in values[::2]][:2] == ["28 more", "1 more"]


# Updates: exactly the new addresses stay.

OLD = ["172.16.212.1/24", "172.16.213.1/24", "fd00:112::1/64", "fd00:113::1/64"]
"""Beside 172.16.112.1/24."""


UPDATES = {
    "more": ["172.16.112.1/24", *OLD, "172.16.214.1/24", "fd00::1/64"],
    "fewer": ["172.16.112.1/24", OLD[1], OLD[3]],
    "another primary": ["172.16.112.254/24", *OLD],
    "a secondary": ["172.16.112.1/24", "172.16.112.9/24", *OLD],
    "a secondary in its place": ["172.16.112.9/24", "172.16.112.1/24", "fd00:112::1/64"],
    "all others": ["10.1.2.3/25", "fd01::1/64"],
    "the primary alone": ["172.16.112.1/24"],
    "IPv6 alone": ["fd00:112::1/64", "fd02::1/64"],
}


@pytest.mark.parametrize("addresses", UPDATES.values(), ids=UPDATES)
def test_an_update_ends_with_exactly_the_new_addresses(world: World, addresses: List[str]) -> None:
    world.have(*OLD)
    subnet = next((address for address in addresses if ":" not in address), "")
    run = followed(world, action="update", subnet=subnet, addresses=addresses)
    assert run.execution.status == "succeeded", run.messages
    ipv4 = [address for address in addresses if ":" not in address]
    ipv6 = [address for address in addresses if ":" in address]
    found = world.present()
    assert found[:2] == list(CHANGES[:2])
    assert found[-2:] == list(CHANGES[-2:])
    assert sorted(found[2:-2]) == sorted(ipv4 + ipv6)
    shown = world.switch.cli("show running-config rbridge-id 21 interface Ve 112")
    secondary = ipv4[1:2] if "172.16.112.9/24" in ipv4 else []
    assert [line.split()[2] for line in shown.splitlines() if "secondary" in line] == secondary
    assert "(it was already)" not in run.message


def test_an_update_takes_back_what_somebody_has_added(world: World) -> None:
    world.have("172.16.212.1/24")
    run = followed(world, action="update")
    assert run.of("set_ve_ip")[0]["did"] == ["no 172.16.212.1/24"]
    assert world.present() == list(MADE)


def test_an_update_of_one_rbridge_leaves_the_other_alone(world: World) -> None:
    world.have()
    world.switch.edit(payloads.address(22, 112, "172.16.112.2/24"))
    before = world.present(rbridge=22)
    followed(world, action="update", subnet="172.16.112.9/24", addresses=["172.16.112.9/24"])
    assert world.present()[2:3] == ["172.16.112.9/24"]
    assert world.present(rbridge=22) == before


# What starts nothing.


def test_a_disabled_rule_does_nothing(world: World) -> None:
    world.st2.set_rule("docker.network-trigger", False)
    try:
        assert world.dispatch(triggers.NETWORK_EVENT, EVENT) == []
    finally:
        world.st2.set_rule("docker.network-trigger", True)
    assert world.present() == []
    assert list(world.switch.rpcs) == []


@pytest.mark.parametrize("action", ["create", "update", "destroy"])
def test_one_event_starts_one_workflow(world: World, action: str) -> None:
    runs: Dict[str, str] = {
        "create": "docker.docker-network-tor",
        "update": "docker.docker-network-tor",
        "destroy": "docker.docker-network-tor-remove",
    }
    assert followed(world, action=action).execution.action.ref == runs[action]
