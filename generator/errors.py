"""What is said where a pack cannot be generated."""


class GeneratorError(Exception):
    """The whole message: what is wrong, where, and what to do. Nothing has been written then."""
