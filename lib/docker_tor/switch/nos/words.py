"""What NOS says of trouble, and what to do about it."""

from ...netconf.rpc_errors import Words

# While it cannot take configuration, up to 8 minutes after a start: names of its resources, and
# their texts as published. Which of the two NETCONF shows is not known.
_NOT_READY = (
    "node_is_not_ready",
    "this command is not yet available",
    "cluster_formation_is_in_progress",
    "cluster formation is in progress",
    "node_is_zeroized",
    "node zeroized",
    "wave_framework_state_cluster_formation",
    "firmware upgrade is in progress",
)
_A_HOST = "A Ve needs a host's address: give the Docker network another gateway (--gateway)."
_REMEDIES = (
    (
        "overlaps with a previously configured ip subnet",
        "A Ve of that rbridge has that subnet already: `show ip interface brief` tells which. Use"
        " another subnet, or take the address away there; a second one on the same Ve has to be"
        " secondary.",
    ),
    (
        "primary ip address can not be deleted if secondary address exists",
        "Somebody has added a secondary address in that subnet: take it away at the switch first.",
    ),
    (
        "cannot assign /31 subnet address as secondary",
        "A subnet of two addresses leaves one to the Ve: give the Docker networks on it the same"
        " gateway, or a larger subnet.",
    ),
    (
        "default vlan",
        "The switch's default VLAN can have no Ve: use another VLAN as the parent's tag.",
    ),
    (
        "reserved",
        "The switch keeps that VLAN for itself: use another one, and write those that may be used"
        " into the switch's `vlans` in docker.yaml.",
    ),
    ("broadcast address", _A_HOST),
    ("network address", _A_HOST),
)

WORDS = Words(_NOT_READY, _REMEDIES)
