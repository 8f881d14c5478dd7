"""The lab's StackStorm with the pack in it, and one with the yardstick."""

from __future__ import annotations

import contextlib
from typing import Any, Dict, Iterator, List

from lab.bench import PACK
from lab.bench.outside import RBRIDGE, Outside, address, edits
from lab.stackstorm import Execution, StackStorm

TIMEOUT = 600.0
CHAIN = "docker.docker-network-tor"
EMPTY, FLOOR = "yardstick.empty", "yardstick.floor"


class Installed:
    """Both, with a switch that this is the login of; nothing is reconciled unasked."""

    def __init__(self, pack: StackStorm, yardstick: StackStorm, login: Dict[str, Any]) -> None:
        self.pack = pack
        self._yardstick = yardstick
        self._login = login

    def empty(self, ref: str) -> None:
        """Run what does nothing: EMPTY or FLOOR."""
        self._ended(self._yardstick, [self._yardstick.run(ref, {})])

    def run(self, ref: str, **given: Any) -> Any:
        """Run an action of the pack; its result."""
        (ended,) = self._ended(self.pack, [self.pack.run(ref, given)])
        return ended.result

    def chain(self, vlan: int) -> None:
        """The pack's chain for a new segment."""
        self.run(CHAIN, host="vdx1", vlan=vlan, subnet=address(vlan), rbridge_id=RBRIDGE)

    def articles(self, wanted: List[int]) -> None:
        """The article's chain for each of these new segments, all at once."""
        login = {name: value for name, value in self._login.items() if name != "host_key"}
        given = [{**login, "edits": edits(vlan)} for vlan in wanted]
        started = [self._yardstick.run("yardstick.article", one) for one in given]
        self._ended(self._yardstick, started)

    def quiet(self) -> None:
        """Wait until all that the sensor has started is over, and has succeeded."""
        self._ended(self.pack, self.pack.executions(parent=None))

    @staticmethod
    def _ended(st2: StackStorm, started: List[Execution]) -> List[Execution]:
        """Raises RuntimeError for what has not succeeded, TimeoutError."""
        ended = [st2.wait(one.id, TIMEOUT) for one in started]
        for one in ended:
            if one.status != "succeeded":
                raise RuntimeError(f"{one.action.ref} {one.status}: {one.result}")
        return ended


@contextlib.contextmanager
def installed(*outs: Outside) -> Iterator[Installed]:
    """Both, until the context ends; the pack's sensor is not started. The switches are vdx1,
    vdx2 ..., and the first is the one for all but reconcile."""
    config: Dict[str, List[Dict[str, Any]]] = {"engines": [], "switches": []}
    for number, out in enumerate(outs, 1):
        name = f"vdx{number}"
        uplinks = [{"parent": "eth0", "switch": name}]
        config["engines"].append({"name": f"below-{name}", "url": out.url(), "uplinks": uplinks})
        config["switches"].append({"name": name, "rbridge_id": RBRIDGE, **out.login()})
    yardstick = PACK / "lab" / "bench" / "yardstick"
    with StackStorm(PACK, config) as pack, StackStorm(yardstick, {}) as other:
        pack.set_rule("docker.reconcile", False)
        yield Installed(pack, other, outs[0].login())
