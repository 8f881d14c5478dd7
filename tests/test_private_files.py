"""A folder that is one user's alone, and what is in it: locks, places, a secret to be read once."""

import os
import subprocess
import sys

import pytest
from conftest import PACK
from docker_tor.common import private_files


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the user's own folder will be."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path / f"docker-tor-{os.geteuid()}"


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701])
def test_a_folder_that_others_may_enter(folder, mode):
    folder.mkdir()
    folder.chmod(mode)
    with pytest.raises(PermissionError, match=f"is not this user's alone: mode {mode:o}"):
        private_files.folder()
    folder.chmod(0o700)
    assert private_files.folder() == str(folder)


def test_a_link_or_a_file_in_its_place(folder, tmp_path):
    folder.symlink_to(tmp_path)
    with pytest.raises(PermissionError):
        private_files.folder()
    folder.unlink()
    folder.write_text("")
    with pytest.raises(PermissionError):
        private_files.folder()


def test_a_folder_in_one_of_anybodys(folder):
    folder.parent.chmod(0o777)
    with pytest.raises(PermissionError, match="others may rename"):
        private_files.folder()


def test_a_folder_of_somebody_elses(folder, monkeypatch):
    real = os.lstat

    def lstat(path):
        found = real(path)
        return os.stat_result([*found[:4], found.st_uid + 1, *found[5:]])

    monkeypatch.setattr(private_files.os, "lstat", lstat)
    with pytest.raises(PermissionError, match="is not this user's alone"):
        private_files.folder()
    assert folder.exists()


def test_the_folders_secret_stays(tmp_path):
    secret = private_files.salt(str(tmp_path))
    assert len(secret) == 32
    assert private_files.salt(str(tmp_path)) == secret
    assert [path.name for path in tmp_path.iterdir()] == ["salt"]


def test_a_secret_is_readable_once():
    with private_files.readable_once("secret") as (path, has_been_read):
        with open(path) as pipe:
            assert pipe.read() == "secret\n"
        assert has_been_read()
    with private_files.readable_once("secret") as (_, has_been_read):
        assert not has_been_read()


def test_who_comes_second_is_told(tmp_path):
    path = str(tmp_path / "lock")
    with private_files.locked(path):
        with pytest.raises(BlockingIOError):
            with private_files.locked(path):
                pass
    with private_files.locked(path) as file:
        file.write("x")
    assert not os.path.exists(path)


def test_a_lock_on_a_file_that_has_gone_is_none(tmp_path, monkeypatch):
    path = str(tmp_path / "lock")
    monkeypatch.setattr(private_files.fcntl, "flock", lambda _file, _how: os.unlink(path))
    with pytest.raises(BlockingIOError):
        with private_files.locked(path):
            pass


def test_a_killed_process_gives_its_place_back(tmp_path):
    path = str(tmp_path / "place")
    script = (
        "import sys; from docker_tor.common.private_files import place\n"
        "held = place(sys.argv[1], 1); print(1); input()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(PACK / "lib")},
    )
    with holder:
        assert holder.stdout.readline()
        assert private_files.place(path, 1) is None
        holder.kill()
    with private_files.place(path, 1) as place:
        assert place is not None
