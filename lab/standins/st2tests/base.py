"""The base classes of a pack's tests (st2tests/base.py)."""

import inspect
import logging
import os
from typing import Any, ClassVar, Dict, Iterable, List, Optional
from unittest import TestCase
from unittest.mock import Mock

import yaml
from st2common.services.datastore import DatastoreAccess

from lab import alias_formats

from .mocks.datastore import MockDatastoreService
from .mocks.sensor import MockSensorService, MockSensorWrapper


class BaseActionTestCase(TestCase):
    """Makes instances of `action_cls`, with an `action_service` whose datastore is in memory."""

    action_cls: ClassVar[Any] = None

    def setUp(self) -> None:
        """A new service for every test."""
        logger = Mock(spec=logging.RootLogger)
        name = self.action_cls.__name__
        self.action_service = DatastoreAccess(MockDatastoreService(logger, "tests", name))

    def get_action_instance(self, config: Optional[Dict[str, Any]] = None) -> Any:
        """An action with that configuration of its pack."""
        return self.action_cls(config=config, action_service=self.action_service)


class BaseSensorTestCase(TestCase):
    """Makes instances of `sensor_cls`, with a `sensor_service` that keeps what is dispatched."""

    sensor_cls: ClassVar[Any] = None

    def setUp(self) -> None:
        """A new service for every test."""
        wrapper = MockSensorWrapper(pack="tests", class_name=self.sensor_cls.__name__)
        self.sensor_service = MockSensorService(sensor_wrapper=wrapper)

    def get_sensor_instance(self, config: Optional[Dict[str, Any]] = None) -> Any:
        """A sensor; an empty configuration is not passed on."""
        more = {"config": config} if config else {}
        return self.sensor_cls(sensor_service=self.sensor_service, **more)

    def get_dispatched_triggers(self) -> List[Dict[str, Any]]:
        """Everything dispatched so far."""
        return self.sensor_service.dispatched_triggers


class _Alias:
    """A chat command, as its file has it (st2common/models/db/actionalias.py)."""

    def __init__(self, content: Dict[str, Any]) -> None:
        self.name: str = content["name"]
        self._formats = content["formats"]

    def get_format_strings(self) -> List[str]:
        """Every format that a command may have."""
        return [one for item in self._formats for one in item["representation"]]


class BaseActionAliasTestCase(TestCase):
    """Loads the alias `action_alias_name` of the pack above the test's folder."""

    action_alias_name: ClassVar[Optional[str]] = None
    action_alias_db: _Alias

    def setUp(self) -> None:
        """Raises ValueError if there is no such alias."""
        self.action_alias_db = self._get_action_alias_db_by_name(self.action_alias_name or "")

    def assertCommandMatchesExactlyOneFormatString(  # noqa: N802  # the name is StackStorm's
        self, format_strings: Iterable[str], command: str
    ) -> None:
        """Raises AssertionError if none matches, or several do."""
        matched = []
        for format_string in format_strings:
            try:
                alias_formats.parameters(format_string, command)
            except alias_formats.NoMatch:
                continue
            matched.append(format_string)
        if len(matched) != 1:
            said = f"matched multiple: {matched}" if matched else "didn't match any"
            raise AssertionError(f'Command "{command}" {said} of the provided format strings')

    def assertExtractedParametersMatch(  # noqa: N802  # the name is StackStorm's
        self, format_string: str, command: str, parameters: Dict[str, Any]
    ) -> None:
        """Raises AssertionError if the command says other parameters than these, ValueError if the
        alias has no such format."""
        if format_string not in self.action_alias_db.get_format_strings():
            raise ValueError(f'Format string "{format_string}" is not available on the alias')
        self.assertEqual(alias_formats.parameters(format_string, command), parameters)

    def _get_action_alias_db_by_name(self, name: str) -> _Alias:
        folder = os.path.join(os.path.dirname(inspect.getfile(type(self))), "..", "aliases")
        for path in sorted(os.listdir(folder)):
            with open(os.path.join(folder, path), encoding="utf-8") as file:
                alias = _Alias(yaml.safe_load(file))
            if alias.name == name:
                return alias
        raise ValueError(f'Alias with name "{name}" not found')
