"""A private, real Docker registry beside a private dockerd, on that one's loopback.

    with Dockerd() as engine, Registry(engine) as registry:
        engine.docker("push", f"{registry.address}/web:1")

It asks for `USER` and `PASSWORD`. dockerd takes plain HTTP from 127.0.0.0/8. Tried with Debian 12's
docker-registry 2.8.2.
"""

import shutil
import subprocess
import time
from pathlib import Path
from typing import List, Optional

from .dockerd import POLL, READY, Dockerd, DockerdError

USER, PASSWORD = "u", "p@55w0rd"
_HTPASSWD = f"{USER}:$2b$05$abcdefghijklmnopqrstuuPf7WNklPA0bm7NA2uHcvuma3QkKsrHG\n"
"""As `htpasswd -B` makes it of these."""
_CONFIG = """\
version: 0.1
log: {{level: info}}
storage: {{filesystem: {{rootdirectory: {folder}/blobs}}}}
http: {{addr: {address}}}
auth: {{htpasswd: {{realm: lab, path: {folder}/htpasswd}}}}
"""


def missing() -> List[str]:
    """What keeps a registry from running here, one sentence each."""
    return [] if shutil.which("docker-registry") else ["docker-registry is not on PATH"]


class Registry:
    """A context manager around one registry, in the network namespace of `engine`."""

    address = "127.0.0.1:5000"

    def __init__(self, engine: Dockerd) -> None:
        self._engine = engine
        self._folder: Path = engine.folder / "registry"
        self._process: Optional[subprocess.Popen[bytes]] = None

    def __enter__(self) -> "Registry":
        self._folder.mkdir()
        (self._folder / "htpasswd").write_text(_HTPASSWD)
        config = self._folder / "config.yml"
        config.write_text(_CONFIG.format(folder=self._folder, address=self.address))
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603  # the command is the lab's own
                [  # noqa: S607  # wherever the system has it
                    "nsenter",
                    f"--net=/run/netns/{self._engine.namespace}",
                    *("docker-registry", "serve", str(config)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + READY
        while b"listening on" not in self._log.read_bytes():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise DockerdError(f"no registry: {self._log.read_text()[-1000:]}")
            time.sleep(POLL)
        return self

    def __exit__(self, *_error: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @property
    def _log(self) -> Path:
        return self._folder / "registry.log"
