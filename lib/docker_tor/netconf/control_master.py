"""A live SSH connection with a switch that outlives the action: OpenSSH's ControlMaster.

A session over it costs a round trip or two, and neither a login nor an import of paramiko. It is a
process of OpenSSH's own: it ends by itself when nobody has used it for IDLE seconds or the switch
has gone, and holds nothing of the action that started it.

Its socket is in a folder that is its user's alone. The socket's name is a keyed hash of all that a
login is made of, the password too: who gives another password gets another connection, and has to
log in. The password goes to ssh by a pipe that can be read once: it is on no command line, in no
environment and in no file.
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
from ..config.credentials import ANY_HOST_KEY, MORE_QUESTIONS, Login, NotOffered
from ..config.credentials import PasswordRefused as PasswordRefused

IDLE = 60
"""Seconds without a session after which a connection ends."""
ASKPASS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "askpass")

_SSH = ("ssh", "-F", "none", "-T", "-a", "-x")
_KEYWORDS = ("KexAlgorithms", "HostKeyAlgorithms", "Ciphers", "MACs")
"""What ssh_config calls the kinds of `login.Algorithms`."""
_ALIAS = "switch"
"""What a host with a pinned key is called in its known_hosts."""
_ALIVE = ("ServerAliveInterval=5", "ServerAliveCountMax=3")
_LONGEST_PASSWORD = 1000
"""Bytes; OpenSSH reads 1,023 of an answer."""
_NAME = 24
"""Characters of a name: enough not to meet by chance, few enough for a socket."""
ANSWER = 2.0
"""Seconds in which a connection that is well says that it is."""

# What ssh could take for an option or give a meaning of its own is left to paramiko.
_HOST = re.compile(r"[A-Za-z0-9_:][A-Za-z0-9_.:%-]*\Z")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+-]*\Z")
_REFUSED = ("Permission denied", "Too many authentication failures")
_OFFERED = r"Permission denied \(([a-z0-9,@.-]*)\)"
_PASSWORD, _INTERACTIVE = "password", "keyboard-interactive"
"""RFC 4252, 8, and RFC 4256: with the latter, the switch asks what it likes."""


class Unavailable(Exception):
    """There is no such connection to be had; why, in the words of OpenSSH or the system."""


class Master:
    """The connection for one login, whether it is there or not. Every method raises Unavailable
    where this machine or this login does not allow of one."""

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
        """Whether its socket is; who connects to it may still be refused."""
        return os.path.exists(self._socket)

    def client(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """An ssh over this connection, and over no other, with pipes to its input and output."""
        command = [*_SSH, "-S", self._name, "-o", "ControlMaster=no", "-o", "ProxyCommand=false"]
        command += ["-o", "BatchMode=yes", *arguments]
        return self._run(command, {}, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def start(self, deadline: float) -> bool:
        """Start it if it is not running; returns whether it was not.

        Raises PasswordRefused, NotOffered, TimeoutError once the deadline (time.monotonic) is over,
        and Unavailable, also where another process is just starting it.
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
        # One after the other, for each may give the password away only once.
        for method in (_PASSWORD, _INTERACTIVE):
            said, asked = self._try(method, known_hosts, deadline)
            found = re.search(_OFFERED, said)
            offered = found.group(1).split(",") if found else []
            if asked or _INTERACTIVE not in offered:
                break
        if self.is_there:
            return
        if offered and method not in offered:
            raise NotOffered(f"offers {', '.join(offered)}")
        if asked and any(words in said for words in _REFUSED):
            raise PasswordRefused
        raise Unavailable(said or "ssh made no socket")

    def _try(self, method: str, known_hosts: str, deadline: float) -> Tuple[str, bool]:
        """Log in by one method: what ssh said of a failure, and whether it had asked for the
        password."""
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
                raise NotOffered(MORE_QUESTIONS)
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
        """Run it in the folder, which its file names are relative to, with nothing of the action's:
        neither its environment nor, unless they are piped, its input and outputs."""
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
    """The lines of known_hosts that a switch's key is looked up in."""
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
