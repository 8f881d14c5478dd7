"""A Docker Engine API endpoint, as far as networks and events go: a strict stand-in for dockerd.

The real `docker` CLI talks to it (it negotiates API 1.41), and it answers as Docker Engine
20.10.24 does, byte for byte: headers, key order, chunks, status codes and messages. What dockerd
refuses, it refuses. There is nothing behind it: containers are listed and told of, and none runs.

    with Engine(tcp=("127.0.0.1", 0)) as engine:
        print(f"docker -H {engine.tcp_url} network ls")
"""

import os
import random
import secrets
import threading
import time
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple

from . import http, system
from .api import Api
from .asked import IPAM, Asked, PoolConfig
from .events import QUEUE, Bus
from .faults import EngineFaults, Gate
from .filters import Filters
from .refused import Refused
from .store import Store

__all__ = ["Engine", "EngineFaults", "Refused"]


class Engine:
    """One engine. `unix` is the path of a socket to make, `tcp` an address (port 0: any free one).

    `name` is what /info calls the host, `interfaces` are its links that networks can name as
    parents (VLAN links on them are made when a network asks for one, as dockerd does); `bridge`
    False is dockerd's --bridge=none, `predefined` False leaves it without any network, as no
    dockerd is, for `put_network`. `clock` gives nanoseconds since 1970 for every time that is
    told, `new_id` the 64 hex digits of a network's id, `shuffle` brings a list of networks in the
    arbitrary order that dockerd's has, `queue` is how many events wait for one slow reader, and
    `version` that of its API: one of `system.RELEASES`.

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
        predefined: bool = True,
        faults: EngineFaults = EngineFaults(),  # noqa: B008  # it is frozen
        clock: Callable[[], int] = time.time_ns,
        new_id: Callable[[], str] = lambda: secrets.token_hex(32),
        shuffle: Callable[[List[Any]], None] = random.shuffle,
        queue: int = QUEUE,
        version: str = system.API_VERSION,
    ) -> None:
        if unix is None and tcp is None:
            raise ValueError("an engine needs a unix socket's path or a TCP address")
        self.name = name
        self._unix = unix
        self._tcp = tcp
        self._bus = Bus(clock, queue)
        self._store = Store(
            interfaces,
            self._announce,
            clock=clock,
            new_id=new_id,
            bridge=bridge,
            predefined=predefined,
            reserves=version == system.API_VERSION,
        )
        self._api = Api(
            self._store,
            self._bus,
            name=name,
            engine_id=system.engine_id(secrets.token_bytes(48)),
            clock=clock,
            shuffle=shuffle,
            version=version,
        )
        self._gate = Gate(faults)
        self._server = http.Server(self._api, self._bus, self._gate, clock)
        self._listeners = [
            http.Listener(make, self._server.serve)
            for make, wanted in ((self._listen_unix, unix), (self._listen_tcp, tcp))
            if wanted is not None
        ]
        self._lifecycle = threading.RLock()
        self._running = False
        self._ran = False

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
        host, port = self._tcp
        return f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}"

    def start(self) -> None:
        """Listen and answer. After `stop`, the daemon comes back at the same addresses."""
        with self._lifecycle:
            if self._running:
                return
            if self._ran:
                with self._api.lock:
                    self._store.restart()
            self._running = self._ran = True
            if not self._gate.faults.refuse:
                self._listen()

    def stop(self) -> None:
        """End the daemon: nobody listens, every connection and stream ends where it is.

        The networks stay, as dockerd's do on its disk; the past events are gone.
        """
        with self._lifecycle:
            self._running = False
            for listener in self._listeners:
                listener.close()
            self._bus.forget()

    def restart(self) -> None:
        """`stop`, then `start`: a restart of the daemon.

        It tells of no network, and shows the Gateway of those that were made without one.
        """
        with self._lifecycle:
            self.stop()
            self.start()

    def create(
        self,
        name: str,
        driver: str = "macvlan",
        parent: Optional[str] = None,
        subnets: Sequence[str] = (),
        gateways: Optional[Sequence[str]] = None,
        *,
        ipv6: Optional[bool] = None,
        options: Optional[Mapping[str, str]] = None,
        labels: Optional[Mapping[str, str]] = None,
        ip_ranges: Optional[Sequence[str]] = None,
        internal: bool = False,
        attachable: bool = False,
        config_only: bool = False,
        config_from: str = "",
        check_duplicate: bool = True,
    ) -> str:
        """Make a network by hand, with the API's own checks; its id. Raises Refused.

        `gateways` and `ip_ranges` go with `subnets` one by one, "" where a subnet has none.
        `ipv6` None means: where a subnet is IPv6.
        """
        if ipv6 is None:
            ipv6 = any(":" in subnet for subnet in subnets)
        given = {**({"parent": parent} if parent is not None else {}), **(options or {})}
        wanted = Asked(
            name=name,
            check_duplicate=check_duplicate,
            driver=driver,
            enable_ipv6=ipv6,
            ipam=IPAM("default", {}, _configs(subnets, ip_ranges or (), gateways or ())),
            internal=internal,
            attachable=attachable,
            config_only=config_only,
            config_from=config_from,
            options=given,
            labels=dict(labels or {}),
        )
        with self._api.lock:
            return self._store.create(wanted)[0]

    def remove(self, name_or_id: str) -> None:
        """Remove a network by hand. Raises Refused."""
        with self._api.lock:
            self._store.remove(name_or_id)

    def networks(self) -> List[Dict[str, Any]]:
        """What GET /networks shows, in no order that could be relied on."""
        return self._api.networks(Filters())

    def put_network(self, document: Dict[str, Any]) -> None:
        """Show this document as a network, as it is: unchecked, and without an event.

        For what this engine cannot make itself, such as a swarm's networks. It needs the keys that
        GET /networks shows; `remove` takes it away, without an event too.
        """
        with self._api.lock:
            self._store.put(document)

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
        self._tell_of_container("start", identity, shown)
        return identity

    def end_container(self, identity: str, told: bool = True) -> None:
        """Show a container no more, and tell of its end."""
        with self._api.lock:
            shown = self._api.containers.pop(identity)
        if told:
            self._tell_of_container("die", identity, shown)

    def _tell_of_container(self, action: str, identity: str, shown: Mapping[str, Any]) -> None:
        attributes = {"image": shown["Image"], "name": shown["Names"][0][1:]}
        actor = {"ID": identity, "Attributes": attributes}
        self._bus.publish(
            {
                "status": action,
                "id": identity,
                "Type": "container",
                "Action": action,
                "Actor": actor,
            }
        )

    def emit(self, event: Mapping[str, Any]) -> None:
        """Tell an event of your own (a container's, say); scope and times are added if missing."""
        self._bus.publish(event)

    def emit_line(self, line: bytes) -> None:
        """Send every reader without filters a line that is no event."""
        self._bus.publish_line(line)

    def drop_streams(self) -> None:
        """Cut every event stream where it is, without the final chunk; the daemon lives on."""
        self._bus.close_readers()

    @property
    def readers(self) -> int:
        """How many event streams are open."""
        return self._bus.readers

    def wait_for_readers(self, count: int, timeout: float = 10.0) -> bool:
        """Wait until exactly `count` event streams are open; False if that does not come."""
        return self._bus.wait_for_readers(count, timeout)

    @property
    def lost_events(self) -> int:
        """How many events the open streams have missed: stalled, or not read in time."""
        return self._bus.lost

    def wait_for_lost_events(self, count: int, timeout: float = 10.0) -> bool:
        """Wait until the open streams have missed so many or more; False if that does not come."""
        return self._bus.wait_for_lost(count, timeout)

    @property
    def faults(self) -> EngineFaults:
        """What goes wrong now; assign another EngineFaults to change it."""
        return self._gate.faults

    @faults.setter
    def faults(self, faults: EngineFaults) -> None:
        with self._lifecycle:
            before = self._gate.faults.refuse
            self._gate.set(faults)
            if self._running and faults.refuse and not before:
                for listener in self._listeners:
                    listener.refuse()
            elif self._running and before and not faults.refuse:
                self._listen()

    def _listen(self) -> None:
        try:
            for listener in self._listeners:
                listener.listen()
        except BaseException:
            for listener in self._listeners:
                listener.close()
            self._running = False
            raise

    def _listen_unix(self) -> Any:
        return http.unix_socket(str(self._unix))

    def _listen_tcp(self) -> Any:
        host, port = self._tcp or ("", 0)
        listening = http.tcp_socket((host, port))
        # The port stays the same from now on, over restarts too.
        self._tcp = (host, listening.getsockname()[1])
        return listening

    def _announce(self, action: str, network: str, attributes: Dict[str, str]) -> None:
        self._bus.publish(
            {
                "Type": "network",
                "Action": action,
                "Actor": {"ID": network, "Attributes": dict(sorted(attributes.items()))},
                "scope": "local",
            }
        )


def _configs(
    subnets: Sequence[str], ip_ranges: Sequence[str], gateways: Sequence[str]
) -> Tuple[PoolConfig, ...]:
    def at(values: Sequence[str], index: int) -> str:
        return values[index] if index < len(values) else ""

    return tuple(
        PoolConfig(subnet, at(ip_ranges, index), at(gateways, index))
        for index, subnet in enumerate(subnets)
    )
