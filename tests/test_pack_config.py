"""The pack's configuration as an operator writes it: config.schema.yaml and docker.yaml.example.

What StackStorm makes of it on the way to the pack is the lab's; those tests need orquesta.
"""

import copy
import re
import shutil
import subprocess
from typing import Any, Dict, Iterator, List

import pytest
import schemas
import yaml
from conftest import PACK
from docker_tor.common import errors
from docker_tor.config import (
    credentials,
    entries,
    exchange_pack,
    limits,
    platforms,
    settings,
    uplinks,
)

SCHEMA = yaml.safe_load((PACK / "config.schema.yaml").read_text(encoding="utf-8"))
OLD = {"url", "build_options"} | {key for key in exchange_pack.WITHOUT_MEANING if "." not in key}
"""The keys of the Exchange's docker pack."""
PASSWORD = "Pa55-0f-the-sw1tch"
EXAMPLE = PACK / "docker.yaml.example"
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0hZ1zDqtq1YvKMTXVyJGVwz6mFvZ3cBWs0qCkWz2fU"
NEEDS_LAB = "what StackStorm makes of a configuration needs orquesta"
REGISTERED = schemas.Draft4Validator(
    schemas.plain({"type": "object", "properties": SCHEMA, "additionalProperties": False})
)
"""What StackStorm holds docker.yaml against when it registers it."""


def resolved(raw: Any, **kept: str) -> Any:
    """A configuration as an action gets it, with these values in the datastore; what has
    "password" in its name is encrypted there."""
    configs = pytest.importorskip("lab.stackstorm.config", reason=NEEDS_LAB)
    store = pytest.importorskip("lab.stackstorm.datastore", reason=NEEDS_LAB).Datastore()
    for name, value in kept.items():
        store.set(name, value, secret="password" in name)
    return configs.resolve(SCHEMA, configs.register("docker", SCHEMA, raw), store)


@pytest.fixture(scope="module")
def cases() -> List[str]:
    """The example with each of its cases uncommented by the command that it tells itself."""
    if not shutil.which("sed"):
        pytest.skip("there is no sed")
    text = EXAMPLE.read_text(encoding="utf-8")
    (script,) = re.findall(r"sed -e '(.*?case 1.*?)' docker\.yaml\.example", text)
    numbers = re.findall(r"^## case (\d+): ", text, re.MULTILINE)
    assert numbers == ["1", "2", "3"]
    return [
        subprocess.run(
            ["sed", "-e", script.replace("case 1", f"case {number}"), EXAMPLE],
            capture_output=True,
            check=True,
        ).stdout.decode()
        for number in numbers
    ]


def in_use(text: str) -> settings.Config:
    """A text as the pack reads it, with whatever it names in the datastore."""
    names = re.findall(r"st2kv\.system\.(\w+)", text)
    kept = {name: HOST_KEY if name.endswith("host_key") else "made up" for name in names}
    return uplinks.require(settings.parse(resolved(yaml.safe_load(text), **kept)))


TE5, LAG = "TenGigabitEthernet 21/0/5", "Port-channel 10"


def test_the_example_as_it_is_follows_nothing_and_its_cases_do(cases: List[str]) -> None:
    as_it_is = {"channel": "docker", "chat_route": "chatops", "vlan_name": "Docker Network"}
    assert yaml.safe_load(EXAMPLE.read_text(encoding="utf-8")) == as_it_is
    # One host and one switch.
    one = in_use(cases[0])
    (engine,), (switch,) = one.engines, one.switches
    assert engine.url == "unix:///var/run/docker.sock"
    assert uplinks.uplink_of(one, engine, "eth0") == (switch, 21, ())
    assert switch.vlans == frozenset([*range(100, 200), 300])
    # Many hosts on a fabric.
    many = in_use(cases[1])
    (tor1, tor2), (first, second) = many.switches, many.engines
    assert first.tls == second.tls is not None
    assert uplinks.uplink_of(many, first, "eth0") == (tor1, 21, (TE5,))
    assert uplinks.uplink_of(many, first, "bond0") == (tor1, 22, (LAG,))
    assert uplinks.uplink_of(many, second, "eth0") == (tor2, 23, ())
    with pytest.raises(errors.ConfigError, match="no uplink of that name"):
        uplinks.uplink_of(many, second, "bond0")
    assert tor1.ports == {TE5, "TenGigabitEthernet 21/0/6", LAG}
    assert many.removal_grace == 30
    # TLS and the key-value store.
    secret = in_use(cases[2])
    paths = (f"/etc/stackstorm/docker/{name}.pem" for name in ("ca", "cert", "key"))
    assert secret.engines[0].tls == entries.Tls(*paths)
    (switch,) = secret.switches
    assert (switch.username, switch.password, secret.save_config) == ("made up", "made up", True)
    assert switch.host_key.startswith("ssh-")


def test_the_schema_describes_what_is_read() -> None:
    engine = SCHEMA["engines"]["items"]["properties"]
    switch = SCHEMA["switches"]["items"]["properties"]
    current = {key: of for key, of in SCHEMA.items() if key not in exchange_pack.WITHOUT_MEANING}
    for found, read in (
        (current, settings.Config),
        (engine, settings.EngineConfig),
        (engine["tls"]["properties"], entries.Tls),
        (engine["uplinks"]["items"]["properties"], entries.Uplink),
        (switch, settings.SwitchConfig),
        (switch["ssh_algorithms"]["properties"], credentials.Algorithms),
    ):
        assert set(found) == set(read._fields)
        assert all(of["description"] for of in found.values())
    assert [name for name, of in switch.items() if of.get("secret")] == ["password"]
    assert switch["port"]["default"] == entries.DEFAULT_PORT
    for key, default in settings.Config._field_defaults.items():
        assert key in OLD or SCHEMA[key]["default"] == default
    assert SCHEMA["vlan_name"]["default"] == settings.DEFAULT_VLAN_NAME


SWITCH_, UPLINK = ["switches", 0], ["engines", 0, "uplinks", 0]
WRONG = [
    *(
        (path, wrong)
        for path, most in (
            ([*SWITCH_, "port"], 65535),
            ([*SWITCH_, "rbridge_id"], limits.LAST_RBRIDGE),
            ([*UPLINK, "rbridge_id"], limits.LAST_RBRIDGE),
            (["removal_grace"], settings.MOST_GRACE),
            (["orphan_grace"], settings.MOST_GRACE),
            (["batch_above"], settings.MOST_BATCH_ABOVE),
        )
        for wrong in (-1, most + 1, "1", 1.5)
    ),
    *((["debounce"], wrong) for wrong in (-0.1, settings.MOST_DEBOUNCE + 0.1, "0.25")),
    (["engines", 0, "url"], "http://host1:2375"),
    (["engines", 0, "url"], "/var/run/docker.sock"),
    (["engines", 0, "tls", "verify"], False),
    ([*UPLINK, "interface"], "eth0"),
    ([*SWITCH_, "vlans"], "all"),
    ([*SWITCH_, "subnets"], ["172.16.0.0"]),
    ([*SWITCH_, "host_key"], "AAAAB3NzaC1yc2E"),
    ([*SWITCH_, "transport"], "telnet"),
    ([*SWITCH_, "platform"], "ios"),
    ([*SWITCH_, "pasword"], PASSWORD),
    ([*SWITCH_, "ssh_algorithms"], {"ciphers": ["aes128-cbc"]}),
    (["vlan_name"], "x" * 33),
    (["vlan_name"], ""),
    (["save_config"], "yes"),
]
"""Settings that StackStorm refuses when it registers the configuration."""


FINE: Dict[str, Any] = {
    "engines": [
        {
            "url": "tcp://host1:2376",
            "tls": {"ca": "/ca.pem"},
            "uplinks": [{"parent": "eth0", "switch": "tor1", "rbridge_id": 21}],
        }
    ],
    "switches": [{"name": "tor1", "host": "h", "username": "u", "password": PASSWORD}],
}


@pytest.mark.parametrize(("path", "wrong"), WRONG, ids=str)
def test_the_schema_refuses_what_no_setting_may_be(path: List[Any], wrong: Any) -> None:
    REGISTERED.validate(FINE)
    changed = copy.deepcopy(FINE)
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = wrong
    assert not REGISTERED.is_valid(changed)


@pytest.mark.parametrize(
    ("raw", "limits"),
    [
        ({}, (None, None, None)),
        ({"vlans": "", "subnets": [], "ports": []}, (frozenset(), (), frozenset())),
        ({"vlans": "{{ st2kv.system.range }}"}, (frozenset({5}), None, None)),
    ],
)
def test_stackstorm_keeps_left_out_and_empty_apart(raw: Any, limits: Any) -> None:
    given = resolved({"switches": [{**FINE["switches"][0], **raw}]}, range="5")
    (switch,) = settings.parse(given).switches
    assert (switch.vlans, switch.subnets, switch.ports) == limits


@pytest.mark.parametrize(
    "raw",
    [
        *({key: None} for key in ("vlans", "subnets", "ports")),
        {"vlans": "{{ st2kv.system.empty }}"},
        {"vlans": "{{ st2kv.system.not_there | default('') }}"},
        {"subnets": ["{{ st2kv.system.empty }}"]},
    ],
)
def test_an_expression_that_renders_empty_allows_nothing(raw: Any) -> None:
    given = resolved({"switches": [{**FINE["switches"][0], **raw}]}, empty="")
    with pytest.raises(errors.ConfigError, match=r"switches\[0\]\.|subnets\[0\]"):
        settings.parse(given)


def patterns(described: Any) -> Iterator[str]:
    if isinstance(described, dict):
        if isinstance(described.get("pattern"), str):
            yield described["pattern"]
        for inner in described.values():
            yield from patterns(inner)


def test_every_pattern_of_the_schema_lets_an_expression_by() -> None:
    found = list(patterns(SCHEMA))
    assert len(found) == 8
    assert all(re.search(pattern, "{{ st2kv.system.some_setting_of_mine }}") for pattern in found)


@pytest.mark.parametrize(
    ("kind", "key", "value"),
    [
        *(
            ("engines", "url", url)
            for url in ("tcp://[::1]:2376", "unix:///x", "unix:/x", "tcp://h")
        ),
        *(("switches", "vlans", vlans) for vlans in ("1", "1 - 5, 9", "100-199,300")),
        *(
            ("switches", "subnets", [one])
            for one in ("0.0.0.0/0", "fd00::/8", "10.0.0.0/255.0.0.0")
        ),
        *(("switches", "platform", name) for name in platforms.PLATFORMS),
        *(("switches", "transport", how) for how in (credentials.AUTO, credentials.PARAMIKO)),
        *(("switches", "host_key", key) for key in ("", "ignore", f"{HOST_KEY} of tor1")),
        *(("", "vlan_name", name) for name in ("x", "Größe 1", "x" * 32)),
    ],
)
def test_the_schema_allows_whatever_the_pack_takes(kind: str, key: str, value: Any) -> None:
    """Its patterns are no second opinion."""
    raw: Dict[str, Any] = {key: value}
    if kind:
        least = {name: of for name, of in FINE[kind][0].items() if name not in ("tls", "uplinks")}
        raw = {kind: [{**least, key: value}]}
    settings.parse(raw)
    REGISTERED.validate(raw)


# The docker.yaml of the Exchange's docker pack.


AS_IT_CAME: Dict[str, Any] = {
    "url": "unix:///var/run/docker.sock",
    "version": "1.13",
    "timeout": 60,
    "poll_interval": 5,
    "ps_options": {"quiet": False, "trunc": True, "latest": False, "since": None, "before": None},
    "build_options": {"rm": False, "quiet": False, "nocache": True, "timeout": 10},
}


def test_the_old_pack_s_docker_yaml_is_taken_as_it_came() -> None:
    assert set(AS_IT_CAME) == OLD
    found = settings.parse(resolved(AS_IT_CAME))
    (engine,) = found.engines
    assert (engine.name, engine.url, engine.tls) == ("local", "unix:///var/run/docker.sock", None)
    assert found.build_options == {"rm": False, "quiet": False, "nocache": True}
    # Whoever wrote no old key has none.
    assert not [key for key in OLD if "default" in SCHEMA[key] or SCHEMA[key].get("required")]
    found = settings.parse(resolved({}))
    assert (found.engines, found.url, found.build_options) == ((), "", {})
