"""Docker, the desired state and the running config side by side: compared, repaired, reported.

`context` gathers what a reconcile goes by: `discovery` asks all engines, `memory` is what the last
one has left, `named_network` is what a person limits it to. `repair` visits every switch: `compare`
finds what is missing, drifted or orphaned, and one transaction repairs it. `dispatched` tells which
orphans are this installation's own. `report` shows it all, `news` tells the team, and `answer`
shows it in chat. `cabling` puts the ports of docker.yaml beside what LLDP says.
"""

__all__ = [
    "answer",
    "cabling",
    "compare",
    "context",
    "discovery",
    "dispatched",
    "memory",
    "named_network",
    "news",
    "repair",
    "report",
]
