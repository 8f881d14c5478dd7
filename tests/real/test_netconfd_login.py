"""Logging in to the tests' NETCONF server: password, host keys, and that it leaves nothing."""

import contextlib
import pwd
import socket
from pathlib import Path
from typing import Any, Iterator, List

import paramiko
import pytest
from lxml import etree
from ncclient import manager
from ncclient.transport import AuthenticationError, SSHUnknownHostError, TransportError

from lab.real.netconfd import Netconfd, missing
from lab.real.sshd import SshdError

from .parts import need

VLAN = (
    '<interface-vlan xmlns="urn:brocade.com:mgmt:brocade-interface"><interface>'
    "<vlan><name>112</name></vlan></interface></interface-vlan>"
)


@pytest.fixture
def server() -> Iterator[Netconfd]:
    need(missing())
    with Netconfd() as running:
        yield running


def connect(server: Netconfd, host_key: str, **others: Any) -> Any:
    """An ncclient manager for a server whose host key has to be this one."""
    login = {"username": server.username, "password": server.password, **others}
    return manager.connect_ssh(
        host=server.host,
        port=server.port,
        hostkey_b64=host_key.split()[1],
        allow_agent=False,
        look_for_keys=False,
        timeout=20,
        **login,
    )


def test_the_password_lets_in_and_any_other_is_refused(server: Netconfd) -> None:
    with connect(server, server.host_key) as session:
        assert session.connected
    for wrong in ({"password": "x" + server.password}, {"password": ""}, {"username": "root"}):
        with pytest.raises(AuthenticationError, match=r"'Authentication failed\.'"):
            connect(server, server.host_key, **wrong)


def test_its_host_keys_are_the_ones_it_shows(server: Netconfd) -> None:
    for key, algorithm in ((server.host_key, "ssh-ed25519"), (server.host_key_rsa, "rsa-sha2-512")):
        with socket.create_connection((server.host, server.port), 20) as peer:
            transport = paramiko.Transport(peer)
            try:
                transport.get_security_options().key_types = (algorithm,)
                transport.start_client(timeout=20)
                shown = transport.get_remote_server_key()
            finally:
                transport.close()
        assert f"{shown.get_name()} {shown.get_base64()}" == key


def test_a_changed_host_key_is_another_and_ends_the_sessions(server: Netconfd) -> None:
    old, port = server.host_key, server.port
    server.edit(VLAN)
    before = etree.tostring(server.running())
    session = connect(server, old)
    try:
        server.change_host_key()
        with pytest.raises(TransportError):
            session.get_config(source="running")
    finally:
        session._session.close()
    assert server.port == port
    assert server.host_key != old
    with pytest.raises(SSHUnknownHostError):
        connect(server, old)
    with connect(server, server.host_key) as again:
        assert again.connected
    assert etree.tostring(server.running()) == before


def test_nothing_is_left_of_it() -> None:
    need(missing())
    server = Netconfd()
    with server:
        assert pwd.getpwnam(server.username).pw_shell == "/bin/sh"
        assert running_in(server.folder)
        port = server.port
        # A session that nobody has closed ends, too.
        lost = connect(server, server.host_key)
    lost._session.close()
    assert_gone(server)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((server.host, port), 20)
    server.close()


def test_nothing_is_left_where_the_start_fails() -> None:
    need(missing())
    server = Netconfd(sshd_options=["NoSuchKeyword yes"])
    with pytest.raises(SshdError, match="NoSuchKeyword"), server:
        pytest.fail("sshd took a keyword that it does not have")
    assert_gone(server)


def assert_gone(server: Netconfd) -> None:
    assert not server.folder.exists()
    assert not running_in(server.folder)
    with pytest.raises(KeyError):
        pwd.getpwnam(server.username)


def running_in(folder: Path) -> List[str]:
    """The command lines of processes that name the folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            command = entry.read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            if str(folder) in command:
                found.append(command)
    return found
