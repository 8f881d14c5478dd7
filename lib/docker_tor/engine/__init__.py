"""One Docker Engine: its API, why it cannot be reached, and what its networks mean.

`api` asks, on a `connection` each time; `connection_errors` explains a failure. `watcher` lists,
waits for `events`, and lists again, through all outages. `listing` finds the `networks` that call
for a VLAN, and `gateways` their addresses. `containers` lists what runs; `sdk` is the docker SDK,
for images and containers only.
"""

__all__ = [
    "api",
    "connection_errors",
    "containers",
    "events",
    "gateways",
    "listing",
    "networks",
    "sdk",
    "watcher",
]
