"""An SSH connection that outlives the action: OpenSSH's ControlMaster.

The first action logs in, and leaves an ssh process behind that listens on a socket. Later actions
open their sessions through that socket: a round trip or two, without a login and without paramiko.
The process ends by itself: when nobody has used it for IDLE seconds, or when the switch is gone.

The socket lies in a folder that only its user may enter. Its name is a keyed hash of the whole
login, with the password. So a wrong password leads to no socket, and has to log in. The password
reaches ssh through a pipe that can be read once: no command line, environment or file shows it.
ssh_config(5) has the options.
"""

import contextlib
import hashlib
import os
import re
import signal
import subprocess
import time
from typing import IO, Any, List, Mapping, Optional, Tuple

from ..common import private_files
from ..config.credentials import ANY_HOST_KEY, Login
from . import session_errors

IDLE = 60
"""Seconds without a session after which a connection ends."""
ASKPASS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "askpass")

_SSH = ("ssh", "-F", "none", "-T", "-a", "-x")
_KEYWORDS = ("KexAlgorithms", "HostKeyAlgorithms", "Ciphers", "MACs")
"""What ssh_config(5) calls the kinds of `credentials.Algorithms`."""
_ALIAS = "switch"
"""The name of a switch with a pinned key, in the known_hosts file that is written for it."""
_ALIVE = ("ServerAliveInterval=5", "ServerAliveCountMax=3")
_LONGEST_PASSWORD = 1000
"""Bytes; OpenSSH reads 1,023 of an answer."""
_NAME = 24
"""Characters of a socket's name: too many for two to meet by chance, few enough for a path."""
ANSWER = 2.0
"""Seconds for a connection to say that it is well."""

# What ssh could take for an option, or for a pattern, is left to paramiko.
_HOST = re.compile(r"[A-Za-z0-9_:][A-Za-z0-9_.:%-]*\Z")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+-]*\Z")
_REFUSED = ("Permission denied", "Too many authentication failures")
_OFFERED = r"Permission denied \(([a-z0-9,@.-]*)\)"
_PASSWORD, _INTERACTIVE = "password", "keyboard-interactive"
"""RFC 4252, 8, and RFC 4256: with the latter, the switch asks what it likes."""


class Unavailable(Exception):
    """OpenSSH cannot be used; why, in its words or the system's."""


class ControlMaster:
    """The connection for one login, which may be there or not.

    Every method raises Unavailable if this machine or this login does not allow one.
    """

    def __init__(self, login: Login) -> None:
        password = login.password
        if not password.isprintable() or len(password.encode()) > _LONGEST_PASSWORD:
            raise Unavailable("ssh cannot be told such a password")
        if not _HOST.match(login.host) or not _USER.match(login.username):
            raise Unavailable("ssh could misread such a host or user name")
        self._login = login
        try:
            self._folder = private_files.folder()
            key = private_files.salt(self._folder)
        except OSError as error:
            raise Unavailable(str(error)) from None
        self._known_hosts = _known_hosts(login)
        # A Login's own repr leaves the password out.
        whole = repr((tuple(login), self._known_hosts)).encode()
        self._name = hashlib.sha256(key + whole).hexdigest()[:_NAME]
        self._socket = os.path.join(self._folder, self._name)

    @property
    def is_there(self) -> bool:
        """Whether its socket is there; nobody may be listening on it."""
        return os.path.exists(self._socket)

    def client(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """An ssh over this connection, and over no other, with pipes to its input and output."""
        command = [*_SSH, "-S", self._name, "-o", "ControlMaster=no", "-o", "ProxyCommand=false"]
        command += ["-o", "BatchMode=yes", *arguments]
        return self._run(command, {}, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def start(self, deadline: float) -> bool:
        """Start it unless it is running; whether it had to be started.

        Raises AuthenticationFailed, LoginNotOffered, TimeoutError at the deadline (a reading of
        time.monotonic), and Unavailable, also while another process is starting it.
        """
        name = f"{self._name}.hosts"
        try:
            with private_files.locked(os.path.join(self._folder, name)) as known_hosts:
                if self.is_there and self._is_well():
                    return False
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self._socket)
                known_hosts.write(self._known_hosts)
                known_hosts.flush()
                self._log_in(name, deadline)
        except BlockingIOError:
            raise Unavailable("another action is just logging in") from None
        return True

    def _is_well(self) -> bool:
        """Whether the process behind the socket answers, whatever its switch does."""
        with self.client("-O", "check", "--", self._login.host) as check:
            try:
                return check.wait(ANSWER) == 0
            except subprocess.TimeoutExpired:
                check.kill()
                return False

    def _log_in(self, known_hosts: str, deadline: float) -> None:
        # One after the other: ssh is to send the password once only for each.
        for method in (_PASSWORD, _INTERACTIVE):
            said, asked = self._try(method, known_hosts, deadline)
            found = re.search(_OFFERED, said)
            offered = found.group(1).split(",") if found else []
            if asked or _INTERACTIVE not in offered:
                break
        if self.is_there:
            return
        if offered and method not in offered:
            raise session_errors.not_offered(self._login, f"offers {', '.join(offered)}")
        if asked and any(words in said for words in _REFUSED):
            raise session_errors.denied(self._login)
        raise Unavailable(said or "ssh made no socket")

    def _try(self, method: str, known_hosts: str, deadline: float) -> Tuple[str, bool]:
        """Log in by one method; what ssh says of a failure, and whether it asked for a password."""
        with private_files.readable_once(self._login.password) as (path, has_been_read):
            environment = {
                "SSH_ASKPASS": ASKPASS,
                "SSH_ASKPASS_REQUIRE": "force",
                # Before 8.4, ssh asks by program only where there could be a display.
                "DISPLAY": "none",
                "DOCKER_TOR_ASKPASS": path,
            }
            ssh = self._run(
                self._command(method, known_hosts),
                environment,
                stderr=subprocess.PIPE,
                # What kills the action and all its processes does not kill this one.
                start_new_session=True,
            )
            with ssh:
                try:
                    # Once it has logged in, it goes on in the background.
                    ssh.wait(max(0.0, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    ssh.kill()
                    raise TimeoutError("it timed out") from None
                said = _text(ssh.stderr) if ssh.returncode else ""
            asked = bool(ssh.returncode) and has_been_read()
            if asked and ssh.returncode == -signal.SIGTERM:
                # By ASKPASS, which was run a second time.
                raise session_errors.not_offered(self._login, session_errors.MORE_QUESTIONS)
            return said, asked

    def _command(self, method: str, known_hosts: str) -> List[str]:
        login = self._login
        checked = login.host_key != ANY_HOST_KEY
        options = [
            f"ControlPersist={IDLE}",
            f"PreferredAuthentications={method}",
            "NumberOfPasswordPrompts=1",
            f"StrictHostKeyChecking={'yes' if checked else 'no'}",
            f"UserKnownHostsFile={known_hosts if checked else '/dev/null'}",
            "GlobalKnownHostsFile=/dev/null",
            "CheckHostIP=no",
            "UpdateHostKeys=no",
            *_ALIVE,
            "LogLevel=ERROR",
        ]
        if checked and login.host_key:
            options.append(f"HostKeyAlias={_ALIAS}")
        for keyword, names in zip(_KEYWORDS, login.algorithms):
            if names:
                options.append(f"{keyword}=+{','.join(names)}")
        return [
            *_SSH,
            *("-M", "-N", "-S", self._name, "-p", str(login.port), "-l", login.username),
            *(word for option in options for word in ("-o", option)),
            *("--", login.host),
        ]

    def _run(
        self, command: List[str], environment: Mapping[str, str], **options: Any
    ) -> "subprocess.Popen[bytes]":
        """Run it in the folder, to which its file names are relative.

        It inherits nothing of the action: no environment, no input and no output but pipes that are
        asked for."""
        basic = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
        nowhere = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        try:
            return subprocess.Popen(  # noqa: S603  # host and user are checked
                command,
                env={**basic, **environment},
                cwd=self._folder,
                bufsize=0,
                **{**nowhere, **options},
            )
        except OSError as error:
            raise Unavailable(str(error)) from None


def _known_hosts(login: Login) -> str:
    """The lines of known_hosts in which ssh looks up the switch's key."""
    if login.host_key == ANY_HOST_KEY:
        return ""
    if login.host_key:
        return f"{_ALIAS} {login.host_key}\n"
    with contextlib.suppress(OSError):
        with open(os.path.expanduser("~/.ssh/known_hosts"), errors="replace") as theirs:
            return theirs.read()
    return ""


def _text(pipe: Optional[IO[bytes]]) -> str:
    return pipe.read().decode(errors="replace").strip() if pipe else ""
