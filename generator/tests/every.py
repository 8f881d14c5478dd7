"""The actions of generator/tests/yang, a model with every kind of node and type."""

from pathlib import Path
from typing import Any, Dict

from generator import actions, contents, reading

PACK = Path(__file__).resolve().parents[2]
YANG = Path(__file__).parent / "yang"
DEVIATION = Path(__file__).with_name("every-deviation.yang")


def generate(*only: str, **sources: Any) -> Dict[str, contents.Content]:
    """The actions' YAML by name."""
    model = reading.read(reading.Sources([YANG], **sources))
    return {one.name: one.content for one in actions.generate(model, "every", only)}


EVERY = generate()
SPECS = {name: contents.loaded(one["parameters"]["edit"]["default"]) for name, one in EVERY.items()}
"""What each action knows of its node."""
