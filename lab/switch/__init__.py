"""A Brocade VDX to play with and to test against: NETCONF and `show` commands over SSH.

    simulator                the switch as a whole, `Switch`
    server, settings, core   SSH; what it has to know; sessions and their messages
    rpc, arguments, brocade  the operations of NETCONF, and NOS's own
    lldp                     who is at which port: set by tests, and told
    wire, names, errors      framing and XML; namespaces; what an rpc-error is
    store                    running, startup and their locks
    datastore, schema, values   a configuration; what it may hold
    change, edit, rules, subtree   an edit read, applied, and judged; filters
    ports                    its ports and their VLANs
    state, text, cli         VLANs and Ves as they are; how `show` commands put it
    faults                   what can be made to go wrong
    payloads                 edits to set a test up with

It knows the part of NOS's configuration that carries a VLAN with its Ve, and refuses all else.
Where NOS's own behaviour is not public, it does what RFC 6241 says, and the module says so.
"""

from . import payloads
from .core import Rpc
from .datastore import Datastore
from .errors import SwitchError
from .faults import Faults
from .lldp import Neighbour
from .simulator import Switch

__all__ = ["Datastore", "Faults", "Neighbour", "Rpc", "Switch", "SwitchError", "payloads"]
