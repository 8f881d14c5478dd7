"""A switch with OpenConfig's models: VLANs by openconfig-vlan, Ves as routed VLAN interfaces.

`driver` is what the rest of the pack goes by. `layout` is what the switch's hello says of how it
has these models. `edits` are the edits as data, `steps` their order, `running_config` reads a reply
as values, `operational` asks for state and saves, `lldp` asks who is at which port.
"""

__all__ = ["driver", "edits", "layout", "lldp", "operational", "running_config", "steps"]
