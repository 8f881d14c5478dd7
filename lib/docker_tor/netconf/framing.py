"""NETCONF 1.0 messages over a stream of bytes, each within a deadline.

A message ends with `]]>]]>` (RFC 6242, 4.3). Our hello offers base:1.0 alone, so every server
frames its messages like that. A deadline is a reading of `time.monotonic`.
"""

import os
import select
import time
from typing import Iterable, Protocol

from ..common.errors import MalformedReply

END = b"]]>]]>"
LARGEST = 64 * 1024 * 1024
"""Bytes of the largest message that is read."""
_CHUNK = 64 * 1024


class Stream(Protocol):
    """What carries the bytes. Both methods raise TimeoutError at the deadline, and OSError if the
    other end has closed."""

    def write(self, data: bytes, deadline: float) -> int:
        """Write some of the data; how many bytes."""

    def read(self, size: int, deadline: float) -> bytes:
        """Read at least one byte and at most `size`; none if the other end has closed."""


class Pipes:
    """A stream of two file descriptors, which become non-blocking."""

    def __init__(self, out: int, into: int) -> None:
        self._out = out
        self._into = into
        for end in (out, into):
            os.set_blocking(end, False)

    def write(self, data: bytes, deadline: float) -> int:
        """See `Stream`."""
        _wait(self._out, select.POLLOUT, deadline)
        return os.write(self._out, data)

    def read(self, size: int, deadline: float) -> bytes:
        """See `Stream`."""
        _wait(self._into, select.POLLIN, deadline)
        return os.read(self._into, size)


class Messages:
    """Sends and receives messages over a stream, and raises what the stream raises."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._buffer = bytearray()
        self._searched = 0

    def send(self, messages: Iterable[bytes], deadline: float) -> None:
        """Send all messages in one go."""
        left = b"".join(message + END for message in messages)
        while left:
            left = left[self._stream.write(left[:_CHUNK], deadline) :]

    def receive(self, deadline: float) -> bytes:
        """The next message. Raises MalformedReply for one larger than LARGEST."""
        while True:
            end = self._buffer.find(END, self._searched)
            if (len(self._buffer) if end < 0 else end) > LARGEST:
                raise MalformedReply(f"a reply is larger than {LARGEST // 2**20} MiB")
            if end >= 0:
                break
            # The stream may cut END in two: its first half is searched again.
            self._searched = max(0, len(self._buffer) - len(END) + 1)
            data = self._stream.read(_CHUNK, deadline)
            if not data:
                raise ConnectionError("the switch has closed it")
            self._buffer += data
        message = bytes(self._buffer[:end]).strip()
        del self._buffer[: end + len(END)]
        self._searched = 0
        return message


def _wait(end: int, event: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(end, event)
    if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        raise TimeoutError("it timed out")
