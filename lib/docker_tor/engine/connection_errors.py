"""Why a Docker Engine cannot be reached, told so that somebody can do something about it.

Libraries wrap the cause, some several times over, and OpenSSL names what it saw, not what to
do. Under TLS 1.3, an engine refuses a client certificate only at the first read, with a bare alert:
for one that is missing, has expired or is of another CA. So a cause is recognised by its text.
"""

import ssl
from typing import Iterable, Iterator, NamedTuple, Optional, Tuple

from ..common.errors import DockerTorError, EngineDenied, EngineUnreachable


class Cause(NamedTuple):
    """What an underlying error means: `signs` are the texts that give it away."""

    signs: Tuple[str, ...]
    what: str
    remedy: str

    def denied(self, url: str) -> EngineDenied:
        """The pack's error for it."""
        return EngineDenied(self.what, where=url, remedy=self.remedy)


NO_FILE = Cause(
    ("Could not find", "invalid path"),
    "a file of the engine's tls configuration cannot be read",
    "Correct tls.ca, tls.cert and tls.key: paths on the sensor's host, which its user may read.",
)
_CAUSES = (
    Cause(
        ("certificate has expired",),
        "the engine's certificate has expired",
        "Renew the certificate of the engine.",
    ),
    Cause(
        ("mismatch", "doesn't match"),
        "the engine's certificate is for another name",
        "Write the url with a name that the certificate holds.",
    ),
    Cause(
        ("certificate verify failed",),
        "the engine's certificate is not signed by the configured CA",
        "Correct the engine's tls.ca: it is the CA that signed the engine's certificate.",
    ),
    NO_FILE,
    Cause(
        ("WRONG_VERSION_NUMBER", "record layer failure"),
        "the engine speaks plain HTTP on that port, and tls is configured",
        "Use the engine's TLS port (2376), or remove tls.",
    ),
    Cause(
        (
            "BAD_CERTIFICATE",
            "CERTIFICATE_REQUIRED",
            "UNKNOWN_CA",
            "CERTIFICATE_EXPIRED",
            "CERTIFICATE_UNKNOWN",
            "bad certificate",
            "certificate required",
            "unknown ca",
        ),
        "the engine refuses the client certificate",
        "Correct tls.cert and tls.key: the certificate is missing, expired or of another CA.",
    ),
    Cause(
        ("EOF occurred in violation",),
        "the engine broke TLS off, as it does for want of a good client certificate",
        "If the daemon runs with --tlsverify, correct tls.cert and tls.key.",
    ),
)

WANTS_TLS = Cause(
    ("HTTP request to an HTTPS server",),
    "the engine wants TLS on that port",
    "Configure the engine's tls: ca, cert and key.",
)


def recognise(text: str, causes: Iterable[Cause] = _CAUSES) -> Optional[Cause]:
    """The first of `causes` that `text` gives away."""
    return next((one for one in causes if any(sign in text for sign in one.signs)), None)


def explain(error: BaseException, url: str) -> DockerTorError:
    """The pack's error for a request that got no answer."""
    chain = list(_chain(error))
    for one in chain:
        if isinstance(one, PermissionError):
            return EngineDenied(
                "this user may not open the engine's socket",
                where=url,
                remedy="Add the user that runs the sensors to the group docker; restart them.",
            )
        if isinstance(one, FileNotFoundError):
            return EngineUnreachable(
                "there is no such socket", where=url, remedy="Start dockerd, or correct the url."
            )
    cause = recognise(" ".join(str(one) for one in chain))
    if cause:
        return cause.denied(url)
    if any(isinstance(one, ssl.SSLError) for one in chain):
        what = f"TLS with the engine failed: {chain[-1]}"
        return EngineDenied(what, where=url, remedy="Compare the engine's tls with the daemon's.")
    return EngineUnreachable(
        f"no Docker Engine answers: {chain[-1]}",
        where=url,
        remedy="Check that dockerd runs and listens there.",
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and those inside it, outermost first, however they were wrapped."""
    waiting, seen = [error], set()
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        inside = [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
        waiting += [inner for inner in inside if isinstance(inner, BaseException)]
