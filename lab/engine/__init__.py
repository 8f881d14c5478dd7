"""A Docker Engine API endpoint, as far as networks and events go: a strict stand-in for dockerd.

The real `docker` CLI talks to it (it negotiates API 1.41): `docker network create`, `ls`, `inspect`
and `rm`, `docker events` and `docker ps`. What Docker Engine 20.10.24 refuses of a network, it
refuses in the same words; what it has not (configuration networks, swarms), it refuses with 501.
There is nothing behind it: containers are listed and told of, and none runs.

    with Engine() as engine:
        print(f"docker -H {engine.url} network ls")
"""

import copy
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, TypeVar

from .api import Api
from .events import Bus
from .networks import Networks
from .refused import Refused
from .server import EngineFaults, Server, in_loop

__all__ = ["Engine", "EngineFaults", "Refused"]

T = TypeVar("T")


class Engine:
    """One engine, which listens at these URLs: unix:///path or tcp://host:port, as in DOCKER_HOST;
    port 0 is any free one. Without any, it is that of 127.0.0.1.

    `name` is what /info calls the host, `interfaces` are its links that networks can name as
    parents (VLAN links on them are made when a network asks for one, as dockerd does); `bridge`
    False is dockerd's --bridge=none.

    All methods may be called from any thread. `start` raises OSError where an address cannot be
    had.
    """

    def __init__(
        self,
        *urls: str,
        name: str = "lab",
        interfaces: Sequence[str] = ("eth0", "bond0", "ens192"),
        bridge: bool = True,
    ) -> None:
        self.urls = list(urls or ["tcp://127.0.0.1:0"])
        """For DOCKER_HOST; ports are known once the engine has been started."""
        self.faults = EngineFaults()
        """What goes wrong now; assign another to change it."""
        self.containers: List[Dict[str, Any]] = []
        """What `docker ps` lists."""
        self._bus = Bus()
        self._networks = Networks(interfaces, self._bus.publish, bridge)
        api = Api(self._networks, self.containers, name)
        self._server = Server(api, self._bus, lambda: self.faults)

    def __enter__(self) -> "Engine":
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The first of `urls`."""
        return self.urls[0]

    def start(self) -> None:
        """Listen and answer. After `stop`, the daemon comes back at the same addresses."""
        in_loop(self._start())

    def stop(self) -> None:
        """End the daemon: nobody listens, every connection and stream ends where it is.

        The networks stay, as dockerd's do on its disk.
        """
        in_loop(self._server.close())

    def restart(self) -> None:
        """`stop`, then `start`: a restart of the daemon, which tells of no network."""
        self.stop()
        self.start()

    def create(
        self,
        name: str,
        driver: str = "macvlan",
        parent: Optional[str] = None,
        subnets: Sequence[str] = (),
        *,
        internal: bool = False,
    ) -> str:
        """Make a network by hand, with the API's own checks; its id. Raises Refused."""
        asked = {
            "Name": name,
            "Driver": driver,
            "Options": {} if parent is None else {"parent": parent},
            "IPAM": {"Options": {}, "Config": [{"Subnet": subnet} for subnet in subnets]},
            "EnableIPv6": any(":" in subnet for subnet in subnets),
            "Internal": internal,
        }
        return _now(lambda: self._networks.create(asked))

    def remove(self, name_or_id: str) -> None:
        """Remove a network by hand. Raises Refused."""
        _now(lambda: self._networks.remove(name_or_id))

    def networks(self) -> List[Dict[str, Any]]:
        """What GET /networks shows."""
        return _now(lambda: copy.deepcopy(self._networks.documents()))

    def emit(self, event: Mapping[str, Any]) -> None:
        """Tell an event of your own; scope and times are added if missing."""
        _now(lambda: self._bus.publish(event))

    @property
    def readers(self) -> int:
        """How many event streams are open."""
        return len(self._bus.readers)

    async def _start(self) -> None:
        # A daemon remembers no event over a restart, and shows the gateways that it chose itself.
        self._bus.forget()
        self._networks.restart()
        try:
            # The ports stay the same from now on, over restarts too.
            self.urls = [await self._server.listen(url) for url in self.urls]
        except OSError:
            await self._server.close()
            raise


def _now(work: Callable[[], T]) -> T:
    async def done() -> T:
        return work()

    return in_loop(done())
