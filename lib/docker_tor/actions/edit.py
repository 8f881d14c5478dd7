"""What an action of the pack does around its edit: find the login, run, and report the outcome.

An edit reads its VLAN first and is sent only if something would change. A try that comes after one
whose fate is not known goes by what there was before that one. What the edits of a workflow do
beyond their own edit stands in `chain`, which only those import.
"""

from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional, Tuple

from ..common import retry
from ..common.errors import DockerTorError, SwitchRefused
from ..config import settings
from ..config.limits import VeAddress
from ..config.logins import login
from ..config.settings import Config
from ..netconf.session import Session
from ..switch import driver as drivers
from ..switch.device import Device, open_device
from ..switch.driver import Driver
from ..switch.model import Vlan
from ..switch.nos import named_edits
from ..switch.nos.named_edits import NamedEdit

_NO_ADDRESSES: Tuple[VeAddress, ...] = ()
_OF_SEGMENT = ("rbridge_id", "subnet", "addresses", "ports", "ports_gone")
"""What the first edit of a run is told of the edits after it."""
_OF_RUN = ("username", "password", "retry_until", "execution_id")

Try = Callable[[Device, Dict[int, Vlan]], None]
"""One try, whose outcome goes into a result. It is told what there was, by VLAN, before an earlier
try that may have done something; where there was none, it fills that in."""


class _Run(NamedTuple):
    """An action's parameters, what it goes by, and the result that it fills."""

    given: Dict[str, Any]
    config: Config
    driver: Driver
    result: Dict[str, Any]


def run_edit(
    raw_config: Mapping[str, Any],
    name: str,
    parameters: Mapping[str, Any],
    tell: retry.Tell = lambda _line: None,
) -> Tuple[bool, Dict[str, Any]]:
    """Run the edit `name` on the switch that `parameters` name.

    `parameters` are the action's: host, port, username and password (None where left out: then they
    come from the configuration's entry of that host), dry_run, `run` (see `of_run`), `before` (of
    the last edit of a run: see `chain`), and the edit's own. Returns a status and a result; an
    error is a result too: `error`, `family`, `kind`, `where`, `remedy`.
    """
    given = of_run(parameters)
    result: Dict[str, Any] = {"host": given["host"], "changed": False}
    try:
        config = settings.parse(raw_config)
        switch = config.switch(given["host"])
        result["switch"] = switch.name if switch else given["host"]
        result["host"] = switch.host if switch else given["host"]
        named_edits.check_platform(switch.platform if switch else "")
        run = _Run(given, config, drivers.of(config, switch), result)
        if "vlan_name" in given and given["vlan_name"] is None:
            given["vlan_name"] = config.vlan_name
        several = name == named_edits.ADDRESS and given.get("addresses")
        vlan, one_try = _all_addresses(run) if several else _one_edit(name, run)
        if one_try is not None:
            _persist(run, vlan, one_try, tell)
        return True, result
    except DockerTorError as error:
        changed = None if error.unsure else False
        return False, {**result, "changed": changed, **error.at(given["host"]).as_result()}


def of_run(parameters: Mapping[str, Any]) -> Dict[str, Any]:
    """An action's parameters with those that its `run` has for each action of a workflow:
    retry_until (seconds since 1970), execution_id, username and password, if they are given."""
    run = parameters.get("run") or {}
    return {**parameters, **{key: run[key] for key in _OF_RUN if run.get(key) is not None}}


def _persist(run: _Run, vlan: int, one_try: Try, tell: retry.Tell) -> None:
    to, segment = login(run.config, run.given), run.result.get("run", {}).get("segment", {})
    ports = {*segment.get("ports", ()), *segment.get("ports_gone", ())}
    first = run.driver.filters([vlan]) + (run.driver.port_filters(sorted(ports)) if ports else [])
    before: Dict[int, Vlan] = {}

    def attempt(unsure: bool) -> None:
        if not unsure:
            before.clear()
        with open_device(to, run.driver, first=first) as device:
            one_try(device, before)
            warned(device.session, run.result)

    retry.persist(attempt, str(to), retry.patience(run.given), tell)


def _all_addresses(run: _Run) -> Tuple[int, Try]:
    """The edit that gives a Ve its address may be asked for all that it is to have."""
    # Imported here and below only: every edit would pay for it, and few need it.
    from . import chain

    goal = chain.addresses_of(run.given)
    do = chain.show_addresses if run.given.get("dry_run") else chain.set_addresses
    return goal.vlan, lambda device, before: run.result.update(do(device, goal, before))


def _one_edit(name: str, run: _Run) -> Tuple[int, Optional[Try]]:
    given = run.given
    rbridge, addresses = 0, _NO_ADDRESSES
    if name == named_edits.VLAN and any(given.get(one) for one in _OF_SEGMENT):
        from . import chain

        rbridge, addresses = chain.segment(given)
    edit = named_edits.find(name, given)
    vlan = edit.step.vlan
    if given.get("dry_run"):
        xml, cli = run.driver.payload([edit.step]), run.driver.cli([edit.step])
        run.result.update(dry_run=True, xml=xml, cli=cli)
        return vlan, None
    if rbridge and not given.get("delete_vlan"):
        return vlan, _first(run, edit, rbridge, addresses)
    return vlan, _later(run, edit)


def _first(run: _Run, edit: NamedEdit, rbridge: int, addresses: Tuple[VeAddress, ...]) -> Try:
    """The first edit of a run looks at the whole segment, and of a layer-2 segment does all but
    the ports."""
    from ..switch.plan import Goal
    from . import chain

    given, result = run.given, run.result
    goal = Goal(edit.step.vlan, rbridge, addresses)
    goal = chain.with_ports(goal, given, run.driver.platform)
    result.update(run={"segment": chain.as_plain(goal, given)}, told=None)
    layer_2 = given.get("subnet") == "" and not addresses

    def one_try(device: Device, before: Dict[int, Vlan]) -> None:
        if not before:
            result["run"] = chain.look(device, goal, given)
        if not layer_2:
            result.update(make(device, edit, before))
            return
        result.update(chain.layer_2(device, goal, before))
        if chain.ports_follow(result["run"]):
            return
        if run.config.save_config and result["changed"]:
            result["unsaved"] = device.save()
        result["told"] = chain.told(result["run"], result, given, run.config.chat_route)

    return one_try


def _later(run: _Run, edit: NamedEdit) -> Try:
    """Only the last edit of a run has a parameter `before`. It saves, once per run, and tells;
    where ports follow, that is done with those."""
    given, result = run.given, run.result
    last = given.get("before") or {}
    may_save = "before" in given and run.config.save_config
    if last:
        from . import chain

        if chain.ports_follow(last):
            last, may_save = {}, False
            result["told"] = None

    def one_try(device: Device, before: Dict[int, Vlan]) -> None:
        result.update(make(device, edit, before))
        if may_save and (result["changed"] or not last.get("already", True)):
            result["unsaved"] = device.save()
        if last:
            result["told"] = chain.told(last, result, given, run.config.chat_route)

    return one_try


def make(device: Device, edit: NamedEdit, before: Dict[int, Vlan]) -> Dict[str, Any]:
    """Bring the running config to what the edit says; twice is as good as once.

    Returns `changed`, and `before` and `after`: what the edit is about, by its place. Raises the
    errors of `Session` and of `edit.check`; where the latter raises, nothing was sent.
    """
    vlan, place, want = edit.step.vlan, edit.step.edit.place, edit.step.edit.value
    have = device.vlan(vlan)
    edit.check(have)
    was = edit.found(before.setdefault(vlan, have))
    changed = was != want
    if edit.found(have) != want:
        changed = True
        try:
            device.edit([edit.step])
        except SwitchRefused as error:
            # Somebody else may have deleted it after it was read: then there is nothing to do.
            if error.tag != "data-missing":
                raise
            have = device.vlan(vlan)
            edit.check(have)
            if edit.found(have) != want:
                raise
            changed = False
    return {"changed": changed, "before": {place: was}, "after": {place: want}}


def warned(session: Session, result: Dict[str, Any]) -> None:
    """Put into a result what the switch has warned of, if it has: the edit stands."""
    if session.warnings:
        result["warnings"] = session.warnings
