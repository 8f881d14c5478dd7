"""Jobs that wait for different engines and switches, run at the same time.

One that does not answer neither holds up the others nor hides what they have yielded.
"""

import queue
import threading
import time
from dataclasses import dataclass, field
from typing import Callable, Generic, Iterable, List, Optional, Sequence, TypeVar

T = TypeVar("T")

WORKERS = 32


@dataclass
class Progress(Generic[T]):
    """What a job has yielded so far, whether it is over, and the error that ended it, if any."""

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
    """Run each job, `workers` of them at a time; the progress of each, in their order.

    After `seconds` it returns. A job that is still running then goes on by itself, and what it
    yields is lost. One that has not begun never begins.
    """
    made: List[Progress[T]] = [Progress() for _ in jobs]
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
                    made[number].items.append(item)
            except Exception as error:  # noqa: BLE001  # it is for the caller to judge
                made[number].error = error
            made[number].over = True
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
    return [Progress(list(one.items), one.over, one.error) for one in made]
