"""The installation: what earlier versions have left in StackStorm, and whether this host keeps
connections with switches."""

import shutil
from typing import Callable, Iterator, NamedTuple

from ..common import private_files
from ..config.credentials import AUTO
from ..config.settings import Config
from .check_result import CheckResult, ok, warning

STACKSTORM, HOST = "StackStorm", "this host"

Registered = Callable[[str, str], bool]
"""Whether StackStorm has a thing of a kind ("policies", "rules", "actions") by that ref; may
raise."""


class Left(NamedTuple):
    """Something that an earlier version shipped: its kind as StackStorm's API and its command line
    have it, its ref, and what there is to say of it."""

    kind: str
    word: str
    ref: str
    says: str


_DELAYS = "It delays runs that could begin, by 2.5 s at a time."
LEFT = (
    Left("policies", "policy", "docker.docker-network-tor.per-switch", _DELAYS),
    Left("policies", "policy", "docker.docker-network-tor-batch.per-switch", _DELAYS),
    Left("policies", "policy", "docker.docker-network-tor-fast.per-switch", _DELAYS),
    Left("policies", "policy", "docker.docker-network-tor-remove.per-switch", _DELAYS),
    Left(
        "rules",
        "rule",
        "docker.network-trigger-fast",
        "Who had enabled it enables docker.network-trigger in its place.",
    ),
    Left("actions", "action", "docker.docker-network-tor-fast", "Nothing of this version runs it."),
    *(
        Left("actions", "action", f"docker.{was}", f"It is called docker.{now} now.")
        for was, now in (
            ("vdx.apply", "segment.apply"),
            ("vdx.undo", "segment.undo"),
            ("vdx.remove", "segment.remove"),
            ("vdx.show_ve", "show_ve"),
        )
    ),
)
"""Of earlier versions. Registering a pack deletes nothing that it no longer ships."""


def left(registered: Registered) -> Iterator[CheckResult]:
    """What earlier versions have left, each with the command that removes it."""
    found = []
    for one in LEFT:
        try:
            there = registered(one.kind, one.ref)
        except Exception as error:  # noqa: BLE001  # StackStorm's client raises what it likes
            yield warning(
                "upgrade",
                STACKSTORM,
                f"Whether earlier versions have left something in it is not known:"
                f" {type(error).__name__}: {error}.",
                "See that st2api answers, and that actions are told its url.",
            )
            return
        if there:
            found.append(one)
    for one in found:
        yield warning(
            "upgrade",
            STACKSTORM,
            f"It still has the {one.word} {one.ref} of an earlier version. {one.says}",
            f"st2 {one.word} delete {one.ref}",
        )
    if not found:
        yield ok("upgrade", STACKSTORM, "Nothing of earlier versions is left in it.")


def connections(config: Config) -> Iterator[CheckResult]:
    """Whether actions of this user can share a connection with a switch."""
    if not any(switch.transport == AUTO for switch in config.switches):
        return
    why, remedy = "there is no ssh", "Install OpenSSH's client."
    try:
        folder = private_files.folder()
        private_files.salt(folder)
    except OSError as error:
        why = str(error)
        remedy = (
            "Until then each action logs in anew, by paramiko, which takes longer. The folder has"
            " to be of the user that runs actions, with mode 700: chmod it, or remove it."
        )
    else:
        if shutil.which("ssh"):
            yield ok("connections", HOST, f"They are kept from action to action, in {folder}.")
            return
    yield warning("connections", HOST, f"None is kept: {why}.", remedy)
