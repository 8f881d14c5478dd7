"""What chat reads of a run: one verdict first, then what was done, where, and what to do next.

`messages` is what the team reads of what has happened, made of `sentences`; `answers` is what
somebody reads who has typed a command. Names from outside are made harmless, and long lists are
cut.
"""

__all__ = [
    "answers",
    "messages",
    "sentences",
]
