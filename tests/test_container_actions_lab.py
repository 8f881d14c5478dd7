"""docker.build_image and its kin on the lab's StackStorm: processes, defaults, secrets and all."""

import json
from typing import Any, Dict, Iterator

import pytest
from conftest import PACK
from docker_api import CONTAINER, ID, DockerApi, Refusal, frames

pytest.importorskip("lab.stackstorm", reason="the lab's StackStorm needs orquesta")

from lab.stackstorm import StackStorm

WAIT = 60.0
PUSHED = [
    {"status": "The push refers to repository [r/t]"},
    {"status": "Pushed", "progressDetail": {}, "id": "a"},
    {"progressDetail": {}, "aux": {"Tag": "1", "Digest": f"sha256:{ID}"}},
]


@pytest.fixture(scope="module")
def api() -> Iterator[DockerApi]:
    with DockerApi().serving() as served:
        served.replies.update(
            {
                "GET /containers/c1/json": CONTAINER,
                "GET /containers/c2/json": Refusal(404, "No such container: c2"),
                "POST /containers/create": {"Id": ID},
                f"GET /containers/{ID}/json": CONTAINER,
                f"POST /containers/{ID}/start": None,
                f"POST /containers/{ID}/wait": {"StatusCode": 0},
                f"GET /containers/{ID}/logs": frames(("out", b"hi\n")),
                f"POST /containers/{ID}/exec": {"Id": "e1"},
                "POST /exec/e1/start": frames(("out", b"hi\n")),
                "GET /exec/e1/json": {"ExitCode": 1},
                "POST /images/r/t/push": PUSHED,
            }
        )
        yield served


@pytest.fixture(scope="module")
def st2(api: DockerApi) -> Iterator[StackStorm]:
    with StackStorm(PACK, {"url": api.url, "timeout": 60}) as running:
        yield running


def run(st2: StackStorm, name: str, **given: Any) -> Any:
    return st2.wait(st2.run(f"docker.{name}", given).id, WAIT)


@pytest.mark.parametrize(
    ("name", "given", "result"),
    [
        ("container_get", {"container": "c2"}, None),
        ("container_run", {"image": "t:1", "cmd": "x"}, "hi\n"),
        ("exec_run", {"container": "c1", "cmd": "x"}, {"exit_code": 1, "output": "hi\n"}),
    ],
)
def test_results_are_what_the_old_pack_s_were(
    st2: StackStorm, name: str, given: Dict[str, str], result: Any
) -> None:
    done = run(st2, name, **given)
    assert (done.status, done.result["result"]) == ("succeeded", result)


def test_progress_is_output_and_the_password_is_nowhere(st2: StackStorm) -> None:
    login = {"auth_username_override": "u", "auth_password_override": "p@55w0rd"}
    done = run(st2, "push_image", repo="r/t", **login)
    assert done.status == "succeeded", done.result
    assert done.result["stdout"] == "The push refers to repository [r/t]\na: Pushed\n"
    assert done.result["result"] == {"pushed": [{"tag": "1", "digest": f"sha256:{ID}"}]}
    assert "p@55w0rd" not in json.dumps([done.result, done.to_dict()])


def test_an_environment_is_shown_to_nobody(st2: StackStorm, api: DockerApi) -> None:
    done = run(st2, "exec_run", container="c1", cmd="x", environment={"TOKEN": "geheim"})
    assert json.loads(api.last(f"POST /containers/{ID}/exec").body)["Env"] == ["TOKEN=geheim"]
    assert "geheim" not in json.dumps([done.result, done.to_dict()])


def test_an_error_is_a_result(st2: StackStorm) -> None:
    done = run(st2, "container_stop", container="c2")
    assert (done.status, done.result["result"]["kind"]) == ("failed", "EngineRefused")
    assert "No such container: c2" in done.result["result"]["error"]
    done = run(st2, "container_stop", container="c1", engine="x")
    assert done.result["result"]["kind"] == "ConfigError"
