"""Chat with the whole pack in the lab: its own actions, a switch, an engine, and hostile names."""

import re
from typing import Iterator

import hostile
import pytest

pytest.importorskip("asyncssh", reason="the lab's switch simulator needs asyncssh")
pytest.importorskip("lab.stackstorm", reason="the lab's StackStorm needs orquesta")

from lab.engine import Engine
from lab.rig import PASSWORD, RBRIDGE, Rig, rig
from lab.stackstorm import Reply
from lab.switch import payloads

WAIT = 60.0
HOSTILE = "\n".join(hostile.NAMES)
"""One name of a network that has all of it in it."""


@pytest.fixture(scope="module")
def lab() -> Iterator[Rig]:
    """Two networks: one that anybody could have, and one whose name is an attack."""
    with rig() as running:
        assert running.engine is not None
        running.engine.create("net112", parent="eth0.112", subnets=["172.16.112.0/24"])
        running.engine.create(HOSTILE, parent="eth0.113", subnets=["172.16.113.0/24"])
        assert running.st2.until(lambda: len(running.st2.messages) == 2, WAIT)
        assert all("in service" in message.message for message in running.st2.messages)
        yield running


def chat(lab: Rig, line: str, color: str = "good") -> str:
    """What chat reads: one block of code that nothing gets out of, and how it went."""
    reply: Reply = lab.st2.chat(line, timeout=WAIT)
    assert reply.message is not None, reply.failure
    assert reply.message.extra is not None
    shown = reply.message.message
    assert reply.message.extra["slack"]["color"] == color, shown
    before, block, after = shown.split("```")
    assert before == ""
    assert re.fullmatch(
        rf"\ndocker\.[\w.]+ \w+ in \d+\.\d s \(execution {reply.execution.id}\)", after
    )
    assert not re.search(r"<[!@\w]|@\w|\{\{|\{%|<%|\{~\}", shown)
    # Some of the names have the name of the key in them.
    assert PASSWORD not in shown.replace("vdx_password", "")
    return block


def test_networks(lab: Rig) -> None:
    shown = chat(lab, "tor networks")
    rows = [line for line in shown.splitlines() if re.search(r"\b11[23]\b", line)]
    assert len(rows) == 2
    assert any("net112" in row for row in rows)


def test_plan(lab: Rig) -> None:
    for line in ("tor plan net112", "tor plan 112 on vdx"):
        shown = chat(lab, line)
        assert "172.16.112.1/24" in shown, line
        assert "172.16.113.1/24" not in shown, line
    for line in ("tor plan", "tor plan on vdx", "tor reconcile on vdx"):
        assert "172.16.113.1/24" in chat(lab, line), line


def test_show_ve(lab: Rig) -> None:
    shown = chat(lab, "tor show ve 113 on vdx")
    assert "172.16.113.1/24" in shown
    assert shown.split() == chat(lab, "tor show ve 113").split()


def test_a_drift_is_shown_and_then_repaired(lab: Rig) -> None:
    def wrong() -> bool:
        return "172.31.255.1/24" in lab.switch.cli("show running-config")

    def drift(vlan: int) -> None:
        own = f"172.16.{vlan}.1/24"
        lab.switch.edit(
            payloads.address(RBRIDGE, vlan, own, delete=True),
            payloads.address(RBRIDGE, vlan, "172.31.255.1/24"),
        )

    drift(112)
    assert "172.31.255.1/24" in chat(lab, "tor reconcile")
    assert wrong()
    assert "Repaired: remove 172.31.255.1/24" in chat(lab, "tor reconcile apply on vdx")
    assert not wrong()
    drift(112)
    chat(lab, "tor apply net112")
    assert not wrong()


def test_what_a_network_still_uses_is_not_removed(lab: Rig) -> None:
    assert "in use by net112" in chat(lab, "tor remove vlan 112 on vdx", "danger")
    assert "172.16.112.1/24" in chat(lab, "tor show ve 112")


def test_what_nothing_uses_is_removed(lab: Rig) -> None:
    lab.st2.wait(
        lab.st2.run(
            "docker.docker-network-tor",
            {"host": "vdx", "vlan": 114, "subnet": "172.16.114.1/24", "rbridge_id": RBRIDGE},
        ).id,
        WAIT,
    )
    assert "172.16.114.1/24" in chat(lab, "tor show ve 114")
    assert "Ve 114 of vdx is removed." in chat(lab, "tor remove vlan 114")
    assert "172.16.114.1/24" not in chat(lab, "tor show ve 114")


def test_the_doctor(lab: Rig) -> None:
    assert "0 failed" in chat(lab, "tor doctor")


def test_an_engine_without_its_disk_until_a_person_says_that_it_is_right() -> None:
    with rig() as lab:
        assert lab.engine is not None
        lab.engine.create("net112", parent="eth0.112", subnets=["172.16.112.0/24"])

        def told(what: str) -> bool:
            return lab.st2.until(lambda: any(what in one.message for one in lab.st2.messages), WAIT)

        assert told("in service")
        lab.engine.stop()
        with Engine(unix=lab.engine.unix_url[len("unix://") :]):
            assert told("and its networks: It lists 0 of the 1 network that it had")
            run = lab.st2.run("docker.docker-network-tor-reconcile", {})
            assert lab.st2.wait(run.id, WAIT).status == "succeeded"
            for line in ("tor networks", "tor reconcile"):
                assert "It lists 0 of the 1 network" in chat(lab, line), line
            assert "Ve 112" in lab.switch.cli("show ip interface brief")
            assert "(1 network) is released" in chat(lab, "tor reconcile apply")
            assert told("is removed, since no network uses it: net112 is gone")
            assert told("and its networks: What was missing has been released, and goes.")
            assert "Ve 112" not in lab.switch.cli("show ip interface brief")
