"""A switch with OpenConfig's models: VLANs by openconfig-vlan, gateways as routed VLAN interfaces.

`driver` is what the rest of the pack goes by, `layout` what the switch's hello says of its models.
`edits` are the edits and their order, `running_config` reads values, `operational` asks for state
and saves, `lldp` asks who is at which port.
"""

__all__ = ["driver", "edits", "layout", "lldp", "operational", "running_config"]
