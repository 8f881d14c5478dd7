"""The switch over SSH, with a client on another SSH stack, and its program."""

import contextlib
from pathlib import Path
from typing import Iterator

import pytest

pytest.importorskip("lab.switch", reason="the lab's requirements are not installed")

import paramiko

from lab.switch import Switch, payloads, server
from lab.switch.core import BASE_CAPABILITIES
from lab.switch.names import BASE
from lab.switch.server import END

PACK = Path(__file__).resolve().parents[2]
HELLO = (
    f'<hello xmlns="{BASE}"><capabilities><capability>{BASE_CAPABILITIES[0]}</capability>'
    "</capabilities></hello>"
).encode() + END


def rpc(content: str, number: int = 1) -> bytes:
    return f'<rpc xmlns="{BASE}" message-id="{number}">{content}</rpc>'.encode() + END


def edit(config: str) -> bytes:
    return rpc(f"<edit-config><target><running/></target>{config}</edit-config>")


@pytest.fixture
def switch() -> Iterator[Switch]:
    with Switch() as switch:
        yield switch


@contextlib.contextmanager
def channel(port: int, subsystem: str = "") -> Iterator[paramiko.Channel]:
    transport = paramiko.Transport(("127.0.0.1", port))
    try:
        transport.connect(username="admin", password="password")
        channel = transport.open_session(timeout=10)
        channel.settimeout(10)
        if subsystem:
            channel.invoke_subsystem(subsystem)
        yield channel
    finally:
        transport.close()


def rest(channel: paramiko.Channel) -> bytes:
    """All that is sent until the other side ends it."""
    received = b""
    while data := channel.recv(65536):
        received += data
    return received


def test_who_does_not_wait_is_answered_in_order_up_to_the_farewell(switch: Switch) -> None:
    stream = b"".join(
        (
            HELLO,
            *(rpc("<commit/>", number) for number in range(100)),
            edit(payloads.vlan(112, "in time")),
            rpc("<close-session/>"),
            edit(payloads.vlan(113, "too late")),
        )
    )
    with channel(switch.port, "netconf") as peer:
        for start in range(0, len(stream), 7):
            peer.sendall(stream[start : start + 7])
        hello, *replies = rest(peer).split(END)[:-1]
    assert b"<session-id>1</session-id>" in hello
    for number, reply in enumerate(replies[:100]):
        assert f'message-id="{number}"'.encode() in reply
    assert [b"<ok/>" in reply for reply in replies[100:]] == [True, True]
    assert "in time" in switch.running.xml()
    assert "too late" not in switch.running.xml()
    assert switch.sessions == []


@pytest.mark.parametrize("rpc", [b"<rpc" + END, b"<rpc>" + b" " * server.LONGEST_MESSAGE])
def test_a_message_that_ends_the_session(switch: Switch, rpc: bytes) -> None:
    with channel(switch.port, "netconf") as peer:
        peer.sendall(HELLO + rpc)
        assert rest(peer).count(END) == 1


def test_the_end_of_input_ends_the_session_once_all_is_answered(switch: Switch) -> None:
    with channel(switch.port, "netconf") as peer:
        peer.sendall(HELLO + rpc("<commit/>") + rpc("<get/>"))
        peer.shutdown_write()
        assert rest(peer).count(END) == 3
        assert peer.recv_exit_status() == 0


def test_commands_and_a_shell_that_only_names_them(switch: Switch) -> None:
    for command, status in (("show ip int brief", 0), ("show nothing", 1)):
        with channel(switch.port) as peer:
            peer.exec_command(command)
            assert rest(peer).decode() == switch.cli(command)
            assert peer.recv_exit_status() == status
    with channel(switch.port) as peer:
        peer.get_pty()
        peer.invoke_shell()
        assert b"show running-config\r\n" in rest(peer)
