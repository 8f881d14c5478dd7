"""SLX-OS: the exact XML of its edits, and what is read of it."""

import pytest
from docker_tor.common.errors import SwitchRefused
from docker_tor.switch.model import ABSENT, Vlan
from docker_tor.switch.slxos import running_config
from docker_tor.switch.slxos.driver import Driver
from lxml import etree
from ves import flat, ve

NAME = "Docker Network"
DRIVER = Driver(NAME)
NC = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"'
I = 'xmlns="urn:brocade.com:mgmt:brocade-interface"'  # noqa: E741
SYSTEM = 'xmlns="urn:brocade.com:mgmt:brocade-common-def"'
IP = 'xmlns="urn:brocade.com:mgmt:brocade-ip-config"'
IPV6 = 'xmlns="urn:brocade.com:mgmt:brocade-ipv6-config"'
GONE = ' nc:operation="delete"'


def vlan(content, gone=""):
    inside = f"<vlan{gone}><name>112</name>{content}</vlan>"
    return f"<nc:config {NC}><interface-vlan {I}>{inside}</interface-vlan></nc:config>"


def ve_(content, gone=""):
    inside = f"<interface {I}><ve{gone}><name>112</name>{content}</ve></interface>"
    return f"<nc:config {NC}><routing-system {SYSTEM}>{inside}</routing-system></nc:config>"


def ip(content):
    return ve_(f"<ip {IP}><ip-config>{content}</ip-config></ip>")


MADE = Vlan(NAME, True, {None: ve("172.16.112.1/24", "172.16.112.9/24", "fd00:112::1/64")})
MAKING = [
    vlan(f"<vlan-name>{NAME}</vlan-name>"),
    vlan("<router-interface><Ve>112</Ve></router-interface>"),
    ip("<address><address>172.16.112.1/24</address></address>"),
    ip("<address><address>172.16.112.9/24</address><secondary/></address>"),
    ve_(
        f"<ipv6 {IPV6}><ipv6-config><address><ipv6-address><address>fd00:112::1/64</address>"
        "</ipv6-address></address></ipv6-config></ipv6>"
    ),
    ve_(f"<shutdown {IP}{GONE}/>"),
]
DELETING = [
    ve_(f"<shutdown {IP}/>"),
    ip(f"<address{GONE}><address>172.16.112.9/24</address><secondary/></address>"),
    ip(f"<address{GONE}><address>172.16.112.1/24</address></address>"),
    ve_(
        f"<ipv6 {IPV6}><ipv6-config><address><ipv6-address{GONE}><address>fd00:112::1/64</address>"
        "</ipv6-address></address></ipv6-config></ipv6>"
    ),
    ve_("", GONE),
    vlan(f"<router-interface><Ve{GONE}>112</Ve></router-interface>"),
    vlan("", GONE),
]


def sent(have, want):
    return [flat(DRIVER.payload([step])) for step in DRIVER.steps(112, have, want)]


def test_the_exact_xml_of_each_edit():
    assert sent(ABSENT, MADE) == [flat(one) for one in MAKING]
    assert sent(MADE, ABSENT) == [flat(one) for one in DELETING]


def test_the_command_lines():
    assert DRIVER.cli(DRIVER.steps(112, ABSENT, MADE)) == [
        *("vlan 112", f" name {NAME}"),
        *("vlan 112", " router-interface Ve 112"),
        *("interface Ve 112", " ip address 172.16.112.1/24"),
        *("interface Ve 112", " ip address 172.16.112.9/24 secondary"),
        *("interface Ve 112", " ipv6 address fd00:112::1/64"),
        *("interface Ve 112", " no shutdown"),
    ]


def test_what_is_read_of_what_others_did():
    """A VLAN that is tied to another Ve is not ours."""
    tied = "<router-interface><Ve>7</Ve></router-interface>"
    found = etree.fromstring(
        f"<data><interface-vlan {I}><vlan><name>112</name><vlan-name>{NAME}</vlan-name>{tied}"
        f"</vlan></interface-vlan><routing-system {SYSTEM}><interface {I}><ve><name>113</name>"
        f"<mystery {IP}/><shutdown {IP}/></ve></interface></routing-system></data>"
    )
    assert running_config.read(found) == {
        112: Vlan(f"{NAME}, tied to Ve 7"),
        113: Vlan(ves={None: ve(shut=True, others=("mystery",))}),
    }


def test_what_is_not_known_of_it_is_refused_and_says_what_to_do():
    for ask in (DRIVER.interfaces, DRIVER.save):
        with pytest.raises(SwitchRefused, match="the pack does not know") as caught:
            ask(None)
        assert "at the switch" in caught.value.remedy
