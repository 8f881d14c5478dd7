"""What can be made to go wrong between an engine and whoever asks it."""

import dataclasses
from typing import Optional, Tuple


@dataclasses.dataclass(frozen=True)
class EngineFaults:
    """Set `engine.faults = EngineFaults(...)`; `engine.faults = EngineFaults()` ends all trouble.

    A fault applies to answers that begin, and to events that are sent, after it was set.
    """

    delay: float = 0.0
    """Seconds to wait before each answer begins."""
    cut: Optional[int] = None
    """End the connection after this many bytes of an answer's body, or of the next event."""
    status: Optional[int] = None
    """Answer with this HTTP status and a message, without doing what was asked."""
    drip: Optional[float] = None
    """Send bodies and events byte by byte, with this pause in seconds after each."""
    garble: Optional[bytes] = None
    """Send this instead of each body, and as an event stream's every line."""
    paths: Tuple[str, ...] = ()
    """Where given, only answers to requests whose path begins so are concerned."""
