"""XML that goes in and out: elements, messages that cannot hurt, and the error that NETCONF reports
as an rpc-error."""

from typing import Any, Dict, Mapping, Optional, Tuple

from lxml import etree

from .names import BASE


class Malformed(Exception):
    """What was received is no message that the session can go on after.

    RFC 6241 asks for the error malformed-message only from servers of base:1.1 (appendix A); older
    ones end the session.
    """


class SwitchError(Exception):
    """The switch refuses something (RFC 6241, section 4.3): with an error-tag, as "data-missing",
    and with what its error-info holds, as `bad_element="vlan"`."""

    def __init__(self, tag: str, message: str, **info: str) -> None:
        super().__init__(f"{tag}: {message}")
        self.tag = tag
        self.message = message
        self.info = info

    def element(self) -> etree._Element:
        """The error as an `<rpc-error>` element."""
        # Of the tags that are used here, this is the only one that no application may send.
        layer = "protocol" if self.tag == "lock-denied" else "application"
        error = group(
            BASE,
            "rpc-error",
            ("error-type", layer),
            ("error-tag", self.tag),
            ("error-severity", "error"),
            ("error-message", self.message),
        )
        if self.info:
            leaves = [(name.replace("_", "-"), text) for name, text in self.info.items()]
            error.append(group(BASE, "error-info", *leaves))
        return error


def element(
    namespace: str,
    name: str,
    text: str = "",
    prefixes: Optional[Mapping[str, str]] = None,
) -> etree._Element:
    """A new element whose namespace is the default one in it."""
    # The stubs do not know that None declares the default namespace.
    declared: Dict[Any, str] = {None: namespace, **(prefixes or {})}
    made = etree.Element(f"{{{namespace}}}{name}", nsmap=declared)
    made.text = text or None
    return made


def group(namespace: str, name: str, *leaves: Tuple[str, str]) -> etree._Element:
    """A new element with these leaves, of one namespace."""
    made = element(namespace, name)
    made.extend([element(namespace, *leaf) for leaf in leaves])
    return made


def name_of(element: etree._Element) -> str:
    """An element's name without its namespace."""
    return etree.QName(element).localname


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
