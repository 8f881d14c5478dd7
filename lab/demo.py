"""`make demo`: the article from end to end, told on the terminal and checked on the switch.

Three acts: a network has been created; somebody changes the switch by hand, and it is repaired; the
network is removed. Each shows the screens that a person would look at, and returns what it claims,
with what the switch and StackStorm say to that. An act that did not go well is the last.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import time
from typing import Any, Dict, List, Optional, Set

from rich.console import Console
from rich.text import Text

from lab.rig import PORTS, RBRIDGE, Rig, rig
from lab.screens import Screens, took
from lab.stackstorm import Execution
from lab.switch import payloads

VLAN = 112
ADDRESS, SUBNET = "172.16.112.1/24", "172.16.112.0/24"
PARENT = f"eth0.{VLAN}"
NETWORK = "dockernetwork112"
ARGUMENTS = ["--driver=macvlan", f"--subnet={SUBNET}", "-o", f"parent={PARENT}", NETWORK]
PORT = PORTS["nos"]
SHOW_ALL = "show ip int brief"
SHOW_VE = f"show running-config rbridge-id {RBRIDGE} interface Ve {VLAN}"
SHOW_PORT = f"show running-config interface {PORT} | include allowed"
OTHERS = "10,20"
"""The VLANs that the port carries before, and after."""
WORKFLOW = "docker.docker-network-tor"
REMOVAL = "docker.docker-network-tor-remove"
DEADLINE = 60.0
"""Seconds for a sensor, a rule and a workflow; a StackStorm of its own takes about four."""
QUIET = 2.0
"""Seconds after a change of the switch within which the next would be a batch of the sensor's."""

Claims = Dict[str, bool]
"""What the demo claims, and whether it is true."""


def demo(console: Console, docker_host: Optional[str] = None) -> bool:
    """Play the article and what it left out; True only if all of it is so on the switch."""
    console.rule(Text("A switch, a Docker Engine and a StackStorm are starting ..."), align="left")
    claims: Claims = {}
    with rig(docker_host=docker_host) as lab:
        screens = Screens(console, lab)
        screens.where()
        screens.switch(SHOW_ALL, SHOW_PORT)
        create(screens)
        try:
            for act in (creation, drift, removal):
                claims.update(act(screens))
                if not all(claims.values()):
                    break
        finally:
            if docker_host:
                # It outlives the lab, and so would the network.
                with contextlib.suppress(OSError):
                    docker(lab, "rm", NETWORK)
    console.print()
    for claim, true in claims.items():
        screens.say(*((f" ✓ {claim}", "green") if true else (f" ✗ {claim}", "bold red")))
    return all(claims.values())


def create(screens: Screens) -> None:
    """The article's network. Raises OSError where it cannot be had."""
    lab = screens.lab
    screens.command(f"docker network create {' '.join(ARGUMENTS)}")
    if docker(lab, "create", *ARGUMENTS):
        screens.say("(by the docker CLI)", "dim")
    elif lab.engine is not None:
        lab.engine.create(NETWORK, parent=PARENT, subnets=[SUBNET])
        screens.say("(by the Engine API: there is no docker command here)", "dim")
    else:
        raise OSError("DOCKER_HOST is set, but there is no docker command to create a network with")


def creation(screens: Screens) -> Claims:
    """The article of 2016: what follows from its network."""
    lab = screens.lab
    run = follow(screens, WORKFLOW)
    if run is None:
        return {f"a run of {WORKFLOW} has ended within {DEADLINE:.0f} s": False}
    screens.execution(run)
    screens.switch(SHOW_ALL, SHOW_VE, SHOW_PORT)
    told = told_of(screens, f"Ve {VLAN} ")
    row = ["Ve", str(VLAN), ADDRESS.split("/")[0], "default-vrf", "up", "up"]
    rows = [line.split() for line in lab.switch.cli(SHOW_ALL).splitlines()]
    ve = ["  ip proxy-arp", f"  ip address {ADDRESS}", "  no shutdown"]
    # Which port a real engine's host is at, is not known.
    vlans = f"{OTHERS},{VLAN}" if lab.engine else OTHERS
    return {
        "the workflow succeeded": run.status == "succeeded",
        "so did each of its tasks": {one.status for one in lab.st2.children(run.id)}
        == {"succeeded"},
        f"Ve {VLAN} has its address and is up": row in rows,
        "the running config says so": lab.switch.cli(SHOW_VE).split("\n")[2:5] == ve,
        "the port carries what it should": carried(lab) == vlans,
        "the team was told, once": told == 1,
    }


def drift(screens: Screens) -> Claims:
    """Somebody shuts the Ve, gives it another address, and takes the VLAN from the port; reconcile
    shows it and repairs it."""
    lab = screens.lab

    def shown() -> List[str]:
        return [lab.switch.cli(line) for line in (SHOW_VE, SHOW_PORT)]

    screens.heading("Somebody changes the switch by hand")
    was = shown()
    lab.switch.edit(
        payloads.address(RBRIDGE, VLAN, ADDRESS, delete=True),
        payloads.address(RBRIDGE, VLAN, "172.31.255.1/24"),
        payloads.shutdown(RBRIDGE, VLAN),
        payloads.vlans_on(PORT, str(VLAN), "remove"),
    )
    screens.switch(SHOW_ALL, SHOW_PORT)
    drifted = shown()
    asked = reconcile(screens)
    untouched = shown() == drifted
    repaired = reconcile(screens, dry_run=False)
    screens.switch(SHOW_ALL, SHOW_PORT)
    same = shown() == was
    lab.switch.forget_rpcs()
    again = lab.st2.wait(lab.st2.run("docker.reconcile", {"dry_run": False}).id, DEADLINE)
    edits = [rpc for rpc in lab.switch.rpcs if rpc.operation == "edit-config"]
    findings = (asked.result.get("result") or {}).get("findings", [])
    standings = {finding["vlan"]: finding["standing"] for finding in findings}
    return {
        "reconcile saw the drift": standings.get(VLAN) == "drifted",
        "it changed nothing before it was told to": untouched,
        "then it put the switch right": repaired.status == "succeeded" and same,
        "and the next one sent no edit": again.status == "succeeded" and not edits,
    }


def removal(screens: Screens) -> Claims:
    """The network is removed, and the switch is as it was before there was one."""
    lab = screens.lab
    screens.heading("The network is removed")
    time.sleep(QUIET)
    screens.command(f"docker network rm {NETWORK}")
    if not docker(lab, "rm", NETWORK) and lab.engine is not None:
        lab.engine.remove(NETWORK)
    run = follow(screens, REMOVAL)
    if run is None:
        return {f"a run of {REMOVAL} has ended within {DEADLINE:.0f} s": False}
    screens.execution(run)
    screens.switch(SHOW_ALL, SHOW_PORT)
    left = re.findall(rf"<[\w-]+>{VLAN}</[\w-]+>", lab.switch.running.xml())
    return {
        "the removal succeeded": run.status == "succeeded",
        "nothing of the segment is left": not left and carried(lab) == OTHERS,
        "the team was told of the removal, once": told_of(screens, "is removed") == 1,
    }


def docker(lab: Rig, *words: str) -> bool:
    """Runs `docker network` against the lab's engine; False where there is no docker command.

    Raises OSError where it is refused.
    """
    found = shutil.which("docker")
    if found is None:
        return False
    done = subprocess.run(  # noqa: S603  # the lab's own arguments
        [found, "-H", lab.docker_host, "network", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode:
        raise OSError(f"docker network {words[0]} failed: {done.stderr.strip()}")
    return True


def follow(screens: Screens, ref: str) -> Optional[Execution]:
    """Tell of the tasks of a workflow as they end; its execution once that has ended, None if it
    does not. A real engine may have networks of its own: theirs are runs for other VLANs."""
    st2 = screens.lab.st2
    found: List[Execution] = []
    told: Set[str] = set()

    def ended() -> bool:
        found[:] = [one for one in st2.executions(action=ref) if one.parameters.get("vlan") == VLAN]
        for task in st2.children(found[0].id) if found else ():
            if task.completed and task.id not in told:
                told.add(task.id)
                screens.say(f"  {task.task}: {task.status} ({took(task.elapsed_seconds)})")
        return bool(found) and found[0].completed

    return found[0] if st2.until(ended, DEADLINE) else None


def told_of(screens: Screens, words: str) -> int:
    """Show the team's messages with these words; how many they are."""
    messages = [message for message in screens.lab.st2.messages if words in message.message]
    for message in messages:
        screens.message(message)
    return len(messages)


def reconcile(screens: Screens, **parameters: Any) -> Execution:
    """Run it as a person would, and show its table."""
    given = [f"{name}={str(value).lower()}" for name, value in parameters.items()]
    screens.command(" ".join(["st2", "run", "docker.reconcile", *given]))
    st2 = screens.lab.st2
    run = st2.wait(st2.run("docker.reconcile", parameters).id, DEADLINE)
    result: Dict[str, Any] = run.result.get("result") or {}
    screens.say(str(result.get("table") or result.get("error")))
    return run


def carried(lab: Rig) -> str:
    """The VLANs that the host's port carries."""
    return lab.switch.cli(SHOW_PORT).split()[-1]
