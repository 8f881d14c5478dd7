"""`make demo`: the article from end to end, told on the terminal and checked on the switch."""

from __future__ import annotations

import sys
import threading
import time
from typing import Callable, Dict, List, Optional

from rich.console import Console
from rich.live import Live
from rich.text import Text

from lab import acts, screens
from lab.acts import Check
from lab.rig import RBRIDGE, Rig, create_network, remove_network, rig
from lab.stackstorm import Event, Execution

VLAN = 112
ADDRESS = "172.16.112.1/24"
NETWORK = "dockernetwork112"
ARGUMENTS = ["--driver=macvlan", "--subnet=172.16.112.0/24", "-o", f"parent=eth0.{VLAN}", NETWORK]
WORKFLOW = "docker.docker-network-tor"
DEADLINE = 60.0
"""Seconds for a sensor, a rule and a workflow; a StackStorm of its own takes about four."""


class Watch:
    """Follows the workflow's run for the demo's VLAN as the lab tells of it.

    A real engine may have networks of its own; theirs are runs of the same workflow.
    """

    def __init__(self) -> None:
        self._executions: Dict[str, screens.State] = {}
        self._changed = threading.Condition()
        self.vlan_of: Callable[[str], object] = lambda _execution: None
        """Tells the VLAN that an execution was started for."""

    def __call__(self, event: Event) -> None:
        """Take in an event of the lab's StackStorm; called from its threads."""
        if event.kind == "execution":
            with self._changed:
                self._executions[event.data["id"]] = event.data
                self._changed.notify_all()

    def workflow(self, ref: str = WORKFLOW) -> Optional[screens.State]:
        """The latest run of a workflow, if there is one."""
        with self._changed:
            runs = [one for one in self._executions.values() if one["action"] == ref]
        return next((one for one in reversed(runs) if self.vlan_of(one["id"]) == VLAN), None)

    def tasks(self, ref: str = WORKFLOW) -> List[screens.State]:
        """The tasks of that run, in order."""
        run = self.workflow(ref)
        with self._changed:
            return [one for one in self._executions.values() if run and one["parent"] == run["id"]]

    def wait(self, done: Callable[[], bool], deadline: float, tick: Callable[[], None]) -> bool:
        """Wait until `done`, calling `tick` at each change; False at the deadline (monotonic)."""
        while not done():
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            with self._changed:
                self._changed.wait(min(left, 0.1))
            tick()
        return True


def demo(console: Console, docker_host: Optional[str] = None) -> bool:
    """Play the article and what it left out; True only if all of it is so on the switch."""
    watch = Watch()
    scene = acts.Scene(VLAN, ADDRESS, NETWORK)
    console.print(screens.heading("A switch, a Docker Engine and a StackStorm are starting ..."))
    with rig(watch, docker_host=docker_host) as lab:
        watch.vlan_of = lambda execution: lab.st2.execution(execution).parameters.get("vlan")
        screens.where(console, lab)
        try:
            found = article(console, lab, watch)
            if found is None:
                return False
            found += acts.drift(console, lab, scene)
        finally:
            if docker_host and sys.exc_info()[0]:
                remove_network(lab, NETWORK)
        found += acts.removal(console, lab, scene, lambda ref: follow(console, lab, watch, ref))
        return verdict(console, found)


def article(console: Console, lab: Rig, watch: Watch) -> Optional[List[Check]]:
    """The article of 2016; None if it does not come to its end."""
    screens.switch(console, lab, "show ip int brief")
    screens.command(console, f"docker network create {' '.join(ARGUMENTS)}")
    console.print(Text(f"({create_network(lab, ARGUMENTS)})", style="dim"))
    run = follow(console, lab, watch, WORKFLOW)
    if run is None:
        console.print(Text(f"no finished run of {WORKFLOW} in {DEADLINE:.0f} s", style="red"))
        return None
    tasks = lab.st2.children(run.id)
    tell(console, lab, run, tasks)
    return checks(lab, run, tasks)


def follow(console: Console, lab: Rig, watch: Watch, ref: str) -> Optional[Execution]:
    """Show a workflow's run as it goes; the execution once it has ended, None if it does not."""

    def ended() -> bool:
        run = watch.workflow(ref)
        return run is not None and run["elapsed_seconds"] is not None

    def tasks() -> List[screens.State]:
        return watch.tasks(ref)

    deadline = time.monotonic() + DEADLINE
    if not console.is_terminal:
        finished = watch.wait(ended, deadline, screens.Ticker(console, tasks))
    else:
        with Live(screens.progress(tasks()), console=console, transient=True) as live:
            finished = watch.wait(ended, deadline, lambda: live.update(screens.progress(tasks())))
    run = watch.workflow(ref)
    return lab.st2.execution(run["id"]) if finished and run is not None else None


def tell(console: Console, lab: Rig, run: Execution, tasks: List[Execution]) -> None:
    """What the article shows: the execution, the switch afterwards, the message."""
    screens.get_execution(console, lab, run, tasks)
    screens.switch(console, lab, "show ip int brief")
    screens.switch(console, lab, f"show running-config rbridge-id {RBRIDGE} interface Ve {VLAN}")
    for message in lab.st2.messages:
        if f"Ve {VLAN} " in message.message:
            screens.message(console, message)


def checks(lab: Rig, run: Execution, tasks: List[Execution]) -> List[Check]:
    """Each thing the demo has shown, looked up where it is true or not."""
    row = next(
        (
            line.split()
            for line in lab.switch.cli("show ip int brief").splitlines()
            if f"Ve {VLAN} " in line
        ),
        [],
    )
    shown = lab.switch.cli(f"show running-config rbridge-id {RBRIDGE} interface Ve {VLAN}")
    messages = [message for message in lab.st2.messages if f"Ve {VLAN} " in message.message]
    return [
        Check("the workflow succeeded", run.status == "succeeded"),
        Check("its six tasks succeeded", [one.status for one in tasks] == ["succeeded"] * 6),
        Check(
            f"Ve {VLAN} has its address and is up",
            row == ["Ve", str(VLAN), ADDRESS.split("/")[0], "default-vrf", "up", "up"],
        ),
        Check(
            "the running config says so",
            shown.split("\n")[2:5]
            == ["  ip proxy-arp", f"  ip address {ADDRESS}", "  no shutdown"],
        ),
        Check("the team was told, once", len(messages) == 1),
    ]


def verdict(console: Console, found: List[Check]) -> bool:
    """Print the claims with a mark each."""
    console.print()
    for check in found:
        mark, style = ("✓", "green") if check.true else ("✗", "bold red")
        console.print(Text(f" {mark} {check.claim}", style=style))
    return all(check.true for check in found)
