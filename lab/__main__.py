"""python -m lab demo | up: see `python -m lab --help`."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from typing import Callable, List, Optional

from rich.console import Console

from lab.demo import demo
from lab.rig import rig
from lab.screens import WIDE, Screens, news
from lab.stackstorm import Event
from lab.stackstorm.api import DEFAULT_PORT
from lab.switch import faults, lldp


def main(arguments: Optional[List[str]] = None) -> int:
    """Run a command of the lab; 0 if it did what it shows."""
    options = _parser().parse_args(arguments)
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
    try:
        if options.command == "demo":
            return 0 if demo(console, options.docker_host) else 1
        stay(console, options)
    except (OSError, ValueError) as error:
        console.print(str(error), style="red", markup=False, soft_wrap=True)
        if isinstance(error, OSError) and options.command == "up":
            console.print("--tcp-port, --ssh-port and --st2-port choose other ports", style="red")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m lab",
        description="A VDX, a Docker Engine and a StackStorm to play with.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    engine = argparse.ArgumentParser(add_help=False)
    engine.add_argument(
        "--docker-host",
        default=os.environ.get("DOCKER_HOST"),
        help="this engine (unix:///path or tcp://host:port) instead of a simulated one; default:"
        " DOCKER_HOST",
    )
    commands.add_parser(
        "demo", parents=[engine], help="play the article, show its screens, check them; then end"
    )
    up = commands.add_parser("up", parents=[engine], help="keep the lab up until interrupted")
    for name, port, what in (
        ("tcp", 2375, "the engine"),
        ("ssh", 2222, "the switch"),
        ("st2", DEFAULT_PORT, "StackStorm's API"),
    ):
        help_ = f"port of {what} (%(default)s)"
        up.add_argument(f"--{name}-port", type=int, default=port, help=help_)
    _add_switch(up.add_argument_group("the switch").add_argument)
    return parser


def _add_switch(add: Callable[..., object]) -> None:
    kinds = ("nos", "slxos", "openconfig")
    add("--platform", choices=kinds, default="nos", help="what it is (%(default)s)")
    add("--candidate", action="store_true", help="have its candidate edited, and running not")
    add("--host-key-file", help="OpenSSH private key of the switch (a new one at every start)")
    add(
        "--neighbour",
        action="append",
        default=[],
        metavar="PORT=HOST[,INTERFACE]",
        help="who else is at a port, as the switch hears it by LLDP; may be repeated",
    )
    names = ", ".join(faults.READ)
    add(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[=VALUE]",
        help=f"what goes wrong on it, as latency=0.5 or half_open; may be repeated: {names}",
    )


def stay(console: Console, options: argparse.Namespace) -> None:
    """The lab, kept up until interrupted: says how to reach it and tells what happens."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())

    def tell(event: Event) -> None:
        line = news(event)
        if line:
            console.print(line, soft_wrap=True)

    with rig(
        tell,
        docker_host=options.docker_host,
        tcp_port=options.tcp_port,
        st2_port=options.st2_port,
        neighbours=[lldp.neighbour(one) for one in options.neighbour],
        port=options.ssh_port,
        faults=faults.parse(options.fault),
        host_key_file=options.host_key_file,
        platform=options.platform,
        candidate=options.candidate,
    ) as lab:
        Screens(console, lab).how_to()
        console.print("What happens shows here; Ctrl-C ends the lab.", style="dim")
        stopped.wait()


if __name__ == "__main__":
    sys.exit(main())
