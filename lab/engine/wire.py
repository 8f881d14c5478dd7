"""HTTP/1.1 on a stream of bytes, as Go's net/http reads and writes it."""

import re
from http import HTTPStatus
from typing import BinaryIO, Dict, List, Mapping, Optional, Tuple
from urllib.parse import unquote, urlsplit

from .api import Answer, Request

LONGEST_HEAD = 1024 * 1024
LARGEST_BODY = 16 * 1024 * 1024
BUFFERED = 2048
"""A body up to this size has a Content-Length; a larger one goes out as one chunk."""

_VERSION = re.compile(r"HTTP/([0-9])\.([0-9])")
_BAD_ESCAPE = re.compile(r"%(?![0-9a-fA-F]{2})")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class Unreadable(Exception):
    """What came is no request that Go would hand on; the text is the whole answer's status line."""


class Incoming:
    """Requests, one after the other, from one connection."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source = source
        self._sink = sink
        self.http_1_0 = False
        self.last = False
        """Whether the connection is to be closed after the answer."""

    def request(self) -> Optional[Request]:
        """The next request, or None at the end. Raises Unreadable, OSError."""
        head = self._head()
        if head is None:
            return None
        method, target, minor = _request_line(head[0])
        headers = _headers(head[1:])
        self.http_1_0 = minor == 0
        connection = headers.get("connection", "").lower()
        self.last = connection == "close" or (self.http_1_0 and connection != "keep-alive")
        if not self.http_1_0 and "host" not in headers:
            raise Unreadable("400 Bad Request: missing required Host header")
        path, query = _target(target)
        return Request(method, path, query, headers, self._body(headers))

    def _head(self) -> Optional[List[str]]:
        lines: List[str] = []
        left = LONGEST_HEAD
        while True:
            line = self._source.readline(left + 1)
            left -= len(line)
            if left < 0:
                raise Unreadable("431 Request Header Fields Too Large")
            if not line.endswith(b"\n"):
                return None
            text = line.rstrip(b"\r\n").decode("latin-1")
            if text:
                lines.append(text)
            elif lines:
                return lines

    def _body(self, headers: Mapping[str, str]) -> bytes:
        coding = headers.get("transfer-encoding")
        length = headers.get("content-length", "0")
        if coding is None and not (length.isascii() and length.isdigit()):
            raise Unreadable("400 Bad Request")
        if coding is not None and coding.lower() != "chunked":
            raise Unreadable("501 Not Implemented")
        if headers.get("expect", "").lower() == "100-continue":
            self._sink.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self._sink.flush()
        if coding is None:
            return self._exactly(int(length))
        return self._chunks()

    def _chunks(self) -> bytes:
        body = bytearray()
        while True:
            size = self._source.readline(64).partition(b";")[0].strip()
            if not re.fullmatch(b"[0-9a-fA-F]{1,8}", size):
                raise Unreadable("400 Bad Request")
            if not int(size, 16):
                while self._source.readline(LONGEST_HEAD) not in (b"\r\n", b"\n", b""):
                    pass
                return bytes(body)
            body += self._exactly(int(size, 16), already=len(body))
            self._source.readline(64)

    def _exactly(self, count: int, already: int = 0) -> bytes:
        if count + already > LARGEST_BODY:
            raise Unreadable("413 Request Entity Too Large")
        data = self._source.read(count)
        if len(data) < count:
            raise ConnectionError("the request ended within its body")
        return data


def unreadable(error: Unreadable) -> bytes:
    """The answer to what is no request; the connection ends after it."""
    return (
        f"HTTP/1.1 {error}\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"Connection: close\r\n\r\n{error}"
    ).encode()


def head(
    status: int, headers: Mapping[str, str], date: str, incoming: Incoming, more: Mapping[str, str]
) -> bytes:
    """Status line and headers; `more` follow the Date."""
    version = "1.0" if incoming.http_1_0 else "1.1"
    lines = [f"HTTP/{version} {status} {HTTPStatus(status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Date: {date}", *(f"{name}: {value}" for name, value in more.items())]
    if incoming.last and not incoming.http_1_0:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def whole(answer: Answer, date: str, incoming: Incoming, is_head: bool) -> Tuple[bytes, bytes]:
    """An answer's head and its body as it goes out, with its framing."""
    body = answer.body
    if body is None:
        return head(answer.status, answer.headers, date, incoming, answer.late), b""
    chunked = len(body) > BUFFERED and not incoming.http_1_0
    framing = {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": str(len(body))}
    first = head(answer.status, answer.headers, date, incoming, {**framing, **answer.late})
    if is_head:
        return first, b""
    return first, chunk(body) + LAST_CHUNK if chunked else body


def chunk(data: bytes) -> bytes:
    """One chunk of a body."""
    return b"%x\r\n%s\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"


def _request_line(line: str) -> Tuple[str, str, int]:
    parts = line.split(" ")
    version = _VERSION.fullmatch(parts[-1])
    if len(parts) != 3 or version is None or not _TOKEN.fullmatch(parts[0]):
        raise Unreadable("400 Bad Request")
    if version.group(1) != "1":
        raise Unreadable("505 HTTP Version Not Supported: unsupported protocol version")
    return parts[0], parts[1], int(version.group(2))


def _headers(lines: List[str]) -> Dict[str, str]:
    headers: Dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not _TOKEN.fullmatch(name):
            raise Unreadable("400 Bad Request")
        headers.setdefault(name.lower(), value.strip())
    return headers


def _target(target: str) -> Tuple[str, str]:
    if not target.startswith("/"):
        try:
            parts = urlsplit(target)
        except ValueError:
            raise Unreadable("400 Bad Request") from None
        if not parts.scheme:
            raise Unreadable("400 Bad Request")
        target = f"{parts.path or '/'}?{parts.query}"
    path, _, query = target.partition("?")
    if _BAD_ESCAPE.search(path):
        raise Unreadable("400 Bad Request")
    # Bytes that are no UTF-8 stay what they are, as in a Go string.
    text = path.encode("latin-1").decode("utf-8", "surrogateescape")
    return unquote(text, errors="surrogateescape"), query
