"""The lab put together: a switch, a Docker Engine, and a StackStorm that runs this pack."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, NamedTuple, Optional, Sequence

from lab.engine import Engine
from lab.stackstorm import Event, StackStorm
from lab.stackstorm.api import ApiServer
from lab.switch import Neighbour, Switch, payloads

PACK = Path(__file__).resolve().parents[1]
RBRIDGE = 21
PORTS = {
    "nos": f"TenGigabitEthernet {RBRIDGE}/0/1",
    "slxos": "Ethernet 0/1",
    "openconfig": "Ethernet1",
}
"""Where the engine's host is plugged into the switch, with its eth0."""
PASSWORD = "password"  # noqa: S105  # the simulated switch's own, on loopback
CHANNEL = "docker"
HOST = "lab"
"""What the engine's host calls itself."""


class Rig(NamedTuple):
    """What is up, and how to reach it. `engine` is None where DOCKER_HOST names a real one;
    `api_url` is what ST2_API_URL is for the `st2` command."""

    switch: Switch
    engine: Optional[Engine]
    docker_host: str
    st2: StackStorm
    api_url: str


@contextlib.contextmanager
def rig(
    on_event: Optional[Callable[[Event], None]] = None,
    *,
    docker_host: Optional[str] = None,
    tcp_port: int = 0,
    st2_port: int = 0,
    neighbours: Sequence[Neighbour] = (),
    **switch_options: Any,
) -> Iterator[Rig]:
    """Start everything, and stop it at the end; a port of 0 is any free one.

    `docker_host`: follow that engine instead of a simulated one. `neighbours`: who else is at the
    switch's ports. `switch_options`: further parameters of `lab.switch.Switch`. The sensor runs as
    soon as the context is entered. Raises OSError where a port cannot be had.
    """
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="docker-tor-")))
        made = Switch(password=PASSWORD, rbridge_ids=(RBRIDGE,), **switch_options)
        switch = stack.enter_context(made)
        port = PORTS[switch.platform]
        if switch.platform != "openconfig":
            # Somebody else's VLANs, which stay there whatever happens. There they are anyway.
            switch.edit(payloads.vlans_on(port, "10,20"))
        switch.lldp.neighbours = [Neighbour(port, HOST, "eth0"), *neighbours]
        engine = None
        # Which interfaces a real engine has, and where they lead, is not known.
        followed: Dict[str, Any] = {"name": HOST, "url": docker_host}
        if not docker_host:
            urls = (f"unix://{folder}/docker.sock", f"tcp://127.0.0.1:{tcp_port}")
            engine = stack.enter_context(Engine(*urls, name=HOST))
            uplink = {"parent": "eth0", "switch": "vdx", "ports": [port]}
            followed.update(url=engine.url, uplinks=[uplink])
        configured = config(followed, switch)
        st2 = stack.enter_context(StackStorm(PACK, configured, on_event))
        api = stack.enter_context(ApiServer(st2, st2_port))
        st2.datastore.set("vdx_password", PASSWORD, secret=True)
        st2.start_sensors()
        host = docker_host or (engine.urls[1] if engine else "")
        yield Rig(switch, engine, host, st2, api.url)


def config(engine: Dict[str, Any], switch: Switch) -> Dict[str, Any]:
    """docker.yaml for the lab: what an operator would write, password in the datastore and all."""
    rbridge = {"rbridge_id": RBRIDGE} if switch.platform == "nos" else {}
    return {
        "engines": [engine],
        "switches": [
            {
                "name": "vdx",
                "host": switch.host,
                "port": switch.port,
                "username": "admin",
                "password": "{{ st2kv.system.vdx_password }}",
                "platform": switch.platform,
                **rbridge,
                "host_key": switch.host_key,
            }
        ],
        "channel": CHANNEL,
    }
