"""The ports of docker.yaml, beside what LLDP says of them. Pure.

LLDP is not authenticated, and not everybody sends it. So where it says otherwise, somebody has to
look; where it says nothing, nothing is wrong.
"""

from typing import Iterator, Mapping

from ..config.settings import Config
from ..reconcile import cabling
from ..reconcile.cabling import Cable, Neighbours
from .check_result import CheckResult, ok, warning

CHECK = "ports"


def check(
    config: Config, names: Mapping[str, str], neighbours: Neighbours
) -> Iterator[CheckResult]:
    """A result for each uplink that has ports; `names` and `neighbours` as `cabling.compare` takes
    them."""
    for cable in cabling.compare(config, names, neighbours):
        if cable.ports and cable.state != cabling.NOT_ASKED:
            yield _result(cable)


def _result(cable: Cable) -> CheckResult:
    where = f"engine {cable.engine}"
    has = f"docker.yaml has {cable.parent} at {cabling.some(cable.ports)} of {cable.switch}"
    if cable.state == cabling.AGREES:
        return ok(CHECK, where, f"{has}; so has LLDP.")
    if cable.state == cabling.ANOTHER_HOST:
        seen = f" LLDP sees {cable.parent} at {cabling.some(cable.seen)}." if cable.seen else ""
        return warning(
            CHECK,
            where,
            f"{has}, where LLDP sees another host: {cable.why}.",
            f"Right if that is the hypervisor of {cable.host}; else look at the cabling.{seen}",
        )
    if cable.state == cabling.DIFFERS:
        write = f"If that is so, write {_ports(cable)}; `tor uplinks` shows the whole block."
        look = "Look at the cabling; `tor uplinks` shows what LLDP says of all hosts."
        what = f"{has}, and LLDP has it otherwise: {cable.why}."
        return warning(CHECK, where, what, write if cable.to_write else look)
    return ok(CHECK, where, f"{has}. Whether that is so LLDP does not tell: {cable.why}.")


def _ports(cable: Cable) -> str:
    named = ", ".join(f'"{port}"' for port in (cable.uplink.ports if cable.uplink else ()))
    return f"`ports: [{named}]`"
