"""NETCONF 1.0 messages over a pair of file descriptors, each within a deadline.

The framing is that of RFC 6242, 4.3: whoever offers base:1.0 alone is answered so by every server.
"""

import os
import select
import time
from typing import Iterable, Optional

from ..common.errors import MalformedReply

END = b"]]>]]>"
LARGEST = 64 * 1024 * 1024
"""Bytes of a message that are read before its sender is given up."""
_CHUNK = 64 * 1024


class Inbox:
    """Bytes as they come, cut into messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0

    def add(self, data: bytes) -> None:
        """Take what has come."""
        self._buffer += data

    def take(self) -> Optional[bytes]:
        """The next message, or None where its end has not come yet. Raises MalformedReply for one
        that does not end."""
        end = self._buffer.find(END, self._searched)
        if (len(self._buffer) if end < 0 else end) > LARGEST:
            raise MalformedReply(f"a reply is larger than {LARGEST // 2**20} MiB")
        if end < 0:
            # An end that was cut in two starts in what was searched already.
            self._searched = max(0, len(self._buffer) - len(END) + 1)
            return None
        message = bytes(self._buffer[:end]).strip()
        del self._buffer[: end + len(END)]
        self._searched = 0
        return message


class Messages:
    """Sends to the file descriptor `out` and receives from `into`; makes both non-blocking.

    Every method raises TimeoutError once the deadline (time.monotonic) is over, and OSError where
    the peer has gone.
    """

    def __init__(self, out: int, into: int) -> None:
        self._out = out
        self._into = into
        self._inbox = Inbox()
        for end in (out, into):
            os.set_blocking(end, False)

    def send(self, messages: Iterable[bytes], deadline: float) -> None:
        """Send messages, in one go."""
        left = memoryview(b"".join(message + END for message in messages))
        while left:
            _wait(self._out, select.POLLOUT, deadline)
            left = left[os.write(self._out, left[:_CHUNK]) :]

    def receive(self, deadline: float) -> bytes:
        """The next message. Raises MalformedReply for one that does not end."""
        while True:
            message = self._inbox.take()
            if message is not None:
                return message
            _wait(self._into, select.POLLIN, deadline)
            data = os.read(self._into, _CHUNK)
            if not data:
                raise ConnectionError("the switch has closed it")
            self._inbox.add(data)


def _wait(end: int, event: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(end, event)
    if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        raise TimeoutError("it timed out")
