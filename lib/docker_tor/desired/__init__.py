"""From networks to segments: what the switches should carry. Pure.

`assembly` makes the desired state, which is `segments`. `admission` decides which network may have
which VLAN and subnet, and `neighbours` says on which others that depends. `last_applied` is what
has been dispatched, which `ledger` keeps; `by_engine` has its networks, and `port_records` where
VLANs were allowed on ports. `holds` keeps networks that an engine has lost in a mass and without a
word.
"""

__all__ = [
    "actions",
    "admission",
    "assembly",
    "by_engine",
    "holds",
    "last_applied",
    "ledger",
    "neighbours",
    "port_records",
    "segments",
]
