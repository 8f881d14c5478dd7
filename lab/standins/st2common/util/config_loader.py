"""A pack's configuration (st2common/util/config_loader.py)."""

from typing import Any, Dict

import lab_socket


class ContentPackConfigLoader:
    """Reads a pack's configuration, its expressions rendered and its secrets decrypted."""

    def __init__(self, pack_name: str) -> None:
        self.pack_name = pack_name

    def get_config(self) -> Dict[str, Any]:
        """The configuration as it is registered now. Raises RuntimeError where it cannot be
        rendered, and where there is no StackStorm."""
        if not lab_socket.there():
            raise RuntimeError("there is no StackStorm here")
        return dict(lab_socket.call("config", pack=self.pack_name))
