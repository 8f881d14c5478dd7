"""What the demo plays after the article: drift that is repaired, and a network that goes."""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from rich.console import Console
from rich.text import Text

from lab import screens
from lab.rig import RBRIDGE, Rig, remove_network
from lab.stackstorm import Execution
from lab.switch import payloads, rules

DEADLINE = 60.0
"""Seconds for each thing that is waited for."""
QUIET = 2.0
"""Seconds after a change of the switch within which the next would be a batch of the sensor's."""
REMOVAL = "docker.docker-network-tor-remove"


class Check(NamedTuple):
    """Something the demo claims, and whether the switch's datastore agrees."""

    claim: str
    true: bool


class Scene(NamedTuple):
    """What the acts are about: a segment, and the network that it is for."""

    vlan: int
    address: str
    network: str


def drift(console: Console, lab: Rig, scene: Scene) -> List[Check]:
    """Somebody shuts the Ve and gives it another address; reconcile shows it and repairs it."""
    console.print()
    console.print(screens.heading("Somebody changes the switch by hand"))
    was = segment(lab, scene.vlan)
    wrong = "172.31.255.1/24"
    lab.switch.edit(
        payloads.address(RBRIDGE, scene.vlan, scene.address, delete=True),
        payloads.address(RBRIDGE, scene.vlan, wrong),
        payloads.shutdown(RBRIDGE, scene.vlan),
    )
    screens.switch(console, lab, "show ip int brief")
    drifted = segment(lab, scene.vlan)
    asked = _run(console, lab, "docker.reconcile", {})
    untouched = segment(lab, scene.vlan) == drifted
    _show(console, asked)
    repaired = _run(console, lab, "docker.reconcile", {"dry_run": False})
    _show(console, repaired)
    screens.switch(console, lab, "show ip int brief")
    same = segment(lab, scene.vlan) == was
    edits = _edits(lab)
    again = _run(console, lab, "docker.reconcile", {"dry_run": False}, quietly=True)
    return [
        Check("reconcile saw the drift", _standings(asked).get(scene.vlan) == "drifted"),
        Check("it changed nothing before it was told to", untouched),
        Check("then it put the switch right", repaired.status == "succeeded" and same),
        Check(
            "and the next one sent no edit", again.status == "succeeded" and _edits(lab) == edits
        ),
    ]


def removal(
    console: Console, lab: Rig, scene: Scene, follow: Callable[[str], Optional[Execution]]
) -> List[Check]:
    """The network is removed, and the switch is as it was before there was one."""
    console.print()
    console.print(screens.heading("The network is removed"))
    time.sleep(QUIET)
    screens.command(console, f"docker network rm {scene.network}")
    remove_network(lab, scene.network)
    run = follow(REMOVAL)
    if run is None:
        return [Check(f"a run of {REMOVAL} has ended within {DEADLINE:.0f} s", False)]
    screens.get_execution(console, lab, run, lab.st2.children(run.id))
    screens.switch(console, lab, "show ip int brief")
    told = [message for message in lab.st2.messages if "is removed" in message.message]
    for message in told:
        screens.message(console, message)
    return [
        Check("the removal succeeded", run.status == "succeeded"),
        Check("nothing of the segment is left", segment(lab, scene.vlan) == [None] * 3),
        Check("the team was told of the removal, once", len(told) == 1),
    ]


def segment(lab: Rig, vlan: int) -> List[Any]:
    """All that the running config has of a VLAN: itself, its global Ve, its Ve on the rbridge."""
    tree, key = lab.switch.running.tree, str(vlan)
    rbridge = rules.rbridges(tree)[str(RBRIDGE)]
    return [
        rules.vlans(tree).get(key),
        rules.global_ves(tree).get(key),
        rules.ves(rbridge).get(key),
    ]


def _run(
    console: Console, lab: Rig, ref: str, parameters: Dict[str, Any], quietly: bool = False
) -> Execution:
    if not quietly:
        given = [f"{name}={str(value).lower()}" for name, value in parameters.items()]
        screens.command(console, " ".join(["st2", "run", ref, *given]))
    return lab.st2.wait(lab.st2.run(ref, parameters).id, DEADLINE)


def _show(console: Console, run: Execution) -> None:
    result = run.result.get("result") or {}
    console.print(Text(str(result.get("table") or result.get("error"))), soft_wrap=True)


def _standings(run: Execution) -> Dict[int, str]:
    findings = (run.result.get("result") or {}).get("findings", [])
    return {finding["vlan"]: finding["standing"] for finding in findings}


def _edits(lab: Rig) -> int:
    return sum(rpc.operation == "edit-config" for rpc in lab.switch.rpcs)
