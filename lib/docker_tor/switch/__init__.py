"""The running config of a switch as values, and the way from there to the desired state.

`plan` finds the steps, `preview` shows them, `transaction` runs them, each segment wholly or not at
all, and `rollback` takes back what a failed run has changed. `model` has the values. The XML and
the words of one kind of switch stand in a folder of its own, as `nos`.
"""

__all__ = [
    "apply",
    "edit",
    "fabric",
    "model",
    "plan",
    "preview",
    "rollback",
    "transaction",
    "ve_addresses",
]
