"""What the lab prints: the article's screens, as a terminal shows them."""

from __future__ import annotations

import contextlib
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Set

import yaml
from rich import box
from rich.console import Console, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from lab import client
from lab.rig import CHANNEL, PASSWORD, RBRIDGE, Rig
from lab.stackstorm import Event, Execution, Message

WIDE = 140
"""Columns that a table of executions takes with ids and actions; narrower terminals do without."""
NARROWEST = 100
"""Columns that the real client's tables need to be readable."""
NO_CLIENT = "(by the lab: there is no st2 command here; `make st2client` gets the real one)"

_STYLES = {"succeeded": "green", "failed": "bold red", "timeout": "bold red", "running": "cyan"}


def heading(text: str) -> RenderableType:
    """A line that begins a part of the story."""
    return Rule(Text(text, style="bold"), align="left")


def command(console: Console, line: str) -> None:
    """Something that somebody types."""
    console.print()
    console.print(Text("$ ", style="bold green") + Text(line, style="bold"), soft_wrap=True)


def switch(console: Console, lab: Rig, line: str) -> None:
    """A command on the switch's own command line, and its answer."""
    console.print()
    console.print(Text("vdx# ", style="bold blue") + Text(line, style="bold"))
    console.print(Text(lab.switch.cli(line).rstrip()), soft_wrap=True)


def where(console: Console, lab: Rig) -> None:
    """How the parts can be reached."""
    table = Table.grid(padding=(0, 2))
    table.add_row("Docker Engine", Text(lab.docker_host))
    table.add_row("switch", Text(f"{lab.switch.host}:{lab.switch.port} (NETCONF and CLI over SSH)"))
    table.add_row("StackStorm", Text(f"{lab.api_url} (ST2_API_URL)"))
    console.print(table)


def how_to(console: Console, lab: Rig) -> None:
    """How to talk to each part of a lab that stays up: lines to copy into another terminal."""
    where(console, lab)
    host, url = lab.docker_host, lab.api_url
    ssh = f"ssh -p {lab.switch.port} {lab.switch.username}@{lab.switch.host}"
    st2_command = client.shown()
    nos = lab.switch.platform == "nos"
    by_hand = (
        f"{st2_command} run docker.docker-network-tor host={lab.switch.host} vlan=113"
        f" subnet=172.16.113.1/24 rbridge_id={RBRIDGE} channel={CHANNEL}"
    )
    parts = {
        "Docker": [
            f"docker -H {host} network create --driver=macvlan --subnet=172.16.112.0/24"
            " -o parent=eth0.112 dockernetwork112",
            f"docker -H {host} network ls",
            f"docker -H {host} network rm dockernetwork112",
        ],
        f"the switch, whose password is {PASSWORD}": [
            *([f"{ssh} show ip int brief"] if nos else []),
            f"{ssh} -s netconf",
        ],
        "StackStorm": [
            *(["make st2client  # once: the real st2 command"] if not client.find() else []),
            f"export ST2_API_URL={url}",
            f"{st2_command} execution list",
            f"{st2_command} execution get last",
            *([by_hand] if nos else []),
        ],
        "chat, whose answers are shown here": [
            f"{st2_command} action-alias execute 'tor networks'",
        ],
    }
    for part, lines in parts.items():
        console.print()
        console.print(Text(part, style="bold"))
        for line in lines:
            console.print(Text(f"  {line}"), soft_wrap=True)


def took(seconds: Optional[float]) -> str:
    """How long something took, for a person; nothing while it is not known."""
    return "" if seconds is None else f"{seconds:.2f} s"


def status(name: str) -> Text:
    """An execution's status in its colour."""
    return Text(name, style=_STYLES.get(name, ""))


@contextlib.contextmanager
def progress(console: Console) -> Iterator[Callable[[List[Execution]], None]]:
    """Something to show a workflow's tasks with as they stand, again and again: a table, or, where
    there is no terminal to redraw, a line for each task that has ended."""
    told: Set[str] = set()

    def tell(tasks: List[Execution]) -> None:
        for task in tasks:
            if task.completed and task.id not in told:
                told.add(task.id)
                console.print(f"  {task.task}: {task.status} ({took(task.elapsed_seconds)})")

    if not console.is_terminal:
        yield tell
        return
    with Live(_tasks([]), console=console, transient=True) as live:
        yield lambda tasks: live.update(_tasks(tasks))


def _tasks(tasks: List[Execution]) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for task in tasks:
        seconds = Text(took(task.elapsed_seconds), style="dim")
        table.add_row(Text(f"  {task.task}"), status(task.status), seconds)
    if not tasks:
        table.add_row(Text("  waiting for the sensor ...", style="dim"))
    return table


def st2(console: Console, lab: Rig, arguments: Sequence[str]) -> bool:
    """What the real `st2` command prints about the lab's StackStorm; False, and nothing is printed,
    where there is no such command; False and why where it fails."""
    found = client.find()
    if found is None:
        return False
    width = max(console.width, NARROWEST)
    try:
        text = client.run(found, lab.api_url, arguments, width=width, colour=console.is_terminal)
    except client.ClientFailed as error:
        console.print(Text(f"({found} fails: {error})", style="red"), soft_wrap=True)
        return False
    console.print(Text.from_ansi(text.strip("\n")), soft_wrap=True)
    return True


def get_execution(console: Console, lab: Rig, run: Execution, tasks: List[Execution]) -> None:
    """The article's screen, `st2 execution get`: by the real client, else the lab's own."""
    command(console, f"st2 execution get {run.id}")
    if client.find() is None:
        console.print(Text(NO_CLIENT, style="dim"))
    if not st2(console, lab, ["execution", "get", run.id]):
        execution(console, run, tasks)


def execution(console: Console, run: Execution, tasks: List[Execution]) -> None:
    """An execution as `st2 execution get` prints it, its tasks with how long each took."""
    shown = run.to_dict()
    fields: Dict[str, Any] = {
        "id": run.id,
        "action.ref": run.action.ref,
        "parameters": shown["parameters"],
        "status": f"{run.status} ({took(run.elapsed_seconds)} elapsed)",
        "start_timestamp": shown["start_timestamp"],
        "end_timestamp": shown["end_timestamp"],
        "result": shown["result"],
    }
    for name, value in fields.items():
        text = value if isinstance(value, str) else _block(value)
        console.print(Text(f"{name}: ", style="blue") + Text(text), soft_wrap=True)
    table = Table(box=box.ASCII)
    wide = console.width >= WIDE
    for column in (
        ("id", "status", "task", "action", "took") if wide else ("status", "task", "took")
    ):
        table.add_column(column, no_wrap=True)
    for task in tasks:
        first, last = (status(task.status), task.task), took(task.elapsed_seconds)
        row = (task.id, *first, task.action.ref, last) if wide else (*first, last)
        table.add_row(*row)
    console.print(table)


def _block(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=False, sort_keys=True, allow_unicode=True)
    return "\n" + "\n".join(f"  {line}" for line in text.rstrip().splitlines())


def message(console: Console, posted: Message) -> None:
    """A chat message."""
    console.print()
    console.print(Panel(Text(posted.message), title=f"#{posted.channel}", title_align="left"))


def news(event: Event) -> Optional[Text]:
    """A line for what has just happened in the lab's StackStorm; None for what nobody waits to
    see."""
    data = event.data
    if event.kind == "execution" and data["elapsed_seconds"] is not None:
        name = f"  {data['task']}" if data["task"] else data["action"]
        seconds = Text(f" {took(data['elapsed_seconds'])}", style="dim")
        return Text(f"{name} ") + status(data["status"]) + seconds
    of_the_pack = data.get("trigger", "").startswith("docker.")
    if event.kind == "trigger_instance" and data["status"] == "processed" and of_the_pack:
        return Text(f"{data['trigger']} ", style="cyan") + Text(str(data["trace_tag"]))
    if event.kind == "message":
        return Text(f"#{data['channel']}: ", style="magenta") + Text(data["message"])
    if event.kind == "sensor":
        return Text(f"sensor: {data.get('line') or data['state']}", style="dim")
    return None
