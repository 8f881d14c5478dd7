"""What `docker.help` does: list the chat commands, with an example of each."""

from typing import Any, Dict, Tuple

from ..common.table import table
from ..notify import answers
from ..notify.answers import Answer

COMMANDS = (
    ("tor networks", "the segments that Docker's networks call for"),
    ("tor plan", "what differs between Docker and the switches"),
    ("tor plan web on tor1", "the steps for one network or one VLAN"),
    ("tor reconcile", "what a reconcile would change"),
    ("tor reconcile apply", "bring the switches in line with Docker"),
    ("tor apply web", "bring the switches in line with one network"),
    ("tor show ve 112", "a VLAN's Ve as the switches have it"),
    ("tor uplinks", "which ports the hosts are at, says LLDP"),
    ("tor remove vlan 112 on tor1", "remove a VLAN that the pack made"),
    ("tor doctor", "what is wrong, and what to do about it"),
)
"""An example of each command, and what it is for."""
_COLUMNS = ("say", "for")


def run() -> Tuple[bool, Dict[str, Any]]:
    """The `table` of the commands, and the `answer` for chat."""
    answer = Answer(
        "These are the commands, each with an example; case and spaces do not matter.",
        answers.rows(_COLUMNS, COMMANDS),
    )
    return True, {"table": table(_COLUMNS, COMMANDS), "answer": answer.as_result()}
