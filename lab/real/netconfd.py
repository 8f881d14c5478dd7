"""A private, real NETCONF server: netconfd, with the pack's YANG, behind OpenSSH.

    missing()                             # what this machine lacks for it
    with Netconfd() as server:
        with server.session() as manager:
            manager.edit_config(target="running", config=...)

netconfd (yuma123 2.13, Debian 12) speaks base:1.0 with a writable running and a startup
datastore, as NOS does, unless it is told otherwise. It keeps to `lab/yang`: types, keys and
constraints; it does not do by itself what a switch does, so a new Ve is not shut.
"""

import contextlib
import os
import socket
from pathlib import Path
from typing import Any, Iterator, List, Sequence

from lxml import etree

from . import sshd
from .process import Part, Process, find, lacking
from .sshd import HOST, Sshd, free_port, temporary_user

MODULES = ("brocade-interface", "brocade-rbridge", "brocade-ip-config", "brocade-ipv6-config")
YANG = Path(__file__).resolve().parents[1] / "yang"
TIMEOUT = 20.0

_STANDARD_YANG = Path("/usr/share/yuma/modules")
_BASE = "urn:ietf:params:xml:ns:netconf:base:1.0"
_INTERFACE = "urn:brocade.com:mgmt:brocade-interface"
_RBRIDGE = "urn:brocade.com:mgmt:brocade-rbridge"
_TOPS = {"interface-vlan": _INTERFACE, "interface": _INTERFACE, "rbridge-id": _RBRIDGE}
"""What `lab/yang` has at its top, and each one's namespace."""


def missing() -> List[str]:
    """What keeps a private netconfd from running here, one sentence each; empty means nothing."""
    lacks = lacking("netconfd", "netconf-subsystem")
    if not _STANDARD_YANG.is_dir():
        lacks.append(f"netconfd's own YANG is not in {_STANDARD_YANG}")
    return lacks + sshd.missing()


class Netconfd(Part):
    """A context manager around one private NETCONF server; entering starts it.

    `host`, `port`, `username` and `password` log in; `host_key` and `host_key_rsa` are its host
    keys as "TYPE BASE64", `folder` holds its files. `sshd_options` are lines of sshd_config that
    override the usual ones; `modules` are the YANG modules that it implements, and `yang` is the
    folder that has them; `target` is the datastore that takes edits, "running" or "candidate";
    `defaults` is how it reports them (RFC 6243, 3): "explicit", "trim" or "report-all"; with
    `base_1_1` it offers NETCONF 1.1, too. Raises PartFailed where it does not get ready.
    """

    host = HOST

    def __init__(
        self,
        *,
        sshd_options: Sequence[str] = (),
        modules: Sequence[str] = MODULES,
        yang: Path = YANG,
        target: str = "running",
        defaults: str = "explicit",
        base_1_1: bool = False,
    ) -> None:
        super().__init__()
        self._sshd_options = sshd_options
        self._target = target
        self._options = [
            f"--modpath={yang}:{_STANDARD_YANG}",
            *(f"--module={name}" for name in modules),
            f"--target={target}",
            f"--default-style={defaults}",
            f"--protocols={'netconf1.0 netconf1.1' if base_1_1 else 'netconf1.0'}",
            "--no-startup",
            "--with-startup=true",
            "--access-control=off",
            "--log-level=info",
        ]

    def begin(self) -> None:
        # The subsystem runs as the user and has to reach the socket; all else in there is 0600.
        self.folder.chmod(0o711)
        user = self.owned.enter_context(temporary_user())
        self.username, self.password = user
        self.port = free_port()
        listener = self.folder / "netconfd.sock"
        place = [f"--port={self.port}", f"--ncxserver-sockname={listener}"]
        log = self.folder / "netconfd.log"
        log.touch(0o600)
        self._netconfd = Process(
            ["netconfd", *self._options, *place, f"--superuser={user.name}"],
            log,
            lambda: _listens(listener),
            cwd=self.folder,
            env={"HOME": str(self.folder), "PATH": os.defpath},
        )
        self.owned.callback(self.kill)
        listener.chmod(0o666)
        subsystem = f"{find('netconf-subsystem')} --ncxserver-sockname={self.port}@{listener}"
        self._sshd = Sshd(self.folder, self.port, user, subsystem, self._sshd_options)
        self.owned.callback(self._sshd.stop)
        self._sshd.start()

    @property
    def host_key(self) -> str:
        """The ed25519 host key, "ssh-ed25519 AAAA..."."""
        return self._sshd.host_keys["ssh-ed25519"]

    @property
    def host_key_rsa(self) -> str:
        """The RSA host key, "ssh-rsa AAAA..."."""
        return self._sshd.host_keys["ssh-rsa"]

    def change_host_key(self) -> None:
        """Come back on the same port with new host keys; every session ends."""
        self._sshd.stop()
        self._sshd.make_host_keys()
        self._sshd.start()

    def kill(self) -> None:
        """Kill netconfd, as a crash would; it does not come back."""
        self._netconfd.end()

    @contextlib.contextmanager
    def session(self) -> Iterator[Any]:
        """An ncclient manager, logged in to this server."""
        from ncclient import manager

        with socket.create_connection((self.host, self.port), TIMEOUT) as peer:
            # Two small packets in a row would otherwise wait for an acknowledgement.
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            session = manager.connect_ssh(
                host=self.host,
                sock=peer,
                username=self.username,
                password=self.password,
                hostkey_verify=False,
                allow_agent=False,
                look_for_keys=False,
                timeout=TIMEOUT,
            )
            try:
                yield session
                session.close_session()
            finally:
                # Where the session is lost, close-session would wait out the timeout.
                session._session.close()

    @contextlib.contextmanager
    def lock(self, store: str = "running") -> Iterator[None]:
        """A datastore locked by a session that does nothing else."""
        with self.session() as session, session.locked(store):
            yield

    def edit(self, *configs: str) -> None:
        """Merge these `<config>` elements into the running config, one after the other."""
        with self.session() as session:
            for config in configs:
                session.edit_config(target=self._target, config=config)
                if self._target == "candidate":
                    session.commit()

    def running(self) -> "etree._Element":
        """The `<data>` of the running config, restricted to the modules of `lab/yang`."""
        criteria = [f'<{name} xmlns="{namespace}"/>' for name, namespace in _TOPS.items()]
        with self.session() as session:
            data: etree._Element = session.get_config(source="running", filter=criteria).data
        return data

    def clear(self) -> None:
        """Empty the running config: no VLAN, no Ve, no rbridge, no port."""
        doomed = etree.Element(f"{{{_BASE}}}config", nsmap={"nc": _BASE})
        for top in self.running():
            # A list's entry is named by its key, a container by itself.
            for inner in [one for one in top if one.tag != f"{{{_RBRIDGE}}}rbridge-id"]:
                top.remove(inner)
            top.set(f"{{{_BASE}}}operation", "delete")
            doomed.append(top)
        if len(doomed):
            self.edit(etree.tostring(doomed, encoding="unicode"))


def _listens(listener: Path) -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as peer:
        peer.connect(str(listener))
        return True
    return False
