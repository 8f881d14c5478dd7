"""A chat command (st2common/models/db/actionalias.py)."""

from typing import Any, Dict, List, Optional, Union


class ActionAliasDB:
    """An alias as its YAML file says. Raises TypeError for an attribute that aliases have not."""

    def __init__(
        self,
        *,
        name: str,
        pack: str,
        action_ref: str,
        formats: List[Union[str, Dict[str, Any]]],
        description: Optional[str] = None,
        enabled: bool = True,
        ack: Optional[Dict[str, Any]] = None,
        result: Optional[Dict[str, Any]] = None,
        extra: Optional[Dict[str, Any]] = None,
        immutable_parameters: Optional[Dict[str, Any]] = None,
    ) -> None:
        self.name = name
        self.pack = pack
        self.ref = f"{pack}.{name}"
        self.action_ref = action_ref
        self.formats = formats
        self.description = description
        self.enabled = enabled
        self.ack = ack or {}
        self.result = result or {}
        self.extra = extra or {}
        self.immutable_parameters = immutable_parameters or {}

    def get_format_strings(self) -> List[str]:
        """Every format that a command may have, the representations of a format instead of it."""
        found: List[str] = []
        for item in self.formats:
            if isinstance(item, dict) and item.get("representation"):
                found.extend(item["representation"])
            else:
                found.append(str(item))
        return found
