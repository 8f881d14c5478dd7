"""`python -m lab.engine`: a Docker Engine API endpoint to play with, until Ctrl-C."""

import argparse
import signal
import sys
import threading
from typing import List, Optional

from . import Engine, system


def main(arguments: Optional[List[str]] = None) -> int:
    """Run until interrupted; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m lab.engine", description=__doc__)
    add = parser.add_argument
    add("--unix", metavar="PATH", help="listen on this unix socket instead")
    add("--port", type=int, default=2375, help="listen on 127.0.0.1 (%(default)s; 0: any)")
    add("--interfaces", default="eth0,bond0,ens192", help="the host's links (%(default)s)")
    add(
        "--api",
        choices=sorted(system.RELEASES),
        default=system.API_VERSION,
        help="the version of its API (%(default)s); 1.52 reserves no gateways",
    )
    asked = parser.parse_args(arguments)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    interfaces = asked.interfaces.split(",")
    tcp = None if asked.unix else ("127.0.0.1", asked.port)
    try:
        with Engine(asked.unix, tcp, interfaces=interfaces, version=asked.api) as engine:
            url = engine.tcp_url if tcp else engine.unix_url
            print(f"The engine listens. In another terminal:\n\n    export DOCKER_HOST={url}")
            print("    docker network create --driver=macvlan --subnet=172.16.112.0/24 \\")
            print(f"        -o parent={interfaces[0]}.112 dockernetwork112")
            print("    docker network ls\n    docker events\n", flush=True)
            ended.wait()
    except OSError as error:
        print(f"The engine cannot listen: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
