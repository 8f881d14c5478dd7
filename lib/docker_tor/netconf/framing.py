"""NETCONF messages over a stream of bytes, each within a deadline.

A message ends with `]]>]]>` (RFC 6242, 4.3). Where both hellos offer base:1.1, all messages after
them come in chunks (4.2): each says its size before its bytes, and a last mark ends the message. A
deadline is a reading of `time.monotonic`.
"""

import os
import re
import select
import time
from typing import Iterable, List, Protocol

from ..common.errors import MalformedReply

END = b"]]>]]>"
LARGEST = 64 * 1024 * 1024
"""Bytes of the largest message that is read, with its chunks' sizes."""
_PIECE = 64 * 1024
_HEADER = rb"\n#(#|[1-9][0-9]{0,9})\n"
"""A chunk's size, or the end of the message. Compiled only where there are chunks."""
_LONGEST_HEADER = len("\n#4294967295\n")


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

    chunked = False
    """Whether messages come in chunks from now on, and go so."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._buffer = bytearray()
        self._searched = 0

    def send(self, messages: Iterable[bytes], deadline: float) -> None:
        """Send all messages in one go."""
        left = b"".join(map(self._framed, messages))
        while left:
            left = left[self._stream.write(left[:_PIECE], deadline) :]

    def receive(self, deadline: float) -> bytes:
        """The next message. Raises MalformedReply for one larger than LARGEST, and for one that is
        not framed as has been agreed."""
        message = self._chunks(deadline) if self.chunked else self._to_end(deadline)
        return message.strip()

    def _framed(self, message: bytes) -> bytes:
        return b"\n#%d\n%s\n##\n" % (len(message), message) if self.chunked else message + END

    def _to_end(self, deadline: float) -> bytes:
        while True:
            end = self._buffer.find(END, self._searched)
            _check_size(len(self._buffer) if end < 0 else end)
            if end >= 0:
                break
            # The stream may cut END in two: its first half is searched again.
            self._searched = max(0, len(self._buffer) - len(END) + 1)
            self._read(deadline)
        self._searched = 0
        message = self._take(end, deadline)
        self._take(len(END), deadline)
        return message

    def _chunks(self, deadline: float) -> bytes:
        chunks: List[bytes] = []
        total = 0
        while True:
            header = self._header(deadline)
            total += len(header)
            if header.endswith(b"##\n"):
                return b"".join(chunks)
            size = int(header[2:])
            total += size
            _check_size(total)
            chunks.append(self._take(size, deadline))

    def _header(self, deadline: float) -> bytes:
        while True:
            start = bytes(self._buffer[:_LONGEST_HEADER])
            end = start.find(b"\n", 1) + 1
            if end or len(start) == _LONGEST_HEADER or not b"\n#".startswith(start[:2]):
                break
            self._read(deadline)
        if not re.match(_HEADER, start):
            raise MalformedReply(f"a reply is not in chunks as it should be: {start!r}")
        return self._take(end, deadline)

    def _take(self, size: int, deadline: float) -> bytes:
        """That many of the next bytes."""
        while len(self._buffer) < size:
            self._read(deadline)
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _read(self, deadline: float) -> None:
        data = self._stream.read(_PIECE, deadline)
        if not data:
            raise ConnectionError("the switch has closed it")
        self._buffer += data


def _check_size(size: int) -> None:
    if size > LARGEST:
        raise MalformedReply(f"a reply is larger than {LARGEST // 2**20} MiB")


def _wait(end: int, event: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(end, event)
    if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        raise TimeoutError("it timed out")
