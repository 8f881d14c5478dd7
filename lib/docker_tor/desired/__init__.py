"""From networks to segments: what the switches should carry. Pure.

`segments` assembles the desired state. `admission` decides which network may have which VLAN and
subnet. `last_applied` is what has been dispatched, and `port_records` where VLANs were allowed on
ports. `holds` keeps networks that an engine has lost in a mass and without a word.
"""

__all__ = [
    "actions",
    "admission",
    "holds",
    "last_applied",
    "port_records",
    "segments",
]
