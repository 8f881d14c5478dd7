"""What is sent before the switch has answered: the round trips that saves, and that nothing else is
other than without it.

Round trips are counted by a switch that says nothing until it has all that its next turn is to
bring: a client that waits for an answer in between waits in vain, and its action fails.
"""

import shutil
import sys

import pytest

pytest.importorskip("asyncssh", reason="the lab's switch simulator needs asyncssh")
if not shutil.which("ssh"):
    pytest.skip("there is no ssh", allow_module_level=True)

from docker_tor.actions import edit, segments, show_ve
from records import no_keys
from test_actions import CHAIN

from lab.switch import Switch, payloads, server

NAME = "Docker Network"
READ, EDIT, CLOSE = "get-config", "edit-config", "close-session"
PORT = "TenGigabitEthernet 21/0/1"
LOOK = {"rbridge_id": 21, "subnet": "172.16.112.1/24"}


@pytest.fixture(autouse=True)
def no_connection_of_others(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))


@pytest.fixture
def switch():
    with Switch() as started:
        yield started


def raw(switch):
    known = {"username": "admin", "password": "password", "host_key": switch.host_key}
    entry = {"name": "vdx", "host": switch.host, "port": switch.port, "rbridge_id": 21, **known}
    return {"switches": [entry]}


def operations(switch):
    return [rpc.operation for rpc in switch.rpcs]


@pytest.fixture
def turns(monkeypatch):
    """How many messages each turn of the next session has; a session by paramiko is an error."""
    monkeypatch.setitem(sys.modules, "docker_tor.netconf.paramiko_transport", None)
    left = []

    class Reticent(server.Channel):
        """It answers a turn's messages only once it has all of them, and its hello goes out with
        the first."""

        async def netconf(self, session, stdin, stdout):
            self._turn = []
            await self._wait(session, stdin)
            await super().netconf(session, stdin, stdout)

        async def message(self, session, stdin):
            if not self._turn:
                await self._wait(session, stdin)
            return self._turn.pop(0)

        async def _wait(self, session, stdin):
            while not left or len(self._turn) < left[0]:
                self._turn.append(await super().message(session, stdin))
            left.pop(0)

    monkeypatch.setattr(server, "Channel", Reticent)
    return left


@pytest.mark.parametrize(
    ("given", "said", "changed"),
    [
        # The hello and the read; the edit; the farewell.
        ({"name": "113"}, [2, 1, 1], True),
        # The look at the whole segment is the edit's own read.
        ({"name": "113", **LOOK}, [2, 1, 1], True),
        # And the ports'.
        ({"name": "113", **LOOK, "ports": [PORT]}, [3, 1, 1], True),
        ({"name": "112"}, [2, 1], False),
        ({"name": "113", **LOOK, "delete_vlan": True}, [2, 1], False),
        # Somebody else's.
        ({"name": "10"}, [2, 1], None),
        ({"name": "10", **LOOK}, [2, 1], None),
    ],
)
def test_the_turns_of_an_edit(switch, turns, given, said, changed):
    switch.edit(payloads.vlan(112, NAME))
    turns[:] = said
    nothing = dict.fromkeys(("port", "username", "password", "vlan_name"))
    given = {"host": "vdx", **nothing, **given}
    succeeded, result = edit.run_edit(raw(switch), CHAIN[0][0], given)
    assert (succeeded, turns) == (changed is not None, []), result
    assert result["changed"] is bool(changed)
    edits = [EDIT] if changed else []
    assert operations(switch) == [*[READ] * (said[0] - 1), *edits, CLOSE]


def test_the_first_read_of_a_ve(switch, turns):
    turns[:] = [2, 1]
    done, result = show_ve.run(raw(switch), {"vlan": 112}, no_keys())
    assert (done, turns) == (True, []), result


def test_the_ports_are_read_with_the_segment_and_after_their_edit(switch, turns):
    switch.edit(*payloads.segment(21, 112, "172.16.112.1/24", NAME))
    turns[:] = [3, 1, 1, 1]
    segment = {"vlan": 112, "rbridge": 21, "addresses": ["172.16.112.1/24"], "ports": [PORT]}
    given = {"host": "vdx", "segments": [segment]}
    done, result = segments.apply(raw(switch), given, lambda _name: None, no_keys())
    assert (done, result["changed"], turns) == (True, True, []), result
    assert operations(switch) == [READ, READ, EDIT, READ, CLOSE]
