"""What rpc-errors mean: warnings, errors without a namespace, several at once, NOS's own texts."""

import pytest
from docker_tor.common.errors import AuthenticationFailed, SwitchBusy, SwitchNotReady, SwitchRefused
from docker_tor.netconf import rpc_errors, xml
from docker_tor.switch.nos.words import WORDS

BARE = "<rpc-error>{}</rpc-error>"


def reply(*errors, namespace=xml.BASE):
    return xml.parse(f'<rpc-reply xmlns="{namespace}">{"".join(errors)}</rpc-reply>')


def rpc_error(tag="operation-failed", message="", more="", severity="error"):
    return BARE.format(
        f"<error-tag>{tag}</error-tag><error-severity>{severity}</error-severity>"
        f"<error-message>{message}</error-message>{more}"
    )


def told(*errors, **given):
    return rpc_errors.error(rpc_errors.of(reply(*errors, **given)), "tor1", WORDS)


INFO = (
    "<error-path>/a/b</error-path><error-app-tag>too-many</error-app-tag><error-info>"
    "<bad-element>vlan-name</bad-element>"
    "<ours xmlns='urn:x'><line>7</line><odd/></ours></error-info>"
)


@pytest.mark.parametrize("namespace", [xml.BASE, "", "urn:example:other"])
def test_all_that_an_error_says_is_told(namespace):
    error = told(rpc_error("invalid-value", "no such thing", INFO), namespace=namespace)
    assert isinstance(error, SwitchRefused)
    assert error.tag == "invalid-value"
    assert error.what == (
        "the switch refused: invalid-value: too-many: no such thing (/a/b)"
        " (bad-element vlan-name, line 7, odd)"
    )


def test_several_are_told_whole_and_however_many_there_are_bounded():
    error = told(*(rpc_error(message=f"{n} " + "x" * 200) for n in range(4)))
    assert all(f"operation-failed: {n} xxx" in error.what for n in range(4))
    assert error.as_result()["error"].startswith(f"tor1: {error.what}")
    error = told(*(rpc_error(message="&lt;!channel&gt;\n{{ x }}" + "y" * 9999) for _ in range(99)))
    assert len(error.what) == SwitchRefused.longest
    assert not any(live in error.what for live in ("<!", "{{", "\n"))
    error = told(*(rpc_error(tag=str(n)) for n in range(99)))
    assert error.what.endswith(f"; 7; and {99 - rpc_errors.MOST} more")


def test_an_error_that_says_nothing():
    assert told(BARE.format("")).what == "the switch refused: no reason is given"
    assert told(BARE.format("<error-tag/><error-info/>")).tag == ""


def test_a_warning_is_no_error():
    found = rpc_errors.of(reply(rpc_error(message="mind", severity=" warning "), rpc_error()))
    assert [one.severity for one in found] == ["warning", "error"]
    assert rpc_errors.are_errors(found) == found[1:]
    # What says nothing of its severity is an error (RFC 6241, 4.3: it is mandatory).
    assert rpc_errors.are_errors(rpc_errors.of(reply(BARE.format("<error-tag>x</error-tag>"))))


@pytest.mark.parametrize("name", [*WORDS.not_ready, "%Error: Node Zeroized"])
def test_a_switch_that_is_not_ready(name):
    said = name.upper() if "_" in name else name.title()
    for error in (
        rpc_error(message=said),
        rpc_error(message="%Error", more=f"<error-app-tag>{said}</error-app-tag>"),
        rpc_error(message="%Error", more=f"<error-info><reason>{said}</reason></error-info>"),
    ):
        assert isinstance(told(error), SwitchNotReady)


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("Error: Ve is not allowed on default VLAN", "use another VLAN"),
        ("10.0.0.1/24 overlaps with a previously configured IP subnet", "show ip interface brief"),
        ("Primary IP address can not be deleted if secondary address exists", "secondary address"),
        ("Cannot assign /31 subnet address as secondary", "a larger subnet"),
        ("10.0.0.255/24 is a broadcast address", "--gateway"),
        ("Invalid host: Network address", "--gateway"),
        ("VLAN 4000 is reserved", "`vlans` in docker.yaml"),
        ("something else", "Look at the running config"),
    ],
)
def test_what_nos_refuses_is_told_with_what_to_do(said, remedy):
    # A path is no text of the switch's.
    error = told(rpc_error(message=said, more="<error-path>/reserved-vlan</error-path>"))
    assert isinstance(error, SwitchRefused)
    assert said in error.what
    assert remedy in error.remedy


@pytest.mark.parametrize(
    ("tags", "kind"),
    [
        (["in-use"], SwitchBusy),
        (["in-use", "lock-denied"], SwitchBusy),
        (["in-use", "invalid-value"], SwitchRefused),
        (["access-denied"], AuthenticationFailed),
    ],
)
def test_tags(tags, kind):
    assert type(told(*map(rpc_error, tags))) is kind
