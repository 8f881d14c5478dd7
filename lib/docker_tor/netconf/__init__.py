"""One NETCONF session, over OpenSSH or over paramiko. Nothing here knows a VLAN.

`session.open_session` logs in, and `rpc` exchanges messages (`framing`) with the switch. Where its
running config cannot be edited, `candidate` has edits take effect together. `openssh`
uses a connection that outlives the action (`control_master`). `paramiko_transport` logs in anew
where OpenSSH cannot be used. `rpc_errors` says what an rpc-error means, and `session_errors` why
there is no session. `xml` parses without trust.
"""

__all__ = [
    "candidate",
    "control_master",
    "framing",
    "hostkey",
    "openssh",
    "paramiko_transport",
    "rpc",
    "rpc_errors",
    "session",
    "session_errors",
    "xml",
]
