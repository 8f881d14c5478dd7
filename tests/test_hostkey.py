"""A host key, asked for without a login: of every kind, and of servers that have none to show."""

import subprocess
from shutil import which

import pytest

pytest.importorskip("asyncssh", reason="the lab's switch simulator needs asyncssh")

import asyncssh
from docker_tor.common.errors import HostKeyRejected, SwitchUnreachable
from docker_tor.netconf import hostkey
from test_transports import listener

from lab.switch import Switch


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256"])
def test_the_key_that_the_switch_has(kind, tmp_path):
    path = str(tmp_path / "key")
    asyncssh.generate_private_key(kind).write_private_key(path)
    with Switch(host_key_file=path) as switch:
        for asked in ("", kind):
            shown = hostkey.fetch(switch.host, switch.port, timeout=20, kind=asked)
            assert shown == switch.host_key
        assert switch.rpcs == []
        assert switch.sessions == []


def test_a_key_of_another_type_than_the_switch_has():
    with Switch() as switch:
        with pytest.raises(HostKeyRejected, match="no SSH host key of the type ssh-rsa"):
            hostkey.fetch(switch.host, switch.port, timeout=20, kind="ssh-rsa")


def test_a_fingerprint_is_the_one_that_openssh_shows(tmp_path):
    public = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()
    key = " ".join(public.split()[:2])
    assert hostkey.fingerprint(key) == asyncssh.import_public_key(public).get_fingerprint("sha256")
    if which("ssh-keygen"):
        (tmp_path / "key.pub").write_text(key + "\n")
        command = ["ssh-keygen", "-lf", str(tmp_path / "key.pub")]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert shown.split()[1] == hostkey.fingerprint(key)


def test_nobody_there():
    with Switch() as switch:
        port = switch.port
    with pytest.raises(SwitchUnreachable, match="Connection refused"):
        hostkey.fetch("127.0.0.1", port, timeout=20)


@pytest.mark.parametrize("answer", [b"HTTP/1.0 400 Bad Request\r\n\r\n" * 200, b""])
def test_a_server_that_speaks_no_ssh_or_falls_silent(answer, caplog):
    with listener(answer) as stranger:
        with pytest.raises(SwitchUnreachable, match="no SSH server answers"):
            hostkey.fetch(stranger.host, stranger.port, timeout=0.2)
    assert caplog.text == ""
