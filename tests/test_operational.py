"""NOS's own RPCs, asked of the lab's switch, and of one that makes no sense."""

import pytest
from docker_tor.common.errors import MalformedReply, SaveUnfinished, SwitchRefused
from docker_tor.netconf import xml
from docker_tor.switch.driver import Interface, Interfaces
from docker_tor.switch.nos import operational
from in_process import Vdx
from lxml import etree

from lab.switch import payloads

EXT, RAS = operational.EXT, operational.RAS


@pytest.fixture
def switch():
    return Vdx(seed=True)


class Scripted:
    """A session whose switch answers so, and then again what it said last."""

    def __init__(self, *contents):
        self.contents = list(contents)
        self.asked = []

    def call(self, rpc):
        self.asked.append(rpc)
        content = self.contents.pop(0) if len(self.contents) > 1 else self.contents[0]
        if isinstance(content, Exception):
            raise content
        return xml.parse(f'<rpc-reply xmlns="{xml.BASE}">{content}</rpc-reply>')


def page(vlan, more="true", last=None):
    told = f'<last-vlan-id xmlns="{EXT}">{vlan if last is None else last}</last-vlan-id>'
    return (
        f'<vlan xmlns="{EXT}"><vlan-id>{vlan}</vlan-id><vlan-name>n</vlan-name></vlan>'
        f'{told}<has-more xmlns="{EXT}">{more}</has-more>'
    )


def status(word, job="3", why=""):
    return (
        f'<session-id xmlns="{RAS}">{job}</session-id><status xmlns="{RAS}">{word}</status>'
        f'<status-string xmlns="{RAS}">{why}</status-string>'
    )


def test_vlans_of_all_pages(switch):
    carried = [("TenGigabitEthernet 22/0/1", "add", "100-199"), ("Port-channel 10", "except", "5")]
    switch.edit(payloads.vlan(112, "Docker Network"))
    switch.edit(*(payloads.vlans_on(port, text, leaf) for port, leaf, text in carried))
    with switch.session() as session:
        found = operational.vlan_brief(session)
    ports = ("tengigabitethernet 22/0/1 (tagged)", "port-channel 10 (tagged)")
    assert [vlan.vlan_id for vlan in found] == [10, 20, 30, 112]
    assert found[3] == operational.Vlan(112, "Docker Network", "static", "active", ports)
    assert switch.operations == ["get-vlan-brief"] * 4


MORE = f'<has-more xmlns="{EXT}">true</has-more>'


@pytest.mark.parametrize(
    "pages",
    [
        (page(10), page(10)),
        (page(10), page(20), page(10)),
        (page(10), page(20, last=5)),
        (page(10) * 9000,),
        (MORE,),
    ],
)
def test_a_switch_that_repeats_itself_is_not_asked_for_ever(pages):
    session = Scripted(*pages)
    with pytest.raises(MalformedReply, match="says that it has VLANs after"):
        operational.vlan_brief(session)
    assert len(session.asked) == len(pages)


def test_pages_that_do_not_say_where_they_end():
    without = '<vlan xmlns="{0}"><vlan-id>{1}</vlan-id></vlan><has-more xmlns="{0}">{2}</has-more>'
    session = Scripted(without.format(EXT, 10, "true"), without.format(EXT, 20, "false"))
    assert [vlan.vlan_id for vlan in operational.vlan_brief(session)] == [10, 20]
    assert "<last-rcvd-vlan-id>10</last-rcvd-vlan-id>" in session.asked[1]


@pytest.mark.parametrize("vlan", ["", "x", "0", "8192", "9" * 5000])
def test_a_vlan_that_is_none(vlan):
    with pytest.raises(MalformedReply, match="tells of a VLAN"):
        operational.vlan_brief(Scripted(page(vlan, last=3)))


def test_ip_interfaces_of_all_rbridges_and_of_one(switch):
    switch.edit(
        *payloads.segment(22, 112, "172.16.112.1/24"),
        payloads.address(22, 112, "192.168.112.1/24"),
        payloads.vlan(113),
        payloads.global_ve(113),
        payloads.ve(22, 113),
    )
    with switch.session() as session:
        everything = operational.ip_interfaces(session)
        one = operational.ip_interfaces(session, 22)
        with pytest.raises(SwitchRefused, match="rbridge-id 23"):
            operational.ip_interfaces(session, 23)
    assert everything.complete
    assert [interface.name for interface in everything.interfaces] == [
        *("Ve 10", "Ve 20", "Ve 30", "Ve 112", "Ve 113")
    ]
    ve112, ve113 = one.interfaces
    assert ve112 == Interface(
        "Ve 112", ("172.16.112.1/24", "192.168.112.1/24"), "up", "up", "default-vrf"
    )
    assert (ve113.addresses, ve113.state) == ((), "down")


def test_a_list_that_is_cut_short_and_one_that_is_too_long():
    assert operational.ip_interfaces(Scripted(MORE)) == Interfaces((), False)
    session = Scripted(f'<interface xmlns="{EXT}"/>' * (operational.MOST_INTERFACES + 1))
    with pytest.raises(MalformedReply, match="20001 IP interfaces"):
        operational.ip_interfaces(session)


@pytest.mark.parametrize("polls", [0, 3])
def test_a_save_is_waited_for(polls):
    session = Scripted(*[status("in-progress")] * (polls + 1), status("completed"))
    slept = []
    operational.save(session, sleep=slept.append)
    assert slept == [operational.POLL_EVERY] * polls
    asked = [etree.fromstring(rpc).findtext(f"{{{RAS}}}session-id") for rpc in session.asked]
    assert asked == [None, *["3"] * (polls + 1)]


FULL = status("failed", why="no space left in the flash")
UNKNOWN = SwitchRefused("the switch refused: invalid-value")


@pytest.mark.parametrize(
    ("answers", "kind", "told"),
    [
        ([status("in-progress"), FULL], SwitchRefused, "'failed': no space left in the flash"),
        ([status("in-progress"), UNKNOWN], SaveUnfinished, "does not know of it any more"),
        *(
            ([status("in-progress", job)], SaveUnfinished, "named no session")
            for job in ("", "x", "3&lt;/session-id>", "9" * 40)
        ),
        ([status("", why="why")], SwitchRefused, "status '': why"),
    ],
)
def test_a_save_whose_end_is_not_told_or_is_none(answers, kind, told):
    session = Scripted(*answers)
    with pytest.raises(kind, match=told) as caught:
        operational.save(session, sleep=pytest.fail)
    assert len(session.asked) == len(answers)
    assert caught.value.family == ("permanent" if kind is SwitchRefused else "transient")


def test_a_save_without_end():
    session, slept = Scripted(status("in-progress")), []
    with pytest.raises(SaveUnfinished, match="still saving after 60 s"):
        operational.save(session, sleep=slept.append)
    assert len(slept) == operational.POLLS - 1
    assert len(session.asked) == 1 + operational.POLLS
