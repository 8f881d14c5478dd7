"""The sensor of containers on a real dockerd that stops, dies and comes back."""

import functools
import shutil
from pathlib import Path
from typing import List, Tuple

from docker_container_sensor import DockerSensor
from docker_tor.controller import container_tracker
from test_container_actions import do
from test_containers import PAYLOADS

from lab.real.dockerd import Dockerd, missing
from lab.real.process import wait

from .following import Following
from .parts import need
from .test_containers import BUSYBOX, DOCKERFILE, no_busybox

TRIGGERS = {container_tracker.STARTED: "started", container_tracker.STOPPED: "stopped"}


def told(following: Following) -> List[Tuple[str, str]]:
    """What was told so far, each as ("started", "web")."""
    found = []
    for one in list(following.service.dispatched_triggers):
        PAYLOADS[one["trigger"]].validate(one["payload"])
        assert "geheim" not in str(one)
        (name,) = one["payload"]["container_info"]["Names"]
        found.append((TRIGGERS[one["trigger"]], name[1:]))
    return found


def runs(following: Following) -> "set[str]":
    """What runs, by what was told; each container's starts and stops take turns."""
    running: set[str] = set()
    for kind, name in told(following):
        assert (name in running) is (kind == "stopped"), told(following)
        running ^= {name}
    return running


def test_an_engine_that_restarts_and_one_that_dies(tmp_path: Path) -> None:
    need([*missing(), *no_busybox()])
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    shutil.copy(BUSYBOX, tmp_path / "busybox")
    with Dockerd() as engine, Following(sensor=DockerSensor, host1=engine.url) as sensor:

        def run(name: str, *options: str) -> None:
            engine.docker("run", "-d", "--name", name, *options, "lab:1")

        assert do(engine, "build_image", dockerfile_path=str(tmp_path), tag="lab:1")[0]
        # What runs when the sensor first looks has not just started.
        noted = functools.partial(sensor.service.get_value, container_tracker.NAME, local=False)
        wait(lambda: "" if "host1" in container_tracker.load(noted()) else "it has not looked")
        run("stays", "--restart=always", "-e", "TOKEN=geheim", "--label", "x=geheim")
        run("ends")
        sensor.wait_for(lambda: len(told(sensor)) == 2)
        for event in ("pause", "unpause"):
            engine.docker(event, "ends")
        for end in (engine.stop, engine.kill):
            before = len(told(sensor))
            end()
            engine.start()
            run(f"after{before}")
            sensor.wait_for(lambda: ("started", f"after{before}") in told(sensor))  # noqa: B023
        ended = {name for kind, name in told(sensor) if kind == "stopped"}
        assert ended >= {"ends", "after2"}
        now = set(engine.docker("ps", "--format", "{{.Names}}").stdout.split())
        wait(lambda: "" if runs(sensor) == now else f"{now} run")
        assert now == {"stays", f"after{before}"}
