"""How the engine says no."""


class Refused(Exception):
    """What dockerd refuses: the HTTP status it answers with and its message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
