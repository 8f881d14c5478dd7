"""A lab as the documents speak of it, and what a reader has before each block."""

import contextlib
import tempfile
from pathlib import Path
from typing import Iterator

from conftest import PACK
from documents import Block

from lab import rig
from lab.engine import Engine
from lab.rig import Rig
from lab.stackstorm import StackStorm
from lab.stackstorm.api import ApiServer
from lab.switch import Switch

WAIT = 60.0
NETWORK = "dockernetwork112"
WORKFLOW = "docker.docker-network-tor"


@contextlib.contextmanager
def up() -> Iterator[Rig]:
    """A lab whose engine and switch are named as the documents name theirs."""
    with contextlib.ExitStack() as stack:
        switch = stack.enter_context(Switch(password=rig.PASSWORD, rbridge_ids=(rig.RBRIDGE,)))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="documents-")))
        engine = stack.enter_context(Engine(unix=str(folder / "docker.sock"), tcp=("127.0.0.1", 0)))
        settings = rig.config({"name": "host1", "url": engine.unix_url}, switch)
        limits = {"vlans": "100-199,300", "subnets": ["172.16.0.0/16"]}
        settings["switches"][0].update(name="tor1", **limits)
        api = stack.enter_context(ApiServer(0))
        st2 = stack.enter_context(StackStorm(PACK, settings, api_url=api.url))
        stack.enter_context(api.serving(st2))
        st2.datastore.set("vdx_password", rig.PASSWORD, secret=True)
        st2.start_sensors()
        yield Rig(switch, engine, engine.tcp_url, st2, api.url)


def scene(lab: Rig, block: Block) -> None:
    """As a reader has it: the rules enabled, and the network there unless the block makes it."""
    for ref, rule in lab.st2.pack.rules.items():
        lab.st2.set_rule(ref, rule.enabled)
    assert lab.engine is not None
    there = any(network["Name"] == NETWORK for network in lab.engine.networks())
    if "docker network create" in block.text:
        if there:
            lab.engine.remove(NETWORK)
            settled(lab, False)
    elif not there:
        lab.engine.create(NETWORK, parent="eth0.112", subnets=["172.16.112.0/24"])
        settled(lab, True)


def settled(lab: Rig, there: bool) -> None:
    """Wait until the switch has what the network calls for, and its run has ended."""

    def done() -> bool:
        runs = [run for run in lab.st2.executions() if run.action.ref.startswith(WORKFLOW)]
        shown = "Ve 112 " in lab.switch.cli("show ip int brief")
        return shown == there and all(run.end_timestamp for run in runs)

    assert lab.st2.until(done, WAIT)
