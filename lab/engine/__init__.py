"""A Docker Engine API endpoint, as far as networks and events go: a strict stand-in for dockerd.

The real `docker` CLI talks to it (it negotiates API 1.41): `docker network create`, `ls`, `inspect`
and `rm`, `docker events` and `docker ps`. What Docker Engine 20.10.24 refuses of a network, it
refuses in the same words; what it has not (configuration networks, swarms), it refuses with 501.
There is nothing behind it: containers are listed and told of, and none runs.

    with Engine(tcp=("127.0.0.1", 0)) as engine:
        print(f"docker -H {engine.tcp_url} network ls")
"""

import contextlib
import datetime
import os
import random
import secrets
import threading
import time
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from . import system
from .api import Api
from .events import NANO, Bus
from .faults import EngineFaults
from .networks import Asked, Networks
from .pools import Pool
from .refused import Refused
from .server import Served

__all__ = ["Engine", "EngineFaults", "Refused"]


class Engine:
    """One engine. `unix` is the path of a socket to make, `tcp` an address (port 0: any free one).

    `name` is what /info calls the host, `interfaces` are its links that networks can name as
    parents (VLAN links on them are made when a network asks for one, as dockerd does); `bridge`
    False is dockerd's --bridge=none. `clock` gives nanoseconds since 1970 for every time that is
    told, `new_id` the 64 hex digits of a network's id, `shuffle` brings a list of networks in the
    arbitrary order that dockerd's has, and `version` that of its API: one of `system.RELEASES`.

    All methods may be called from any thread. Raises ValueError without an address, and OSError
    from `start` where an address cannot be had.
    """

    def __init__(
        self,
        unix: Optional[str] = None,
        tcp: Optional[Tuple[str, int]] = None,
        name: str = "lab",
        interfaces: Sequence[str] = ("eth0", "bond0", "ens192"),
        *,
        bridge: bool = True,
        clock: Callable[[], int] = time.time_ns,
        new_id: Callable[[], str] = lambda: secrets.token_hex(32),
        shuffle: Callable[[List[Any]], None] = random.shuffle,
        version: str = system.API_VERSION,
    ) -> None:
        if unix is None and tcp is None:
            raise ValueError("an engine needs a unix socket's path or a TCP address")
        self._unix = unix
        self._tcp = tcp
        self._bus = Bus(clock)
        self._networks = Networks(
            interfaces,
            self._announce,
            clock=lambda: _rfc3339(clock()),
            new_id=new_id,
            bridge=bridge,
            reserves=version == system.API_VERSION,
        )
        info = system.info(name)
        self._api = Api(self._networks, self._bus, info=info, shuffle=shuffle, version=version)
        self.faults = EngineFaults()
        """What goes wrong now; assign another to change it."""
        self._served: List[Served] = []
        self._lifecycle = threading.RLock()

    def __enter__(self) -> "Engine":
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    @property
    def unix_url(self) -> str:
        """For DOCKER_HOST: unix:///path."""
        if self._unix is None:
            raise ValueError("this engine has no unix socket")
        return f"unix://{os.path.abspath(self._unix)}"

    @property
    def tcp_url(self) -> str:
        """For DOCKER_HOST: tcp://host:port; the port is known once the engine has been started."""
        if self._tcp is None:
            raise ValueError("this engine has no TCP address")
        return "tcp://{}:{}".format(*self._tcp)

    def start(self) -> None:
        """Listen and answer. After `stop`, the daemon comes back at the same addresses."""
        with self._lifecycle, contextlib.ExitStack() as undo:
            undo.callback(self.stop)
            for address in () if self._served else (self._unix, self._tcp):
                if address is not None:
                    served = Served(address, self._api, self._bus, lambda: self.faults)
                    self._served.append(served)
            if self._tcp:
                # The port stays the same from now on, over restarts too.
                self._tcp = (self._tcp[0], self._served[-1].server_address[1])
            undo.pop_all()

    def stop(self) -> None:
        """End the daemon: nobody listens, every connection and stream ends where it is.

        The networks stay, as dockerd's do on its disk; the past events are gone. Once it is
        started again, it shows the Gateway of those networks that were made without one.
        """
        with self._lifecycle:
            self._bus.close_readers()
            for served in self._served:
                served.close()
            self._served = []
            self._bus.forget()
            with self._api.lock:
                self._networks.restart()

    def restart(self) -> None:
        """`stop`, then `start`: a restart of the daemon, which tells of no network."""
        with self._lifecycle:
            self.stop()
            self.start()

    def create(
        self,
        name: str,
        driver: str = "macvlan",
        parent: Optional[str] = None,
        subnets: Sequence[str] = (),
        gateways: Sequence[str] = (),
        *,
        internal: bool = False,
    ) -> str:
        """Make a network by hand, with the API's own checks; its id. Raises Refused.

        `gateways` go with `subnets` one by one, "" where a subnet has none.
        """
        given = [*gateways, *[""] * len(subnets)]
        wanted = Asked(
            name,
            driver,
            options={} if parent is None else {"parent": parent},
            pools=[Pool(subnet, gateway=gateway) for subnet, gateway in zip(subnets, given)],
            ipam_options={},
            ipv6=any(":" in subnet for subnet in subnets),
            internal=internal,
        )
        with self._api.lock:
            return self._networks.create(wanted)

    def remove(self, name_or_id: str) -> None:
        """Remove a network by hand. Raises Refused."""
        with self._api.lock:
            self._networks.remove(name_or_id)

    def networks(self) -> List[Dict[str, Any]]:
        """What GET /networks shows, in no order that could be relied on."""
        return self._api.networks({})

    def run_container(self, name: str, image: str = "web:1", command: str = "web --all") -> str:
        """Show a container as one that runs, and tell of its start; its id. Nothing runs."""
        identity = secrets.token_hex(32)
        shown = {
            "Id": identity,
            "Names": [f"/{name}"],
            "Image": image,
            "Command": command,
            "Created": 1795648720,
            "Ports": [],
            "Labels": {},
            "State": "running",
            "Status": "Up 1 second",
        }
        with self._api.lock:
            self._api.containers[identity] = shown
        self._tell_of_container("start", shown)
        return identity

    def end_container(self, identity: str, told: bool = True) -> None:
        """Show a container no more, and tell of its end."""
        with self._api.lock:
            shown = self._api.containers.pop(identity)
        if told:
            self._tell_of_container("die", shown)

    def _tell_of_container(self, action: str, shown: Mapping[str, Any]) -> None:
        attributes = {"image": shown["Image"], "name": shown["Names"][0][1:]}
        actor = {"ID": shown["Id"], "Attributes": attributes}
        self.emit({"Type": "container", "Action": action, "Actor": actor})

    def emit(self, event: Mapping[str, Any]) -> None:
        """Tell an event of your own; scope and times are added if missing."""
        self._bus.publish(event)

    def drop_streams(self) -> None:
        """Cut every event stream where it is, without the final chunk; the daemon lives on."""
        self._bus.close_readers()

    @property
    def readers(self) -> int:
        """How many event streams are open."""
        return self._bus.readers

    def _announce(self, action: str, network: str, attributes: Dict[str, str]) -> None:
        actor = {"ID": network, "Attributes": attributes}
        self.emit({"Type": "network", "Action": action, "Actor": actor})


def _rfc3339(nanoseconds: int) -> str:
    seconds, fraction = divmod(nanoseconds, NANO)
    whole = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z"
