"""What Python actions are made with (st2common/runners/utils.py)."""

import logging
from typing import Any, Callable, Dict, Optional


def get_logger_for_python_runner_action(action_name: str) -> logging.Logger:
    """The logger of an action class, one a name: it writes to stderr, which becomes the execution's
    `stderr`."""
    logger = logging.getLogger(f"actions.python.{action_name}")
    if not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(name)-12s: %(levelname)-8s %(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    return logger


def get_action_class_instance(
    action_cls: Callable[..., Any],
    config: Optional[Dict[str, Any]] = None,
    action_service: Any = None,
) -> Any:
    """An instance of an action class."""
    return action_cls(config=config, action_service=action_service)
