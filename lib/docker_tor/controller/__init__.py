"""Dispatches the difference between the desired state and what was last applied.

`controller` is told what the engines list, compares, and dispatches. `debounce` and `grace` say
when; `holding` remembers what is not believed; `dispatch` sends `triggers`, alone or in batches.
`lease` elects the one sensor that dispatches, and `heartbeat` shows that it lives.
`container_tracker` does for containers what `controller` does for networks; both are a `settler`.
"""

__all__ = [
    "container_tracker",
    "controller",
    "debounce",
    "dispatch",
    "grace",
    "heartbeat",
    "holding",
    "lease",
    "settler",
    "triggers",
]
