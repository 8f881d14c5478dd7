"""A NETCONF session with a switch that is well, ill, hostile or away: the lab's simulator.

All of it by OpenSSH and by paramiko: the same results, the same errors.
"""

import contextlib
import logging
import re
import shutil
import socket
import sys
import threading

import pytest

pytest.importorskip("asyncssh", reason="the lab's switch simulator needs asyncssh")

from docker_tor.common.errors import (
    AuthenticationFailed,
    HostKeyRejected,
    LoginNotOffered,
    MalformedReply,
    SessionLost,
    SwitchBusy,
    SwitchNotReady,
    SwitchRefused,
    SwitchUnreachable,
)
from docker_tor.config.credentials import Login
from docker_tor.netconf import rpc_errors, xml
from docker_tor.netconf.session import MOST_WARNINGS, open_session
from docker_tor.switch.nos import running_config

from lab.switch import Switch
from lab.switch.server import Server

OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0hZ1zDqtq1YvKMTXVyJGVwz6mFvZ3cBWs0qCkWz2fU"
NC = "urn:ietf:params:xml:ns:netconf:base:1.0"
I = "urn:brocade.com:mgmt:brocade-interface"  # noqa: E741  # the YANG prefix of the guides


def vlan_config(vlan=112, operation=""):
    mark = f' nc:operation="{operation}"' if operation else ""
    return (
        f'<nc:config xmlns:nc="{NC}"><interface-vlan xmlns="{I}"><interface><vlan{mark}>'
        f"<name>{vlan}</name></vlan></interface></interface-vlan></nc:config>"
    )


ALL = f'<nc:filter xmlns:nc="{NC}" type="subtree"><interface-vlan xmlns="{I}"/></nc:filter>'


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
    """What `Login.transport` says, where the login may have to be by paramiko in the end."""
    return request.param


@pytest.fixture
def switch():
    with Switch() as started:
        yield started


def login(switch, transport="auto", **changed):
    known = Login(switch.host, switch.port, "admin", "password", switch.host_key, transport)
    return known._replace(**changed)


def test_reads_and_edits(switch, transport):
    with open_session(login(switch, transport)) as session:
        session.edit_config(vlan_config())
        vlans = session.get_config(ALL).findall(f".//{{{I}}}vlan/{{{I}}}name")
    assert "112" in [vlan.text for vlan in vlans]
    assert [rpc.operation for rpc in switch.rpcs] == ["edit-config", "get-config", "close-session"]


def test_no_session_is_left_behind(switch, transport):
    for _ in range(20):
        with open_session(login(switch, transport)):
            pass
    with pytest.raises(SwitchRefused), open_session(login(switch, transport)) as session:
        session.edit_config(vlan_config(operation="delete"))
    assert switch.sessions == []


def test_the_errors_tag_is_kept(switch, transport):
    with open_session(login(switch, transport)) as session:
        with pytest.raises(SwitchRefused) as caught:
            session.edit_config(vlan_config(operation="delete"))
        assert caught.value.tag == "data-missing"
        assert str(caught.value).startswith(
            f"127.0.0.1:{switch.port}: the switch refused: data-missing"
        )


def test_several_errors_in_one_reply(switch, transport):
    switch.faults.set(multi_error=True, operations=frozenset({"edit-config"}))
    with open_session(login(switch, transport)) as session:
        with pytest.raises(SwitchRefused) as caught:
            session.edit_config(vlan_config())
    assert "the first of two" in str(caught.value)
    assert "the second of two" in str(caught.value)


@pytest.mark.parametrize(
    "state",
    [
        "NODE_IS_NOT_READY",
        "CLUSTER_FORMATION_IS_IN_PROGRESS",
        "NODE_IS_ZEROIZED",
        "WAVE_FRAMEWORK_STATE_CLUSTER_FORMATION",
    ],
)
def test_a_switch_that_is_starting(switch, state, transport):
    switch.faults.set(transient=state, transient_rpcs=1)
    with open_session(login(switch, transport)) as session:
        with pytest.raises(SwitchNotReady, match=state) as caught:
            session.edit_config(vlan_config())
        session.edit_config(vlan_config())
    assert caught.value.family == "transient"


def test_a_lock_that_another_session_holds(switch, transport):
    switch.faults.locked_by_other = True
    with open_session(login(switch, transport)) as session:
        with pytest.raises(SwitchBusy, match="in-use"):
            session.edit_config(vlan_config())


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_session_that_is_dropped(switch, moment, transport):
    switch.faults.set(drop_rpc=1, drop=moment)
    with pytest.raises(SessionLost, match="the session ended in the middle of an RPC"):
        with open_session(login(switch, transport)) as session:
            session.edit_config(vlan_config())
    assert ("<name>112</name>" in switch.running.xml()) is (moment == "after")


def test_a_switch_that_never_answers(switch, transport):
    switch.faults.half_open = True
    with pytest.raises(SessionLost, match="timed out"):
        with open_session(login(switch, transport), timeout=1.0) as session:
            session.edit_config(vlan_config())


def test_a_session_that_fell_silent_is_asked_nothing_more_whatever_the_error_becomes(switch):
    switch.faults.set(half_open=True, operations=frozenset({"edit-config"}))

    def edit_and_fail():
        with open_session(login(switch), timeout=0.5) as session:
            try:
                session.edit_config(vlan_config())
            except SessionLost:
                raise KeyError from None

    with pytest.raises(KeyError):
        edit_and_fail()
    assert "close-session" not in [rpc.operation for rpc in switch.rpcs]


def test_a_reply_that_is_not_xml(switch, transport):
    switch.faults.reply_garbage = True
    with open_session(login(switch, transport)) as session:
        with pytest.raises(MalformedReply, match="the reply is not XML"):
            session.get_config(ALL)


def laughs(sent):
    (answered,) = re.findall(rb'message-id="[^"]*"', sent)
    entities = b'<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">'
    return b"<!DOCTYPE rpc-reply [%s]><rpc-reply xmlns='%s' %s>&c;</rpc-reply>]]>]]>" % (
        entities,
        xml.BASE.encode(),
        answered,
    )


def test_a_reply_with_entities_that_grow(switch, transport):
    with open_session(login(switch, transport)) as session:
        switch.faults.rewrite = laughs
        with pytest.raises(MalformedReply):
            session.get_config(ALL)


def test_a_reply_without_end(switch, monkeypatch, transport):
    with open_session(login(switch, transport)) as session:
        monkeypatch.setattr("docker_tor.netconf.framing.LARGEST", 100)
        with pytest.raises(MalformedReply, match="a reply is larger than 0 MiB"):
            session.get_config(ALL)


WARNING = (
    b"<rpc-error><error-tag>operation-failed</error-tag><error-severity>warning</error-severity>"
    b"<error-message>%s</error-message></rpc-error>"
)


def test_what_the_switch_only_warns_of_stands(switch, transport):
    switch.faults.rewrite = lambda sent: sent.replace(b"<ok/>", WARNING % b"mind \x07{{ the }} gap")
    with open_session(login(switch, transport)) as session:
        session.edit_config(vlan_config())
        assert session.edit_configs([vlan_config(113), vlan_config(114)]) == [None, None]
        session.get_config(ALL)
        told = "operation-failed: mind \ufffd{ { the }} gap"
        assert session.warnings == [told]
    assert [f"<name>{vlan}</name>" in switch.running.xml() for vlan in (112, 113, 114)] == [
        True
    ] * 3


def test_warnings_beside_errors_refuse_and_those_kept_are_bounded(switch, transport):
    with open_session(login(switch, transport)) as session:
        both = WARNING % b"w" + WARNING.replace(b"warning", b"error") % b"e"
        switch.faults.rewrite = lambda sent: sent.replace(b"<ok/>", both)
        with pytest.raises(SwitchRefused, match="the switch refused: operation-failed: e"):
            session.edit_config(vlan_config())
        assert session.warnings == []
        many = b"".join(WARNING % b"%d" % n for n in range(99))
        switch.faults.rewrite = lambda sent: sent.replace(b"<ok/>", many)
        session.edit_config(vlan_config())
        assert len(session.warnings) == MOST_WARNINGS


def test_a_read_that_only_warns_has_no_data(switch, transport):
    switch.faults.rewrite = lambda sent: re.sub(
        b"<data.*</data>", WARNING % b"no", sent, flags=re.S
    )
    with open_session(login(switch, transport)) as session:
        with pytest.raises(MalformedReply, match="holds no data"):
            session.get_config(ALL)


@pytest.mark.parametrize("bare", ["all", "error"])
def test_an_error_without_a_namespace_is_told(switch, transport, bare):
    old, new = (BASE, b"") if bare == "all" else (b"<rpc-error>", b'<rpc-error xmlns="">')
    with open_session(login(switch, transport)) as session:
        switch.faults.rewrite = lambda sent: sent.replace(old, new)
        with pytest.raises(SwitchRefused, match="data-missing: vlan 112 does not exist") as refused:
            session.edit_config(vlan_config(operation="delete"))
        assert refused.value.tag == "data-missing"
        switch.faults.rewrite = None
        session.edit_config(vlan_config())


BASE = f' xmlns="{NC}"'.encode()


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (b"B\xfcro", "B\ufffdro"),
        (b"B\x00\x0bro", "B\ufffd\ufffdro"),
        (b"B&#11;&#x0;ro", "B\ufffd\ufffdro"),
        (b"B&#xD800;&#4294967296;ro", "B\ufffd\ufffdro"),
        (b"B\xef\xbf\xbf\xed\xa0\x80ro", "B\ufffd\ufffd\ufffd\ufffdro"),
        ("Büro".encode(), "Büro"),
        (b"B&#252;&#xfc;&amp;ro", "Büü&ro"),
    ],
)
def test_a_byte_that_no_xml_may_hold_costs_no_more_than_itself(switch, transport, sent, shown):
    switch.edit(vlan_config(112).replace("</vlan>", "<vlan-name>Buero</vlan-name></vlan>"))
    switch.faults.rewrite = lambda message: message.replace(b"Buero", sent)
    with open_session(login(switch, transport)) as session:
        found = running_config.read(session.get_config(running_config.names()))
    assert (found[112].name, found[10].name) == (shown, "Servers")


def test_characters_that_a_read_cuts_in_two(switch, transport):
    """ncclient reads 4,096 bytes at a time; an odd number of bytes comes before the name."""
    long = "é" * 20000
    switch.edit(vlan_config(112).replace("</vlan>", "<vlan-name>Buero</vlan-name></vlan>"))
    for before in (b"", b" "):
        switch.faults.rewrite = lambda sent, pad=before: pad + sent.replace(b"Buero", long.encode())
        with open_session(login(switch, transport)) as session:
            assert running_config.read(session.get_config(running_config.names()))[112].name == long


def test_text_before_the_hello_is_told_with_what_to_do(switch, way):
    switch.faults.rewrite = lambda sent: b"Welcome!\r\n{{ x }}\x1b[2J" + sent
    with pytest.raises(
        MalformedReply, match="begins with text that is no hello: 'Welcome"
    ) as error:
        with open_session(login(switch, way)):
            pytest.fail("there is a session")
    assert error.value.where == f"127.0.0.1:{switch.port}"
    assert "banner" in error.value.remedy
    assert "{{" not in str(error.value)


@contextlib.contextmanager
def letting_in_by(method):
    with Switch(login_by=method) as started:
        yield started


def test_a_switch_that_asks_for_the_password_itself(transport):
    with letting_in_by("keyboard-interactive") as switch:
        with open_session(login(switch, transport)) as session:
            session.edit_config(vlan_config())
        assert "<name>112</name>" in switch.running.xml()


def test_a_switch_that_asks_itself_and_denies(transport, monkeypatch):
    tried = []
    monkeypatch.setattr(Server, "validate_password", lambda _self, *given: tried.append(given))
    with letting_in_by("keyboard-interactive") as switch:
        with pytest.raises(AuthenticationFailed, match="refuses user 'admin' or the password"):
            with open_session(login(switch, transport, password="wrong")):
                pytest.fail("there is a session")
    assert tried == [("admin", "wrong")]


def test_a_switch_that_lets_nobody_in_by_password(transport):
    with letting_in_by("publickey") as switch:
        with pytest.raises(LoginNotOffered, match=r"not log in by password: it offers publickey\."):
            with open_session(login(switch, transport)):
                pytest.fail("there is a session")


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
    with letting_in_by("keyboard-interactive") as switch:
        with pytest.raises(LoginNotOffered, match="it asks for more than a password"):
            with open_session(login(switch, transport)):
                pytest.fail("there is a session")
    assert answered == ([["password"]] if further else [])


def test_a_switch_that_does_not_answer_the_farewell(switch, transport):
    switch.faults.set(half_open=True, operations=frozenset({"close-session"}))
    with open_session(login(switch, transport), timeout=1.0) as session:
        session.edit_config(vlan_config())
    assert "<name>112</name>" in switch.running.xml()


def test_no_session_is_free(switch, way):
    switch.faults.refuse_sessions = True
    with pytest.raises(SwitchUnreachable, match="no NETCONF session"):
        with open_session(login(switch, way)):
            pass


def test_a_wrong_password(switch, caplog, way):
    with caplog.at_level(logging.DEBUG):
        with pytest.raises(AuthenticationFailed) as caught:
            with open_session(login(switch, way, password="not the password")):
                pass
    assert "user 'admin'" in str(caught.value)
    assert caught.value.family == "operator"
    assert "not the password" not in str(caught.value) + caplog.text


@pytest.mark.parametrize("key", [OTHER_KEY, ""])
def test_a_host_key_that_is_not_the_known_one(switch, key, monkeypatch, tmp_path, way):
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(HostKeyRejected) as caught:
        with open_session(login(switch, way, host_key=key)):
            pass
    assert ("does not show the configured" in str(caught.value)) is bool(key)
    assert switch.rpcs == []


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ssh-rsa"])
def test_a_host_key_in_known_hosts(kind, monkeypatch, tmp_path, way):
    import asyncssh

    path = str(tmp_path / "key")
    asyncssh.generate_private_key(kind).write_private_key(path)
    (tmp_path / ".ssh").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    with Switch(host_key_file=path) as switch:
        line = f"[127.0.0.1]:{switch.port} {switch.host_key}\n"
        (tmp_path / ".ssh" / "known_hosts").write_text(line)
        with open_session(login(switch, way, host_key="")) as session:
            session.get_config(ALL)
        other = asyncssh.generate_private_key(kind).export_public_key().decode()
        (tmp_path / ".ssh" / "known_hosts").write_text(f"[127.0.0.1]:{switch.port} {other}\n")
        with pytest.raises(HostKeyRejected), open_session(login(switch, way, host_key="")):
            pass


def test_host_keys_are_ignored_only_where_the_operator_says_so(switch, transport):
    with open_session(login(switch, transport, host_key="ignore")) as session:
        session.get_config(ALL)


def test_a_switch_that_is_away(way):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    away = Login("127.0.0.1", port, "admin", "password", "ignore", way)
    with pytest.raises(SwitchUnreachable, match="Connection refused"):
        with open_session(away):
            pass


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


def test_a_server_that_speaks_no_ssh(way):
    with listener(b"HTTP/1.0 400 Bad Request\r\n\r\n" * 200) as stranger:
        with pytest.raises(SwitchUnreachable, match="no NETCONF session"):
            with open_session(stranger._replace(transport=way), timeout=1.0):
                pass


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-silent\r\n"])
def test_a_server_that_falls_silent_holds_nobody_past_the_timeout(answer, way):
    with listener(answer) as silent:
        with pytest.raises(SwitchUnreachable, match=r"no answer within 0\.5 s"):
            with open_session(silent._replace(transport=way), timeout=0.5):
                pass


@pytest.mark.parametrize("kind", ["ssh-rsa", "ecdsa-sha2-nistp256"])
def test_host_keys_of_every_kind_are_pinned(kind, tmp_path, way):
    import asyncssh

    path = str(tmp_path / "key")
    asyncssh.generate_private_key(kind).write_private_key(path)
    with Switch(host_key_file=path) as switch:
        assert switch.host_key.startswith(kind)
        with open_session(login(switch, way)) as session:
            session.get_config(ALL)
        other = asyncssh.generate_private_key(kind).export_public_key().decode().strip()
        with pytest.raises(HostKeyRejected), open_session(login(switch, way, host_key=other)):
            pass


def test_a_login_shows_no_password(switch):
    assert "password" not in repr(login(switch))
    assert str(login(switch)) == f"127.0.0.1:{switch.port}"


def test_access_denied_is_for_the_operator():
    denied = rpc_errors.RpcError("access-denied", "", "no role", "/x")
    refusal = rpc_errors.error([denied], "tor1:22")
    assert isinstance(refusal, AuthenticationFailed)
    assert "access-denied: no role (/x)" in str(refusal)


class Scripted:
    """A peer that answers so, whatever it is asked."""

    capabilities = ()

    def __init__(self, answer):
        self.answer = answer
        self.asked = []
        self.dropped = False

    def ask(self, operation, *_then):
        self.asked.append(operation)
        return xml.parse(f'<rpc-reply xmlns="{NC}">{self.answer}</rpc-reply>')

    def drop(self):
        self.dropped = True


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda session: session.get_config(ALL), "holds no data"),
        (lambda session: session.edit_config(vlan_config()), "neither ok nor an error"),
    ],
)
def test_a_reply_without_its_part_ends_the_session_without_another_word(ask, said):
    peer = Scripted("")
    nowhere = Login("h", 22, "u", "p", "")
    with open_session(nowhere, connect=lambda *_args: peer) as session:
        with pytest.raises(MalformedReply, match=said):
            ask(session)
    assert len(peer.asked) == 1
    assert peer.dropped


@pytest.mark.parametrize("last", ["<ok/>", "<rpc-error><error-tag>in-use</error-tag></rpc-error>"])
def test_what_became_of_edits_sent_along_with_one_that_may_pass_is_asked(last):
    """They are on their way, and the switch still says what it did with them."""
    nowhere = Login("h", 22, "u", "p", "")
    peer = Scripted("<rpc-error><error-tag>in-use</error-tag></rpc-error>")

    class Later(Scripted):
        def ask(self, operation, *then):
            self.answer = last if self.asked else peer.answer
            return super().ask(operation, *then)

    with open_session(nowhere, connect=lambda *_args: Later("")) as session:
        with pytest.raises(SwitchBusy) as error:
            session.edit_configs([vlan_config()] * 2)
    assert error.value.unsure is session.touched is ("ok" in last)


def test_an_error_in_the_block_ends_the_session_politely():
    peer = Scripted("<ok/>")
    nowhere = Login("h", 22, "u", "p", "")
    with pytest.raises(ZeroDivisionError):
        with open_session(nowhere, connect=lambda *_args: peer):
            _ = 1 / 0
    assert peer.asked == [f'<close-session xmlns="{NC}"/>']
    assert peer.dropped
