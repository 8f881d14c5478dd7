"""Framing, hello and the hardened parser of the simulator."""

import unittest

import pytest

pytest.importorskip("lab.switch", reason="the lab's requirements are not installed")

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from lab.switch import wire
from lab.switch.names import BASE

MESSAGES = [b"<a/>", b"", b"<b>]]>]]</b>", b"]]>]"]


class FramingTest(unittest.TestCase):
    @given(st.lists(st.integers(0, 40), max_size=12))
    def test_however_the_packets_split_it(self, cuts: "list[int]") -> None:
        stream = b"".join(message + wire.END for message in MESSAGES)
        places = [0, *sorted(cuts), len(stream)]
        framer = wire.Framer(100)
        found = [
            message
            for start, end in zip(places, places[1:])
            for message in framer.feed(stream[start:end])
        ]
        self.assertEqual(found, [b"<a/>", b"", b"<b>]]>]]</b>", b"]]>]"])

    def test_a_message_may_be_as_long_as_the_limit_and_no_longer(self) -> None:
        self.assertEqual(wire.Framer(4).feed(b"1234" + wire.END), [b"1234"])
        with self.assertRaises(wire.Malformed):
            wire.Framer(4).feed(b"12345" + wire.END)
        with self.assertRaises(wire.Malformed):
            wire.Framer(4).feed(b"12345678901")


class ParseTest(unittest.TestCase):
    def test_comments_and_instructions_are_gone(self) -> None:
        root = wire.parse(b"\n<?xml version='1.0'?><a><!-- x --><?y z?><b/></a>\n")
        self.assertEqual(etree.tostring(root), b"<a><b/></a>")

    def test_what_is_refused(self) -> None:
        laughs = b'<!DOCTYPE a [<!ENTITY l "lol"><!ENTITY m "&l;&l;">]><a>&m;</a>'
        for message in (
            b"",
            b"<a>",
            b"<a/><b/>",
            b"<a>\xff</a>",
            b"<!DOCTYPE a><a/>",
            b'<!DOCTYPE a SYSTEM "file:///etc/hostname"><a/>',
            laughs,
            b"<a>&undefined;</a>",
            "<?xml version='1.0' encoding='utf-16'?><a/>".encode("utf-16"),
            b"<a>" * 300 + b"</a>" * 300,
        ):
            with self.subTest(message[:40]), self.assertRaises(wire.Malformed):
                wire.parse(message)


class HelloTest(unittest.TestCase):
    def test_the_servers_hello(self) -> None:
        message = wire.hello(7)
        self.assertTrue(message.endswith(wire.END))
        root = etree.fromstring(message[: -len(wire.END)])
        uris = [uri.text for uri in root.iter(f"{{{BASE}}}capability")]
        self.assertEqual(root.findtext(f"{{{BASE}}}session-id"), "7")
        self.assertEqual([uri for uri in uris if uri and "base:1" in uri], [uris[0]])
        for name in ("writable-running:1.0", "startup:1.0", "xpath:1.0", "validate:1.0"):
            self.assertIn(f"urn:ietf:params:netconf:capability:{name}", uris)
        for name in ("candidate", "confirmed-commit", "rollback-on-error"):
            self.assertNotIn(name, message.decode())

    def test_the_clients_hello(self) -> None:
        capability = f"<capability>{wire.BASE_CAPABILITIES[0]}</capability>"
        good = f'<hello xmlns="{BASE}"><capabilities>{capability}</capabilities></hello>'
        wire.check_hello(wire.parse(good.encode()))
        for bad in (
            good.replace(BASE, "urn:x"),
            good.replace("<hello xmlns", "<rpc xmlns").replace("</hello", "</rpc"),
            good.replace("base:1.0<", "base:1.1<"),
            good.replace("</hello>", "<session-id>4</session-id></hello>"),
        ):
            with self.subTest(bad), self.assertRaises(wire.Malformed):
                wire.check_hello(wire.parse(bad.encode()))
