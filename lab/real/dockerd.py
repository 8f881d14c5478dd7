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
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import IO, Any, List, Mapping, NamedTuple, Optional, Sequence

TOOLS = ("dockerd", "containerd", "ip", "nsenter")
READY = 60.0
GONE = 30.0
POLL = 0.02


class Reply(NamedTuple):
    """One whole HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class DockerdError(Exception):
    """The private engine did not do as asked; the message ends with the last lines of its log."""


@functools.lru_cache(maxsize=1)
def missing() -> List[str]:
    """What keeps a private dockerd from running here, one sentence each; empty means nothing does.

    The last check makes a network namespace with an `ifb` device in it and removes it again.
    """
    lacks = [f"{tool} is not on PATH" for tool in TOOLS if not shutil.which(tool)]
    if os.geteuid() != 0:
        lacks.append("a private dockerd needs root")
    if lacks:
        return lacks
    name = _fresh("docker-tor-probe")
    tried = _run("ip", "netns", "add", name)
    if not tried.returncode:
        tried = _run("ip", "-n", name, "link", "add", "name", "eth0.1", "type", "ifb")
        _run("ip", "netns", "del", name)
    if tried.returncode:
        lacks.append(f"no network namespace with an ifb device: {tried.stderr.strip()}")
    return lacks


class Dockerd:
    """A context manager around one private dockerd; entering starts it and waits until it answers.

    `parents` are the network devices to make for it, `options` further arguments for dockerd.
    `start` after `stop` or `kill` brings the daemon back with the same data. Leaving the context,
    or `close`, removes all of it: processes, namespace, mounts and files, also where the start
    failed. Raises DockerdError where the daemon does not get ready.
    """

    def __init__(self, *, parents: Sequence[str] = (), options: Sequence[str] = ()) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="docker-tor-"))
        self.socket = self.folder / "docker.sock"
        self.url = f"unix://{self.socket}"
        self.namespace = _fresh("docker-tor")
        self._parents = list(parents)
        self._options = list(options)
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._with_namespace = False

    def __enter__(self) -> "Dockerd":
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @property
    def running(self) -> bool:
        """Whether the daemon's process lives; a zombie does not."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The daemon's process id."""
        if self._process is None:
            raise DockerdError("dockerd was never started")
        return self._process.pid

    def start(self) -> None:
        """Start the daemon and wait until it answers `/_ping`."""
        if self.running:
            raise DockerdError("dockerd runs already")
        self._make_namespace()
        self._clear_leftovers()
        with self._log("ab") as log:
            # nsenter, not `ip netns exec`: that one hides the cgroups from dockerd.
            self._process = subprocess.Popen(  # noqa: S603  # the command is the lab's own
                [  # noqa: S607  # wherever the system has it
                    "nsenter",
                    f"--net=/run/netns/{self.namespace}",
                    "dockerd",
                    *self._arguments(),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_ready()

    def stop(self) -> None:
        """End the daemon as a service manager does, with SIGTERM, and wait for it."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the daemon without a word, with SIGKILL, and wait for it."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """`stop`, then `start` with the same data."""
        self.stop()
        self.start()

    def add_parent(self, name: str) -> None:
        """Make a device, up, that a network can name as its parent, such as "eth0.112"."""
        self._make_namespace()
        self._ip("-n", self.namespace, "link", "add", "name", name, "type", "ifb")
        self._ip("-n", self.namespace, "link", "set", name, "up")

    def docker(self, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        """Run the docker CLI against this engine, with an empty configuration of its own.

        Raises DockerdError where it exits with an error and `check` is true.
        """
        return docker(self.url, *arguments, config=self.folder / "cli", check=check)

    def request(self, method: str, path: str, body: Optional[bytes] = None) -> Reply:
        """One call to the engine's API."""
        return request(str(self.socket), method, path, body)

    def log(self) -> str:
        """What the daemon has logged so far, all starts together."""
        with contextlib.suppress(FileNotFoundError), self._log("rb") as log:
            return str(log.read().decode("utf-8", "replace"))
        return ""

    def close(self) -> None:
        """Remove everything that this object made. May be called twice."""
        with contextlib.suppress(DockerdError):
            self.stop()
        with contextlib.suppress(DockerdError):
            self.kill()
        if self._with_namespace:
            with contextlib.suppress(DockerdError):
                self._clear_leftovers()
            _run("ip", "netns", "del", self.namespace)
            self._with_namespace = False
        for mount in self._mounts():
            _run("umount", "-l", mount)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _make_namespace(self) -> None:
        if self._with_namespace:
            return
        self._ip("netns", "add", self.namespace)
        self._with_namespace = True
        self._ip("-n", self.namespace, "link", "set", "lo", "up")
        for parent in self._parents:
            self.add_parent(parent)

    def _arguments(self) -> List[str]:
        return [
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

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + READY
        while time.monotonic() < deadline:
            if not self.running:
                raise DockerdError(f"dockerd ended at once:\n{self._tail()}")
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.request("GET", "/_ping").status == 200:
                    return
            time.sleep(POLL)
        raise DockerdError(f"dockerd did not answer within {READY:.0f} s:\n{self._tail()}")

    def _end(self, how: signal.Signals) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.send_signal(how)
        try:
            # Waiting also reaps: a killed dockerd would linger as a zombie.
            process.wait(GONE)
        except subprocess.TimeoutExpired:
            raise DockerdError(f"dockerd outlived {how.name}:\n{self._tail()}") from None

    def _clear_leftovers(self) -> None:
        # Nothing but this daemon and its children lives in the namespace. A killed dockerd leaves
        # its containerd behind, perhaps as a zombie, and the next dockerd would trust its pid file.
        deadline = time.monotonic() + GONE
        while pids := _run("ip", "netns", "pids", self.namespace).stdout.split():
            if time.monotonic() > deadline:
                raise DockerdError(f"processes {pids} outlive SIGKILL")
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            time.sleep(POLL)
        for stale in ("dockerd.pid", "docker.sock", "exec/containerd/containerd.pid"):
            with contextlib.suppress(FileNotFoundError):
                (self.folder / stale).unlink()

    def _mounts(self) -> List[str]:
        points = (line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines())
        return sorted((p for p in points if p.startswith(f"{self.folder}/")), reverse=True)

    def _log(self, mode: str) -> IO[Any]:
        return open(self.folder / "dockerd.log", mode)

    def _tail(self) -> str:
        return "\n".join(self.log().splitlines()[-15:])

    @staticmethod
    def _ip(*arguments: str) -> None:
        done = _run("ip", *arguments)
        if done.returncode:
            raise DockerdError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


def docker(
    url: str, *arguments: str, config: Path, check: bool = True
) -> "subprocess.CompletedProcess[str]":
    """Run the docker CLI against the engine at `url`; `config` is the CLI's folder of settings.

    Raises DockerdError where it exits with an error and `check` is true.
    """
    clean = {k: v for k, v in os.environ.items() if not k.startswith("DOCKER_")}
    done = subprocess.run(  # noqa: S603  # the command is the lab's own
        ["docker", "-H", url, *arguments],  # noqa: S607  # wherever the system has it
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**clean, "DOCKER_CONFIG": str(config)},
    )
    if check and done.returncode:
        raise DockerdError(f"docker {' '.join(arguments)}: {done.stderr.strip()}")
    return done


def request(unix: str, method: str, path: str, body: Optional[bytes] = None) -> Reply:
    """One call to the API behind the unix socket at `unix`, on a connection of its own."""
    connection = _UnixConnection(unix)
    try:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return Reply(answer.status, dict(answer.getheaders()), answer.read())
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


def _fresh(prefix: str) -> str:
    return f"{prefix}-{secrets.token_hex(4)}"


def _run(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603  # the command is the lab's own
        command, capture_output=True, text=True, timeout=30, check=False
    )
