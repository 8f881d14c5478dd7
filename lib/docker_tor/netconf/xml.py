"""XML that a switch sent, parsed without trust. Pure.

No entity is expanded, nothing is fetched, and a document type declaration is an error. A byte that
XML forbids is replaced: somebody has typed it into a name on the switch.
"""

import re
import sys
from typing import Union

from lxml import etree

from ..common.errors import MalformedReply

BASE = "urn:ietf:params:xml:ns:netconf:base:1.0"
"""The namespace of NETCONF's own elements (RFC 6241)."""


def parse(xml: Union[str, bytes]) -> etree._Element:
    """Parse XML that a switch sent, if need be as `repaired`; raises MalformedReply."""
    sent = xml.encode() if isinstance(xml, str) else xml
    try:
        return _parse(sent)
    except MalformedReply:
        return _parse(repaired(sent))


def repaired(xml: bytes) -> bytes:
    """XML in UTF-8, with U+FFFD for each byte that is no UTF-8, and for each character that XML 1.0
    (2.2) does not allow, be it written out or by its number."""
    text = re.sub(_NOT_XML, "\ufffd", re.sub(_DECLARATION, "", xml.decode(errors="replace")))
    return re.sub(_REFERENCE, _allowed, text).encode()


# Compiled only where they are needed: that takes longer than most imports of an edit.
_DECLARATION = r"\A\s*<\?xml\s[^>]*\?>"
_NOT_XML = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
_REFERENCE = r"&#(?:x([0-9a-fA-F]+)|([0-9]+));"


def _allowed(reference: "re.Match[str]") -> str:
    digits, base = (reference.group(1), 16) if reference.group(1) else (reference.group(2), 10)
    number = int(digits.lstrip("0")[:8] or "0", base)
    fine = number <= sys.maxunicode and not re.match(_NOT_XML, chr(number))
    return f"&#{number};" if fine else "\ufffd"


def _parse(xml: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(xml, parser)
    except etree.XMLSyntaxError as error:
        raise MalformedReply(f"the reply is not XML: {error.msg}") from None
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]  # the stubs lack it
        raise MalformedReply(
            "the XML declares a document type, which NETCONF forbids (RFC 6241, 3)"
        )
    return root
