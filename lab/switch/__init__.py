"""A Brocade VDX to play with and to test against: NETCONF and `show` commands over SSH.

    simulator              the switch as a whole, `Switch`
    server, core           SSH; sessions and their messages
    rpc, subtree           the operations of NETCONF, and its filters
    store, datastore       running, startup, candidate, their locks; a configuration, and its kind
    schema, edit, values   what one may hold; an edit-config; the types of leaves
    nos, slxos, openconfig the kinds of switch; nos_rpcs: NOS's own operations
    ports, addresses       what holds for ports and for subnets
    lldp, faults           who is at which port; what can be made to go wrong
    show                   the command line
    payloads               edits to set a test up with
    xml, names             elements, rpc-errors; namespaces

It knows the part of NOS's configuration that carries a VLAN with its Ve, and refuses all else.
Where NOS's own behaviour is not public, it does what RFC 6241 says, and the module says so.
"""

from . import payloads
from .core import Rpc
from .datastore import Datastore
from .faults import Faults
from .lldp import Neighbour
from .simulator import Switch
from .xml import SwitchError

__all__ = ["Datastore", "Faults", "Neighbour", "Rpc", "Switch", "SwitchError", "payloads"]
