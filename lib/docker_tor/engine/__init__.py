"""One Docker Engine: its API, why it cannot be reached, and what its networks mean.

`api` asks, `connection_errors` explains a failure, `watcher` follows an engine through outages: it
lists, then waits for events, and lists again. `networks` reads a listing: which network calls for
which VLAN, with which gateways. `sdk` is the docker SDK, for images and containers only.
"""

__all__ = [
    "api",
    "connection_errors",
    "events",
    "gateways",
    "networks",
    "sdk",
    "watcher",
]
