"""The pack's edit actions against a real NETCONF server, netconfd behind OpenSSH: over a connection
that is kept, and by paramiko."""

from pathlib import Path
from typing import Any, Dict, Tuple

import pytest
import yaml
from conftest import PACK
from docker_tor.actions.edit import run_edit
from docker_tor.switch import edit
from lxml import etree

from lab.real.netconfd import Netconfd, missing

from .parts import entry, need

VLAN = "interface_vlan_interface_vlan_vlan_name"
GLOBAL_VE = "interface_vlan_interface_ve_gve_name"
ADDRESS = "rbridge_id_interface_ve_ip_ip_config_address_address"
SECONDARY = "rbridge_id_interface_ve_ip_ip_config_address_secondary"
IPV6 = "rbridge_id_interface_ve_ipv6_ipv6_config_address_ipv6_address_address"
VE = {"rbridge_id": 21, "name": "112"}
MADE: Tuple[Tuple[str, Dict[str, Any]], ...] = (
    (VLAN, {"name": "112"}),
    (GLOBAL_VE, {"gve_name": "112"}),
    (ADDRESS, {**VE, "address": "172.16.112.1/24"}),
    (SECONDARY, {**VE, "address": "172.16.112.9/24"}),
    (IPV6, {**VE, "address": "fd00:112::1/64"}),
)
NO_SHUTDOWN: Tuple[Tuple[str, Dict[str, Any]], ...] = (
    ("rbridge_id_interface_ve_shutdown", {**VE, "delete_shutdown": True}),
    (
        "interface_vlan_interface_ve_global_ve_shutdown",
        {"gve_name": "112", "delete_global_ve_shutdown": True},
    ),
)
DELETES = (
    (IPV6, {**VE, "address": "fd00:112::1/64", "delete_ipv6_address": True}),
    (SECONDARY, {**VE, "address": "172.16.112.9/24", "delete_address": True}),
    (ADDRESS, {**VE, "address": "172.16.112.1/24", "delete_address": True}),
    (ADDRESS, {**VE, "address": "172.16.112.1/24", "delete_ve": True}),
    (GLOBAL_VE, {"gve_name": "112", "delete_ve": True}),
    (VLAN, {"name": "112", "delete_vlan": True}),
)


@pytest.mark.parametrize("transport", ["auto", "paramiko"])
def test_all_edits_twice(transport: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need(missing())
    monkeypatch.setenv("TMPDIR", str(tmp_path))

    def run(name: str, given: Dict[str, Any]) -> Tuple[bool, Any]:
        path = PACK / "actions" / f"vdx.{name}.yaml"
        described = yaml.safe_load(path.read_text())["parameters"]
        defaults = {key: value.get("default") for key, value in described.items() if key != "edit"}
        switches = [entry(server, transport=transport)]
        return run_edit({"switches": switches}, name, {**defaults, "host": "vdx", **given})

    def changes(name: str, given: Dict[str, Any]) -> Any:
        succeeded, result = run(name, given)
        assert succeeded, result
        return result["changed"]

    with Netconfd() as server:
        assert all(changes(*one) for one in MADE)
        # What a switch does by itself to a new Ve, netconfd cannot.
        server.shut(112, 21)
        assert all(changes(*one) for one in NO_SHUTDOWN)
        done = etree.tostring(server.running(), method="c14n")
        assert not any(changes(*one) for one in (*MADE, *NO_SHUTDOWN))
        assert etree.tostring(server.running(), method="c14n") == done
        for one in DELETES:
            assert [changes(*one) for _ in range(2)] == [True, False]
        # The model takes all that the pack sends; so it is sent what it would not send.
        payload = edit.payload
        monkeypatch.setattr(edit, "payload", lambda given: payload(given).replace("gve-", "gve_"))
        succeeded, result = run(*MADE[1])
    assert (succeeded, result["kind"], result["family"]) == (False, "SwitchRefused", "permanent")
    assert "unknown-element" in result["error"]
