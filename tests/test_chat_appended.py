"""What may be appended to a line in chat: `name=value` at its end sets any parameter of the action,
the runner's own included (st2common/models/utils/action_alias_utils.py). Nothing dangerous may be.

The actions are the pack's own; what is refused starts nothing.
"""

from typing import Any, Iterator, List, Mapping, Tuple

import pytest

pytest.importorskip("lab.stackstorm", reason="the lab's requirements are not installed")

from conftest import PACK

from lab.stackstorm import RequestError, StackStorm

LINES = {
    "docker.tor-apply": "tor apply web on tor1",
    "docker.tor-doctor": "tor doctor",
    "docker.tor-networks": "tor networks",
    "docker.tor-plan": "tor plan web on tor1",
    "docker.tor-reconcile": "tor reconcile on tor1",
    "docker.tor-reconcile-apply": "tor reconcile apply on tor1",
    "docker.tor-remove-vlan": "tor remove vlan 112 on tor1",
    "docker.tor-show-ve": "tor show ve 112 on tor1",
}
NO_MATTER = {"only_differences", "since", "execution_id"}
"""Of what a reconcile shows, and its message."""
HARMLESS = {
    "docker.tor-apply": {"network", "switch", "release_holds", *NO_MATTER},
    "docker.tor-doctor": {"show_host_key"},
    "docker.tor-networks": {"live"},
    "docker.tor-plan": {"network", "switch"},
    # With dry_run, which cannot be changed.
    "docker.tor-reconcile": {"network", "switch", "release_holds", "orphans", *NO_MATTER},
    "docker.tor-reconcile-apply": {"network", "switch", *NO_MATTER},
    "docker.tor-remove-vlan": {"vlan", "switch", "rbridge_id", "dry_run"},
    "docker.tor-show-ve": {"vlan", "switch"},
}
"""What may be said with each command: what the line itself can say, and what changes no switch."""
NEVER = {
    *("force", "username", "password"),
    *("env", "content_version", "debug", "log_level", "timeout"),
}
VALUES = {
    "boolean": "true",
    "integer": "7",
    "number": "7.5",
    "object": '{"LD_PRELOAD":"x"}',
    "array": "x,y",
    "string": "x",
}


@pytest.fixture(scope="module")
def st2() -> Iterator[StackStorm]:
    with StackStorm(PACK, {}) as st2:
        yield st2


def takes(pack: Any, alias: str) -> Mapping[str, Mapping[str, Any]]:
    """All parameters of what an alias starts, the runner's own too."""
    action = pack.actions[pack.aliases[alias].action_ref]
    own, inherited = action.parameters, action.runner.parameters
    return {name: {**inherited.get(name, {}), **own.get(name, {})} for name in {**inherited, **own}}


def appended(pack: Any) -> Iterator[Tuple[str, str, str]]:
    """Each alias with each parameter, and the words that set it."""
    for alias in sorted(pack.aliases):
        for name, schema in sorted(takes(pack, alias).items()):
            value = (schema.get("enum") or [VALUES[schema.get("type", "string")]])[0]
            yield alias, name, f"{name}={value}"


def test_every_alias_is_looked_at(st2: StackStorm) -> None:
    assert set(st2.pack.aliases) == set(LINES) == set(HARMLESS)
    every = [(alias, name) for alias, name, _ in appended(st2.pack)]
    for name in ("env", "content_version", "debug", "log_level", "timeout"):
        assert {alias for alias, one in every if one == name} == set(LINES)
    assert ("docker.tor-remove-vlan", "force") in every
    for alias, harmless in HARMLESS.items():
        assert harmless <= set(takes(st2.pack, alias)), alias
        assert not harmless & NEVER


def test_what_is_not_harmless_is_refused_and_starts_nothing(st2: StackStorm) -> None:
    before = len(st2.executions())
    wrong: List[str] = []
    for alias, name, words in appended(st2.pack):
        if name in HARMLESS[alias]:
            continue
        try:
            st2.chat(f"{LINES[alias]} {words}", timeout=60)
        except RequestError as error:
            if error.status == 400 and "mmutable" in str(error) and name in str(error):
                continue
        wrong.append(f"{alias} {words}")
    assert wrong == []
    assert len(st2.executions()) == before


@pytest.mark.parametrize("alias", sorted(LINES))
@pytest.mark.parametrize("words", ["nonsense=1", "env.PATH=x", "Force=true"])
def test_what_no_action_takes_is_refused(st2: StackStorm, alias: str, words: str) -> None:
    before = len(st2.executions())
    with pytest.raises(RequestError, match=r"unexpected|do not match"):
        st2.chat(f"{LINES[alias]} {words}", timeout=60)
    assert len(st2.executions()) == before


def test_what_is_harmless_is_taken(st2: StackStorm) -> None:
    for alias, name, words in appended(st2.pack):
        if name in HARMLESS[alias]:
            found = st2.chat(f"{LINES[alias]} {words}", timeout=60).execution
            assert name in found.parameters, (alias, words)


def test_a_removal_by_hand_may_still_take_force_and_a_login(st2: StackStorm) -> None:
    given = {"vlan": 112, "switch": "tor1", "force": True, "username": "u", "password": "p"}
    found = st2.wait(st2.run("docker.vdx.remove", given).id, 60)
    assert "no switch 'tor1' is configured" not in str(found.result)
    assert found.parameters["force"] is True
