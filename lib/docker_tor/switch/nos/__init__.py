"""Brocade NOS (VDX): its XML, its order of steps, its running config, its words for trouble.

`driver` is what the rest of the pack goes by. `edits` are the edits as data and as XML, `steps` the
order in which NOS accepts them, `ports` those of a port's list of VLANs. `running_config` reads a
reply as values, `operational` asks for state and saves, `lldp` asks who is at which port, `words`
are those for trouble. `named_edits` are the edits that are actions of their own, by the actions'
names.
"""

__all__ = [
    "driver",
    "edits",
    "lldp",
    "named_edits",
    "operational",
    "ports",
    "running_config",
    "steps",
    "words",
]
