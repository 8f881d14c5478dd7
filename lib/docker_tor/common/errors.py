"""What can go wrong, by what to do about it.

    TransientError   the same call may succeed later: it is tried again
    PermanentError   the same call will fail again: it is not tried again
    OperatorError    somebody has to change the configuration: it is never tried again, so that no
                     account gets locked

Each error says what failed, where, and what to do about it. None carries a secret.
"""

from typing import Any, Dict, Mapping, Sequence

from .sanitize import printable


class DockerTorError(Exception):
    """Base of all errors of the pack: `what` failed, `where`, and the `remedy` for the operator.

    `where` is an engine, a switch or a field of the configuration, and may be empty. All three are
    made printable, whatever they were built from.
    """

    family = "permanent"
    longest = 500
    """Characters of `what`; the rest is cut."""
    unsure = False
    """Whether the switch may have taken an edit in spite of the error."""

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = printable(what, self.longest)
        self.where = printable(where, 200)
        self.remedy = printable(remedy, 300)
        super().__init__(what, where, remedy)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{place}{self.what.rstrip('.')}.{remedy}"

    def at(self, where: str) -> "DockerTorError":
        """The same error; it happened there unless it says otherwise."""
        self.where = self.where or printable(where, 200)
        return self

    def as_result(self) -> Dict[str, Any]:
        """The error as it stands in an action's result."""
        return {
            "error": str(self),
            "family": self.family,
            "kind": type(self).__name__,
            "where": self.where,
            "remedy": self.remedy,
        }


class TransientError(DockerTorError):
    """The same call may succeed later."""

    family = "transient"


class EngineUnreachable(TransientError):
    """No Docker Engine answers there, or its answer broke off."""


class SwitchUnreachable(TransientError):
    """No SSH or NETCONF session with the switch can be had."""


class SessionLost(TransientError):
    """The NETCONF session ended or fell silent in the middle of an RPC."""


class SwitchBusy(TransientError):
    """Another session holds the lock, or the switch has no session free. `holder` is the id of the
    session that holds it, if the switch has told."""

    def __init__(self, what: str, *, holder: str = "", where: str = "", remedy: str = "") -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.holder = holder


class SwitchNotReady(TransientError):
    """The switch or its fabric is still starting."""


class SaveUnfinished(TransientError):
    """The switch began to save its running config, and does not say how that ended."""


class DatastoreUnreadable(TransientError):
    """StackStorm's datastore gives no value, or none that the pack has written."""


class PermanentError(DockerTorError):
    """The same call will fail again."""

    family = "permanent"


class InvalidValue(PermanentError):
    """A value that no switch could take."""


class EngineRefused(PermanentError):
    """The Docker Engine answered with an error."""


class CommandFailed(PermanentError):
    """A command in a container ended with an error."""

    def __init__(self, what: str, exit_code: int, output: str) -> None:
        super().__init__(what, remedy="See its output.")
        self.exit_code = exit_code
        self.output = output

    def as_result(self) -> Dict[str, Any]:
        """The error with the command's exit code and output."""
        return {**super().as_result(), "exit_code": self.exit_code, "output": self.output}


class SegmentConflict(PermanentError):
    """What is on the switch is not ours to change."""


class NodeMissing(PermanentError):
    """What the edit builds on is not on the switch."""


class SwitchRefused(PermanentError):
    """The switch answered with an rpc-error; `tag` is its error-tag (RFC 6241, appendix A)."""

    longest = 1000  # several of them are

    def __init__(self, what: str, *, tag: str = "", where: str = "", remedy: str = "") -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.tag = tag


class VlansRemoved(PermanentError):
    """An edit of a port has taken VLANs from it that it was not to take. `left` is what somebody
    has to put back, since the switch did not take it."""

    longest = 2500  # a list of VLANs is in it

    def __init__(self, what: str, *, remedy: str = "", left: Sequence[str] = ()) -> None:
        super().__init__(what, remedy=remedy)
        self.left = left


class MalformedReply(PermanentError):
    """The peer's answer is not what its protocol says."""


class PayloadRefused(PermanentError):
    """StackStorm would drop a trigger, since its payload is not what its schema allows."""


class OperatorError(DockerTorError):
    """Somebody has to change the configuration."""

    family = "operator"


class EngineDenied(OperatorError):
    """A Docker Engine's socket or TLS lets nobody in as configured."""


class ConfigError(OperatorError):
    """docker.yaml is missing or wrong."""


class AuthenticationFailed(OperatorError):
    """User name or password refused."""


class LoginNotOffered(OperatorError):
    """The switch wants another login than one by a user name and a password."""


class HostKeyRejected(OperatorError):
    """The switch's SSH host key is unknown or has changed."""


def known(error: BaseException) -> DockerTorError:
    """An error as one of the pack's; one that nobody foresaw becomes a PermanentError."""
    if isinstance(error, DockerTorError):
        return error
    return PermanentError(
        f"unexpected {type(error).__name__}: {error}",
        remedy="This is a mistake in the pack: report it.",
    )


def from_result(result: Mapping[str, Any]) -> DockerTorError:
    """An error to be told once more, from the result of an action that failed.

    It is a PermanentError whatever it was. The result may lack the keys of `as_result`.
    """
    what, where, remedy = (str(result.get(key) or "") for key in ("error", "where", "remedy"))
    if where and what.startswith(f"{where}: "):
        what = what[len(where) + 2 :]
    if remedy and what.endswith(f" {remedy}"):
        what = what[: -len(remedy) - 1]
    what = what or "the action ended without a result"
    return PermanentError(what, where=where, remedy=remedy)
