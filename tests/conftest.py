"""Lets plain pytest import what StackStorm would put on the path, with pyproject.toml.

Under `st2-run-pack-tests` the real st2tests is there and is used; elsewhere the lab's stand-ins
are.
"""

import importlib.util
import sys
from pathlib import Path

PACK = Path(__file__).resolve().parents[1]

STANDINS = None if importlib.util.find_spec("st2tests") else PACK / "lab" / "standins"
if STANDINS:
    sys.path.append(str(STANDINS))
if importlib.util.find_spec("hypothesis") is None:
    sys.path.append(str(PACK / "tests" / "without"))
else:
    from hypothesis import settings

    # How long an example takes says something of the machine, not of the pack.
    settings.register_profile("any machine", deadline=None)
    settings.load_profile("any machine")


def pytest_configure(config):
    """Warnings are errors, but not those of StackStorm's own libraries, which are there with it."""
    if STANDINS is None:
        config.addinivalue_line("filterwarnings", "default")
