"""`docker.reconcile` and `docker.plan`, at the lab's switch without SSH."""

import contextlib
import json
from unittest import mock

import pytest
from direct import AFTER, BEFORE, Direct, one_by_one
from docker_tor.common import parallel
from docker_tor.common.errors import EngineUnreachable
from docker_tor.reconcile import discovery, memory
from docker_tor.reconcile import run as reconcile_action
from docker_tor.switch.nos import running_config
from test_controller import listed
from ves import ve

from lab.switch import Switch, payloads

HOST = "10.0.0.1"
NAME = "Docker Network"
PASSWORD = "open sesame"
TOR1 = {
    "name": "tor1",
    "host": HOST,
    "username": "admin",
    "password": PASSWORD,
    "host_key": "ignore",
    "rbridge_id": 21,
}


class Lab:
    """A switch, an engine, a datastore."""

    def __init__(self):
        self.raw = {"engines": [{"name": "host1", "url": "unix:///x"}], "switches": [TOR1]}
        self.switch = Switch(password=PASSWORD)
        self.networks = listed(112)
        self.values = {}
        self.unwritable = False
        self.slept = []
        self.cuts = []
        self.now = 1000.0
        self.direct = Direct({HOST: self.switch}, self._on_rpc)

    def _on_rpc(self, _host, operation):
        if self.cuts and self.cuts[0][0] == operation:
            return self.cuts.pop(0)[1]
        return ""

    def _listed(self, engine):
        if self.networks is None:
            raise EngineUnreachable("it does not answer", where=engine.url)
        return self.networks

    def _write(self, name, text):
        if self.unwritable:
            raise OSError("the datastore is away")
        self.values[name] = text

    def run(self, **parameters):
        given = {"dry_run": False, **parameters}
        return self._told(
            reconcile_action.run,
            given,
            self._write,
            clock=lambda: self.now,
            sleep=self.slept.append,
        )

    def plan(self, **parameters):
        return self._told(reconcile_action.plan, parameters)

    def _told(self, action, given, *more, **ways):
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.direct.instead_of_ssh())
            stack.enter_context(mock.patch.object(parallel, "run", one_by_one))
            stack.enter_context(mock.patch.object(discovery, "list_networks", self._listed))
            fine, result = action(self.raw, given, self.values.get, *more, **ways)
        text = json.dumps(result)
        assert PASSWORD not in text
        return fine, json.loads(text)

    @property
    def edits(self):
        return [rpc.operation for rpc in self.switch.rpcs].count("edit-config")

    @property
    def vlans(self):
        return running_config.read(self.switch.running.element())


@pytest.fixture
def lab():
    return Lab()


def standings(result):
    return {one["vlan"]: one["standing"] for one in result["findings"]}


def test_it_shows_what_it_would_do_unless_told_to(lab):
    for parameters in ({"dry_run": True}, {"dry_run": None}):
        fine, result = lab.run(**parameters)
        assert (fine, result["dry_run"], result["changed"]) == (True, True, False)
        assert (result["message"], result["extra"], lab.values, lab.edits) == ("", {}, {}, 0)
        assert standings(result) == {112: "missing"}


def test_it_puts_right_what_is_missing(lab):
    fine, result = lab.run(since=990.0)
    assert (fine, result["changed"], result["seconds"]) == (True, True, 10.0)
    assert lab.vlans[112].ves[21] == ve("172.16.112.1/24")
    assert result["message"]
    fine, result = lab.run()
    assert (fine, result["changed"], result["message"]) == (True, False, "")
    assert standings(result) == {112: "in sync"}
    assert lab.run(only_differences=True)[1]["findings"] == []


def test_what_nothing_calls_for_is_removed_once_it_has_been_seen_for_a_while(lab):
    lab.raw["orphan_grace"] = 60
    lab.run()
    lab.networks = []
    fine, result = lab.run()
    assert (fine, result["changed"], 112 in lab.vlans) == (True, False, True)
    assert memory.load(lab.values[memory.NAME]).orphans == {("tor1", 21, 112): 1000.0}
    lab.now += 61
    fine, result = lab.run()
    assert (fine, result["changed"], 112 in lab.vlans) == (True, True, False)
    assert memory.load(lab.values[memory.NAME]).orphans == {}


def test_where_the_engine_is_away_nothing_goes(lab):
    lab.raw["orphan_grace"] = 0
    lab.run()
    lab.networks = None
    lab.now += 10**6
    _, result = lab.run()
    assert (result["changed"], 112 in lab.vlans) == (False, True)
    assert "host1" in json.dumps(result["engines_unreached"])


@pytest.mark.parametrize("name", ["net112", "112", f"{112:064x}", f"{112:064x}"[:12]])
def test_it_can_be_about_one_network(lab, name):
    lab.networks = listed(112, 113)
    if name == "0" * 12:
        lab.networks[1]["Id"] = "f" * 64
    fine, result = lab.run(network=name)
    assert (fine, result["changed"]) == (True, True)
    assert standings(result).keys() == {112}
    assert (112 in lab.vlans, 113 in lab.vlans) == (True, False)
    kept = memory.load(lab.values[memory.NAME])
    assert kept == memory.Memory(added=frozenset({("tor1", 21, 112)}))


@pytest.mark.parametrize("do", ["run", "plan"])
def test_a_network_that_there_is_not(lab, do):
    fine, result = getattr(lab, do)(network="nope")
    assert (fine, result["kind"]) == (False, "InvalidValue")
    assert "no segment is for a network 'nope'" in result["error"]
    # The beginning of an id has to be long enough to be one.
    assert getattr(lab, do)(network="000")[1]["kind"] == "InvalidValue"


@pytest.mark.parametrize("do", ["run", "plan"])
def test_a_network_that_is_refused_is_told_why(lab, do):
    lab.networks = listed(4000)
    fine, result = getattr(lab, do)(network="net4000")
    assert (fine, result["kind"]) == (False, "InvalidValue")
    assert "4000" in result["error"]
    assert lab.edits == 0


def test_a_switch_that_there_is_not(lab):
    for fine, result in (lab.run(switch="tor9"), lab.plan(switch="tor9")):
        assert (fine, result["kind"]) == (False, "ConfigError")
        assert result["remedy"] == "There are: tor1."


def test_a_session_that_breaks_off_is_begun_again(lab):
    lab.cuts = [("edit-config", AFTER), ("edit-config", BEFORE)]
    fine, result = lab.run()
    assert (fine, result["changed"], lab.cuts) == (True, True, [])
    assert lab.slept == [reconcile_action.PAUSE, 2 * reconcile_action.PAUSE]
    assert lab.vlans[112].in_service


def test_a_session_that_keeps_breaking_off(lab):
    lab.cuts = [("edit-config", AFTER)] * reconcile_action.TRIES
    fine, result = lab.run()
    assert (fine, result["changed"], lab.cuts) == (False, None, [])
    assert len(lab.slept) == reconcile_action.TRIES - 1
    assert "SessionLost" in json.dumps(result)


def test_a_switch_that_is_away(lab):
    lab.cuts = [("hello", BEFORE)] * reconcile_action.TRIES
    fine, result = lab.run()
    assert (fine, result["changed"], lab.edits) == (False, False, 0)
    assert "SwitchUnreachable" in json.dumps(result)
    assert memory.load(lab.values[memory.NAME]).orphans == {}


def test_a_password_that_is_wrong_is_tried_once(lab):
    lab.raw["switches"] = [{**TOR1, "password": "wrong"}]
    fine, result = lab.run()
    assert (fine, lab.slept) == (False, [])
    assert "AuthenticationFailed" in json.dumps(result)


def test_one_switch_hides_none_of_the_others(lab):
    away = {**TOR1, "name": "tor2", "host": "10.0.0.2"}
    lab.raw["switches"] = [away, TOR1]
    lab.raw["engines"][0]["uplinks"] = [{"parent": "eth0", "switch": "tor1"}]
    fine, result = lab.run()
    assert (fine, result["changed"], 112 in lab.vlans) == (False, True, True)
    assert "tor2" in result["message"]
    assert lab.run(switch="tor1")[0] is True


def test_what_the_switch_refuses(lab):
    lab.switch.edit(*payloads.segment(21, 900, "172.16.112.77/24", "Theirs"))
    fine, result = lab.run()
    assert (fine, result["changed"], 112 in lab.vlans) == (False, False, False)
    assert result["message"]


def test_a_datastore_that_cannot_be_written_is_told_and_undoes_nothing(lab):
    lab.unwritable = True
    fine, result = lab.run()
    assert (fine, result["changed"], 112 in lab.vlans) == (False, True, True)
    assert (result["kind"], result["where"]) == ("DatastoreUnreadable", "the datastore")
    assert "docker_tor.reconcile cannot be written: the datastore is away" in result["error"]
    assert result["remedy"] == "Look at it with `st2 key get docker_tor.reconcile`."


def test_a_ledger_that_cannot_be_read(lab):
    lab.values["docker_tor.segments"] = "nonsense"
    for fine, result in (lab.run(), lab.plan()):
        assert (fine, result["kind"]) == (False, "DatastoreUnreadable")
    assert lab.switch.rpcs == []


def test_it_is_saved_where_the_configuration_says_so(lab):
    lab.raw["save_config"] = True
    lab.run()
    assert lab.switch.startup == lab.switch.running
    lab.switch.forget_rpcs()
    lab.run()
    assert "bna-config-cmd" not in [rpc.operation for rpc in lab.switch.rpcs]


def test_what_is_wrong_and_stays_so_is_told_once(lab):
    lab.switch.edit(payloads.vlan(112, "Storage"))
    _, result = lab.run()
    assert standings(result)[112] == "conflict"
    assert "Storage" in result["message"]
    assert lab.run()[1]["message"] == ""


def test_plan(lab):
    lab.networks = listed(112, 113)
    fine, result = lab.plan()
    assert (fine, lab.edits) == (True, 0)
    assert "tor1: VLAN 112, missing\n+interface Vlan 112\n" in result["diff"]
    assert "\n\ntor1: VLAN 113, missing\n" in result["diff"]
    assert [one["vlan"] for one in result["plan"]] == [112, 113]
    fine, result = lab.plan(network="net113")
    assert [one["vlan"] for one in result["plan"]] == [113]
    lab.switch.edit(*result["plan"][0]["xml"])
    assert lab.vlans[113].in_service


def test_plan_at_a_switch_that_is_away(lab):
    lab.cuts = [("hello", BEFORE)] * 9
    with mock.patch.object(reconcile_action, "PAUSE", 0):
        fine, result = lab.plan()
    assert (fine, result["plan"], result["diff"]) == (False, [], "")
