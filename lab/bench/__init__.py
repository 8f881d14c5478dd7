"""What the pack costs, measured: `make bench`, or `python -m lab.bench --help`.

    edit        one edit action, and what it imports
    chain       the article's chain of five edits and a message
    burst       networks at once, from the engine to the switch
    reconcile   many segments in one session, and many switches at the same time
    scale       the sensor on many engines, and all of them restarting at once

    rows        what a measurement returns
    costs       what processes have cost
    elsewhere   something in a process of its own
    outside     an engine and a switch there
    engines     many engines there
    installed   the lab's StackStorm with the pack in it, and one with a yardstick: empty actions,
                and the article's own design ported literally

Nothing here fails for being slow: a benchmark reports, whoever reads it judges.
"""

from pathlib import Path

PACK = Path(__file__).resolve().parents[2]
