"""`make demo`: the article from end to end, told on the terminal and checked on the switch.

Three acts: a network is created; somebody changes the switch by hand, and it is repaired; the
network is removed. Each shows the screens that a person would look at, and returns what it claims,
with what the switch's datastore and StackStorm say to that.
"""

from __future__ import annotations

import sys
import time
from typing import Any, Dict, List, NamedTuple, Optional

from rich.console import Console
from rich.text import Text

from lab import screens
from lab.rig import PORTS, RBRIDGE, Rig, create_network, remove_network, rig
from lab.stackstorm import Execution
from lab.switch import payloads, rules

VLAN = 112
ADDRESS = "172.16.112.1/24"
NETWORK = "dockernetwork112"
ARGUMENTS = ["--driver=macvlan", "--subnet=172.16.112.0/24", "-o", f"parent=eth0.{VLAN}", NETWORK]
PORT = PORTS["nos"]
SHOW_PORT = f"show running-config interface {PORT} | include allowed"
OTHERS = "10,20"
"""The VLANs that the port carries before, and after."""
WORKFLOW = "docker.docker-network-tor"
REMOVAL = "docker.docker-network-tor-remove"
DEADLINE = 60.0
"""Seconds for a sensor, a rule and a workflow; a StackStorm of its own takes about four."""
QUIET = 2.0
"""Seconds after a change of the switch within which the next would be a batch of the sensor's."""


class Check(NamedTuple):
    """Something the demo claims, and whether it is true."""

    claim: str
    true: bool


def demo(console: Console, docker_host: Optional[str] = None) -> bool:
    """Play the article and what it left out; True only if all of it is so on the switch."""
    console.print(screens.heading("A switch, a Docker Engine and a StackStorm are starting ..."))
    with rig(docker_host=docker_host) as lab:
        screens.where(console, lab)
        try:
            found = creation(console, lab)
            if found is None:
                return False
            found += drift(console, lab)
        finally:
            if docker_host and sys.exc_info()[0]:
                remove_network(lab, NETWORK)
        found += removal(console, lab)
        return verdict(console, found)


def creation(console: Console, lab: Rig) -> Optional[List[Check]]:
    """The article of 2016; None if it does not come to its end."""
    screens.switch(console, lab, "show ip int brief")
    screens.switch(console, lab, SHOW_PORT)
    screens.command(console, f"docker network create {' '.join(ARGUMENTS)}")
    console.print(Text(f"({create_network(lab, ARGUMENTS)})", style="dim"))
    run = follow(console, lab, WORKFLOW)
    if run is None:
        console.print(Text(f"no finished run of {WORKFLOW} in {DEADLINE:.0f} s", style="red"))
        return None
    tasks = lab.st2.children(run.id)
    shown_ve = f"show running-config rbridge-id {RBRIDGE} interface Ve {VLAN}"
    screens.get_execution(console, lab, run, tasks)
    screens.switch(console, lab, "show ip int brief")
    screens.switch(console, lab, shown_ve)
    screens.switch(console, lab, SHOW_PORT)
    messages = [message for message in lab.st2.messages if f"Ve {VLAN} " in message.message]
    for message in messages:
        screens.message(console, message)
    # Which port a real engine's host is at, is not known.
    count, vlans = (7, f"{OTHERS},{VLAN}") if lab.engine else (6, OTHERS)
    row = ["Ve", str(VLAN), ADDRESS.split("/")[0], "default-vrf", "up", "up"]
    rows = [line.split() for line in lab.switch.cli("show ip int brief").splitlines()]
    return [
        Check("the workflow succeeded", run.status == "succeeded"),
        Check("so did each of its tasks", [one.status for one in tasks] == ["succeeded"] * count),
        Check(f"Ve {VLAN} has its address and is up", row in rows),
        Check(
            "the running config says so",
            lab.switch.cli(shown_ve).split("\n")[2:5]
            == ["  ip proxy-arp", f"  ip address {ADDRESS}", "  no shutdown"],
        ),
        Check("the port carries what it should", carried(lab) == vlans),
        Check("the team was told, once", len(messages) == 1),
    ]


def carried(lab: Rig) -> str:
    """The VLANs that the host's port carries."""
    return lab.switch.cli(SHOW_PORT).split()[-1]


def drift(console: Console, lab: Rig) -> List[Check]:
    """Somebody shuts the Ve, gives it another address, and takes the VLAN from the port; reconcile
    shows it and repairs it."""
    console.print()
    console.print(screens.heading("Somebody changes the switch by hand"))
    was = segment(lab)
    lab.switch.edit(
        payloads.address(RBRIDGE, VLAN, ADDRESS, delete=True),
        payloads.address(RBRIDGE, VLAN, "172.31.255.1/24"),
        payloads.shutdown(RBRIDGE, VLAN),
        payloads.vlans_on(PORT, str(VLAN), "remove"),
    )
    screens.switch(console, lab, "show ip int brief")
    screens.switch(console, lab, SHOW_PORT)
    drifted = segment(lab)
    asked = reconcile(console, lab)
    untouched = segment(lab) == drifted
    repaired = reconcile(console, lab, dry_run=False)
    screens.switch(console, lab, "show ip int brief")
    screens.switch(console, lab, SHOW_PORT)
    same = segment(lab) == was
    lab.switch.forget_rpcs()
    again = lab.st2.wait(lab.st2.run("docker.reconcile", {"dry_run": False}).id, DEADLINE)
    edits = [rpc for rpc in lab.switch.rpcs if rpc.operation == "edit-config"]
    findings = (asked.result.get("result") or {}).get("findings", [])
    standings = {finding["vlan"]: finding["standing"] for finding in findings}
    return [
        Check("reconcile saw the drift", standings.get(VLAN) == "drifted"),
        Check("it changed nothing before it was told to", untouched),
        Check("then it put the switch right", repaired.status == "succeeded" and same),
        Check("and the next one sent no edit", again.status == "succeeded" and not edits),
    ]


def reconcile(console: Console, lab: Rig, **parameters: Any) -> Execution:
    """Run it as a person would, and show its table."""
    given = [f"{name}={str(value).lower()}" for name, value in parameters.items()]
    screens.command(console, " ".join(["st2", "run", "docker.reconcile", *given]))
    run = lab.st2.wait(lab.st2.run("docker.reconcile", parameters).id, DEADLINE)
    result: Dict[str, Any] = run.result.get("result") or {}
    console.print(Text(str(result.get("table") or result.get("error"))), soft_wrap=True)
    return run


def removal(console: Console, lab: Rig) -> List[Check]:
    """The network is removed, and the switch is as it was before there was one."""
    console.print()
    console.print(screens.heading("The network is removed"))
    time.sleep(QUIET)
    screens.command(console, f"docker network rm {NETWORK}")
    remove_network(lab, NETWORK)
    run = follow(console, lab, REMOVAL)
    if run is None:
        return [Check(f"a run of {REMOVAL} has ended within {DEADLINE:.0f} s", False)]
    screens.get_execution(console, lab, run, lab.st2.children(run.id))
    screens.switch(console, lab, "show ip int brief")
    screens.switch(console, lab, SHOW_PORT)
    told = [message for message in lab.st2.messages if "is removed" in message.message]
    for message in told:
        screens.message(console, message)
    return [
        Check("the removal succeeded", run.status == "succeeded"),
        Check("nothing of the segment is left", segment(lab) == [None] * 3 + [OTHERS]),
        Check("the team was told of the removal, once", len(told) == 1),
    ]


def segment(lab: Rig) -> List[Any]:
    """What the running config has of the VLAN: itself, its global Ve, its Ve on the rbridge; and
    which VLANs the host's port carries."""
    tree, key = lab.switch.running.tree, str(VLAN)
    parts = (
        rules.vlans(tree),
        rules.global_ves(tree),
        rules.ves(rules.rbridges(tree)[str(RBRIDGE)]),
    )
    return [*(part.get(key) for part in parts), carried(lab)]


def follow(console: Console, lab: Rig, ref: str) -> Optional[Execution]:
    """Show a workflow's run for the VLAN as it goes; the execution once it has ended, None if it
    does not. A real engine may have networks of its own: theirs are runs of the same workflow."""

    def run() -> Optional[Execution]:
        runs = [one for one in lab.st2.executions() if one.action.ref == ref]
        return next((one for one in runs if one.parameters.get("vlan") == VLAN), None)

    with screens.progress(console) as show:

        def ended() -> bool:
            one = run()
            show(lab.st2.children(one.id) if one else [])
            return one is not None and one.completed

        return run() if lab.st2.until(ended, DEADLINE) else None


def verdict(console: Console, found: List[Check]) -> bool:
    """Print the claims with a mark each."""
    console.print()
    for check in found:
        mark, style = ("✓", "green") if check.true else ("✗", "bold red")
        console.print(Text(f" {mark} {check.claim}", style=style))
    return all(check.true for check in found)
