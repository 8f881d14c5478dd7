"""The switch's operations, filters, faults and commands, message by message; without a network.

NOS's own RPCs are tested in tests/test_operational.py, with what the pack makes of them.
"""

from typing import Optional

import pytest

pytest.importorskip("lab.switch", reason="the lab's requirements are not installed")

from lxml import etree

from lab.switch import Faults, Switch, faults, payloads, show, xml
from lab.switch.core import BASE_CAPABILITIES, Answer, Session
from lab.switch.names import BASE, INTERFACE, IP, LLDP_EXT, RAS, RBRIDGE
from lab.switch.store import RUNNING, STARTUP

HELLO = (
    f'<hello xmlns="{BASE}"><capabilities><capability>{BASE_CAPABILITIES[0]}</capability>'
    "</capabilities></hello>"
).encode()
SOURCE, TARGET = "<source><running/></source>", "<target><running/></target>"
LOCK, UNLOCK = f"<lock>{TARGET}</lock>", f"<unlock>{TARGET}</unlock>"
SAVE = f"""<bna-config-cmd xmlns="{RAS}"><src>running-config</src><dest>startup-config</dest>
    </bna-config-cmd>"""
LLDP = f'<get-lldp-neighbor-detail xmlns="{LLDP_EXT}">{{}}</get-lldp-neighbor-detail>'


class Peer:
    """A core, and sessions with it."""

    def __init__(self, *, candidate: bool = False) -> None:
        switch = Switch(rbridge_ids=(21, 22), candidate=candidate)
        self.store, self.faults, self.core = switch._store, switch.faults, switch._core
        self.session = self.opened()

    def opened(self) -> Session:
        session = self.core.open()
        assert session is not None
        assert self.core.answer(session, HELLO) == Answer()
        return session

    def send(self, content: str, session: Optional[Session] = None, extra: str = "") -> Answer:
        message = f'<rpc xmlns="{BASE}" message-id="7"{extra}>{content}</rpc>'
        return self.core.answer(session or self.session, message.encode())

    def reply(self, content: str, session: Optional[Session] = None) -> etree._Element:
        answer = self.send(content, session)
        return etree.fromstring(answer.reply)

    def tag(self, content: str, session: Optional[Session] = None) -> str:
        """ "ok", "data" or the error-tags of the reply; an rpc-error changes nothing."""
        before = self.store.get(RUNNING), self.store.get(STARTUP)
        reply = self.reply(content, session)
        tags = [error.findtext(f"{{{BASE}}}error-tag") or "" for error in reply]
        if not any(tags):
            return " ".join(etree.QName(child).localname for child in reply)
        assert before == (self.store.get(RUNNING), self.store.get(STARTUP))
        return " ".join(tags)


@pytest.fixture
def peer() -> Peer:
    return Peer()


def edit(config: str, options: str = "") -> str:
    return f"<edit-config>{TARGET}{options}{config}</edit-config>"


# Messages.


def test_the_attributes_of_an_rpc_come_back(peer: Peer) -> None:
    answer = peer.send("<get-config/>", extra=' xmlns:x="urn:x" x:user="fred" a="1"')
    root = etree.fromstring(answer.reply)
    assert dict(root.items()) == {"message-id": "7", "{urn:x}user": "fred", "a": "1"}
    answer = peer.core.answer(peer.session, f'<rpc xmlns="{BASE}"><get/></rpc>'.encode())
    assert b"<error-tag>missing-attribute<" in answer.reply


@pytest.mark.parametrize(
    "message",
    [
        *(b"<rpc", b"", b"<x/>", HELLO, b"<!DOCTYPE rpc><rpc/>", b"<a>\xff</a>"),
        b'<!DOCTYPE a [<!ENTITY l "lol"><!ENTITY m "&l;&l;">]><a>&m;</a>',
    ],
)
def test_a_message_that_ends_the_session(peer: Peer, message: bytes) -> None:
    with pytest.raises(xml.Malformed):
        peer.core.answer(peer.session, message)
    assert peer.core.rpcs[-1].result == "malformed"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (BASE, "urn:x"),
        ("base:1.0<", "base:1.1<"),
        ("</hello>", "<session-id>4</session-id></hello>"),
    ],
)
def test_a_bad_hello_ends_the_session(peer: Peer, old: str, new: str) -> None:
    session = peer.core.open()
    assert session is not None
    with pytest.raises(xml.Malformed):
        peer.core.answer(session, HELLO.decode().replace(old, new).encode())


# Operations.


@pytest.mark.parametrize(
    ("tag", "content"),
    [
        ("data", "<get/>"),
        ("data", f"<get-config>{SOURCE}</get-config>"),
        ("missing-element", ""),
        ("bad-element", "<get/><get/>"),
        *(
            ("operation-not-supported", content)
            for content in (
                *("<commit/>", '<get xmlns="urn:x"/>', f"<validate>{SOURCE}</validate>"),
                '<get><filter type="xpath" select="/x"/></get>',
                "<get-config><source><candidate/></source></get-config>",
                '<get-config><source><running xmlns="urn:x"/></source></get-config>',
                edit(payloads.vlan(112)).replace("running", "startup"),
            )
        ),
        ("missing-element", "<get-config/>"),
        ("missing-element", "<get-config><source/></get-config>"),
        ("missing-element", f"<edit-config>{TARGET}</edit-config>"),
        ("bad-element", f"<get-config>{SOURCE * 2}</get-config>"),
        ("unknown-element", f"<get-config>{SOURCE}<with-defaults/></get-config>"),
        ("unknown-element", edit("<url>file:///x</url>")),
        ("unknown-element", "<close-session><now/></close-session>"),
        ("unknown-namespace", '<get-config><source xmlns="urn:x"/></get-config>'),
        ("ok", edit(payloads.vlan(112))),
        ("unknown-element", edit(payloads.vlan(112), "<default-operation/>")),
        ("invalid-value", LLDP.format("<last-rcvd-ifindex>-1</last-rcvd-ifindex>")),
        ("invalid-value", SAVE.replace("startup", "other")),
    ],
)
def test_operations_and_their_parameters(peer: Peer, tag: str, content: str) -> None:
    assert peer.tag(content) == tag


def test_a_lock_keeps_others_out_until_its_session_ends(peer: Peer) -> None:
    other = peer.opened()
    assert peer.tag(LOCK) == "ok"
    assert [peer.tag(LOCK, one) for one in (peer.session, other)] == ["lock-denied"] * 2
    assert peer.tag(edit(payloads.vlan(112)), other) == "in-use"
    assert peer.tag(UNLOCK, other) == "operation-failed"
    assert [peer.tag(one) for one in (edit(payloads.vlan(112)), UNLOCK, LOCK)] == ["ok"] * 3
    answer = peer.send("<close-session/>")
    assert (answer.end, b"<ok/>" in answer.reply, [*peer.core.sessions]) == (True, True, [2])
    assert peer.tag(LOCK.replace("running", "startup"), other) == "ok"
    third = peer.opened()
    assert [peer.tag(SAVE, third), peer.tag(LOCK, third)] == ["in-use", "ok"]


def test_a_candidate_is_shared_and_committed_or_discarded_as_a_whole() -> None:
    peer = Peer(candidate=True)
    other = peer.opened()
    lock, unlock = (one.replace("running", "candidate") for one in (LOCK, UNLOCK))
    to_candidate = [edit(payloads.vlan(one)).replace("running", "candidate") for one in (112, 113)]
    assert peer.tag(edit(payloads.vlan(112))) == "operation-not-supported"
    assert peer.tag(to_candidate[0], other) == "ok"
    read = f"<get-config>{SOURCE}</get-config>"
    assert [
        b"<name>112</name>" in peer.send(one).reply
        for one in (read, read.replace("running", "candidate"))
    ] == [False, True]
    # As netconfd refuses it.
    assert peer.tag(lock) == "resource-denied"
    assert peer.tag("<discard-changes/>") == peer.tag(lock) == "ok"
    for one in (to_candidate[1], "<commit/>", "<discard-changes/>"):
        assert peer.tag(one, other) == "in-use"
    # What is not committed goes with the lock.
    assert [peer.tag(one) for one in (to_candidate[1], unlock, "<commit/>")] == ["ok"] * 3
    for one in (LOCK, lock, to_candidate[0]):
        assert peer.tag(one) == "ok"
    peer.core.close(peer.session)
    for one in (to_candidate[1], "<commit/>"):
        peer.send(one, other)
    assert ["112" in peer.store.get(RUNNING).xml(), "113" in peer.store.get(RUNNING).xml()] == [
        False,
        True,
    ]


# Filters.

VLAN = f'<interface-vlan xmlns="{INTERFACE}"><interface>{{}}</interface></interface-vlan>'
VE = (
    f'<rbridge-id xmlns="{RBRIDGE}">{{}}<interface xmlns="{INTERFACE}"><ve>{{}}</ve></interface>'
    "</rbridge-id>"
)
SERVERS, STORAGE, SPARE = "name=10 vlan-name=Servers ", "name=20 vlan-name=Storage ", "name=30 "
DOWN = "gve-name=30 global-ve-shutdown"
VLANS = f"{SERVERS}{STORAGE}{SPARE}vlan-name=Spare "
ALL = f"{VLANS}gve-name=10 gve-name=20 {DOWN}"


@pytest.mark.parametrize(
    ("criteria", "leaves"),
    [
        ("", ""),
        # A selection node selects all that it names.
        (f'<interface-vlan xmlns="{INTERFACE}"/>', ALL),
        ('<interface-vlan xmlns=""/>', ALL),
        (VLAN.format("<vlan/>"), VLANS),
        (VLAN.format("<ve><global-ve-shutdown/></ve>"), "global-ve-shutdown"),
        # A content match selects its entry, or of that what stands beside it.
        (VLAN.format("<vlan><name>10</name></vlan>"), SERVERS),
        (VLAN.format("<vlan><name> 10\n</name></vlan>"), SERVERS),
        (VLAN.format("<vlan><vlan-name>Storage</vlan-name></vlan>"), STORAGE),
        (VLAN.format("<vlan><vlan-name>Storage</vlan-name><name/></vlan>"), STORAGE),
        (VLAN.format("<ve><gve-name>10</gve-name><global-ve-shutdown/></ve>"), "gve-name=10"),
        # Several tests add up.
        (
            VLAN.format("<vlan><name>10</name></vlan><vlan><name>30</name><name/></vlan>"),
            SERVERS + SPARE,
        ),
        (
            VLAN.format("<ve><gve-name>30</gve-name></ve>")
            + VLAN.format("<vlan><name>20</name></vlan>"),
            STORAGE + DOWN,
        ),
        (
            VLAN.format("<vlan><vlan-name/></vlan><vlan><name>20</name></vlan>"),
            f"vlan-name=Servers {STORAGE}vlan-name=Spare",
        ),
        # Deep down, across namespaces.
        (
            VE.format("<rbridge-id>21</rbridge-id>", f'<name>10</name><ip xmlns="{IP}"/>'),
            "rbridge-id=21 name=10 proxy-arp address=10.10.10.1/24",
        ),
        (VE.format("", f'<shutdown xmlns="{IP}"/>'), "shutdown"),
        # What does not match selects nothing, not even what stands above.
        (VLAN.format("<vlan><name>40</name></vlan>"), ""),
        (VLAN.format("<vlan><name>10</name><vlan-name>Storage</vlan-name></vlan>"), ""),
        (VLAN.format("<nothing/>"), ""),
        (VLAN.format("<vlan><name>10<x/></name></vlan>"), ""),
        (f'<interface-vlan xmlns="{RBRIDGE}"/>', ""),
        (f'<interface-vlan xmlns="{INTERFACE}" x="1"/>', ""),
        (f'<interface-vlan xmlns="{INTERFACE}">text</interface-vlan>', ""),
    ],
)
def test_a_subtree_filter(peer: Peer, criteria: str, leaves: str) -> None:
    (data,) = peer.reply(f"<get-config>{SOURCE}<filter>{criteria}</filter></get-config>")
    found = [
        f"{etree.QName(one).localname}={one.text or ''}" for one in data.iter() if not len(one)
    ]
    assert [one.rstrip("=") for one in found if one != "data="] == leaves.split()


# Faults.


@pytest.mark.parametrize(
    ("knobs", "told", "applied"),
    [
        ({"refuse": faults.NOT_READY, "refuse_rpcs": 1}, "operation-failed", False),
        ({"refuse": faults.NOT_READY, "operations": frozenset({"lock"})}, "ok", True),
        ({"half_open": True}, "unanswered", False),
        ({"drop_rpc": 1}, "before", False),
        ({"drop_rpc": 1, "drop": "after"}, "after", True),
        ({"rewrite": lambda sent: sent + b"?"}, "ok", True),
    ],
)
def test_a_fault(peer: Peer, knobs: "dict[str, object]", told: str, applied: bool) -> None:
    peer.faults.set(**knobs)
    answer = peer.send(edit(payloads.vlan(112)))
    assert ("112" in peer.store.get(RUNNING).xml()) == applied
    assert (peer.core.rpcs[-1].result, answer.drop) == (told, told in ("before", "after"))
    assert bool(answer.reply) == (told in ("operation-failed", "ok"))
    peer.faults.clear()
    assert peer.faults == Faults()
    assert peer.tag(edit(payloads.vlan(113))) == "ok"


def test_faults_that_count_are_over_by_themselves(peer: Peer) -> None:
    peer.faults.set(latency=0.5, drop_rpc=2, refuse=faults.NOT_READY, refuse_rpcs=2)
    answers = [peer.send(edit(payloads.vlan(112))) for _ in range(3)]
    assert [answer.drop for answer in answers] == [False, True, False]
    assert peer.faults == Faults(latency=0.5)


@pytest.mark.parametrize(
    "bad",
    ["lattency=1", "half_open=1", "drop=never", "drop_rpc=0", "latency=x", "drop_rpc", "rewrite"],
)
def test_a_fault_that_is_none(bad: str) -> None:
    with pytest.raises(ValueError, match=bad.partition("=")[0]):
        faults.parse([bad])


def test_faults_of_a_command_line() -> None:
    turned = faults.parse(["latency=0.5", "operations=lock,edit-config", "half_open", "drop_rpc=3"])
    operations = frozenset({"lock", "edit-config"})
    assert turned == Faults(latency=0.5, operations=operations, half_open=True, drop_rpc=3)


# The command line.


def test_show_running_config() -> None:
    switch = Switch(rbridge_ids=(21, 22))
    switch.edit(
        payloads.vlan(112, "a b"),
        *payloads.segment(22, 112, "172.16.112.1/24", up=False)[1:],
        payloads.address(22, 112, "172.16.112.9/24", secondary=True),
        payloads.address(22, 112, "10.0.0.1/24"),
        payloads.address(22, 112, "fd00:112::1/64"),
        payloads.ip_config(22, 112, "directed-broadcast"),
    )
    ve = (
        "rbridge-id 22\n interface Ve 112\n  ip directed-broadcast\n  ip proxy-arp\n"
        "  ip address 10.0.0.1/24\n  ip address 172.16.112.1/24\n"
        "  ip address 172.16.112.9/24 secondary\n  ipv6 address fd00:112::1/64\n"
        "  shutdown\n !\n!\n"
    )
    command = "show running-config rbridge-id 22 interface Ve 112"
    assert switch.cli(command) == ve
    assert switch.cli(command.replace("112", "999")) == "% No entries found.\n"
    whole = switch.cli("show running-config")
    assert switch.cli(f"{command} | inc fd00 ") == "  ipv6 address fd00:112::1/64\n"
    vlan = "interface Vlan 112\n name a b\n!\n"
    assert all(part in whole for part in (vlan, "interface Ve 112\n shutdown\n!\n", ve))


@pytest.mark.parametrize(
    "line",
    ["", "show", "show foo", "reload", "show ip interface brief now", "show ip int brief | more"],
)
def test_what_is_no_command(peer: Peer, line: str) -> None:
    status, said = show.run(peer.store, line)
    assert status == 1
    assert said.startswith("syntax error: ")
