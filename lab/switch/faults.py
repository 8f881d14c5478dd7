"""What can be made to go wrong, while the switch runs.

    sw.faults.latency = 0.2                      one knob
    sw.faults.set(transient="NODE_IS_NOT_READY", transient_rpcs=3)      several at once
    sw.faults.clear()                            all back to harmless

Every knob may be turned from any thread at any time and applies to the RPCs that arrive after that.
"""

import contextlib
import dataclasses
import json
import threading
from dataclasses import dataclass, field
from typing import Any, Callable, FrozenSet, Iterable, NamedTuple, Optional, Tuple

from .errors import SwitchError

BEFORE, AFTER = "before", "after"
GARBAGE = b"\x07%% Internal error 0x80000001 <<<& core dumped"

TRANSIENT = (
    "NODE_IS_NOT_READY",
    "CLUSTER_FORMATION_IS_IN_PROGRESS",
    "NODE_IS_ZEROIZED",
    "WAVE_FRAMEWORK_STATE_CLUSTER_FORMATION",
    "This command is not yet available. Please try again after sometime",
    "Cluster formation is in progress. Please try after sometime",
    "Node Zeroized",
    "Firmware Upgrade is in progress",
)
"""What NOS says for up to 8 minutes after a start, while the fabric forms: names of its resources,
and their texts as published. Which of the two NETCONF shows is not known."""

OTHER_SESSION = 4711
"""The session that holds the locks of `locked_by_other`."""

_WRITES = frozenset({"edit-config", "lock", "commit", "bna-config-cmd"})
_COUNTS = ("drop_rpc", "transient_rpcs")


class Saving(NamedTuple):
    """How a save goes: for so many questions it is in progress; then it is done, or has failed."""

    polls: int = 0
    fails: bool = False


AT_ONCE = Saving()


@dataclass(frozen=True)
class Verdict:
    """What becomes of one RPC: how many seconds it waits; whether the session is dropped "before"
    or "after" it is applied; whether it is never answered (nor applied); the errors it gets instead
    of being applied; whether its reply is garbage; how a save that it begins will go."""

    latency: float = 0.0
    drop: str = ""
    silent: bool = False
    errors: Tuple[SwitchError, ...] = ()
    garbage: bool = False
    saving: Saving = AT_ONCE


@dataclass
class Faults:
    """The knobs. As made, none of them does anything.

    latency         seconds that every RPC takes longer
    operations      the operations that the knobs below apply to, as {"edit-config"}; empty: all.
                    close-session only suffers where it is named here
    drop_rpc        the n-th RPC from now, counted over the whole switch, loses its connection; once
    drop            "before": the RPC that loses its connection has not been applied; "after": it
                    has, and only the reply is lost
    refuse_sessions no NETCONF session is given: the SSH subsystem is refused
    transient       one of TRANSIENT: RPCs are refused with that message, as operation-failed
    transient_rpcs  for so many RPCs, after which `transient` is cleared; None: until cleared
    locked_by_other another session holds the lock: edits get in-use, lock gets lock-denied
    half_open       RPCs are taken, neither applied nor answered; the connection stays
    multi_error     RPCs are refused with two rpc-errors in one reply
    reply_garbage   RPCs are applied, the reply is not XML
    rewrite         what goes out instead of each message, the hello too: a function of its bytes
    save_polls      a save that is begun is answered "in-progress" so many times before it is done
    save_fails      a save that is begun fails then, and startup stays as it was

    An unknown knob raises AttributeError, an impossible value ValueError. A wrong password needs no
    knob, nor does a 17th session.
    """

    latency: float = 0.0
    operations: FrozenSet[str] = frozenset()
    drop_rpc: Optional[int] = None
    drop: str = BEFORE
    refuse_sessions: bool = False
    transient: Optional[str] = None
    transient_rpcs: Optional[int] = None
    locked_by_other: bool = False
    half_open: bool = False
    multi_error: bool = False
    reply_garbage: bool = False
    rewrite: Optional[Callable[[bytes], bytes]] = None
    save_polls: int = 0
    save_fails: bool = False
    _lock: Any = field(default_factory=threading.RLock, init=False, repr=False, compare=False)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self.__dataclass_fields__:
            raise AttributeError(f"there is no fault {name!r}; there are {sorted(KNOBS)}")
        if name == "transient" and value not in (None, *TRANSIENT):
            raise ValueError(f"transient is {value!r}, none of {TRANSIENT}")
        if name == "drop" and value not in (BEFORE, AFTER):
            raise ValueError(f"drop is {value!r}, neither {BEFORE!r} nor {AFTER!r}")
        if name in _COUNTS and not (value is None or (isinstance(value, int) and value > 0)):
            raise ValueError(f"{name} is {value!r}, neither None nor a count from 1")
        object.__setattr__(self, name, value)

    def set(self, **knobs: Any) -> None:
        """Turns several knobs at once: no RPC sees some of them turned and others not."""
        with self._lock:
            for name, value in knobs.items():
                setattr(self, name, value)

    def clear(self) -> None:
        """Turns every knob back."""
        self.set(**KNOBS)

    def judge(self, operation: str) -> Verdict:
        """What becomes of an RPC; counts it."""
        with self._lock:
            if operation not in (self.operations or {operation} - {"close-session"}):
                return Verdict(self.latency)
            return Verdict(
                latency=self.latency,
                drop=self.drop if self._count_drop() else "",
                silent=self.half_open,
                errors=self._errors(operation),
                garbage=self.reply_garbage,
                saving=Saving(self.save_polls, self.save_fails),
            )

    def rewritten(self, message: bytes) -> bytes:
        """What goes out for a message."""
        rewrite = self.rewrite
        return rewrite(message) if rewrite else message

    def _count_drop(self) -> bool:
        if self.drop_rpc is None:
            return False
        self.drop_rpc = self.drop_rpc - 1 or None
        return self.drop_rpc is None

    def _errors(self, operation: str) -> Tuple[SwitchError, ...]:
        if self.transient:
            error = SwitchError("operation-failed", f"%Error: {self.transient}")
            if self.transient_rpcs is not None:
                self.transient_rpcs = self.transient_rpcs - 1 or None
                self.transient = self.transient if self.transient_rpcs else None
            return (error,)
        if self.locked_by_other and operation in _WRITES:
            return (locked(operation, OTHER_SESSION),)
        if self.multi_error:
            return (
                SwitchError("invalid-value", "%Error: the first of two"),
                SwitchError("operation-failed", "%Error: the second of two"),
            )
        return ()


KNOBS = {f.name: f.default for f in dataclasses.fields(Faults) if f.name != "_lock"}


def parse(texts: Iterable[str]) -> Faults:
    """Faults as a command line has them: "latency=0.2", "operations=edit-config,lock", "half_open".

    Raises ValueError for what is no knob, or no value that it takes.
    """
    faults = Faults()
    for text in texts:
        name, _, value = text.partition("=")
        read: Any = value
        with contextlib.suppress(ValueError):
            read = json.loads(value or "true")
        if name == "operations":
            read = frozenset(value.split(","))
        number = isinstance(read, (int, float))
        if name == "rewrite" or (isinstance(KNOBS.get(name), (int, float)) and not number):
            raise ValueError(f"fault {text}: not possible")
        try:
            faults.set(**{name: read})
        except AttributeError as error:
            raise ValueError(str(error)) from None
    return faults


def locked(operation: str, holder: int) -> SwitchError:
    """The error for a datastore that the session `holder` has locked (RFC 6241, appendix A)."""
    if operation == "lock":
        return SwitchError(
            "lock-denied",
            f"session {holder} holds the lock",
            layer="protocol",
            info=[("session-id", str(holder))],
        )
    return SwitchError("in-use", f"session {holder} has locked the datastore")
