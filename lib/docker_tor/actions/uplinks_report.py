"""What `docker.uplinks` returns, and what of it chat shows: states, and the YAML to paste. Pure."""

import itertools
import json
from typing import Any, Dict, Iterator, List, Mapping, Sequence, Tuple

from ..common.sanitize import counted, printable
from ..common.table import table
from ..config.ports import short
from ..notify import answers
from ..notify.answers import DANGER, GOOD, WARNING, Answer
from ..reconcile import cabling
from ..reconcile.cabling import Cable

CAVEAT = (
    "LLDP is not authenticated: whoever is at a port may take any name. Nothing is changed by it;"
    " compare with the cabling before you paste."
)

_COLUMNS = ("engine", "host", "parent", "switch", "docker.yaml", "LLDP", "state")


def of(cables: Sequence[Cable], unasked: Sequence[Mapping[str, str]]) -> Dict[str, Any]:
    """The result: `uplinks`, `unasked`, `yaml` and `table`. `unasked` are those who have said
    nothing: `where`, and the `error`."""
    result: Dict[str, Any] = {
        "uplinks": [
            {
                "engine": cable.engine,
                "host": cable.host,
                "parent": printable(cable.parent, 64),
                "switch": cable.switch,
                "ports": list(cable.ports),
                "lldp": list(cable.seen),
                "state": cable.state,
                "why": printable(cable.why),
            }
            for cable in cables
        ],
        "unasked": list(unasked),
        "yaml": [],
    }
    for engine, found in itertools.groupby(cables, key=lambda cable: cable.engine):
        own = list(found)
        if any(cable.to_write for cable in own):
            result["yaml"].append({"engine": engine, "block": "\n".join(_block(own))})
    rows = [_row(one, one["ports"], one["lldp"]) for one in result["uplinks"]]
    notes = "\n".join(_notes(result))
    parts = [table(_COLUMNS, rows), *([notes] if notes else []), CAVEAT, *_blocks(result)]
    return {**result, "table": "\n\n".join(parts)}


def answer(result: Mapping[str, Any]) -> Answer:
    """What chat answers: what has to be looked at comes first."""
    found = sorted(result["uplinks"], key=lambda one: bool(one["state"] == cabling.AGREES))
    unasked = [one["where"] for one in result["unasked"]]
    states = [one["state"] for one in found]
    verdict = "No engine is configured"
    if found:
        engines = counted(len({one["engine"] for one in found}), "engine")
        verdict = f"{counted(len(found), 'uplink')} of {engines}: {answers.counts(states)}"
    if unasked:
        verdict = f"{cabling.some(unasked)} could NOT be asked; {verdict}"
    rows = [
        _row(one, [short(port) for port in one["ports"]], [short(port) for port in one["lldp"]])
        for one in found
    ]
    doubtful = {cabling.DIFFERS, cabling.ANOTHER_HOST, cabling.AMBIGUOUS} & {*states}
    return Answer(
        verdict,
        [
            *answers.rows(_COLUMNS, rows),
            answers.wrapped(CAVEAT),
            *map(answers.wrapped, _notes(result)),
            *_blocks(result),
        ],
        DANGER if unasked else WARNING if doubtful else GOOD,
    )


def _row(one: Mapping[str, Any], ports: List[str], seen: List[str]) -> Tuple[object, ...]:
    return (one["engine"], one["host"], one["parent"], one["switch"], ports, seen, one["state"])


def _notes(result: Mapping[str, Any]) -> Iterator[str]:
    """Sentences on what the states alone do not say, and on whoever could not be asked."""
    for one in result["uplinks"]:
        if one["why"]:
            yield f"{' '.join(filter(None, (one['engine'], one['parent'])))}: {one['why']}."
    for one in result["unasked"]:
        yield f"{one['where']}: {one['error']}"


def _blocks(result: Mapping[str, Any]) -> List[str]:
    """What to paste, an engine each."""
    where = "in place of its uplinks"
    return [f"# engine {one['engine']}: {where}\n{one['block']}" for one in result["yaml"]]


def _block(cables: Sequence[Cable]) -> Iterator[str]:
    """All `uplinks` of an engine as they should be, as deep as they stand in docker.yaml: the block
    replaces what is there."""
    yield "    uplinks:"
    if any(cable.new for cable in cables):
        yield "      # With uplinks, a network on a parent that is not among them is refused."
    for uplink in filter(None, (cable.uplink for cable in cables)):
        # A string of JSON is one of YAML, and nobody has to know which words need quotes.
        yield f"      - parent: {_quoted(uplink.parent)}"
        yield f"        switch: {_quoted(uplink.switch)}"
        if uplink.rbridge_id:
            yield f"        rbridge_id: {uplink.rbridge_id}"
        if uplink.vlan:
            yield f"        vlan: {uplink.vlan}"
        if uplink.ports:
            yield "        ports:"
            yield from (f"          - {_quoted(port)}" for port in uplink.ports)


def _quoted(text: str) -> str:
    return printable(json.dumps(text, ensure_ascii=False))
