"""What is wrong with an installation, and what to do about it: the action `docker.doctor`.

`examine` runs all checks at the same time, with one deadline. `docker_yaml`, `sensor`,
`installation`, `engines` and `switches` each check what their name says. Each result of a check is
a `finding`; `answer` is what chat shows. Nothing is changed: engines and switches are read, and
edits are only rehearsed.
"""

__all__ = [
    "answer",
    "docker_yaml",
    "engines",
    "examine",
    "finding",
    "installation",
    "sensor",
    "switches",
]
