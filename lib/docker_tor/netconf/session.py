"""One NETCONF session with a switch, by OpenSSH or by ncclient on paramiko.

Knows nothing of VLANs: it reads and edits the running config with XML that others made, keeps
replies bounded and free of entities, and turns whatever goes wrong into the pack's own errors.
"""

import contextlib
import itertools
import logging
from typing import Callable, Iterable, Iterator, List, Optional, Sequence, Tuple

from lxml import etree

from ..common.errors import DockerTorError, MalformedReply, SessionLost, SwitchRefused
from ..common.sanitize import printable
from ..config.credentials import PARAMIKO
from ..config.credentials import Login as Login
from . import rpc_errors, xml
from .rpc import RpcClient

TIMEOUT = 30.0
"""Seconds for a connection to come about, and for each reply."""
MOST_CAPABILITIES = 1000
"""A switch names a few dozen: so many are looked at."""
MOST_WARNINGS = 20
"""Different warnings of a session that are kept."""

_STRANGE = "Check that it is the switch's own NETCONF server that answers there."

_CLOSE = f'<close-session xmlns="{xml.BASE}"/>'

LOG = logging.getLogger(__name__)


Connect = Callable[[Login, float, Sequence[str]], RpcClient]
"""Opens a session for a login within a timeout in seconds, which is each reply's as well. The
operations are what will be asked first: they may be sent along with the hello, and more than once.
"""


class Session:
    """An open session. Made by `open_session`; every method raises the errors of `_rpc_errors`,
    which are `unsure` where an edit was sent and its fate is not known."""

    def __init__(self, client: RpcClient, login: Login) -> None:
        self._client = client
        self._login = login
        self.over = False
        """Whether it has failed or been closed: nothing more is to be asked over it."""
        self.warnings: List[str] = []
        """What the switch has warned of: it did what it was asked all the same."""
        self.touched = False
        """Whether the switch has taken an edit, or may have."""

    def close(self) -> None:
        """Have the switch end it, if it can still be asked. May be called twice."""
        if self.over:
            return
        self.over = True
        # One that is not closed stays one of the switch's few until its idle timeout.
        try:
            self._client.ask(_CLOSE)
        except Exception as error:  # noqa: BLE001  # the work is done already
            LOG.debug("close-session failed: %s", type(error).__name__)

    def get_config(self, criteria: str) -> etree._Element:
        """The `<data>` of the running config that the `<filter>` element `criteria` selects."""
        said = "the reply to get-config holds no data"
        return self._part("data", _get_config(criteria), said)

    def edit_config(self, config: str, *, last: bool = False) -> None:
        """Apply the `<config>` element to the running config, merging. The `last` thing that is
        asked closes the session in one go, whatever becomes of it."""
        try:
            self._edit(_edit_config(config), [_CLOSE] if last else [])
        finally:
            if last:
                self.close()

    def edit_configs(
        self, configs: Sequence[str], then: Iterable[str] = ()
    ) -> List[Optional[SwitchRefused]]:
        """Apply several, one after the other, without waiting for the switch in between: for each
        None, or why it is refused. What follows a refused one is sent all the same. `then` are the
        criteria of the `get_config`s that come next."""
        edits = [_edit_config(config) for config in configs]
        ahead = [*edits[1:], *map(_get_config, then)]
        refusals: List[Optional[SwitchRefused]] = []
        trouble: Optional[DockerTorError] = None
        for one in edits:
            try:
                self._edit(one, ahead)
            except SwitchRefused as error:
                refusals.append(error)
            except DockerTorError as error:
                if self.over:
                    # The others are on their way, or have been taken.
                    error.unsure = self.touched = True
                    raise
                # What becomes of the others it still says.
                trouble = trouble or error
            else:
                refusals.append(None)
            ahead = []
        if trouble:
            trouble.unsure = self.touched
            raise trouble
        return refusals

    def call(self, rpc: str) -> etree._Element:
        """The `<rpc-reply>` to an operation of the switch's own, given as XML."""
        try:
            return self._ask(rpc)
        except SwitchRefused as error:
            error.remedy = "Check that its NOS has this operation and that the user may call it."
            raise

    @property
    def by(self) -> str:
        """What carries it: "OpenSSH" or "paramiko"."""
        return self._client.by

    @property
    def capabilities(self) -> Tuple[str, ...]:
        """What the switch said in its hello that it can do (RFC 6241, 8.1), fit to be shown."""
        named = itertools.islice(self._client.capabilities, MOST_CAPABILITIES)
        return tuple(printable(uri, 200) for uri in named)

    def _edit(self, operation: str, then: Sequence[str]) -> None:
        try:
            said = "the reply to edit-config is neither ok nor an error"
            self._part("ok", operation, said, then)
            self.touched = True
        except (SessionLost, MalformedReply) as error:
            error.unsure = self.touched = True
            error.remedy = "Whether the switch took the edit is not known; run it again."
            raise

    def _ask(self, operation: str, then: Sequence[str] = ()) -> etree._Element:
        try:
            with _rpc_errors(self._login):
                reply = self._client.ask(operation, *then)
        except (SessionLost, MalformedReply):
            self.over = True
            raise
        found = rpc_errors.of(reply)
        errors = rpc_errors.are_errors(found)
        if errors:
            raise rpc_errors.error(errors, str(self._login))
        told = dict.fromkeys([*self.warnings, *map(str, found[:MOST_WARNINGS])])
        self.warnings = list(told)[:MOST_WARNINGS]
        return reply

    def _part(
        self, name: str, operation: str, otherwise: str, then: Sequence[str] = ()
    ) -> etree._Element:
        """The part of the reply that an operation of RFC 6241 is answered with."""
        reply = self._ask(operation, then)
        found = reply.find(_base(name))
        if found is None and name == "ok" and rpc_errors.of(reply):
            # Where there are warnings, they stand in its place (RFC 6241, 4.4).
            return reply
        if found is None:
            self.over = True
            raise MalformedReply(otherwise, where=str(self._login), remedy=_STRANGE)
        return found


@contextlib.contextmanager
def open_session(
    login: Login,
    *,
    first: Iterable[str] = (),
    timeout: float = TIMEOUT,
    connect: Optional[Connect] = None,
) -> Iterator[Session]:
    """A session for the length of a `with` block.

    `first` are the criteria of the `get_config`s that will be asked first, in that order: they go
    out before the switch has answered, where the transport can, which saves a round trip each.

    Raises the errors of `session_errors` where none can be had.
    """
    reads = [_get_config(criteria) for criteria in first]
    with _connect_errors(login):
        client = (connect or _connect)(login, timeout, reads)
    with contextlib.ExitStack() as stack:
        stack.callback(client.drop)
        made = Session(client, login)
        stack.callback(made.close)
        yield made


def _connect(login: Login, timeout: float, first: Sequence[str]) -> RpcClient:
    if login.transport != PARAMIKO:
        from . import control_master, openssh

        try:
            return openssh.connect(login, timeout, first)
        except control_master.Unavailable as error:
            LOG.info("%s: not by OpenSSH, but by paramiko: %s", login, printable(error))
    # Imported here only: paramiko takes longer than all the rest of an action.
    from .paramiko_transport import connect

    return connect(login, timeout, first)


@contextlib.contextmanager
def _connect_errors(login: Login) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001  # they share no base
        # Imported only here: few sessions cannot be had.
        from . import session_errors

        raise session_errors.from_exception(error, login) from None


@contextlib.contextmanager
def _rpc_errors(login: Login) -> Iterator[None]:
    where = str(login)
    try:
        yield
    except MalformedReply as error:
        raise MalformedReply(error.what, where=where, remedy=_STRANGE) from None
    except (etree.XMLSyntaxError, UnicodeDecodeError) as error:
        what = f"the reply is not XML: {error}"
        raise MalformedReply(what, where=where, remedy=_STRANGE) from None
    except Exception as error:  # noqa: BLE001  # pipes, ncclient and paramiko share no base
        raise SessionLost(
            f"the session ended in the middle of an RPC: {str(error) or type(error).__name__}",
            where=where,
            remedy="Run it again.",
        ) from None


def _edit_config(config: str) -> str:
    target = "<target><running/></target>"
    return f'<edit-config xmlns="{xml.BASE}">{target}{config}</edit-config>'


def _get_config(criteria: str) -> str:
    return f'<get-config xmlns="{xml.BASE}"><source><running/></source>{criteria}</get-config>'


def _base(name: str) -> str:
    return f"{{{xml.BASE}}}{name}"
