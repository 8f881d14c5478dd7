"""What every room needs and no room owns: errors, sanitised text, validators, tables.

Nothing here knows Docker, VLANs or NETCONF. `errors` is the tree of what may go wrong; `retry`
tries again what may pass; `sanitize` makes text from outside harmless; `parallel` does slow things
at once.
"""

__all__ = [
    "datastore",
    "errors",
    "parallel",
    "private_files",
    "retry",
    "sanitize",
    "table",
    "validators",
]
