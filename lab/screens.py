"""What the lab prints: the article's screens, as a terminal shows them."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional, Set

import yaml
from rich.console import Console, RenderableType
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from lab.rig import Rig
from lab.stackstorm import Event, Execution, Message

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
    console.print(table)


def elapsed(execution: Execution) -> str:
    """How long an execution took, or has taken so far, for a person."""
    seconds = execution.elapsed_seconds
    return "" if seconds is None else f"{seconds:.2f} s"


def status(execution: Execution) -> Text:
    """An execution's status in its colour."""
    return Text(execution.status, style=_STYLES.get(execution.status, ""))


def progress(tasks: List[Execution]) -> RenderableType:
    """The tasks as they stand."""
    table = Table.grid(padding=(0, 2))
    for task in tasks:
        table.add_row(Text(f"  {task.task_name}"), status(task), Text(elapsed(task), style="dim"))
    if not tasks:
        table.add_row(Text("  waiting for the sensor ...", style="dim"))
    return table


class Ticker:
    """Live progress where there is no terminal to redraw: a line for each task that ends."""

    def __init__(self, console: Console, tasks: Callable[[], List[Execution]]) -> None:
        self._console = console
        self._tasks = tasks
        self._told: Set[str] = set()

    def __call__(self) -> None:
        for task in self._tasks():
            if task.completed and task.id not in self._told:
                self._told.add(task.id)
                self._console.print(f"  {task.task_name}: {task.status} ({elapsed(task)})")


def execution(console: Console, run: Execution, tasks: List[Execution]) -> None:
    """An execution as `st2 execution get` prints it, its tasks with how long each took."""
    fields: Dict[str, Any] = {
        "id": run.id,
        "action.ref": run.action_ref,
        "parameters": run.parameters,
        "status": f"{run.status} ({elapsed(run)} elapsed)",
        "start_timestamp": str(run.start_timestamp),
        "end_timestamp": str(run.end_timestamp),
        "result": run.result,
    }
    for name, value in fields.items():
        shown = value if isinstance(value, str) else _block(value)
        console.print(Text(f"{name}: ", style="blue") + Text(shown), soft_wrap=True)
    table = Table(show_lines=False)
    for column in ("id", "status", "task", "action", "took"):
        table.add_column(column, overflow="fold")
    for task in tasks:
        table.add_row(task.id, status(task), task.task_name, Text(task.action_ref), elapsed(task))
    console.print(table)


def _block(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=False, sort_keys=True, allow_unicode=True)
    return "\n" + "\n".join(f"  {line}" for line in text.rstrip().splitlines())


def message(console: Console, posted: Message) -> None:
    """A chat message."""
    console.print()
    console.print(Panel(Text(posted.message), title=f"#{posted.channel}", title_align="left"))


def news(event: Event) -> Optional[Text]:
    """A line for what has just happened in the lab's StackStorm; None for what nobody waits to see."""
    if event.execution is not None and event.execution.completed:
        run = event.execution
        name = f"  {run.task_name}" if run.task_name else run.action_ref
        return Text(f"{name} ") + status(run) + Text(f" {elapsed(run)}", style="dim")
    if event.message is not None:
        return Text(f"#{event.message.channel}: ", style="magenta") + Text(event.message.message)
    return None
