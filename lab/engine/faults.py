"""What can be made to go wrong between an engine and whoever asks it."""

import dataclasses
import threading
from typing import Optional, Tuple


@dataclasses.dataclass(frozen=True)
class EngineFaults:
    """Set `engine.faults = EngineFaults(...)`; `engine.faults = EngineFaults()` ends all trouble.

    A fault applies to answers that begin, and to events that are sent, after it was set.
    """

    delay: float = 0.0
    """Seconds to wait before each answer begins."""
    refuse: bool = False
    """Nobody listens: a new connection is refused (ECONNREFUSED), open ones live on."""
    stall: bool = False
    """Event streams stay open and carry nothing more, as behind a firewall that forgot them.
    What would have been sent meanwhile is lost."""
    cut: Optional[int] = None
    """End the connection after this many bytes of an answer's body, or of the next event."""
    status: Optional[int] = None
    """Answer with this HTTP status and a message, without doing what was asked."""
    drip: Optional[float] = None
    """Send bodies and events byte by byte, with this pause in seconds after each."""
    garble: Optional[bytes] = None
    """Send this instead of each body, and as an event stream's every line."""
    paths: Tuple[str, ...] = ()
    """Where given, only requests whose path (without /v1.xx) begins so are concerned."""
    times: Optional[int] = None
    """Where given, only so many requests are concerned; later ones are answered well."""


class Gate:
    """Says which faults concern a request, and counts them."""

    def __init__(self, faults: EngineFaults) -> None:
        self._lock = threading.Lock()
        self._faults = faults
        self._left = faults.times

    @property
    def faults(self) -> EngineFaults:
        """What was set last."""
        return self._faults

    def set(self, faults: EngineFaults) -> None:
        """Replace the faults, and begin to count again."""
        with self._lock:
            self._faults = faults
            self._left = faults.times

    def pass_request(self, path: str) -> EngineFaults:
        """The faults for one request: none of them where it is not concerned."""
        with self._lock:
            if self._faults.paths and not path.startswith(self._faults.paths):
                return EngineFaults()
            if self._left is not None:
                if not self._left:
                    return EngineFaults()
                self._left -= 1
            return self._faults
