"""The lab's StackStorm with the pack in it, between an engine and a switch."""

from __future__ import annotations

import contextlib
from typing import Any, Dict, Iterator, Mapping

from lab.bench import PACK
from lab.bench.far_switch import RBRIDGE
from lab.bench.switches import Address
from lab.stackstorm import Execution, StackStorm

YARDSTICK = PACK / "lab" / "bench" / "yardstick"
TIMEOUT = 600.0


def configuration(engine_url: str, address: Address, **more: Any) -> Dict[str, Any]:
    """docker.yaml for one engine and one switch."""
    return {
        "engines": [{"name": "bench", "url": engine_url}],
        "switches": [{"name": "vdx", "rbridge_id": RBRIDGE, **address._asdict()}],
        **more,
    }


@contextlib.contextmanager
def stack(config: Mapping[str, Any]) -> Iterator[StackStorm]:
    """With this pack. Its sensor is not started, and nothing is reconciled unasked."""
    with StackStorm(PACK, config) as st2:
        st2.set_rule("docker.reconcile", False)
        yield st2


@contextlib.contextmanager
def article(socket: str, address: Address) -> Iterator[StackStorm]:
    """With the article's design instead, ported literally; its sensor is not started."""
    config = {
        "socket": socket,
        "host": address.host,
        "port": address.port,
        "username": address.username,
        "rbridge_id": RBRIDGE,
    }
    with StackStorm(YARDSTICK, config) as st2:
        st2.datastore.set("vdx_password", address.password, secret=True)
        yield st2


def run(st2: StackStorm, ref: str, parameters: Mapping[str, Any]) -> Execution:
    """An execution that has succeeded. Raises RuntimeError for another, TimeoutError."""
    execution = st2.wait(st2.run(ref, parameters).id, TIMEOUT)
    if execution.status != "succeeded":
        raise RuntimeError(f"{ref} {execution.status}: {execution.result}")
    return execution
