"""What a chat command says (st2common/models/utils/action_alias_utils.py)."""

from typing import Any, Dict

from lab import alias_formats
from st2common.exceptions.content import ParseException


def extract_parameters_for_action_alias_db(
    action_alias_db: Any, format_str: str, param_stream: str
) -> Dict[str, Any]:
    """The parameters in a command. Raises ValueError if the alias has no such format, and
    ParseException if the command does not match it."""
    if format_str not in action_alias_db.get_format_strings():
        raise ValueError(
            f'Format string "{format_str}" is not available on the alias "{action_alias_db.name}"'
        )
    return extract_parameters(format_str=format_str, param_stream=param_stream)


def extract_parameters(format_str: str, param_stream: str) -> Dict[str, Any]:
    """The parameters in a command. Raises ParseException if it does not match the format."""
    try:
        return alias_formats.parameters(format_str, param_stream)
    except alias_formats.NoMatch as error:
        raise ParseException(str(error)) from None
