"""Why there is no session with a switch: which of the pack's errors that is."""

from ..common.errors import (
    AuthenticationFailed,
    DockerTorError,
    HostKeyRejected,
    LoginNotOffered,
    MalformedReply,
    SwitchUnreachable,
)
from ..config.credentials import Login

MORE_QUESTIONS = "asks for more than a password"
"""What a switch does that puts a second question at login, as for a code."""


def from_exception(caught: Exception, login: Login) -> DockerTorError:
    """The pack's error for what OpenSSH's side or paramiko has raised."""
    if isinstance(caught, DockerTorError):
        return caught.at(str(login))
    reason = str(caught) or type(caught).__name__
    if "no acceptable host key" in reason:
        return host_key_rejected(login, reason)
    return SwitchUnreachable(
        f"no NETCONF session: {reason}",
        where=str(login),
        remedy="Check address and network, and that NETCONF has a session free.",
    )


def denied(login: Login) -> AuthenticationFailed:
    """The switch has denied the login: it is better not asked again."""
    return AuthenticationFailed(
        f"the switch refuses user {login.username!r} or the password",
        where=str(login),
        remedy="Correct username and password in docker.yaml or its key-value pair.",
    )


def not_offered(login: Login, wants: str) -> LoginNotOffered:
    """The switch lets nobody in by a password alone; what it wants, as "offers publickey"."""
    return LoginNotOffered(
        f"the switch lets user {login.username!r} not log in by password: it {wants}",
        where=str(login),
        remedy="Allow logins by password or keyboard-interactive at the switch; the password"
        " has to be all that they ask for.",
    )


def host_key_rejected(login: Login, reason: str) -> HostKeyRejected:
    """The switch shows another host key than it should."""
    if login.host_key:
        what = f"it does not show the configured SSH host key ({reason})"
        remedy = "If the switch was replaced, set host_key anew; if not, somebody is in between."
    else:
        what = f"its SSH host key is not known ({reason})"
        remedy = "Compare it at the switch's console, then set it as the switch's host_key."
    return HostKeyRejected(what, where=str(login), remedy=remedy)


def before_hello(received: bytes) -> MalformedReply:
    """Something prints text into the session before the switch's hello."""
    text = received.partition(b"<")[0][:80].strip().decode(errors="replace")
    return MalformedReply(
        f"the NETCONF session begins with text that is no hello: {text!r}",
        remedy="Something prints it into the session, as a banner or a shell's profile does. Take"
        " that away at the switch, or check that its NETCONF server answers on this port.",
    )
