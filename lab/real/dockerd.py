"""A private, real Docker Engine: its own network namespace, socket and data.

    if missing():                       # what this machine lacks, in words
        ...
    with Dockerd(parents=["eth0.112"]) as engine:
        engine.docker("network", "create", "-d", "macvlan", "-o", "parent=eth0.112", "n112")

Nothing of the host's network is touched: the daemon runs in a namespace of its own, without
bridge or iptables, and listens on a unix socket in a temporary folder. Its parents are `ifb`
devices, which macvlan and ipvlan accept. (Where nothing has used that kernel module before, loading
it leaves two idle devices, ifb0 and ifb1, in the host's list.) Tried with Docker Engine 20.10.24 on
Debian 12, which answers about a second after its start.
"""

import contextlib
import functools
import http.client
import os
import secrets
import signal
import socket
import subprocess
from pathlib import Path
from typing import Iterator, List, NamedTuple, Optional, Sequence

from .process import Part, PartFailed, Process, find, lacking, run, wait

STALE = ("dockerd.pid", "docker.sock", "exec/containerd/containerd.pid")
"""What a killed dockerd leaves in its folder, and the next would trust."""


class Reply(NamedTuple):
    """One whole HTTP answer."""

    status: int
    body: bytes


@functools.lru_cache(maxsize=1)
def missing() -> List[str]:
    """What keeps a private dockerd from running here, one sentence each; empty means nothing does.

    The last check makes a network namespace with an `ifb` device in it and removes it again.
    """
    lacks = lacking("dockerd", "containerd", "ip", "nsenter")
    if not lacks:
        try:
            with _namespace(["eth0.1"]):
                pass
        except PartFailed as error:
            lacks.append(f"no network namespace with an ifb device: {error}")
    return lacks


@contextlib.contextmanager
def _namespace(parents: Sequence[str]) -> Iterator[str]:
    """The name of a new network namespace, which has a loopback and these devices, all up."""
    name = f"docker-tor-{secrets.token_hex(4)}"
    run("ip", "netns", "add", name)
    try:
        run("ip", "-n", name, "link", "set", "lo", "up")
        for parent in parents:
            run("ip", "-n", name, "link", "add", "name", parent, "type", "ifb")
            run("ip", "-n", name, "link", "set", parent, "up")
        yield name
    finally:
        run("ip", "netns", "del", name)


class Dockerd(Part):
    """A context manager around one private dockerd; entering starts it and waits until it answers.

    `parents` are the network devices to make for it, `options` further arguments for dockerd.
    `start` after `stop` or `kill` brings the daemon back with the same data. Raises PartFailed
    where the daemon does not get ready.
    """

    def __init__(self, *, parents: Sequence[str] = (), options: Sequence[str] = ()) -> None:
        super().__init__()
        self.namespace = ""
        self._parents = parents
        self._options = options
        self._daemon: Optional[Process] = None

    def begin(self) -> None:
        self.owned.callback(self._unmount)
        self.namespace = self.owned.enter_context(_namespace(self._parents))
        self.owned.callback(self._end_all)
        self.start()

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.folder / "docker.sock"

    @property
    def url(self) -> str:
        """The same, as DOCKER_HOST has it."""
        return f"unix://{self.socket}"

    @property
    def pid(self) -> int:
        """The daemon's process id."""
        if self._daemon is None:
            raise PartFailed("dockerd was never started")
        return self._daemon.pid

    def start(self) -> None:
        """Start the daemon and wait until it answers `/_ping`."""
        self._end_all()
        arguments = [
            f"--data-root={self.folder / 'data'}",
            f"--exec-root={self.folder / 'exec'}",
            f"--pidfile={self.folder / 'dockerd.pid'}",
            f"--host={self.url}",
            "--iptables=false",
            "--ip6tables=false",
            "--ip-forward=false",
            "--ip-masq=false",
            "--bridge=none",
            *self._options,
        ]
        command = [*self.within(), find("dockerd"), *arguments]
        self._daemon = Process(command, self.folder / "dockerd.log", self._answers)

    def within(self) -> List[str]:
        """What goes before a command to have it run in the engine's network namespace."""
        # Not `ip netns exec`: that one hides the cgroups from dockerd.
        return ["nsenter", f"--net=/run/netns/{self.namespace}"]

    def stop(self) -> None:
        """End the daemon as a service manager does, with SIGTERM, and wait for it."""
        if self._daemon:
            self._daemon.end(signal.SIGTERM)

    def kill(self) -> None:
        """End the daemon without a word, with SIGKILL, and wait for it."""
        if self._daemon:
            self._daemon.end()

    def restart(self) -> None:
        """`stop`, then `start` with the same data."""
        self.stop()
        self.start()

    def docker(self, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        """Run the docker CLI against this engine: see below."""
        return docker(self.url, *arguments, check=check)

    def request(self, method: str, path: str, body: Optional[bytes] = None) -> Reply:
        """One call to the engine's API."""
        return request(str(self.socket), method, path, body)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.request("GET", "/_ping").status == 200
        return False

    def _end_all(self) -> None:
        # Nothing but this daemon and its children lives in the namespace. A killed dockerd leaves
        # its containerd behind, perhaps as a zombie.
        with contextlib.suppress(PartFailed):
            self.stop()
        wait(self._outliving)
        for stale in STALE:
            with contextlib.suppress(FileNotFoundError):
                (self.folder / stale).unlink()

    def _outliving(self) -> str:
        """Kills what lives in the namespace; what that is, in words."""
        pids = run("ip", "netns", "pids", self.namespace).stdout.split()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        return f"processes {pids} outlive SIGKILL" if pids else ""

    def _unmount(self) -> None:
        points = (line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines())
        for point in sorted((p for p in points if p.startswith(f"{self.folder}/")), reverse=True):
            run("umount", "-l", point, check=False)


def docker(url: str, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
    """Run the docker CLI against the engine at `url`, with nothing configured for it.

    Raises PartFailed where it exits with an error and `check` is true.
    """
    clean = {k: v for k, v in os.environ.items() if not k.startswith("DOCKER_")}
    settings = {**clean, "DOCKER_CONFIG": "/nonexistent"}
    return run("docker", "-H", url, *arguments, check=check, env=settings)


def request(unix: str, method: str, path: str, body: Optional[bytes] = None) -> Reply:
    """One call to the API behind the unix socket at `unix`, on a connection of its own."""
    connection = _UnixConnection(unix)
    try:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return Reply(answer.status, answer.read())
    finally:
        connection.close()


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("docker", timeout=30)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
