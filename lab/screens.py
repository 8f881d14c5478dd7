"""What the lab prints: the article's screens, as a terminal shows them."""

from __future__ import annotations

from textwrap import indent
from typing import Optional

import yaml
from rich import box
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from lab import client
from lab.rig import CHANNEL, PASSWORD, RBRIDGE, Rig
from lab.stackstorm import Event, Execution, Message

WIDE = 140
"""Columns where there is no terminal: what a table of the real client's takes."""
NARROWEST = 100
"""Columns that the real client's tables need to be readable."""
NO_CLIENT = "(by the lab: there is no st2 command here; `make st2client` gets the real one)"

HOW_TO = """
Docker
  {docker} create --driver=macvlan --subnet=172.16.112.0/24 -o parent=eth0.112 dockernetwork112
  {docker} ls
  {docker} rm dockernetwork112

The switch, whose password is {password}
  {ssh} -s netconf

StackStorm
  make st2client  # once: the real st2 command
  export ST2_API_URL={url}
  {st2} execution list
  {st2} execution get last

Chat, whose answers are shown here
  {st2} action-alias execute 'tor networks'
"""
HOW_TO_NOS = """
As it is a VDX
  {ssh} show ip int brief
  {st2} run docker.docker-network-tor host={host} vlan=113 subnet=172.16.113.1/24 \
rbridge_id={rbridge} channel={channel}
"""

_STYLES = {"succeeded": "green", "failed": "bold red", "timeout": "bold red", "running": "cyan"}


class Screens:
    """What is typed at a lab's parts, and what they answer, on a console."""

    def __init__(self, console: Console, lab: Rig) -> None:
        self.console = console
        self.lab = lab

    def say(self, text: str, style: str = "") -> None:
        """A line as it is, whatever is in it."""
        self.console.print(Text(text, style=style), soft_wrap=True)

    def heading(self, text: str) -> None:
        """A line that begins a part of the story."""
        self.console.print()
        self.console.rule(Text(text, style="bold"), align="left")

    def command(self, line: str) -> None:
        """Something that somebody types."""
        self.console.print()
        self.console.print(
            Text("$ ", style="bold green") + Text(line, style="bold"), soft_wrap=True
        )

    def switch(self, *lines: str) -> None:
        """Commands on the switch's own command line, and its answers."""
        for line in lines:
            self.console.print()
            self.console.print(Text("vdx# ", style="bold blue") + Text(line, style="bold"))
            self.say(self.lab.switch.cli(line).rstrip())

    def message(self, posted: Message) -> None:
        """A chat message."""
        self.console.print()
        shown = Panel(Text(posted.message), title=f"#{posted.channel}", title_align="left")
        self.console.print(shown)

    def where(self) -> None:
        """How the parts can be reached."""
        switch = self.lab.switch
        self.say(f"Docker Engine  {self.lab.docker_host}")
        self.say(f"switch         {switch.host}:{switch.port} (NETCONF and CLI over SSH)")
        self.say(f"StackStorm     {self.lab.api_url} (ST2_API_URL)")

    def how_to(self) -> None:
        """How to talk to each part of a lab that stays up: lines to copy into another terminal."""
        self.where()
        switch = self.lab.switch
        text = HOW_TO + (HOW_TO_NOS if switch.platform == "nos" else "")
        self.say(
            text.format(
                docker=f"docker -H {self.lab.docker_host} network",
                ssh=f"ssh -p {switch.port} {switch.login.username}@{switch.host}",
                password=PASSWORD,
                url=self.lab.api_url,
                st2=client.find() or client.HELPER,
                host=switch.host,
                rbridge=RBRIDGE,
                channel=CHANNEL,
            )
        )

    def execution(self, run: Execution) -> None:
        """The article's screen, `st2 execution get`: by the real client, else the lab's own."""
        self.command(f"st2 execution get {run.id}")
        found = client.find()
        if found is None:
            self.say(NO_CLIENT, "dim")
            self._own(run)
            return
        width, colour = max(self.console.width, NARROWEST), self.console.is_terminal
        words = ["execution", "get", run.id]
        try:
            text = client.run(found, self.lab.api_url, words, width=width, colour=colour)
        except client.ClientFailed as error:
            self.say(f"({found} fails: {error})", "red")
            self._own(run)
        else:
            self.console.print(Text.from_ansi(text.strip("\n")), soft_wrap=True)

    def _own(self, run: Execution) -> None:
        shown = run.to_dict()
        fields = {
            "id": run.id,
            "action.ref": run.action.ref,
            "parameters": shown["parameters"],
            "status": f"{run.status} ({took(run.elapsed_seconds)} elapsed)",
            "start_timestamp": shown["start_timestamp"],
            "end_timestamp": shown["end_timestamp"],
            "result": shown["result"],
        }
        for name, value in fields.items():
            text = value
            if not isinstance(value, str):
                text = f"\n{indent(yaml.safe_dump(value).rstrip(), '  ')}"
            self.console.print(Text(f"{name}: ", style="blue") + Text(text), soft_wrap=True)
        table = Table("status", "task", "took", box=box.ASCII)
        for task in self.lab.st2.children(run.id):
            table.add_row(status(task.status), task.task, took(task.elapsed_seconds))
        self.console.print(table)


def took(seconds: Optional[float]) -> str:
    """How long something took, for a person; nothing while it is not known."""
    return "" if seconds is None else f"{seconds:.2f} s"


def status(name: str) -> Text:
    """An execution's status in its colour."""
    return Text(name, style=_STYLES.get(name, ""))


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
