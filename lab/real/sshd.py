"""A private, real OpenSSH server on 127.0.0.1 with one user and one subsystem.

    with TemporaryUser() as user:
        server = Sshd(folder, free_port(), user, {"netconf": "/usr/sbin/netconf-subsystem ..."})
        server.start()
        ...
        server.stop()

The system's own sshd, its keys and its configuration are not touched. A password needs a system
account, so the user is one: made for the purpose, with a random password, and deleted afterwards.
PAM is off: OpenSSH then checks the shadow password itself and the result does not depend on the
machine's PAM rules. The server has a PID namespace of its own: its sessions end with it, whatever
they have started; and a /run of its own, for the folder that is compiled into Debian's sshd.
Measured with OpenSSH 9.2 on Debian 12.
"""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Dict, List, Mapping, Optional, Sequence

HOST = "127.0.0.1"
TOOLS = ("sshd", "ssh-keygen", "useradd", "userdel", "chpasswd", "unshare")
KEY_TYPES = ("ed25519", "rsa")

READY = 20.0
GONE = 20.0
POLL = 0.02

_OWN_RUN = 'mount -t tmpfs tmpfs /run && mkdir /run/sshd && exec "$@"'


class SshdError(Exception):
    """The private sshd or its user could not be had; the message says why."""


def missing() -> List[str]:
    """What keeps a private sshd from running here, one sentence each; empty means nothing does."""
    lacks = [f"{name} is not installed" for name in TOOLS if not find(name)]
    if os.geteuid() != 0:
        lacks.append("a private sshd with a user of its own needs root")
    elif not lacks and _run("unshare", "--mount", "--pid", "--fork", "true").returncode:
        lacks.append("a private sshd needs namespaces of its own")
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
        options = ["--no-create-home", "--home-dir", "/", "--shell", "/bin/sh", "--no-log-init"]
        self._change("useradd", *options, self.name)
        try:
            self._change("chpasswd", given=f"{self.name}:{self.password}\n")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self._change("userdel", self.name)

    @staticmethod
    def _change(*command: str, given: str = "") -> None:
        # The account database has one lock, and other programs use it as well.
        deadline = time.monotonic() + READY
        while (done := _run(*command, given=given)).returncode:
            poll(f"{command[0]} ({done.stderr.strip()})", deadline)


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

    def start(self, options: Sequence[str] = ()) -> None:
        """Start and wait until it greets. `options` are lines of sshd_config that go first, and
        the first value of a keyword is the one that holds. Raises SshdError."""
        if self._process is not None:
            raise SshdError("sshd runs already")
        if not self.host_keys:
            self.make_host_keys()
        config = self._folder / "sshd_config"
        config.write_text("\n".join([*options, *self._settings(), ""]))
        log = str(self._folder / "sshd.log")
        apart = [find("unshare"), "--mount", "--pid", "--fork", "sh", "-c", _OWN_RUN, "sh"]
        self._process = subprocess.Popen(  # noqa: S603  # the command is the lab's own
            [*apart, find("sshd"), "-D", "-f", str(config), "-E", log],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
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
        if process is None or process.poll() is not None:
            return
        # The first process of the namespace is the one that unshare waits for; when it is gone, so
        # are all others in there.
        for first in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(first), signal.SIGKILL)
        process.wait(GONE)

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
