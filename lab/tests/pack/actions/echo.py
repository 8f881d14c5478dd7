"""Returns its parameters, or does as it is told."""

import os
import time
from typing import Any, Dict

from st2common.runners.base_action import Action


class Echo(Action):
    """Does what `text` says, if that is a method here; else it returns what it was given."""

    def run(self, **parameters: Any) -> Any:
        """Do it."""
        self.logger.info("echoing")
        found: Dict[str, Any] = {**parameters, "hidden": "x", "who": os.environ["WHO"]}
        return getattr(self, parameters["text"], lambda _: found)(found)

    def configured(self, found: Dict[str, Any]) -> Any:
        return {**found, "config": dict(self.config)}

    def fail(self, found: Dict[str, Any]) -> Any:
        return False, found

    def tear(self, found: Dict[str, Any]) -> Any:
        raise RuntimeError(found["number"])

    def sleep(self, found: Dict[str, Any]) -> Any:
        time.sleep(found["number"])
        return found

    def wrong(self, found: Dict[str, Any]) -> Any:
        return {**found, "text": 1}

    def numbered(self, found: Dict[str, Any]) -> Any:
        return {**found, "by": {112: "no text is its key"}}

    def silence(self, _: Dict[str, Any]) -> Any:
        raise SystemExit(0)

    def list(self, found: Dict[str, Any]) -> Any:
        service = self.action_service
        for number in range(101):
            service.set_value(f"many.{number}", number, local=False)
        refused = []
        for name in ("many/1", "many?1", "many#1", "many%1"):
            try:
                service.set_value(name, "", local=False)
            except ValueError as error:
                refused.append(str(error))
        pages = [service.list_values(False, "many.", offset=offset) for offset in (0, 100)]
        gone = [service.delete_value(f"many.{number}", local=False) for number in range(102)]
        left = [one.name for one in service.list_values(local=False, prefix="many")]
        numbers = [sorted(one.name for one in page) for page in pages]
        return {**found, "pages": numbers, "refused": refused, "gone": gone, "left": left}
