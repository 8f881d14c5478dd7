"""How the work grows with the segments of an apply, and with the VLANs that a switch has anyway.

Whoever asks the switch is a process of its own, of which CPU and memory are those of the pack's own
code and of the libraries under it; the switch's part is what its simulator needs for the same RPCs.
"""

from __future__ import annotations

import contextlib
import re
import resource
import statistics
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Sequence, Tuple

from docker_tor.config.settings import DEFAULT_VLAN_NAME
from docker_tor.netconf import session as netconf
from docker_tor.reconcile import run
from docker_tor.switch import transaction
from docker_tor.switch.plan import Goal

from lab.bench import load
from lab.bench.far import Answers, far
from lab.bench.far_engine import far_engine
from lab.bench.far_switch import RBRIDGE, Books, FarSwitch, far_switch
from lab.bench.rows import Row, Tell, growth, ms
from lab.bench.stack import configuration
from lab.bench.switches import Address

OURS = 50
"""The pack's own segments on a switch that others use too."""
SOMEBODY = "Servers"
"""What others name their VLANs."""


class Cost(NamedTuple):
    """What a run took here: seconds of the clock, and of CPU, those of ssh included; and the most
    memory in bytes that the process had until then."""

    wall: float
    cpu: float
    peak: int


Run = Tuple[Cost, Books]


def measure(quick: bool, tell: Tell) -> List[Row]:
    """One apply of n new segments on an empty switch, from the open session on; then a reconcile
    that finds nothing to do, on a switch with n VLANs of others, from its start to its end."""
    rounds = 1 if quick else 3
    ours = 5 if quick else OURS
    applies = _runs((2, 20) if quick else (1, 10, 100, 1000), rounds, _apply, "applies", tell)
    others = (10, 40) if quick else (100, 1000, 4000)
    looks = _runs(others, rounds, lambda n: _look(n, ours), "reconciles", tell)
    return [
        *_rows("apply of n segments", applies, rounds),
        *_rows(f"reconcile of {ours} among n VLANs of others", looks, rounds),
    ]


def _runs(
    sizes: Sequence[int], rounds: int, run: Callable[[int], Run], what: str, tell: Tell
) -> Dict[int, List[Run]]:
    found: Dict[int, List[Run]] = {size: [] for size in sizes}
    for number in range(rounds):
        for at, size in enumerate(sizes):
            tell(what, number * len(sizes) + at, rounds * len(sizes))
            found[size].append(run(size))
    return found


def _apply(count: int) -> Run:
    vlans = load.vlans(count)
    with far_switch() as switch, far(_client) as client:
        cost = Cost(*client.ask("apply", switch.address, vlans))
        _check(switch, vlans)
        return cost, switch.books()


def _look(others: int, ours: int) -> Run:
    vlans = load.vlans(others + ours)
    own, theirs = vlans[:ours], vlans[ours:]
    with far_switch() as switch, far_engine() as engine, far(_client) as client:
        switch.fill(theirs, SOMEBODY)
        switch.fill(own, DEFAULT_VLAN_NAME)
        engine.burst(own, 0)
        cost = Cost(*client.ask("look", configuration(engine.url, switch.address), ours))
        books = switch.books()
    if books.edits:
        raise RuntimeError(f"a reconcile with nothing to do has sent {books.edits} edits")
    return cost, books


def _check(switch: FarSwitch, vlans: Sequence[int]) -> None:
    try:
        switch.in_service(vlans, timeout=0)
    except TimeoutError as error:
        raise RuntimeError(f"not all that was applied is there: {error}") from None


@contextlib.contextmanager
def _client() -> Iterator[Answers]:
    # A first login imports what it needs: that is no part of what grows.
    yield {"apply": _ask_to_apply, "look": _ask_to_look}


def _ask_to_apply(address: Address, vlans: Sequence[int]) -> Cost:
    goals = [Goal(vlan, RBRIDGE, (load.address(vlan),)) for vlan in vlans]
    with netconf.session(netconf.Login(*address)) as session:
        begun = _now()
        transaction.bring(session, goals, DEFAULT_VLAN_NAME)
        done = _now()
    # Only now does what ssh has used count for this process.
    return _since(begun, done._replace(cpu=_now().cpu))


def _ask_to_look(config: Dict[str, Any], ours: int) -> Cost:
    with netconf.session(netconf.Login(*_login(config))):
        pass
    begun = _now()
    _, result = run.run(config, {"dry_run": False}, lambda _name: None, lambda _name, _value: None)
    cost = _since(begun, _now())
    if result.get("counts") != {"in sync": ours}:
        raise RuntimeError(f"a reconcile found {result.get('counts')}: {result.get('error')}")
    return cost


def _login(config: Dict[str, Any]) -> Address:
    (switch,) = config["switches"]
    return Address(*(switch[name] for name in Address._fields))


def _now() -> Cost:
    """The process's clocks: that of what has ended of its children counts too."""
    mine, theirs = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    cpu = mine.ru_utime + mine.ru_stime + theirs.ru_utime + theirs.ru_stime
    return Cost(time.perf_counter(), cpu, _peak())


def _since(begun: Cost, until: Cost) -> Cost:
    return Cost(until.wall - begun.wall, until.cpu - begun.cpu, until.peak)


def _peak() -> int:
    """Raises OSError where there is no /proc: only Linux tells of a process by itself."""
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found.group(1)) << 10 if found else 0


def _rows(what: str, runs: Dict[int, List[Run]], rounds: int) -> Iterator[Row]:
    sizes = " / ".join(f"{size:,}" for size in runs)
    yield Row(f"{what}: n", sizes, runs=f"median of {rounds}")
    for name, value, shown in _SHOWN:
        points = {
            size: statistics.median(value(run) for run in found) for size, found in runs.items()
        }
        yield growth(f"{what}: {name}", points, shown)


_SHOWN: Tuple[Tuple[str, Callable[[Run], float], Callable[[float], str]], ...] = (
    ("time", lambda run: run[0].wall, ms),
    ("CPU here", lambda run: run[0].cpu, ms),
    ("time in the switch", lambda run: run[1].seconds, ms),
    ("RPCs", lambda run: run[1].rpcs, "{:,.0f}".format),
    ("KiB", lambda run: run[1].bytes / 2**10, "{:,.0f}".format),
    ("MiB of memory here", lambda run: run[0].peak / 2**20, "{:,.0f}".format),
)
