"""Something in a process of its own that can be asked to do things: what it does takes no time from
whoever measures."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from typing import TYPE_CHECKING, Any, Callable, ContextManager, Iterator, Mapping

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

Answers = Mapping[str, Callable[..., Any]]
"""What can be asked, by name."""


class Far:
    """The process, as it is asked: it does it before it answers, one thing after the other."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def ask(self, name: str, *arguments: Any) -> Any:
        """What it answers; an exception there is raised here."""
        self._pipe.send((name, *arguments))
        answer = self._pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer


@contextlib.contextmanager
def far(make: Callable[..., ContextManager[Answers]], *arguments: Any) -> Iterator[Far]:
    """A process in which `make(*arguments)` is entered; both have to be of a module's own."""
    # Not forked: this process has threads.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, make, arguments), daemon=True)
    process.start()
    theirs.close()
    try:
        ours.recv()
        yield Far(ours)
    finally:
        ours.close()
        process.join()


def _serve(pipe: Connection, make: Callable[..., ContextManager[Answers]], arguments: Any) -> None:
    # It ends with the process that asks, not with Ctrl-C.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with make(*arguments) as answers:
        pipe.send("ready")
        with contextlib.suppress(EOFError):
            while True:
                name, *given = pipe.recv()
                try:
                    pipe.send(answers[name](*given))
                except Exception as error:  # noqa: BLE001  # whoever asks raises it
                    # Others may not survive the way.
                    known = type(error).__module__ == "builtins"
                    pipe.send(error if known else RuntimeError(repr(error)))
