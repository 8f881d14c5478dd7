"""An embedded StackStorm 3.9: loads one pack's own YAML and runs its sensors, rules, workflows and
actions, and refuses what StackStorm would refuse. For trying and testing a pack; see README.md."""

from .chat import Reply
from .errors import RegistrationError, RequestError
from .events import Event, Message
from .executions import Execution
from .service import StackStorm

__all__ = [
    "Event",
    "Execution",
    "Message",
    "RegistrationError",
    "Reply",
    "RequestError",
    "StackStorm",
]
