"""`python -m lab.engine`: a Docker Engine API endpoint to play with, until Ctrl-C."""

import argparse
import signal
import sys
import threading
from typing import List, Optional, Tuple

from . import Engine, system


def main(arguments: Optional[List[str]] = None) -> int:
    """Run until interrupted; the exit status."""
    asked = _parser().parse_args(arguments)
    tcp = asked.tcp if asked.tcp or asked.unix else ("127.0.0.1", 0)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        engine = Engine(
            unix=asked.unix,
            tcp=tcp,
            name=asked.name,
            interfaces=asked.interfaces.split(","),
            version=asked.api,
        )
        engine.start()
    except OSError as error:
        print(f"The engine cannot listen: {error}", file=sys.stderr)
        return 1
    url = engine.tcp_url if tcp else engine.unix_url
    parent = f"{asked.interfaces.split(',')[0]}.112"
    print(f"The engine {asked.name} listens. In another terminal:\n")
    print(f"    docker -H {url} network create --driver=macvlan --subnet=172.16.112.0/24 \\")
    print(f"        -o parent={parent} dockernetwork112")
    print(f"    docker -H {url} network ls")
    print(f"    docker -H {url} events\n", flush=True)
    try:
        ended.wait()
    finally:
        engine.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lab.engine", description=__doc__)
    parser.add_argument("--unix", metavar="PATH", help="listen on this unix socket")
    parser.add_argument(
        "--tcp",
        metavar="HOST:PORT",
        type=_address,
        help="listen here (default 127.0.0.1, any port)",
    )
    parser.add_argument("--name", default="lab", help="the host's name in `docker info`")
    parser.add_argument(
        "--interfaces",
        default="eth0,bond0,ens192",
        help="the host's links that networks can name as parents (%(default)s)",
    )
    parser.add_argument(
        "--api",
        choices=sorted(system.RELEASES),
        default=system.API_VERSION,
        help="the version of its API (%(default)s); 1.52 reserves no gateways",
    )
    return parser


def _address(text: str) -> Tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return host.strip("[]") or "127.0.0.1", int(port)


if __name__ == "__main__":
    sys.exit(main())
