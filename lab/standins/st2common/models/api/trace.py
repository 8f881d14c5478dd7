"""What a trigger is traced by (st2common/models/api/trace.py)."""

from typing import Optional


class TraceContext:
    """Names a trace by the tag its maker chose, or by its id. Compared by identity, as the real
    one is: a test compares the `trace_tag`."""

    def __init__(self, id_: Optional[str] = None, trace_tag: Optional[str] = None) -> None:
        self.id_ = id_
        self.trace_tag = trace_tag
