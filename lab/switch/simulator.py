"""The switch as a whole: start it, reach it, look at it, make it fail.

Only a switch that listens needs asyncssh: tests hand messages to one that does not.
"""

import asyncio
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Callable, List, Optional, Sequence, Set

from . import nos, nos_rpcs, openconfig, payloads, ports, show, slxos, xml
from .core import PASSWORD, PUBLIC_KEY, Core, Login, Rpc
from .datastore import Datastore, Kind
from .faults import Faults
from .lldp import Lldp
from .store import OPERATOR, RUNNING, STARTUP, Store
from .xml import SwitchError

if TYPE_CHECKING:
    import asyncssh

_START_TIMEOUT = 30.0


class Switch:
    """A Brocade VDX that listens for SSH on loopback, in a thread of its own.

        with Switch() as sw:
            sw.edit(payloads.vlan(112, "Docker Network"))
            print(sw.cli("show ip interface brief"))

    Port 0 takes a free one. `rbridge_ids` are the fabric's; the first is the switch that one logs
    in to. `seed` configures the article's Ve 10, 20 and 30. `host_key_file` names an OpenSSH
    private key; without it the key is made anew and stays the same for the life of the object.
    `login_by` is the one way to log in: "password", "keyboard-interactive", or "publickey", which
    lets nobody in. `platform` is "nos", or "slxos" or "openconfig": these have no rbridges, no
    seed, no operations but NETCONF's own, and no `show` commands. With `base_1_1` it offers NETCONF
    1.1, too, as openconfig does anyway. Without `appends` an edit of a port's VLANs replaces its
    list, as on a NETCONF server that knows no NOS. With `candidate` it is edited by a candidate
    alone.

    A switch that has been stopped can be started again: it comes back on the same port and with the
    configuration it had, as after a lost cable; `reload` is a restart, which keeps only startup.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        password: str = "password",  # noqa: S107  # a Brocade switch's own default
        rbridge_ids: Sequence[int] = (21,),
        faults: Optional[Faults] = None,
        max_sessions: int = 16,
        seed: bool = True,
        host_key_file: Optional[str] = None,
        login_by: str = PASSWORD,
        platform: str = "nos",
        base_1_1: bool = False,
        appends: bool = True,
        candidate: bool = False,
    ) -> None:
        self.host = "127.0.0.1"
        self.port = port
        self.faults = faults or Faults()
        self.platform = platform
        self._store = Store(_kind(platform, rbridge_ids, appends), candidate=candidate)
        if seed and platform == "nos":
            self.edit(*payloads.seed(rbridge_ids[0]))
        self._store.save(OPERATOR)
        self._core = Core(
            self._store,
            self.faults,
            Login("admin", password, login_by),
            max_sessions,
            base_1_1=base_1_1 or platform == "openconfig",
        )
        self._host_key_file = host_key_file
        self._made_key: Optional[asyncssh.SSHKey] = None
        self._connections: Set[asyncssh.SSHServerConnection] = set()
        self._thread: Optional[threading.Thread] = None
        self._end: Callable[[], object] = lambda: None

    def start(self) -> "Switch":
        """Begins to listen. Raises OSError where the port is taken, RuntimeError if it runs."""
        if self._thread is not None:
            raise RuntimeError("the switch runs already")
        listening: Future[None] = Future()
        serving = self._serve(listening)
        self._thread = threading.Thread(target=asyncio.run, args=(serving,), daemon=True)
        self._thread.start()
        try:
            listening.result(_START_TIMEOUT)
        except BaseException:
            self._thread = None
            raise
        return self

    def stop(self) -> None:
        """Closes the port and drops every connection; does nothing if it does not run."""
        if self._thread is not None:
            self._end()
            self._thread.join()
            self._thread = None

    def reload(self) -> None:
        """Restarts the switch: sessions are lost, and running is what startup was."""
        self.stop()
        self._store.reload()
        self.start()

    def change_host_key(self) -> None:
        """The next start shows another host key."""
        self._made_key = _key()

    def __enter__(self) -> "Switch":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def login(self) -> Login:
        """Who may log in."""
        return self._core.login

    @property
    def host_key(self) -> str:
        """The host's public key as OpenSSH writes it, "ssh-ed25519 AAAA...", without a comment."""
        return " ".join(self._key.export_public_key("openssh").decode().split()[:2])

    @property
    def running(self) -> Datastore:
        """What the running datastore holds now; a snapshot that no edit changes."""
        return self._store.get(RUNNING)

    @property
    def startup(self) -> Datastore:
        """What the startup datastore holds now."""
        return self._store.get(STARTUP)

    @property
    def lldp(self) -> Lldp:
        """Who is at its ports: set `lldp.neighbours` at any time."""
        return self._store.lldp

    @property
    def rpcs(self) -> List[Rpc]:
        """All RPCs, oldest first; a copy."""
        return list(self._core.rpcs)

    @property
    def sessions(self) -> List[int]:
        """The ids of the open NETCONF sessions."""
        return list(self._core.sessions)

    def pull(self, port: str) -> None:
        """A port is there no more, as if its line card had been taken out."""
        self._store.replace(ports.pulled(self.running.tree, port))

    def forget_rpcs(self) -> None:
        """Empties `rpcs`."""
        self._core.rpcs.clear()

    def cli(self, command: str) -> str:
        """What a command prints, as over SSH."""
        _status, text = show.run(self._store, command)
        return text

    def edit(self, *configs: str) -> None:
        """Edits made by hand at the switch, one after the other: `<config>` elements as those of
        `payloads`.

        Raises SwitchError, with its tag, at the first that the switch refuses; faults do not apply.
        """
        for config in configs:
            try:
                root = xml.parse(config.encode())
            except xml.Malformed as error:
                raise SwitchError("malformed-message", str(error)) from None
            self._store.edit(root, OPERATOR)

    @property
    def _key(self) -> "asyncssh.SSHKey":
        if self._made_key is None:
            self._made_key = _key(self._host_key_file)
        return self._made_key

    async def _serve(self, listening: "Future[None]") -> None:
        """Answers until `_end` is called, from any thread."""
        import asyncssh

        from .server import LONGEST_MESSAGE, Server

        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._end = lambda: loop.call_soon_threadsafe(ended.set)
        try:
            acceptor = await asyncssh.listen(
                self.host,
                self.port,
                # Else a port with a connection that this end has closed is not free for a minute.
                reuse_address=True,
                server_factory=lambda: Server(self._core, self._connections),
                server_host_keys=[self._key],
                public_key_auth=self.login.by == PUBLIC_KEY,
                gss_host=None,
                allow_scp=False,
                agent_forwarding=False,
                login_timeout=30,
                encoding=None,
                window=LONGEST_MESSAGE,
            )
        except Exception as error:  # noqa: BLE001  # it is for whoever starts it
            listening.set_exception(error)
            return
        self.port = acceptor.get_port()
        listening.set_result(None)
        await ended.wait()
        acceptor.close()
        connections = list(self._connections)
        for connection in connections:
            connection.abort()
        await asyncio.gather(*(connection.wait_closed() for connection in connections))
        # From Python 3.12.1 on this waits for connections, too; a client may keep one for a minute.
        await acceptor.wait_closed()


def _kind(platform: str, rbridge_ids: Sequence[int], appends: bool) -> Kind:
    if platform == "nos":
        return nos.kind(rbridge_ids, nos_rpcs.NOS, appends=appends)
    return {"slxos": slxos.kind, "openconfig": openconfig.kind}[platform]()


def _key(path: Optional[str] = None) -> "asyncssh.SSHKey":
    """The key that a file holds, or a new one."""
    import asyncssh

    return asyncssh.read_private_key(path) if path else asyncssh.generate_private_key("ssh-ed25519")
