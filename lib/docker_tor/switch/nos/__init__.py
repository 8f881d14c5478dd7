"""Brocade NOS (VDX): its XML, its running config, its words for trouble.

`edits` are templates of the edits that the actions do, with the CLI lines that do the same;
`running_config` reads a reply as values; `operational` asks for state and saves the configuration.
"""

__all__ = [
    "edits",
    "operational",
    "running_config",
]
