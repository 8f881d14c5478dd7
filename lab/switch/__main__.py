"""`python -m lab.switch`: the simulator by itself, until it is interrupted."""

import argparse
import signal
import sys
import threading
from typing import Optional, Sequence

from .faults import TRANSIENT, Faults
from .simulator import LAST_VLAN, Switch


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Runs the switch; the exit status."""
    options = _parser().parse_args(arguments)
    faults = Faults(
        latency=options.latency,
        drop_rpc=options.drop_rpc,
        transient=options.transient,
        locked_by_other=options.locked,
    )
    switch = Switch(
        options.host,
        options.port,
        options.username,
        options.password,
        tuple(options.rbridge_id or (21,)),
        faults,
        options.max_sessions,
        not options.empty,
        host_key_file=options.host_key_file,
        idle_timeout=options.idle_timeout,
        last_vlan=options.last_vlan,
    )
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        switch.start()
    except OSError as error:
        print(f"cannot listen on {options.host} port {options.port}: {error}", file=sys.stderr)
        return 1
    print(_introduction(switch, options.password), flush=True)
    stopped.wait()
    switch.stop()
    return 0


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
    add("--username", default="admin", help="%(default)s")
    add("--password", default="password", help="%(default)s")
    add("--rbridge-id", type=int, action="append", help="may be repeated (21)")
    add("--empty", action="store_true", help="without the article's Ve 10, 20 and 30")
    add("--max-sessions", type=int, default=16, help="NETCONF sessions at a time (%(default)s)")
    add("--idle-timeout", type=float, default=1800.0, help="seconds (%(default)s)")
    add("--last-vlan", type=int, default=LAST_VLAN, help="4086 for a VDX 8770 (%(default)s)")
    add("--host-key-file", help="OpenSSH private key (a new one at every start)")
    add("--latency", type=float, default=0.0, help="seconds that every RPC takes longer")
    add("--drop-rpc", type=int, help="drop the connection at the n-th RPC, once")
    add("--transient", choices=TRANSIENT, help="refuse every RPC like this")
    add("--locked", action="store_true", help="another session holds the lock")
    return parser


if __name__ == "__main__":
    sys.exit(main())
