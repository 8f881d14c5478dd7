"""docker.yaml, checked once and turned into values."""

import copy
import re

import pytest
from docker_tor.common.errors import ConfigError
from docker_tor.config import settings as config
from docker_tor.config import uplinks
from docker_tor.config.credentials import NO_ALGORITHMS, Algorithms
from hypothesis import given, settings
from hypothesis import strategies as st

KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIJ0hZ1zDqtq1YvKMTXVyJGVwz6mFvZ3cBWs0qCkWz2fU"
ENGINE = {"name": "host1", "url": "unix:///var/run/docker.sock"}
SWITCH = {
    "name": "tor1",
    "host": "10.254.4.105",
    "username": "stackstorm",
    "password": "very secret",
    "rbridge_id": 21,
}


def full():
    return copy.deepcopy({"engines": [ENGINE], "switches": [SWITCH]})


def test_the_smallest_configuration():
    found = uplinks.require(config.parse(full()))
    (switch,) = found.switches
    assert (switch.port, switch.host_key, switch.vlans, switch.subnets) == (22, "", None, None)
    assert (found.channel, found.vlan_name) == ("docker", "Docker Network")
    assert uplinks.uplink_of(found, found.engines[0], "eth0") == (switch, 21)


def test_defaults_that_stackstorm_fills_in_are_no_settings():
    raw = full()
    raw["engines"][0].update(tls={}, uplinks=[])
    raw["switches"][0].update(host_key=None)
    assert config.parse(raw) == config.parse(full())


@pytest.mark.parametrize(
    ("vlans", "subnets"),
    [({}, {}), ({"vlans": ""}, {}), ({}, {"subnets": []}), ({"vlans": "1"}, {})],
)
def test_left_out_means_any_and_empty_means_none(vlans, subnets):
    raw = full()
    raw["switches"][0].update(vlans, **subnets)
    (switch,) = config.parse(raw).switches
    wanted = {None: None, "": frozenset(), "1": frozenset({1})}
    assert switch.vlans == wanted[vlans.get("vlans")]
    assert switch.subnets == (() if subnets else None)


@pytest.mark.parametrize(("key", "none"), [("vlans", '""'), ("subnets", "[]")])
def test_a_limit_without_a_value_is_refused(key, none):
    """As StackStorm leaves an expression that renders empty."""
    raw = full()
    raw["switches"][0][key] = None
    with pytest.raises(ConfigError) as told:
        config.parse(raw)
    assert str(told.value) == (
        f"switches[0].{key}: it has no value, or an expression that gives none."
        f" Leave it out for any, or write {none} for none."
    )


@pytest.mark.parametrize("vlans", [" ", ",", "-", [], 0, False, "0", "1-"])
def test_vlans_that_are_none_of_these_are_refused(vlans):
    raw = full()
    raw["switches"][0]["vlans"] = vlans
    with pytest.raises(ConfigError, match=r"switches\[0\]\.vlans"):
        config.parse(raw)


@pytest.mark.parametrize("subnets", ["", {}, 0, False, [None], [""]])
def test_subnets_that_are_none_of_these_are_refused(subnets):
    raw = full()
    raw["switches"][0]["subnets"] = subnets
    with pytest.raises(ConfigError, match=r"switches\[0\]\.subnets"):
        config.parse(raw)


def test_a_configuration_with_everything():
    raw = full()
    raw["engines"][0].update(
        url="tcp://host1:2376",
        tls={"ca": "/c/ca.pem", "cert": "/c/cert.pem", "key": "/c/key.pem"},
        uplinks=[{"parent": "eth0"}, {"parent": "bond0", "switch": "tor1", "rbridge_id": 22}],
    )
    raw["switches"][0].update(
        vlans="100-199", subnets=["172.16.0.0/16"], host_key=f"ssh-ed25519 {KEY} comment", port=2222
    )
    raw.update(channel="net", vlan_name="Made by Docker")
    found = uplinks.require(config.parse(raw))
    engine = found.engines[0]
    assert engine.tls == config.Tls("/c/ca.pem", "/c/cert.pem", "/c/key.pem")
    assert found.switches[0].host_key == f"ssh-ed25519 {KEY}"
    assert uplinks.uplink_of(found, engine, "eth0")[1] == 21
    assert uplinks.uplink_of(found, engine, "bond0")[1] == 22


def test_nothing_configured_is_no_error_until_it_is_needed():
    empty = config.parse(None)
    assert empty == config.parse({})
    with pytest.raises(ConfigError, match=re.escape("engines: no Docker Engine is configured")):
        uplinks.require(empty)
    with pytest.raises(ConfigError, match="switches: no switch is configured"):
        uplinks.require(config.parse({"engines": [ENGINE]}))


@pytest.mark.parametrize("key", ["channel", "orphans"])
def test_a_field_of_the_configuration_itself_is_told_by_its_name_alone(key):
    with pytest.raises(ConfigError) as told:
        config.parse({key: 1})
    assert str(told.value) == f"{key}: 1 is no text. Quote it."


def several(*entries):
    """A configuration with these switches' names and hosts."""
    raw = {"engines": [{**ENGINE, "uplinks": [{"parent": "eth0", "switch": entries[0][0]}]}]}
    raw["switches"] = [{**SWITCH, "name": name, "host": host} for name, host in entries]
    return raw


def test_a_switch_is_found_by_its_name_or_its_host():
    found = config.parse(several(("tor1", "10.254.4.105"), ("tor2", "10.254.4.106")))
    assert found.switch("tor2") is found.switch("10.254.4.106") is found.switches[1]
    assert found.named("tor1") is found.switches[0]
    assert found.switch("tor9") is found.named("10.254.4.105") is None


def test_a_host_that_fits_two_switches_is_refused_with_their_names():
    found = config.parse(several(("a", "h"), ("b", "h"), ("c", "other")))
    assert [found.switch(name).name for name in ("a", "b", "c", "other")] == ["a", "b", "c", "c"]
    with pytest.raises(ConfigError) as told:
        found.switch("h")
    assert str(told.value) == (
        "switches: host 'h' is that of several switches. Name the one that is meant: a, b."
    )


@pytest.mark.parametrize(
    "entries",
    [
        (("tor1", "10.254.4.105"), ("10.254.4.105", "other")),
        # As two entries with one host where only one of them has a name.
        (("tor1", "10.254.4.105"), (None, "10.254.4.105")),
        ((None, "10.254.4.105"), ("tor1", "10.254.4.105")),
    ],
)
def test_a_name_that_is_anothers_host_tells_nothing_apart(entries):
    with pytest.raises(ConfigError, match=r"named .10\.254\.4\.105., which is the host of tor1"):
        config.parse(several(*entries))


def test_a_name_may_be_its_own_host():
    found = config.parse(several(("10.254.4.105", "10.254.4.105"), ("tor2", "10.254.4.106")))
    assert found.switch("10.254.4.105") is found.switches[0]


@pytest.mark.parametrize("name", ["<% 1 %>", "{{ x }}", "tor<1", "tor{1"])
def test_a_name_that_the_workflows_would_refuse_is_refused_at_once(name):
    with pytest.raises(ConfigError, match=r"switches\[0\]\.name: .* has a '<' or '\{'"):
        config.parse(several((name, "h")))


def test_two_switches_and_no_uplink():
    raw = full()
    raw["switches"].append({**SWITCH, "name": "tor2", "host": "10.254.4.106"})
    with pytest.raises(ConfigError, match="has no uplink, and there are several switches"):
        uplinks.require(config.parse(raw))


def test_an_interface_without_uplink_is_refused_when_it_is_asked_for():
    raw = full()
    raw["engines"][0]["uplinks"] = [{"parent": "eth0", "switch": "tor1"}]
    found = uplinks.require(config.parse(raw))
    with pytest.raises(ConfigError, match="has a network on bond0, and no uplink of that name"):
        uplinks.uplink_of(found, found.engines[0], "bond0")


def test_a_switch_without_rbridge():
    raw = full()
    del raw["switches"][0]["rbridge_id"]
    with pytest.raises(ConfigError, match="neither switch tor1 nor the uplink has an rbridge_id"):
        uplinks.require(config.parse(raw))


def test_no_password_is_ever_shown():
    found = config.parse(full())
    assert "very secret" not in repr(found)


def wrong(path, value):
    """The full configuration with one thing wrong: `path` is a dotted path, numbers are indices."""
    raw = full()
    *way, last = (int(step) if step.isdigit() else step for step in path.split("."))
    place = raw
    for step in way:
        place = place[step]
    place[last] = value
    return raw


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("engine", [], "the configuration: there is no key 'engine'. Did you mean `engines`?"),
        ("zzz", 1, "the configuration: there is no key 'zzz'. It takes engines, switches,"),
        ("debounce", "x" * 6000, "is no number of seconds of 0 - 10. Leave it out for 0.25."),
        ("engines", "x", "engines: this is no list"),
        ("engines.0", "x", "engines[0]: this is no mapping"),
        ("engines.0.url", "http://x", "engines[0].url: 'http://x' is no address of a Docker"),
        ("engines.0.url", "tcp://[::1", "engines[0].url: 'tcp://[::1' is no address of a Docker"),
        ("engines.0.url", "tcp://h:x", "engines[0].url: 'tcp://h:x' is no address of a Docker"),
        ("engines.0.url", "tcp://h:70000", "engines[0].url: 'tcp://h:70000' is no address of a"),
        ("engines.0.url", None, "engines[0].url: it is missing"),
        ("engines.0.url", 5, "engines[0].url: 5 is no text"),
        ("engines.0.uplnks", [], "engines[0]: there is no key 'uplnks'. Did you mean `uplinks`?"),
        ("engines.0.uplinks", [{"parent": "e", "switch": "t9"}], "there is no switch 't9'. The"),
        ("engines.0.uplinks", [{"switch": "tor1"}], "engines[0].uplinks[0].parent: it is missing"),
        ("engines.0.uplinks", [{"parent": "e"}, {"parent": "e"}], "have the parent 'e'"),
        ("engines.0.uplinks", [{"parent": "e", "rbridge_id": 999}], "rbridge_id is 999, which is"),
        ("engines.0.tls", {"ca": "/ca.pem", "key": "/k"}, "engines[0].tls: it takes a ca, and a"),
        ("engines.0.tls", "x", "engines[0].tls: this is no mapping"),
        ("switches.0.pasword", "x", "switches[0]: there is no key 'pasword'. Did you mean `pass"),
        ("switches.0.password", "", "switches[0].password: it is missing or no text"),
        ("switches.0.password", 5, "switches[0].password: it is missing or no text"),
        ("switches.0.host", "a\nb", "switches[0].host: 'a\\nb' is no text"),
        ("switches.0.port", 70000, "switches[0].port: 70000 is no whole number of 1 - 65535"),
        ("switches.0.vlans", "1002-9", "switches[0].vlans has the range '1002-9', which ends"),
        ("switches.0.vlans", "100-4000", "switches[0].vlans is 4000, outside the VLANs"),
        ("switches.0.subnets", ["172.16.0.1/16"], "switches[0].subnets[0] is '172.16.0.1/16'"),
        ("switches.0.host_key", "ssh-rsa nonsense", "'ssh-rsa nonsense' is no SSH host key"),
        ("switches.0.host_key", "ssh-rsa A", "'ssh-rsa A' is no SSH host key"),
        ("switches.0.host_key", "x", "switches[0].host_key: 'x' is no SSH host key"),
        ("switches.0.host_key", f"ssh-dss {KEY}", "is of type ssh-dss, which SSH clients of today"),
        ("switches.0.rbridge_id", 300, "switches[0].rbridge_id is 300, which is no rbridge id"),
        ("vlan_name", "x" * 40, "vlan_name is"),
        ("debounce", -1, "debounce: -1 is no number of seconds of 0 - 10. Leave it out for 0.25"),
        ("debounce", 10.5, "debounce: 10.5 is no number of seconds of 0 - 10"),
        ("debounce", "0.5", "debounce: '0.5' is no number of seconds of 0 - 10"),
        ("debounce", True, "debounce: True is no number of seconds of 0 - 10"),
        ("debounce", float("nan"), "debounce: nan is no number of seconds of 0 - 10"),
    ],
)
def test_what_is_wrong_is_told_by_its_field(path, value, message):
    with pytest.raises(ConfigError) as caught:
        config.parse(wrong(path, value))
    assert message in str(caught.value)
    assert "very secret" not in str(caught.value)


def everywhere():
    """A configuration with something at every level, and the place of each level in it."""
    raw = full()
    raw["engines"][0].update(
        url="tcp://host1:2376", tls={"ca": "/ca.pem"}, uplinks=[{"parent": "eth0"}]
    )
    engine, switch = raw["engines"][0], raw["switches"][0]
    switch["ssh_algorithms"] = {"mac": ["hmac-sha1"]}
    return raw, {
        "the configuration": (raw, config.Config),
        "engines[0]": (engine, config.EngineConfig),
        "engines[0].tls": (engine["tls"], config.Tls),
        "engines[0].uplinks[0]": (engine["uplinks"][0], config.Uplink),
        "switches[0]": (switch, config.SwitchConfig),
        "switches[0].ssh_algorithms": (switch["ssh_algorithms"], Algorithms),
    }


KEYS = [(where, key) for where, (_, kind) in everywhere()[1].items() for key in kind._fields]


@pytest.mark.parametrize(("where", "key"), KEYS, ids=".".join)
def test_a_misspelt_key_is_told_with_the_nearest_right_one(where, key):
    near = {key[:-1], key + "s", key[0] + key[2:], key.upper(), key.replace("_", "-"), key + "_"}
    for misspelt in near - set(everywhere()[1][where][1]._fields):
        raw, places = everywhere()
        config.parse(raw)
        places[where][0][misspelt] = "x"
        with pytest.raises(ConfigError) as caught:
            config.parse(raw)
        told = f"{where}: there is no key '{misspelt}'. Did you mean `{key}`?"
        assert str(caught.value) == told, misspelt


@pytest.mark.parametrize("where", list(everywhere()[1]))
def test_a_key_like_no_other_is_told_with_all_there_are(where):
    raw, places = everywhere()
    places[where][0]["zzz"] = "x"
    with pytest.raises(ConfigError) as caught:
        config.parse(raw)
    known = ", ".join(places[where][1]._fields)
    assert str(caught.value) == f"{where}: there is no key 'zzz'. It takes {known}."


@pytest.mark.parametrize("seconds", [0, 0.25, 1, 10])
def test_seconds_may_be_fractions(seconds):
    assert config.parse({"debounce": seconds}).debounce == seconds


def test_names_are_unique():
    raw = full()
    raw["switches"].append(SWITCH)
    with pytest.raises(ConfigError, match="two of them have the name 'tor1'"):
        config.parse(raw)


def test_how_a_switch_is_reached():
    raw = full()
    assert config.parse(raw).switches[0].transport == "auto"
    assert config.parse(raw).switches[0].ssh_algorithms == NO_ALGORITHMS
    named = {"kex": ["diffie-hellman-group14-sha1"], "host_key": ["ssh-rsa"], "mac": None}
    raw["switches"][0].update(transport="paramiko", ssh_algorithms=named)
    (switch,) = config.parse(raw).switches
    assert switch.transport == "paramiko"
    assert switch.ssh_algorithms == Algorithms(("diffie-hellman-group14-sha1",), ("ssh-rsa",))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"platform": "nosx"}, "platform 'nosx' is not known. Did you mean nos? There is nos."),
        ({"platform": 5}, "switches[0].platform: platform 5 is not known. There is nos."),
        ({"transport": "telnet"}, "switches[0].transport: 'telnet' is neither auto nor paramiko"),
        ({"ssh_algorithms": ["x"]}, "switches[0].ssh_algorithms: this is no mapping"),
        ({"ssh_algorithms": {"kexs": ["x"]}}, "there is no key 'kexs'. Did you mean `kex`?"),
        ({"ssh_algorithms": {"kex": "x"}}, "switches[0].ssh_algorithms.kex: this is no list"),
        ({"ssh_algorithms": {"mac": ["a,b"]}}, "switches[0].ssh_algorithms.mac: 'a,b' is no SSH"),
        ({"ssh_algorithms": {"mac": ["-x"]}}, "'-x' is no SSH algorithm"),
        ({"ssh_algorithms": {"cipher": [3]}}, "switches[0].ssh_algorithms.cipher: 3 is no SSH"),
        ({"host_key": " "}, "switches[0].host_key: ' ' is no SSH host key"),
        ({"host_key": "ssh-rsa AAA!"}, "'ssh-rsa AAA!' is no SSH host key"),
    ],
)
def test_a_way_that_there_is_not(wrong, said):
    raw = full()
    raw["switches"][0].update(wrong)
    with pytest.raises(ConfigError, match=re.escape(said)):
        config.parse(raw)


# The keys of the Exchange's docker pack.


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("unix:///var/run/docker.sock", "unix:///var/run/docker.sock"),
        ("unix://var/run/docker.sock", "unix:///var/run/docker.sock"),
        ("unix:/run/docker.sock", "unix:///run/docker.sock"),
        ("/run/docker.sock", "unix:///run/docker.sock"),
        ("tcp://host1:2375", "tcp://host1:2375"),
        ("http://host1:2375", "tcp://host1:2375"),
        ("host1.example.com:2375", "tcp://host1.example.com:2375"),
        ("tcp://[fd00::1]:2375", "tcp://[fd00::1]:2375"),
        *(
            (wrong, "")
            for wrong in (
                *("", None, 5, "unix://", "tcp://host1", "tcp://:2375", "host1", "tcp://[::1"),
                *("https://host1:2376", "ssh://host1:22", "npipe:////./pipe/docker_engine"),
                *("tcp://u:secret@host1:2375", "tcp://host1:2375/v1", "tcp://ho st:1", "\x00"),
                *("tcp://host1:99999", "tcp://host1:0"),
            )
        ),
    ],
)
def test_the_old_url_is_an_engine_where_it_is_one_s(url, taken):
    found = config.parse({"url": url})
    assert [engine.url for engine in found.engines] == [taken] * bool(taken)
    assert found.url == taken


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["url", "build_options", "version", "timeout", "ps_options"]),
        st.none()
        | st.booleans()
        | st.integers()
        | st.text()
        | st.dictionaries(st.text(), st.text()),
    )
)
def test_no_old_key_is_refused_whatever_it_holds(old):
    found = config.parse({**full(), **old})
    assert found.engines[0] == config.parse(full()).engines[0]


def test_the_old_url_has_a_name_of_its_own():
    raw = {**full(), "url": "tcp://host1:2375"}
    assert [engine.name for engine in config.parse(raw).engines] == ["host1", "tcp://host1:2375"]
    raw["url"] = "tcp://host2:2375"
    assert [engine.name for engine in config.parse(raw).engines] == ["host1", "host2"]


def test_the_old_url_that_is_among_the_engines_is_that_one():
    raw = {**full(), "url": "unix://var/run/docker.sock"}
    assert config.parse(raw) == config.parse(full())


def test_the_old_url_need_not_lead_to_any_switch():
    raw = {**full(), "url": "tcp://host2:2375"}
    raw["switches"].append({**SWITCH, "name": "tor2", "host": "10.254.4.106"})
    raw["engines"][0]["uplinks"] = [{"parent": "eth0", "switch": "tor1"}]
    found = uplinks.require(config.parse(raw))
    with pytest.raises(ConfigError, match="no switch is configured for it"):
        uplinks.uplink_of(found, found.engines[1], "eth0")
