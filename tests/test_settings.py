"""docker.yaml, checked once and turned into values."""

import copy

import pytest
from docker_tor.common.errors import ConfigError
from docker_tor.config import settings, uplinks
from docker_tor.config.credentials import NO_ALGORITHMS, Algorithms
from docker_tor.config.entries import Tls

KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIJ0hZ1zDqtq1YvKMTXVyJGVwz6mFvZ3cBWs0qCkWz2fU"
ENGINE = {"name": "host1", "url": "unix:///var/run/docker.sock"}
SWITCH = {
    "name": "tor1",
    "host": "10.254.4.105",
    "username": "stackstorm",
    "password": "very secret",
    "rbridge_id": 21,
}
TWO = [{**SWITCH, "name": "tor1"}, {**SWITCH, "name": "tor2", "host": "10.254.4.106"}]


TE5, TE6 = "TenGigabitEthernet 21/0/5", "TenGigabitEthernet 21/0/6"


def full(**changed):
    return copy.deepcopy({"engines": [ENGINE], "switches": [SWITCH], **changed})


def test_the_smallest_configuration():
    found = uplinks.require(settings.parse(full()))
    (switch,) = found.switches
    assert (switch.port, switch.host_key) == (22, "")
    assert (switch.transport, switch.ssh_algorithms) == ("auto", NO_ALGORITHMS)
    assert (found.channel, found.vlan_name) == ("docker", "Docker Network")
    assert uplinks.uplink_of(found, found.engines[0], "eth0") == (switch, 21, ())
    assert "very secret" not in repr(found)
    assert settings.parse(None) == settings.parse({})


def test_a_configuration_with_everything():
    raw = full(
        channel="net",
        chat_route="errbot",
        vlan_name="Made by Docker",
        debounce=0.5,
        save_config=True,
    )
    raw["engines"][0].update(
        url="tcp://host1:2376",
        tls={"ca": "/c/ca.pem", "cert": "/c/cert.pem", "key": "/c/key.pem"},
        uplinks=[
            {"parent": "eth0", "ports": ["te21/0/6", "te 21/0/5"]},
            {"parent": "bond0", "switch": "tor1", "rbridge_id": 22},
        ],
    )
    raw["switches"][0].update(
        vlans="100-199",
        subnets=["172.16.0.0/16"],
        ports=[TE6, TE5, "po 1"],
        host_key=f"ssh-ed25519 {KEY} comment",
        port=2222,
        channel="tor1",
        transport="paramiko",
        ssh_algorithms={"kex": ["diffie-hellman-group14-sha1"], "mac": None},
    )
    found = uplinks.require(settings.parse(raw))
    (engine,), (switch,) = found.engines, found.switches
    assert engine.tls == Tls("/c/ca.pem", "/c/cert.pem", "/c/key.pem")
    assert (switch.host_key, switch.port, len(switch.vlans)) == (f"ssh-ed25519 {KEY}", 2222, 100)
    assert switch.transport == "paramiko"
    assert switch.ssh_algorithms == Algorithms(("diffie-hellman-group14-sha1",))
    assert (found.debounce, found.save_config) == (0.5, True)
    assert found.chat("tor1") == ("tor1", "errbot")
    assert found.chat() == found.chat("tor9") == ("net", "errbot")
    assert uplinks.uplink_of(found, engine, "eth0")[1:] == (21, (TE5, TE6))
    assert uplinks.uplink_of(found, engine, "bond0")[1:] == (22, ())


@pytest.mark.parametrize(
    ("given_", "limits"),
    [
        ({}, (None, None, None)),
        ({"vlans": "", "subnets": [], "ports": []}, (frozenset(), (), frozenset())),
        (
            {"vlans": "1", "ports": ["hu1/0/1"]},
            (frozenset({1}), None, {"HundredGigabitEthernet 1/0/1"}),
        ),
    ],
)
def test_left_out_means_any_and_empty_means_none(given_, limits):
    (switch,) = settings.parse(full(switches=[{**SWITCH, **given_}])).switches
    assert (switch.vlans, switch.subnets, switch.ports) == limits


def wrong(path, value):
    """The full configuration with one thing wrong: `path` is a dotted path, numbers are indices."""
    raw = full()
    *way, last = (int(step) if step.isdigit() else step for step in path.split("."))
    place = raw
    for step in way:
        place = place[step]
    place[last] = value
    return raw


NO_VALUE = "it has no value, or an expression that gives none. Leave it out for any, or write "


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("engine", [], "the configuration: there is no key 'engine'. Did you mean `engines`?"),
        ("zzz", 1, "the configuration: there is no key 'zzz'. It takes engines, switches, channel"),
        ("channel", 1, "channel: 1 is no text. Quote it."),
        ("orphans", "keep", "orphans: 'keep' is neither report nor remove. Leave it out for"),
        ("save_config", "x", "save_config: 'x' is neither true nor false. Leave it out for false."),
        ("debounce", 10.5, "debounce: 10.5 is no number of seconds of 0 - 10"),
        ("debounce", True, "debounce: True is no number of seconds of 0 - 10"),
        ("batch_above", 1.0, "batch_above: 1.0 is no whole number of 0 - 10000"),
        ("engines", "x", "engines: this is no list"),
        ("engines.0", "x", "engines[0]: this is no mapping"),
        ("engines.0.url", "http://x", "engines[0].url: 'http://x' is no address of a Docker"),
        ("engines.0.url", "tcp://[::1", "engines[0].url: 'tcp://[::1' is no address of a Docker"),
        ("engines.0.url", "tcp://:2376", "engines[0].url: 'tcp://:2376' is no address of a"),
        ("engines.0.url", "tcp://x:99999", "engines[0].url: 'tcp://x:99999' is no address of a"),
        ("engines.0.url", None, "engines[0].url: it is missing"),
        ("engines", [ENGINE, ENGINE], "two of them have the name 'host1'"),
        ("engines.0.uplnks", [], "engines[0]: there is no key 'uplnks'. Did you mean `uplinks`?"),
        ("engines.0.uplinks", [{"parent": "e", "switch": "t9"}], "there is no switch 't9'. The"),
        ("engines.0.uplinks", [{"switch": "tor1"}], "engines[0].uplinks[0].parent: it is missing"),
        ("engines.0.uplinks", [{"parent": "e"}, {"parent": "e"}], "have the parent 'e'"),
        ("engines.0.uplinks", [{"parent": "e", "vlan": 1002}], "FCoE"),
        ("engines.0.uplinks", [{"parent": "e", "rbridge_id": 999}], "rbridge_id is 999, which is"),
        ("engines.0.uplinks", [{"parent": "e", "port": [TE5]}], "Did you mean `ports`?"),
        ("engines.0.uplinks", [{"parent": "e", "ports": ["te 5"]}], "ports[0] is 'te 5', which na"),
        ("engines.0.uplinks", [{"parent": "e", "ports": [TE5, "te21/0/5"]}], "have the name 'Ten"),
        ("engines.0.uplinks", [{"parent": "e.5", "vlan": 5}], "parent e.5 carries a tag, which"),
        ("engines.0.tls", {"ca": "/ca.pem", "key": "/k"}, "engines[0].tls: it takes a ca, and a"),
        ("switches.0.pasword", "x", "switches[0]: there is no key 'pasword'. Did you mean `pass"),
        ("switches.0.password", "", "switches[0].password: it is missing or no text"),
        ("switches.0.host", "a\nb", "switches[0].host: 'a\\nb' is no text"),
        ("switches.0.name", "tor<1", "has a '<' or '{'. Leave them out."),
        ("switches.0.channel", "a{b", "switches[0].channel: 'a{b' has a '<' or '{'"),
        ("channel", "a{b", "channel: 'a{b' has a '<' or '{'"),
        ("chat_route", "a{b", "chat_route: 'a{b' has a '<' or '{'"),
        ("switches.0.port", 70000, "switches[0].port: 70000 is no whole number of 1 - 65535"),
        ("switches.0.vlans", None, f'switches[0].vlans: {NO_VALUE}"" for none.'),
        ("switches.0.vlans", "100-4000", "switches[0].vlans is 4000, outside the VLANs"),
        ("switches.0.subnets", None, f"switches[0].subnets: {NO_VALUE}[] for none."),
        ("switches.0.subnets", "", "switches[0].subnets: this is no list"),
        ("switches.0.subnets", ["172.16.0.1/16"], "switches[0].subnets[0] is '172.16.0.1/16'"),
        ("switches.0.ports", None, f"switches[0].ports: {NO_VALUE}[] for none."),
        ("switches.0.ports", [""], "switches[0].ports[0] is '', which names no port. Write it as"),
        ("switches.0.host_key", "ssh-rsa nonsense", "'ssh-rsa nonsense' is no SSH host key"),
        ("switches.0.host_key", f"ssh-ed25519 {KEY[:9]}!{KEY[9:]}", "is no SSH host key"),
        ("switches.0.host_key", f"ssh-dss {KEY}", "is of type ssh-dss, which SSH clients of today"),
        ("switches.0.rbridge_id", 300, "switches[0].rbridge_id is 300, which is no rbridge id"),
        ("switches.0.platform", "nosx", "platform 'nosx' is not known. Did you mean nos? There is"),
        ("switches.0.platform", "slxos", "rbridge_id is 21, and a switch of platform slxos has no"),
        ("switches.0.interface_name", "Vlan{vlan}", "interface_name is 'Vlan{vlan}', and a switch"),
        ("switches.0.transport", "telnet", "'telnet' is neither auto nor paramiko"),
        ("switches.0.ssh_algorithms", ["x"], "switches[0].ssh_algorithms: this is no mapping"),
        ("switches.0.ssh_algorithms", {"kexs": ["x"]}, "no key 'kexs'. Did you mean `kex`?"),
        ("switches.0.ssh_algorithms", {"mac": ["-x"]}, "mac: '-x' is no SSH algorithm"),
        ("switches", [SWITCH, SWITCH], "two of them have the name 'tor1'"),
        ("vlan_name", "x" * 40, "vlan_name is"),
    ],
)
def test_what_is_wrong_is_told_by_its_field(path, value, message):
    with pytest.raises(ConfigError) as caught:
        settings.parse(wrong(path, value))
    assert message in str(caught.value)
    assert "very secret" not in str(caught.value)


def test_an_uplinks_ports_are_named_as_its_own_switch_does():
    slxos = {**TWO[1], "platform": "slxos", "rbridge_id": None}
    uplink = {"parent": "br.lan", "vlan": 4000, "switch": "tor2", "ports": ["eth 0/1"]}
    raw = {"engines": [{**ENGINE, "uplinks": [uplink]}], "switches": [SWITCH, slxos]}
    ((found,),) = (engine.uplinks for engine in settings.parse(raw).engines)
    assert (found.parent, found.vlan, found.ports) == ("br.lan", 4000, ("Ethernet 0/1",))


# Which switch.


def several(*entries):
    """A configuration with these switches' names and hosts."""
    uplink = {"parent": "eth0", "switch": entries[0][0]}
    return settings.parse(
        {
            "engines": [{**ENGINE, "uplinks": [uplink]}],
            "switches": [{**SWITCH, "name": name, "host": host} for name, host in entries],
        }
    )


def test_a_switch_is_found_by_its_name_or_its_host_whatever_the_case():
    found = several(
        *(("tor1", "Switch1.example.net"), ("TOR2", "h"), ("10.0.0.3", "10.0.0.3")),
        *(("a", "x"), ("A", "y"), ("b", "same"), ("c", "same")),
    )
    named = {
        **dict.fromkeys(["tor1", "TOR1", " tor1 ", "switch1.Example.NET"], "tor1"),
        "tor2": "TOR2",
        "h": "TOR2",
        "10.0.0.3": "10.0.0.3",
        "a": "a",
        "A": "A",
        "c": "c",
    }
    assert {typed: found.switch(typed).name for typed in named} == named
    assert found.switch("tor9") is found.named("h") is None
    assert several(("tor1", "h"), ("TOR1", "i")).switch("Tor1") is None
    with pytest.raises(ConfigError) as refused:
        found.switch("same")
    assert str(refused.value) == (
        "switches: host 'same' is that of several switches. Name the one that is meant: b, c."
    )


@pytest.mark.parametrize("order", [1, -1])
def test_a_name_that_is_anothers_host_tells_nothing_apart(order):
    for second in (("h1", "other"), (None, "h1")):
        with pytest.raises(ConfigError, match=r"named 'h1', which is the host of tor1"):
            several(*[("tor1", "h1"), second][::order])


def on(parent, switches=(SWITCH,), tagged=True, uplinks_=()):
    """Where networks on this parent lead."""
    found = settings.parse(
        full(engines=[{**ENGINE, "uplinks": list(uplinks_)}], switches=list(switches))
    )
    switch, rbridge, _ = uplinks.uplink_of(found, found.engines[0], parent, tagged)
    return switch.name, rbridge


def test_an_uplink_names_only_ports_that_docker_may_use():
    raw = full(
        engines=[{**ENGINE, "uplinks": [{"parent": "eth0", "ports": [TE5, TE6]}]}],
        switches=[{**SWITCH, "ports": [TE6]}],
    )
    says = r"uplinks\[0\]\.ports: TenGigabitEthernet 21/0/5 is not among the `ports` of switch tor1"
    with pytest.raises(ConfigError, match=says):
        settings.parse(raw)


TO_1, TO_2 = {"parent": "eth0", "switch": "tor1"}, {"parent": "eth1", "switch": "tor2"}
VLAN_10 = {"parent": "vlan10", "switch": "tor2", "vlan": 10}


def test_where_a_parent_leads():
    assert on("bond0") == ("tor1", 21)
    assert on("eth1", TWO, uplinks_=[TO_1, {**TO_2, "rbridge_id": 22}]) == ("tor2", 22)
    assert on("vlan10", TWO, tagged=False, uplinks_=[TO_1, VLAN_10]) == ("tor2", 21)
    # A parent may have an uplink of either kind.
    both = [TO_1, {**VLAN_10, "parent": "eth0"}]
    assert on("eth0", TWO, uplinks_=both) == ("tor1", 21)
    assert on("eth0", TWO, tagged=False, uplinks_=both) == ("tor2", 21)
    # A switch of this platform has no rbridges.
    assert on("eth0", [{**SWITCH, "platform": "slxos", "rbridge_id": None}]) == ("tor1", None)
    # An uplink that names a VLAN says nothing of other parents.
    assert on("eth0", uplinks_=[{**VLAN_10, "switch": "tor1"}]) == ("tor1", 21)


@pytest.mark.parametrize(
    ("given_", "says"),
    [
        ({"parent": "bond0", "uplinks_": [TO_1]}, "has a network on bond0, and no uplink of that"),
        ({"parent": "eth0", "tagged": False}, "has a network on eth0, and no uplink that names"),
        ({"parent": "vlan10", "switches": TWO, "uplinks_": [VLAN_10]}, "may have two tags"),
        ({"parent": "eth0", "switches": TWO}, "no switch is configured for it"),
    ],
)
def test_where_nothing_says_where_a_parent_leads(given_, says):
    with pytest.raises(ConfigError, match=says):
        on(**given_)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({}, "engines: no Docker Engine is configured"),
        ({"engines": [ENGINE]}, "switches: no switch is configured"),
        (full(switches=TWO), "has no uplink, and there are several switches"),
        (
            full(engines=[{**ENGINE, "uplinks": [{"parent": "eth0"}]}], switches=TWO),
            "switch: it names no switch. The configured ones are tor1, tor2",
        ),
        (full(switches=[{**SWITCH, "rbridge_id": None}]), "nor the uplink has an rbridge_id"),
        (
            full(engines=[{**ENGINE, "uplinks": [TO_1]}], switches=[{**SWITCH, "rbridge_id": 0}]),
            "nor the uplink has an rbridge_id",
        ),
    ],
)
def test_what_a_sensor_cannot_do_without(raw, says):
    with pytest.raises(ConfigError, match=says):
        uplinks.require(settings.parse(raw))


def test_rbridges_that_lead_to_other_switches():
    numbers = {"tor1": 21, "tor2": 22, "tor3": None, "tor4": 21}
    switches = [{**SWITCH, "name": name, "rbridge_id": own} for name, own in numbers.items()]
    uplinks_ = [
        {"parent": "eth0", "switch": "tor1"},
        {"parent": "eth1", "switch": "tor3", "rbridge_id": 23},
        {"parent": "eth2", "switch": "tor2", "rbridge_id": 24},
    ]
    found = settings.parse(full(engines=[{**ENGINE, "uplinks": uplinks_}], switches=switches))
    # tor1 and tor4 have the same id, so they are not one fabric; neither loses its own.
    assert [uplinks.rbridges_elsewhere(found, one) for one in found.switches] == [
        *({22, 23, 24}, {21, 23}, {21, 22, 24}, {22, 23, 24})
    ]


# The keys of the Exchange's docker pack.


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("unix://var/run/docker.sock", "unix:///var/run/docker.sock"),
        ("/run/docker.sock", "unix:///run/docker.sock"),
        ("http://host1:2375", "tcp://host1:2375"),
        ("host1.example.com:2375", "tcp://host1.example.com:2375"),
        ("tcp://[fd00::1]:2375", "tcp://[fd00::1]:2375"),
        *((wrong, "") for wrong in ("", None, 5, "unix://", "tcp://host1", "tcp://[::1", "\x00")),
        *((wrong, "") for wrong in ("https://host1:2376", "tcp://u:secret@host1:2375", "h:0")),
    ],
)
def test_the_old_url_is_an_engine_where_it_is_one_s(url, taken):
    found = settings.parse({"url": url})
    assert [engine.url for engine in found.engines] == [taken] * bool(taken)
    assert found.url == taken


def test_the_old_url_is_one_more_engine_with_a_name_of_its_own_and_need_not_lead_to_a_switch():
    names = {"tcp://host1:2375": "tcp://host1:2375", "tcp://host2:2375": "host2"}
    for url, name in names.items():
        found = settings.parse(full(url=url, switches=TWO, engines=[{**ENGINE, "uplinks": [TO_1]}]))
        assert [engine.name for engine in uplinks.require(found).engines] == ["host1", name]
    assert len(settings.parse(full(url="unix://var/run/docker.sock")).engines) == 1
