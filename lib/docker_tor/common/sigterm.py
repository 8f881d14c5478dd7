"""SIGTERM as a request: what is under way is put in order, and then the process dies of it.

A handler may do next to nothing, since it interrupts whatever runs. So it writes a byte to a socket
that a thread reads, which also works where eventlet has made threads and sockets green.
"""

import contextlib
import os
import signal
import socket
import threading
from typing import Any, Callable, Iterator, List


@contextlib.contextmanager
def deferred(stop: Callable[[], Any]) -> Iterator[None]:
    """In this context SIGTERM calls `stop`, in a thread; at its end the process gets the signal.

    Only a process's main thread may have it so; for any other nothing changes.
    """
    heard, tell = socket.socketpair()
    received: List[int] = []

    def handle(number: int, _frame: Any) -> None:
        received.append(number)
        tell.send(b"!")

    def wait() -> None:
        with heard:
            if heard.recv(1):
                stop()

    with tell:
        try:
            before = signal.signal(signal.SIGTERM, handle)
        except ValueError:
            heard.close()
            yield
            return
        threading.Thread(target=wait, name="sigterm", daemon=True).start()
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)
            for number in received[:1]:
                os.kill(os.getpid(), number)
