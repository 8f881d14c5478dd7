"""A private, real Docker registry beside a private dockerd, on that one's loopback.

    with Dockerd() as engine, Registry(engine) as registry:
        engine.docker("push", f"{registry.address}/web:1")

It asks for `USER` and `PASSWORD`. dockerd takes plain HTTP from 127.0.0.0/8. Tried with Debian 12's
docker-registry 2.8.2.
"""

from typing import List

from .dockerd import Dockerd
from .process import Part, Process, find, lacking

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
    return lacking("docker-registry")


class Registry(Part):
    """A context manager around one registry, in the network namespace of `engine`."""

    address = "127.0.0.1:5000"

    def __init__(self, engine: Dockerd) -> None:
        super().__init__()
        self._engine = engine

    def begin(self) -> None:
        (self.folder / "htpasswd").write_text(_HTPASSWD)
        config, log = self.folder / "config.yml", self.folder / "registry.log"
        config.write_text(_CONFIG.format(folder=self.folder, address=self.address))
        command = [*self._engine.within(), find("docker-registry"), "serve", str(config)]
        server = Process(command, log, lambda: b"listening on" in log.read_bytes())
        self.owned.callback(server.end)
