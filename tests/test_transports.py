"""Sessions with the lab's switch by OpenSSH and by paramiko: the same results, the same errors.

And its host key, which is asked for without a login.
"""

import contextlib
import logging
import shutil
import socket
import sys
import threading
from unittest import mock

import pytest

pytest.importorskip("asyncssh", reason="the lab's switch simulator needs asyncssh")

import asyncssh
import paramiko
from docker_tor.common.errors import (
    AuthenticationFailed,
    HostKeyRejected,
    LoginNotOffered,
    MalformedReply,
    SessionLost,
    SwitchUnreachable,
)
from docker_tor.config.credentials import Login
from docker_tor.netconf import hostkey
from docker_tor.netconf.session import open_session
from docker_tor.switch.nos import running_config

from lab.switch import Switch, payloads
from lab.switch.server import Server

ALL = running_config.survey()


@pytest.fixture(params=["openssh", "paramiko"])
def transport(request, monkeypatch):
    """What `Login.transport` says; for "openssh" a session by paramiko is an error."""
    if request.param == "paramiko":
        return "paramiko"
    if not shutil.which("ssh"):
        pytest.skip("there is no ssh")
    monkeypatch.setitem(sys.modules, "docker_tor.netconf.paramiko_transport", None)
    return "auto"


@pytest.fixture(params=["auto", "paramiko"])
def way(request):
    """What `Login.transport` says, if paramiko may have to try in the end."""
    return request.param


@pytest.fixture
def switch():
    with Switch() as started:
        yield started


def login(switch, transport="auto", **changed):
    known = Login(switch.host, switch.port, "admin", "password", switch.host_key, transport)
    return known._replace(**changed)


def use(login, timeout=30.0):
    with open_session(login, timeout=timeout) as session:
        return session.get_config(ALL)


@pytest.mark.parametrize("we", [False, True])
@pytest.mark.parametrize("they", [False, True])
def test_reads_and_edits(transport, we, they):
    """With NETCONF 1.0, whichever of us offers 1.1, too, and with 1.1 if both do."""
    with Switch(base_1_1=they) as switch:
        for _ in range(3):
            with open_session(login(switch, transport), first=[ALL], base_1_1=we) as session:
                session.get_config(ALL)
                session.edit_config(payloads.vlan(112, "x" * 30))
                assert session._client._messages.chunked is (we and they)
    operations = [rpc.operation for rpc in switch.rpcs]
    assert operations == ["get-config", "edit-config", "close-session"] * 3
    assert "<name>112</name>" in switch.running.xml()
    assert switch.sessions == []


def test_a_name_that_is_large_and_no_utf_8(switch, transport):
    switch.edit(payloads.vlan(112, "Buero"))
    switch.faults.rewrite = lambda sent: sent.replace(b"Buero", b"B\xfcro" + "é".encode() * 200_000)
    found = running_config.read(use(login(switch, transport)))
    assert (found[112].name, found[10].name) == ("B\ufffdro" + "é" * 200_000, "Servers")


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"drop_rpc": 1, "drop": "after"}, "the session ended in the middle of an RPC"),
        ({"half_open": True, "operations": frozenset({"edit-config"})}, "it timed out"),
    ],
)
def test_a_session_that_breaks_off(switch, transport, fault, why):
    switch.faults.set(**fault)
    with open_session(login(switch, transport)) as session:
        session._client._timeout = 0.05 if "half_open" in fault else 30.0
        with pytest.raises(SessionLost, match=why):
            session.edit_config(payloads.vlan(112))


def test_what_is_no_hello(switch, way):
    switch.faults.rewrite = lambda sent: b"Welcome!\r\n" + sent
    with pytest.raises(MalformedReply, match="text that is no hello: 'Welcome") as error:
        use(login(switch, way))
    assert error.value.where == f"127.0.0.1:{switch.port}"
    assert "banner" in error.value.remedy
    switch.faults.rewrite = lambda _sent: b""
    with pytest.raises(SwitchUnreachable, match=r"no answer within 0\.5 s"):
        use(login(switch, "paramiko"), timeout=0.5)


# Logins.


def test_a_wrong_password(switch, caplog, way):
    with caplog.at_level(logging.DEBUG):
        with pytest.raises(AuthenticationFailed, match="user 'admin'") as caught:
            use(login(switch, way, password="not the password"))
    assert (caught.value.family, bool(caught.value.where)) == ("operator", True)
    assert "not the password" not in str(caught.value) + caplog.text


def test_a_switch_that_asks_for_the_password_itself(transport, monkeypatch):
    tried = []
    real = Server.validate_password

    def validate(self, *given):
        tried.append(given)
        return real(self, *given)

    monkeypatch.setattr(Server, "validate_password", validate)
    with Switch(login_by="keyboard-interactive") as switch:
        use(login(switch, transport))
        with pytest.raises(AuthenticationFailed, match="refuses user 'admin' or the password"):
            use(login(switch, transport, password="wrong"))
    assert tried == [("admin", "password"), ("admin", "wrong")]


def test_a_switch_that_lets_nobody_in_by_password(transport):
    with Switch(login_by="publickey") as switch:
        with pytest.raises(LoginNotOffered, match=r"not log in by password: it offers publickey\."):
            use(login(switch, transport))


@pytest.mark.parametrize("further", [True, False])
def test_a_switch_that_asks_for_more_than_a_password(transport, further, monkeypatch):
    """In another question, or in two at once."""
    answered = []
    question = ("", "", "", [("Password: ", False)] * (1 if further else 2))
    monkeypatch.setattr(Server, "get_kbdint_challenge", lambda *_: question)
    monkeypatch.setattr(
        Server,
        "validate_kbdint_response",
        lambda _self, _user, said: answered.append(said) or question,
    )
    with Switch(login_by="keyboard-interactive") as switch:
        with pytest.raises(LoginNotOffered, match="it asks for more than a password"):
            use(login(switch, transport))
    assert answered == ([["password"]] if further else [])


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"return_value": ["publickey"]}, LoginNotOffered),
        ({"side_effect": paramiko.AuthenticationException("it was cut off")}, SwitchUnreachable),
    ],
)
def test_a_password_that_does_not_decide(switch, answer, kind):
    """A second factor is wanted, or the login breaks off: neither means that it is denied."""
    with mock.patch.object(paramiko.Transport, "auth_password", **answer):
        with pytest.raises(kind):
            use(login(switch, "paramiko"))


# Host keys.


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256"])
def test_host_keys_of_every_kind_are_shown_and_pinned_or_known(kind, monkeypatch, tmp_path):
    key, other = (asyncssh.generate_private_key(kind) for _ in range(2))
    key.write_private_key(str(tmp_path / "key"))
    other = other.export_public_key().decode().strip()
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".ssh").mkdir()
    known_hosts = tmp_path / ".ssh" / "known_hosts"
    with Switch(host_key_file=str(tmp_path / "key")) as switch:
        assert switch.host_key.startswith(kind)
        for asked in ("", kind):
            shown = hostkey.fetch(switch.host, switch.port, timeout=20, kind=asked)
            assert shown == switch.host_key
        assert hostkey.fingerprint(shown) == key.get_fingerprint("sha256")
        for way in ("auto", "paramiko"):
            known_hosts.unlink(missing_ok=True)
            for pinned in (switch.host_key, "ignore"):
                use(login(switch, way, host_key=pinned))
            for pinned, why in ((other, "does not show the configured"), ("", "is not known")):
                with pytest.raises(HostKeyRejected, match=why):
                    use(login(switch, way, host_key=pinned))
            known_hosts.write_text(f"[127.0.0.1]:{switch.port} {switch.host_key}\n")
            use(login(switch, way, host_key=""))
            known_hosts.write_text(f"[127.0.0.1]:{switch.port} {other}\n")
            with pytest.raises(HostKeyRejected):
                use(login(switch, way, host_key=""))


def test_a_key_of_another_type_than_the_switch_has(switch):
    with pytest.raises(HostKeyRejected, match="no SSH host key of the type ssh-rsa") as caught:
        hostkey.fetch(switch.host, switch.port, timeout=20, kind="ssh-rsa")
    assert caught.value.where == f"127.0.0.1:{switch.port}"
    assert "at the switch's console" in caught.value.remedy


# Where there is no switch.


def test_a_switch_that_is_away(switch, way):
    switch.stop()
    for ask in (
        lambda: use(login(switch, way, host_key="ignore")),
        lambda: hostkey.fetch(switch.host, switch.port, timeout=20),
    ):
        with pytest.raises(SwitchUnreachable, match="Connection refused") as caught:
            ask()
        assert caught.value.where == f"127.0.0.1:{switch.port}"


@contextlib.contextmanager
def listener(answer):
    """A server that is no switch: it sends this to whoever connects, and waits for the end."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        def serve():
            with contextlib.suppress(OSError):  # at the end nobody listens any more
                while True:
                    peer, _ = listening.accept()
                    with peer, contextlib.suppress(ConnectionError):
                        peer.sendall(answer)
                        while peer.recv(4096):
                            pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield Login("127.0.0.1", listening.getsockname()[1], "admin", "p", "ignore")
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"HTTP/1.0 400 Bad Request\r\n\r\n" * 200, "no NETCONF session"),
        (b"", r"no NETCONF session: no answer within 0\.2 s"),
        (b"SSH-2.0-silent\r\n", r"no NETCONF session: no answer within 0\.2 s"),
    ],
)
def test_a_server_that_speaks_no_ssh_or_falls_silent(answer, why, way, caplog):
    with listener(answer) as stranger:
        with pytest.raises(SwitchUnreachable, match=why):
            use(stranger._replace(transport=way), timeout=0.2)
        caplog.clear()
        with pytest.raises(SwitchUnreachable, match="no SSH server answers"):
            hostkey.fetch(stranger.host, stranger.port, timeout=0.2)
    assert caplog.text == ""
