"""What is wrong with an installation, and what to do about it: the action `docker.doctor`.

`examine` runs all checks at the same time, with one deadline. `settings`, `sensor`, `installation`,
`engines` and `switches` check what their names say; `line` is one finding. Nothing is changed:
engines and switches are read, and the chain is only rehearsed.
"""

__all__ = [
    "engines",
    "examine",
    "finding",
    "installation",
    "sensor",
    "settings",
    "switches",
]
