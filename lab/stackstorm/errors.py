"""What the embedded StackStorm raises."""


class RegistrationError(ValueError):
    """The pack, or its configuration, cannot be registered."""


class RequestError(ValueError):
    """The API refuses a request: `status` is HTTP's, the text is what the API would answer."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class ParamException(Exception):
    """A parameter cannot be rendered. The name is StackStorm's: a failed workflow shows it."""
