"""python -m lab demo | up: see `python -m lab --help`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from types import FrameType
from typing import List, Optional

from rich.console import Console
from rich.text import Text

from lab import screens
from lab.demo import demo
from lab.rig import rig
from lab.stackstorm import Event


def main(arguments: Optional[List[str]] = None) -> int:
    """Run a command of the lab; 0 if it did what it shows."""
    parser = argparse.ArgumentParser(
        prog="python -m lab", description="A VDX, a Docker Engine and a StackStorm to play with."
    )
    parser.add_argument(
        "--docker-host",
        default=os.environ.get("DOCKER_HOST"),
        help="follow this engine (unix:///path or tcp://host:port) instead of a simulated one;"
        " default: DOCKER_HOST",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("demo", help="play the article, show its screens, check them; then end")
    up = commands.add_parser("up", help="keep the lab up until it is interrupted")
    up.add_argument("--tcp-port", type=int, default=2375, help="the engine's port (%(default)s)")
    up.add_argument("--ssh-port", type=int, default=2222, help="the switch's port (%(default)s)")
    options = parser.parse_args(arguments)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else screens.WIDE)
    if options.command == "demo":
        return 0 if demo(console, options.docker_host) else 1
    try:
        stay(console, options)
    except OSError as error:
        console.print(Text(f"{error}\n--tcp-port and --ssh-port choose others", style="red"))
        return 1
    return 0


def stay(console: Console, options: argparse.Namespace) -> None:
    """The lab, kept up: says how to reach it and tells what happens."""
    stopped = threading.Event()

    def stop(_signal: int, _frame: Optional[FrameType]) -> None:
        stopped.set()

    def tell(event: Event) -> None:
        line = screens.news(event)
        if line:
            console.print(line, soft_wrap=True)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    with rig(
        tell,
        docker_host=options.docker_host,
        tcp_port=options.tcp_port,
        ssh_port=options.ssh_port,
    ) as lab:
        screens.where(console, lab)
        port, host = lab.switch.port, lab.docker_host
        for line in (
            f"docker -H {host} network create --driver=macvlan --subnet=172.16.112.0/24"
            " -o parent=eth0.112 dockernetwork112",
            f"docker -H {host} network ls",
            f"ssh -p {port} admin@{lab.switch.host} show ip int brief  # password: password",
        ):
            screens.command(console, line)
        console.print(Text("\nWhat happens shows here; Ctrl-C ends the lab.", style="dim"))
        stopped.wait()


if __name__ == "__main__":
    sys.exit(main())
