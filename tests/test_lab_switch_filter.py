"""Subtree and XPath filters of the simulator (RFC 6241, sections 6 and 8.9)."""

import unittest
from typing import Optional

import pytest

pytest.importorskip("lab.switch", reason="the lab's requirements are not installed")

from lxml import etree

from lab.switch import SwitchError
from lab.switch.subtree import select

LISTS = frozenset({"{urn:u}user", "{urn:u}group"})
DATA = """
<data xmlns="urn:base">
  <users xmlns="urn:u">
    <user><name>root</name><type>superuser</type><home><disk>1</disk></home></user>
    <user><name>fred</name><type>admin</type><home><disk>2</disk></home></user>
    <user><name>barney</name><type>admin</type></user>
    <group><name>wheel</name><member xmlns="urn:v">root</member></group>
  </users>
  <other xmlns="urn:o"><name>x</name></other>
</data>
"""


def canonical(element: etree._Element) -> str:
    text: str = etree.tostring(element, method="c14n").decode()
    return text


def parsed(text: str) -> etree._Element:
    return etree.fromstring(text, etree.XMLParser(remove_blank_text=True))


class FilterTestCase(unittest.TestCase):
    def selected(self, criteria: Optional[str]) -> str:
        data = parsed(DATA)
        wanted = None if criteria is None else etree.fromstring(criteria)
        return canonical(select(data, wanted, LISTS))

    def expect(self, criteria: Optional[str], content: str) -> None:
        wanted = canonical(etree.fromstring(f'<data xmlns="urn:base">{content}</data>'))
        self.assertEqual(self.selected(criteria), wanted)

    def refused(self, tag: str, criteria: str) -> None:
        with self.assertRaises(SwitchError) as caught:
            self.selected(criteria)
        self.assertEqual(caught.exception.tag, tag)


class SubtreeTest(FilterTestCase):
    def users(self, content: str, namespace: str = "urn:u") -> str:
        return f'<filter><users xmlns="{namespace}">{content}</users></filter>'

    def test_no_filter_is_everything_and_an_empty_one_nothing(self) -> None:
        self.assertEqual(self.selected(None), canonical(parsed(DATA)))
        self.expect("<filter/>", "")
        self.expect('<filter type="subtree"/>', "")

    def test_selection_node(self) -> None:
        self.expect(
            '<filter><other xmlns="urn:o"/></filter>', '<other xmlns="urn:o"><name>x</name></other>'
        )
        self.expect(
            self.users("<user><name/></user>"),
            '<users xmlns="urn:u"><user><name>root</name></user><user><name>fred</name></user>'
            "<user><name>barney</name></user></users>",
        )

    def test_content_match_selects_the_whole_entry(self) -> None:
        fred = "<user><name>fred</name><type>admin</type><home><disk>2</disk></home></user>"
        for name in ("fred", " fred\n"):
            self.expect(
                self.users(f"<user><name>{name}</name></user>"),
                f'<users xmlns="urn:u">{fred}</users>',
            )
        self.expect(
            self.users("<user><type>admin</type><name>fred</name></user>"),
            f'<users xmlns="urn:u">{fred}</users>',
        )

    def test_content_match_selects_its_siblings(self) -> None:
        self.expect(
            self.users("<user><name>fred</name><home/></user>"),
            '<users xmlns="urn:u"><user><name>fred</name><home><disk>2</disk></home></user>'
            "</users>",
        )
        self.expect(
            self.users("<user><name>barney</name><home/></user>"),
            '<users xmlns="urn:u"><user><name>barney</name></user></users>',
        )
        self.expect(
            self.users("<user><type>admin</type><home><disk>2</disk></home></user>"),
            '<users xmlns="urn:u"><user><type>admin</type><home><disk>2</disk></home></user>'
            "<user><type>admin</type></user></users>",
        )

    def test_no_match_selects_nothing_not_even_what_is_above(self) -> None:
        self.expect(self.users("<user><name>wilma</name></user>"), "")
        self.expect(self.users("<user><name>fred</name><type>superuser</type></user>"), "")
        self.expect(self.users("<nothing/>"), "")
        self.expect(self.users("<user><home><disk>3</disk></home></user>"), "")

    def test_containment_down_to_a_leaf(self) -> None:
        self.expect(
            self.users("<user><home><disk/></home></user>"),
            '<users xmlns="urn:u"><user><home><disk>1</disk></home></user>'
            "<user><home><disk>2</disk></home></user></users>",
        )

    def test_two_tests_for_one_list(self) -> None:
        self.expect(
            self.users("<user><name>fred</name><type/></user><user><name>barney</name></user>"),
            '<users xmlns="urn:u"><user><name>fred</name><type>admin</type></user>'
            "<user><name>barney</name><type>admin</type></user></users>",
        )

    def test_two_tests_for_one_entry_add_up(self) -> None:
        self.expect(
            self.users(
                "<user><name>fred</name><type/></user>"
                "<user><name>fred</name><home><disk/></home></user>"
            ),
            '<users xmlns="urn:u"><user><name>fred</name><type>admin</type>'
            "<home><disk>2</disk></home></user></users>",
        )

    def test_namespaces(self) -> None:
        self.expect(self.users("", "urn:other"), "")
        self.expect(self.users("<group><member/></group>"), "")
        member = '<users xmlns="urn:u"><group><member xmlns="urn:v">root</member></group></users>'
        self.expect(self.users('<group><member xmlns="urn:v"/></group>'), member)
        self.expect(self.users('<group><member xmlns=""/></group>'), member)

    def test_attributes_must_match(self) -> None:
        self.expect('<filter><other xmlns="urn:o" x="1"/></filter>', "")

    def test_content_at_the_top_matches_nothing(self) -> None:
        self.expect('<filter><other xmlns="urn:o">x</other></filter>', "")


class XPathTest(FilterTestCase):
    def xpath(self, expression: str) -> str:
        return f'<filter xmlns:u="urn:u" type="xpath" select="{expression}"/>'

    def test_an_entry_by_its_key(self) -> None:
        self.expect(
            self.xpath("/u:users/u:user[u:name='barney']"),
            '<users xmlns="urn:u"><user><name>barney</name><type>admin</type></user></users>',
        )

    def test_a_leaf_comes_with_the_keys_above_it(self) -> None:
        self.expect(
            self.xpath("//u:disk[.='2']"),
            '<users xmlns="urn:u"><user><name>fred</name><home><disk>2</disk></home></user>'
            "</users>",
        )

    def test_names_without_a_prefix_are_in_no_namespace(self) -> None:
        self.expect(self.xpath("/users"), "")

    def test_text_is_no_node(self) -> None:
        self.expect(self.xpath("/u:users/u:user/u:name/text()"), "")

    def test_bad_expressions(self) -> None:
        self.refused("invalid-value", self.xpath("/u:users["))
        self.refused("invalid-value", self.xpath("/nobody:users"))
        self.refused("invalid-value", self.xpath("count(/u:users)"))
        self.refused("missing-attribute", '<filter type="xpath"/>')

    def test_other_types(self) -> None:
        self.refused("bad-attribute", '<filter type="regex"/>')
