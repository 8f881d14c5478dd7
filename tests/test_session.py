"""What a session makes of replies and of what breaks off, with a client that the test scripts."""

import pytest
from docker_tor.common.errors import (
    AuthenticationFailed,
    HostKeyRejected,
    MalformedReply,
    SessionLost,
    SwitchRefused,
    SwitchUnreachable,
)
from docker_tor.config.credentials import Login
from docker_tor.netconf import session_errors, xml
from docker_tor.netconf.session import MOST_CAPABILITIES, MOST_WARNINGS, open_session

LOGIN = Login("h", 22, "u", "p", "")
WHERE = "h:22"
CONFIG, FILTER = "<config/>", "<filter/>"
CLOSE = f'<close-session xmlns="{xml.BASE}"/>'
ERROR = (
    "<rpc-error><error-tag>{}</error-tag><error-severity>{}</error-severity>"
    "<error-message>{}</error-message></rpc-error>"
)


class Scripted:
    """A client that gives these answers in turn, or raises them; "ok" in the end."""

    by = "a test"
    capabilities = ()

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []
        self.dropped = False

    def ask(self, operation):
        self.asked.append(operation)
        answer = self.answers.pop(0) if self.answers else "<ok/>"
        if isinstance(answer, Exception):
            raise answer
        return xml.parse(f'<rpc-reply xmlns="{xml.BASE}">{answer}</rpc-reply>')

    def drop(self):
        self.dropped = True


def opened(client, **options):
    return open_session(LOGIN, connect=lambda *_given: client, **options)


def test_operations_are_those_of_rfc_6241():
    client = Scripted("<data><a/></data>")
    with opened(client) as session:
        assert session.get_config(FILTER)[0].tag == f"{{{xml.BASE}}}a"
        assert not session.touched
        session.edit_config(CONFIG)
        session.call("<own/>")
        assert session.touched
    source, target = "<source><running/></source>", "<target><running/></target>"
    assert client.asked == [
        f'<get-config xmlns="{xml.BASE}">{source}{FILTER}</get-config>',
        f'<edit-config xmlns="{xml.BASE}">{target}{CONFIG}</edit-config>',
        "<own/>",
        CLOSE,
    ]
    assert client.dropped


def test_what_is_asked_first_is_known_before_the_session_is_there():
    """But not where the hellos decide how all else is framed."""
    told = []

    def connect(login, timeout, greeting):
        told.append((login, timeout, len(greeting.first), greeting.base_1_1))
        return Scripted()

    for base_1_1 in (False, True):
        options = {"first": [FILTER, FILTER], "base_1_1": base_1_1}
        with open_session(LOGIN, timeout=3.0, connect=connect, **options):
            pass
    assert told == [(LOGIN, 3.0, 2, False), (LOGIN, 3.0, 0, True)]


@pytest.mark.parametrize(
    ("broken", "edits", "error", "what"),
    [
        ("", False, MalformedReply, "the reply to a read holds no data"),
        ("", True, MalformedReply, "neither ok nor an error"),
        (TimeoutError("it timed out"), True, SessionLost, "in the middle of an RPC: it timed out"),
        (EOFError(), False, SessionLost, "in the middle of an RPC: EOFError"),
        (MalformedReply("a reply is too large"), False, MalformedReply, "a reply is too large"),
    ],
)
def test_a_session_that_breaks_off_is_asked_nothing_more(broken, edits, error, what):
    client = Scripted(broken)
    with pytest.raises(error, match=what) as caught:
        with opened(client) as session:
            session.edit_config(CONFIG) if edits else session.get_config(FILTER)
    assert (caught.value.where, caught.value.unsure) == (WHERE, edits)
    assert ("is not known" in caught.value.remedy) is edits
    assert (session.over, session.touched) == (True, edits)
    assert (len(client.asked), client.dropped) == (1, True)


def test_what_is_refused_leaves_the_session_open():
    refusal = ERROR.format("data-missing", "error", "no such vlan")
    client = Scripted(refusal, refusal)
    with opened(client) as session:
        with pytest.raises(SwitchRefused) as caught:
            session.edit_config(CONFIG)
        assert (session.over, session.touched) == (False, False)
        with pytest.raises(SwitchRefused) as own:
            session.call("<own/>")
    assert (caught.value.tag, caught.value.unsure) == ("data-missing", False)
    assert str(caught.value).startswith(f"{WHERE}: the switch refused: data-missing: no such vlan.")
    assert "has this operation" in own.value.remedy
    assert client.asked[-1] == CLOSE


@pytest.mark.parametrize("farewell", [TimeoutError(), ERROR.format("in-use", "error", "locked")])
def test_it_is_ended_politely_and_once(farewell):
    client = Scripted(farewell)
    with opened(client) as session:
        session.close()
        session.close()
    assert (client.asked, client.dropped) == ([CLOSE], True)
    client = Scripted(farewell)
    with pytest.raises(ZeroDivisionError), opened(client):
        _ = 1 / 0
    assert (client.asked, client.dropped) == ([CLOSE], True)


def test_what_the_switch_only_warns_of_stands():
    warning = ERROR.format("operation-failed", "warning", "mind \n{{ the }} gap")
    with opened(Scripted(warning, warning + "<ok/>", "<data/>" + warning)) as session:
        session.edit_config(CONFIG)
        session.edit_config(CONFIG)
        session.get_config(FILTER)
        assert session.touched
    assert session.warnings == ["operation-failed: mind { { the }} gap"]


def test_warnings_beside_errors_refuse_and_those_kept_are_bounded():
    warnings = [ERROR.format("operation-failed", "warning", number) for number in range(99)]
    error = ERROR.format("operation-failed", "error", "e")
    with opened(Scripted(warnings[0] + error, "".join(warnings), warnings[50])) as session:
        with pytest.raises(SwitchRefused, match="the switch refused: operation-failed: e"):
            session.edit_config(CONFIG)
        assert session.warnings == []
        session.edit_config(CONFIG)
        session.edit_config(CONFIG)
        assert len(session.warnings) == MOST_WARNINGS


def test_capabilities_are_shown_bounded():
    client = Scripted()
    client.capabilities = [f"urn:{{{{ {number} }}}}" for number in range(MOST_CAPABILITIES + 5)]
    with opened(client) as session:
        assert (session.by, session.capabilities[0]) == ("a test", "urn:{ { 0 }}")
        assert len(session.capabilities) == MOST_CAPABILITIES


@pytest.mark.parametrize(
    ("caught", "kind", "what"),
    [
        (OSError(111, "Connection refused"), SwitchUnreachable, "[Errno 111] Connection refused"),
        (EOFError(), SwitchUnreachable, "no NETCONF session: EOFError"),
        (ValueError("Incompatible: no acceptable host key"), HostKeyRejected, "is not known"),
        (session_errors.denied(LOGIN), AuthenticationFailed, "refuses user 'u' or the password"),
        (MalformedReply("x"), MalformedReply, "x"),
    ],
)
def test_why_there_is_no_session(caught, kind, what):
    def connect(*_given):
        raise caught

    with pytest.raises(kind) as error, open_session(LOGIN, connect=connect):
        pytest.fail("there is a session")
    assert what in error.value.what
    assert error.value.where == WHERE


@pytest.mark.parametrize("key", ["", "ssh-rsa AAAA"])
def test_a_rejected_host_key_is_the_pinned_one_or_one_of_known_hosts(key):
    error = session_errors.host_key_rejected(LOGIN._replace(host_key=key), "SHA256:x")
    assert ("does not show the configured" in error.what) is bool(key)
    assert "SHA256:x" in error.what
    assert ("set host_key anew" if key else "as the switch's host_key") in error.remedy
    denied = session_errors.denied(LOGIN)
    assert error.where == denied.where == WHERE
    assert "Correct username and password" in denied.remedy
