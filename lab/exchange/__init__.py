"""What the StackStorm Exchange's CI checks of a pack, as far as that needs no StackStorm, and what
its reviewers look for: `python -m lab.exchange`.

    checks    every check: its name, what it is there, and what it finds wrong
    files     those of single files: licence, syntax, icon, versions
    content   those of the pack as StackStorm registers it
    example   the example configuration, case by case

Read in StackStorm-Exchange/ci (.circle/Makefile, .github/actions) and StackStorm/st2sdk
(scripts/st2-check-*). flake8, pylint and yamllint are `make lint`'s own; the pack's tests are
`make test`.
"""

import sys
from pathlib import Path

PACK = Path(__file__).resolve().parents[2]

# What StackStorm would put on the path.
if str(PACK / "lib") not in sys.path:
    sys.path.append(str(PACK / "lib"))
