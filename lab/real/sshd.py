"""A private, real OpenSSH server on 127.0.0.1 with one user and one subsystem.

    with temporary_user() as user:
        server = Sshd(folder, free_port(), user, "netconf", "/usr/sbin/netconf-subsystem ...")
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
import signal
import socket
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence

from .process import Process, find, lacking, run, wait

HOST = "127.0.0.1"
KEY_TYPES = ("ed25519", "rsa")

_OWN_RUN = 'mount -t tmpfs tmpfs /run && mkdir /run/sshd && exec "$@"'


def missing() -> List[str]:
    """What keeps a private sshd from running here, one sentence each; empty means nothing does."""
    lacks = lacking("sshd", "ssh-keygen", "useradd", "userdel", "chpasswd", "unshare")
    if not lacks and run(*_apart("true"), check=False).returncode:
        lacks.append("a private sshd needs namespaces of its own")
    return lacks


def _apart(*command: str) -> List[str]:
    return ["unshare", "--mount", "--pid", "--fork", "--kill-child", *command]


class User(NamedTuple):
    """Who may log in."""

    name: str
    password: str


@contextlib.contextmanager
def temporary_user() -> Iterator[User]:
    """A system user that may log in with a password."""
    user = User(f"tor-{secrets.token_hex(4)}", secrets.token_urlsafe(18))
    options = ["--no-create-home", "--home-dir", "/", "--shell", "/bin/sh", "--no-log-init"]
    _change("useradd", *options, user.name)
    try:
        _change("chpasswd", given=f"{user.name}:{user.password}\n")
        yield user
    finally:
        _change("userdel", user.name)


def _change(*command: str, given: str = "") -> None:
    def failed() -> str:
        done = run(*command, given=given, check=False)
        return f"{command[0]}: {done.stderr.strip()}" if done.returncode else ""

    # The account database has one lock, and other programs use it as well.
    wait(failed)


class Sshd:
    """An sshd on `port` that lets `user` alone log in and runs `command` as its subsystem.

    `folder` takes configuration, host keys and log; it stays for its owner to remove. `options` are
    lines of sshd_config that go first: the first value of a keyword is the one that holds.
    `host_keys` maps "ssh-ed25519" and "ssh-rsa" to lines of the form "TYPE BASE64".
    """

    def __init__(
        self, folder: Path, port: int, user: User, command: str, options: Sequence[str] = ()
    ) -> None:
        self.port = port
        self.host_keys: Dict[str, str] = {}
        self._folder = folder
        self._process: Optional[Process] = None
        settings = [
            *options,
            f"ListenAddress {HOST}:{port}",
            *(f"HostKey {folder / f'host_{kind}'}" for kind in KEY_TYPES),
            f'Subsystem netconf "{command}"',
            f"AllowUsers {user.name}",
            "AuthenticationMethods password",
            "PasswordAuthentication yes",
            "PidFile none",
            "UsePAM no",
            "UseDNS no",
            "PrintMotd no",
            "MaxStartups 100",
            "LogLevel VERBOSE",
            "",
        ]
        (folder / "sshd_config").write_text("\n".join(settings))
        self.make_host_keys()

    def start(self) -> None:
        """Start and wait until it greets. Raises PartFailed."""
        server = [find("sshd"), "-D", "-e", "-f", str(self._folder / "sshd_config")]
        command = _apart("sh", "-c", _OWN_RUN, "sh", *server)
        self._process = Process(command, self._folder / "sshd.log", self._greets)

    def stop(self) -> None:
        """End it and every session that it holds."""
        if self._process is None or not self._process.alive:
            return
        # The first process of the namespace is the one that unshare waits for; when it is gone, so
        # are all others in there.
        pid = self._process.pid
        for first in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(first), signal.SIGKILL)
        self._process.wait()

    def make_host_keys(self) -> None:
        """New host keys, which hold from the next start on."""
        for kind in KEY_TYPES:
            path = self._folder / f"host_{kind}"
            size = ["-b", "2048"] if kind == "rsa" else []
            # It asks whether to overwrite old ones.
            run("ssh-keygen", "-q", "-t", kind, *size, "-N", "", "-f", str(path), given="y\n")
            name, blob = path.with_suffix(".pub").read_text().split()[:2]
            self.host_keys[name] = f"{name} {blob}"

    def _greets(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), 1) as peer:
            return peer.recv(4) == b"SSH-"
        return False


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
