"""docs/runbook.md on chat: what it quotes is what the pack says, and whatever the pack says is in
it: made here by the code, the workflows, the rules and the chat commands themselves."""

import itertools
import re
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Sequence, Tuple

import pytest
import yaml

pytest.importorskip("lab.stackstorm", reason="the lab's requirements are not installed")

from conftest import PACK
from docker_tor.actions import undo
from docker_tor.common.errors import SwitchRefused, SwitchUnreachable
from docker_tor.controller import holding
from docker_tor.desired import holds
from docker_tor.desired.holds import Doubt
from docker_tor.desired.segments import Segment
from docker_tor.engine.networks import Network
from docker_tor.notify import messages
from docker_tor.notify.messages import Run
from docker_tor.reconcile import compare, report
from docker_tor.reconcile.compare import Finding
from docker_tor.reconcile.report import Visit
from docker_tor.switch.model import ABSENT, Ve, Vlan
from docker_tor.switch.plan import Goal
from docker_tor.switch.transaction import Outcome
from orquesta.expressions import base as expressions
from runbook import CHAT, pattern, quotes

from lab.stackstorm import alias_messages, registry, templates
from lab.stackstorm.datastore import Datastore

RUN = Run("tor1", 1.8, "6b0554f41e1d3751ae00de2a")
SUFFIX = re.compile(r" \(\d+\.\d s(, execution \w+)?\)\Z")


# What chat is told.


def outcome(remove: bool = False, did: Sequence[str] = ("add VLAN 112",), **more: Any) -> Outcome:
    addresses = () if remove else ("172.16.112.1/24",)
    rbridge = more.pop("rbridge", 21)
    return Outcome(Goal(112, rbridge, addresses, remove=remove), ABSENT, did, **more)


FAILED = SwitchRefused("the switch refused: data-exists", where="tor1", remedy="Look.")
AWAY = SwitchUnreachable("no NETCONF session", where="tor1", remedy="Check address.")
LEFT = ["remove VLAN 112"]


def of_runs() -> Iterator[str]:
    """Whatever message.py composes."""
    names = ["web", "db"]
    kinds = [
        outcome(),
        outcome(did=()),
        outcome(remove=True),
        outcome(remove=True, did=(), rbridge=0),
        outcome(error=FAILED),
        outcome(remove=True, error=FAILED, left=LEFT),
        outcome(error=FAILED, stays=LEFT),
        *(Outcome(goal, Vlan("Docker Network"), ("it",)) for goal in LAYER_2),
        Outcome(LAYER_2[0], ABSENT, (), FAILED),
        Outcome(LAYER_2[0], Vlan("Docker Network", True, {21: Ve(HAD)}), ("it",)),
    ]
    for one, networks, unsaved in itertools.product(kinds, (names, []), ("", "it failed.")):
        yield messages.of([(one, networks)], RUN, unsaved).text
    yield messages.of([(one, names) for one in kinds * 8], RUN).text
    for goals in ([Goal(112, 21, ("172.16.112.1/24",))], [Goal(112, 21, remove=True)]):
        for more in (goals, [*goals, Goal(113, 21, remove=True)]):
            told = [(goal, names) for goal in more]
            yield messages.failed(told, RUN, FAILED).text
            yield messages.failed(told, RUN, FAILED, left=LEFT).text
            yield messages.failed(told, RUN, FAILED, stays=LEFT).text
            yield messages.failed(told, RUN, FAILED, may=LEFT).text
            yield messages.failed(told, RUN, FAILED, may=[], unreached=AWAY).text


HAD = ("172.16.112.1/24",)
LAYER_2 = (
    Goal(112, 21),
    Goal(112, 21, remove=True),
    Goal(112, 21, remove=True, keep_vlan=True),
)


def of_an_undo_that_knows_nothing() -> Iterator[str]:
    failure = {"result": {"error": "it failed.", "changed": False}, "exit_code": 0}
    run = {"retry_until": 480.0, "execution_id": "6b05"}
    parameters = {"host": "tor1", "segments": [], "failure": failure, "run": run}
    status, result = undo.undo({}, parameters, clock=lambda: 1.0)
    assert not status
    yield result["message"]


def finding(standing: str, **more: Any) -> Finding:
    network = Network("0" * 64, "web", "host1", "macvlan", "eth0.112", 112, frozenset())
    segment = Segment("tor1", 21, 112, "10.254.4.105", ("172.16.112.1/24",), (network,))
    return Finding("tor1", 112, 21, standing, segment, ABSENT, **more)


def of_reconcile() -> Iterator[str]:
    done = outcome(did=("no shutdown",))
    drifted = finding(compare.DRIFTED, goal=done.goal)
    missing = finding(compare.MISSING, goal=done.goal)
    broken = outcome(error=FAILED)
    conflict = finding(compare.CONFLICT, detail="VLAN 112 is there already")
    visits: Iterable[Tuple[List[Visit], str]] = [
        ([Visit("tor1", [drifted], [done])], ""),
        ([Visit("tor1", [missing], [done])], ""),
        ([Visit("tor1", [finding(compare.MISSING, goal=broken.goal)], [broken])], ""),
        ([Visit("tor1", [conflict] * 14)], ""),
        ([Visit("tor1", [finding(compare.REPORTED)])], ""),
        ([Visit("tor1", error=AWAY), Visit("tor2", [drifted], [done], unsaved="it failed")], ""),
        ([Visit("tor1", [finding(compare.IN_SYNC)])], "what was wrong"),
    ]
    for found, told in visits:
        said, _ = report.tell(found, RUN, told)
        assert said is not None
        yield said.text


CONTEXT: Dict[str, Any] = {
    "host": "tor1",
    "vlan": 112,
    "wanted": [{}, {}],
    "told": {},
    "run": {"execution_id": "6b05"},
}


def evaluated(text: str) -> str:
    """A workflow's expression, by Orquesta itself."""
    return str(expressions.evaluate(text, CONTEXT))


def inline(path: Path) -> Iterator[str]:
    """The messages that a workflow composes itself."""
    for task in yaml.safe_load(path.read_text(encoding="utf-8"))["tasks"].values():
        found = re.search(r" message=(<%.*?%>)", task["action"])
        said = found.group(1) if found else (task.get("input") or {}).get("message")
        if said and said != "<% ctx(told).message %>":
            yield said


def of_workflows() -> Iterator[str]:
    found = [text for path in sorted((PACK / "workflows").glob("*.yaml")) for text in inline(path)]
    assert len(found) == 2
    yield from map(evaluated, found)


TRIGGER = {
    "engine": "host1",
    "state": "lost",
    "reason": "no Docker Engine answers. Check.",
    "seconds": 12.5,
    "channel": "docker",
    "network": {"name": "web", "parent": "eth0.112", "engine": "host1"},
}


def of_holds() -> Iterator[str]:
    """Why networks are held, and why not any longer."""
    yield holds.said(Doubt(300, 0, {"a": 0.0}), 900)
    yield from holding.WHY.values()


def of_rules() -> Iterator[str]:
    """Whatever a rule posts by itself."""
    environment = templates.environment(Datastore())
    pack = registry.load(PACK)
    posting = [rule for rule in pack.rules.values() if rule.action == "chatops.post_message"]
    assert len(posting) == 4
    for rule in posting:
        reasons = of_holds() if rule.ref == "docker.engine-held" else [TRIGGER["reason"]]
        for reason in reasons:
            trigger = {**TRIGGER, "reason": reason}
            yield environment.from_string(rule.parameters["message"]).render(trigger=trigger)


def of_commands() -> Iterator[str]:
    """Acknowledgements and answers; what an answer shows is the action's table."""
    store = Datastore()
    for alias in registry.load(PACK).aliases.values():
        base = {"id": "6b05", "action": {"ref": alias.action_ref}, "status": "succeeded"}
        environment = templates.environment(store)
        if alias.ack.get("enabled", True):
            yield alias_messages.ack(environment, alias, base).message
        for result in ({}, {"result": {"table": "x" * 4000}}):
            said = alias_messages.result(store, alias, {**base, "result": result})
            assert said is not None
            yield said.message


GENERATED = [
    *of_runs(),
    *of_an_undo_that_knows_nothing(),
    *of_reconcile(),
    *of_workflows(),
    *of_rules(),
    *of_commands(),
]


def parts(text: str) -> List[str]:
    """A message, and the lines of one that has several."""
    whole = SUFFIX.sub("", text)
    lines = whole.split("\n- ")
    if not text.startswith("Reconcile: "):
        return [whole, *(f"- {line}" for line in lines[1:])]
    first = lines[0][len("Reconcile: ") :]
    return [whole, *([first] if first.strip() else []), *lines[1:]]


QUOTES = quotes(CHAT)
WIDE = ("Reconcile: …", "… The running config is NOT saved: <reason>")
"""Quotes that say something of messages that another quote is about."""


def matching(text: str) -> List[str]:
    return [quote for quote in QUOTES if pattern(quote).match(text)]


def test_whatever_chat_is_told_is_in_the_runbook() -> None:
    assert len(GENERATED) > 70
    for text in GENERATED:
        for part in parts(text):
            assert matching(part), part
        lines = parts(text)[1:] if text.startswith("Reconcile: ") else []
        for line in lines:
            assert set(matching(line)) - {WIDE[0]}, line


@pytest.mark.parametrize("quote", QUOTES)
def test_whatever_the_runbook_quotes_is_said(quote: str) -> None:
    found = pattern(quote)
    assert any(found.match(part) for text in GENERATED for part in parts(text))


def test_each_failure_says_what_is_left_in_words_of_the_runbook() -> None:
    endings = [quote for quote in QUOTES if quote.startswith("…") and quote not in WIDE]
    failures = [text for text in of_runs() if "could NOT be" in text and "segments of" not in text]
    assert len(failures) > 8
    for text in failures:
        whole = re.sub(r" The running config is NOT saved: .*", "", SUFFIX.sub("", text))
        assert any(pattern(ending).match(whole) for ending in endings), text


def test_the_digest_counts_what_the_runbook_says() -> None:
    digest = next(text for text in of_runs() if re.match(r"\d+ segments of tor1: ", text))
    for word in ("in service", "removed", "as they should be already", "failed"):
        assert re.search(rf"\d+ {word}", digest)
        assert word in CHAT


def test_a_quote_that_nobody_says_is_noticed() -> None:
    said = "Ve 112 on rbridge 21 of tor1 is in service with 172.16.112.1/24."
    assert matching(said)
    assert not matching(said.replace("in service", "up"))
    assert not matching(f"{said} And more.")
