"""Extreme SLX-OS, the VDX's successor: as NOS, without rbridges and without a global Ve.

`driver` is what the rest of the pack goes by. `edits` are the edits as data, `steps` their order,
`running_config` reads a reply as values. What SLX-OS has as NOS has it, is NOS's code. No switch
has answered any of this yet: paths and namespaces are those of the vendor's bindings.
"""

__all__ = ["driver", "edits", "running_config", "steps"]
