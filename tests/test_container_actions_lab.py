"""docker.container_run and its kin from end to end: processes, defaults, secrets and all."""

import json
from typing import Any

import pytest
from conftest import PACK
from docker_api import CONTAINER, ID, DockerApi, Refusal, frames

pytest.importorskip("lab.stackstorm", reason="StackStorm's actions need orquesta")

from lab.stackstorm import StackStorm

PUSHED = [
    {"status": "The push refers to repository [r/t]"},
    {"status": "Pushed", "progressDetail": {}, "id": "a"},
    {"progressDetail": {}, "aux": {"Tag": "1", "Digest": f"sha256:{ID}"}},
]
REPLIES = {
    "GET /containers/c1/json": CONTAINER,
    "GET /containers/c2/json": Refusal(404, "No such container: c2"),
    f"POST /containers/{ID}/exec": {"Id": "e1"},
    "POST /exec/e1/start": frames(("out", b"hi\n")),
    "GET /exec/e1/json": {"ExitCode": 1},
    "POST /images/r/t/push": PUSHED,
}


def test_results_errors_progress_and_secrets() -> None:
    with DockerApi().serving() as api, StackStorm(PACK, {"url": api.url, "timeout": 60}) as st2:
        api.replies.update(REPLIES)

        def run(name: str, **given: Any) -> Any:
            return st2.wait(st2.run(f"docker.{name}", given).id, 60.0)

        done = run("exec_run", container="c1", cmd="x", environment={"TOKEN": "geheim"})
        assert done.result["result"] == {"exit_code": 1, "output": "hi\n"}
        assert json.loads(api.last(f"POST /containers/{ID}/exec").body)["Env"] == ["TOKEN=geheim"]
        login = {"auth_username_override": "u", "auth_password_override": "p@55w0rd"}
        pushed = run("push_image", repo="r/t", **login)
        assert pushed.result["stdout"] == "The push refers to repository [r/t]\na: Pushed\n"
        assert pushed.result["result"] == {"pushed": [{"tag": "1", "digest": f"sha256:{ID}"}]}
        shown = json.dumps([one.to_dict() for one in (done, pushed)])
        assert not any(secret in shown for secret in ("geheim", "p@55w0rd"))
        gone = run("container_stop", container="c2")
        assert (gone.status, gone.result["result"]["kind"]) == ("failed", "EngineRefused")
        # As the Exchange's pack has it: what is not there is no error of this one.
        assert (run("container_get", container="c2").result["result"]) is None
