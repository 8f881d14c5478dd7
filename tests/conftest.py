"""Lets plain pytest import what StackStorm would put on the path.

Under `st2-run-pack-tests` the real st2tests is there and is used; elsewhere the lab's stand-ins
are.
"""

import importlib.util
import sys
from pathlib import Path

import pytest

PACK = Path(__file__).resolve().parents[1]

for folder in (PACK, PACK / "actions", PACK / "sensors", PACK / "lib", PACK / "generator" / "lib"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

STANDINS = None if importlib.util.find_spec("st2tests") else PACK / "lab" / "standins"
if STANDINS:
    sys.path.append(str(STANDINS))
if importlib.util.find_spec("hypothesis") is None:
    sys.path.append(str(PACK / "tests" / "without"))


def pytest_configure(config):
    """Warnings are errors, but not those of StackStorm's own libraries, which are there with it."""
    if STANDINS is None:
        config.addinivalue_line("filterwarnings", "default")


@pytest.fixture(scope="module")
def workflow_lab():
    """A StackStorm with one switch: see workflow_world.started."""
    # Neither comes with StackStorm, under which these tests run too.
    for needed in ("asyncssh", "lab.stackstorm"):
        pytest.importorskip(needed, reason="the lab's requirements are not installed")
    import workflow_world

    with workflow_world.started() as lab:
        yield lab


@pytest.fixture
def world(workflow_lab, caplog):
    """The one switch, as the article has it; no password may be shown until the test ends."""
    import workflow_world

    world = workflow_lab.worlds[0]
    world.reset()
    world.uses()
    yield world
    assert workflow_world.secrets_in(workflow_lab.shown.news() + caplog.text) == []
