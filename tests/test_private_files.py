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


@pytest.mark.parametrize(
    ("make", "why"),
    [
        *(
            (lambda path, mode=mode: (path.mkdir(), path.chmod(mode)), f"alone: mode {mode:o}")
            for mode in (0o755, 0o770, 0o701)
        ),
        (lambda path: path.symlink_to(path.parent), "is not this user's alone"),
        (lambda path: path.write_text(""), "is not this user's alone"),
        (lambda path: path.parent.chmod(0o777), "others may rename"),
    ],
    ids=["755", "770", "701", "a link", "a file", "in one of anybody's"],
)
def test_a_folder_that_is_not_this_users_alone(folder, make, why):
    make(folder)
    with pytest.raises(PermissionError, match=why):
        private_files.folder()


def test_the_users_own_folder(folder, monkeypatch):
    assert private_files.folder() == private_files.folder() == str(folder)
    real = os.lstat

    def somebody_elses(path):
        found = real(path)
        return os.stat_result([*found[:4], found.st_uid + 1, *found[5:]])

    monkeypatch.setattr(private_files.os, "lstat", somebody_elses)
    with pytest.raises(PermissionError, match="is not this user's alone"):
        private_files.folder()


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
