"""The embedded StackStorm as its users see it."""

import copy
import logging
import shutil
import tempfile
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional

import jsonschema

from . import config, executions, registry, rules
from .alias_chat import Chat, Reply
from .container import Container
from .datastore import SYSTEM_USER, Datastore
from .errors import NotFound
from .events import Message, Messages, Notifier, OnEvent
from .executions import Execution, Executions
from .models import Pack, Rule
from .python_runner import PythonRunner
from .requests import Requester
from .rules import RuleEnforcement, RulesEngine, TriggerInstance
from .sensors import SensorProcess
from .timers import Timers
from .wire import Call, Server
from .workflows import WorkflowEngine

LOG = logging.getLogger(__name__)


class StackStorm:
    """One pack in a StackStorm of its own, in this process.

    It runs from the moment it is made until `close`, or the end of its `with`. All of it may be
    used from any thread. `datastore` holds the keys, `pack` is what was registered, `sensors` are
    by ref, `container` runs the actions and has them killed.

    pack_dir         the pack's folder, as `st2 pack install` would take it
    config           what would be in /opt/stackstorm/configs/<pack>.yaml
    on_event         is told of everything that happens, in one thread; see `events.Event`
    api_url          what actions and workflows are told is the API's address

    Raises RegistrationError for whatever is wrong with the pack or its configuration.
    """

    def __init__(
        self,
        pack_dir: Path,
        config: Mapping[str, Any],  # the name of the thing
        on_event: Optional[OnEvent] = None,
        *,
        api_url: str = "",
    ) -> None:
        self.pack: Pack = registry.load(Path(pack_dir).absolute())
        values = _checked(self.pack, config)
        self.datastore = Datastore()
        self.sensors: Dict[str, SensorProcess] = {}
        self._more_sensors: List[SensorProcess] = []
        self._folder = Path(tempfile.mkdtemp(prefix="st2-"))
        socket = self._folder / "socket"
        try:
            self._server = Server(socket, self._welcome)
        except OSError:
            # The path is too long, for one; nothing else has been started yet.
            shutil.rmtree(self._folder)
            raise
        self._notifier = Notifier(on_event)
        kept = self._executions = Executions(self._notifier)
        self._messages = Messages(self._notifier)
        self._requester = Requester(self.pack, values, self.datastore, kept)
        self._workflows = WorkflowEngine(self._requester, kept, self.datastore, api_url)
        runner = PythonRunner(self.pack.path, socket, self._folder, api_url)
        self.container = Container(
            self._requester, kept, runner, self._messages, self._workflows.start
        )
        self._requester.submit = self.container.submit
        self.chatops = Chat(
            self._requester, kept, self._messages, self._workflows, self.container.call
        )
        kept.on_completed += [self._workflows.completed, self.chatops.completed]
        self._rules_engine = RulesEngine(self._requester, self._notifier, kept.changed)
        kept.on_completed.append(self._rules_engine.completed)
        self._timers = Timers(self.pack.triggers.values(), self.dispatch)

    def __enter__(self) -> "StackStorm":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """End everything: sensors and actions are killed, what has not completed is abandoned."""
        self._timers.close()
        for sensor in [*self.sensors.values(), *self._more_sensors]:
            sensor.stop()
        self._rules_engine.close()
        self._workflows.stop()
        self._abandon()
        self.container.close()
        self._workflows.close()
        self._abandon()
        self._server.close()
        self._notifier.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _abandon(self) -> None:
        for execution in self._executions.active():
            self._executions.update(execution, executions.ABANDONED)

    # Actions.

    def run(
        self, ref: str, parameters: Optional[Mapping[str, Any]] = None, user: str = SYSTEM_USER
    ) -> Execution:
        """`st2 run --async`. Raises RequestError, with what the API would answer, for an action
        that is not there or disabled, and for parameters that are missing, unknown, of a wrong type
        or immutable."""
        return self._requester.post(ref, parameters or {}, user)

    def wait(self, id_: str, timeout: Optional[float] = None) -> Execution:
        """An execution, once it has completed. Raises TimeoutError if it has not after so many
        seconds, and NotFound."""
        execution = self.execution(id_)
        if not self.until(lambda: execution.completed, timeout):
            raise TimeoutError(
                f"{execution.action.ref} is {execution.status} after {timeout} seconds"
            )
        return execution

    def until(self, holds: Callable[[], bool], timeout: Optional[float] = None) -> bool:
        """Wait until it holds, for so many seconds at most; it is asked after everything that
        happens here, and must not itself change anything. Returns whether it does."""
        return self._executions.until(holds, timeout)

    def execution(self, id_: str) -> Execution:
        """One execution; "last" is the newest. Raises NotFound."""
        return self._executions.get(id_)

    def executions(self, **wanted: Any) -> List[Execution]:
        """Executions, the newest first: all, or those with these values of `action`, `status`,
        `parent`, `task` and `user`. parent=None are those that are no workflow's tasks."""
        return self._executions.find(**wanted)

    def children(self, id_: str) -> List[Execution]:
        """A workflow's tasks, in the order of their start. Raises NotFound."""
        return [self.execution(child) for child in list(self.execution(id_).children)]

    # Triggers, rules and sensors.

    @property
    def rules(self) -> Dict[str, Rule]:
        """The rules, by ref."""
        return dict(self.pack.rules)

    def set_rule(self, ref: str, enabled: bool) -> None:
        """`st2 rule enable`, `st2 rule disable`. Raises NotFound."""
        if ref not in self.pack.rules:
            raise NotFound(f'Rule "{ref}" cannot be found.')
        self.pack.rules[ref].enabled = enabled

    def dispatch(
        self,
        trigger: str,
        payload: Optional[Mapping[str, Any]] = None,
        trace_tag: Optional[str] = None,
    ) -> Optional[TriggerInstance]:
        """Dispatch a trigger as a sensor would, named by its ref: what its schema does not allow is
        logged, and None returned."""
        try:
            data = None if payload is None else copy.deepcopy(dict(payload))
            return self._rules_engine.dispatch(trigger, data, trace_tag)
        except rules.Refused as error:
            LOG.warning("%s", error)
            return None

    @property
    def trigger_instances(self) -> List[TriggerInstance]:
        """What was dispatched, the oldest first."""
        return list(self._rules_engine.instances)

    @property
    def rule_enforcements(self) -> List[RuleEnforcement]:
        """What came of it, the oldest first."""
        return list(self._rules_engine.enforcements)

    def start_sensors(self) -> None:
        """Start every enabled sensor of the pack that does not run yet, each in a process of its
        own; returns before they are set up."""
        for ref, sensor in self.pack.sensors.items():
            if sensor.enabled and ref not in self.sensors:
                self.sensors[ref] = self._sensor(ref)

    def start_another(self, ref: str) -> SensorProcess:
        """Start one more process of a sensor, as a second sensor container does. Raises
        KeyError."""
        self._more_sensors.append(self._sensor(ref))
        return self._more_sensors[-1]

    def _sensor(self, ref: str) -> SensorProcess:
        changed = self._executions.changed
        return SensorProcess(self.pack.sensors[ref], self._server.path, self._notifier, changed)

    # What is said.

    def chat(
        self,
        line: str,
        user: str = "lab",
        channel: str = "docker",
        timeout: Optional[float] = None,
    ) -> Reply:
        """Say a line to the bot, and wait for its answer, which is among `messages` too. Raises
        RequestError, with what the API would answer, for a line that no alias or several take and
        for parameters that are not allowed, and TimeoutError after so many seconds."""
        return self.chatops.say(line, user, channel, timeout)

    @property
    def messages(self) -> List[Message]:
        """The messages to chat channels, the oldest first."""
        return self._messages.all()

    # What the processes of sensors and actions ask.

    def _welcome(self, hello: Dict[str, Any]) -> "tuple[Any, Call]":
        asked: Dict[str, Callable[..., Any]] = {
            "get_value": self.datastore.get,
            "delete_value": self.datastore.delete,
            "set_value": lambda name, value: self.datastore.set(name, value).name,
            "names": lambda prefix: [item.name for item in self.datastore.list(prefix)],
            "is_registered": self._is_registered,
            "config": self._requester.config,
            "dispatch": self._dispatched,
            "validate": self._validated,
        }
        is_sensor = hello["kind"] == "sensor"
        config = self._requester.config(self.pack.ref) if is_sensor else None
        return {"config": config}, lambda call, args: asked[call](**args)

    def _is_registered(self, kind: str, ref: str) -> bool:
        return ref in getattr(self.pack, kind)

    def _validated(
        self, trigger: str, payload: Optional[Dict[str, Any]]
    ) -> Optional[Dict[str, Any]]:
        """Why a payload would not be dispatched: a message, and the path to what is wrong in it,
        None where it is the trigger that is not there."""
        try:
            self._rules_engine.check(trigger, payload)
        except rules.Refused as error:
            return {"message": str(error), "path": None}
        except jsonschema.ValidationError as error:
            return {"message": error.message, "path": list(error.absolute_path)}
        return None

    def _dispatched(
        self, trigger: str, payload: Optional[Dict[str, Any]], trace_tag: Optional[str]
    ) -> Optional[str]:
        try:
            self._rules_engine.dispatch(trigger, payload, trace_tag)
        except rules.Refused as error:
            return str(error)
        return None


def _checked(pack: Pack, values: Mapping[str, Any]) -> Dict[str, Any]:
    return config.register(pack.ref, pack.config_schema, dict(values))
