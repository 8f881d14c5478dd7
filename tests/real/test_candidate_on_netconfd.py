"""NETCONF 1.1 with a real NETCONF server, netconfd, over a connection that is kept and by paramiko:
its chunks are ours."""

from pathlib import Path
from typing import Iterator

import pytest
from docker_tor.config.credentials import Login
from docker_tor.netconf.session import open_session
from docker_tor.switch.nos import running_config

from lab.real.netconfd import Netconfd, missing
from lab.switch import payloads

from .parts import need


@pytest.fixture(scope="module")
def server() -> Iterator[Netconfd]:
    need(missing())
    with Netconfd(base_1_1=True) as running:
        yield running


@pytest.fixture(params=["auto", "paramiko"])
def login(
    server: Netconfd,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Login:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    known = (server.host, server.port, server.username, server.password, server.host_key)
    return Login(*known, transport=request.param)


@pytest.mark.parametrize("we", [False, True])
def test_both_framings(server: Netconfd, login: Login, we: bool) -> None:
    server.clear()
    name = "ü" * 16
    # A netconfd that offers 1.1 does not answer what arrives together with a hello of 1.0 alone.
    first = [running_config.survey()] if we else []
    with open_session(login, first=first, base_1_1=we) as session:
        assert running_config.read(session.get_config(running_config.survey())) == {}
        for vlan in range(2, 300, 50):
            session.edit_config(payloads.vlan(vlan, name))
        found = running_config.read(session.get_config(running_config.survey()))
        assert session._client._messages.chunked is we
    assert {vlan: one.name for vlan, one in found.items()} == dict.fromkeys(range(2, 300, 50), name)
