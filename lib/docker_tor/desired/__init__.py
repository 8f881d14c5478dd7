"""From networks to segments: what the switches should carry. Pure.

`admission` decides which network may have which VLAN and subnet, `segments` assembles the desired
state, and `last_applied` is what has been dispatched. `holds` keeps back mass removals that an
engine has not announced.
"""

__all__ = [
    "admission",
    "holds",
    "last_applied",
    "segments",
]
