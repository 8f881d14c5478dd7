"""What is wrong with an installation, and what to do about it: the action `docker.doctor`.

`examine` runs all checks at the same time, with one deadline. `docker_yaml`, `sensor`,
`installation`, `engines`, `switches` and `ports` each check what their name says. Each check gives
a `check_result`; `answer` is what chat shows. Nothing is changed: engines and switches are read,
and edits are only planned (`rehearsal`).
"""

__all__ = [
    "answer",
    "check_result",
    "docker_yaml",
    "engines",
    "examine",
    "installation",
    "ports",
    "rehearsal",
    "sensor",
    "switches",
]
