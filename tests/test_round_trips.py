"""What is sent before the switch has answered: the round trips that saves, and that nothing else is
other than without it.

Round trips are counted by a switch that says nothing until it has all that its next turn is to
bring: a client that waits for an answer in between waits in vain, and its action fails.
"""

import os
import shutil
import sys
from pathlib import Path

import pytest

pytest.importorskip("asyncssh", reason="the lab's switch simulator needs asyncssh")
if not shutil.which("ssh"):
    pytest.skip("there is no ssh", allow_module_level=True)

from docker_tor.actions import edit, segments, show_ve
from records import no_keys
from test_actions import CHAIN

from lab.switch import Switch, payloads, server

NAME = "Docker Network"
READ, EDIT, CLOSE, SAVE = "get-config", "edit-config", "close-session", "bna-config-cmd"
MAKE_VLAN, GLOBAL_SHUT = CHAIN[0], CHAIN[-1]
PORT = "TenGigabitEthernet 21/0/1"
LOOK = {"rbridge_id": 21, "subnet": "172.16.112.1/24"}


@pytest.fixture(autouse=True)
def no_connection_of_others(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))


@pytest.fixture(autouse=True)
def no_process_is_left():
    before = children()
    yield
    assert children() <= before


def children():
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


@pytest.fixture
def switch():
    with Switch() as started:
        yield started


def raw(switch, **more):
    known = {"username": "admin", "password": "password", "host_key": switch.host_key}
    entry = {"name": "vdx", "host": switch.host, "port": switch.port, "rbridge_id": 21, **known}
    return {"switches": [{**entry, **more.pop("entry", {})}], **more}


def run_edit(switch, name, given, config=None):
    nothing = dict.fromkeys(("port", "username", "password"))
    if "vlan" in name and "ve_" not in name:
        nothing["vlan_name"] = None
    return edit.run_edit(config or raw(switch), name, {"host": "vdx", **nothing, **given})


def operations(switch):
    return [rpc.operation for rpc in switch.rpcs]


@pytest.fixture
def turns(monkeypatch):
    """How many messages each turn of the next session has; a session by paramiko is an error."""
    monkeypatch.setitem(sys.modules, "docker_tor.netconf.paramiko_transport", None)
    left = []

    class Reticent(server.Netconf):
        """It answers a turn's messages only once it has all of them, and its hello goes out with
        the first."""

        async def talk(self):
            self._turn = []
            await self._wait()
            await super().talk()

        async def message(self):
            if not self._turn:
                await self._wait()
            return self._turn.pop(0)

        async def _wait(self):
            while not left or len(self._turn) < left[0]:
                self._turn.append(await super().message())
            left.pop(0)

    monkeypatch.setattr(server, "Netconf", Reticent)
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
    succeeded, result = run_edit(switch, MAKE_VLAN[0], given)
    assert (succeeded, turns) == (changed is not None, []), result
    assert result["changed"] is bool(changed)
    edits = [EDIT] if changed else []
    assert operations(switch) == [*[READ] * (said[0] - 1), *edits, CLOSE]


@pytest.mark.parametrize("save", [False, True])
def test_what_may_have_to_be_saved_keeps_the_session(switch, turns, save):
    config = raw(switch, save_config=save)
    turns[:] = [2, 1, 1, 1, 1] if save else [2, 1, 1]
    given = {"gve_name": "10", "before": None}
    succeeded, result = run_edit(switch, GLOBAL_SHUT[0], given, config)
    assert (succeeded, result.get("changed"), turns) == (True, True, []), result
    saves = [f"{SAVE}", f"{SAVE}-status"] if save else []
    assert operations(switch) == [READ, EDIT, *saves, CLOSE]


def test_the_first_read_of_whole_segments(switch, turns):
    segment = {"vlan": 112, "rbridge": 21, "addresses": ["172.16.112.1/24"]}
    given = {"host": "vdx", "segments": [segment], "dry_run": True}
    for run in (
        lambda: segments.apply(raw(switch), given, lambda _name: None, no_keys()),
        lambda: show_ve.run(raw(switch), {"vlan": 112}, no_keys()),
    ):
        turns[:] = [2, 1]
        done, result = run()
        assert (done, turns) == (True, []), result


def apply_one(switch, *addresses, **more):
    segment = {"vlan": 112, "rbridge": 21, "addresses": [*addresses], **more}
    given = {"host": "vdx", "segments": [segment]}
    return segments.apply(raw(switch), given, lambda _name: None, no_keys())


def test_the_ports_are_read_with_the_segment_and_after_their_edit(switch, turns):
    switch.edit(*payloads.segment(21, 112, "172.16.112.1/24", NAME))
    turns[:] = [3, 1, 1, 1]
    done, result = apply_one(switch, "172.16.112.1/24", ports=[PORT])
    assert (done, result["changed"], turns) == (True, True, []), result
    assert operations(switch) == [READ, READ, EDIT, READ, CLOSE]


def test_a_segment_goes_step_by_step(switch, turns):
    turns[:] = [2, *[1] * 6, 1, 1]
    addresses = ["172.16.112.1/24", "172.16.212.1/24", "fd00:112::1/64"]
    done, result = apply_one(switch, *addresses)
    assert (done, result["changed"], turns) == (True, True, []), result
    # Both IPv4 addresses are one edit.
    assert operations(switch) == [READ, *[EDIT] * 6, READ, CLOSE]
    assert "Ve 112" in switch.cli("show ip int brief")
