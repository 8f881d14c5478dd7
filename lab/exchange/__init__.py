"""What the StackStorm Exchange's CI checks of a pack, as far as that needs no StackStorm, and what
its reviewers look for: `python -m lab.exchange`.

    checks    every check: its name, what it is there, and what it finds wrong
    example   the example configuration, case by case, as the pack reads it

Read in StackStorm-Exchange/ci (.circle/Makefile, .github/actions) and StackStorm/st2sdk
(scripts/st2-check-*). Whether Python, YAML and JSON can be read is left to ruff, yamllint and the
tests.
"""

import sys
from pathlib import Path

PACK = Path(__file__).resolve().parents[2]

# What StackStorm would put on the path.
if str(PACK / "lib") not in sys.path:
    sys.path.append(str(PACK / "lib"))
