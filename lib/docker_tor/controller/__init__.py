"""Dispatches the difference between the desired state and what was dispatched last.

Whenever an engine says "look again", the `controller` computes the segments and compares.
`debounce` decides when the difference goes out, one by one or as a batch; `dispatch` sends it.
`lease` elects the one sensor that dispatches, `heartbeat` shows that it lives. Containers have a
tracker of their own.
"""

__all__ = [
    "book",
    "container_tracker",
    "containers",
    "controller",
    "debounce",
    "dispatch",
    "heartbeat",
    "holding",
    "lease",
    "observed",
    "triggers",
]
