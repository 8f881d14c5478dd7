"""How the engine says no."""


class Refused(Exception):
    """What dockerd refuses: the HTTP status it answers with and its message."""

    def __init__(self, status: int, message: str) -> None:
        # Both, so that it can be sent from one process to another.
        super().__init__(status, message)
        self.status = status
        self.message = message

    def __str__(self) -> str:
        return self.message
