"""The simulator's operations, message by message, without a network."""

import unittest
from typing import List, Optional, Tuple

import pytest

pytest.importorskip("lab.switch", reason="the lab's requirements are not installed")

from lxml import etree

from lab.switch import Faults, payloads
from lab.switch.core import Answer, Core, Session
from lab.switch.names import BASE, INTERFACE_EXT, RAS
from lab.switch.store import RUNNING, STARTUP, Store
from lab.switch.wire import BASE_CAPABILITIES, END, Malformed

HELLO = (
    f'<hello xmlns="{BASE}"><capabilities><capability>{BASE_CAPABILITIES[0]}</capability>'
    "</capabilities></hello>"
).encode()
RUN = "<{0}><running/></{0}>"
SAVE = f'<bna-config-cmd xmlns="{RAS}"><src>{{}}</src><dest>{{}}</dest></bna-config-cmd>'


class CoreTestCase(unittest.TestCase):
    def setUp(self) -> None:
        self.store = Store((21, 22), 3962, payloads.seed(21))
        self.faults = Faults()
        self.now = 0.0
        self.core = Core(self.store, self.faults, 3, lambda: self.now)
        self.ended: List[str] = []
        self.session = self.opened("first")

    def opened(self, name: str) -> Session:
        session = self.core.open(lambda: self.ended.append(name))
        assert session is not None
        self.assertIsNone(self.core.begin(session, HELLO))
        return session

    def send(self, content: str, session: Optional[Session] = None, extra: str = "") -> Answer:
        message = f'<rpc xmlns="{BASE}" message-id="7"{extra}>{content}</rpc>'
        work = self.core.begin(session or self.session, message.encode())
        assert work is not None
        return self.core.finish(session or self.session, work)

    def reply(self, content: str, session: Optional[Session] = None) -> etree._Element:
        answer = self.send(content, session)
        self.assertTrue(answer.reply.endswith(END))
        root = etree.fromstring(answer.reply[: -len(END)])
        self.assertEqual(root.tag, f"{{{BASE}}}rpc-reply")
        self.assertEqual(root.get("message-id"), "7")
        return root

    def ok(self, content: str, session: Optional[Session] = None) -> None:
        root = self.reply(content, session)
        self.assertEqual([child.tag for child in root], [f"{{{BASE}}}ok"])

    def refused(self, tag: str, content: str, session: Optional[Session] = None) -> etree._Element:
        before = self.store.get(RUNNING), self.store.get(STARTUP)
        errors = self.reply(content, session).findall(f"{{{BASE}}}rpc-error")
        self.assertEqual([e.findtext(f"{{{BASE}}}error-tag") for e in errors], [tag])
        self.assertEqual(before, (self.store.get(RUNNING), self.store.get(STARTUP)))
        return errors[0]

    def edit(self, config: str, options: str = "") -> str:
        return f"<edit-config>{RUN.format('target')}{options}{config}</edit-config>"


class MessageTest(CoreTestCase):
    def test_attributes_of_the_request_come_back(self) -> None:
        answer = self.send("<get-config/>", extra=' xmlns:x="urn:x" x:user="fred" a="1"')
        root = etree.fromstring(answer.reply[: -len(END)])
        self.assertEqual(dict(root.attrib), {"message-id": "7", "{urn:x}user": "fred", "a": "1"})

    def test_without_a_message_id(self) -> None:
        work = self.core.begin(self.session, f'<rpc xmlns="{BASE}"><get/></rpc>'.encode())
        assert work is not None
        root = etree.fromstring(self.core.finish(self.session, work).reply[: -len(END)])
        self.assertEqual(root.findtext(f".//{{{BASE}}}error-tag"), "missing-attribute")
        self.assertEqual(root.findtext(f".//{{{BASE}}}error-type"), "rpc")
        self.assertEqual(root.findtext(f".//{{{BASE}}}bad-attribute"), "message-id")
        self.assertEqual(self.core.records()[-1].result, "missing-attribute")

    def test_one_operation_an_rpc(self) -> None:
        self.refused("missing-element", "")
        self.refused("bad-element", "<get/><get/>")

    def test_unknown_operations(self) -> None:
        for content in (
            "<commit/>",
            "<delete-config><target><startup/></target></delete-config>",
            '<get xmlns="urn:x"/>',
            '<get-arp xmlns="urn:brocade.com:mgmt:brocade-arp"/>',
        ):
            self.refused("operation-not-supported", content)

    def test_messages_that_end_the_session(self) -> None:
        for message in (b"<rpc", HELLO, b"<x/>", b"<!DOCTYPE rpc><rpc/>"):
            with self.assertRaises(Malformed):
                self.core.begin(self.session, message)
        self.assertEqual({rpc.result for rpc in self.core.records()}, {"malformed"})

    def test_an_rpc_before_the_hello_ends_the_session(self) -> None:
        session = self.core.open(lambda: None)
        assert session is not None
        with self.assertRaises(Malformed):
            self.core.begin(session, f'<rpc xmlns="{BASE}" message-id="1"><get/></rpc>'.encode())

    def test_latency_is_for_the_server_to_wait(self) -> None:
        self.faults.latency = 0.5
        for name in ("get", "close-session"):
            message = f'<rpc xmlns="{BASE}" message-id="1"><{name}/></rpc>'.encode()
            work = self.core.begin(self.session, message)
            assert work is not None
            self.assertEqual(work.wait, 0.5)

    def test_the_record(self) -> None:
        message = f'<rpc xmlns="{BASE}" message-id="1"><get/></rpc>'.encode()
        work = self.core.begin(self.session, message)
        assert work is not None
        self.now = 1.5
        self.core.finish(self.session, work)
        self.refused("operation-not-supported", "<commit/>")
        self.assertEqual(
            [tuple(rpc)[:4] for rpc in self.core.records()],
            [(1, "get", "ok", 1.5), (1, "commit", "operation-not-supported", 0.0)],
        )
        self.core.forget()
        self.assertEqual(self.core.records(), [])


class ReadTest(CoreTestCase):
    def data(self, content: str) -> etree._Element:
        (data,) = self.reply(content)
        self.assertEqual(data.tag, f"{{{BASE}}}data")
        return data

    def canonical(self, element: etree._Element) -> str:
        text: str = etree.tostring(element, method="c14n").decode()
        return text

    def test_all_of_running_and_startup(self) -> None:
        self.ok(self.edit(payloads.vlan(112)))
        for content, name in (
            ("<get/>", RUNNING),
            (f"<get-config>{RUN.format('source')}</get-config>", RUNNING),
            ("<get-config><source><startup/></source></get-config>", STARTUP),
        ):
            self.assertEqual(self.canonical(self.data(content)), self.store.get(name).xml())

    def test_a_filter_by_key(self) -> None:
        criteria = (
            '<filter><interface-vlan xmlns="urn:brocade.com:mgmt:brocade-interface"><interface>'
            "<vlan><name>20</name></vlan></interface></interface-vlan></filter>"
        )
        data = self.data(f"<get-config>{RUN.format('source')}{criteria}</get-config>")
        self.assertEqual([e.text for e in data.iter("{*}vlan-name")], ["Storage"])

    def test_an_xpath_with_a_key(self) -> None:
        criteria = (
            '<filter xmlns:i="urn:brocade.com:mgmt:brocade-interface" type="xpath" '
            "select=\"//i:vlan[i:name='20']/i:vlan-name\"/>"
        )
        data = self.data(f"<get>{criteria}</get>")
        self.assertEqual([e.text for e in data.iter("{*}name")], ["20"])

    def test_parameters(self) -> None:
        source = RUN.format("source")
        for tag, content in (
            ("missing-element", "<get-config/>"),
            ("missing-element", "<get-config><source/></get-config>"),
            ("operation-not-supported", "<get-config><source><candidate/></source></get-config>"),
            (
                "operation-not-supported",
                '<get-config><source><running xmlns="urn:x"/></source></get-config>',
            ),
            ("bad-element", f"<get-config>{source}{source}</get-config>"),
            ("unknown-element", f"<get-config>{source}<with-defaults/></get-config>"),
            ("unknown-namespace", '<get-config><source xmlns="urn:x"/></get-config>'),
            ("unknown-namespace", '<get-config><source xmlns=""/></get-config>'),
        ):
            with self.subTest(content):
                self.refused(tag, content)


class EditTest(CoreTestCase):
    def test_an_error_says_where(self) -> None:
        error = self.refused("operation-failed", self.edit(payloads.global_ve(112)))
        texts = {etree.QName(leaf).localname: leaf.text for leaf in error}
        self.assertEqual(texts["error-type"], "application")
        self.assertEqual(texts["error-severity"], "error")
        self.assertEqual(texts["error-message"], "VLAN 112 does not exist; create it first")
        path = error.find(f"{{{BASE}}}error-path")
        assert path is not None
        self.assertEqual(path.text, "/if:interface-vlan/if:interface/if:ve[if:gve-name='112']")
        self.assertEqual(path.nsmap["if"], "urn:brocade.com:mgmt:brocade-interface")

    def test_options(self) -> None:
        for options in (
            "<test-option>set</test-option>",
            "<test-option>test-then-set</test-option>",
            "<error-option>stop-on-error</error-option>",
            "<error-option>continue-on-error</error-option>",
            "<default-operation> merge </default-operation>",
        ):
            self.ok(self.edit(payloads.vlan(112), options))
        for options in (
            "<test-option>test-only</test-option>",
            "<error-option>rollback-on-error</error-option>",
            "<default-operation>delete</default-operation>",
            "<default-operation/>",
        ):
            self.refused("invalid-value", self.edit(payloads.vlan(113), options))

    def test_only_running_can_be_edited(self) -> None:
        config = payloads.vlan(112)
        for target in ("startup", "candidate"):
            self.refused(
                "operation-not-supported",
                f"<edit-config><target><{target}/></target>{config}</edit-config>",
            )
        self.refused("missing-element", f"<edit-config>{config}</edit-config>")
        self.refused("missing-element", f"<edit-config>{RUN.format('target')}</edit-config>")
        self.refused(
            "unknown-element",
            self.edit("<url>file:///x</url>"),
        )
        self.refused(
            "unknown-namespace",
            self.edit('<config xmlns=""/>'),
        )

    def test_default_operation_none(self) -> None:
        none = "<default-operation>none</default-operation>"
        self.refused("data-missing", self.edit(payloads.vlan(112), none))
        self.refused(
            "data-missing", self.edit(payloads.vlan(30, "other").replace("30", "31"), none)
        )
        before = self.store.get(RUNNING)
        self.ok(self.edit(payloads.vlan(30, "other"), none))
        self.assertEqual(self.store.get(RUNNING), before)
        self.ok(self.edit(payloads.global_shutdown(30, False), none))
        self.assertNotIn("global-ve-shutdown", self.store.get(RUNNING).xml())
        explicit = payloads.vlan(112).replace("<vlan>", '<vlan nc:operation="merge">')
        self.ok(self.edit(explicit, none))

    def test_default_operation_replace(self) -> None:
        replace = "<default-operation>replace</default-operation>"
        self.ok(self.edit(payloads.vlan(112, "only"), replace))
        self.assertEqual(
            list(self.store.get(RUNNING).tree["interface-vlan"]["interface"]), ["vlan"]
        )
        self.assertEqual(list(self.store.get(RUNNING).tree["rbridge-id"]), ["21", "22"])
        self.refused("operation-failed", self.edit(payloads.global_ve(112), replace))

    def test_validate(self) -> None:
        self.ok(f"<validate>{RUN.format('source')}</validate>")
        self.ok(f"<validate><source>{payloads.vlan(112)}</source></validate>")
        self.assertNotIn("112", self.store.get(RUNNING).xml())
        self.refused(
            "invalid-value", f"<validate><source>{payloads.vlan(1002)}</source></validate>"
        )
        self.refused(
            "operation-failed", f"<validate><source>{payloads.global_ve(10)}</source></validate>"
        )
        self.refused(
            "bad-element",
            f"<validate><source>{payloads.vlan(1)}{payloads.vlan(2)}</source></validate>",
        )
        self.refused(
            "operation-not-supported", "<validate><source><candidate/></source></validate>"
        )
        self.refused("missing-element", "<validate/>")

    def test_copy_config(self) -> None:
        copy = "<copy-config><target><{}/></target><source><{}/></source></copy-config>"
        self.ok(self.edit(payloads.vlan(112)))
        self.refused("operation-not-supported", copy.format("running", "startup"))
        self.refused("operation-not-supported", copy.format("running", "running"))
        self.ok(copy.format("startup", "running"))
        self.assertEqual(self.store.get(STARTUP), self.store.get(RUNNING))


class LockTest(CoreTestCase):
    LOCK = f"<lock>{RUN.format('target')}</lock>"
    UNLOCK = f"<unlock>{RUN.format('target')}</unlock>"

    def setUp(self) -> None:
        super().setUp()
        self.other = self.opened("other")

    def test_a_lock_keeps_others_out(self) -> None:
        self.ok(self.LOCK)
        for session in (self.session, self.other):
            error = self.refused("lock-denied", self.LOCK, session)
            self.assertEqual(error.findtext(f".//{{{BASE}}}session-id"), "1")
        self.refused("in-use", self.edit(payloads.vlan(112)), self.other)
        self.refused("operation-failed", self.UNLOCK, self.other)
        self.ok(self.edit(payloads.vlan(112)))
        self.ok(self.UNLOCK)
        self.refused("operation-failed", self.UNLOCK)
        self.ok(self.edit(payloads.vlan(113)), self.other)

    def test_a_locked_startup(self) -> None:
        self.ok("<lock><target><startup/></target></lock>")
        copy = "<copy-config><target><startup/></target><source><running/></source></copy-config>"
        save = SAVE.format("running-config", "startup-config")
        self.ok(self.edit(payloads.vlan(112)), self.other)
        self.refused("in-use", copy, self.other)
        self.refused("in-use", save, self.other)
        self.ok(copy)

    def test_locks_end_with_their_session(self) -> None:
        self.ok(self.LOCK)
        self.core.close(self.session)
        self.core.close(self.session)
        self.ok(self.LOCK, self.other)

    def test_close_session(self) -> None:
        self.ok(self.LOCK)
        answer = self.send("<close-session/>")
        self.assertTrue(answer.end)
        self.assertIn(b"<ok/>", answer.reply)
        self.assertEqual(self.core.sessions(), [2])
        self.ok(self.LOCK, self.other)
        self.refused("unknown-element", "<close-session><now/></close-session>", self.other)

    def test_kill_session(self) -> None:
        kill = "<kill-session><session-id>{}</session-id></kill-session>"
        for number in ("1", "9", "", "x"):
            self.refused("invalid-value", kill.format(number))
        self.refused("missing-element", "<kill-session/>")
        self.ok(self.LOCK, self.other)
        self.ok(kill.format(2))
        self.assertEqual(self.ended, ["other"])
        self.ok(self.LOCK)
        answer = self.send(self.edit(payloads.vlan(112)), self.other)
        self.assertEqual(answer, Answer(end=True))
        self.assertNotIn("112", self.store.get(RUNNING).xml())

    def test_sessions_are_limited(self) -> None:
        self.opened("third")
        self.assertIsNone(self.core.open(lambda: None))
        self.core.close(self.other)
        fourth = self.core.open(lambda: None)
        assert fourth is not None
        self.assertEqual(fourth.session_id, 4)


class BrocadeTest(CoreTestCase):
    def texts(self, root: etree._Element, name: str) -> List[Optional[str]]:
        return [leaf.text for leaf in root.iter(f"{{{INTERFACE_EXT}}}{name}")]

    def brief(self, content: str = "") -> etree._Element:
        return self.reply(f'<get-vlan-brief xmlns="{INTERFACE_EXT}">{content}</get-vlan-brief>')

    def test_vlans_page_by_page(self) -> None:
        self.ok(self.edit(payloads.vlan(112)))
        pages: List[Tuple[Optional[str], Optional[str]]] = []
        root = self.brief()
        while True:
            pages.append((self.texts(root, "vlan-id")[0], self.texts(root, "vlan-name")[0]))
            self.assertEqual(self.texts(root, "vlan-state"), ["active"])
            self.assertEqual(self.texts(root, "configured-vlans-count"), ["4"])
            self.assertEqual(self.texts(root, "interface-name"), ["21/0/1", "22/0/1"])
            if self.texts(root, "has-more") == ["false"]:
                break
            last = self.texts(root, "last-vlan-id")[0]
            root = self.brief(f"<last-rcvd-vlan-id>{last}</last-rcvd-vlan-id>")
        self.assertEqual(
            pages, [("10", "Servers"), ("20", "Storage"), ("30", "Spare"), ("112", "VLAN0112")]
        )

    def test_one_vlan(self) -> None:
        root = self.brief("<vlan-id>20</vlan-id>")
        self.assertEqual(self.texts(root, "vlan-name"), ["Storage"])
        self.assertEqual(self.texts(root, "has-more"), ["false"])
        self.assertEqual(self.texts(self.brief("<vlan-id>21</vlan-id>"), "vlan"), [])
        self.refused(
            "invalid-value",
            f'<get-vlan-brief xmlns="{INTERFACE_EXT}"><vlan-id>x</vlan-id></get-vlan-brief>',
        )

    def test_ip_interfaces(self) -> None:
        for edit in (
            *payloads.segment(22, 112, "172.16.112.1/24"),
            *payloads.addresses(22, 112, "172.16.112.1/24", "172.16.112.9/24", "192.168.112.1/24")[
                1:
            ],
            payloads.vlan(113),
            payloads.global_ve(113),
            payloads.ve(22, 113),
        ):
            self.ok(self.edit(edit))
        asked = f'<get-ip-interface xmlns="{INTERFACE_EXT}">{{}}</get-ip-interface>'
        root = self.reply(asked.format(""))
        self.assertEqual(
            self.texts(root, "if-name"), ["Ve 10", "Ve 20", "Ve 30", "Ve 112", "Ve 113"]
        )
        self.assertEqual(self.texts(root, "if-state"), ["up", "up", "down", "up", "down"])
        root = self.reply(asked.format("<rbridge-id>22</rbridge-id>"))
        self.assertEqual(
            self.texts(root, "ipv4"),
            ["172.16.112.1/24", "192.168.112.1/24", "172.16.112.9/24", "unassigned"],
        )
        self.assertEqual(
            self.texts(root, "ipv4-type"), ["primary", "primary", "secondary", "primary"]
        )
        self.assertEqual(self.texts(root, "line-protocol-state"), ["up", "down"])
        self.refused("invalid-value", asked.format("<rbridge-id>23</rbridge-id>"))

    def test_saving(self) -> None:
        name = "bna-config-cmd-status"
        status = f'<{name} xmlns="{RAS}"><session-id>{{}}</session-id></{name}>'
        self.ok(self.edit(payloads.vlan(112)))
        self.refused("invalid-value", status.format(1))
        self.refused("invalid-value", SAVE.format("startup-config", "running-config"))
        self.refused("invalid-value", SAVE.format("running-config", "flash://x"))
        root = self.reply(SAVE.format("running-config", "startup-config"))
        self.assertEqual(root.findtext(f"{{{RAS}}}status"), "in-progress")
        self.assertEqual(self.store.get(STARTUP), self.store.get(RUNNING))
        job = root.findtext(f"{{{RAS}}}session-id")
        done = self.reply(status.format(job))
        self.assertEqual(done.findtext(f"{{{RAS}}}status"), "completed")
        saved = self.store.get(STARTUP)
        self.ok(self.edit(payloads.vlan(113)))
        self.reply(status.format(job))
        self.assertEqual(self.store.get(STARTUP), saved)

    def saves(self, polls: int, fails: bool) -> List[Optional[str]]:
        """Begins a save and asks until it is over; what was answered."""
        self.faults.set(save_polls=polls, save_fails=fails)
        name = "bna-config-cmd-status"
        root = self.reply(SAVE.format("running-config", "startup-config"))
        self.faults.clear()
        job = root.findtext(f"{{{RAS}}}session-id")
        told: List[Optional[str]] = []
        while told[-1:] in ([], ["in-progress"]):
            root = self.reply(f'<{name} xmlns="{RAS}"><session-id>{job}</session-id></{name}>')
            told.append(root.findtext(f"{{{RAS}}}status"))
        return told

    def test_a_save_that_takes_its_time(self) -> None:
        self.ok(self.edit(payloads.vlan(112)))
        before = self.store.get(STARTUP)
        self.faults.save_polls = 2
        self.reply(SAVE.format("running-config", "startup-config"))
        self.assertEqual(self.store.get(STARTUP), before)
        self.assertEqual(self.saves(2, False), ["in-progress", "in-progress", "completed"])
        self.assertEqual(self.store.get(STARTUP), self.store.get(RUNNING))

    def test_a_save_that_fails(self) -> None:
        self.ok(self.edit(payloads.vlan(112)))
        before = self.store.get(STARTUP)
        self.assertEqual(self.saves(0, True), ["failed"])
        self.assertEqual(self.saves(1, True), ["in-progress", "failed"])
        self.assertEqual(self.store.get(STARTUP), before)
        self.assertEqual(self.saves(0, False), ["completed"])
