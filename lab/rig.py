"""The lab put together: a switch, a Docker Engine, and a StackStorm that runs this pack."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence
from urllib.parse import urlsplit

from lab.engine import Engine
from lab.stackstorm import Event, StackStorm
from lab.stackstorm.api import ApiServer
from lab.switch import Faults, Neighbour, Switch, payloads

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
    ssh_port: int = 0,
    st2_port: int = 0,
    faults: Optional[Faults] = None,
    switch_options: Optional[Mapping[str, Any]] = None,
    neighbours: Sequence[Neighbour] = (),
) -> Iterator[Rig]:
    """Start everything, and stop it at the end; a port of 0 is any free one.

    `docker_host`: follow that engine instead of a simulated one. `switch_options`: further
    parameters of `lab.switch.Switch`. `neighbours`: who else is at its ports. The sensor runs as
    soon as the context is entered. Raises OSError where a port cannot be had.
    """
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="docker-tor-")))
        switch = stack.enter_context(
            Switch(
                port=ssh_port,
                password=PASSWORD,
                rbridge_ids=(RBRIDGE,),
                faults=faults,
                **(switch_options or {}),
            )
        )
        port = PORTS[switch.platform]
        if switch.platform != "openconfig":
            # Somebody else's VLANs, which stay there whatever happens. There they are anyway.
            switch.edit(payloads.vlans_on(port, "10,20"))
        switch.lldp.neighbours = [Neighbour(port, HOST, "eth0"), *neighbours]
        engine = None
        if not docker_host:
            urls = (f"unix://{folder}/docker.sock", f"tcp://127.0.0.1:{tcp_port}")
            engine = stack.enter_context(Engine(*urls, name=HOST))
        # It listens before there is a StackStorm: actions are told where.
        api = stack.enter_context(ApiServer(st2_port))
        configured = config(engine_config(engine, docker_host, port), switch)
        st2 = stack.enter_context(StackStorm(PACK, configured, on_event=on_event, api_url=api.url))
        stack.enter_context(api.serving(st2))
        st2.datastore.set("vdx_password", PASSWORD, secret=True)
        st2.start_sensors()
        host = docker_host or (engine.urls[1] if engine else "")
        yield Rig(switch, engine, host, st2, api.url)


def engine_config(
    engine: Optional[Engine], docker_host: Optional[str], port: Optional[str]
) -> Dict[str, Any]:
    """The configuration's entry for the engine; honours the docker CLI's own TLS variables. Which
    interfaces a real engine has, and where they lead, is not known."""
    if engine is not None:
        uplinks = [{"parent": "eth0", "switch": "vdx", "ports": [port]}] if port else []
        return {"name": "lab", "url": engine.url, "uplinks": uplinks}
    entry: Dict[str, Any] = {"name": urlsplit(docker_host or "").hostname or "local"}
    entry["url"] = docker_host
    certificates = os.environ.get("DOCKER_CERT_PATH")
    if os.environ.get("DOCKER_TLS_VERIFY") and certificates:
        entry["tls"] = {
            name: str(Path(certificates, f"{name}.pem")) for name in ("ca", "cert", "key")
        }
    return entry


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


def create_network(lab: Rig, arguments: List[str]) -> str:
    """`docker network create` with `arguments`: by the docker CLI where there is one, else as the
    CLI would ask the lab's engine for it.

    Returns how it was done; raises RuntimeError where it was refused.
    """
    if _docker(lab, "create", *arguments):
        return "by the docker CLI"
    if lab.engine is None:
        raise RuntimeError(
            "DOCKER_HOST is set, but there is no docker command to create a network with"
        )
    options = dict(word.lstrip("-").split("=", 1) for word in arguments if word.startswith("--"))
    parent = next(word for word in arguments if word.startswith("parent=")).partition("=")[2]
    lab.engine.create(
        arguments[-1], driver=options["driver"], parent=parent, subnets=[options["subnet"]]
    )
    return "by the Engine API: there is no docker command here"


def remove_network(lab: Rig, name: str) -> None:
    """`docker network rm`: by the docker CLI where there is one, else as it would ask the engine.

    Raises RuntimeError where it is refused.
    """
    if not _docker(lab, "rm", name) and lab.engine is not None:
        lab.engine.remove(name)


def _docker(lab: Rig, *words: str) -> bool:
    """Runs `docker network` against the lab's engine; False where there is no docker command."""
    docker = shutil.which("docker")
    if docker is None:
        return False
    done = subprocess.run(  # noqa: S603  # the lab's own arguments
        [docker, "-H", lab.docker_host, "network", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"docker network {words[0]} failed: {done.stderr.strip()}")
    return True
