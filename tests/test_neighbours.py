"""Who is at which port: LLDP neighbours and Port-channels, told by the lab's switch, and by one
that makes no sense."""

import pytest
from direct import Direct
from docker_tor.common.errors import MalformedReply
from docker_tor.config.credentials import Login
from docker_tor.config.platforms import NOS
from docker_tor.netconf import xml
from docker_tor.netconf.session import open_session
from docker_tor.switch.driver import Neighbour
from docker_tor.switch.nos import lldp
from docker_tor.switch.nos.driver import Driver as Nos
from docker_tor.switch.openconfig.driver import Driver as Openconfig
from docker_tor.switch.slxos.driver import Driver as Slxos

from lab.switch import Switch, payloads
from lab.switch import lldp as switch_lldp

LOGIN = Login("10.0.0.1", 22, "admin", "password", "ignore")
TEN = "TenGigabitEthernet 21/0/"


def told(switch, driver):
    with open_session(LOGIN, connect=Direct({LOGIN.host: switch}).connect) as session:
        return driver("Docker Network").neighbours(session)


def test_neighbours_of_all_pages_each_with_its_port_channel():
    switch = Switch()
    hosts = [switch_lldp.Neighbour(f"{TEN}{n}", f"host{n}", "eth0") for n in range(1, 6)]
    second = switch_lldp.Neighbour(f"{TEN}2", "", "", "enp1s0")
    switch.lldp.neighbours = [*hosts, second]
    members = {f"{TEN}2": 10, f"{TEN}3": 10, f"{TEN}5": 6000}
    switch.edit(*(payloads.channel_group(port, number) for port, number in members.items()))
    found = told(switch, Nos)
    assert [(one.port, one.channel, one.system) for one in found] == [
        (f"{TEN}1", "", "host1"),
        (f"{TEN}2", "Port-channel 10", "host2"),
        (f"{TEN}2", "Port-channel 10", ""),
        (f"{TEN}3", "Port-channel 10", "host3"),
        (f"{TEN}4", "", "host4"),
        (f"{TEN}5", "Port-channel 6000", "host5"),
    ]
    assert found[0] == Neighbour(f"{TEN}1", "", "0005.3300.0001", "host1", "0250.5600.0001", "eth0")
    assert found[2].port_id == "enp1s0"
    assert (found[0].trunk, found[1].trunk) == (f"{TEN}1", "Port-channel 10")
    asked = [rpc.operation for rpc in switch.rpcs]
    assert asked == [*["get-lldp-neighbor-detail"] * 3, "get-config", "close-session"]


def test_slxos_tells_its_own_in_the_same_way_and_who_sees_nobody_is_asked_no_more():
    switch = Switch(platform="slxos")
    assert told(switch, Slxos) == []
    assert [rpc.operation for rpc in switch.rpcs] == ["get-lldp-neighbor-detail", "close-session"]
    switch.lldp.neighbours = [switch_lldp.Neighbour("Ethernet 0/3", "host1", "eth0")]
    switch.edit(payloads.channel_group("Ethernet 0/3", 10))
    (found,) = told(switch, Slxos)
    assert found[:2] == ("Ethernet 0/3", "Port-channel 10")
    assert found.system == "host1"


class Scripted:
    """A session whose switch answers so, and then again what it said last."""

    def __init__(self, *contents):
        self.contents = list(contents)
        self.asked = []

    def get_config(self, criteria):
        xml.parse(criteria)
        return xml.parse(f'<data xmlns="{xml.BASE}"/>')

    def call(self, rpc):
        self.asked.append(rpc)
        content = self.contents.pop(0) if len(self.contents) > 1 else self.contents[0]
        return xml.parse(f'<rpc-reply xmlns="{xml.BASE}">{content}</rpc-reply>')


def entry(port="Te 21/0/1", index="1", **said):
    leaves = {"local-interface-name": port, "local-interface-ifindex": index, **said}
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in leaves.items())
    return f'<lldp-neighbor-detail xmlns="{lldp.EXT}">{inner}</lldp-neighbor-detail>'


def more(word="true"):
    return f'<has-more xmlns="{lldp.EXT}">{word}</has-more>'


@pytest.mark.parametrize(
    "pages",
    [
        (entry() + more(),),
        (entry() + more(), entry(index="2") + more(), entry() + more()),
        (entry(index="1&lt;/x>") + more(),),
        (entry(index="9" * 5000) + more(),),
        (more(),),
        (entry() * (lldp.MOST_ENTRIES + 1) + more(), entry(index="2") + more("false")),
    ],
    ids=["again", "in a circle", "markup", "long", "nothing", "too many"],
)
def test_a_switch_that_does_not_get_on_is_not_asked_for_ever(pages):
    session = Scripted(*pages)
    with pytest.raises(MalformedReply, match="says that it has LLDP neighbours after"):
        lldp.neighbours(session, NOS)
    assert len(session.asked) <= len(pages) + 1


def test_what_a_neighbour_says_is_text_from_outside():
    said = {
        "remote-system-name": "a{{ 1 }}&#10;b" + "x" * 9000,
        "remote-port-description": "&lt;!channel> ```",
        "remote-interface-name": "eth0",
    }
    session = Scripted(entry(**said) + entry("Vl 1") + entry("") + more("false"))
    (found,) = lldp.neighbours(session, NOS)
    assert found.system.startswith("a{ { 1 }} bxxx")
    assert len(found.system) == lldp.LONGEST
    assert (found.port_description, found.port_id) == ("< !channel> ` ` `", "eth0")
    assert found.channel == ""


class Modelled:
    """A session with a switch of OpenConfig's models that has these ports: name, Port-channel, what
    neighbours say."""

    def __init__(self, *ports):
        self.ports = ports

    def get(self, criteria):
        xml.parse(criteria)
        oc = "http://openconfig.net/yang"
        listed = "".join(
            f'<interface><name>{name}</name><ethernet xmlns="{oc}/interfaces/ethernet"><config>'
            f'<aggregate-id xmlns="{oc}/interfaces/aggregate">{channel}</aggregate-id></config>'
            "</ethernet></interface>"
            for name, channel, _ in self.ports
        )
        seen = "".join(
            f"<interface><name>{name}</name><neighbors>"
            + "".join(f"<neighbor><state>{one}</state></neighbor>" for one in said)
            + "</neighbors></interface>"
            for name, _, said in self.ports
        )
        return xml.parse(
            f'<data xmlns="{xml.BASE}"><interfaces xmlns="{oc}/interfaces">{listed}</interfaces>'
            f'<lldp xmlns="{oc}/lldp"><interfaces>{seen}</interfaces></lldp></data>'
        )


HOST1 = (
    "<system-name>host1</system-name><port-id>7</port-id><port-description>eth0</port-description>"
)


def test_neighbours_by_openconfigs_models():
    session = Modelled(
        ("Ethernet1", "Port-Channel10", [HOST1, "<port-id>x&#9;y</port-id>"]),
        ("Ethernet2", "", []),
        ("ge-0/0/3", "", [HOST1]),
        ("{{ 1 }}", "", [HOST1]),
        ("Ethernet4", "{{ 1 }}", [HOST1]),
    )
    assert Openconfig("Docker Network").neighbours(session) == [
        Neighbour("Ethernet1", "Port-Channel10", "", "host1", "7", "eth0"),
        Neighbour("Ethernet1", "Port-Channel10", "", "", "x y", ""),
        Neighbour("ge-0/0/3", "", "", "host1", "7", "eth0"),
    ]
    many = Modelled(("Ethernet1", "", [""] * (lldp.MOST_ENTRIES + 1)))
    with pytest.raises(MalformedReply, match="10001 LLDP neighbours"):
        Openconfig("Docker Network").neighbours(many)
