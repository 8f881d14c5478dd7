"""A pack generated from lab/yang, in the lab's StackStorm, against the lab's switch."""

import logging
from pathlib import Path
from typing import Any, Dict, Iterator

import pytest
import yaml
from conftest import PACK

pytest.importorskip("pyang", reason="the generator needs pyang")
pytest.importorskip("asyncssh", reason="the lab's switch needs asyncssh")
pytest.importorskip("lab.stackstorm", reason="the lab's requirements are not installed")

from generator.__main__ import main
from lab.exchange import checks
from lab.stackstorm import StackStorm
from lab.stackstorm.errors import RequestError
from lab.switch import Switch

ARTICLE = (
    "interface_vlan_interface_vlan_vlan_name",
    "interface_vlan_interface_ve_gve_name",
    "rbridge_id_interface_ve_ip_ip_config_address_address",
    "rbridge_id_interface_ve_shutdown",
    "interface_vlan_interface_ve_global_ve_shutdown",
)
VE = {"rbridge_id": 21, "name": 112}
CHAIN = (
    (ARTICLE[0], {"name": 112, "vlan_name": "dockernetwork112"}),
    (ARTICLE[1], {"gve_name": 112}),
    (ARTICLE[2], {**VE, "address": "172.16.112.1/24"}),
    (ARTICLE[3], {**VE, "delete_shutdown": True}),
    (ARTICLE[4], {"gve_name": 112, "delete_global_ve_shutdown": True}),
)
PASSWORD = "a password of the lab"


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("generated") / "vdx"
    assert main(["--yang", str(PACK / "lab" / "yang"), "--pack", "vdx", "--out", str(out)]) == 0
    return out


@pytest.fixture(scope="module")
def switch() -> Iterator[Switch]:
    with Switch(password=PASSWORD, rbridge_ids=(21,)) as running:
        yield running


@pytest.fixture(scope="module")
def st2(pack: Path, switch: Switch) -> Iterator[StackStorm]:
    device = {
        "name": "tor1",
        "host": switch.host,
        "port": switch.port,
        "username": "admin",
        "password": "{{ st2kv.system.vdx_password }}",
        "host_key": switch.host_key,
    }
    with StackStorm(pack, {"devices": [device]}) as running:
        running.datastore.set("vdx_password", PASSWORD, secret=True)
        yield running


def run(st2: StackStorm, name: str, given: Dict[str, Any]) -> Any:
    done = st2.wait(st2.run(f"vdx.{name}", {"host": "tor1", **given}).id)
    assert done.status == "succeeded", done.result
    return done.result["result"]


def test_the_article_s_names_come_out_as_they_are(pack: Path) -> None:
    assert {f"{name}.yaml" for name in ARTICLE} <= {path.name for path in pack.glob("actions/*")}


def test_the_exchange_s_checks(pack: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found = {check.name: problems for check, problems in checks.run(pack)}
    assert not [(name, problems) for name, problems in found.items() if problems]
    assert not caplog.records


def test_a_dry_run_sends_nothing(st2: StackStorm, switch: Switch) -> None:
    before = switch.running.xml()
    for name, given in CHAIN:
        result = run(st2, name, {**given, "dry_run": True})
        assert result["dry_run"] is True
        assert ">112</" in result["xml"], result
    assert switch.running.xml() == before


def test_the_chain_twice_and_back(st2: StackStorm, switch: Switch) -> None:
    empty = switch.running.xml()
    for changed in (True, False):
        for name, given in CHAIN:
            assert run(st2, name, given)["changed"] is changed, name
        shown = switch.cli("show running-config rbridge-id 21 interface Ve 112")
        assert "ip address 172.16.112.1/24" in shown
        assert " no shutdown" in shown
    back = (
        (ARTICLE[2], {**CHAIN[2][1], "delete_ve": True}),
        (ARTICLE[1], {"gve_name": 112, "delete_ve": True}),
        (ARTICLE[0], {"name": 112, "delete_vlan": True}),
    )
    for name, given in back:
        for changed in (True, False):
            assert run(st2, name, given)["changed"] is changed, name
    assert switch.running.xml() == empty


def test_before_and_after(st2: StackStorm) -> None:
    path = "interface-vlan/interface/vlan[200]/vlan-name"
    one, two = ({"name": 200, "vlan_name": name} for name in ("one", "two"))
    assert run(st2, ARTICLE[0], one)["before"] == {path: None}
    result = run(st2, ARTICLE[0], two)
    assert (result["before"], result["after"]) == ({path: "one"}, {path: "two"})
    run(st2, ARTICLE[0], {"name": 200, "delete_vlan": True})


def test_get_config_by_path(st2: StackStorm) -> None:
    run(st2, ARTICLE[0], {"name": 300, "vlan_name": "three"})
    path = "/interface-vlan/interface/vlan[name='300']"
    result = run(st2, "get_config", {"path": path})
    assert result["data"]["interface-vlan"]["interface"]["vlan"]["vlan-name"] == "three"
    assert "<vlan-name" in result["xml"]
    run(st2, ARTICLE[0], {"name": 300, "delete_vlan": True})


def test_a_device_that_offers_no_get_schema(
    switch: Switch,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("NETCONF_PASSWORD", PASSWORD)
    words = ["--from", switch.host, "--port", str(switch.port), "--username", "admin"]
    words += ["--host-key", switch.host_key, "--pack", "vdx", "--out", str(tmp_path / "vdx")]
    assert main(words) == 1
    assert "the device offers no get-schema" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"host": "nowhere", "name": 1, "vlan_name": "x"}, "ConfigError"),
        ({"name": 1}, "InvalidValue"),
        ({"name": 1, "vlan_name": "x", "password": "wrong"}, "AuthenticationFailed"),
    ],
)
def test_what_is_refused(st2: StackStorm, given: Dict[str, Any], kind: str) -> None:
    done = st2.wait(st2.run(f"vdx.{ARTICLE[0]}", {"host": "tor1", **given}).id)
    assert done.status == "failed"
    result = done.result["result"]
    assert result["kind"] == kind, result
    assert result["changed"] is False
    assert result["remedy"]
    assert "docker.yaml" not in str(result)
    assert "wrong" not in str(result)


def test_what_stackstorm_itself_refuses(st2: StackStorm) -> None:
    with pytest.raises(RequestError, match="greater than the maximum"):
        st2.run(f"vdx.{ARTICLE[0]}", {"host": "tor1", "name": 8192, "vlan_name": "x"})


# The pack docker's own single edits have the names, keys and delete_ parameters that the generator
# makes of lab/yang.

OWN = {
    path.stem[len("vdx.") :]: yaml.safe_load(path.read_text(encoding="utf-8"))["parameters"]
    for path in sorted((PACK / "actions").glob("vdx.*.yaml"))
}
EDITS = {name: one for name, one in OWN.items() if one.get("edit", {}).get("default") == name}
NOT_IN_OURS = {"delete_rbridge_id"}
"""An rbridge is a switch of the fabric: the pack docker does not remove those."""


def keys(parameters: Dict[str, Any]) -> set:
    spec = parameters["edit"]["default"]
    return {key["parameter"] for step in spec["path"] for key in step.get("keys", ())}


@pytest.mark.parametrize("name", EDITS)
def test_our_own_edits_are_what_the_generator_makes(pack: Path, name: str) -> None:
    made = yaml.safe_load((pack / "actions" / f"{name}.yaml").read_text())["parameters"]
    assert keys(made) <= set(EDITS[name])
    deletes = [
        {one for one in parameters if one.startswith("delete_")}
        for parameters in (EDITS[name], made)
    ]
    assert deletes[0] <= deletes[1] - NOT_IN_OURS
    required = {one for one, schema in EDITS[name].items() if schema.get("required")}
    assert required - {"host"} == keys(made)


def test_there_are_own_edits() -> None:
    assert set(ARTICLE) <= set(EDITS)
