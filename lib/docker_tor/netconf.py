"""One NETCONF session with a switch, over ncclient.

Knows nothing of VLANs: it reads and edits the running config with XML that others made, keeps
replies bounded and free of entities, and turns whatever goes wrong into the pack's own errors.
"""

import contextlib
import itertools
import logging
from typing import Any, Callable, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from lxml import etree

from . import edit
from .config import ANY_HOST_KEY
from .errors import (
    AuthenticationFailed,
    DockerTorError,
    HostKeyRejected,
    MalformedReply,
    SessionLost,
    SwitchBusy,
    SwitchNotReady,
    SwitchRefused,
    SwitchUnreachable,
)
from .text import printable

TIMEOUT = 30.0
"""Seconds for a connection to come about, and for each reply."""
MOST_CAPABILITIES = 1000
"""A switch names a few dozen: so many are looked at."""

# What NOS says while it cannot take configuration; up to 8 minutes after a start.
_NOT_READY = (
    "NODE_IS_NOT_READY",
    "CLUSTER_FORMATION_IS_IN_PROGRESS",
    "NODE_IS_ZEROIZED",
    "WAVE_FRAMEWORK_STATE_CLUSTER_FORMATION",
)
# A login that is cut off or never answered is an AuthenticationError of ncclient's too.
_REFUSED_LOGIN = ("Authentication failed.", "Bad authentication type")
_BUSY_TAGS = ("in-use", "lock-denied", "resource-denied")
_STRANGE = "Check that it is the switch's own NETCONF server that answers there."


class Login(NamedTuple):
    """Where a switch is and how to log in. `host_key` is "TYPE BASE64", "ignore", or "" for the
    known_hosts file of the user that runs."""

    host: str
    port: int
    username: str
    password: str
    host_key: str

    def __repr__(self) -> str:
        return f"Login({self.username!r} at {self})"

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


Connect = Callable[[Login, float], Any]
"""Makes an ncclient manager for a login and a timeout in seconds."""


class Session:
    """An open session. Made by `session`; every method raises the errors of `_rpc_errors`, which
    are `unsure` where an edit was sent and its fate is not known."""

    def __init__(self, manager: Any, login: Login) -> None:
        self._manager = manager
        self._login = login

    def get_config(self, criteria: str) -> etree._Element:
        """The `<data>` of the running config that the `<filter>` element `criteria` selects."""
        with _rpc_errors(self._login):
            reply = self._manager.get_config(source="running", filter=etree.fromstring(criteria))
            data = edit.parse(reply.xml).find(f"{{{edit.BASE}}}data")
            if data is None:
                raise MalformedReply("the reply to get-config holds no data")
            return data

    def edit_config(self, config: str) -> None:
        """Apply the `<config>` element to the running config, merging."""
        try:
            with _rpc_errors(self._login):
                reply = self._manager.edit_config(target="running", config=config)
                if edit.parse(reply.xml).find(f"{{{edit.BASE}}}ok") is None:
                    raise MalformedReply("the reply to edit-config is neither ok nor an error")
        except (SessionLost, MalformedReply) as error:
            error.unsure = True
            error.remedy = "Whether the switch took the edit is not known; run it again."
            raise

    def call(self, rpc: str) -> etree._Element:
        """The `<rpc-reply>` to an operation of the switch's own, given as XML."""
        try:
            with _rpc_errors(self._login):
                return edit.parse(self._manager.dispatch(etree.fromstring(rpc)).xml)
        except SwitchRefused as error:
            error.remedy = "Check that its NOS has this operation and that the user may call it."
            raise

    @property
    def capabilities(self) -> Tuple[str, ...]:
        """What the switch said in its hello that it can do (RFC 6241, 8.1), fit to be shown."""
        named = itertools.islice(self._manager.server_capabilities, MOST_CAPABILITIES)
        return tuple(printable(uri, 200) for uri in named)


@contextlib.contextmanager
def session(
    login: Login, *, timeout: float = TIMEOUT, connect: Optional[Connect] = None
) -> Iterator[Session]:
    """A session for the length of a `with` block.

    Raises SwitchUnreachable, AuthenticationFailed or HostKeyRejected where none can be had.
    """
    with _connect_errors(login):
        manager = (connect or _connect)(login, timeout)
    try:
        yield Session(manager, login)
    except (SessionLost, MalformedReply):
        # Nothing that is asked over this session can be relied on to be answered.
        manager._session.close()
        raise
    finally:
        _close(manager)


def _connect(login: Login, timeout: float) -> Any:
    # Imported only here: paramiko costs more than all the rest of an action together.
    from ._ncclient import connect

    pinned = login.host_key not in ("", ANY_HOST_KEY)
    return connect(
        login.host,
        login.port,
        login.username,
        login.password,
        host_key=login.host_key if pinned else None,
        check_host_key=login.host_key != ANY_HOST_KEY,
        timeout=timeout,
    )


def _close(manager: Any) -> None:
    # A session that is not closed stays one of the switch's few until its idle timeout.
    try:
        if manager.connected:
            manager.close_session()
    except Exception as error:  # noqa: BLE001  # the work is done already
        logging.getLogger(__name__).debug("close-session failed: %s", type(error).__name__)
        manager._session.close()


@contextlib.contextmanager
def _connect_errors(login: Login) -> Iterator[None]:
    where = str(login)
    try:
        yield
    except DockerTorError:
        raise
    except Exception as error:  # noqa: BLE001  # they share no base
        kind = type(error).__name__
        if kind == "AuthenticationError" and any(word in str(error) for word in _REFUSED_LOGIN):
            raise AuthenticationFailed(
                f"the switch refuses user {login.username!r} or the password",
                where=where,
                remedy="Correct username and password in docker.yaml or its key-value pair.",
            ) from None
        if kind == "SSHUnknownHostError" or "no acceptable host key" in str(error):
            raise _host_key_rejected(login, str(error)) from None
        raise SwitchUnreachable(
            f"no NETCONF session: {str(error) or kind}",
            where=where,
            remedy="Check address and network, and that NETCONF has a session free.",
        ) from None


def _host_key_rejected(login: Login, reason: str) -> HostKeyRejected:
    if login.host_key:
        what = f"it does not show the configured SSH host key ({reason})"
        remedy = "If the switch was replaced, set host_key anew; if not, somebody is in between."
    else:
        what = f"its SSH host key is not known ({reason})"
        remedy = "Compare it at the switch's console, then set it as the switch's host_key."
    return HostKeyRejected(what, where=str(login), remedy=remedy)


@contextlib.contextmanager
def _rpc_errors(login: Login) -> Iterator[None]:
    from ncclient.operations import RPCError

    where = str(login)
    try:
        yield
    except MalformedReply as error:
        raise MalformedReply(error.what, where=where, remedy=_STRANGE) from None
    except RPCError as error:
        raise _refusal(error.errlist or [error], where) from None
    except (etree.XMLSyntaxError, UnicodeDecodeError) as error:
        what = f"the reply is not XML: {error}"
        raise MalformedReply(what, where=where, remedy=_STRANGE) from None
    except Exception as error:  # noqa: BLE001  # ncclient, paramiko and sockets share no base
        raise SessionLost(
            f"the session ended in the middle of an RPC: {str(error) or type(error).__name__}",
            where=where,
            remedy="Run it again.",
        ) from None


def _refusal(errors: Sequence[Any], where: str) -> DockerTorError:
    """The pack's error for the rpc-errors of one reply (RFC 6241, 4.3)."""
    tags = [str(error.tag) for error in errors]
    text = "; ".join(_describe(error) for error in errors)
    if any(name in text for name in _NOT_READY):
        return SwitchNotReady(
            f"the switch is not ready: {text}",
            where=where,
            remedy="Wait until its fabric has formed.",
        )
    if all(tag in _BUSY_TAGS for tag in tags):
        return SwitchBusy(
            f"the switch is busy: {text}",
            where=where,
            remedy="Try again when the other session is done.",
        )
    if "access-denied" in tags:
        return AuthenticationFailed(
            f"the switch does not let this user do that: {text}",
            where=where,
            remedy="Give the user a role that may configure interfaces.",
        )
    return SwitchRefused(
        f"the switch refused: {text}",
        tag=tags[0],
        where=where,
        remedy="Look at the running config of that interface.",
    )


def _describe(error: Any) -> str:
    parts: List[str] = [str(error.tag)]
    parts += [str(part).strip() for part in (error.app_tag, error.message) if part]
    return ": ".join(parts) + (f" ({str(error.path).strip()})" if error.path else "")
