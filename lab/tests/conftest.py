"""The StackStorm that the lab's tests share, with the pack of lab/tests/pack in it."""

from pathlib import Path
from typing import Any, Dict, Iterator

import pytest

PACK = Path(__file__).with_name("pack")
CONFIG: Dict[str, Any] = {"logins": [{"host": "a", "password": "{{ st2kv.system.token }}"}]}
WAIT = 30.0
TOKEN = "T0ken-0f-the-l4b"


@pytest.fixture(scope="session")
def st2() -> Iterator[Any]:
    """A StackStorm; a test that changes it changes it back."""
    stackstorm = pytest.importorskip("lab.stackstorm", reason="it needs orquesta")
    with stackstorm.StackStorm(PACK, CONFIG) as st2:
        st2.datastore.set("token", TOKEN, secret=True)
        yield st2
