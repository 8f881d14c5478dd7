"""The stand-ins for StackStorm's classes; the real ones are not tested here."""

import abc
import importlib.util
import logging
import textwrap
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional
from unittest import TestCase
from unittest.mock import Mock

import pytest
from st2common.exceptions.content import ParseException
from st2common.exceptions.plugins import IncompatiblePluginException
from st2common.models.api.trace import TraceContext
from st2common.models.db.actionalias import ActionAliasDB
from st2common.models.utils.action_alias_utils import (
    extract_parameters,
    extract_parameters_for_action_alias_db,
)
from st2common.runners.base_action import Action
from st2common.runners.utils import (
    PackConfigDict,
    get_action_class_instance,
    get_logger_for_python_runner_action,
)
from st2common.services.datastore import BaseDatastoreService, KeyValuePair
from st2common.util.loader import register_plugin, register_plugin_class
from st2reactor.sensor.base import PollingSensor, Sensor
from st2tests.base import BaseActionAliasTestCase, BaseActionTestCase, BaseSensorTestCase

PACK = Path(__file__).resolve().parents[1]


def _is_stand_in() -> bool:
    found = importlib.util.find_spec("st2tests")
    return found is not None and str(PACK / "lab" / "standins") in str(found.origin)


pytestmark = pytest.mark.skipif(not _is_stand_in(), reason="the real st2tests is used")


class Mine(PollingSensor):
    def setup(self) -> None:
        self.log = self.sensor_service.get_logger("mine")

    def poll(self) -> None:
        self.sensor_service.dispatch("p.x", {"a": 1}, trace_tag="tag")
        raise StopIteration

    def cleanup(self) -> None:
        pass

    def add_trigger(self, trigger: Dict[str, Any]) -> None:
        pass

    def update_trigger(self, trigger: Dict[str, Any]) -> None:
        pass

    def remove_trigger(self, trigger: Dict[str, Any]) -> None:
        pass


class SensorTest(BaseSensorTestCase):
    sensor_cls = Mine

    def test_an_instance(self) -> None:
        sensor = self.get_sensor_instance(config={"a": 1}, poll_interval=9)
        self.assertEqual(sensor.config, {"a": 1})
        self.assertIs(sensor._config, sensor.config)
        self.assertEqual(sensor.get_poll_interval(), 9)
        sensor.set_poll_interval(0)
        self.assertEqual(sensor.get_poll_interval(), 0)
        self.assertEqual(self.get_sensor_instance().config, {})
        self.assertEqual(self.get_sensor_instance().get_poll_interval(), 5)

    def test_what_is_dispatched(self) -> None:
        sensor = self.get_sensor_instance()
        sensor.setup()
        with self.assertRaises(StopIteration):
            sensor.run()
        last = self.get_last_dispatched_trigger()
        self.assertEqual(last["trace_context"].trace_tag, "tag")
        self.assertIn("tag", str(last["trace_context"]))
        self.assertTrue(self.assertTriggerDispatched("p.x"))
        self.assertTrue(self.assertTriggerDispatched("p.x", payload={"a": 1}))
        self.assertTrue(self.assertTriggerDispatched("p.x", trace_context=last["trace_context"]))
        for wrong in (
            {"trigger": "p.y"},
            {"trigger": "p.x", "payload": {"a": 2}},
            {"trigger": "p.x", "trace_context": TraceContext(trace_tag="tag")},
        ):
            with self.assertRaises(AssertionError):
                self.assertTriggerDispatched(**wrong)
        self.sensor_service.dispatch("p.z")
        self.assertIsNone(self.get_last_dispatched_trigger()["trace_context"])

    def test_the_logger_is_a_mock(self) -> None:
        self.sensor_service.get_logger("x").warning("look")
        logger: Any = self.sensor_service.get_logger("y")
        logger.warning.assert_called_once_with("look")

    def test_the_datastore(self) -> None:
        service: Any = self.sensor_service
        self.assertTrue(service.set_value("a", [1], ttl=5))
        service.datastore_service._logger.warning.assert_called_once()
        service.set_value("b", 2, local=False)
        self.assertEqual(service.get_value("a"), [1])
        self.assertIsNone(service.get_value("a", local=False))
        self.assertEqual(service.get_value("tests.Mine:a", local=False), [1])
        self.assertEqual([item.name for item in service.list_values()], ["tests.Mine:a"])
        self.assertEqual([item.id for item in service.list_values(local=False)][1:], ["b"])
        self.assertEqual(service.list_values(prefix="x"), [])
        self.assertTrue(service.delete_value("a"))
        self.assertFalse(service.delete_value("a"))
        self.assertEqual(service.get_user_info()["username"], "admin")
        with self.assertRaises(NotImplementedError):
            service.datastore_service.get_api_client()

    def test_fixtures(self) -> None:
        text = self.get_fixture_content("lab_pack/pack.yaml")
        self.assertIn("lab_pack", text)
        with self.assertRaises(FileNotFoundError):
            self.get_fixture_content("nowhere")


class Half(Sensor):
    def setup(self) -> None:
        pass


class Greet(Action):
    def run(self, name: str) -> str:
        self.logger.info("greeting")
        return f"{self.config['word']} {name}"


class OldGreet(Action):
    def __init__(self, config: Optional[Dict[str, Any]] = None) -> None:
        super().__init__(config=config)

    def run(self) -> None:
        pass


class Picky(Action):
    def __init__(self, **_: Any) -> None:
        raise TypeError("not today")

    def run(self) -> None:
        pass


class ActionTest(BaseActionTestCase):
    action_cls = Greet

    def test_run(self) -> None:
        action = self.get_action_instance({"word": "hello"})
        self.assertEqual(action.run("you"), "hello you")
        action.action_service.set_value("a", 1)
        self.assertEqual(self.action_service.get_value("a"), 1)
        self.assertEqual(
            [item.name for item in action.action_service.list_values()], ["tests.Greet:a"]
        )

    def test_a_missing_key_of_the_configuration(self) -> None:
        with self.assertRaisesRegex(ValueError, 'pack "tests" is missing key "word"'):
            self.get_action_instance().run("you")
        self.assertIsNone(self.get_action_instance().config.get("word"))

    def test_without_a_service(self) -> None:
        with self.assertRaisesRegex(ValueError, 'pack "unknown" is missing'):
            Greet().run("you")


class ClassesTest(TestCase):
    def test_abstract_methods(self) -> None:
        for kind in (Half, Sensor, PollingSensor):
            with self.assertRaises(TypeError):
                kind(Mock())  # type: ignore[abstract]  # that is the point
        with self.assertRaises(TypeError):
            Action()  # type: ignore[abstract]  # that is the point

    def test_a_constructor_without_service(self) -> None:
        action = get_action_class_instance(OldGreet, config={"a": 1}, action_service="service")
        self.assertEqual((action.config["a"], action.action_service), (1, "service"))
        with self.assertRaisesRegex(TypeError, "not today"):
            get_action_class_instance(Picky)

    def test_a_logger_for_each_name(self) -> None:
        logger = get_logger_for_python_runner_action("LabTest", "warning")
        self.assertIs(get_logger_for_python_runner_action("LabTest"), logger)
        self.assertEqual(logger.level, logging.WARNING)
        self.assertEqual(logger.name, "actions.python.LabTest")

    def test_a_configuration_may_be_changed(self) -> None:
        config = PackConfigDict("p", {"a": 1})
        config["b"] = 2
        self.assertEqual(dict(config), {"a": 1, "b": 2})

    def test_attributes_of_an_item(self) -> None:
        self.assertEqual(KeyValuePair(name="x").id, "x")
        with self.assertRaises(AttributeError):
            _ = KeyValuePair(name="x").colour


class Keys:
    def __init__(self) -> None:
        self.calls: List[Any] = []

    def get_all(self, prefix: Optional[str], limit: int, offset: int) -> List[Any]:
        self.calls.append((prefix, limit, offset))
        return []

    def get_by_id(self, id: str, params: Mapping[str, str]) -> Any:  # noqa: A002  # st2client's
        if id == "broken":
            raise OSError("gone")
        return None if id == "none" else KeyValuePair(name=id, value=params["decrypt"])

    def update(self, instance: Any) -> Any:
        self.calls.append((instance.name, instance.value, instance.secret, instance.ttl))

    def delete(self, instance: Any, params: Mapping[str, str]) -> Any:
        if instance.name == "broken":
            raise OSError("gone")
        self.calls.append((instance.name, dict(params)))


class Service(BaseDatastoreService):
    def __init__(self) -> None:
        super().__init__(Mock(spec=logging.Logger), "p", "C")
        self.client = Mock(keys=Keys(), get_user_info=dict)

    def get_api_client(self) -> Any:
        return self.client


class DatastoreTest(TestCase):
    def test_what_the_api_is_asked(self) -> None:
        service = Service()
        service.list_values()
        service.list_values(local=False, prefix="x", limit=2, offset=3)
        service.set_value("a", [1], ttl=5, encrypt=True)
        service.set_value("b", "2", local=False)
        service.delete_value("a")
        self.assertEqual(
            service.client.keys.calls,
            [
                ("p.C:", 100, 0),
                ("x", 2, 3),
                ("p.C:a", "[1]", True, 5),
                ("b", "2", False, None),
                ("p.C:a", {"scope": "system"}),
            ],
        )
        self.assertEqual(service.get_value("a"), "false")
        self.assertEqual(service.get_value("a", decrypt=True), "true")
        self.assertIsNone(service.get_value("none", local=False))
        self.assertEqual(service.get_user_info(), {})

    def test_what_goes_wrong(self) -> None:
        service = Service()
        self.assertIsNone(service.get_value("broken", local=False))
        self.assertFalse(service.delete_value("broken", local=False))
        for call in (
            lambda: service.get_value("a", scope="user"),
            lambda: service.set_value("a", "b", scope="user"),
            lambda: service.delete_value("a", scope="user"),
        ):
            with self.assertRaisesRegex(ValueError, "Scope user is unsupported"):
                call()


class LoaderTest(TestCase):
    def load(self, text: str, name: str = "", base: Any = Action) -> Any:
        path = self.folder / "plugin.py"
        path.write_text(textwrap.dedent(text))
        if name:
            return register_plugin_class(base, str(path), name)
        return register_plugin(base, str(path))

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = tmp_path
        monkeypatch.syspath_prepend(str(tmp_path))

    def test_the_class_need_not_derive(self) -> None:
        (found,) = self.load(
            """
            from st2common.runners.base_action import Action
            class Helper: pass
            class Plain:
                def run(self): pass
            """
        )
        self.assertEqual(found.__name__, "Plain")
        self.assertTrue(issubclass(found, Action))

    def test_no_class(self) -> None:
        with self.assertRaisesRegex(Exception, "no classes"):
            self.load("class Helper: pass")
        with self.assertRaisesRegex(Exception, 'expose class named "Nobody"'):
            self.load("class Helper: pass", "Nobody")
        with self.assertRaisesRegex(IncompatiblePluginException, 'required "add_trigger" method'):
            self.load("class Helper: pass", "Helper", Sensor)

    def test_abstract_methods_do_not_count(self) -> None:
        with self.assertRaises(IncompatiblePluginException):
            self.load("from st2reactor.sensor.base import Sensor as Mine", "Mine", Sensor)
        self.assertTrue(issubclass(Sensor, abc.ABC))

    def test_no_python_file(self) -> None:
        with self.assertRaises(ImportError):
            register_plugin(Action, str(self.folder / "plugin.txt"))


class AliasTest(BaseActionAliasTestCase):
    action_alias_name = "greet"

    def _get_base_pack_path(self) -> str:
        return str(PACK / "tests" / "fixtures" / "lab_pack")

    def test_the_alias(self) -> None:
        self.assertEqual(self.action_alias_db.ref, "lab_pack.greet")
        formats = self.action_alias_db.get_format_strings()
        self.assertEqual(formats, ["greet {{ text }} {{ number = 1 }}", "hello {{ text }}"])
        self.assertCommandMatchesExactlyOneFormatString(formats, "greet you 5")
        with self.assertRaisesRegex(AssertionError, "didn't match any"):
            self.assertCommandMatchesExactlyOneFormatString(formats, "go away")
        with self.assertRaisesRegex(AssertionError, "multiple"):
            self.assertCommandMatchesExactlyOneFormatString([*formats, "{{ all }}"], "hello you")
        self.assertExtractedParametersMatch(
            formats[0], "greet you number=7", {"text": "you", "number": "7"}
        )
        with self.assertRaisesRegex(AssertionError, "didn't match the provided"):
            self.assertExtractedParametersMatch(formats[0], "greet you", {})
        with self.assertRaisesRegex(ValueError, "is not available"):
            self.assertExtractedParametersMatch("other", "greet you", {})

    def test_another_alias(self) -> None:
        with self.assertRaisesRegex(ValueError, 'name "nobody" not found'):
            self._get_action_alias_db_by_name("nobody")
        self.action_alias_name = None  # type: ignore[assignment,misc]  # as if the class had none
        with self.assertRaisesRegex(ValueError, "needs to be provided"):
            self.setUp()


@pytest.mark.parametrize(
    ("pattern", "command", "found"),
    [
        ("go {{ where }}", "go home", {"where": "home"}),
        ("go {{ where }}", 'go "far away"', {"where": "far away"}),
        ("go {{where=home}}", "go", {"where": "home"}),
        ('go {{ where = "far away" }}', "go", {"where": "far away"}),
        ("go {{ where }}", "go home how=fast", {"where": "home", "how": "fast"}),
        ("go {{ where }}", "go home how='very fast'", {"where": "home", "how": "very fast"}),
        ("go {{ where }}", 'go {"a": 1}', {"where": '{"a": 1}'}),
        ("(please )?go", "please go", {}),
        (r"^\s*go [$^]?{{ where }}$", " go x ", {"where": "x  "}),
        ("", "anything=1", {"anything": "1"}),
    ],
)
def test_commands(pattern: str, command: str, found: Dict[str, str]) -> None:
    assert extract_parameters(pattern, command) == found


@pytest.mark.parametrize(
    ("pattern", "command"),
    [("go {{ where }}", "stay"), ("go", "go on"), ("(x)?", ""), ("go {{ where }}", "go")],
)
def test_commands_that_do_not_match(pattern: str, command: str) -> None:
    with pytest.raises(ParseException):
        extract_parameters(pattern, command)


def test_aliases_have_no_other_attributes() -> None:
    other: Any = {"colour": "red"}
    with pytest.raises(TypeError):
        ActionAliasDB(name="a", pack="p", action_ref="p.x", formats=[], **other)
    alias = ActionAliasDB(name="a", pack="p", action_ref="p.x", formats=["go"])
    assert extract_parameters_for_action_alias_db(alias, "go", "go") == {}


def test_aliases_on_disk(tmp_path: Path) -> None:
    class Case(BaseActionAliasTestCase):
        action_alias_name = "greet"

        def _get_base_pack_path(self) -> str:
            return str(tmp_path)

    aliases = tmp_path / "aliases"
    aliases.mkdir()
    (aliases / "README").write_text("no alias")
    (aliases / "a.yaml").write_text("name: greet\naction_ref: p.x\nformats: [go]\n")
    case = Case()
    case.setUp()
    assert case.action_alias_db.pack == tmp_path.name
    (tmp_path / "pack.yaml").write_text("name: named\n")
    case.setUp()
    assert case.action_alias_db.pack == "named"
    (aliases / "a.yaml").write_text("pack: other\n")
    with pytest.raises(Exception, match='field "pack" is different: other'):
        case.setUp()
    (aliases / "a.yaml").write_text("- 1\n")
    with pytest.raises(ValueError, match="holds no attributes"):
        case.setUp()
