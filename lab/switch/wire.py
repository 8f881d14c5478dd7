"""NETCONF on the wire: how messages are framed, the hello, and XML that cannot hurt.

A message ends as in RFC 6242, section 4.3. The hello is that of the Network OS NETCONF Operations
Guide, section 4.1.1: base:1.0 only, so a client may not switch to chunks. A switch may be told to
offer base:1.1, and so chunks (RFC 6242, section 4.2), too.
"""

from typing import Any, Sequence

from lxml import etree

from .names import BASE, element

END = b"]]>]]>"

_CAPABILITY = "urn:ietf:params:netconf:capability:"
WRITABLE_RUNNING, CANDIDATE = f"{_CAPABILITY}writable-running:1.0", f"{_CAPABILITY}candidate:1.0"
BASE_1_1 = "urn:ietf:params:netconf:base:1.1"
BASE_CAPABILITIES = ("urn:ietf:params:netconf:base:1.0", "urn:ietf:params:xml:ns:netconf:base:1.0")
"""RFC 6241's name of the base protocol, and the one that the Operations Guide has in its text."""
CAPABILITIES = (
    BASE_CAPABILITIES[0],
    WRITABLE_RUNNING,
    f"{_CAPABILITY}startup:1.0",
    f"{_CAPABILITY}xpath:1.0",
    f"{_CAPABILITY}validate:1.0",
)
BROCADE = (
    "urn:brocade.com:mgmt:brocade-interface?module=brocade-interface&revision=2012-04-24",
    "urn:brocade.com:mgmt:brocade-interface-ext?module=brocade-interface-ext&revision=2014-04-01",
    "urn:brocade.com:mgmt:brocade-ip-config?module=brocade-ip-config&revision=2011-10-31",
    "urn:brocade.com:mgmt:brocade-ipv6-config?module=brocade-ipv6-config&revision=2013-07-26",
    "urn:brocade.com:mgmt:brocade-ras?module=brocade-ras&revision=2011-04-11",
    "urn:brocade.com:mgmt:brocade-rbridge?module=brocade-rbridge&revision=2011-06-21",
)


class Malformed(Exception):
    """What was received is no message that the session can go on after.

    RFC 6241 asks for the error malformed-message only from servers of base:1.1 (appendix A); older
    ones end the session.
    """


def parse(message: bytes) -> etree._Element:
    """The root element of a message, without comments and processing instructions.

    Raises Malformed for what is not well-formed, is not UTF-8, or has a document type (RFC 6241,
    section 3: a message holds none).
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )
    try:
        root = etree.fromstring(message.strip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Malformed(f"not XML: {error}") from None
    info: Any = root.getroottree().docinfo  # the stubs lack doctype
    if info.doctype:
        raise Malformed("a document type declaration")
    return root


def serialise(root: etree._Element) -> bytes:
    """A message with its XML declaration."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"


def framed(message: bytes, *, chunked: bool) -> bytes:
    """A message with its end, or in one chunk."""
    return b"\n#%d\n%s\n##\n" % (len(message), message) if chunked else message + END


def hello(session_id: int, offered: Sequence[str]) -> bytes:
    """The server's hello."""
    root = element(BASE, "hello")
    capabilities = element(BASE, "capabilities")
    capabilities.extend([element(BASE, "capability", uri) for uri in offered])
    root.extend([capabilities, element(BASE, "session-id", str(session_id))])
    return serialise(root)


def check_hello(root: etree._Element) -> bool:
    """Whether a client's hello offers base:1.1. Raises Malformed unless it is one, with the base
    capability.

    The Operations Guide has the switch abort the session for each of the three faults.
    """
    if root.tag != f"{{{BASE}}}hello":
        raise Malformed("the first message is no hello")
    if root.find(f"{{{BASE}}}session-id") is not None:
        raise Malformed("a client's hello with a session-id")
    found = root.findall(f"{{{BASE}}}capabilities/{{{BASE}}}capability")
    offered = {(uri.text or "").strip() for uri in found}
    if offered.isdisjoint(BASE_CAPABILITIES):
        raise Malformed("a hello without the base:1.0 capability")
    return BASE_1_1 in offered
