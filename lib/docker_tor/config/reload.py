"""docker.yaml, taken up by a running sensor when it changes.

StackStorm hands a sensor its configuration once, at the start. So the sensor asks StackStorm for it
every EVERY seconds; `st2ctl reload --register-configs` is what makes a change known there. A wrong
configuration changes nothing: the last good one stays in force.
"""

import hashlib
import logging
import time
from typing import Any, Callable, Mapping, Optional

from ..common.errors import known
from ..common.sanitize import printable
from . import settings, uplinks
from .settings import Config

EVERY = 30.0
"""Seconds between two looks."""
RELOAD = "st2ctl reload --register-configs"

Load = Callable[[], Optional[Mapping[str, Any]]]
"""The configuration as StackStorm has it now; may raise whatever StackStorm raises."""


class Watch:
    """The configuration in force.

    `config` has no engine until there is a good one. `trouble` says why it is not the one that
    StackStorm has now; it is empty if it is. `check` raises ConfigError for a configuration that
    lacks what the sensor needs.
    """

    def __init__(
        self,
        load: Load,
        *,
        log: logging.Logger,
        check: Callable[[Config], Config] = uplinks.require,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.config = settings.parse({})
        self.trouble = ""
        self._load = load
        self._check = check
        self._log = log
        self._clock = clock
        self._looked = float("-inf")

    def look(self) -> bool:
        """Look again if it is time; whether anything has changed. Never raises."""
        if self._clock() - self._looked < EVERY:
            return False
        try:
            raw = self._load()
        except Exception as error:  # noqa: BLE001  # StackStorm raises what it likes
            self._looked = self._clock()
            # StackStorm quotes the file next, and that may be a password.
            why = str(error).partition(" with value ")[0]
            return self._keep(f"docker.yaml cannot be read: {type(error).__name__}: {why}")
        return self.take(raw)

    def take(self, raw: Optional[Mapping[str, Any]]) -> bool:
        """Take this configuration if it is right; whether anything has changed. Never raises."""
        self._looked = self._clock()
        try:
            found = self._check(settings.parse(raw))
        except Exception as error:  # noqa: BLE001  # a sensor that raises is gone for good
            return self._keep(str(known(error)))
        if found == self.config and not self.trouble:
            return False
        self._log.info("docker.yaml is in force as it is now")
        self.config, self.trouble = found, ""
        return True

    def _keep(self, trouble: str) -> bool:
        trouble = printable(trouble)
        if trouble == self.trouble:
            return False
        self.trouble = trouble
        goes_on = (
            "goes on with the last good one" if self.config.engines else "waits for a good one"
        )
        self._log.error(
            "%s The sensor %s. Correct docker.yaml, then: %s. No restart is needed.",
            trouble,
            goes_on,
            RELOAD,
        )
        return True


def mark(config: Config) -> str:
    """Tells one configuration from another. Others can read it, so it holds no login."""
    switches = [tuple(one._replace(username="", password="")) for one in config.switches]
    plain = (*config._replace(switches=()), switches)
    return hashlib.sha256(repr(plain).encode()).hexdigest()[:12]
