"""One NETCONF session, by OpenSSH or by paramiko. Knows no VLAN.

`session` opens it and sends RPCs; `openssh` shares a connection that outlives an action
(`control_master`), and `paramiko_transport` stands in where OpenSSH cannot be had. `rpc_errors`
says what an rpc-error means, `session_errors` why there is no session. `xml` parses without trust.
"""

__all__ = [
    "control_master",
    "framing",
    "hostkey",
    "openssh",
    "paramiko_transport",
    "rpc_errors",
    "session",
    "session_errors",
    "xml",
]
