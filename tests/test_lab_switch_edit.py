"""What edits make of the simulator's configuration, and which it refuses; without a network."""

import itertools
import unittest
from typing import List

import pytest

pytest.importorskip("lab.switch", reason="the lab's requirements are not installed")

from lab.switch import Switch, SwitchError, payloads
from lab.switch.names import BASE, INTERFACE, IP, RBRIDGE

VE_112 = "/rb:rbridge-id[rb:rbridge-id='21']/if:interface/if:ve[if:name='112']"


def config(content: str) -> str:
    return f'<config xmlns="{BASE}" xmlns:nc="{BASE}">{content}</config>'


def in_interface(content: str) -> str:
    return config(
        f'<interface-vlan xmlns="{INTERFACE}"><interface>{content}</interface></interface-vlan>'
    )


def in_ve(content: str, attribute: str = "") -> str:
    return config(
        f'<rbridge-id xmlns="{RBRIDGE}"><rbridge-id>21</rbridge-id>'
        f'<interface xmlns="{INTERFACE}"><ve{attribute}><name>112</name>{content}</ve></interface>'
        "</rbridge-id>"
    )


class SwitchTestCase(unittest.TestCase):
    """A switch that is not started, and what it refuses."""

    def setUp(self) -> None:
        self.switch = Switch(seed=False, rbridge_ids=(21, 22))

    def refused(self, tag: str, *configs: str) -> SwitchError:
        """The error of the last of `configs`, which changes nothing."""
        *before, last = configs
        self.switch.edit(*before)
        running = self.switch.running
        with self.assertRaises(SwitchError) as caught:
            self.switch.edit(last)
        self.assertEqual(caught.exception.tag, tag, caught.exception)
        self.assertEqual(self.switch.running, running)
        return caught.exception


class ChainTest(SwitchTestCase):
    def test_the_articles_five_edits(self) -> None:
        edits = payloads.segment(21, 112, "172.16.112.1/24", "Docker Network")
        states: List[str] = []
        for edit in edits:
            self.switch.edit(edit)
            states.append(self.switch.running.xml())
        self.assertIn("<vlan-name>Docker Network</vlan-name>", states[0])
        self.assertIn("<global-ve-shutdown>", states[1])
        self.assertIn(f'<shutdown xmlns="{IP}">', states[2])
        self.assertNotIn(f'<shutdown xmlns="{IP}">', states[3])
        self.assertIn("<global-ve-shutdown>", states[3])
        self.assertNotIn("shutdown", states[4])
        self.assertEqual(
            self.switch.cli("show running-config rbridge-id 21 interface Ve 112"),
            "rbridge-id 21\n"
            " interface Ve 112\n"
            "  ip proxy-arp\n"
            "  ip address 172.16.112.1/24\n"
            "  no shutdown\n"
            " !\n"
            "!\n",
        )

    def test_every_other_order_is_refused_somewhere(self) -> None:
        edits = payloads.segment(21, 112, "172.16.112.1/24", "Docker Network")
        # Only these two, on either side of the Ve, do not build on each other.
        allowed = {(0, 1, 2, 3, 4), (0, 1, 2, 4, 3), (0, 1, 4, 2, 3)}
        for order in itertools.permutations(range(5)):
            switch = Switch(seed=False)
            try:
                switch.edit(*(edits[number] for number in order))
            except SwitchError as error:
                self.assertNotIn(order, allowed)
                self.assertIn(error.tag, ("operation-failed", "data-missing"))
            else:
                self.assertIn(order, allowed)

    def test_merging_again_changes_nothing_and_no_shutdown_again_is_missing(self) -> None:
        edits = payloads.segment(21, 112, "172.16.112.1/24", "Docker Network")
        self.switch.edit(*edits)
        running = self.switch.running
        self.switch.edit(*edits[:3])
        self.assertEqual(self.switch.running, running)
        for edit in edits[3:]:
            self.refused("data-missing", edit)

    def test_a_new_ve_stays_as_it_is_when_it_is_merged_again(self) -> None:
        self.switch.edit(*payloads.segment(21, 112, "172.16.112.1/24"), payloads.global_ve(112))
        self.switch.edit(payloads.ve(21, 112))
        self.assertNotIn("shutdown", self.switch.running.xml())
        self.switch.edit(payloads.shutdown(21, 112), payloads.global_shutdown(112))
        self.assertEqual(self.switch.running.xml().count("shutdown xmlns"), 1)
        self.assertIn("<global-ve-shutdown>", self.switch.running.xml())

    def test_the_segment_goes_in_reverse_order_and_leaves_nothing(self) -> None:
        empty = self.switch.running
        self.switch.edit(*payloads.segment(21, 112, "172.16.112.1/24", "Docker Network"))
        self.refused("operation-failed", payloads.vlan(112, delete=True))
        error = self.refused("operation-failed", payloads.global_ve(112, delete=True))
        self.assertIn("rbridge-id 21 has interface Ve 112", error.message)
        self.switch.edit(payloads.ve(21, 112, delete=True), payloads.global_ve(112, delete=True))
        self.switch.edit(payloads.vlan(112, delete=True))
        self.assertEqual(self.switch.running, empty)

    def test_what_is_not_there_cannot_be_deleted(self) -> None:
        self.switch.edit(payloads.vlan(112), payloads.global_ve(112), payloads.ve(21, 112))
        for edit in (
            payloads.vlan(113, delete=True),
            payloads.global_ve(113, delete=True),
            payloads.ve(21, 113, delete=True),
            payloads.ve(22, 112, delete=True),
            payloads.address(21, 112, "10.0.0.1/24", delete=True),
            payloads.address(21, 112, "fd00::1/64", delete=True),
            in_interface('<vlan><name>112</name><vlan-name nc:operation="delete"/></vlan>'),
        ):
            error = self.refused("data-missing", edit)
            self.assertIn("does not exist", error.message)
            self.assertTrue(error.path)

    def test_what_builds_on_nothing_is_refused_by_name(self) -> None:
        error = self.refused("operation-failed", payloads.global_ve(112))
        self.assertEqual(error.message, "VLAN 112 does not exist; create it first")
        self.assertEqual(error.path, "/if:interface-vlan/if:interface/if:ve[if:gve-name='112']")
        error = self.refused("operation-failed", payloads.vlan(112), payloads.ve(21, 112))
        self.assertEqual(error.message, "interface Ve 112 does not exist globally; create it first")
        self.assertEqual(error.path, VE_112)


class OperationTest(SwitchTestCase):
    def test_create_of_what_is_there(self) -> None:
        edit = in_interface(
            '<vlan nc:operation="create"><name>112</name><vlan-name>a</vlan-name></vlan>'
        )
        self.switch.edit(edit)
        self.assertEqual(self.refused("data-exists", edit).message, "vlan 112 exists already")
        name = '<vlan><name>112</name><vlan-name nc:operation="create">b</vlan-name></vlan>'
        self.refused("data-exists", in_interface(name))

    def test_replace_drops_what_it_does_not_name(self) -> None:
        self.switch.edit(
            in_interface("<vlan><name>112</name><description>old</description></vlan>"),
            in_interface(
                '<vlan nc:operation="replace"><name>112</name><vlan-name>new</vlan-name></vlan>'
            ),
        )
        self.assertNotIn("old", self.switch.running.xml())
        self.assertIn("<vlan-name>new</vlan-name>", self.switch.running.xml())
        renamed = '<vlan><name>112</name><vlan-name nc:operation="replace">x</vlan-name></vlan>'
        self.switch.edit(in_interface(renamed))
        self.assertIn("<vlan-name>x</vlan-name>", self.switch.running.xml())

    def test_several_entries_of_one_kind(self) -> None:
        self.switch.edit(in_interface("<vlan><name>112</name></vlan><vlan><name>113</name></vlan>"))
        self.assertIn("<name>113</name>", self.switch.running.xml())

    def test_one_bad_part_undoes_the_good_one(self) -> None:
        self.refused(
            "data-missing",
            in_interface(
                '<vlan><name>112</name></vlan><vlan nc:operation="delete"><name>9</name></vlan>'
            ),
        )

    def test_two_commands_in_one_edit(self) -> None:
        self.switch.edit(payloads.vlan(112), payloads.global_ve(112))
        address = f'<ip xmlns="{IP}"><ip-config><address><address>10.0.0.1/24</address></address>'
        address += "</ip-config></ip>"
        for edit in (
            in_interface("<vlan><name>113</name></vlan><ve><gve-name>112</gve-name></ve>"),
            in_ve(address + f'<shutdown xmlns="{IP}"/>'),
            in_ve(address, ' nc:operation="create"'),
        ):
            error = self.refused("operation-not-supported", edit)
            self.assertIn("one command", error.message)
        container = f'<interface-vlan xmlns="{INTERFACE}"/>'
        self.refused("operation-not-supported", config(container * 2))

    def test_whole_containers_cannot_be_operated_on(self) -> None:
        for operation in ("delete", "create", "replace"):
            container = f'<interface-vlan xmlns="{INTERFACE}" nc:operation="{operation}"/>'
            self.refused("operation-not-supported", config(container))
        merged = f'<interface-vlan xmlns="{INTERFACE}" nc:operation="merge"/>'
        self.switch.edit(config(merged))

    def test_the_whole_configuration_cannot_be_operated_on(self) -> None:
        self.refused("bad-attribute", f'<nc:config xmlns:nc="{BASE}" nc:operation="delete"/>')
        self.refused("unknown-attribute", f'<nc:config xmlns:nc="{BASE}" operation="delete"/>')

    def test_an_rbridge_cannot_be_deleted(self) -> None:
        rbridge = f'<rbridge-id xmlns="{RBRIDGE}" nc:operation="delete">'
        self.refused(
            "operation-not-supported",
            config(f"{rbridge}<rbridge-id>21</rbridge-id></rbridge-id>"),
        )

    def test_operations_inside_what_is_deleted(self) -> None:
        self.switch.edit(payloads.vlan(112, "a"))
        inside = '<vlan nc:operation="delete"><name>112</name><vlan-name{}>a</vlan-name></vlan>'
        self.refused("bad-attribute", in_interface(inside.format(' nc:operation="replace"')))
        self.switch.edit(in_interface(inside.format(' nc:operation="delete"')))
        self.assertNotIn("<vlan>", self.switch.running.xml())

    def test_operation_attributes_that_are_none(self) -> None:
        self.switch.edit(payloads.vlan(112), payloads.global_ve(112))
        ve = "<ve><gve-name>112</gve-name><global-ve-shutdown {}/></ve>"
        for attribute, tag in (
            ('operation="delete"', "unknown-attribute"),
            ('nc:operation="remove"', "bad-attribute"),
            ('nc:operation="none"', "bad-attribute"),
            ('nc:operation="DELETE"', "bad-attribute"),
            ('nc:insert="first"', "unknown-attribute"),
        ):
            error = self.refused(tag, in_interface(ve.format(attribute)))
            self.assertIn(("bad-element", "global-ve-shutdown"), error.info)

    def test_a_key_cannot_be_operated_on(self) -> None:
        self.refused(
            "bad-attribute", in_interface('<vlan><name nc:operation="delete">112</name></vlan>')
        )


class StrictnessTest(SwitchTestCase):
    def test_unknown_elements_and_namespaces(self) -> None:
        for edit, tag in (
            (in_interface("<vlan><name>112</name><mtu>9000</mtu></vlan>"), "unknown-element"),
            (in_interface("<loopback><id>1</id></loopback>"), "unknown-element"),
            (in_interface('<vlan xmlns="urn:x"><name>112</name></vlan>'), "unknown-namespace"),
            (in_interface('<vlan><name xmlns="">112</name></vlan>'), "unknown-namespace"),
            (in_interface("<vlan><name>1<b/></name></vlan>"), "unknown-element"),
            (in_ve("<shutdown/>"), "unknown-namespace"),
            (in_ve('<bfd xmlns="urn:brocade.com:mgmt:brocade-bfd"/>'), "unknown-namespace"),
            (config("<interface-vlan/>"), "unknown-namespace"),
            ("<config/>", "unknown-namespace"),
        ):
            error = self.refused(tag, edit)
            self.assertEqual(error.info[0][0], "bad-element")

    def test_missing_keys(self) -> None:
        error = self.refused(
            "missing-element", in_interface("<vlan><vlan-name>x</vlan-name></vlan>")
        )
        self.assertEqual(error.info, (("bad-element", "name"),))
        self.assertEqual(error.path, "/if:interface-vlan/if:interface/if:vlan")
        self.refused("missing-element", in_interface("<ve><global-ve-shutdown/></ve>"))

    def test_what_is_given_twice(self) -> None:
        vlan = "<vlan><name>112</name></vlan>"
        self.refused("bad-element", in_interface(vlan * 2))
        name = "<vlan-name>x</vlan-name>"
        self.refused("bad-element", in_interface(f"<vlan><name>112</name>{name * 2}</vlan>"))

    def test_text_among_elements(self) -> None:
        self.refused("bad-element", in_interface("<vlan>x<name>112</name></vlan>"))
        self.refused("bad-element", in_interface("<vlan><name>112</name>x</vlan>"))

    def test_vlan_ids(self) -> None:
        for text in ("0", "1002", "3963", "4090", "4091", "4096", "-1", "abc", "", " 112", "0112"):
            self.refused("invalid-value", in_interface(f"<vlan><name>{text}</name></vlan>"))
            self.refused("invalid-value", in_interface(f"<ve><gve-name>{text}</gve-name></ve>"))
        for number in (1, 1001, 1003, 3962):
            self.switch.edit(payloads.vlan(number))

    def test_the_reserved_vlans_are_the_models(self) -> None:
        switch = Switch(seed=False, last_vlan=4086)
        switch.edit(payloads.vlan(4086))
        with self.assertRaisesRegex(SwitchError, "VLAN 4087 is reserved"):
            switch.edit(payloads.vlan(4087))

    def test_names_and_descriptions(self) -> None:
        leaf = "<vlan><name>112</name><{0}>{1}</{0}></vlan>"
        for name, text in (
            ("vlan-name", ""),
            ("vlan-name", "x" * 33),
            ("vlan-name", "a&#10;b"),
            ("vlan-name", " a"),
            ("description", "x" * 64),
        ):
            self.refused("invalid-value", in_interface(leaf.format(name, text)))
        self.switch.edit(in_interface(leaf.format("vlan-name", "n" * 32)))
        self.switch.edit(in_interface(leaf.format("description", "d" * 63)))

    def test_empty_leaves_hold_nothing(self) -> None:
        self.switch.edit(payloads.vlan(112), payloads.global_ve(112), payloads.ve(21, 112))
        self.refused("invalid-value", in_ve(f'<shutdown xmlns="{IP}">true</shutdown>'))
        self.switch.edit(in_ve(f'<shutdown xmlns="{IP}"> </shutdown>'))

    def test_rbridges_of_other_fabrics(self) -> None:
        self.switch.edit(payloads.vlan(112), payloads.global_ve(112))
        error = self.refused("invalid-value", payloads.ve(23, 112))
        self.assertIn("not part of this fabric", error.message)
        self.switch.edit(payloads.ve(22, 112))

    def test_what_is_no_xml(self) -> None:
        self.refused("malformed-message", "<config>")
        self.refused("malformed-message", f'<!DOCTYPE x><config xmlns="{BASE}"/>')


class AddressTest(SwitchTestCase):
    def setUp(self) -> None:
        super().setUp()
        for number in (112, 113):
            self.switch.edit(payloads.vlan(number), payloads.global_ve(number))
            self.switch.edit(payloads.ve(21, number))

    def test_addresses_that_no_host_has(self) -> None:
        for text in (
            "172.16.112.0/24",
            "172.16.112.255/24",
            "172.16.112.1",
            "172.16.112.1/32",
            "172.16.112.1/0",
            "172.16.112.1/255.255.255.0",
            "172.16.112.300/24",
            "172.016.112.1/24",
            "224.0.0.1/24",
            "127.0.0.1/8",
            "0.1.2.3/8",
            "240.0.0.1/8",
            "x",
        ):
            error = self.refused("invalid-value", payloads.address(21, 112, text))
            self.assertTrue(error.path.endswith("ip:ip-config/ip:address/ip:address"), error.path)
        for text in (
            "::1/64",
            "ff02::1/64",
            "fe80::1/64",
            "fd00::1/128",
            "fd00::1/0",
            "fd00:::1/64",
        ):
            self.refused("invalid-value", payloads.address(21, 112, text))

    def test_addresses_at_the_limits(self) -> None:
        for text in ("10.0.0.0/31", "10.0.0.1/30", "128.0.0.1/1", "fd00::2/127"):
            switch = Switch(seed=False)
            switch.edit(payloads.vlan(5), payloads.global_ve(5), payloads.address(21, 5, text))
            self.assertIn(f"<address>{text}</address>", switch.running.xml())

    def test_ipv6_addresses_have_one_form(self) -> None:
        self.switch.edit(payloads.address(21, 112, "FD00:0112:0::0:1/64"))
        self.assertIn("<address>fd00:112::1/64</address>", self.switch.running.xml())
        self.switch.edit(payloads.address(21, 112, "fd00:112::1/64"))
        self.switch.edit(payloads.address(21, 112, "fd00:112:0::1/64", delete=True))
        self.assertNotIn("ipv6-address", self.switch.running.xml())

    def test_a_second_address_of_a_subnet_is_secondary(self) -> None:
        first, second = "10.1.0.1/24", "10.1.0.9/24"
        self.switch.edit(payloads.address(21, 112, first))
        error = self.refused("operation-failed", payloads.address(21, 112, second))
        self.assertIn("overlaps with a previously configured IP subnet", error.message)
        self.switch.edit(payloads.address(21, 112, second, secondary=True))
        error = self.refused("operation-failed", payloads.address(21, 112, first, delete=True))
        told = "Primary IP address can not be deleted if secondary address exists"
        self.assertEqual((error.message, error.path), (told, VE_112))
        # A subnet of its own has its own primary address, which goes by itself.
        self.switch.edit(payloads.address(21, 112, "10.2.0.1/24"))
        self.switch.edit(payloads.address(21, 112, "10.2.0.1/24", delete=True))
        self.switch.edit(payloads.address(21, 112, second, secondary=True, delete=True))
        self.switch.edit(payloads.address(21, 112, first, delete=True))

    def test_a_secondary_address_has_a_primary_one_in_its_own_subnet(self) -> None:
        for text in ("10.1.0.1/24", "10.2.0.9/25", "10.2.0.9/16"):
            error = self.refused(
                "operation-failed", payloads.address(21, 112, text, secondary=True)
            )
            self.assertIn(f"{text} is secondary, and its subnet has no primary", error.message)
            if "10.2.0.1/24" not in self.switch.running.xml():
                self.switch.edit(payloads.address(21, 112, "10.2.0.1/24"))

    def test_a_subnet_of_two_addresses_has_no_secondary_one(self) -> None:
        self.switch.edit(payloads.address(21, 112, "10.1.0.0/31"))
        error = self.refused(
            "operation-failed", payloads.address(21, 112, "10.1.0.1/31", secondary=True)
        )
        self.assertEqual(error.message, "Cannot assign /31 subnet address as secondary")

    def test_proxy_arp_comes_with_the_first_address_and_goes_with_the_ve(self) -> None:
        def has() -> bool:
            return "<proxy-arp>" in self.switch.running.xml()

        self.switch.edit(payloads.ve(21, 112), payloads.address(21, 112, "fd00:112::1/64"))
        self.assertFalse(has())
        self.switch.edit(payloads.address(21, 112, "10.1.0.1/24"))
        self.assertTrue(has())
        self.switch.edit(payloads.ip_config(21, 112, "proxy-arp", delete=True))
        self.switch.edit(payloads.address(21, 112, "10.2.0.1/24"))
        self.assertFalse(has())
        for text in ("10.1.0.1/24", "10.2.0.1/24"):
            self.switch.edit(payloads.address(21, 112, text, delete=True))
        self.switch.edit(payloads.address(21, 112, "10.1.0.1/24"))
        self.assertTrue(has())
        self.switch.edit(payloads.address(21, 112, "10.1.0.1/24", delete=True))
        self.assertTrue(has())
        self.switch.edit(payloads.ve(21, 112, delete=True))
        self.assertFalse(has())

    def test_what_else_a_ve_has_of_ip(self) -> None:
        self.switch.edit(payloads.address(21, 112, "10.1.0.1/24"))
        for leaf, text in (("mtu", "9000"), ("arp-aging-timeout", "60")):
            self.switch.edit(payloads.ip_config(21, 112, leaf, text))
            self.refused("invalid-value", payloads.ip_config(21, 112, leaf, "9019"))
        self.assertEqual(
            self.switch.cli("show running-config rbridge-id 21 interface Ve 112"),
            "rbridge-id 21\n interface Ve 112\n  ip mtu 9000\n  ip proxy-arp\n"
            "  ip arp-aging-timeout 60\n  ip address 10.1.0.1/24\n  shutdown\n !\n!\n",
        )

    def test_the_default_vlan_has_no_ve(self) -> None:
        self.switch.edit(payloads.vlan(1))
        self.assertIn(
            "default VLAN", self.refused("operation-failed", payloads.global_ve(1)).message
        )

    def test_several_ipv6_addresses(self) -> None:
        self.switch.edit(payloads.address(21, 112, "fd00:1::1/64"))
        self.switch.edit(payloads.address(21, 112, "fd00:2::1/64"))
        self.assertEqual(self.switch.running.xml().count("<ipv6-address>"), 2)

    def test_overlaps(self) -> None:
        self.switch.edit(payloads.address(21, 113, "10.1.0.1/24"))
        self.switch.edit(payloads.address(21, 113, "fd00:1::1/64"))
        for text in ("10.1.0.2/24", "10.1.0.200/25", "10.0.0.1/8", "fd00:1::2/64", "fd00::1/16"):
            error = self.refused("operation-failed", payloads.address(21, 112, text))
            self.assertIn("interface Ve 113", error.message)
            self.assertEqual(error.path, VE_112)
        overlapping = payloads.address(21, 113, "10.1.0.9/24")
        self.assertIn("overlaps", self.refused("operation-failed", overlapping).message)
        self.refused("operation-failed", payloads.address(21, 113, "fd00:1::9/64"))

    def test_another_rbridge_may_have_the_subnet(self) -> None:
        self.switch.edit(payloads.address(21, 112, "10.1.0.1/24"))
        self.switch.edit(payloads.address(22, 112, "10.1.0.2/24"))

    def test_a_deleted_ve_takes_its_addresses(self) -> None:
        self.switch.edit(payloads.address(21, 112, "10.1.0.1/24"))
        self.switch.edit(payloads.address(21, 112, "10.2.0.1/24"))
        self.switch.edit(payloads.ve(21, 112, delete=True))
        self.assertNotIn("10.1.0.1", self.switch.running.xml())
        self.switch.edit(payloads.address(21, 113, "10.1.0.1/24"))


class DatastoreTest(SwitchTestCase):
    def test_snapshots_compare(self) -> None:
        before = self.switch.running
        self.switch.edit(payloads.vlan(112))
        after = self.switch.running
        self.assertNotEqual(before, after)
        self.assertNotEqual(before.xml(), after.xml())
        self.switch.edit(payloads.vlan(112, delete=True))
        self.assertEqual(self.switch.running, before)
        self.assertEqual(hash(self.switch.running), hash(before))
        self.assertEqual(self.switch.running.xml(), before.xml())
        self.assertNotEqual(before, before.xml())
        self.assertIn("<data xmlns=", repr(before))

    def test_order_does_not_matter(self) -> None:
        other = Switch(seed=False, rbridge_ids=(21, 22))
        self.switch.edit(payloads.vlan(9), payloads.vlan(100))
        other.edit(payloads.vlan(100), payloads.vlan(9))
        self.assertEqual(self.switch.running, other.running)
        self.assertEqual(self.switch.running.xml(), other.running.xml())
        self.assertLess(other.running.xml().index(">9<"), other.running.xml().index(">100<"))

    def test_the_seed_is_in_both(self) -> None:
        switch = Switch()
        self.assertEqual(switch.running, switch.startup)
        for text in ("10.10.10.1/24", "10.10.20.1/24", "10.10.30.1/24"):
            self.assertIn(text, switch.running.xml())
        switch.edit(payloads.vlan(112))
        self.assertNotEqual(switch.running, switch.startup)
