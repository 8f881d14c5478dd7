"""What a run would do, shown: a diff, the XML, the command lines."""

import json

import pytest
from docker_tor.common.errors import SegmentConflict
from docker_tor.switch import edit, plan, preview
from docker_tor.switch.model import ABSENT, Ve, Vlan
from docker_tor.switch.nos import edits
from docker_tor.switch.plan import Goal

pytest.importorskip("lab.switch", reason="the lab's requirements are not installed")

from in_process import NAME, Vdx

GOAL = Goal(112, 21, ("172.16.112.1/24", "192.168.112.1/24", "172.16.112.9/24", "fd00:112::1/64"))
MADE = Vlan(NAME, True, {21: Ve(GOAL.ipv4, GOAL.ipv6)})


def test_a_new_segment():
    shown = preview.of(GOAL, ABSENT, NAME)
    assert shown.vlan == 112
    assert list(shown.diff) == [
        "+interface Vlan 112",
        "+ name Docker Network",
        "+interface Ve 112",
        "+ no shutdown",
        "+rbridge-id 21",
        "+ interface Ve 112",
        "+  ip address 172.16.112.1/24",
        "+  ip address 172.16.112.9/24 secondary",
        "+  ip address 192.168.112.1/24",
        "+  ipv6 address fd00:112::1/64",
        "+  no shutdown",
    ]
    assert shown.does[0] == "add VLAN 112 named 'Docker Network'"
    assert shown.cli[:2] == ("interface Vlan 112", " name Docker Network")
    assert len(shown.xml) == len(shown.does)


@pytest.mark.parametrize(
    ("have", "goal"),
    [
        (ABSENT, GOAL),
        (MADE, Goal(112, 21, ("192.0.2.1/24",))),
        (MADE, Goal(112, 21, remove=True)),
        (MADE._replace(in_service=False), GOAL),
    ],
)
def test_the_xml_is_what_leads_there(have, goal):
    switch = Vdx()
    if have != ABSENT:
        switch.edit(*preview.of(GOAL, ABSENT, NAME).xml)
    if have.in_service is False:
        down = plan.diff(112, MADE, have)
        switch.edit(*(edit.payload(edits.render(s.edit, s.parameters)) for s in down))
    assert switch.vlans.get(112, ABSENT) == have
    switch.edit(*preview.of(goal, have, NAME).xml)
    want = ABSENT if goal.remove else Vlan(NAME, True, {21: Ve(goal.ipv4, goal.ipv6)})
    assert switch.vlans.get(112, ABSENT) == want


def test_what_stays_is_shown_around_what_changes():
    shown = preview.of(Goal(112, 21, ("192.0.2.1/24",)), MADE, NAME)
    assert list(shown.diff) == [
        " interface Vlan 112",
        "  name Docker Network",
        " interface Ve 112",
        "  no shutdown",
        " rbridge-id 21",
        "  interface Ve 112",
        "-  ip address 172.16.112.1/24",
        "-  ip address 172.16.112.9/24 secondary",
        "-  ip address 192.168.112.1/24",
        "-  ipv6 address fd00:112::1/64",
        "+  ip address 192.0.2.1/24",
        "   no shutdown",
    ]


def test_where_all_is_as_it_should_be():
    shown = preview.of(GOAL, MADE, NAME)
    assert shown.as_result() == {"does": [], "diff": [], "xml": [], "cli": []}


def test_it_is_a_result():
    result = preview.of(GOAL, ABSENT, NAME).as_result()
    assert json.loads(json.dumps(result)) == result
    assert set(result) == {"does", "diff", "xml", "cli"}


def test_what_is_not_ours_is_refused():
    with pytest.raises(SegmentConflict, match="is named 'Storage'"):
        preview.of(GOAL, Vlan("Storage"), NAME)


def test_a_config_with_all_that_there_may_be():
    ve = Ve((), (), True, ("ospf",))
    assert preview.running_config(112, Vlan("", False, {22: ve, 21: Ve()})) == [
        "interface Vlan 112",
        "interface Ve 112",
        " shutdown",
        "rbridge-id 21",
        " interface Ve 112",
        "  no shutdown",
        "rbridge-id 22",
        " interface Ve 112",
        "  (ospf, which the pack knows nothing of)",
        "  shutdown",
    ]
    assert preview.running_config(112, ABSENT) == []
