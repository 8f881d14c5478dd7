"""What the SSH server of a switch has to know; apart from it, for the server needs asyncssh."""

from dataclasses import dataclass, field

PASSWORD, INTERACTIVE, PUBLIC_KEY = "password", "keyboard-interactive", "publickey"


@dataclass(frozen=True)
class Settings:
    """Who may log in. `login_by` is the one way to do so: PASSWORD, or INTERACTIVE, which asks for
    the password, or PUBLIC_KEY, which lets nobody in."""

    username: str
    password: str = field(repr=False)
    login_by: str = PASSWORD
