"""The running config of a switch as values, and the way from there to the desired state.

`model` has the values, `trunk` those of ports. `edit` is what drivers share of edits, and `reading`
of reads. `driver` is what one kind of switch has to say for itself, in a folder of its own. A
`device` is an open session with a switch, through its driver. `plan` finds what reaching a goal
takes, `preview` shows it, `transaction` does it, each segment wholly or not at all, and `rollback`
undoes what a failed run has done. `guard` sees to it that an edit of a port takes no VLAN of others
from it, and `own_ports` says from which ports a VLAN may be taken at all.
"""

__all__ = [
    "device",
    "driver",
    "edit",
    "fabric",
    "guard",
    "model",
    "own_ports",
    "plan",
    "preview",
    "reading",
    "rollback",
    "transaction",
    "trunk",
]
