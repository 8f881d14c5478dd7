"""A private, real NETCONF server: netconfd, with the pack's YANG, behind OpenSSH.

    missing()                             # what this machine lacks for it
    with Netconfd() as server:
        with server.session() as manager:
            manager.edit_config(target="running", config=...)

netconfd (yuma123 2.13, Debian 12) speaks base:1.0 with a writable running and a startup
datastore, as NOS does, unless it is told otherwise. It keeps to `lab/yang`: types, keys and
constraints; it does not do by itself what a switch does, so a new Ve is not shut: `shut` shuts it
by hand.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Iterator, List, Optional, Sequence

from lxml import etree

from .sshd import GONE, HOST, READY, Sshd, TemporaryUser, find, free_port, poll
from .sshd import missing as sshd_missing

TOOLS = ("netconfd", "netconf-subsystem")
MODULES = ("brocade-interface", "brocade-rbridge", "brocade-ip-config", "brocade-ipv6-config")
YANG = Path(__file__).resolve().parents[1] / "yang"
TIMEOUT = 20.0

_STANDARD_YANG = Path("/usr/share/yuma/modules")
_BASE = "urn:ietf:params:xml:ns:netconf:base:1.0"
_INTERFACE = "urn:brocade.com:mgmt:brocade-interface"
_RBRIDGE = "urn:brocade.com:mgmt:brocade-rbridge"
_IP = "urn:brocade.com:mgmt:brocade-ip-config"


class NetconfdError(Exception):
    """The private server is not there; where it did not start, with the end of its log."""


def missing() -> List[str]:
    """What keeps a private netconfd from running here, one sentence each; empty means nothing."""
    lacks = [f"{name} is not installed" for name in TOOLS if not find(name)]
    if not _STANDARD_YANG.is_dir():
        lacks.append(f"netconfd's own YANG is not in {_STANDARD_YANG}")
    return lacks + sshd_missing()


class Netconfd:
    """A context manager around one private NETCONF server; entering starts it.

    `host`, `port`, `username` and `password` log in; `host_key` and `host_key_rsa` are its host
    keys as "TYPE BASE64", `folder` holds its files. `sshd_options` are lines of sshd_config that
    override the usual ones; `modules` are the YANG modules that it implements, and `yang` is the
    folder that has them; `target` is the datastore that takes edits, "running" or "candidate";
    `defaults` is how it reports them (RFC 6243, 3): "explicit", "trim" or "report-all"; with
    `base_1_1` it offers NETCONF 1.1, too.
    Leaving, or `close`, removes all of it: processes, user and files, also where the start failed.
    Raises NetconfdError or SshdError where it does not get ready.
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
        self._options = list(sshd_options)
        self._modules = modules
        self._yang = yang
        self._target = target
        self._defaults = defaults
        self._protocols = "netconf1.0 netconf1.1" if base_1_1 else "netconf1.0"
        self._owned = contextlib.ExitStack()
        self.folder = Path()
        self._user = TemporaryUser()
        self._sshd: Optional[Sshd] = None

    def __enter__(self) -> "Netconfd":
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @property
    def port(self) -> int:
        return self._ssh().port

    @property
    def username(self) -> str:
        return self._user.name

    @property
    def password(self) -> str:
        return self._user.password

    @property
    def host_key(self) -> str:
        """The ed25519 host key, "ssh-ed25519 AAAA..."."""
        return self._ssh().host_keys["ssh-ed25519"]

    @property
    def host_key_rsa(self) -> str:
        """The RSA host key, "ssh-rsa AAAA..."."""
        return self._ssh().host_keys["ssh-rsa"]

    def change_host_key(self) -> None:
        """Come back on the same port with new host keys; every session ends."""
        sshd = self._ssh()
        sshd.stop()
        sshd.make_host_keys()
        sshd.start(self._options)

    def close(self) -> None:
        """Remove everything that this object made. May be called twice."""
        self._owned.close()

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

    def edit(self, content: str) -> None:
        """Merge `content`, the inside of a `<config>` element, into the running config."""
        with self.session() as session:
            self._edit(session, content)

    def kill(self) -> None:
        """Kill netconfd, as a crash would; it does not come back."""
        _end(self._process)

    def shut(self, vlan: int, rbridge_id: int) -> None:
        """Shut a Ve on an rbridge and globally, as a switch shuts a new one by itself."""
        self.edit(
            f'<interface-vlan xmlns="{_INTERFACE}"><interface><ve><gve-name>{vlan}</gve-name>'
            "<global-ve-shutdown/></ve></interface></interface-vlan>"
            f'<rbridge-id xmlns="{_RBRIDGE}"><rbridge-id>{rbridge_id}</rbridge-id>'
            f'<interface xmlns="{_INTERFACE}"><ve><name>{vlan}</name>'
            f'<shutdown xmlns="{_IP}"/></ve></interface></rbridge-id>'
        )

    def running(self) -> "etree._Element":
        """The `<data>` of the running config, restricted to the modules of `lab/yang`."""
        with self.session() as session:
            return _running(session)

    def clear(self) -> None:
        """Empty the running config: no VLAN, no Ve, no rbridge, no port."""
        with self.session() as session:
            there = _running(session)
            doomed = [
                f'<rbridge-id xmlns="{_RBRIDGE}" nc:operation="delete">'
                f"<rbridge-id>{key.text}</rbridge-id></rbridge-id>"
                for key in there.iterfind(f"{{{_RBRIDGE}}}rbridge-id/{{{_RBRIDGE}}}rbridge-id")
            ]
            doomed += [
                f'<{name} xmlns="{_INTERFACE}" nc:operation="delete"/>'
                for name in ("interface-vlan", "interface")
                if there.find(f"{{{_INTERFACE}}}{name}") is not None
            ]
            if doomed:
                self._edit(session, "".join(doomed))

    def _edit(self, session: Any, content: str) -> None:
        config = f'<nc:config xmlns:nc="{_BASE}">{content}</nc:config>'
        session.edit_config(target=self._target, config=config)
        if self._target == "candidate":
            session.commit()

    def _ssh(self) -> Sshd:
        if self._sshd is None:
            raise NetconfdError("the server is not running")
        return self._sshd

    def _start(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="docker-tor-"))
        self._owned.callback(shutil.rmtree, self.folder)
        # The subsystem runs as the user and has to reach the socket; all else in there is 0600.
        self.folder.chmod(0o711)
        self._user = self._owned.enter_context(TemporaryUser())
        listener = self.folder / "netconfd.sock"
        port = free_port()
        self._start_netconfd(listener, port)
        command = f"{find('netconf-subsystem')} --ncxserver-sockname={port}@{listener}"
        self._sshd = Sshd(self.folder, port, self._user, {"netconf": command})
        self._owned.callback(self._sshd.stop)
        self._sshd.start(self._options)

    def _start_netconfd(self, listener: Path, port: int) -> None:
        log = self.folder / "netconfd.log"
        log.touch(0o600)
        with log.open("ab") as sink:
            self._process = subprocess.Popen(  # noqa: S603  # the command is the lab's own
                [
                    find("netconfd"),
                    f"--modpath={self._yang}:{_STANDARD_YANG}",
                    *(f"--module={name}" for name in self._modules),
                    "--no-startup",
                    f"--target={self._target}",
                    "--with-startup=true",
                    f"--protocols={self._protocols}",
                    f"--port={port}",
                    f"--ncxserver-sockname={listener}",
                    f"--superuser={self._user.name}",
                    "--access-control=off",
                    f"--default-style={self._defaults}",
                    "--log-level=info",
                ],
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                cwd=self.folder,
                env={"HOME": str(self.folder), "PATH": os.defpath},
                start_new_session=True,
            )
        self._owned.callback(_end, self._process)
        deadline = time.monotonic() + READY
        while not _listens(listener):
            if self._process.poll() is not None:
                raise NetconfdError(f"netconfd ended at once:\n{log.read_text()[-2000:]}")
            poll("netconfd's socket", deadline)
        listener.chmod(0o666)


def _running(session: Any) -> "etree._Element":
    names = {"interface-vlan": _INTERFACE, "interface": _INTERFACE, "rbridge-id": _RBRIDGE}
    criteria = [f'<{name} xmlns="{namespace}"/>' for name, namespace in names.items()]
    data: etree._Element = session.get_config(source="running", filter=criteria).data
    return data


def _listens(listener: Path) -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as peer:
        peer.connect(str(listener))
        return True
    return False


def _end(process: "subprocess.Popen[bytes]") -> None:
    # It has nothing to save, and would take a second to notice SIGTERM.
    process.kill()
    process.wait(GONE)
