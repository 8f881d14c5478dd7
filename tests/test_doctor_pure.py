"""What the doctor says of docker.yaml and of what the sensor keeps: the checks without I/O."""

import json

import listed
import pytest
from docker_tor.common.errors import SwitchBusy
from docker_tor.config import reload, settings
from docker_tor.controller import heartbeat, lease
from docker_tor.controller.heartbeat import Heartbeat, Pulse
from docker_tor.desired import holds, last_applied, ledger
from docker_tor.desired.holds import Doubt
from docker_tor.desired.last_applied import LastApplied
from docker_tor.doctor import check_result, docker_yaml, ports, sensor
from docker_tor.switch.driver import Neighbour

NOW = 1795449840.0
UNLIMITED = {
    "name": "tor1",
    "host": "tor1",
    "username": "u",
    "password": "Pa55",
    "rbridge_id": 21,
    "host_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO2h3e6oFXm3uNOTZ4JCJWVCC2aFd8vgTVBQ7gOOi5ck",
}
SWITCH = {**UNLIMITED, "vlans": "100-199", "subnets": ["172.16.0.0/16"]}
TOR2 = {**SWITCH, "name": "tor2", "host": "tor2"}


def raw(*switches, uplinks=(), **more):
    return {
        "engines": [{"name": "host1", "url": "unix:///s", "uplinks": list(uplinks)}],
        "switches": list(switches or (SWITCH,)),
        **more,
    }


def states(lines):
    return [(one.state, one.check) for one in lines]


def network(parent, vlan=112, name=""):
    return listed.network(name or f"net{vlan}", f"{parent}.{vlan}", "172.16.112.0/24")


# docker.yaml.


def test_the_old_pack_s_keys_that_have_no_meaning_any_more():
    old = {
        "url": "https://host2:2376",
        "version": "1.13",
        "poll_interval": None,
        "ps_options": {"quiet": False},
        "build_options": {"rm": False, "timeout": 10},
    }
    found, lines = docker_yaml.check({**raw(), **old})
    assert len(found.engines) == 1
    assert states(lines) == [("ok", "config")] + [("warning", "old key")] * 4
    told = [one.what.split("`")[1] for one in lines[1:]]
    assert told == ["url", "version", "ps_options", "build_options.timeout"]
    assert all(one.remedy for one in lines[1:])


def test_the_old_pack_s_url_is_an_engine():
    _, lines = docker_yaml.check({"url": "tcp://host2:2376", "switches": [SWITCH]})
    assert states(lines) == [("ok", "config")]


def test_a_misspelt_key_is_all_that_is_said():
    found, lines = docker_yaml.check({**raw(), "chanel": "x"})
    assert found is None
    (one,) = lines
    assert (one.state, one.check, one.where) == ("failed", "config", "the configuration")
    assert one.remedy == "Did you mean `channel`?"


def test_what_a_sensor_cannot_do_without_fails_and_the_rest_is_looked_at():
    found, lines = docker_yaml.check({"switches": [{**UNLIMITED, "vlans": "100-199"}]})
    assert found is not None
    assert states(lines) == [("failed", "config"), ("warning", "use"), ("warning", "limits")]
    assert "no Docker Engine is configured" in lines[0].what


@pytest.mark.parametrize(
    ("switches", "told"),
    [
        (
            [{**UNLIMITED, "host_key": "ignore"}],
            [
                ("limits", "tor1", "Docker users may claim any of its vlans."),
                ("limits", "tor1", "Docker users may claim any of its subnets."),
                ("host key", "tor1", "Its SSH host key is not checked"),
            ],
        ),
        (
            [{**SWITCH, "vlans": "", "subnets": []}],
            [
                ("limits", "tor1", "claim none of its vlans: every network is refused."),
                ("limits", "tor1", "claim none of its subnets: every network is refused."),
            ],
        ),
        # Of a switch that is alone, no uplink has to say that it leads there.
        ([SWITCH], []),
        ([SWITCH, TOR2], [("use", "tor2", "No engine's uplink leads to it")]),
    ],
)
def test_what_a_switch_lacks(switches, told):
    led = [{"parent": "eth0", "switch": "tor1"}] * (len(switches) - 1)
    given = raw(*switches, uplinks=led)
    found, (first, *lines) = docker_yaml.check(given)
    assert found == settings.parse(given)
    many = "1 switch" if len(switches) == 1 else "2 switches"
    assert first.what == f"It has 1 engine, {many}, and the way between them."
    assert states([first, *lines]) == [("ok", "config"), *(("warning", one) for one, *_ in told)]
    for line, (_, name, what) in zip(lines, told):
        assert line.where == f"switch {name}"
        assert what in line.what


def uplink_lines(listing, *uplinks):
    given = uplinks or [{"parent": name, "switch": "tor1"} for name in ("eth0", "bond0")]
    found = settings.parse(raw(uplinks=given))
    return list(docker_yaml.uplinks(found, found.engines[0], listing))


def test_an_uplink_that_matches_no_network():
    (one,) = uplink_lines([network("eth0")])
    assert (one.state, one.check, one.where) == ("warning", "uplinks", "engine host1")
    assert "uplink bond0" in one.what
    # One that names a VLAN says nothing of other parents, so that those need no uplink.
    vlan10 = {"parent": "vlan10", "vlan": 10, "switch": "tor1"}
    untagged = {**network("eth0"), "Options": {"parent": "vlan10"}}
    assert uplink_lines([untagged, network("eth0", 113)], vlan10) == []
    (one,) = uplink_lines([network("eth0", 113)], vlan10)
    assert one.what == "No network's parent is the uplink vlan10."


def test_networks_that_match_no_uplink_or_can_have_no_vlan():
    well = [network("eth0"), network("bond0", 113)]
    lines = uplink_lines([*well, network("ens1", 114), network("eth0", 1002, "network`1")])
    assert states(lines) == [("warning", "networks")] * 2
    assert "no uplink of that name" in lines[0].what
    assert "Network network?1 cannot have what it calls for" in lines[1].what
    # Many are counted.
    found = uplink_lines([*well, *(network("ens1", vlan) for vlan in range(1, 31))])
    assert len(found) == docker_yaml.MOST_REJECTED + 1
    assert found[-1].what == "Nor can 20 more of its networks."


# The sensor.

WELL = Pulse("following", NOW, 3, 0.02)


def following(*engines):
    entries = [{"name": name, "url": f"unix:///{name}"} for name in engines]
    return settings.parse({"engines": entries})


def pulses(text, *engines):
    return list(sensor.pulse(text, following(*engines or ("host1",)), NOW))


def beat(at=NOW - 12, trouble="", **engines):
    """A heartbeat of a sensor that goes by these engines."""
    found = engines or {"host1": WELL}
    return heartbeat.dump(Heartbeat(at, found, reload.mark(following(*found)), trouble))


def test_what_an_engine_has_dropped_without_a_word():
    doubts = {"host1": Doubt(300, 0, {"a": NOW}), "host2": Doubt(3, 2, {}, frozenset({"b"}))}
    (one,) = sensor.held(holds.dump(doubts), settings.parse({"mass_removal_hold": 60}))
    assert (one.state, one.check, one.where) == ("warning", "holds", "engine host1")
    assert "It lists 0 of the 300 networks that it had" in one.what
    assert "1 stay for 60 s" in one.what
    assert "`tor reconcile apply`" in one.remedy
    assert [*sensor.held(None, settings.parse({}))] == []


def test_a_sensor_that_is_well():
    first, second = pulses(beat())
    assert states([first, second]) == [("ok", "heartbeat"), ("ok", "engines")]
    assert first.what == "Its last heartbeat was 12 s ago."
    assert second.what == (
        "Engine host1 is followed: 3 networks, its last news dispatched within 0.02 s."
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "There is no heartbeat: the sensor has never followed."),
        ("{", "is no heartbeat"),
        (beat(NOW - heartbeat.STALE - 1), "was 91 s ago: it is gone, or it hangs."),
        (beat(NOW - 3600), "was 60 min ago"),
        (beat(NOW - 86400 * 3), "was 72 h ago"),
        (beat(float("nan")), "it is gone"),
    ],
)
def test_a_heartbeat_that_is_missing_unreadable_or_stale(text, says):
    (one,) = pulses(text)
    assert (one.state, one.check, one.where) == ("failed", "heartbeat", "sensor")
    assert says in one.what
    assert "st2" in one.remedy


@pytest.mark.parametrize(
    ("pulse", "state", "says"),
    [
        (Pulse("lost", NOW - 600, 3), "failed", "the engine is lost. It last heard of it 10 m"),
        (Pulse("lost"), "failed", "the engine is lost."),
        (Pulse("connecting"), "warning", "the engine is connecting."),
        (Pulse("following", NOW - 600, 3, 0.1), "warning", "has not heard of it for long"),
        (Pulse("following", None, 3, 0.1), "warning", "has not heard of it for long"),
        (Pulse("following", NOW - 1, 3, 12.5), "warning", "took 12.5 s to be dispatched"),
        (Pulse("following", NOW - 1, 1, None), "ok", "followed: 1 network."),
    ],
)
def test_an_engine_in_the_heartbeat(pulse, state, says):
    _, one = pulses(beat(NOW, host1=pulse))
    assert one.state == state
    assert says in one.what


def test_engines_that_the_sensor_does_not_know_yet_or_any_more():
    _, config, host1, new, old = pulses(beat(NOW, host1=WELL, old=WELL), "host1", "new")
    assert [one.state for one in (config, host1, new, old)] == ["warning", "ok", *["warning"] * 2]
    assert (config.check, config.what) == ("config", "It goes by an older docker.yaml.")
    assert "looks every 30 s" in config.remedy
    assert "does not follow engine new" in new.what
    assert "still follows engine old" in old.what
    # Where docker.yaml cannot be read there is nothing to compare.
    assert states(sensor.pulse(beat(NOW), None, NOW)) == [("ok", "heartbeat"), ("ok", "engines")]


def test_a_clock_that_is_not_the_sensors():
    ahead, _ = pulses(beat(NOW + 300))
    assert (ahead.state, ahead.what) == ("warning", "Its last heartbeat is 300 s in the future.")
    assert pulses(beat(NOW - heartbeat.STALE))[0].state == "ok"


def test_a_configuration_that_the_sensor_did_not_take_up():
    _, one, engine = pulses(beat(NOW, "debounce: -1 is no number", host1=WELL))
    assert (one.state, one.check, engine.state) == ("failed", "config", "ok")
    assert one.what == "It goes by an older docker.yaml: debounce: -1 is no number"
    assert "st2ctl reload --register-configs" in one.remedy
    waits = heartbeat.dump(Heartbeat(NOW, {}, "x", "no Docker Engine is configured"))
    _, one = sensor.pulse(waits, None, NOW)
    assert (one.state, one.check) == ("failed", "config")
    assert one.what == "It waits for a docker.yaml: no Docker Engine is configured"


def held(until):
    return json.dumps({"id": "x", "host": "st2", "pid": 77, "until": until})


@pytest.mark.parametrize(
    ("text", "state", "says"),
    [
        (held(NOW + 20), "ok", "process 77 on st2"),
        *((text, "warning", "No sensor holds the lease") for text in (None, "[]", "{", held("x"))),
        (held(NOW - 300), "warning", "ran out 5 min ago"),
        (held(NOW + lease.LASTS + sensor.SKEW + 5), "warning", "has 85 s to go"),
    ],
)
def test_the_lease(text, state, says):
    one = sensor.holder(text, NOW)
    assert (one.state, one.check) == (state, "lease")
    assert says in one.what
    assert bool(one.remedy) is (state != "ok")


def test_the_ledger():
    empty = last_applied.dump(LastApplied())
    assert sensor.book({ledger.NAME: empty}.get).what == "It has dispatched 0 segments."
    assert sensor.book({}.get).state == "ok"
    one = sensor.book({ledger.NAME: "{"}.get)
    assert (one.state, one.check) == ("failed", "ledger")
    assert ledger.NAME in one.remedy


# Lines.


def test_a_remedy_stands_under_what_it_is_for():
    _, _, well, *lines = check_result.shown(
        [
            check_result.ok("reach", "engine host1", "It answers."),
            check_result.failed("login", "switch tor1", "w " * 50, "r " * 45),
        ]
    ).split("\n")
    assert well == "ok      reach  engine host1  It answers."
    assert lines[0].startswith("failed  login  switch tor1   w w")
    assert [line.strip() for line in lines[1:]] == [
        " ".join("w" * 14),
        "-> " + " ".join("r" * 35),
        " ".join("r" * 10),
    ]
    assert not any(one != one.rstrip() for one in lines)


def test_a_line_is_fit_to_be_shown():
    one = check_result.of(SwitchBusy("x\n<!channel>", remedy="{{ y }}"), "read", "switch\x1b[31m")
    assert one == ("failed", "read", "switch [31m", "x < !channel>", "{ { y }}")
    long = check_result.failed("read", "w" * 999, "", "r" * 999)
    assert (len(long.where), len(long.remedy)) == (100, 300)


# Ports, and what LLDP says of them. What comes of what it may say: test_cabling.

TEN = "TenGigabitEthernet 21/0/"
WEB9, AT_6, AT_7 = ("5", "web9"), ("6", "host1"), ("7", "host1")
ANOTHER = "where LLDP sees another host: web9 is seen at {0}5."
OTHERWISE = "and LLDP has it otherwise: eth0 is seen at {0}6 of tor1"


@pytest.mark.parametrize(
    ("seen", "what", "remedy"),
    [
        ([("5", "host1")], "at {0}5 of tor1; so has LLDP.", ""),
        ([], "Whether that is so LLDP does not tell: LLDP says nothing of {0}5.", ""),
        ([WEB9], ANOTHER, "the hypervisor of host1; else look at the cabling."),
        ([WEB9, AT_6], ANOTHER, "else look at the cabling. LLDP sees eth0 at {0}6."),
        ([AT_6], f"{OTHERWISE}.", '`ports: ["{0}6"]`; `tor uplinks` shows the whole block.'),
        ([AT_6, AT_7], OTHERWISE + ", {0}7 of tor1.", "Look at the cabling; `tor uplinks` shows"),
    ],
)
def test_the_ports_of_docker_yaml_beside_lldp(seen, what, remedy):
    wired = {"parent": "eth0", "switch": "tor1", "ports": ["te 21/0/5"]}
    config = settings.parse(raw(uplinks=[wired, {"parent": "eth1", "switch": "tor1"}]))
    told = [Neighbour(f"{TEN}{port}", "", "", system, "", "eth0") for port, system in seen]
    (found,) = ports.check(config, {"host1": "host1"}, {"tor1": told})
    assert (found.state, found.where) == ("warning" if remedy else "ok", "engine host1")
    assert found.what.endswith(what.format(TEN))
    assert remedy.format(TEN) in found.remedy
    assert bool(found.remedy) == bool(remedy)
    # A switch that could not be asked is told already.
    assert list(ports.check(config, {"host1": "host1"}, {})) == []
