"""What Python actions are made with (st2common/runners/utils.py)."""

import logging
from typing import Any, Callable, Dict, Optional

_MISSING = """
Config for pack "%s" is missing key "%s".
Add it to /opt/stackstorm/configs/%s.yaml, then run "st2ctl reload --register-configs".
"""

_loggers: Dict[str, logging.Logger] = {}


class PackConfigDict(Dict[str, Any]):
    """A pack's configuration, which says what to do about a missing key.

    Only `config[key]` is so kind; `config.get(key)` answers None as every dict does.
    """

    def __init__(self, pack_name: str, *args: Any) -> None:
        super().__init__(*args)
        self._pack_name = pack_name

    def __getitem__(self, key: str) -> Any:
        """Raises ValueError where there is no such key."""
        try:
            return super().__getitem__(key)
        except KeyError:
            # The real one raises inside the handler too: KeyError stays its context.
            raise ValueError(_MISSING % (self._pack_name, key, self._pack_name))  # noqa: B904


def get_logger_for_python_runner_action(
    action_name: str, log_level: str = "debug"
) -> logging.Logger:
    """The logger of an action class: it writes to stderr, which becomes the execution's `stderr`.
    One a name; the level of the first call stays."""
    name = f"actions.python.{action_name}"
    if name not in _loggers:
        level = getattr(logging, log_level.upper(), logging.DEBUG)
        handler = logging.StreamHandler()
        handler.setLevel(level)
        handler.setFormatter(logging.Formatter("%(name)-12s: %(levelname)-8s %(message)s"))
        logger = logging.getLogger(name)
        logger.addHandler(handler)
        logger.setLevel(level)
        _loggers[name] = logger
    return _loggers[name]


def get_action_class_instance(
    action_cls: Callable[..., Any],
    config: Optional[Dict[str, Any]] = None,
    action_service: Any = None,
) -> Any:
    """An instance of an action class."""
    return action_cls(config=config, action_service=action_service)
