"""The embedded StackStorm as its users see it."""

import copy
import shutil
import tempfile
from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping, Optional

from . import config as configs
from . import executions, registry
from .actions import Actions
from .chat import Chat, Reply
from .datastore import SYSTEM_USER, Datastore
from .events import Notifier, OnEvent
from .executions import Execution, Executions
from .models import Pack
from .python_runner import PythonRunner
from .rules import RulesEngine, TriggerInstance
from .sensors import SensorProcess
from .wire import Server
from .workflows import WorkflowEngine


class StackStorm:
    """One pack in a StackStorm of its own, in this process.

    It runs from the moment it is made until `close`, or the end of its `with`. All of it may be
    used from any thread.

    pack_dir         the pack's folder, as `st2 pack install` would take it
    config           what would be in /opt/stackstorm/configs/<pack>.yaml
    on_event         is told of everything that happens, in one thread; see `events.Event`

    datastore        the keys
    pack             what was registered
    sensors          those that were started, by ref
    messages         those to chat channels, the oldest first
    trigger_instances  what was dispatched, the oldest first
    until            waits for something; see `events.Notifier`
    execution        finds one by its id, `executions` find many; see `executions.Executions`
    kill             SIGKILL for the process of an action; see `python_runner.PythonRunner`

    Raises RegistrationError for whatever is wrong with the pack or its configuration.
    """

    def __init__(
        self,
        pack_dir: Path,
        config: Mapping[str, Any],
        on_event: Optional[OnEvent] = None,
    ) -> None:
        self.pack: Pack = registry.load(Path(pack_dir).absolute())
        values = configs.register(self.pack.ref, self.pack.config_schema, config)
        self.datastore = Datastore()
        self.sensors: Dict[str, SensorProcess] = {}
        self._processes: List[SensorProcess] = []
        self._folder = Path(tempfile.mkdtemp(prefix="st2-"))
        self._server = Server(self._folder / "socket", self._calls())
        self._notifier = Notifier(on_event)
        self._executions = Executions(self._notifier)
        runner = PythonRunner(self.pack.path, self._server.path)
        self._actions = Actions(
            self.pack, values, self.datastore, self._executions, self._notifier, runner
        )
        self._workflows = WorkflowEngine(self._actions, self._executions)
        self._rules = RulesEngine(self._actions, self._notifier)
        self._executions.on_completed += [self._workflows.completed, self._rules.completed]
        self.chatops = Chat(self._actions, self._notifier)
        self.messages, self.trigger_instances = self._actions.messages, self._rules.instances
        self.until, self.kill = self._notifier.until, runner.kill
        self.execution, self.executions = self._executions.get, self._executions.find

    def __enter__(self) -> "StackStorm":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        """End everything: sensors and actions are killed, what has not completed is abandoned."""
        for process in self._processes:
            process.stop()
        self._rules.close()
        self._workflows.close()
        self._abandon()
        self._actions.close()
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
        return self._actions.post(ref, parameters or {}, user)

    def wait(self, id_: str, timeout: Optional[float] = None) -> Execution:
        """An execution, once it has completed. Raises TimeoutError if it has not after so many
        seconds, and RequestError."""
        execution = self.execution(id_)
        if not self.until(lambda: execution.completed, timeout):
            raise TimeoutError(
                f"{execution.action.ref} is {execution.status} after {timeout} seconds"
            )
        return execution

    def children(self, id_: str) -> List[Execution]:
        """A workflow's tasks, in the order of their start."""
        return list(reversed(self.executions(parent=id_)))

    # Rules, triggers and sensors.

    def set_rule(self, ref: str, enabled: bool) -> None:
        """`st2 rule enable`, `st2 rule disable`. Raises KeyError."""
        self.pack.rules[ref].enabled = enabled

    def dispatch(self, trigger: str, payload: Optional[Dict[str, Any]] = None) -> TriggerInstance:
        """Dispatch a trigger as a sensor would, named by its ref. Raises ValueError for one that is
        not there, jsonschema.ValidationError for what its schema does not allow."""
        return self._rules.dispatch(trigger, copy.deepcopy(payload))

    def start_sensors(self) -> None:
        """Start every enabled sensor of the pack that does not run yet, each in a process of its
        own; returns before they are set up."""
        for ref, sensor in self.pack.sensors.items():
            if sensor.enabled and ref not in self.sensors:
                self.sensors[ref] = self.start_another(ref)

    def start_another(self, ref: str) -> SensorProcess:
        """Start one more process of a sensor, as a second sensor container does. Raises
        KeyError."""
        process = SensorProcess(self.pack.sensors[ref], self._server.path, self._notifier)
        self._processes.append(process)
        return process

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
        reply = self.chatops.execute(line, user, channel)
        if not self.until(lambda: reply.answered, timeout):
            raise TimeoutError(f"{line} has no answer after {timeout} seconds")
        return reply

    # What the processes of sensors and actions ask.

    def _calls(self) -> Dict[str, Callable[..., Any]]:
        return {
            "get_value": self.datastore.get,
            "delete_value": self.datastore.delete,
            "set_value": lambda name, value: self.datastore.set(name, value),
            "items": self.datastore.items,
            "is_registered": lambda kind, ref: ref in getattr(self.pack, kind),
            "config": lambda pack: self._actions.config(pack),
            "dispatch": lambda **asked: self._rules.dispatch(**asked).id,
            "validate": lambda **asked: self._rules.check(**asked),
        }
