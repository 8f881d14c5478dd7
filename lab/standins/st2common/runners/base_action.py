"""The base class of Python actions (st2common/runners/base_action.py)."""

import abc
from typing import Any, Dict, Optional

from .utils import get_logger_for_python_runner_action


class Action(abc.ABC):
    """An action: made for one execution, `run` once with the execution's parameters.

    `config` is the pack's configuration, `action_service` reads and writes the datastore, `logger`
    writes to the execution's stderr.
    """

    def __init__(self, config: Optional[Dict[str, Any]] = None, action_service: Any = None) -> None:
        self.action_service = action_service
        self.config = config or {}
        self.logger = get_logger_for_python_runner_action(type(self).__name__)

    @abc.abstractmethod
    def run(self, *args: Any, **kwargs: Any) -> Any:
        """Do it. Returns the result, or a tuple of success (bool) and result."""
