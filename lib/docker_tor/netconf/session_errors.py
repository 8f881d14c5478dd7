"""Why no session with a switch can be had: which of the pack's errors that is."""

from ..common.errors import (
    AuthenticationFailed,
    DockerTorError,
    HostKeyRejected,
    LoginNotOffered,
    MalformedReply,
    SwitchUnreachable,
)
from ..config.credentials import Login, NotOffered, PasswordRefused


def from_exception(caught: Exception, login: Login) -> DockerTorError:
    """The pack's error for what OpenSSH's side, ncclient or paramiko has raised."""
    where = str(login)
    if isinstance(caught, DockerTorError):
        return caught.at(where)
    if isinstance(caught, PasswordRefused):
        return AuthenticationFailed(
            f"the switch refuses user {login.username!r} or the password",
            where=where,
            remedy="Correct username and password in docker.yaml or its key-value pair.",
        )
    if isinstance(caught, NotOffered):
        return LoginNotOffered(
            f"the switch lets user {login.username!r} not log in by password: it {caught}",
            where=where,
            remedy="Allow logins by password or keyboard-interactive at the switch; the password"
            " has to be all that they ask for.",
        )
    if type(caught).__name__ == "SSHUnknownHostError" or "no acceptable host key" in str(caught):
        return _host_key_rejected(login, str(caught))
    return SwitchUnreachable(
        f"no NETCONF session: {str(caught) or type(caught).__name__}",
        where=where,
        remedy="Check address and network, and that NETCONF has a session free.",
    )


def before_hello(said: bytes) -> MalformedReply:
    """The error of a session in which something talks before the switch's hello."""
    text = said.partition(b"<")[0][:80].strip().decode(errors="replace")
    return MalformedReply(
        f"the NETCONF session begins with text that is no hello: {text!r}",
        remedy="Something prints it into the session, as a banner or a shell's profile does. Take"
        " that away at the switch, or check that its NETCONF server answers on this port.",
    )


def _host_key_rejected(login: Login, reason: str) -> HostKeyRejected:
    if login.host_key:
        what = f"it does not show the configured SSH host key ({reason})"
        remedy = "If the switch was replaced, set host_key anew; if not, somebody is in between."
    else:
        what = f"its SSH host key is not known ({reason})"
        remedy = "Compare it at the switch's console, then set it as the switch's host_key."
    return HostKeyRejected(what, where=str(login), remedy=remedy)
