"""The commands in README.md, CONTRIBUTING.md and docs/: each is run here, or says that it needs a
real StackStorm."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional

import pytest

pytest.importorskip("lab.stackstorm", reason="the lab's requirements are not installed")
pytest.importorskip("asyncssh", reason="the lab's switch needs asyncssh")

import documents
import documents_lab
import st2_commands
from conftest import PACK
from documents import GENERATED, REAL, Block

from lab import client
from lab.rig import Rig
from lab.stackstorm import aliases, registry

CI = ".ci/run"
MAKES = {
    "make demo": CI,
    "make test": CI,
    "make lint": CI,
    "make st2client": CI,
    "make test-real": CI,
    "make test-slow": CI,
    "make test-burst": CI,
    "make unit": CI,
    "make lab": "lab/tests/test_main.py",
    "make bench": "lab/tests/test_bench.py",
}
"""Where each is run, or what it starts: the file says so itself."""
STARTS = {"make lab": 'running("lab", "up"', "make bench": "lab.bench"}

OURS = [one for one in documents.blocks("sh") if not one.comment.startswith(GENERATED)]
SH = [block for block in OURS if block.comment != REAL]
MARKED = [block for block in OURS if block.comment == REAL]
HERE = ("docker ", "st2 ", "make ", "git clone ", ".venv/bin/python ")
THERE = ("st2 ", "st2ctl ", "st2-run-pack-tests ", "cp ", "vi ")


@pytest.fixture(scope="module")
def pack() -> Any:
    return registry.load(PACK)


@pytest.fixture(scope="module")
def lab() -> Iterator[Rig]:
    with documents_lab.up() as lab:
        yield lab


@pytest.fixture(scope="module")
def st2(lab: Rig) -> Iterator[Optional[st2_commands.Client]]:
    if not client.HELPER.is_file():
        yield None
        return
    found = st2_commands.Client(lab.api_url)
    yield found
    found.close()


# Commands.


def test_every_command_is_one_that_a_test_runs_or_needs_a_real_stackstorm() -> None:
    assert len(SH) > 15
    for blocks, known in ((SH, HERE), (MARKED, THERE)):
        for block in blocks:
            for line in block.commands:
                assert line.startswith(known), (str(block), line)


def test_nothing_is_marked_that_the_lab_can_do() -> None:
    """A block that needs a real StackStorm has a line that the lab refuses; its engine has no
    images."""
    only_there = re.compile(
        r"st2ctl |st2-run|st2 (pack|sensor (dis|en)able|action disable|run docker\.pull_image)"
    )
    for block in MARKED:
        assert only_there.search(block.text), block


def test_blocks_have_a_language() -> None:
    known = {"sh", "yaml", "python", "xml", "text"}
    for document in documents.DOCUMENTS:
        fences = re.findall(r"^```(\w*)$", document.read_text(encoding="utf-8"), re.M)
        assert set(fences[::2]) <= known, document
        assert set(fences[1::2]) <= {""}, document


@pytest.mark.parametrize("command", MAKES)
def test_make(command: str) -> None:
    done = subprocess.run(
        ["make", "-n", "-o", ".venv/ready", *command.split()[1:]],
        cwd=PACK,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    where = (PACK / MAKES[command]).read_text(encoding="utf-8")
    said = re.escape(STARTS[command]) if command in STARTS else rf"^(\w+=\S+ |\s)*{command}\b"
    assert re.search(said, where, re.MULTILINE), command


def test_every_make_is_one_of_those() -> None:
    lines = [line for block in (*SH, *MARKED) for line in block.commands]
    lines += [span for document in documents.DOCUMENTS for span in documents.spans(document)]
    found = {" ".join(line.split()[:2]) for line in lines if re.match(r"make \S", line)}
    assert found - {"make clean", "make help"} == set(MAKES)


def test_make_help_names_what_the_documents_name() -> None:
    done = subprocess.run(
        ["make", "help"], cwd=PACK, capture_output=True, text=True, timeout=documents_lab.WAIT
    )
    assert done.returncode == 0, done.stderr
    shown = set(re.findall(r"^make \S+", done.stdout, re.MULTILINE))
    assert len(shown) > 5
    assert shown - {"make clean"} <= set(MAKES)


def st2_lines() -> List[str]:
    lines = [line for block in (*SH, *MARKED) for line in block.commands]
    lines += [span for document in documents.DOCUMENTS for span in documents.spans(document)]
    return [line for line in lines if re.match(r"st2 \w", line)]


@pytest.mark.parametrize("line", sorted(set(st2_lines()) - {"st2 key set", "st2 run"}))
def test_st2_would_take_it(pack: Any, line: str) -> None:
    st2_commands.check(pack, line)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("st2 run docker.doctors", "there is no docker.doctors"),
        ("st2 run docker.plan net=112", "has no parameter net"),
        ("st2 run docker.plan work=reconcile", "has no parameter work"),
        ("st2 run docker.show_ve vlan=x", "vlan is 'x'"),
        ("st2 run docker.show_ve -k result.table", "needs vlan"),
        ("st2 rule disable docker.rule", "there is no docker.rule"),
        ("st2 pack frobnicate docker", "no test knows"),
    ],
)
def test_a_line_that_st2_would_not_take_is_noticed(pack: Any, line: str, why: str) -> None:
    with pytest.raises(st2_commands.Wrong, match=why):
        st2_commands.check(pack, line)


def test_chat_takes_what_people_are_told_to_say(pack: Any) -> None:
    lines = {
        span
        for document in documents.DOCUMENTS
        for span in documents.spans(document)
        # Formats are test_aliases'.
        if span.startswith("tor ") and "<" not in span and "[" not in span
    }
    assert len(lines) > 4
    for line in lines:
        aliases.match(line, pack.aliases.values())


def shell(words: List[str], cwd: Path, **more: str) -> None:
    environment = {**os.environ, "PYTHONPATH": "", **more}
    done = subprocess.run(
        words,
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=documents_lab.WAIT,
        check=False,
    )
    assert done.returncode == 0, (words, done.stdout, done.stderr)


def run_docker(line: str, lab: Rig, _st2: object, tmp_path: Path) -> None:
    if shutil.which("docker") is None:
        pytest.skip("there is no docker command")
    words = shlex.split(line)
    shell(words, tmp_path, DOCKER_HOST=lab.docker_host)
    documents_lab.settled(lab, words[2] == "create")


def run_st2(line: str, lab: Rig, st2: "Optional[st2_commands.Client]", _tmp_path: Path) -> None:
    if st2 is None:
        pytest.skip("there is no st2 command: `make st2client` gets it")
    ran = line.split()[2] if line.startswith("st2 run ") else ""
    last = [run for run in lab.st2.executions() if run.parent is None][-1]
    answer = st2.run(re.sub(r"\bID\b", last.id, line))
    assert answer.status == 0, (line, answer.text)
    assert answer.text.strip(), line
    if ran:
        run = [run for run in lab.st2.executions() if run.action.ref == ran][-1]
        assert run.status == "succeeded", (line, run.result)


def run_python(line: str, _lab: Rig, _st2: object, _tmp_path: Path) -> None:
    shell([sys.executable, *shlex.split(line)[1:]], PACK)


def run_git(line: str, _lab: Rig, _st2: object, tmp_path: Path) -> None:
    if not (PACK / ".git").exists():
        pytest.skip("this is no clone")
    shell(["sh", "-c", line.replace("<this repository>", f"--quiet {PACK}")], tmp_path)
    assert (tmp_path / "docker" / "pack.yaml").is_file()


RUNS: Dict[str, Callable[..., None]] = {
    "docker ": run_docker,
    "st2 ": run_st2,
    ".venv/bin/python ": run_python,
    "git clone ": run_git,
    # Run as MAKES says.
    "make ": lambda *_: None,
}


@pytest.mark.parametrize("block", SH, ids=str)
def test_commands(
    block: Block, lab: Rig, st2: "Optional[st2_commands.Client]", tmp_path: Path
) -> None:
    if any(line.startswith(("docker ", "st2 ")) for line in block.commands):
        documents_lab.scene(lab, block)
    for line in block.commands:
        (run,) = [run for start, run in RUNS.items() if line.startswith(start)]
        run(line, lab, st2, tmp_path)
