"""What can be made to go wrong, while the switch runs.

    sw.faults.latency = 0.2                                            one knob
    sw.faults.set(refuse="operation-failed: no", refuse_rpcs=3)        several at once
    sw.faults.clear()                                                  all back to harmless

Every knob may be turned from any thread at any time and applies to the RPCs that come after that.
"""

import dataclasses
import threading
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, FrozenSet, Iterable, Optional

from .values import between, one_of
from .xml import SwitchError

BEFORE, AFTER, UNANSWERED = "before", "after", "unanswered"
NOT_READY = "operation-failed: %Error: NODE_IS_NOT_READY"
"""What NOS says for up to 8 minutes after a start, while the fabric forms: the name of one of its
resources, as published."""


@dataclass
class Faults:
    """The knobs. As made, none of them does anything.

    latency         seconds that every RPC takes longer
    refuse_sessions no NETCONF session is given: the SSH subsystem is refused
    rewrite         what goes out instead of each message, the hello too: a function of its bytes
    operations      the operations that the knobs below apply to, as {"edit-config"}; empty: all.
                    close-session only suffers where it is named here
    drop_rpc        the n-th RPC from now, counted over the whole switch, loses its connection; once
    drop            "before": the RPC that loses its connection has not been applied; "after": it
                    has, and only the reply is lost
    half_open       RPCs are neither applied nor answered; the connection stays
    refuse          RPCs are refused with that error: its tag and its message, as NOT_READY has them
    refuse_rpcs     so many RPCs, after which `refuse` is cleared; None: until cleared

    A wrong password needs no knob, nor does a 17th session.
    """

    latency: float = 0.0
    refuse_sessions: bool = False
    rewrite: Optional[Callable[[bytes], bytes]] = None
    operations: FrozenSet[str] = frozenset()
    drop_rpc: Optional[int] = None
    drop: str = BEFORE
    half_open: bool = False
    refuse: str = ""
    refuse_rpcs: Optional[int] = None
    _lock: Any = field(default_factory=threading.RLock, init=False, repr=False, compare=False)

    def set(self, **knobs: Any) -> None:
        """Turns several knobs at once: no RPC sees some of them turned and others not. Raises
        ValueError for what is none."""
        with self._lock:
            for name, value in knobs.items():
                if name not in KNOBS:
                    raise ValueError(f"there is no fault {name!r}; there are {sorted(KNOBS)}")
                setattr(self, name, value)

    def clear(self) -> None:
        """Turns every knob back."""
        self.set(**KNOBS)

    def judge(self, operation: str) -> str:
        """What becomes of an RPC: its connection is lost BEFORE or AFTER it is applied, it is
        UNANSWERED, or nothing (""). Counts it. Raises SwitchError if it is refused."""
        with self._lock:
            if operation not in (self.operations or {operation} - {"close-session"}):
                return ""
            if self.drop_rpc is not None:
                self.drop_rpc = self.drop_rpc - 1 or None
                if self.drop_rpc is None:
                    return self.drop
            if self.half_open:
                return UNANSWERED
            tag, _, message = self.refuse.partition(": ")
            if self.refuse_rpcs is not None:
                self.refuse_rpcs = self.refuse_rpcs - 1 or None
                self.refuse = self.refuse if self.refuse_rpcs else ""
            if tag:
                raise SwitchError(tag, message)
            return ""

    def rewritten(self, message: bytes) -> bytes:
        """What goes out for a message."""
        rewrite = self.rewrite
        return rewrite(message) if rewrite else message


KNOBS = {f.name: f.default for f in dataclasses.fields(Faults) if f.name != "_lock"}


def parse(texts: Iterable[str]) -> Faults:
    """Faults as a command line has them: "latency=0.2", "operations=edit-config,lock", "half_open".

    Raises ValueError for what is no knob, or no value that it takes.
    """
    faults = Faults()
    for text in texts:
        name, equals, value = text.partition("=")
        if name not in READ or (equals == "") != (READ[name] is bool):
            raise ValueError(f"fault {text}: not possible; there are {', '.join(READ)}")
        try:
            faults.set(**{name: READ[name](value or "yes")})
        except ValueError as error:
            raise ValueError(f"fault {text}: {error}") from None
    return faults


def _count(text: str) -> int:
    return int(between(1, 1_000_000)(text))


READ: Dict[str, Callable[[str], Any]] = {
    "latency": float,
    "refuse_sessions": bool,
    "operations": lambda text: frozenset(text.split(",")),
    "drop_rpc": _count,
    "drop": one_of(BEFORE, AFTER),
    "half_open": bool,
    "refuse": str,
    "refuse_rpcs": _count,
}
"""The knobs of a command line, and what reads each: a word alone turns what is `bool`."""
