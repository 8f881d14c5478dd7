"""docker.uplinks: the lab's engines and switches are asked, and what it prints is pasted. What
comes of what LLDP may say: test_cabling."""

import contextlib

import pytest
import yaml

pytest.importorskip("lab.switch", reason="the lab's requirements are not installed")

from direct import Direct
from docker_tor.actions import uplinks, uplinks_report
from docker_tor.common import parallel
from docker_tor.common.sanitize import printable
from docker_tor.config import settings

from lab.engine import Engine
from lab.switch import Neighbour, Switch, payloads

TEN = "TenGigabitEthernet 21/0/"


def entry(name, host):
    login = {"username": "admin", "password": "password", "host_key": "ignore"}
    return {"name": name, "host": host, "rbridge_id": 21, **login}


class Rack:
    """Three hosts with an engine each, and two switches; `raw` is docker.yaml."""

    def __init__(self, stack):
        self.tor1, self.tor2 = Switch(), Switch()
        stack.enter_context(Direct({"10.0.0.1": self.tor1, "10.0.0.2": self.tor2}).instead_of_ssh())
        self.engines = [
            stack.enter_context(Engine(name=name))
            for name in ("host1.example.net", "host2", "host3")
        ]
        self.raw = {
            "engines": [
                {"name": f"host{number}", "url": engine.url}
                for number, engine in enumerate(self.engines, 1)
            ],
            "switches": [entry("tor1", "10.0.0.1"), entry("tor2", "10.0.0.2")],
        }

    def ask(self):
        settings.parse(self.raw)
        fine, result = uplinks.run(self.raw)
        assert "password'" not in str(result)
        return fine, result

    def paste(self, result):
        """Put every block in the place of what is there."""
        for one in result["yaml"]:
            (engine,) = [of for of in self.raw["engines"] if of["name"] == one["engine"]]
            engine.update(yaml.safe_load(one["block"]))


@pytest.fixture
def rack():
    with contextlib.ExitStack() as stack:
        yield Rack(stack)


def test_what_is_pasted_is_what_lldp_says(rack):
    rack.tor1.edit(payloads.channel_group(f"{TEN}2", 10))
    before = rack.tor1.running
    rack.tor1.lldp.neighbours = [
        Neighbour(f"{TEN}1", "host1", "eth0"),
        Neighbour(f"{TEN}2", "HOST2", "eth0"),
        Neighbour(f"{TEN}3", "host2", "eth1"),
        Neighbour(f"{TEN}4", "web9", "eth0"),
    ]
    rack.tor2.lldp.neighbours = [Neighbour(f"{TEN}1", "host1", "ens192")]
    first, second, _ = rack.raw["engines"]
    second["uplinks"] = [
        {"parent": "eth0", "switch": "tor1", "rbridge_id": 22, "ports": ["te 21/0/9"]},
        {"parent": "eth1", "switch": "tor1"},
        {"parent": "br0", "switch": "tor1", "vlan": 7, "ports": ["Po 11"]},
    ]
    fine, result = rack.ask()
    assert fine
    assert [
        (one["host"], one["parent"], one["switch"], one["lldp"], one["state"])
        for one in result["uplinks"]
    ] == [
        ("host1.example.net", "eth0", "tor1", [f"{TEN}1"], "to be written"),
        ("host1.example.net", "ens192", "tor2", [f"{TEN}1"], "to be written"),
        ("host2", "eth0", "tor1", ["Port-channel 10"], "differs"),
        ("host2", "eth1", "tor1", [f"{TEN}3"], "to be written"),
        ("host2", "br0", "tor1", [], "not seen"),
        ("host3", "", "", [], "not seen"),
    ]
    assert result["unasked"] == []
    assert uplinks_report.CAVEAT in result["table"]
    assert all(one["block"] in result["table"] for one in result["yaml"])
    rack.paste(result)
    assert first["uplinks"] == [
        {"parent": "eth0", "switch": "tor1", "ports": [f"{TEN}1"]},
        {"parent": "ens192", "switch": "tor2", "ports": [f"{TEN}1"]},
    ]
    assert second["uplinks"] == [
        {"parent": "eth0", "switch": "tor1", "rbridge_id": 22, "ports": ["Port-channel 10"]},
        {"parent": "eth1", "switch": "tor1", "ports": [f"{TEN}3"]},
        {"parent": "br0", "switch": "tor1", "vlan": 7, "ports": ["Port-channel 11"]},
    ]
    fine, result = rack.ask()
    assert (fine, result["yaml"]) == (True, [])
    states = [one["state"] for one in result["uplinks"]]
    assert states == ["agrees"] * 4 + ["not seen"] * 2
    assert rack.tor1.running == before


def test_whoever_does_not_answer_is_told_and_stops_nothing(rack):
    rack.tor1.lldp.neighbours = [Neighbour(f"{TEN}1", "host1", "eth0")]
    rack.tor2.faults.refuse_sessions = True
    rack.engines[1].stop()
    for engine in rack.raw["engines"]:
        engine["uplinks"] = [{"parent": "eth0", "switch": "tor1"}]
    fine, result = rack.ask()
    assert (fine, [one["where"] for one in result["unasked"]]) == (
        True,
        ["engine host2", "switch tor2"],
    )
    states = [one["state"] for one in result["uplinks"]]
    assert states == ["to be written", "not asked", "not seen"]
    assert all(one["error"] in result["table"] for one in result["unasked"])


def test_where_nobody_answers_it_fails(rack, monkeypatch):
    monkeypatch.setattr(parallel, "run", lambda jobs, **_: [parallel.Progress() for _ in jobs])
    fine, result = rack.ask()
    no_answer = {"where": "engine host1", "error": "no answer within 120 s. Run it again."}
    assert (fine, result["unasked"][0]) == (False, no_answer)
    fine, result = uplinks.run({"engines": 7})
    assert (fine, result["kind"]) == (False, "ConfigError")


def test_whatever_a_neighbour_says_the_block_can_be_read(rack):
    """And whatever names docker.yaml has."""
    said = ["{{ 1 }}", "a: b", "<!channel>", "x\ny", 'q"uote', "- y", "é" * 300, "on", "eth0 # x"]
    rack.tor1.lldp.neighbours = [
        Neighbour(f"{TEN}{number}", "host1", text, text) for number, text in enumerate(said, 1)
    ]
    _, result = rack.ask()
    rack.paste(result)
    (found,) = rack.raw["engines"][0]["uplinks"]
    assert found["parent"] == "on"
    odd = {"parent": "no", "switch": 'rack "1"'}
    rack.raw["engines"][0]["uplinks"] = [odd, {"parent": "on", "switch": "tor1"}]
    rack.raw["switches"][1]["name"] = 'rack "1"'
    _, result = rack.ask()
    rack.paste(result)
    assert rack.raw["engines"][0]["uplinks"] == [odd, found]
    lines = result["table"].split("\n")
    assert all(printable(line, 999) == " ".join(line.split()) for line in lines)
