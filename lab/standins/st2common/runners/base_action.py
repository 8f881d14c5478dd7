"""The base class of Python actions (st2common/runners/base_action.py)."""

import abc
from typing import Any, Dict, Optional

from .utils import PackConfigDict, get_logger_for_python_runner_action


class Action(abc.ABC):
    """An action: made for one execution, `run` once with the execution's parameters.

    `config` is the pack's configuration, `action_service` reads and writes the datastore, `logger`
    writes to the execution's stderr.
    """

    description: Optional[str] = None

    def __init__(self, config: Optional[Dict[str, Any]] = None, action_service: Any = None) -> None:
        wrapper = getattr(action_service, "_action_wrapper", None)
        self.action_service = action_service
        self.config = PackConfigDict(getattr(wrapper, "_pack", "unknown"), config or {})
        self.logger = get_logger_for_python_runner_action(
            action_name=type(self).__name__, log_level=getattr(wrapper, "_log_level", "debug")
        )

    @abc.abstractmethod
    def run(self, *args: Any, **kwargs: Any) -> Any:
        """Do it. Returns the result, or a tuple of success (bool) and result."""
