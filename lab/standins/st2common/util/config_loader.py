"""A pack's configuration (st2common/util/config_loader.py)."""

from typing import Any, Callable, Dict, Optional

load: Optional[Callable[[str], Dict[str, Any]]] = None
"""Where there is a StackStorm, what asks it for the configuration of a pack."""


class ContentPackConfigLoader:
    """Reads a pack's configuration, its expressions rendered and its secrets decrypted."""

    def __init__(self, pack_name: str) -> None:
        self.pack_name = pack_name

    def get_config(self) -> Dict[str, Any]:
        """The configuration as it is registered now. Raises RuntimeError where it cannot be
        rendered, and where there is no StackStorm."""
        if load is None:
            raise RuntimeError("there is no StackStorm here")
        return load(self.pack_name)
