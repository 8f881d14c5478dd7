"""A private, real OpenSSH server on 127.0.0.1 with one user and one subsystem.

    with TemporaryUser() as user:
        server = Sshd(folder, free_port(), user, {"netconf": "/usr/sbin/netconf-subsystem ..."})
        server.start()
        ...
        server.stop()

The system's own sshd, its keys and its configuration are not touched. A password needs a system
account, so the user is one: made for the purpose, with a random password, and removed afterwards.
PAM is off: OpenSSH then checks the shadow password itself and the result does not depend on the
machine's PAM rules. Measured with OpenSSH 9.2 on Debian 12.
"""

import contextlib
import fcntl
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Set

HOST = "127.0.0.1"
TOOLS = ("sshd", "ssh-keygen", "useradd", "userdel", "chpasswd")
KEY_TYPES = ("ed25519", "rsa")

READY = 20.0
GONE = 20.0
POLL = 0.02

_CHROOT = Path("/run/sshd")  # compiled into Debian's sshd, which does not start without it


class SshdError(Exception):
    """The private sshd or its user could not be had; the message says why."""


def missing() -> List[str]:
    """What keeps a private sshd from running here, one sentence each; empty means nothing does."""
    lacks = [f"{name} is not installed" for name in TOOLS if not find(name)]
    if os.geteuid() != 0:
        lacks.append("a private sshd with a user of its own needs root")
    return lacks


def find(name: str) -> str:
    """The path of a program, looked for where root's programs are, too; empty if there is none."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    return shutil.which(name, path=path) or ""


def poll(what: str, deadline: float) -> None:
    """One pause of a loop that waits for something outside; SshdError once `deadline` is over."""
    if time.monotonic() > deadline:
        raise SshdError(f"{what} took too long")
    time.sleep(POLL)


class TemporaryUser:
    """A context manager around a system user that may log in with a password."""

    def __init__(self) -> None:
        self.name = f"tor-{secrets.token_hex(4)}"
        self.password = secrets.token_urlsafe(18)

    def __enter__(self) -> "TemporaryUser":
        # The account database has one lock, and other programs use it as well.
        deadline = time.monotonic() + READY
        options = ["--no-create-home", "--home-dir", "/", "--shell", "/bin/sh", "--no-log-init"]
        while (done := _run("useradd", *options, self.name)).returncode:
            poll(f"useradd {self.name} ({done.stderr.strip()})", deadline)
        try:
            done = _run("chpasswd", given=f"{self.name}:{self.password}\n")
            if done.returncode:
                raise SshdError(f"chpasswd: {done.stderr.strip()}")
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self.remove()

    def remove(self) -> None:
        """Remove the user and end all that still runs as it. May be called twice."""
        deadline = time.monotonic() + GONE
        while (uid := self._uid()) is not None:
            end(_owned_by(uid))
            done = _run("userdel", self.name)
            if done.returncode:
                poll(f"userdel {self.name} ({done.stderr.strip()})", deadline)

    def _uid(self) -> Optional[int]:
        try:
            return pwd.getpwnam(self.name).pw_uid
        except KeyError:
            return None


class Sshd:
    """An sshd on `port` that lets `user` alone log in and runs `subsystems`, commands by name.

    `folder` takes configuration, host keys and log; it stays for its owner to remove. `host_keys`
    maps "ssh-ed25519" and "ssh-rsa" to lines of the form "TYPE BASE64".
    """

    def __init__(
        self, folder: Path, port: int, user: TemporaryUser, subsystems: Mapping[str, str]
    ) -> None:
        self.port = port
        self.host_keys: Dict[str, str] = {}
        self._folder = folder
        self._user = user
        self._subsystems = subsystems
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._chroot = contextlib.ExitStack()

    def start(self, options: Sequence[str] = ()) -> None:
        """Start and wait until it greets. `options` are lines of sshd_config that go first, and
        the first value of a keyword is the one that holds. Raises SshdError."""
        if self._process is not None:
            raise SshdError("sshd runs already")
        self._chroot.enter_context(_chroot())
        if not self.host_keys:
            self.make_host_keys()
        config = self._folder / "sshd_config"
        config.write_text("\n".join([*options, *self._settings(), ""]))
        log = str(self._folder / "sshd.log")
        self._process = subprocess.Popen(  # noqa: S603  # the command is the lab's own
            [find("sshd"), "-D", "-f", str(config), "-E", log],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + READY
        while not self._greets():
            if self._process.poll() is not None:
                raise SshdError(f"sshd ended at once:\n{self.log()}")
            poll("sshd's greeting", deadline)

    def stop(self) -> None:
        """End it and every session that it holds. May be called twice."""
        process, self._process = self._process, None
        try:
            if process is not None:
                # A session would outlive its listener, having left the listener's process group.
                _end_sessions(process.pid)
                process.kill()
                process.wait(GONE)
        finally:
            self._chroot.close()

    def make_host_keys(self) -> None:
        """New host keys, which hold from the next start on."""
        for kind in KEY_TYPES:
            path = self._folder / f"host_{kind}"
            for old in (path, path.with_suffix(".pub")):
                with contextlib.suppress(FileNotFoundError):
                    old.unlink()
            size = ["-b", "2048"] if kind == "rsa" else []
            done = _run("ssh-keygen", "-q", "-t", kind, *size, "-N", "", "-f", str(path))
            if done.returncode:
                raise SshdError(f"ssh-keygen: {done.stderr.strip()}")
            name, blob = path.with_suffix(".pub").read_text().split()[:2]
            self.host_keys[name] = f"{name} {blob}"

    def log(self) -> str:
        """The last lines that it has logged."""
        with contextlib.suppress(FileNotFoundError):
            return "\n".join((self._folder / "sshd.log").read_text().splitlines()[-15:])
        return ""

    def _settings(self) -> List[str]:
        return [
            f"ListenAddress {HOST}:{self.port}",
            *(f"HostKey {self._folder / f'host_{kind}'}" for kind in KEY_TYPES),
            *(f'Subsystem {name} "{command}"' for name, command in self._subsystems.items()),
            f"AllowUsers {self._user.name}",
            "AuthenticationMethods password",
            "PasswordAuthentication yes",
            "PidFile none",
            "UsePAM no",
            "UseDNS no",
            "PrintMotd no",
            "MaxStartups 100",
            "LogLevel VERBOSE",
        ]

    def _greets(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), 1) as peer:
            return peer.recv(4) == b"SSH-"
        return False


def end(pids: Iterable[int]) -> None:
    """Kill processes and wait until they are gone or, for children of others, zombies."""
    deadline = time.monotonic() + GONE
    left = set(pids)
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    while left := {pid for pid in left if _status(pid).get("State", "Z")[0] != "Z"}:
        poll(f"the end of processes {sorted(left)}", deadline)


def _end_sessions(listener: int) -> None:
    # From the leaves on, so that each is reaped by its parent: not every init reaps orphans.
    deadline = time.monotonic() + GONE
    while below := _descendants(listener):
        for pid in below.keys() - below.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        poll("the end of sshd's sessions", deadline)


@contextlib.contextmanager
def _chroot() -> Iterator[None]:
    made = not _CHROOT.exists()
    _CHROOT.mkdir(mode=0o755, exist_ok=True)
    handle = os.open(_CHROOT, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_SH)
        yield
        # Another private sshd may have begun to use it since.
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if made:
                _CHROOT.rmdir()
    finally:
        os.close(handle)


def _status(pid: int) -> Dict[str, str]:
    """/proc/PID/status by field; empty where the process is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return {}
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _processes() -> Dict[int, Dict[str, str]]:
    pids = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return {pid: status for pid in pids for status in [_status(pid)] if status}


def _owned_by(uid: int) -> Set[int]:
    return {pid for pid, status in _processes().items() if str(uid) in status["Uid"].split()}


def _descendants(ancestor: int) -> Dict[int, int]:
    """The process ids below `ancestor`, and each one's parent."""
    parents = {pid: int(status["PPid"]) for pid, status in _processes().items()}
    found: Dict[int, int] = {}
    generation = {ancestor}
    while generation:
        found.update({pid: parent for pid, parent in parents.items() if parent in generation})
        generation = {pid for pid, parent in parents.items() if parent in generation}
    return found


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _run(name: str, *arguments: str, given: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603  # the command is the lab's own
        [find(name), *arguments],
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
