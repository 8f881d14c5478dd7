"""`python -m lab.switch`: the simulator by itself, until it is interrupted."""

import argparse
import signal
import sys
import threading
from typing import Optional, Sequence

from . import faults
from .simulator import Switch


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Runs the switch; the exit status."""
    options = _parser().parse_args(arguments)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        switch = Switch(
            port=options.port,
            rbridge_ids=tuple(options.rbridge_id or (21,)),
            faults=faults.parse(options.fault),
            max_sessions=options.max_sessions,
            seed=not options.empty,
            host_key_file=options.host_key_file,
        ).start()
    except (ValueError, OSError) as error:
        print(f"port {options.port}: {error}", file=sys.stderr)
        return 1
    login = f"ssh -p {switch.port} {switch.username}@{switch.host}"
    print(f"A VDX is at {switch.host} port {switch.port}; Ctrl-C ends it.")
    print("  password  password")
    print(f"  CLI       {login} show ip int brief")
    print(f"  NETCONF   {login} -s netconf")
    print(f"  host key  {switch.host_key}", flush=True)
    stopped.wait()
    switch.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m lab.switch", description=__doc__)
    parser.add_argument("--port", type=int, default=2222, help="0 for a free one (%(default)s)")
    parser.add_argument("--rbridge-id", type=int, action="append", help="may be repeated (21)")
    parser.add_argument("--empty", action="store_true", help="without the article's three Ves")
    add_options(parser)
    return parser


def add_options(parser: argparse._ActionsContainer) -> None:
    """The options of a switch, the same wherever it is started: `max_sessions`, `host_key_file`,
    and `fault`, for faults.parse."""
    add = parser.add_argument
    add("--max-sessions", type=int, default=16, help="NETCONF sessions at a time (%(default)s)")
    add("--host-key-file", help="OpenSSH private key of the switch (a new one at every start)")
    add(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[=VALUE]",
        help="what goes wrong on the switch, as latency=0.5 or half_open; may be repeated:"
        f" {', '.join(sorted(faults.KNOBS))}",
    )


if __name__ == "__main__":
    sys.exit(main())
