"""Errors about a pack's content (st2common/exceptions/content.py)."""


class ParseException(ValueError):
    """A chat command does not match an alias's format."""
