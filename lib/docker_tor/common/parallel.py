"""Slow things that wait for different peers, done at the same time: one that is dead neither holds
up the others nor hides what they said."""

import queue
import threading
import time
from dataclasses import dataclass, field
from typing import Callable, Generic, Iterable, List, Optional, Sequence, TypeVar

T = TypeVar("T")

WORKERS = 32


@dataclass
class Progress(Generic[T]):
    """What a job has told so far; whether it is over, and the error that ended it, if one did."""

    items: List[T] = field(default_factory=list)
    over: bool = False
    error: Optional[Exception] = None


def run(
    jobs: Sequence[Callable[[], Iterable[T]]],
    *,
    seconds: float,
    workers: int = WORKERS,
    clock: Callable[[], float] = time.monotonic,
) -> "List[Progress[T]]":
    """Run each job, `workers` of them at a time, and return what each told, in their order.

    After `seconds` nothing is waited for any more: a job that is not over by then goes on by
    itself, unheard, and one that has not begun never will.
    """
    told: List[Progress[T]] = [Progress() for _ in jobs]
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    over: queue.SimpleQueue[int] = queue.SimpleQueue()
    late = threading.Event()
    for number in range(len(jobs)):
        waiting.put(number)

    def work() -> None:
        while not late.is_set():
            try:
                number = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                for item in jobs[number]():
                    told[number].items.append(item)
            except Exception as error:  # noqa: BLE001  # it is for the caller to judge
                told[number].error = error
            told[number].over = True
            over.put(number)

    # Not a pool of concurrent.futures: its threads would keep the process from ending.
    for _ in range(min(workers, len(jobs))):
        threading.Thread(target=work, daemon=True).start()
    deadline = clock() + seconds
    for _ in jobs:
        try:
            over.get(timeout=max(deadline - clock(), 0.0))
        except queue.Empty:
            break
    late.set()
    return [Progress(list(one.items), one.over, one.error) for one in told]
