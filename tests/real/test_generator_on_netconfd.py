"""Generated actions on a real NETCONF server: its YANG by get-schema, edits set and deleted twice,
straight into running and by candidate and commit."""

from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Tuple

import pytest
from conftest import PACK

pytest.importorskip("pyang", reason="the generator needs pyang")

from hypothesis import HealthCheck, Phase, given, settings
from yang_edit import action

from generator import actions, contents, fetching, reading
from generator.__main__ import main
from generator.errors import GeneratorError
from generator.tests import samples_of_types as gv
from lab.real.netconfd import MODULES, Netconfd, missing

from .parts import entry, need

Spec = Mapping[str, Any]

IETF = ("ietf-interfaces", "ietf-ip", "iana-if-type")
RUNS = 200
"""Set, again, delete, again: so often in all."""
NEEDED = ("netmask", "prefix-length")
"""Of these an address has to have one."""


@pytest.fixture(scope="module", params=["running", "candidate"])
def server(request: pytest.FixtureRequest) -> Iterator[Netconfd]:
    need(missing())
    with Netconfd(modules=(*MODULES, *IETF), target=request.param) as running:
        yield running


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For connections that are kept."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))


@pytest.fixture(scope="module")
def fetched(server: Netconfd, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fetched")
    assert fetching.fetch(device(server), folder) > len(MODULES)
    return folder


def device(server: Netconfd, **changed: Any) -> fetching.Device:
    device = fetching.Device(
        server.host, server.port, server.username, server.password, server.host_key
    )
    return device._replace(**changed)


def specs(folder: Path, *modules: str) -> Dict[str, Spec]:
    made = actions.generate(reading.read(reading.Sources([folder], modules)), "x")
    loaded = {
        one.name: contents.loaded(one.content["parameters"]["edit"]["default"]) for one in made
    }
    return {name: spec for name, spec in loaded.items() if spec["kind"] in action.EDITS}


def run(server: Netconfd, spec: Spec, given: Dict[str, Any]) -> Any:
    device = entry(server, name="a device")
    del device["rbridge_id"]
    succeeded, result = action.run({"devices": [device]}, spec, {"host": "a device", **given})
    assert succeeded, (result, given)
    return result


def test_the_yang_of_the_device_is_that_of_the_files(fetched: Path) -> None:
    ours = specs(PACK / "lab" / "yang")
    theirs = specs(fetched, *MODULES)
    assert theirs == ours


def test_a_pack_from_the_device_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need(missing())
    # One of its own: netconfd 2.13 dies of the second client that asks for its modules.
    with Netconfd() as server:
        monkeypatch.setenv("NETCONF_PASSWORD", server.password)
        words = ["--from", server.host, "--port", str(server.port), "--username", server.username]
        words += ["--host-key", server.host_key, "--modules", *MODULES]
        assert main([*words, "--pack", "vdx", "--out", str(tmp_path / "vdx")]) == 0
    made = {path.stem for path in (tmp_path / "vdx" / "actions").glob("*.yaml")}
    assert made == {*specs(PACK / "lab" / "yang"), "get", "get_config"}


def test_a_wrong_password_fetches_nothing(server: Netconfd, tmp_path: Path) -> None:
    with pytest.raises(GeneratorError, match="refuses user"):
        fetching.fetch(device(server, password="no"), tmp_path)
    assert not list(tmp_path.iterdir())


# Edits.


def prepared(spec: Spec, made: Dict[str, Spec], given: Dict[str, Any]) -> List[Tuple[Spec, Any]]:
    """What has to be there for an edit to be taken: an interface has a type, an address of one a
    prefix length."""
    name = {"name": given.get("name")}
    nodes = [step["node"] for step in spec["path"]]
    before: List[Tuple[Spec, Any]] = []
    if nodes[0] != "interfaces":
        return before
    kind = {"type": "iana-if-type:ethernetCsmacd"}
    before.append((made["interfaces_interface_name"], {**name, **kind}))
    if "address" in nodes:
        path = f"interfaces_interface_{nodes[2]}_address_ip"
        before.append((made[path], {**name, "ip": given["ip"], "prefix_length": 20}))
    if "neighbor" in nodes:
        path = f"interfaces_interface_{nodes[2]}_neighbor_ip"
        link = {"link_layer_address": "00:11:22:33:44:55"}
        before.append((made[path], {**name, "ip": given["ip"], **link}))
    return before


def one_by_one(server: Netconfd, made: Dict[str, Spec], name: str, given: Dict[str, Any]) -> None:
    spec = made[name]
    last = spec["path"][-1]
    for one, parameters in prepared(spec, made, given):
        run(server, one, parameters)
    first = run(server, spec, given)["changed"]
    assert run(server, spec, given)["changed"] is False
    if "delete" in last and last["node"] not in NEEDED:
        gone = run(server, spec, {**given, last["delete"]: True})
        # What is the model's default was so before, and nothing was to be deleted.
        assert gone["changed"] or not first, (name, given, gone)
        assert run(server, spec, {**given, last["delete"]: True})["changed"] is False


def test_a_sample_set_and_deleted_twice(server: Netconfd, fetched: Path) -> None:
    made = {**specs(fetched, *MODULES), **specs(fetched, *IETF)}
    examples = max(1, -(-RUNS // len(made)))
    done = 0
    for name, spec in made.items():
        often = settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )

        @often
        @given(gv.parameters({**spec, "fields": ()}))
        def one(parameters: Dict[str, Any]) -> None:
            nonlocal done
            one_by_one(server, made, name, parameters)  # noqa: B023  # called at once
            done += 1

        one()
    assert done >= RUNS
