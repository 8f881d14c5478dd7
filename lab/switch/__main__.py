"""`python -m lab.switch`: the simulator by itself, until it is interrupted."""

import argparse
import signal
import sys
import threading
from typing import Optional, Sequence

from . import knobs
from .simulator import Switch


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Runs the switch; the exit status."""
    options = _parser().parse_args(arguments)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        switch = _switch(options)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    try:
        switch.start()
    except OSError as error:
        print(f"cannot listen on {options.host} port {options.port}: {error}", file=sys.stderr)
        return 1
    print(_introduction(switch, options.password), flush=True)
    stopped.wait()
    switch.stop()
    return 0


def _switch(options: argparse.Namespace) -> Switch:
    return Switch(
        options.host,
        options.port,
        options.username,
        options.password,
        tuple(options.rbridge_id or (21,)),
        knobs.faults(options),
        options.max_sessions,
        not options.empty,
        host_key_file=options.host_key_file,
        idle_timeout=options.idle_timeout,
        last_vlan=options.last_vlan,
    )


def _introduction(switch: Switch, password: str) -> str:
    login = f"ssh -p {switch.port} {switch.username}@{switch.host}"
    return "\n".join(
        (
            f"A VDX is at {switch.url}; Ctrl-C ends it.",
            f"  password  {password}",
            f"  CLI       {login} show ip int brief",
            f"  NETCONF   {login} -s netconf",
            f"  host key  {switch.host_key}",
        )
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m lab.switch", description=__doc__)
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    add("--port", type=int, default=2222, help="port, 0 for a free one (%(default)s)")
    add("--username", default="admin", help="who may log in (%(default)s)")
    add("--password", default="password", help="and how (%(default)s)")
    add("--rbridge-id", type=int, action="append", help="may be repeated (21)")
    add("--empty", action="store_true", help="without the article's Ve 10, 20 and 30")
    knobs.add_limits(parser)
    knobs.add_faults(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
