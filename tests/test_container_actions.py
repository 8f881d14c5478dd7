"""docker.build_image and its kin, on an engine that answers by script (tests/real has dockerd)."""

import base64
import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

import pytest
import requests
import schemas
from conftest import PACK
from docker_api import CONTAINER, ENDED, ID, IMAGE, Cut, DockerApi, Refusal, frames
from docker_tor.actions import containers
from docker_tor.engine import sdk
from run_containers import RunContainers
from st2tests.base import BaseActionTestCase

NAMES = sorted(containers._WORKS)
SHOWN_IMAGE = {
    "id": f"sha256:{ID}",
    "short_id": f"sha256:{ID[:12]}",
    "tags": ["t:1"],
    "labels": {"a": "b"},
}
SHOWN = {
    "id": ID,
    "short_id": ID[:12],
    "name": "c1",
    "status": "running",
    "image": "t:1",
    "labels": {},
    "ports": {"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}]},
}
LOGIN = {"auth_username_override": "u", "auth_password_override": "p@55w0rd"}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[DockerApi]:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with DockerApi().serving() as served:
        yield served


def do(engine: Any, name: str, **given: Any) -> Tuple[bool, Any, List[str]]:
    """What the action comes to at an engine that has a `url`, with the defaults of its YAML, and
    the lines that it told. What succeeded is as its output schema says; nothing shows a secret."""
    parameters = schemas.parameters(name, given)
    raw = {"engines": [{"name": "host1", "url": engine.url}]}
    lines: List[str] = []
    status, result = containers.run(raw, parameters.pop("work"), parameters, lines.append)
    if status:
        schemas.Draft4Validator(schemas.action(name)["output_schema"]).validate(result)
    else:
        assert result["remedy"]
    json.dumps(result, allow_nan=False)
    password = given.get("auth_password_override") or "p@55w0rd"
    assert password not in f"{result} {lines}".replace(" ", "")
    # A build's steps are the Dockerfile's own lines.
    assert "geheim" not in f"{result} {lines if name != 'build_image' else ''}"
    return status, result, lines


def failed(engine: Any, kind: str, name: str, **given: Any) -> Dict[str, Any]:
    """What an action that fails so comes to."""
    status, result, _ = do(engine, name, **given)
    assert (status, result["kind"]) == (False, kind)
    found: Dict[str, Any] = result
    return found


# The YAML of the actions.


def test_the_old_names_are_there_with_their_parameters() -> None:
    """StackStorm-Exchange/stackstorm-docker: 1.0.0 and its commits 86b73b9 and a66cf1c."""
    login = {"auth_username_override", "auth_password_override"}
    old = {
        "build_image": {"dockerfile_path", "tag"},
        "pull_image": {"repo", "tag", "insecure_registry", "all_tags", "platform", *login},
        "push_image": {"repo", "tag", "insecure_registry", "stream", "decode", *login},
        "image_get": {"image"},
        "container_get": {"container"},
        "container_run": {"cmd", "container_name", "detach", "image", "remove"},
        "container_start": {"container"},
        "container_stop": {"container"},
        "container_exec": {"cmd", "container"},
        "exec_run": {
            *("cmd", "container", "demux", "detach", "environment", "image", "privileged"),
            *("socket", "stderr", "stdin", "stdout", "stream", "tty", "user", "workdir"),
        },
    }
    assert sorted(old) == NAMES
    for name, parameters in old.items():
        assert set(schemas.action(name)["parameters"]) == {*parameters, "engine", "work"}


# Everybody else does without the SDK.

FOLDERS = [str(PACK / "actions"), str(PACK / "lib"), str(PACK / "sensors")]


def imported(modules: str) -> List[str]:
    """The modules that a process has once it has imported these."""
    paths = [*FOLDERS, *sys.path]
    code = f"import sys; sys.path[:0] = {paths!r}; import {modules}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    return done.stdout.split()


def test_nobody_else_imports_the_sdk_and_these_import_nothing_that_drives_a_switch() -> None:
    files = [path for folder in ("actions", "sensors") for path in (PACK / folder).glob("*.py")]
    others = ", ".join(path.stem for path in files if path.stem != "run_containers")
    assert "docker" not in imported(others)
    found = imported("run_containers")
    assert "docker" in found
    assert not {"ncclient", "lxml", "docker_tor.netconf", "docker_tor.desired"} & set(found)


# Images.

BUILT = [
    {"stream": "Step 1/1 : FROM scratch"},
    {"stream": "\n"},
    {"stream": " ---> {{ st2kv.system.x }}\x1b[0m\n"},
    {"status": "Downloading", "progressDetail": {"current": 1}, "id": "a"},
    {"status": "Pull complete", "progressDetail": {}, "id": "a"},
    {"aux": {"ID": f"sha256:{ID}"}},
    {"stream": "Successfully built 620e\nSuccessfully tagged t:1\n"},
]
TOLD = [
    "Step 1/1 : FROM scratch",
    " ---> { { st2kv.system.x }}[0m",
    "a: Pull complete",
    "Successfully built 620e",
    "Successfully tagged t:1",
]


@pytest.fixture
def builds(api: DockerApi) -> DockerApi:
    api.replies["POST /build"] = BUILT
    api.replies[f"GET /images/sha256:{ID}/json"] = IMAGE
    return api


def context(api: DockerApi) -> Dict[str, bytes]:
    """The files that a build was sent."""
    with tarfile.open(fileobj=io.BytesIO(api.last("POST /build").body)) as files:
        opened = {one.name: files.extractfile(one) for one in files.getmembers()}
        return {name: file.read() for name, file in opened.items() if file}


def test_a_build_is_told_step_by_step(
    builds: DockerApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a folder with all that is in it; of a Dockerfile with no more than that."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    (tmp_path / "more").write_text("x")
    found = do(builds, "build_image", dockerfile_path=str(tmp_path), tag="t:1")
    assert found == (True, SHOWN_IMAGE, TOLD)
    assert context(builds) == {"Dockerfile": b"FROM scratch\n", "more": b"x"}
    assert builds.last("POST /build").query["t"] == "t:1"
    assert do(builds, "build_image", dockerfile_path="~/Dockerfile") == found
    assert context(builds) == {"Dockerfile": b"FROM scratch\n"}
    assert "t" not in builds.last("POST /build").query


def test_an_engine_that_goes_before_it_is_asked(
    builds: DockerApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the SDK's own request raises is no trouble with the folder."""

    def cut(*_given: Any, **_more: Any) -> None:
        raise requests.ConnectionError("Connection refused")

    monkeypatch.setattr("docker.api.client.APIClient.post", cut)
    failed(builds, "EngineUnreachable", "build_image", dockerfile_path="https://x/y.git")


@pytest.mark.parametrize(
    ("options", "rm", "nocache", "lines"),
    [
        ({}, "True", "False", TOLD),
        ({"rm": False, "nocache": True, "timeout": 10, "quiet": True}, "False", "True", []),
    ],
)
def test_a_build_goes_by_the_old_pack_s_build_options(
    builds: DockerApi, options: Dict[str, Any], rm: str, nocache: str, lines: List[str]
) -> None:
    told: List[str] = []
    raw = {**builds.config, "build_options": options}
    given = {"dockerfile_path": "https://x/y.git"}
    assert containers.run(raw, "build_image", given, told.append)[0]
    query = builds.last("POST /build").query
    assert (query["rm"], query["nocache"], query["q"], told) == (rm, nocache, "False", lines)
    assert (query["forcerm"], query["remote"]) == (rm, "https://x/y.git")


def test_what_cannot_be_built(builds: DockerApi, tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nowhere")
    result = failed(builds, "InvalidValue", "build_image", dockerfile_path=nowhere)
    assert result["where"] == nowhere
    assert "Give a Dockerfile" in result["remedy"]
    assert builds.calls() == []
    bad = "dockerfile parse error line 2: unknown instruction: NONSENSE"
    for reply in (Refusal(400, bad), [*BUILT[:2], {"error": bad, "errorDetail": {}}]):
        builds.replies["POST /build"] = reply
        result = failed(builds, "EngineRefused", "build_image", dockerfile_path=str(tmp_path))
        assert result["error"].endswith(f"the Docker Engine refuses: {bad}. Correct the build.")


def test_an_engine_that_ends_in_the_middle_of_a_build(builds: DockerApi) -> None:
    for reply in (Cut(BUILT[:2]), BUILT[:2]):
        builds.replies["POST /build"] = reply
        failed(builds, "EngineUnreachable", "build_image", dockerfile_path="https://x/y.git")


def test_lines_of_progress_have_an_end(builds: DockerApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sdk, "MOST_LINES", 20)
    endless = [{"stream": "x" * 2000 + "\n"}] * (sdk.MOST_LINES + 5)
    builds.replies["POST /build"] = [*endless, BUILT[5]]
    status, _, lines = do(builds, "build_image", dockerfile_path="https://x/y.git")
    assert (status, len(lines)) == (True, sdk.MOST_LINES)
    assert {len(line) for line in lines} == {sdk.LONGEST_LINE}


@pytest.mark.parametrize(
    ("given", "name", "tag"),
    [
        ({"repo": "r.example.com:5000/t"}, "r.example.com:5000/t", "latest"),
        ({"repo": "t:1"}, "t", "1"),
        ({"repo": "t:1", "tag": "2"}, "t", "2"),
        ({"repo": f"t@sha256:{ID}"}, "t", f"sha256:{ID}"),
        ({"repo": "t", "tag": "1", "all_tags": True}, "t", None),
    ],
)
def test_an_image_is_pulled(
    api: DockerApi, given: Dict[str, Any], name: str, tag: Optional[str]
) -> None:
    api.replies["POST /images/create"] = BUILT[3:5]
    api.replies["GET /images/json"] = lambda: json.dumps([{"Id": IMAGE["Id"]}]).encode()
    shown = f"{name}{'@' if ':' in tag else ':'}{tag}" if tag else IMAGE["Id"]
    api.replies[f"GET /images/{shown}/json"] = IMAGE
    found = do(api, "pull_image", **given, platform="linux/arm64")
    assert found == (True, {"images": [SHOWN_IMAGE]}, ["a: Pull complete"])
    asked = api.last("POST /images/create")
    tagged = {"tag": tag} if tag else {}
    assert asked.query == {"fromImage": name, "platform": "linux/arm64", **tagged}
    assert "X-Registry-Auth" not in asked.headers


PUSHED = [
    {"status": "The push refers to repository [127.0.0.1:5000/t]"},
    {"status": "Pushed", "progressDetail": {}, "id": "a"},
    {"progressDetail": {}, "aux": {"Tag": "1", "Digest": f"sha256:{ID}", "Size": 528}},
]


def test_an_image_is_pushed(api: DockerApi) -> None:
    api.replies["POST /images/r/t/push"] = PUSHED
    for tag in ("1", ""):
        given = {"repo": "r/t", "tag": tag, "insecure_registry": True}
        status, result, lines = do(api, "push_image", **given, **LOGIN)
        assert (status, result) == (True, {"pushed": [{"tag": "1", "digest": f"sha256:{ID}"}]})
        assert lines[0].startswith("insecure_registry has no effect")
        assert lines[1:] == [PUSHED[0]["status"], "a: Pushed"]
        asked = api.last("POST /images/r/t/push")
        assert asked.query.get("tag", "") == tag
        login = json.loads(base64.urlsafe_b64decode(asked.headers["X-Registry-Auth"]))
        assert login == {"username": "u", "password": "p@55w0rd"}


def test_a_registry_that_refuses_is_told_without_the_password(api: DockerApi) -> None:
    said = "denied for https://u:p@55w0rd@r.example.com: p@55w0rd"
    for reply in (Refusal(500, said), [{"status": said}, {"error": said}]):
        api.replies["POST /images/create"] = reply
        result = failed(api, "EngineRefused", "pull_image", repo="t", **LOGIN)
        told = "denied for https://***@ r.example.com: ***. Check repo, tag and login"
        assert told in result["error"]


# Containers.


@pytest.fixture
def runs(api: DockerApi) -> DockerApi:
    """An engine that runs a command which ends as it should."""
    for call in ("start", "stop"):
        api.replies[f"POST /containers/{ID}/{call}"] = None
    api.replies["POST /containers/create"] = {"Id": ID}
    api.replies[f"GET /containers/{ID}/json"] = CONTAINER
    api.replies["GET /containers/c1/json"] = CONTAINER
    api.replies[WAIT] = {"StatusCode": 0}
    api.replies[f"GET /containers/{ID}/logs"] = frames(("out", b"hi\n"), ("err", b"{{ x }}\r\n"))
    api.replies[f"DELETE /containers/{ID}"] = None
    return api


def test_a_command_is_run_and_what_it_wrote_is_the_result(runs: DockerApi) -> None:
    given = {"image": "t:1", "cmd": "echo 'a b'", "container_name": "c1"}
    assert do(runs, "container_run", **given) == (True, "hi\n{ { x }}\n", [])
    asked = runs.last("POST /containers/create")
    made = json.loads(asked.body)
    assert (asked.query["name"], made["Image"], made["Cmd"]) == ("c1", "t:1", ["echo", "a b"])
    assert f"DELETE /containers/{ID}" not in runs.calls()
    assert do(runs, "container_run", image="t:1", remove=True)[0]
    made = json.loads(runs.last("POST /containers/create").body)
    # It is removed once its output is read.
    assert (made.get("Cmd"), made["HostConfig"].get("AutoRemove")) == (None, None), made
    assert runs.calls()[-1] == f"DELETE /containers/{ID}"


def test_a_container_that_runs_on_is_the_result(runs: DockerApi) -> None:
    """Though it may be gone before it is shown."""
    assert do(runs, "container_run", image="t:1", detach=True) == (True, SHOWN, [])
    made = json.loads(runs.last("POST /containers/create").body)
    assert not made["HostConfig"].get("AutoRemove")
    there = iter([CONTAINER])
    gone = Refusal(404, "No such container")
    runs.replies[f"GET /containers/{ID}/json"] = lambda: next(there, gone)
    assert do(runs, "container_run", image="t:1", detach=True, remove=True) == (True, SHOWN, [])
    made = json.loads(runs.last("POST /containers/create").body)
    assert made["HostConfig"]["AutoRemove"] is True
    assert f"POST /containers/{ID}/wait" not in runs.calls()


@pytest.mark.parametrize("remove", [False, True])
def test_a_command_that_ends_with_an_error_fails_and_shows_its_output(
    runs: DockerApi, remove: bool
) -> None:
    runs.replies[WAIT] = {"StatusCode": 3}
    result = failed(runs, "CommandFailed", "container_run", image="t:1", cmd="x", remove=remove)
    assert (result["exit_code"], result["output"]) == (3, SAID)
    assert "the command ended with exit code 3. See its output." in result["error"]
    assert (f"DELETE /containers/{ID}" in runs.calls()) is remove


def test_only_the_end_of_a_long_output_is_kept(runs: DockerApi) -> None:
    said = frames(*[("out", b"x" * 100_000)] * 4, ("out", b"the end"))
    runs.replies[f"GET /containers/{ID}/logs"] = said
    _, output, _ = do(runs, "container_run", image="t:1")
    assert (len(output), output[-8:]) == (sdk.MOST_OUTPUT, "xthe end")


def test_an_image_that_is_not_there_is_pulled_for_a_run(runs: DockerApi) -> None:
    created = iter([Refusal(404, "No such image: t:1")])
    runs.replies["POST /containers/create"] = lambda: next(created, {"Id": ID})
    runs.replies["POST /images/create"] = BUILT[3:5]
    runs.replies["GET /images/t:1/json"] = IMAGE
    assert do(runs, "container_run", image="t:1") == (True, "hi\n{ { x }}\n", ["a: Pull complete"])


def test_a_container_is_started_and_stopped(runs: DockerApi) -> None:
    for verb in ("start", "stop"):
        assert do(runs, f"container_{verb}", container="c1") == (True, SHOWN, [])
        assert f"POST /containers/{ID}/{verb}" in runs.calls()
    # One that cannot start does not stay.
    said = 'exec: "/nope": stat /nope: no such file or directory'
    runs.replies[f"POST /containers/{ID}/start"] = Refusal(400, said)
    _, result, _ = do(runs, "container_run", image="t:1", cmd="/nope")
    assert said in result["error"]
    assert runs.calls()[-1] == f"DELETE /containers/{ID}"


@pytest.fixture
def executes(runs: DockerApi) -> DockerApi:
    runs.replies[f"POST /containers/{ID}/exec"] = {"Id": "e1"}
    runs.replies["POST /exec/e1/start"] = frames(("out", b"hi\n"), ("err", b"oh\n"))
    runs.replies["GET /exec/e1/json"] = {"ExitCode": 0}
    return runs


TERMINAL = {"POST /exec/e1/start": b"hi\r\n"}
T1, C1 = {"image": "t:1", "cmd": "x"}, {"container": "c1", "cmd": "x"}
SAID = "hi\n{ { x }}\n"
BOTH, APART = {"output": "hi\noh\n"}, {"stdout": "hi\n", "stderr": "oh\n"}
WAIT = f"POST /containers/{ID}/wait"
NOT_THERE = Refusal(404, "No such image or container")


@pytest.mark.parametrize(
    ("name", "given", "replies", "result"),
    [
        ("image_get", {"image": "t:1"}, {"GET /images/t:1/json": IMAGE}, SHOWN_IMAGE),
        ("image_get", {"image": "t:1"}, {"GET /images/t:1/json": NOT_THERE}, None),
        ("container_get", {"container": "c1"}, {}, SHOWN),
        ("container_get", {"container": "c1"}, {"GET /containers/c1/json": NOT_THERE}, None),
        (
            "container_get",
            {"container": "c1"},
            {f"GET /containers/{ID}/json": ENDED},
            {**SHOWN, "status": "exited", "exit_code": 3},
        ),
        # A log that nobody can read is no failure.
        ("container_run", T1, {f"GET /containers/{ID}/logs": Refusal(501, "no")}, ""),
        ("container_exec", C1, {}, "hi\noh\n"),
        ("exec_run", C1, {"GET /exec/e1/json": {"ExitCode": 1}}, {"exit_code": 1, **BOTH}),
        ("exec_run", {**C1, "demux": True}, {}, {"exit_code": 0, **APART}),
        ("exec_run", {**C1, "tty": True}, TERMINAL, {"exit_code": 0, "output": "hi\n"}),
        ("exec_run", {**C1, "detach": True}, {}, {}),
        # Without a container it is run in a new one.
        ("exec_run", T1, {}, {"exit_code": 0, "output": SAID}),
        ("exec_run", T1, {WAIT: {"StatusCode": 3}}, {"exit_code": 3, "output": SAID}),
        ("exec_run", {**T1, "detach": True}, {}, {}),
    ],
)
def test_what_an_action_results_in(
    executes: DockerApi, name: str, given: Any, replies: Any, result: Any
) -> None:
    executes.replies.update(replies)
    assert do(executes, name, **given) == (True, result, [])
    started = [one.body for one in executes.asked if one.call == "POST /exec/e1/start"]
    in_there = "exec" in name and "container" in given
    assert [json.loads(one)["Detach"] for one in started] == [result == {}] * in_there


def test_a_command_is_told_what_it_is_run_with(executes: DockerApi) -> None:
    given = {"environment": {"PASSWORD": "geheim"}, "user": "me", "workdir": "/w"}
    assert do(executes, "exec_run", container="c1", cmd="x y", privileged=True, **given)[0]
    made = json.loads(executes.last(f"POST /containers/{ID}/exec").body)
    assert (made["Cmd"], made["Env"]) == (["x", "y"], ["PASSWORD=geheim"])
    assert (made["User"], made["WorkingDir"], made["Privileged"]) == ("me", "/w", True)


def test_output_comes_in_pieces_of_any_size(
    executes: DockerApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = requests.Response.iter_content
    for size in (1, 3, 9):
        monkeypatch.setattr(
            requests.Response, "iter_content", lambda reply, _, size=size: content(reply, size)
        )
        assert do(executes, "container_exec", container="c1", cmd="x") == (True, "hi\noh\n", [])


GONE = {"GET /containers/c1/json": Refusal(404, "No such container: c1")}
LISTED = json.dumps([{"Id": ID, "Command": "x --password=geheim"}]).encode()
RUNNING = {"GET /exec/e1/json": {"ExitCode": None, "Running": True}}
STOPPED = {"POST /exec/e1/start": Refusal(409, "container c1 is not running")}
UNFRAMED = {"POST /exec/e1/start": b"\xff" * 9}
WITHOUT = {"auth_username_override": "u", "repo": "t"}
BAD_TAG = {"dockerfile_path": "https://x", "tag": "T:1"}


@pytest.mark.parametrize(
    ("name", "given", "replies", "kind", "told"),
    [
        ("container_stop", {"container": "c1"}, GONE, "EngineRefused", "c1. See what that engine"),
        ("exec_run", {**C1, "cmd": "echo 'a"}, {}, "InvalidValue", "No closing quotation"),
        ("exec_run", {"cmd": "x"}, {}, "InvalidValue", "container or image is needed"),
        ("pull_image", WITHOUT, {}, "InvalidValue", "Give both."),
        ("container_exec", C1, RUNNING, "EngineUnreachable", "command did. See in the container"),
        ("container_exec", C1, STOPPED, "EngineRefused", "refuses: container c1 is not running"),
        ("container_exec", C1, UNFRAMED, "MalformedReply", "not framed as an engine does it"),
        # Nothing of it is repeated.
        (
            *("container_get", {"container": "c1"}, {"GET /containers/c1/json": lambda: LISTED}),
            *("MalformedReply", "Can't create Container"),
        ),
        (
            *("container_get", {"container": "c1"}, {"GET /containers/c1/json": LISTED[:-1]}),
            *("MalformedReply", "an answer is not an engine's: JSONDecodeError"),
        ),
        # What the SDK itself refuses.
        ("build_image", BAD_TAG, {}, "InvalidValue", "invalid tag 'T:1'"),
    ],
)
def test_what_goes_wrong_is_told(
    executes: DockerApi, name: str, given: Any, replies: Any, kind: str, told: str
) -> None:
    executes.replies.update(replies)
    assert told in failed(executes, kind, name, **given)["error"]


# The engine.


AWAY = {"engines": [{"name": "away", "url": "unix:///nowhere"}, {"url": "unix:///b"}]}
NO_SOCKET = ("EngineUnreachable", "unix:///nowhere: there is no such socket")


@pytest.mark.parametrize(
    ("raw", "engine", "kind", "told"),
    [
        ({}, None, "ConfigError", "no Docker Engine is configured"),
        (AWAY, "", *NO_SOCKET),
        (AWAY, " AWAY ", *NO_SOCKET),
        (AWAY, "x", "ConfigError", "no engine 'x'. The configured ones are away, "),
    ],
)
def test_an_engine_that_is_not_there(raw: Any, engine: Any, kind: str, told: str) -> None:
    status, result = containers.run(raw, "image_get", {"image": "t", "engine": engine}, print)
    assert (status, result["kind"]) == (False, kind)
    assert told in result["error"]
    assert result["remedy"]


ODD: List[Any] = [{}, [{}], "x", None, {"Id": 5, "ID": []}, [[]], b"{", b"\xff\n", b""]
GIVEN = {"dockerfile_path": "https://x", "repo": "t", "image": "t:1", "container": "c1"}
GIVEN["cmd"] = "x"


@pytest.mark.parametrize("name", NAMES)
def test_whatever_answers_there_is_a_result(api: DockerApi, name: str) -> None:
    """An engine that lies, a proxy's own page: no traceback, and a remedy."""
    api.replies = {"GET /version": {"ApiVersion": "1.41"}}
    for odd in ODD:
        api.otherwise = odd if isinstance(odd, bytes) else json.dumps(odd).encode()
        status, result = containers.run(api.config, name, GIVEN, lambda _line: None)
        assert status or (result["remedy"] and result["kind"]), odd
        json.dumps(result)


NAMED = [("pull_image", "repo"), ("image_get", "image"), ("container_stop", "container")]


@pytest.mark.parametrize(
    "name",
    [
        *(".", "..", "../containers/c1", "a/./b", "a/../../info", "a\nb", "a b", "a?b", "a//b"),
        *("http://u:geheim@h/a", "u:geheim@h/a", "a@h", "\u202e", "-a", "a/"),
    ],
)
def test_a_name_that_would_lead_elsewhere_asks_nobody(api: DockerApi, name: str) -> None:
    for action, key in NAMED:
        assert failed(api, "InvalidValue", action, **{key: name})["where"] == key
    assert api.calls() == []


def test_a_name_as_docker_has_it_is_taken() -> None:
    longer = ("h:5000/a/b:1", "[::1]:5000/a", f"sha256:{ID}", f"h/a@sha256:{ID}")
    for name in ("web", "/web", "a_b-c.d", "a/b:1", ID, *longer):
        sdk.check_names({"image": name, "container": name, "repo": name})


def test_tls_is_as_configured(
    runs: DockerApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real handshake. The environment gives it no other CA."""
    from tls import Authority

    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent")
    ours = Authority(tmp_path / "ours")
    pair = dict(zip(("cert", "key"), ours.pair("client")))
    with runs.serving(ours.pair("server"), ours.ca):
        raw = {"engines": [{"url": runs.url, "tls": {**pair, "ca": ours.ca}}]}
        assert containers.run(raw, "container_get", {"container": "c1"}, print) == (True, SHOWN)


class RunContainersTestCase(BaseActionTestCase):
    """The entry point, as StackStorm calls it."""

    action_cls = RunContainers

    def test_lines_go_to_the_output_as_they_come(self) -> None:
        with pytest.MonkeyPatch.context() as patch, DockerApi().serving() as api:
            told = io.StringIO()
            patch.setattr(sys, "stdout", told)
            api.replies["POST /images/t/push"] = PUSHED
            action = self.get_action_instance(config=api.config)
            status, result = action.run(work="push_image", repo="t", engine=None)
            self.assertTrue(status)
            self.assertEqual(result["pushed"][0]["tag"], "1")
            self.assertEqual(told.getvalue(), f"{PUSHED[0]['status']}\na: Pushed\n")
