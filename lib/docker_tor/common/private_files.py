"""What is one user's alone on a machine: a folder, its secret, locks, a pipe to be read once.

Every function raises OSError if the system does not allow it. PermissionError means that somebody
else could read or replace the files.
"""

import contextlib
import fcntl
import os
import stat
from typing import IO, Callable, Iterator, Optional, Tuple

_SALT = 32
"""Bytes of a folder's secret."""


def folder() -> str:
    """The user's own folder. It is made if need be, where nobody else can rename it: in TMPDIR."""
    above = os.environ.get("TMPDIR") or "/tmp"  # noqa: S108  # it is checked
    user = os.geteuid()
    path = os.path.join(above, f"docker-tor-{user}")
    with contextlib.suppress(FileExistsError):
        os.mkdir(path, 0o700)
    outer, inner = os.stat(above), os.lstat(path)
    anybodys = outer.st_mode & 0o022 and not outer.st_mode & stat.S_ISVTX
    if outer.st_uid not in (0, user) or anybodys:
        raise PermissionError(f"others may rename what is in {above}")
    if not stat.S_ISDIR(inner.st_mode) or inner.st_uid != user or inner.st_mode & 0o077:
        raise PermissionError(
            f"{path} is not this user's alone: mode {inner.st_mode & 0o777:o}, user {inner.st_uid}"
        )
    return path


def salt(folder: str) -> bytes:
    """The folder's own secret. The first process makes it, whole or not at all."""
    path = os.path.join(folder, "salt")
    if not os.path.exists(path):
        fresh = f"{path}.{os.urandom(8).hex()}"
        with open(fresh, "wb", opener=_private) as file:
            file.write(os.urandom(_SALT))
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        os.unlink(fresh)
    with open(path, "rb") as file:
        return file.read(_SALT)


@contextlib.contextmanager
def locked(path: str) -> Iterator[IO[str]]:
    """An empty file that no other process has for the length of a `with` block, which removes it.

    Raises BlockingIOError if another process has it.
    """
    with open(path, "a", opener=_private) as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.exists(path) or not os.path.samestat(os.stat(path), os.stat(file.fileno())):
            raise BlockingIOError(f"{path} was just in use")
        try:
            file.truncate(0)
            yield file
        finally:
            os.unlink(path)


def place(path: str, most: int) -> Optional[IO[str]]:
    """One of `most` places under a path, or None if all are taken.

    It is taken as long as the returned file is open, and given back even by a killed process.
    """
    for number in range(most):
        file = open(f"{path}.{number}", "a", opener=_private)  # noqa: SIM115  # it is what is given
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
        else:
            return file
    return None


@contextlib.contextmanager
def readable_once(secret: str) -> Iterator[Tuple[str, Callable[[], bool]]]:
    """A path where this user can read the secret once, and a function: has somebody done so?"""
    into, out = os.pipe()
    try:
        try:
            os.write(out, f"{secret}\n".encode())
        finally:
            os.close(out)
        yield f"/proc/{os.getpid()}/fd/{into}", lambda: not os.read(into, 1)
    finally:
        os.close(into)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
