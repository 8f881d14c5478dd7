"""What the doctor says of the installation: what upgrades leave behind, and whether connections
are kept."""

import os
import shutil
import stat

import pytest
import yaml
from conftest import PACK
from docker_tor.config import settings
from docker_tor.doctor import installation
from docker_tor.doctor.installation import LEFT

SWITCH = {"name": "tor1", "host": "h", "username": "u", "password": "p", "rbridge_id": 21}


def test_the_pack_ships_nothing_of_what_is_left():
    """Or the doctor would have people remove what they use."""
    shipped = {
        f"docker.{yaml.safe_load(path.read_text(encoding='utf-8'))['name']}"
        for folder in ("actions", "rules", "policies")
        for path in (PACK / folder).glob("*.yaml")
    }
    assert shipped
    assert not shipped & {one.ref for one in LEFT}


def test_each_thing_that_is_left_is_told_with_the_command_that_removes_it():
    lines = list(installation.left(lambda _kind, _ref: True))
    assert [(line.state, line.remedy) for line in lines] == [
        ("warning", f"st2 {one.word} delete {one.ref}") for one in LEFT
    ]
    assert all(one.ref in line.what for line, one in zip(lines, LEFT))
    (line,) = installation.left(lambda _kind, _ref: False)
    assert (line.state, line.check) == ("ok", "upgrade")


def test_nobody_knows_what_is_left():
    def registered(_kind, _ref):
        raise OSError("connection refused")

    (line,) = installation.left(registered)
    assert (line.state, line.check) == ("warning", "upgrade")
    assert "OSError: connection refused" in line.what


def connections(**more):
    return list(installation.connections(settings.parse({"switches": [{**SWITCH, **more}]})))


@pytest.fixture
def own(monkeypatch, tmp_path):
    """The folder for connections of this user."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    return tmp_path / f"docker-tor-{os.geteuid()}"


def test_connections_are_kept_where_there_is_ssh_and_the_switch_may_go_by_it(own, monkeypatch):
    assert connections(transport="paramiko") == []
    assert list(installation.connections(settings.parse({}))) == []
    assert not own.exists()
    (line,) = connections()
    assert (line.state, line.check) == ("ok", "connections")
    assert str(own) in line.what
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    (line,) = connections()
    assert (line.state, line.what) == ("warning", "None is kept: there is no ssh.")


def test_a_folder_of_the_wrong_mode_keeps_none(own):
    own.mkdir()
    own.chmod(0o755)
    (line,) = connections()
    assert (line.state, line.check, line.where) == ("warning", "connections", "this host")
    assert f"None is kept: {own} is not this user's alone: mode 755" in line.what
    assert "mode 700" in line.remedy
    assert stat.S_IMODE(own.stat().st_mode) == 0o755


def test_an_upgrade_on_a_stackstorm(tmp_path):
    """The files of an earlier version are registered, and the action asks for what it has not."""
    pytest.importorskip("lab.stackstorm", reason="the lab's StackStorm needs orquesta")
    from lab.stackstorm import StackStorm

    pack = tmp_path / "docker"
    shutil.copytree(
        PACK, pack, symlinks=True, ignore=shutil.ignore_patterns(".*", "tests", "lab", "docs")
    )
    (pack / "rules" / "old.yaml").write_text(
        "name: network-trigger-fast\npack: docker\ndescription: x\nenabled: false\n"
        "trigger: {type: docker.NetworkEvent}\ncriteria: {}\n"
        "action: {ref: core.noop}\n"
    )
    with StackStorm(pack, {}) as st2:
        checks = st2.wait(st2.run("docker.doctor", {}).id, 60).result["result"]["checks"]
    told = [one for one in checks if one["check"] == "upgrade"]
    assert [one["remedy"] for one in told] == ["st2 rule delete docker.network-trigger-fast"]
