"""Connections that are kept, with a real OpenSSH server: what it allows, and what it logs."""

import contextlib
import sys
from pathlib import Path
from typing import Iterator

import pytest
from docker_tor.common.errors import (
    AuthenticationFailed,
    LoginNotOffered,
    SwitchRefused,
    SwitchUnreachable,
)
from docker_tor.config.credentials import NO_ALGORITHMS, Algorithms, Login
from docker_tor.netconf.session import open_session
from docker_tor.netconf.xml import BASE
from docker_tor.switch import model
from docker_tor.switch.nos import running_config

from lab.real.netconfd import Netconfd, missing
from lab.real.process import wait
from lab.switch import payloads

from .parts import need

ALL = f'<filter xmlns="{BASE}" type="subtree"/>'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need(missing())
    monkeypatch.setenv("TMPDIR", str(tmp_path))


@contextlib.contextmanager
def by_openssh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Inside, a session by paramiko is an error."""
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "docker_tor.netconf.paramiko_transport", None)
        yield


def login(server: Netconfd, algorithms: Algorithms = NO_ALGORITHMS) -> Login:
    known = (server.host, server.port, server.username, server.password, server.host_key_rsa)
    return Login(*known, algorithms=algorithms)


def test_as_many_sessions_as_the_server_lets_one_connection_have(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Netconfd(sshd_options=["MaxSessions 1"]) as narrow, contextlib.ExitStack() as stack:
        with by_openssh(monkeypatch):
            first = stack.enter_context(open_session(login(narrow)))
        second = stack.enter_context(open_session(login(narrow)))
        assert first.capabilities == second.capabilities
        with by_openssh(monkeypatch), pytest.raises(SwitchUnreachable):
            stack.enter_context(open_session(login(narrow)))
        for session in (first, second):
            assert session.get_config(ALL) is not None


def test_an_old_server(monkeypatch: pytest.MonkeyPatch) -> None:
    options = (
        "KexAlgorithms diffie-hellman-group14-sha1",
        "HostKeyAlgorithms ssh-rsa",
        "Ciphers aes128-cbc",
        "MACs hmac-sha1",
    )
    told = Algorithms(*(tuple(line.split()[1:]) for line in options))
    with Netconfd(sshd_options=options) as old:
        with by_openssh(monkeypatch):
            with pytest.raises(SwitchUnreachable), open_session(login(old)):
                pass
            with open_session(login(old, told)) as session:
                assert session.get_config(ALL) is not None
        with open_session(login(old)) as session:
            assert session.get_config(ALL) is not None


INTERACTIVE = (
    "UsePAM yes",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication yes",
    "AuthenticationMethods keyboard-interactive",
)


@pytest.mark.parametrize("transport", ["auto", "paramiko"])
def test_a_server_that_asks_for_the_password_itself(
    transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Netconfd(sshd_options=INTERACTIVE) as server:
        known = login(server)._replace(transport=transport)
        with contextlib.nullcontext() if transport != "auto" else by_openssh(monkeypatch):
            with open_session(known) as session:
                assert session.get_config(ALL) is not None
            with pytest.raises(AuthenticationFailed), open_session(
                known._replace(password="wrong")
            ):
                pass
        # sshd's session tells its log only after the client.
        failed, log = "Failed keyboard-interactive/pam", server.folder / "sshd.log"
        wait(lambda: "" if failed in log.read_text() else f"sshd has not logged: {failed}")
        assert log.read_text().count(failed) == 1


@pytest.mark.parametrize("transport", ["auto", "paramiko"])
@pytest.mark.parametrize("methods", ["publickey", "password,publickey"])
def test_a_server_that_wants_a_key(
    transport: str, methods: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Instead of the password, or besides."""
    with Netconfd(sshd_options=[f"AuthenticationMethods {methods}"]) as server:
        known = login(server)._replace(transport=transport)
        with contextlib.nullcontext() if transport != "auto" else by_openssh(monkeypatch):
            with pytest.raises(LoginNotOffered, match="it offers publickey"):
                with open_session(known):
                    pass
        assert "Failed password" not in (server.folder / "sshd.log").read_text()


def test_a_password_is_tried_once() -> None:
    with Netconfd(sshd_options=["MaxAuthTries 1"]) as server:
        with pytest.raises(AuthenticationFailed):
            with open_session(login(server)._replace(password="not the password")):
                pass
        with open_session(login(server)) as session:
            assert session.get_config(ALL) is not None
        log = (server.folder / "sshd.log").read_text()
    assert log.count("Failed password for") == 1


def test_one_login_for_many_sessions_that_are_asked_before_they_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vlans = running_config.survey()
    with Netconfd() as server, by_openssh(monkeypatch):
        with open_session(login(server), first=[vlans, ALL]) as session:
            assert running_config.read(session.get_config(vlans)) == {}
            session.edit_config(payloads.vlan(112, "Docker Network"))
        with open_session(login(server), first=[vlans]) as session:
            assert running_config.read(session.get_config(vlans)) == {
                112: model.Vlan("Docker Network")
            }
            session.edit_config(payloads.vlan(112, delete=True))
            with pytest.raises(SwitchRefused, match="data-missing"):
                session.edit_config(payloads.vlan(112, delete=True))
        log = (server.folder / "sshd.log").read_text()
    assert log.count("Accepted password for") == 1
    assert log.count("subsystem 'netconf'") == 2
