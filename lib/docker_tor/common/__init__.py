"""What every room needs and no room owns. Nothing here knows Docker, VLANs or NETCONF.

`errors` is the tree of what may go wrong, and `retry` tries again what may pass. `sanitize` makes
text from outside harmless, `validators` check numbers and subnets, and `table` shows rows to a
person. `parallel` asks many at once. `datastore` reads StackStorm's values, and `private_files`
are one user's alone. `sigterm` lets a process end in order.
"""

__all__ = [
    "datastore",
    "errors",
    "parallel",
    "private_files",
    "retry",
    "sanitize",
    "sigterm",
    "table",
    "validators",
]
