"""The pack's edit actions against a real NETCONF server: netconfd behind OpenSSH.

All of it over a connection that is kept and by paramiko: the same results, the same errors.
"""

from pathlib import Path
from typing import Any, Dict, Iterator, Tuple

import pytest
import yaml
from conftest import PACK
from docker_tor.actions.edit import run_edit
from docker_tor.switch.nos import edits
from lxml import etree

from lab.real.netconfd import Netconfd, missing

from .parts import entry, need

VE = {"rbridge_id": 21, "name": "112"}
CHAIN: Tuple[Tuple[str, Dict[str, Any]], ...] = (
    ("interface_vlan_interface_vlan_vlan_name", {"name": "112"}),
    ("interface_vlan_interface_ve_gve_name", {"gve_name": "112"}),
    (
        "rbridge_id_interface_ve_ip_ip_config_address_address",
        {**VE, "address": "172.16.112.1/24"},
    ),
    (
        "rbridge_id_interface_ve_ip_ip_config_address_secondary",
        {**VE, "address": "172.16.112.9/24"},
    ),
    (
        "rbridge_id_interface_ve_ipv6_ipv6_config_address_ipv6_address_address",
        {**VE, "address": "fd00:112::1/64"},
    ),
    ("rbridge_id_interface_ve_shutdown", {**VE, "delete_shutdown": True}),
    (
        "interface_vlan_interface_ve_global_ve_shutdown",
        {"gve_name": "112", "delete_global_ve_shutdown": True},
    ),
)
MADE = 5
"""So many edits make something; the others take away what a switch makes by itself."""


@pytest.fixture(scope="module")
def server() -> Iterator[Netconfd]:
    need(missing())
    with Netconfd() as running:
        yield running


@pytest.fixture
def empty(server: Netconfd) -> Netconfd:
    server.clear()
    return server


@pytest.fixture(params=["auto", "paramiko"], autouse=True)
def transport(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """How the switch is reached, unless an entry says otherwise."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setitem(ENTRY, "transport", request.param)
    return str(request.param)


ENTRY: Dict[str, Any] = {}


def run(server: Netconfd, name: str, given: Dict[str, Any], **changed: Any) -> Tuple[bool, Any]:
    """An action as StackStorm runs it, with a configuration that knows the server."""
    described = yaml.safe_load((PACK / "actions" / f"vdx.{name}.yaml").read_text())["parameters"]
    defaults = {key: value.get("default") for key, value in described.items() if key != "edit"}
    switch = entry(server, **ENTRY, **changed)
    return run_edit({"switches": [switch]}, name, {**defaults, "host": "vdx", **given})


def test_all_edits_twice(empty: Netconfd) -> None:
    for name, given in CHAIN[:MADE]:
        succeeded, result = run(empty, name, given)
        assert succeeded, result
        assert result["changed"] is True, result
    # What a switch does by itself to a new Ve, netconfd cannot.
    empty.shut(112, 21)
    for name, given in CHAIN[MADE:]:
        succeeded, result = run(empty, name, given)
        assert succeeded, result
        assert result["changed"] is True, result
    done = empty.running()
    for name, given in CHAIN:
        succeeded, result = run(empty, name, given)
        assert succeeded, result
        assert result["changed"] is False, result
    assert etree.tostring(empty.running(), method="c14n") == etree.tostring(done, method="c14n")


def test_what_was_made_can_be_deleted(empty: Netconfd) -> None:
    for name, given in CHAIN[:MADE]:
        run(empty, name, given)
    deletes = (
        (CHAIN[4][0], {**CHAIN[4][1], "delete_ipv6_address": True}),
        (CHAIN[3][0], {**CHAIN[3][1], "delete_address": True}),
        (CHAIN[2][0], {**CHAIN[2][1], "delete_address": True}),
        (CHAIN[2][0], {**CHAIN[2][1], "delete_ve": True}),
        (CHAIN[1][0], {**CHAIN[1][1], "delete_ve": True}),
        (CHAIN[0][0], {**CHAIN[0][1], "delete_vlan": True}),
    )
    for name, given in deletes:
        for changed in (True, False):
            succeeded, result = run(empty, name, given)
            assert succeeded, result
            assert result["changed"] is changed, result


def test_what_the_server_refuses(empty: Netconfd, monkeypatch: pytest.MonkeyPatch) -> None:
    """The model takes all that the pack sends; so it is sent what it would not send."""
    payload = edits.payload
    monkeypatch.setattr(edits, "payload", lambda given: payload(given).replace("gve-", "gve_"))
    succeeded, result = run(empty, *CHAIN[1])
    assert not succeeded
    assert (result["kind"], result["family"]) == ("SwitchRefused", "permanent")
    assert "unknown-element" in result["error"]


def test_a_lock(empty: Netconfd) -> None:
    with empty.lock():
        succeeded, result = run(empty, *CHAIN[0])
    assert not succeeded
    assert (result["kind"], result["family"]) == ("SwitchBusy", "transient")


def test_a_wrong_password(empty: Netconfd) -> None:
    succeeded, result = run(empty, *CHAIN[0], password="not the password")
    assert not succeeded
    assert (result["kind"], result["family"]) == ("AuthenticationFailed", "operator")
    assert result["error"].startswith(f"{empty.host}:{empty.port}: the switch refuses user")
    assert "not the password" not in str(result)


def test_host_keys_of_both_kinds_are_pinned(empty: Netconfd) -> None:
    for key in (empty.host_key, empty.host_key_rsa):
        succeeded, result = run(empty, *CHAIN[0], host_key=key)
        assert succeeded, result


def test_a_changed_host_key(empty: Netconfd) -> None:
    known = empty.host_key, empty.host_key_rsa
    empty.change_host_key()
    for key in known:
        succeeded, result = run(empty, *CHAIN[0], host_key=key)
        assert not succeeded
        assert (result["kind"], result["family"]) == ("HostKeyRejected", "operator")
    assert not len(empty.running())
