"""XML namespaces: NETCONF's, those of the modelled part of NOS and SLX-OS, and OpenConfig's.

Brocade's are those of its own bindings (pynos, PySwitchLib); so are those of the custom RPCs, whose
elements the NETCONF Operations Guide shows (53-1003231, chapter 2).
"""

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
