"""What the SSH server has to know, and what a switch can be told before it listens."""

from dataclasses import dataclass, field

PASSWORD, INTERACTIVE, PUBLIC_KEY = "password", "keyboard-interactive", "publickey"


@dataclass(frozen=True)
class Settings:
    """What the SSH server has to know. `idle_timeout` in seconds, `max_message` in bytes,
    `login_by` the one way to log in: PASSWORD, or INTERACTIVE, which asks for the password, or
    PUBLIC_KEY, which lets nobody in."""

    username: str
    password: str = field(repr=False)
    idle_timeout: float
    max_message: int
    login_by: str = PASSWORD
