"""The lab's HTTP API: paths, parameters, shapes, masks and refusals as StackStorm 3.9's."""

import http.client
import json
import socket
import threading
import time
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple

import pytest

pytest.importorskip("lab.stackstorm", reason="the lab's requirements are not installed")

import requests

from lab.stackstorm import StackStorm
from lab.stackstorm.api import LARGEST_BODY, ApiServer

PACK = Path(__file__).parent / "fixtures" / "lab_pack"
CONFIG = {"limits": {"high": 9}, "token": "{{ st2kv.system.token }}"}
WAIT = 30.0


class Client:
    """Asks the API of one StackStorm."""

    def __init__(self, st2: StackStorm, url: str) -> None:
        self.st2 = st2
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        data = None if body is None else json.dumps(body)
        headers = {"Content-Type": "application/json"}
        return self._session.request(
            method, self.url + path, params=query, data=data, headers=headers, timeout=WAIT
        )

    def get(self, path: str, **query: Any) -> Any:
        answer = self.ask("GET", path, **query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, method: str, path: str, body: Any = None, **query: Any) -> Tuple[int, str]:
        answer = self.ask(method, path, body, **query)
        said = answer.json()
        assert list(said) == ["faultstring"], said
        return answer.status_code, said["faultstring"]

    def run(self, action: str, **parameters: Any) -> Dict[str, Any]:
        body = {"action": f"lab_pack.{action}", "parameters": parameters}
        answer = self.ask("POST", "/executions", body)
        assert answer.status_code == 201, answer.text
        id_ = answer.json()["id"]
        self.st2.wait(id_, WAIT)
        return dict(self.get(f"/executions/{id_}"))

    def close(self) -> None:
        self._session.close()


@pytest.fixture(scope="module")
def api() -> Iterator[Client]:
    with ApiServer(0) as server, StackStorm(PACK, CONFIG, api_url=server.url) as st2:
        with server.serving(st2):
            st2.datastore.set("token", "TOKEN", secret=True)
            client = Client(st2, server.url)
            yield client
            client.close()


# Executions.


def test_an_execution_as_it_is_requested_and_as_it_ends(api: Client) -> None:
    answer = api.ask(
        "POST", "/executions", {"action": "lab_pack.echo", "parameters": {"text": "a"}}
    )
    assert answer.status_code == 201
    asked = answer.json()
    assert asked["action"]["ref"] == asked["liveaction"]["action"] == "lab_pack.echo"
    assert asked["context"] == {"user": "stanley", "pack": "lab_pack"}
    assert asked["parameters"]["text"] == "a"
    assert "result" not in asked
    api.st2.wait(asked["id"], WAIT)
    ended = api.get(f"/executions/{asked['id']}")
    assert ended["status"] == "succeeded"
    assert ended["result"]["result"]["text"] == "a"
    assert [entry["status"] for entry in ended["log"]][-1] == "succeeded"
    assert ended["end_timestamp"] >= ended["start_timestamp"]
    assert api.get("/executions/last")["id"] == api.st2.executions()[0].id


def test_secrets_are_masked_and_shown_on_demand(api: Client) -> None:
    id_ = api.run("echo", text="a", password="hush")["id"]
    masked = api.ask("GET", f"/executions/{id_}")
    assert masked.json()["parameters"]["password"] == "********"
    assert masked.json()["liveaction"]["parameters"]["password"] == "********"
    plain = api.get(f"/executions/{id_}", show_secrets="true")
    assert plain["parameters"]["password"] == "hush"
    listed = api.ask("GET", "/executions", id=id_)
    assert "hush" not in json.dumps([one["parameters"] for one in listed.json()])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"action": "lab_pack.absent"}, 'Action "lab_pack.absent" cannot be found.'),
        ({"action": "lab_pack.echo"}, "'text' is a required property"),
        ({"action": "lab_pack.echo", "parameters": {"text": "a", "more": 1}}, "'more' was unex"),
        ({"action": "lab_pack.echo", "parameters": {"a b": 1}}, "does not match"),
        ({"action": "lab_pack.disabled"}, 'Action "lab_pack.disabled" is disabled'),
        ({"action": "lab_pack.echo", "colour": 1}, "'colour' was unexpected"),
        ({"action": 5}, "5 is not of type 'string'"),
        ({}, "'action' is a required property"),
        ([], "Input body needs to be an object, got: array"),
    ],
)
def test_what_cannot_be_run(api: Client, body: Any, said: str) -> None:
    before = len(api.st2.executions())
    status, fault = api.refused("POST", "/executions", body)
    assert status == 400
    assert said in fault
    assert len(api.st2.executions()) == before


def test_bodies_that_are_no_json(api: Client) -> None:
    for data, kind, said in (
        (b"{", "application/json", "Failed to parse request body"),
        (b"[" * 100_000, "application/json; charset=utf-8", "Failed to parse request body"),
        (b"action=a", "application/x-www-form-urlencoded", 'Unsupported Content-Type: "applic'),
    ):
        answer = requests.post(
            f"{api.url}/executions", data=data, headers={"Content-Type": kind}, timeout=WAIT
        )
        assert (answer.status_code, said in answer.json()["faultstring"]) == (400, True)


def test_lists_are_filtered_sorted_and_paged(api: Client) -> None:
    ids = [api.run("echo", text=str(number))["id"] for number in range(3)]
    failed = api.run("probe", what="nothing of the kind")
    newest = api.get("/executions", action="lab_pack.echo", limit=2)
    assert [one["id"] for one in newest] == ids[:0:-1]
    oldest = api.get("/executions", action="lab_pack.echo", sort_asc="True", limit=-1)
    assert [one["id"] for one in oldest][-3:] == ids
    second = api.get("/executions", action="lab_pack.echo", limit=1, offset=1)
    assert [one["id"] for one in second] == [ids[1]]
    assert api.get("/executions", status=failed["status"], limit=1)[0]["id"] == failed["id"]
    assert [one["id"] for one in api.get("/executions", id=",".join(ids[:2]))] == ids[1::-1]
    assert api.get("/executions", user="nobody") == []
    by_status = api.get("/executions", sort="-status,nonsense", include_attributes="status")
    assert [one["status"] for one in by_status] == sorted(
        (one["status"] for one in by_status), reverse=True
    )
    later = api.get("/executions", timestamp_gt=failed["start_timestamp"])
    assert failed["id"] not in [one["id"] for one in later]
    earlier = api.get("/executions", timestamp_lt=failed["start_timestamp"], limit=1)
    assert earlier[0]["id"] == ids[-1]


def test_a_list_says_how_many_there_are(api: Client) -> None:
    api.run("echo", text="a")
    answer = api.ask("GET", "/executions", limit=1)
    assert answer.headers["X-Limit"] == "1"
    assert int(answer.headers["X-Total-Count"]) == len(api.st2.executions())
    assert "X-Limit" not in api.ask("GET", "/executions", limit=-1).headers
    assert api.ask("GET", "/executions").headers["X-Limit"] == "100"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"limit": 0}, 'Limit, "0" specified, must be a positive number or -1'),
        ({"limit": -2}, 'Limit, "-2" specified, must be a positive number.'),
        ({"limit": "many"}, 'Parameter "limit" is not of type integer'),
        ({"limit": ""}, 'Parameter "limit" is not of type integer'),
        ({"offset": 2**31}, "more than 32-bit int"),
        ({"offset": -1}, "must be a positive number"),
        ({"show_secrets": "perhaps"}, 'Parameter "show_secrets" is not of type boolean'),
        ({"timestamp_gt": "yesterday"}, "Datetime value does not match expected format."),
        ({"exclude_attributes": "action"}, "unsupported exclude attribute specified: action"),
        ({"exclude_attributes": "result", "include_attributes": "id"}, "mutually exclusive"),
    ],
)
def test_queries_that_are_refused(api: Client, query: Dict[str, Any], said: str) -> None:
    api.run("echo", text="a")
    status, fault = api.refused("GET", "/executions", **query)
    assert status == 400
    assert said in fault


def test_attributes(api: Client) -> None:
    id_ = api.run("echo", text="a")["id"]
    wanted = api.get(f"/executions/{id_}", include_attributes="action.ref,status,nothing")
    assert wanted == {"id": id_, "action": {"ref": "lab_pack.echo"}, "status": "succeeded"}
    without = api.get(f"/executions/{id_}", exclude_attributes="result")
    assert "result" not in without
    assert without["status"] == "succeeded"
    whole = api.get("/executions", include_attributes="action,action.ref", limit=1)[0]
    assert set(whole) == {"id", "action"}
    assert whole["action"]["runner_type"] == "python-script"


def test_the_tasks_of_a_workflow(api: Client) -> None:
    run = api.run("nested")
    children = api.get(f"/executions/{run['id']}/children/", depth=-1)
    assert children[0]["parent"] == run["id"]
    names = [child["context"]["orquesta"]["task_name"] for child in children]
    direct = api.get(f"/executions/{run['id']}/children", depth=1)
    assert [child["id"] for child in direct] == run["children"]
    assert len(children) > len(direct), names
    by_time = api.get(f"/executions/{run['id']}/children", result_fmt="sorted")
    starts = [child["start_timestamp"] for child in by_time]
    assert starts == sorted(starts)
    roots = api.get("/executions", parent="null", limit=-1)
    assert run["id"] in [one["id"] for one in roots]
    assert not {one["id"] for one in roots} & {child["id"] for child in children}
    assert len(api.get("/executions", parent=run["id"])) == len(direct)


def test_output_and_a_second_run(api: Client) -> None:
    run = api.run("echo", text="a")
    answer = api.ask("GET", f"/executions/{run['id']}/output")
    assert answer.text == run["result"]["stdout"] + run["result"]["stderr"]
    assert answer.headers["Content-Type"].startswith("text/plain")
    only = api.ask("GET", f"/executions/{run['id']}/output", output_type="stdout")
    assert only.text == "printed\n"
    again = api.ask("POST", f"/executions/{run['id']}/re_run", {"parameters": {"number": 5}})
    assert again.status_code == 201
    assert again.json()["context"]["re-run"] == {"ref": run["id"]}
    result = api.st2.wait(again.json()["id"], WAIT).result["result"]
    assert (result["text"], result["number"]) == ("a", 5)
    status, fault = api.refused("POST", f"/executions/{run['id']}/re_run", {"tasks": ["one"]})
    assert (status, "not single tasks" in fault) == (501, True)


def test_results_are_json_that_everybody_reads(api: Client) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    id_ = api.run("probe", what="date")["id"]
    text = api.ask("GET", f"/executions/{id_}").text
    result = json.loads(text, parse_constant=refuse)["result"]["result"]
    assert result["nan"] is None
    assert result["day"] == "2024-02-29"


def test_cancel(api: Client) -> None:
    body = {"action": "lab_pack.echo", "parameters": {"text": "a"}, "delay": 60_000}
    id_ = api.ask("POST", "/executions", body).json()["id"]
    assert api.ask("DELETE", f"/executions/{id_}").json()["status"] == "canceled"
    ended = api.run("echo", text="a")["id"]
    answer = api.ask("DELETE", f"/executions/{ended}")
    assert answer.status_code == 200
    assert answer.json() == {"faultstring": "Action cannot be canceled. State = succeeded."}
    assert api.refused("DELETE", "/executions/absent")[0] == 404


def test_traces_are_refused_but_tags_kept(api: Client) -> None:
    body = {"action": "core.noop", "context": {"trace_context": {"id_": "1"}}}
    assert api.refused("POST", "/executions", body)[0] == 501
    body = {"action": "core.noop", "context": {"trace_context": {"trace_tag": "t"}, "user": "x"}}
    context = api.ask("POST", "/executions", body).json()["context"]
    assert context["trace_context"] == {"trace_tag": "t"}
    assert context["user"] == "stanley"


# Keys.


def test_keys(api: Client) -> None:
    answer = api.ask("PUT", "/keys/colour", {"name": "colour", "value": "blue", "user": None})
    assert answer.status_code == 200
    assert answer.json()["uid"] == "key_value_pair:st2kv.system:colour"
    assert api.get("/keys/colour")["value"] == "blue"
    assert api.st2.datastore.get("colour") == "blue"
    listed = api.ask("GET", "/keys", prefix="col")
    assert [one["name"] for one in listed.json()] == ["colour"]
    assert "X-Total-Count" not in listed.headers
    assert api.ask("DELETE", "/keys/colour").status_code == 204
    status, fault = api.refused("GET", "/keys/colour")
    assert status == 404
    assert fault == 'The key "colour" does not exist in the StackStorm datastore.'
    assert api.refused("DELETE", "/keys/colour")[0] == 404


def test_secret_keys(api: Client) -> None:
    put = api.ask("PUT", "/keys/safe", {"value": "hush", "secret": True})
    assert "hush" not in put.text
    assert put.json()["encrypted"] is True
    shown = api.get("/keys/safe")
    assert (shown["secret"], shown["encrypted"]) == (True, True)
    assert shown["value"] == put.json()["value"]
    plain = api.get("/keys/safe", decrypt="true")
    assert (plain["value"], plain["encrypted"]) == ("hush", False)
    assert "hush" not in api.ask("GET", "/keys").text
    assert "hush" in api.ask("GET", "/keys", decrypt=True).text
    copied = api.ask("PUT", "/keys/copy", {"value": shown["value"], "encrypted": True})
    assert copied.status_code == 200
    assert api.st2.datastore.get("copy", decrypt=True) == "hush"
    status, fault = api.refused("PUT", "/keys/copy", {"value": "forged", "encrypted": True})
    assert (status, "Failed to verify the integrity" in fault) == (400, True)


def test_keys_of_users_and_of_nobody(api: Client) -> None:
    mine = api.ask("PUT", "/keys/mine", {"value": "1", "scope": "user", "ttl": 60}).json()
    assert (mine["scope"], mine["user"]) == ("st2kv.user", "stanley")
    assert mine["expire_timestamp"].endswith("Z")
    assert api.get("/keys/mine", scope="st2kv.user")["value"] == "1"
    assert api.refused("GET", "/keys/mine")[0] == 404
    names = [one["name"] for one in api.get("/keys", scope="all")]
    assert {"mine", "token"} <= set(names)
    assert "token" not in [one["name"] for one in api.get("/keys", scope="user")]
    assert api.refused("GET", "/keys", scope="galaxy") == (400, "Invalid scope: st2kv.galaxy")
    assert api.refused("GET", "/keys/a", scope="galaxy")[0] == 400
    assert api.refused("GET", "/keys", user="other")[0] == 403
    status, fault = api.refused("PUT", "/keys/a", {"value": 1})
    assert (status, fault) == (400, "1 is not of type 'string'")


# What the pack brings.


@pytest.mark.parametrize(
    ("path", "ref", "has"),
    [
        ("/packs", "lab_pack", {"version": "1.2.3", "uid": "pack:lab_pack"}),
        ("/actions", "lab_pack.dotted.name", {"name": "dotted.name", "pack": "lab_pack"}),
        ("/rules", "lab_pack.greet", {"enabled": True, "uid": "rule:lab_pack:greet"}),
        ("/triggertypes", "lab_pack.Visitor", {"uid": "trigger_type:lab_pack:Visitor"}),
        ("/sensortypes", "lab_pack.Poller", {"entry_point": "poller.Poller", "poll_interval": 4}),
        ("/policies", "lab_pack.gate.one", {"policy_type": "action.concurrency.attr"}),
        ("/actionalias", "lab_pack.greet", {"action_ref": "lab_pack.echo", "enabled": True}),
    ],
)
def test_content_is_listed_and_found_by_ref_and_id(
    api: Client, path: str, ref: str, has: Dict[str, Any]
) -> None:
    listed = {one["ref"]: one for one in api.get(path)}
    one = api.get(f"{path}/{ref}")
    assert one == listed[ref]
    assert {name: one[name] for name in has} == has
    assert api.get(f"{path}/{one['id']}") == one
    status, fault = api.refused("GET", f"{path}/lab_pack.absent")
    assert (status, fault) == (404, 'Resource with a reference or id "lab_pack.absent" not found')
    assert api.ask("GET", path, limit=1).headers["X-Total-Count"] == str(len(listed))
    part = api.get(path, include_attributes="description", limit=1)[0]
    assert set(part) <= {"id", "ref", "description"}


def test_content_is_filtered(api: Client) -> None:
    assert {one["pack"] for one in api.get("/actions", pack="core")} == {"core"}
    enabled = api.get("/rules", enabled="True")
    assert {one["enabled"] for one in enabled} == {True}
    assert len(enabled) + len(api.get("/rules", enabled="False")) == len(api.get("/rules"))
    assert api.refused("GET", "/rules", enabled="maybe")[0] == 400
    of_visitor = api.get("/sensortypes", trigger="lab_pack.Visitor")
    assert [one["name"] for one in of_visitor] == ["Visitors"]
    assert api.get("/runnertypes/", name="noop")[0]["runner_module"] == "noop_runner"
    assert api.get("/runnertypes/orquesta")["output_key"] == "output"
    assert "not found" in api.refused("GET", "/runnertypes/absent")[1]


def test_rules_are_enabled_and_disabled_and_not_changed(api: Client) -> None:
    rule = api.get("/rules/lab_pack.greet")
    assert rule["action"]["parameters"]["password"] == "********"
    plain = api.get("/rules/lab_pack.greet", show_secrets=True)
    assert plain["action"]["parameters"]["password"] != "********"
    sent = {name: value for name, value in rule.items() if name != "ref"}
    changed = api.ask("PUT", f"/rules/{rule['id']}", {**sent, "enabled": False})
    assert changed.json()["enabled"] is False
    assert api.st2.rules["lab_pack.greet"].enabled is False
    api.ask("PUT", f"/rules/{rule['id']}", {**sent, "enabled": True})
    assert api.st2.rules["lab_pack.greet"].enabled is True
    status, fault = api.refused("PUT", f"/rules/{rule['id']}", {**sent, "criteria": {}})
    assert (status, "'criteria'" in fault) == (501, True)
    assert api.refused("PUT", f"/rules/{rule['id']}", {**sent, "enabled": "no"})[0] == 400
    assert api.refused("PUT", "/rules/absent", sent)[0] == 404


def test_triggers_and_what_came_of_them(api: Client) -> None:
    payload = {"name": "Ann", "age": 30, "bags": []}
    instance = api.st2.dispatch("lab_pack.Visitor", payload, "trace")
    assert instance is not None
    assert api.st2.until(lambda: instance.status == "processed", WAIT)
    shown = api.get(f"/triggerinstances/{instance.id}")
    assert (shown["payload"], shown["status"]) == (payload, "processed")
    assert instance.id in [
        one["id"] for one in api.get("/triggerinstances", trigger=shown["trigger"])
    ]
    of_kind = api.get("/triggerinstances", trigger_type="lab_pack.Visitor")
    assert instance.id in [one["id"] for one in of_kind]
    assert api.get("/triggerinstances", trigger_type="lab_pack.Lost") == []
    assert api.get("/triggerinstances", timestamp_lt=shown["occurrence_time"]) == []
    enforced = api.get("/ruleenforcements", trigger_instance=instance.id)
    assert [one["rule"]["ref"] for one in enforced] == ["lab_pack.greet"]
    assert api.get(f"/ruleenforcements/{enforced[0]['id']}") == enforced[0]
    by_instance = api.get("/executions", trigger_instance=instance.id)
    assert [one["id"] for one in by_instance] == [enforced[0]["execution_id"]]
    assert api.get("/executions", rule="greet")[0]["id"] == enforced[0]["execution_id"]
    triggers = api.get("/triggers", type="ignored")
    assert api.get(f"/triggers/{triggers[0]['id']}") == triggers[0]
    for path in ("/triggerinstances/0", "/triggers/0", "/ruleenforcements/0"):
        assert api.refused("GET", path) == (404, 'Unable to identify resource with id "0".')


def test_chat_commands(api: Client) -> None:
    found = api.ask("POST", "/actionalias/match", {"command": "hello Ann"}).json()
    assert found["actionalias"]["ref"] == "lab_pack.greet"
    assert (found["display"], found["representation"]) == ("greet <name>", "hello {{ text }}")
    status, fault = api.refused("POST", "/actionalias/match", {"command": "dance"})
    assert (status, fault) == (400, "Command 'dance' matched no patterns")
    said = {"command": "hello Ann", "user": "ann", "source_channel": "docker"}
    answer = api.ask("POST", "/aliasexecution/match_and_execute", said)
    assert answer.status_code == 201
    [result] = answer.json()["results"]
    assert result["actionalias"] == found["actionalias"]
    context = result["execution"]["context"]
    assert (context["api_user"], context["source_channel"]) == ("ann", "docker")
    assert api.st2.wait(result["execution"]["id"], WAIT).status == "succeeded"
    for body in ({"command": "hello Ann"}, {"command": 5, "source_channel": "docker"}, [], {}):
        assert api.refused("POST", "/aliasexecution/match_and_execute", body)[0] == 400
    helped = api.get("/actionalias/help", filter="GREET")
    assert helped == {
        "available": 1,
        "helpstrings": [
            {"pack": "lab_pack", "display": "greet <name>", "description": "Say hello."}
        ],
    }
    assert api.get("/actionalias/help", offset=1)["helpstrings"] == []
    assert api.get("/actionalias/help", pack="other")["available"] == 0
    assert api.refused("GET", "/actionalias/help", filter="(")[0] == 500


# Everything else.


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/traces"),
        ("POST", "/packs/install"),
        ("PUT", "/executions/1"),
        ("GET", "/actions/views/overview"),
        ("POST", "/webhooks/st2"),
        ("DELETE", "/rules/lab_pack.greet"),
        ("GET", "/"),
    ],
)
def test_what_stackstorm_has_and_the_lab_has_not(api: Client, method: str, path: str) -> None:
    status, fault = api.refused(method, path, {} if method != "GET" else None)
    assert status == 501
    assert fault.startswith(f"StackStorm answers {method} /")


@pytest.mark.parametrize("path", ["/absent", "/executions/1/2/3", "/executionsx", "/v1/rules"])
def test_what_nobody_has(api: Client, path: str) -> None:
    assert api.refused("GET", path) == (404, "The resource could not be found.")


def test_paths(api: Client) -> None:
    bare = api.url[: -len("/v1")]
    assert requests.get(f"{bare}/rules/", timeout=WAIT).json() == api.get("/rules")
    assert api.get("/rules/lab%5Fpack.greet")["name"] == "greet"
    with pytest.raises(AssertionError, match="invalid or incorrectly URL encoded"):
        _raw_get(api.url, "/v1/rules/%zz")


def test_a_fault_of_its_own_is_told_as_one_and_not_in_detail(
    api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_wanted: Any) -> None:
        raise KeyError("a secret of the program")

    monkeypatch.setattr(api.st2, "executions", broken)
    assert api.refused("GET", "/executions") == (500, "Internal Server Error")


def test_only_this_machine_is_answered(api: Client) -> None:
    for host, status in (
        ("attacker.example", 403),
        ("attacker.example:9101", 403),
        ("localhost:9101", 200),
        ("127.0.0.1", 200),
        ("[::1]:9101", 200),
        ("10.0.0.1", 403),
    ):
        answer = requests.get(f"{api.url}/rules", headers={"Host": host}, timeout=WAIT)
        assert answer.status_code == status, host
    assert api.url.startswith("http://127.0.0.1:")


def test_requests_that_are_not_read(api: Client) -> None:
    for headers, status in (
        ({"Content-Length": str(LARGEST_BODY + 1)}, 413),
        ({"Content-Length": "-1"}, 411),
        ({"Content-Length": "many"}, 411),
        ({"Transfer-Encoding": "chunked"}, 411),
    ):
        assert _raw(api.url, "POST", "/v1/executions", headers)[0] == status


def _raw(url: str, method: str, path: str, headers: Dict[str, str]) -> Tuple[int, bytes]:
    host, port = url.split("/")[2].split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=WAIT)
    try:
        connection.putrequest(method, path)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def _raw_get(url: str, path: str) -> None:
    status, body = _raw(url, "GET", path, {})
    assert status == 200, body


# The server's life.


def test_actions_are_told_where_the_api_is(api: Client) -> None:
    run = api.run("probe", what="environment", value="ST2_ACTION_API_URL")
    assert run["result"]["result"] == api.url


def test_it_answers_while_there_is_a_stackstorm_and_not_after() -> None:
    with ApiServer(0) as server:
        waiting: List[int] = []
        thread = threading.Thread(
            target=lambda: waiting.append(
                requests.get(f"{server.url}/rules", timeout=WAIT).status_code
            )
        )
        thread.start()
        with StackStorm(PACK, CONFIG) as st2, server.serving(st2):
            thread.join(WAIT)
            assert waiting == [200]
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{server.url}/rules", timeout=WAIT)


def test_a_client_that_says_nothing_does_not_keep_it() -> None:
    with StackStorm(PACK, CONFIG) as st2, ApiServer(0) as server:
        port = int(server.url.split(":")[2].split("/")[0])
        with server.serving(st2):
            with socket.create_connection(("127.0.0.1", port)) as silent:
                assert requests.get(f"{server.url}/rules", timeout=WAIT).status_code == 200
                begun = time.monotonic()
                server.close()
                assert silent.recv(1) == b""
        assert time.monotonic() - begun < WAIT


def test_a_taken_port() -> None:
    with ApiServer(0) as server:
        port = int(server.url.split(":")[2].split("/")[0])
        with pytest.raises(OSError, match="in use"):
            ApiServer(port)


def test_every_operation_has_one_meaning() -> None:
    from lab.stackstorm import api, api_absent

    endpoints = [one for one, _ in api.ROUTER._endpoints]
    operations = [(one.method, _anonymous(one.path)) for one in endpoints]
    assert len(operations) == len(set(operations))
    assert {one.handle for one in api_absent.ENDPOINTS} == {None}


def _anonymous(path: str) -> str:
    return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))
