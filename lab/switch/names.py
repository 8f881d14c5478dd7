"""The XML namespaces of NETCONF and of the modelled part of NOS, and elements in them.

The configuration's are those of Brocade's own bindings (pynos, PySwitchLib); so are those of the
custom RPCs, whose elements the NETCONF Operations Guide shows (53-1003231, chapter 2).
"""

from typing import Any, Dict, Mapping, NamedTuple, Optional, Tuple

from lxml import etree

BASE = "urn:ietf:params:xml:ns:netconf:base:1.0"
INTERFACE = "urn:brocade.com:mgmt:brocade-interface"
RBRIDGE = "urn:brocade.com:mgmt:brocade-rbridge"
IP = "urn:brocade.com:mgmt:brocade-ip-config"
IPV6 = "urn:brocade.com:mgmt:brocade-ipv6-config"
SYSTEM = "urn:brocade.com:mgmt:brocade-common-def"
INTERFACE_EXT = "urn:brocade.com:mgmt:brocade-interface-ext"
LLDP_EXT = "urn:brocade.com:mgmt:brocade-lldp-ext"
RAS = "urn:brocade.com:mgmt:brocade-ras"
OC_VLAN = "http://openconfig.net/yang/vlan"
OC_INSTANCE = "http://openconfig.net/yang/network-instance"
OC_INTERFACE = "http://openconfig.net/yang/interfaces"
OC_IP = "http://openconfig.net/yang/interfaces/ip"
OC_ETHERNET = "http://openconfig.net/yang/interfaces/ethernet"
OC_LAG = "http://openconfig.net/yang/interfaces/aggregate"
OC_LLDP = "http://openconfig.net/yang/lldp"


class Identities(NamedTuple):
    """Whose identities a leaf may name (RFC 7950, 9.10), and the prefix that is written for it."""

    prefix: str
    namespace: str


OC_INSTANCE_TYPE = Identities("oc-ni-types", "http://openconfig.net/yang/network-instance-types")
IANA_TYPE = Identities("ianaift", "urn:ietf:params:xml:ns:yang:iana-if-type")

PREFIXES = {
    "if": INTERFACE,
    "rb": RBRIDGE,
    "ip": IP,
    "ipv6": IPV6,
    "cd": SYSTEM,
    "oc-vlan": OC_VLAN,
    "oc-ni": OC_INSTANCE,
    "oc-if": OC_INTERFACE,
    "oc-ip": OC_IP,
    "oc-eth": OC_ETHERNET,
    "oc-lag": OC_LAG,
    "oc-lldp": OC_LLDP,
}
"""The prefixes that an error-path uses."""

OPERATION = f"{{{BASE}}}operation"
"""The attribute of edit-config; without the namespace it means nothing (RFC 6241, 7.2)."""


def element(
    namespace: str,
    name: str,
    text: str = "",
    attributes: Optional[Mapping[str, str]] = None,
    prefixes: Optional[Mapping[str, str]] = None,
) -> etree._Element:
    """A new element whose namespace is the default one in it."""
    # The stubs do not know that None declares the default namespace.
    declared: Dict[Any, str] = {None: namespace, **(prefixes or {})}
    made = etree.Element(f"{{{namespace}}}{name}", dict(attributes or {}), nsmap=declared)
    made.text = text or None
    return made


def group(namespace: str, name: str, *leaves: Tuple[str, str]) -> etree._Element:
    """A new element with these leaves, of one namespace."""
    made = element(namespace, name)
    made.extend([element(namespace, *leaf) for leaf in leaves])
    return made
