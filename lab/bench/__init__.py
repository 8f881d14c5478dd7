"""Measurements that the README quotes: `make bench`, or `python -m lab.bench --help`.

    dispatch, action, imports, chain, sessions, burst, resync, idle, reconcile, growth, memory
                             one measurement each: rows of a table
    rows                     what a measurement returns; medians and percentiles
    processes                what processes have cost
    sensing, apart           the pack's sensor, in this process or in one of its own, watched
    docker_api               networks and events over an engine's socket
    far, far_engine, load    the lab's engine in a process of its own, and what is done to it
    switches, far_switch     the switch's simulator in a process of its own; with books
    relay                    a longer way to a switch
    stack                    the lab's StackStorm with the pack in it
    pack, yardstick          the pack as the lab registers it; a pack of what it is measured against

Nothing here fails for being slow: a benchmark reports, whoever reads it judges.
"""

import sys
from pathlib import Path

PACK = Path(__file__).resolve().parents[2]

# What StackStorm would put on the path, and stand-ins for StackStorm's own modules.
for _folder in (PACK / "lib", PACK / "lab" / "standins"):
    if str(_folder) not in sys.path:
        sys.path.append(str(_folder))
