"""Docker, the desired state and the running config side by side: compared, repaired, reported.

`discovery` asks all engines, `compare` finds what is missing, wrong or orphaned on each switch,
`run` repairs it in one session a switch, and `report` shows it. `dispatched` and `memory` say which
segments are this installation's own, and since when something is an orphan.
"""

__all__ = [
    "compare",
    "discovery",
    "dispatched",
    "job",
    "memory",
    "named_network",
    "report",
    "run",
]
