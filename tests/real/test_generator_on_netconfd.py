"""Generated actions on a real NETCONF server: its YANG by get-schema, edits set and deleted twice,
straight into running and by candidate and commit."""

from pathlib import Path
from typing import Any, Dict, Mapping

import pytest
from conftest import PACK

pytest.importorskip("pyang", reason="the generator needs pyang")

from yang_edit import action

from generator import actions, contents, fetching, reading
from generator.__main__ import main
from generator.errors import GeneratorError
from lab.real.netconfd import MODULES, Netconfd, missing

from .parts import entry, need

IETF = ("ietf-interfaces", "ietf-ip", "iana-if-type")
INTERFACE = {"name": "eth 0/1", "type": "iana-if-type:ethernetCsmacd"}
ADDRESS = {"name": "eth 0/1", "ip": "192.0.2.1", "prefix_length": 24}
VE = {"rbridge_id": 21, "name": "112", "address": "172.16.112.1/24"}
EDITS = (
    # A list's entry with a leaf besides, one within it, and leaves of several types.
    ("interfaces_interface_name", INTERFACE),
    ("interfaces_interface_description", {"name": "eth 0/1", "description": "ä < ]]>"}),
    ("interfaces_interface_enabled", {"name": "eth 0/1", "enabled": False}),
    ("interfaces_interface_ipv4_mtu", {"name": "eth 0/1", "mtu": 9000}),
    ("interfaces_interface_ipv4_address_ip", ADDRESS),
    ("interface_vlan_interface_vlan_vlan_name", {"name": 112, "vlan_name": "Docker Network"}),
    ("rbridge_id_interface_ve_ip_ip_config_address_address", VE),
)


@pytest.mark.parametrize("target", ["running", "candidate"])
def test_edits_set_and_deleted_twice(
    target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need(missing())
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    folder = tmp_path / "fetched"
    folder.mkdir()
    with Netconfd(modules=(*MODULES, *IETF), target=target) as server:
        device = fetching.Device(
            server.host, server.port, server.username, server.password, server.host_key
        )
        with pytest.raises(GeneratorError, match="refuses user"):
            fetching.fetch(device._replace(password="no"), folder)
        assert fetching.fetch(device, folder) > len(MODULES)
        # The device's YANG is that of the files.
        assert specs(folder, *MODULES) == specs(PACK / "lab" / "yang")
        made = {**specs(folder, *MODULES), **specs(folder, *IETF)}

        def changes(edit: str, **given: Any) -> Any:
            device = entry(server)
            del device["rbridge_id"]
            succeeded, result = action.run({"devices": [device]}, made[edit], given)
            assert succeeded, (result, given)
            return result["changed"]

        for name, given in EDITS:
            assert [changes(name, host="vdx", **given) for _ in range(2)] == [True, False], name
        for name, given in reversed(EDITS):
            delete = {made[name]["path"][-1]["delete"]: True}
            again = [changes(name, host="vdx", **given, **delete) for _ in range(2)]
            assert again == [True, False], name


def specs(folder: Path, *modules: str) -> Dict[str, Mapping[str, Any]]:
    generated = actions.generate(reading.read(reading.Sources([folder], modules)), "x")
    loaded = {
        one.name: contents.loaded(one.content["parameters"]["edit"]["default"]) for one in generated
    }
    return {name: spec for name, spec in loaded.items() if spec["kind"] in action.EDITS}


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
