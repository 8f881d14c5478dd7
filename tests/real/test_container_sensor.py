"""The sensor of containers on a real dockerd that stops, dies and comes back."""

import shutil
import time
from pathlib import Path
from typing import Callable, Iterator, List, Tuple

import pytest
from docker_container_sensor import DockerSensor
from docker_tor.controller import container_tracker
from docker_tor.engine import containers
from schemas import Draft4Validator
from test_containers import SCHEMAS

from lab.real.dockerd import Dockerd, missing

from .following import SOON, Following
from .parts import need
from .test_containers import BUSYBOX, DOCKERFILE, do, no_busybox

TRIGGERS = {container_tracker.STARTED: "started", container_tracker.STOPPED: "stopped"}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dockerd]:
    """An engine with an image of busybox and nothing else."""
    need([*missing(), *no_busybox()])
    folder: Path = tmp_path_factory.mktemp("image")
    (folder / "Dockerfile").write_text(DOCKERFILE)
    shutil.copy(BUSYBOX, folder / "busybox")
    with Dockerd() as running:
        assert do(running, "build_image", dockerfile_path=str(folder), tag="lab:1")[0]
        yield running


@pytest.fixture
def sensor(engine: Dockerd) -> Iterator[Following]:
    """A sensor that knows what runs, which is nothing."""
    with Following(sensor=DockerSensor, host1=engine.url) as following:
        assert within(lambda: "host1" in kept(following))
        yield following
    ids = engine.docker("ps", "-aq").stdout.split()
    if ids:
        engine.docker("rm", "-f", *ids)


def kept(following: Following) -> "dict[str, containers.Running]":
    """What the datastore has of what was told."""
    return container_tracker.load(following.service.get_value(container_tracker.NAME, local=False))


def within(condition: Callable[[], object], seconds: float = SOON) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return bool(condition())


def told(following: Following) -> List[Tuple[str, str]]:
    """What was told so far, each as ("started", "web")."""
    found = []
    for one in list(following.service.dispatched_triggers):
        Draft4Validator(SCHEMAS[one["trigger"]]).validate(one["payload"])
        assert "geheim" not in str(one)
        (name,) = one["payload"]["container_info"]["Names"]
        found.append((TRIGGERS[one["trigger"]], name[1:]))
    return found


def run(engine: Dockerd, name: str, *options: str) -> None:
    engine.docker("run", "-d", "--name", name, *options, "lab:1")


def test_containers_that_come_and_go(engine: Dockerd, sensor: Following) -> None:
    run(engine, "web", "-e", "TOKEN=geheim", "--label", "x=geheim")
    sensor.wait_for(lambda: told(sensor) == [("started", "web")])
    (info,) = kept(sensor)["host1"].values()
    assert (info["Image"], info["Command"]) == ("lab:1", "/bin/busybox")
    assert engine.docker("ps", "-q", "--no-trunc").stdout.split() == [info["Id"]]
    engine.docker("stop", "-t", "0", "web")
    sensor.wait_for(lambda: len(told(sensor)) == 2)
    engine.docker("start", "web")
    sensor.wait_for(lambda: len(told(sensor)) == 3)
    engine.docker("pause", "web")
    engine.docker("unpause", "web")
    engine.docker("exec", "web", "/bin/busybox", "true")
    engine.docker("rm", "-f", "web")
    sensor.wait_for(lambda: len(told(sensor)) == 4)
    assert told(sensor) == [("started", "web"), ("stopped", "web")] * 2


def test_an_engine_that_restarts_and_one_that_dies(engine: Dockerd, sensor: Following) -> None:
    run(engine, "stays", "--restart=always")
    run(engine, "ends")
    sensor.wait_for(lambda: len(told(sensor)) == 2)
    for end in (engine.stop, engine.kill):
        before = len(told(sensor))
        end()
        engine.start()
        run(engine, f"after{before}")
        sensor.wait_for(lambda: ("started", f"after{before}") in told(sensor))  # noqa: B023
    ended = {name for kind, name in told(sensor) if kind == "stopped"}
    assert ended >= {"ends", "after2"}
    now = set(engine.docker("ps", "--format", "{{.Names}}").stdout.split())
    assert within(lambda: runs(sensor) == now)
    assert now == {"stays", f"after{before}"}


def runs(following: Following) -> "set[str]":
    """What runs, by what was told; each container's starts and stops take turns."""
    running: set[str] = set()
    for kind, name in told(following):
        assert (name in running) is (kind == "stopped"), told(following)
        running ^= {name}
    return running
