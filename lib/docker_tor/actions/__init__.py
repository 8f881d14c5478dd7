"""What each action's `run` does: one module for each family of actions.

`edit` is one edit of the chain, `chain` what the edits of a workflow do besides, and `ports` the
last of them. `segments` are whole segments in one session, `removal` deletes them by hand, `undo`
undoes a failed run. `reconcile` compares and repairs all switches. `show_commands`, `show_ve`,
`networks`, `uplinks` and `overview` only show; `answer` is what chat shows, `commands` what can be
typed there. `containers` are the actions of the Exchange's docker pack.
"""

__all__ = [
    "answer",
    "chain",
    "commands",
    "containers",
    "edit",
    "ending",
    "in_use",
    "networks",
    "overview",
    "ports",
    "reconcile",
    "removal",
    "requests",
    "segment_report",
    "segments",
    "show_commands",
    "show_ve",
    "undo",
    "uplinks",
    "uplinks_report",
]
