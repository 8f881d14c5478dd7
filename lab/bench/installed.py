"""The lab's StackStorm with the pack in it, and one with the yardstick."""

from __future__ import annotations

import contextlib
from typing import Any, Iterator, List, Sequence, Tuple

from lab.bench import PACK
from lab.bench.outside import RBRIDGE, Address, address, edits
from lab.stackstorm import Execution, StackStorm

TIMEOUT = 600.0
CHAIN = "docker.docker-network-tor"
EMPTY, FLOOR = "yardstick.empty", "yardstick.floor"


class Installed:
    """Both, with one switch; nothing is reconciled unasked."""

    def __init__(self, pack: StackStorm, yardstick: StackStorm, switch: Address) -> None:
        self.pack = pack
        self._yardstick = yardstick
        self._switch = switch

    def empty(self, ref: str) -> None:
        """Run what does nothing: EMPTY or FLOOR."""
        self._ended(self._yardstick, [self._yardstick.run(ref, {})])

    def run(self, ref: str, **given: Any) -> Any:
        """Run an action of the pack; its result."""
        (ended,) = self._ended(self.pack, [self.pack.run(ref, {"host": "vdx", **given})])
        return ended.result

    def reconcile(self) -> Any:
        """Run docker.reconcile; its result."""
        given = {"dry_run": False, "only_differences": True}
        (ended,) = self._ended(self.pack, [self.pack.run("docker.reconcile", given)])
        return ended.result["result"]

    def chain(self, vlan: int) -> None:
        """The pack's chain for a new segment."""
        self.run(CHAIN, vlan=vlan, subnet=address(vlan), rbridge_id=RBRIDGE)

    def articles(self, wanted: List[int]) -> None:
        """The article's chain for each of these new segments, all at once."""
        login = self._switch._asdict()
        del login["host_key"]
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
def installed(switch: Address, engine_url: str = "unix:///not/asked") -> Iterator[Installed]:
    """Both, until the context ends; the pack's sensor is not started."""
    with fabric([(switch, engine_url)]) as found:
        yield found


@contextlib.contextmanager
def fabric(racks: Sequence[Tuple[Address, str]]) -> Iterator[Installed]:
    """The same with several switches, and an engine below each; the first is the one for all but
    reconcile."""
    names = ["vdx", *(f"vdx{number}" for number in range(2, len(racks) + 1))]
    config = {
        "engines": [
            {"name": f"below-{name}", "url": url, "uplinks": [{"parent": "eth0", "switch": name}]}
            for name, (_, url) in zip(names, racks)
        ],
        "switches": [
            {"name": name, "rbridge_id": RBRIDGE, **switch._asdict()}
            for name, (switch, _) in zip(names, racks)
        ],
    }
    yardstick = PACK / "lab" / "bench" / "yardstick"
    with StackStorm(PACK, config) as pack, StackStorm(yardstick, {}) as other:
        pack.set_rule("docker.reconcile", False)
        yield Installed(pack, other, racks[0][0])
