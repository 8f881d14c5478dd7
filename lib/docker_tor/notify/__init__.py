"""What chat reads of a run: one verdict first, then what was done, where, and what to do next.

`messages` makes text of results. Names from outside are made harmless, and long lists are cut.
"""

__all__ = [
    "messages",
]
