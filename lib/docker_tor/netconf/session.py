"""One NETCONF session with a switch: reads and edits its running config.

The XML comes from others. Whatever goes wrong becomes one of the pack's own errors. The switch may
have taken an edit whose reply is lost: its error is `unsure`, and the session is not used again.
Where running cannot be edited, edits go to the switch's candidate (`candidate`).
"""

import contextlib
import itertools
import logging
from typing import Callable, Iterable, Iterator, List, Optional, Tuple

from lxml import etree

from ..common.errors import MalformedReply, SessionLost, SwitchRefused
from ..common.sanitize import printable
from ..config.credentials import PARAMIKO, Login
from . import rpc_errors, xml
from .rpc import Greeting, RpcClient
from .rpc_errors import Words

TIMEOUT = 30.0
"""Seconds for a session to open, and for each reply."""
MOST_CAPABILITIES = 1000
"""Capabilities that are looked at: a switch names a few dozen."""
MOST_WARNINGS = 20
"""Different warnings of a session that are kept."""

_STRANGE = "Check that it is the switch's own NETCONF server that answers there."

LOG = logging.getLogger(__name__)

Connect = Callable[[Login, float, Greeting], RpcClient]
"""Opens a session within a timeout in seconds, which is each reply's as well."""


class Session:
    """An open session, made by `open_session`. Every method but `close` raises SessionLost,
    MalformedReply, and the errors of `rpc_errors.error`."""

    def __init__(self, client: RpcClient, login: Login, words: Words) -> None:
        self._client = client
        self._where = str(login)
        self._words = words
        self.over = False
        """Whether it has failed or is closed: nothing more may be asked."""
        self.warnings: List[str] = []
        """What the switch has warned of, although it did what it was asked."""
        self.touched = False
        """Whether the switch has taken an edit, or may have."""
        self.candidate = self._offers("candidate") and not self._offers("writable-running")
        """Whether edits go to the candidate, and take effect with `commit`: the switch has one, and
        does not let running be edited (RFC 6241, 8.2 and 8.3)."""
        self.source = "running"
        """What `get_config` reads: "running", or "candidate" while that is edited."""

    @property
    def by(self) -> str:
        """What carries it: "OpenSSH" or "paramiko"."""
        return self._client.by

    @property
    def capabilities(self) -> Tuple[str, ...]:
        """What the switch said in its hello that it can do (RFC 6241, 8.1), printable."""
        named = itertools.islice(self._client.capabilities, MOST_CAPABILITIES)
        return tuple(printable(uri, 200) for uri in named)

    def _offers(self, name: str) -> bool:
        # Some have urn:ietf:params:xml:ns:netconf:capability:... there.
        return any(f":netconf:capability:{name}:" in uri for uri in self._client.capabilities)

    def get_config(self, criteria: str) -> etree._Element:
        """The `<data>` of the running config, or the candidate, that the `<filter>` element
        `criteria` selects."""
        return self._data(_get_config(criteria, self.source))

    def get(self, criteria: str) -> etree._Element:
        """The `<data>` of running config and state that the `<filter>` element selects."""
        return self._data(f'<get xmlns="{xml.BASE}">{criteria}</get>')

    def _data(self, operation: str) -> etree._Element:
        data = self._ask(operation).find(f"{{{xml.BASE}}}data")
        if data is None:
            raise self._strange("the reply to a read holds no data")
        return data

    def edit_config(self, config: str) -> None:
        """Merge the `<config>` element into the running config, or into the `candidate`."""
        store = "candidate" if self.candidate else "running"
        target = f"<target><{store}/></target>{config}"
        self.perform("edit-config", target, takes_effect=not self.candidate)

    def commit(self) -> None:
        """Make the candidate the running config."""
        self.perform("commit", takes_effect=True)

    def perform(self, operation: str, inside: str = "", *, takes_effect: bool = False) -> None:
        """Have an operation of NETCONF done that is answered with ok. If it `takes_effect` on the
        running config, it leaves the session `touched`."""
        try:
            reply = self._ask(f'<{operation} xmlns="{xml.BASE}">{inside}</{operation}>')
            # Warnings may take the place of the ok (RFC 6241, 4.4).
            if reply.find(f"{{{xml.BASE}}}ok") is None and not rpc_errors.of(reply):
                raise self._strange(f"the reply to {operation} is neither ok nor an error")
        except (SessionLost, MalformedReply) as error:
            if takes_effect:
                error.unsure = self.touched = True
                error.remedy = "Whether the switch took the edit is not known; run it again."
            raise
        self.touched = self.touched or takes_effect

    def call(self, rpc: str) -> etree._Element:
        """The `<rpc-reply>` to an operation of the switch's own, which is given as XML."""
        try:
            return self._ask(rpc)
        except SwitchRefused as error:
            error.remedy = "Check that the switch has this operation and that the user may call it."
            raise

    def close(self) -> None:
        """Have the switch end it, if it can still be asked. May be called twice."""
        if self.over:
            return
        self.over = True
        # Else it stays one of the switch's few sessions until its idle timeout.
        try:
            self._client.ask(f'<close-session xmlns="{xml.BASE}"/>')
        except Exception as error:  # noqa: BLE001  # the work is done already
            LOG.debug("close-session failed: %s", type(error).__name__)

    def _ask(self, operation: str) -> etree._Element:
        try:
            reply = self._client.ask(operation)
        except MalformedReply as error:
            raise self._strange(error.what) from None
        except Exception as error:  # noqa: BLE001  # pipes and paramiko share no base
            self.over = True
            raise SessionLost(
                f"the session ended in the middle of an RPC: {str(error) or type(error).__name__}",
                where=self._where,
                remedy="Run it again.",
            ) from None
        found = rpc_errors.of(reply)
        errors = rpc_errors.are_errors(found)
        if errors:
            raise rpc_errors.error(errors, self._where, self._words)
        warnings = dict.fromkeys([*self.warnings, *map(str, found[:MOST_WARNINGS])])
        self.warnings = list(warnings)[:MOST_WARNINGS]
        return reply

    def _strange(self, what: str) -> MalformedReply:
        self.over = True
        return MalformedReply(what, where=self._where, remedy=_STRANGE)


@contextlib.contextmanager
def open_session(
    login: Login,
    *,
    first: Iterable[str] = (),
    timeout: float = TIMEOUT,
    connect: Optional[Connect] = None,
    words: Words = rpc_errors.NO_WORDS,
    base_1_1: bool = False,
) -> Iterator[Session]:
    """A session for the length of a `with` block.

    `first` are the criteria of the first `get_config`s, in that order. Over OpenSSH they go
    out with the hello, which saves a round trip. `words` are those of the kind of switch, and
    `base_1_1` says whether that is offered NETCONF 1.1: then nothing goes out with the hello.

    Raises the errors of `session_errors` if there is no session.
    """
    # How messages are framed with 1.1, and perhaps what is asked, depends on the switch's hello.
    ahead = () if base_1_1 else first
    greeting = Greeting([_get_config(criteria) for criteria in ahead], base_1_1)
    try:
        client = (connect or _connect)(login, timeout, greeting)
    except Exception as error:  # noqa: BLE001  # they share no base
        # Imported here only: most sessions open.
        from . import session_errors

        raise session_errors.from_exception(error, login) from None
    session = Session(client, login, words)
    try:
        yield session
    finally:
        session.close()
        client.drop()


def _connect(login: Login, timeout: float, greeting: Greeting) -> RpcClient:
    if login.transport != PARAMIKO:
        from . import control_master, openssh

        try:
            return openssh.connect(login, timeout, greeting)
        except control_master.Unavailable as error:
            LOG.info("%s: not by OpenSSH, but by paramiko: %s", login, printable(error))
    # Imported here only: paramiko takes longer than all the rest of an action.
    from .paramiko_transport import connect

    return connect(login, timeout, greeting)


def _get_config(criteria: str, source: str = "running") -> str:
    return f'<get-config xmlns="{xml.BASE}"><source><{source}/></source>{criteria}</get-config>'
