"""NETCONF 1.1 and a candidate at a real NETCONF server, netconfd, by OpenSSH and by paramiko.

NOS has neither; its model is what there is to edit.
"""

import contextlib
from pathlib import Path
from typing import Iterator

import pytest

pytest.importorskip("ncclient", reason="the server is looked at with ncclient")

from docker_tor.common.errors import SessionLost
from docker_tor.netconf import candidate, xml
from docker_tor.netconf.session import Session, open_session
from docker_tor.switch import edit, model
from docker_tor.switch.nos import running_config
from ncclient.transport import session as ncclient_session
from ves import ve

from lab.real.netconfd import Netconfd, missing
from lab.switch import payloads

from .parts import need
from .test_segments_on_netconfd import ADDRESSES, NAME, PORT, apply, login, ported, segment, vlans

ALL = running_config.survey()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(candidate, "PAUSE", 0)


by_both = pytest.mark.parametrize("transport", ["auto", "paramiko"])


@by_both
def test_messages_in_chunks(transport: str) -> None:
    """What netconfd reads together with a hello it does not answer, if it offers 1.1; on a busy
    machine that may be what comes after the hello. Then there is another session."""
    need(missing())
    made = dict.fromkeys(range(2, 300, 50), "ü" * 16)
    with Netconfd(base_1_1=True) as newer:
        for more in (True, True, False):
            opened = open_session(login(newer, transport), first=[ALL], timeout=5, base_1_1=True)
            with opened as session, contextlib.suppress(*[SessionLost] * more):
                session.get_config(ALL)
                for vlan, name in made.items():
                    session.edit_config(payloads.vlan(vlan, name))
                found = running_config.read(session.get_config(ALL))
                assert session._client._messages.chunked
                break
    assert {vlan: one.name for vlan, one in found.items()} == made


@pytest.fixture(scope="module")
def started() -> Iterator[Netconfd]:
    need(missing())
    with pytest.MonkeyPatch.context() as patch, Netconfd(target="candidate") as running:
        # ncclient looks for something to send only that often: 0.1 s is most of an RPC's time.
        patch.setattr(ncclient_session, "TICK", 0.001)
        yield running


@pytest.fixture
def server(started: Netconfd) -> Netconfd:
    started.clear()
    return started


def nobody_has_a_lock(server: Netconfd) -> bool:
    """Nor has anybody left a change in the candidate."""
    with server.lock(), server.lock("candidate"):
        return True


@by_both
def test_a_segment_comes_changes_and_goes(server: Netconfd, transport: str) -> None:
    for addresses in (ADDRESSES[:1], ADDRESSES[1:]):
        for changed in (True, False):
            asked = segment(addresses=addresses)
            succeeded, result = apply(server, asked, transport=transport)
            assert (succeeded, result["changed"]) == (True, changed), result
            assert vlans(server) == {112: model.Vlan(NAME, True, {21: ve(*addresses)})}
    succeeded, result = apply(server, segment(action="destroy"), transport=transport)
    assert (succeeded, vlans(server)) == (True, {}), result
    assert nobody_has_a_lock(server)


@pytest.mark.parametrize("store", ["running", "candidate"])
def test_a_lock_of_somebody_else_is_told_and_nothing_is_done(server: Netconfd, store: str) -> None:
    with server.lock(store):
        succeeded, result = apply(server, segment())
    assert (succeeded, result["changed"], result["kind"]) == (False, False, "SwitchBusy")
    assert f"its {store} configuration is locked by session " in result["error"]
    assert vlans(server) == {}
    assert nobody_has_a_lock(server)


def test_what_somebody_has_not_committed_yet_stays_theirs(server: Netconfd) -> None:
    with open_session(login(server)) as theirs:
        theirs.edit_config(payloads.vlan(500, "half done"))
        succeeded, result = apply(server, segment())
        assert (succeeded, result["changed"], result["kind"]) == (False, False, "SwitchBusy")
        assert "the pack never discards what others have edited" in result["error"]
        theirs.commit()
    assert sorted(vlans(server)) == [500]


def test_a_refused_edit_leaves_nothing(server: Netconfd, monkeypatch: pytest.MonkeyPatch) -> None:
    payload = edit.payload
    monkeypatch.setattr(edit, "payload", lambda given: payload(given).replace("gve-", "gve_"))
    succeeded, result = apply(server, segment())
    assert (succeeded, vlans(server)) == (False, {})
    assert "unknown-element" in result["error"]
    assert "The switch is as it was" in result["message"]
    assert nobody_has_a_lock(server)


def test_vlans_of_others_on_a_port_are_not_gone_for_a_moment(server: Netconfd) -> None:
    """This server replaces what NOS adds to."""
    outcome, port = ported(server, "<add>5,7-9</add>")
    assert f"an edit of {PORT} would have removed VLANs of others" in str(outcome.error)
    assert (port.vlans, outcome.changed, vlans(server)) == ({5, 7, 8, 9}, False, {})
    assert nobody_has_a_lock(server)


@by_both
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_connection_that_is_lost_at_the_commit(
    server: Netconfd, transport: str, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    def cut(session: Session) -> None:
        if when == "after":
            session._client.ask(f'<commit xmlns="{xml.BASE}"/>')
        session._client.drop()
        session.perform("commit", takes_effect=True)

    with monkeypatch.context() as patched:
        patched.setattr(Session, "commit", cut)
        succeeded, result = apply(server, segment(), transport=transport)
    assert (succeeded, result["kind"]) == (False, "SessionLost")
    assert sorted(vlans(server)) == ([112] if when == "after" else [])
    # Before or after: who has lost the connection cannot know.
    assert result["changed"] is None
    assert nobody_has_a_lock(server)


@by_both
def test_a_server_that_is_killed_before_the_commit(
    transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    need(missing())
    edit = Session.edit_config

    def kill(session: Session, config: str) -> None:
        edit(session, config)
        server.kill()

    with Netconfd(target="candidate") as server:
        monkeypatch.setattr(Session, "edit_config", kill)
        succeeded, result = apply(server, segment(), transport=transport)
    assert (succeeded, result["kind"], result["changed"]) == (False, "SessionLost", False), result
