"""The base class of Python actions (st2common/runners/base_action.py)."""

import abc
import logging
from typing import Any, Dict, Optional


class Action(abc.ABC):
    """An action: made for one execution, `run` once with the execution's parameters.

    `config` is the pack's configuration, `action_service` reads and writes the datastore, `logger`
    writes to the execution's stderr.
    """

    def __init__(self, config: Optional[Dict[str, Any]] = None, action_service: Any = None) -> None:
        self.action_service = action_service
        self.config = config or {}
        self.logger = get_logger(type(self).__name__)

    @abc.abstractmethod
    def run(self, *args: Any, **kwargs: Any) -> Any:
        """Do it. Returns the result, or a tuple of success (bool) and result."""


def get_logger(action_name: str) -> logging.Logger:
    """The logger of an action class, one a name: it writes to stderr, which becomes the execution's
    `stderr`."""
    logger = logging.getLogger(f"actions.python.{action_name}")
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(name)-12s: %(levelname)-8s %(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    return logger
