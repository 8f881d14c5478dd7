"""What ncclient has to be told about an untrusted peer. Imports ncclient: import it late."""

from typing import Any, Optional

from ncclient.devices.default import DefaultDeviceHandler
from ncclient.transport.parser import DefaultXMLParser

from .errors import MalformedReply

LARGEST_REPLY = 64 * 1024 * 1024
"""Bytes of a reply that are read before the session is given up."""


class _BoundedParser(DefaultXMLParser):  # type: ignore[misc]  # ncclient publishes no types
    """ncclient's own parser, which would otherwise collect a reply without end."""

    def parse(self, data: bytes) -> None:
        if self._session._buffer.getbuffer().nbytes + len(data) > LARGEST_REPLY:
            raise MalformedReply(
                f"a reply is larger than {LARGEST_REPLY // 2**20} MiB",
                where=str(self._session.host),
            )
        super().parse(data)


class Handler(DefaultDeviceHandler):  # type: ignore[misc]  # ncclient publishes no types
    """A peer whose replies may be endless or no XML at all: either fails the RPC that waits for it.

    Stock ncclient only logs a reply that it cannot parse, and the RPC waits out its timeout.
    """

    def get_xml_parser(self, session: Any) -> DefaultXMLParser:
        return _BoundedParser(session)

    def handle_raw_dispatch(self, raw: str) -> Optional[Exception]:
        return MalformedReply(f"the reply is not XML: {raw[:80]!r}")
