"""Connections that are kept: what they may hold, who may use them, and what becomes of them."""

import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.importorskip("asyncssh", reason="the lab's switch simulator needs asyncssh")
if not shutil.which("ssh"):
    pytest.skip("there is no ssh", allow_module_level=True)

from docker_tor.common import private_files
from docker_tor.common.errors import AuthenticationFailed, SwitchUnreachable
from docker_tor.config.credentials import Algorithms, Login
from docker_tor.netconf import control_master, openssh
from docker_tor.netconf.control_master import ControlMaster, Unavailable
from docker_tor.netconf.rpc import Greeting
from docker_tor.netconf.session import open_session

from lab.switch import Switch
from lab.switch.server import Server

PACK = Path(__file__).resolve().parents[1]
PASSWORD = "pässword with 'quotes' and \\"
ALL = '<filter type="subtree"/>'


@pytest.fixture(scope="module")
def running():
    with Switch(password=PASSWORD, max_sessions=3) as started:
        yield started


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the sockets are; what is still connected at the end is ended."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    path = tmp_path / f"docker-tor-{os.geteuid()}"
    yield path
    for pid in masters(path):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def switch(running, folder):  # noqa: ARG001  # no test may use the machine's own
    running.faults.clear()
    return running


def login(switch, **changed):
    return Login(switch.host, switch.port, "admin", PASSWORD, switch.host_key)._replace(**changed)


def use(known):
    with open_session(known) as session:
        session.get_config(ALL)


def use_kept(known, monkeypatch):
    """The same, and a session by paramiko is an error."""
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "docker_tor.netconf.paramiko_transport", None)
        use(known)


def masters(folder):
    """The process ids of the connections whose sockets are in the folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (entry / "cwd").resolve() == folder and b"\0-M\0" in (
                entry / "cmdline"
            ).read_bytes():
                found.append(int(entry.name))
    return found


def gone(pid):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if ") Z " not in Path(f"/proc/{pid}/stat").read_text():
                time.sleep(0.01)
                continue
        return True
    return False


def sockets(folder):
    return [path for path in folder.iterdir() if stat.S_ISSOCK(path.lstat().st_mode)]


@pytest.fixture
def logins(monkeypatch):
    """Every password that the switch is asked to let in."""
    tried = []
    real = Server.validate_password

    def validate(self, username, password):
        tried.append((username, password))
        return real(self, username, password)

    monkeypatch.setattr(Server, "validate_password", validate)
    return tried


def test_one_login_for_many_sessions_and_only_its_user_can_reach_it(
    switch, folder, logins, monkeypatch
):
    for _ in range(3):
        use_kept(login(switch), monkeypatch)
    assert logins == [("admin", PASSWORD)]
    assert len(masters(folder)) == 1
    assert switch.sessions == []
    assert stat.S_IMODE(folder.lstat().st_mode) == 0o700
    # The socket and the salt.
    assert [stat.S_IMODE(path.lstat().st_mode) for path in folder.iterdir()] == [0o600] * 2


def as_action(switch, then, **environment):
    """Have a process of its own use a session, as an action does; somebody reads its output."""
    script = (
        "from docker_tor.netconf.session import Login, open_session\n"
        f"with open_session(Login(*{tuple(login(switch))[:5]!r})) as session: {then}\n"
    )
    return subprocess.run(
        [sys.executable, "-"],
        input=script,
        env={**os.environ, "PYTHONPATH": str(PACK / "lib"), **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        start_new_session=True,
    )


def test_it_holds_no_password_and_nothing_of_the_action(switch, folder):
    done = as_action(switch, "print(len(session.capabilities))", ST2_ACTION_AUTH_TOKEN="a secret")
    assert int(done.stdout) > 5, done.stderr
    (pid,) = masters(folder)
    assert os.getsid(pid) == pid
    secrets = (PASSWORD.encode(), b"a secret")
    for part in ("cmdline", "environ"):
        assert not any(secret in Path(f"/proc/{pid}/{part}").read_bytes() for secret in secrets)
    opened = {os.readlink(path) for path in Path(f"/proc/{pid}/fd").iterdir()}
    assert not any(name.startswith("pipe:") for name in opened), opened
    for path in folder.iterdir():
        assert stat.S_ISSOCK(path.lstat().st_mode) or PASSWORD.encode() not in path.read_bytes()


def test_what_kills_the_action_does_not_end_it(switch, folder, monkeypatch):
    done = as_action(switch, "import os, signal; os.killpg(0, signal.SIGKILL)")
    assert done.returncode == -signal.SIGKILL, done.stderr
    before = masters(folder)
    use_kept(login(switch), monkeypatch)
    assert masters(folder) == before
    deadline = time.monotonic() + 10
    while switch.sessions and time.monotonic() < deadline:
        time.sleep(0.01)
    assert switch.sessions == []


@pytest.mark.parametrize("other", [{"password": "wrong"}, {"username": "root", "password": ""}])
def test_who_gives_another_password_has_to_log_in_and_is_asked_once(switch, logins, other):
    use(login(switch))
    logins.clear()
    wrong = login(switch, **other)
    with pytest.raises(AuthenticationFailed, match="refuses user"):
        use(wrong)
    assert logins == [(wrong.username, wrong.password)]


@pytest.mark.parametrize("left", ["its socket", "what somebody has put there"])
def test_a_connection_that_was_killed(switch, folder, monkeypatch, left):
    use_kept(login(switch), monkeypatch)
    (pid,) = masters(folder)
    os.kill(pid, signal.SIGKILL)
    assert gone(pid)
    (socket,) = sockets(folder)
    if left != "its socket":
        socket.unlink()
        socket.write_text("nonsense")
    use_kept(login(switch), monkeypatch)
    assert sockets(folder) == [socket]
    assert len(masters(folder)) == 1


def test_a_connection_that_hangs(switch, folder, monkeypatch):
    use_kept(login(switch), monkeypatch)
    (pid,) = masters(folder)
    os.kill(pid, signal.SIGSTOP)
    monkeypatch.setattr(openssh, "GIVE_UP", 0.2)
    monkeypatch.setattr(control_master, "ANSWER", 0.2)
    use_kept(login(switch), monkeypatch)
    assert len(masters(folder)) == 2


def test_the_switchs_session_limit_is_the_same(switch):
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(open_session(login(switch)))
        for transport in ("auto", "paramiko"):
            with pytest.raises(SwitchUnreachable, match="no NETCONF session"):
                use(login(switch, transport=transport))
    use(login(switch))
    assert switch.sessions == []


def test_many_at_once(folder, logins):
    with Switch(password=PASSWORD) as idle:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(use, [login(idle)] * 8))
        assert 1 <= len(logins) <= 8
        assert len(masters(folder)) == 1


@pytest.mark.parametrize("obstacle", ["a folder of others", "no ssh"])
def test_where_there_can_be_none_paramiko_does_it(switch, folder, logins, obstacle, monkeypatch):
    if obstacle == "no ssh":
        monkeypatch.setenv("PATH", str(folder.parent))
    else:
        folder.mkdir(mode=0o750)
    with pytest.raises(Unavailable):
        openssh.connect(login(switch), 10.0, Greeting())
    use(login(switch))
    assert logins == [("admin", PASSWORD)]
    assert masters(folder) == []


@pytest.mark.usefixtures("folder")
def test_two_entries_with_one_host_have_a_connection_each():
    """They are told apart by their ports, and by all that a login is made of."""
    one = Login("h", 22, "u", "p", "")
    others = [{"port": 830}, {"username": "v"}, {"password": "q"}, {"host_key": "ignore"}]
    logins = [one, *(one._replace(**other) for other in others)]
    assert len({ControlMaster(each)._name for each in logins}) == 5


@pytest.mark.parametrize(
    "odd",
    [
        *({"password": "two\nlines"}, {"password": "x" * 1001}),
        *({"host": "-oProxyCommand=touch"}, {"host": "a b"}),
        *({"username": "-l"}, {"username": "DOMAIN\\admin"}),
    ],
)
def test_what_ssh_could_misread_is_left_to_paramiko(odd):
    with pytest.raises(Unavailable):
        ControlMaster(Login("h", 22, "u", "p", "")._replace(**odd))


def test_no_login_is_tried_without_the_password(switch, logins, monkeypatch):
    @contextlib.contextmanager
    def read_already(_secret):
        yield "/nonexistent", lambda: False

    monkeypatch.setattr(private_files, "readable_once", read_already)
    with pytest.raises(Unavailable):
        openssh.connect(login(switch), 10.0, Greeting())
    assert logins == []
    use(login(switch))
    assert logins == [("admin", PASSWORD)]


def test_ssh_is_told_of_old_algorithms_and_when_to_end(switch, folder, monkeypatch):
    """It ends by itself once nobody has used it for so long: ssh's own, and not waited for here."""
    old = Algorithms(
        ("diffie-hellman-group14-sha1",), ("ssh-rsa",), ("aes128-cbc",), ("hmac-sha1",)
    )
    use_kept(login(switch, algorithms=old), monkeypatch)
    (pid,) = masters(folder)
    command = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    assert "ControlPersist=60" in command
    for kind, (name,) in zip(("Kex", "HostKey"), old):
        assert f"{kind}Algorithms=+{name}" in command
    assert {"Ciphers=+aes128-cbc", "MACs=+hmac-sha1"} <= set(command)
