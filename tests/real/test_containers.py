"""docker.build_image and its kin on a real dockerd, with a real registry on its loopback."""

import re
import shutil
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest
from docker_tor.actions import containers
from test_container_actions import do

from lab.real import registry
from lab.real.dockerd import Dockerd, missing
from lab.real.registry import PASSWORD, USER, Registry

from .parts import need

BUSYBOX = Path(shutil.which("busybox") or "/nowhere")
DOCKERFILE = """\
FROM scratch
COPY busybox /bin/busybox
ENV PASSWORD=geheim
LABEL tier=lab
EXPOSE 80
CMD ["/bin/busybox", "sleep", "600"]
"""
LOGIN = {"auth_username_override": USER, "auth_password_override": PASSWORD}


def no_busybox() -> List[str]:
    """What keeps an image from being built of nothing but a program."""
    if not BUSYBOX.is_file() or b"/ld-linux" in BUSYBOX.read_bytes():
        return ["there is no busybox that is linked statically (busybox-static)"]
    return []


@pytest.fixture(scope="module")
def engine() -> Iterator[Dockerd]:
    need([*missing(), *no_busybox()])
    with Dockerd() as running:
        yield running


@pytest.fixture(scope="module")
def image(engine: Dockerd, tmp_path_factory: pytest.TempPathFactory) -> Dict[str, Any]:
    """An image of busybox and nothing else, as the action built it."""
    folder = tmp_path_factory.mktemp("image")
    (folder / "Dockerfile").write_text(DOCKERFILE)
    shutil.copy(BUSYBOX, folder / "busybox")
    status, result, lines = do(engine, "build_image", dockerfile_path=str(folder), tag="lab:1")
    assert status, result
    assert lines[0] == "Step 1/6 : FROM scratch"
    assert lines[-1] == "Successfully tagged lab:1"
    assert (result["tags"], result["labels"]) == (["lab:1"], {"tier": "lab"})
    assert do(engine, "image_get", image="lab:1")[:2] == (True, result)
    return dict(result)


def test_a_command_in_a_new_container(engine: Dockerd, image: Dict[str, Any]) -> None:
    given = {"image": image["id"], "remove": True}
    command = "/bin/busybox sh -c 'echo out; echo err >&2'"
    status, said, _ = do(engine, "container_run", cmd=command, **given)
    assert (status, sorted(said.split())) == (True, ["err", "out"])
    _, result, _ = do(engine, "container_run", cmd="/bin/busybox sh -c 'echo x; exit 3'", **given)
    assert (result["kind"], result["exit_code"], result["output"]) == ("CommandFailed", 3, "x\n")
    _, result, _ = do(engine, "container_run", cmd="/nowhere", **given)
    assert "no such file or directory" in result["error"]
    assert engine.docker("ps", "-aq").stdout.split() == []


def test_a_container_that_comes_and_goes(engine: Dockerd, image: Dict[str, Any]) -> None:
    given = {"image": image["id"], "container_name": "c1", "detach": True}
    status, shown, _ = do(engine, "container_run", **given)
    assert (status, shown["name"], shown["status"]) == (True, "c1", "running")
    assert (shown["image"], shown["labels"]) == (image["id"], {"tier": "lab"})
    command = "/bin/busybox sh -c 'echo $A in $PWD; echo err >&2; exit 3'"
    options = {"environment": {"A": "b"}, "workdir": "/bin", "demux": True}
    _, result, _ = do(engine, "exec_run", container="c1", cmd=command, **options)
    assert result == {"exit_code": 3, "stdout": "b in /bin\n", "stderr": "err\n"}
    _, result, _ = do(engine, "exec_run", container="c1", cmd=command, tty=True)
    assert result == {"exit_code": 3, "output": "in /\nerr\n"}
    _, result, _ = do(engine, "container_exec", container="c1", cmd="/bin/busybox echo hi")
    assert result == "hi\n"
    status, shown, _ = do(engine, "container_stop", container=shown["id"])
    assert (status, shown["status"], shown["exit_code"]) == (True, "exited", 137)
    _, result, _ = do(engine, "container_exec", container="c1", cmd="/bin/busybox true")
    assert "is not running" in result["error"]
    status, shown, _ = do(engine, "container_start", container="c1")
    assert (status, shown["status"]) == (True, "running")
    engine.docker("rm", "-f", "c1")
    assert do(engine, "container_get", container="c1")[:2] == (True, None)


def test_a_registry(engine: Dockerd, image: Dict[str, Any]) -> None:
    need(registry.missing())
    with Registry(engine) as running:
        repo = f"{running.address}/team/lab"
        engine.docker("tag", "lab:1", f"{repo}:1")
        wrong = {**LOGIN, "auth_username_override": "else"}
        status, result, _ = do(engine, "push_image", repo=repo, tag="1", **wrong)
        assert (status, result["kind"]) == (False, "EngineRefused")
        assert re.search("no basic auth credentials|unauthorized", result["error"])
        status, result, lines = do(engine, "push_image", repo=repo, tag="1", **LOGIN)
        assert (status, [one["tag"] for one in result["pushed"]]) == (True, ["1"])
        assert lines[0] == f"The push refers to repository [{repo}]"
        assert any(line.endswith(": Pushed") for line in lines)
        digest = result["pushed"][0]["digest"]
        for given in ({"repo": f"{repo}@{digest}"}, {"repo": repo, "all_tags": True}):
            engine.docker("rmi", f"{repo}:1", check=False)
            status, result, lines = do(engine, "pull_image", **given, **LOGIN)
            assert (status, [one["id"] for one in result["images"]]) == (True, [image["id"]])
            assert lines
        _, result, _ = do(engine, "pull_image", repo=repo, tag="9", **LOGIN)
        assert "manifest unknown" in result["error"]


@pytest.mark.usefixtures("image")
def test_an_engine_that_ends_in_the_middle_of_a_build(engine: Dockerd, tmp_path: Path) -> None:
    """The daemon is killed by the build's own step, told by its line of progress."""
    (tmp_path / "Dockerfile").write_text('FROM lab:1\nRUN ["/bin/busybox", "sleep", "60"]\n')

    def kill(line: str) -> None:
        if line.startswith(" ---> Running in"):
            engine.kill()

    given = {"dockerfile_path": str(tmp_path)}
    raw = {"engines": [{"name": "host1", "url": engine.url}]}
    try:
        status, result = containers.run(raw, "build_image", given, kill)
    finally:
        engine.start()
    assert (status, result["kind"]) == (False, "EngineUnreachable")
    assert result["remedy"]
