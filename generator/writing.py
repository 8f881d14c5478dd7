"""A pack's files: all of them, or none."""

import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any, Dict, List, Mapping, NamedTuple, Sequence, Tuple

import jinja2
import yaml

from . import samples
from .actions import Action
from .contents import ENTRY_POINT
from .errors import GeneratorError
from .schema import Model

HOUSE = Path(__file__).resolve().parents[1]
LIB = "docker_tor"
COPIED = (
    # The NETCONF session, as lib/docker_tor has it, and what it is made of; nothing else of the
    # pack docker goes into a generated one.
    "common/__init__.py",
    "common/errors.py",
    "common/private_files.py",
    "common/sanitize.py",
    "config/__init__.py",
    "config/credentials.py",
    "netconf/__init__.py",
    "netconf/askpass",
    "netconf/candidate.py",
    "netconf/control_master.py",
    "netconf/framing.py",
    "netconf/hostkey.py",
    "netconf/openssh.py",
    "netconf/paramiko_transport.py",
    "netconf/rpc.py",
    "netconf/rpc_errors.py",
    "netconf/session.py",
    "netconf/session_errors.py",
    "netconf/xml.py",
)
REQUIREMENTS = ("lxml", "paramiko")
"""What these need; which versions, the pack docker says."""

MARK = ".generated"
"""The file by which a folder is known as a pack that was generated."""

_REF = re.compile(r"[a-z0-9_]+\Z")
_RELEASE = re.compile(r"\d+\.\d+\.\d+\Z", re.ASCII)
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_TEMPLATES = {
    "pack.yaml.j2": "pack.yaml",
    "config.schema.yaml.j2": "config.schema.yaml",
    "example.yaml.j2": "{pack}.yaml.example",
    "requirements.txt.j2": "requirements.txt",
    "CHANGES.md.j2": "CHANGES.md",
    "README.md.j2": "README.md",
    "edit_device.py.j2": f"actions/{ENTRY_POINT}",
    "test_actions.py.j2": "tests/test_actions.py",
}


class Pack(NamedTuple):
    """What a pack is made of. `command` is how, for its README."""

    name: str
    release: str
    command: str
    model: Model
    actions: List[Action]


def check_target(name: str, release: str, out: Path) -> None:
    """Raises GeneratorError for what no pack can be called, and for a folder that is somebody
    else's."""
    if not _REF.match(name):
        raise GeneratorError(f"--pack {name}: a pack is called in a-z, 0-9 and _")
    if not _RELEASE.match(release):
        raise GeneratorError(f"--release {release}: write it as in 0.1.0")
    if not out.parent.is_dir():
        raise GeneratorError(f"--out {out}: {out.parent} is no folder")
    is_ours = (out / MARK).is_file()
    if (out.exists() or out.is_symlink()) and not is_ours and not _is_empty(out):
        raise GeneratorError(
            f"--out {out} holds something that this did not generate: name another folder"
        )


def _is_empty(folder: Path) -> bool:
    return folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir())


def write(pack: Pack, out: Path) -> None:
    """Write the pack; what was generated there before makes way. Raises GeneratorError."""
    check_target(pack.name, pack.release, out)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as folder:
            made, old = Path(folder, "new"), Path(folder, "old")
            _write(pack, made)
            if out.exists():
                out.rename(old)
            try:
                _move_git(old, made)
                made.rename(out)
            except OSError:
                if old.exists():
                    _move_git(made, old)
                    old.rename(out)
                raise
    except OSError as error:
        raise GeneratorError(f"--out {out}: {error.strerror or error}") from None


def _move_git(old: Path, new: Path) -> None:
    """StackStorm installs by git: what was committed there stays."""
    if (old / ".git").exists():
        (old / ".git").rename(new / ".git")


def _write(pack: Pack, folder: Path) -> None:
    for name in ("actions", "tests", f"lib/{LIB}"):
        (folder / name).mkdir(parents=True)
    for action in pack.actions:
        text = yaml.dump(
            action.content, Dumper=_DUMPER, sort_keys=False, width=100, allow_unicode=True
        )
        _put(folder / "actions" / f"{action.name}.yaml", f"---\n{text}")
    known: Dict[str, Any] = {
        **pack._asdict(),
        "pack": pack.name,
        "about": yaml.safe_load((HOUSE / "pack.yaml").read_text(encoding="utf-8")),
        "requirements": _requirements(),
        "tree": _tree(pack.actions),
    }
    for name, text in _rendered(known).items():
        _put(folder / name, text)
    _put(folder / "tests" / "samples.json", json.dumps(samples.of(pack.actions), indent=1) + "\n")
    _copy_library(folder)
    for name in ("LICENSE", "icon.png"):
        shutil.copyfile(HOUSE / name, folder / name)
    _put(folder / MARK, "By `python -m generator`, which replaces this folder as a whole.\n")


def _tree(actions: Sequence[Action]) -> List[Tuple[int, str, str]]:
    """The README's tree: how deep a node is, its name, and its action's, if it has one."""
    named = {
        tuple((node.name, node.module) for node in one.path): one.name
        for one in actions
        if one.path
    }
    every = {way[:depth] for way in named for depth in range(1, len(way) + 1)}
    reads = [(0, "", one.name) for one in actions if not one.path]
    return reads + [(len(way) - 1, way[-1][0], named.get(way, "")) for way in sorted(every)]


def _rendered(known: Mapping[str, Any]) -> Dict[str, str]:
    environment = jinja2.Environment(  # noqa: S701  # no HTML: YAML, Python and Markdown
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    return {
        name.format(pack=known["pack"]): environment.get_template(template).render(known)
        for template, name in _TEMPLATES.items()
    }


def _requirements() -> List[str]:
    """The lines of the pack docker's requirements.txt that matter, each with its remark."""
    found: List[str] = []
    remarks: List[str] = []
    for line in (HOUSE / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            remarks.append(line)
            continue
        if re.split(r"[<>=~! ]", line)[0] in REQUIREMENTS:
            found += [*remarks, line]
        remarks = []
    return found


def _copy_library(folder: Path) -> None:
    """lib/, and the link by which StackStorm's actions find it."""
    source, target = HOUSE / "lib" / LIB, folder / "lib" / LIB
    for name in COPIED:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        # With its mode: one of them is run.
        shutil.copy(source / name, target / name)
    for inner in [target, *(path for path in target.rglob("*") if path.is_dir())]:
        if not (inner / "__init__.py").exists():
            _put(
                inner / "__init__.py", '"""The NETCONF session of the StackStorm pack docker."""\n'
            )
    library = Path(__file__).parent / "lib" / "yang_edit"
    shutil.copytree(library, folder / "lib" / "yang_edit", ignore=_no_bytecode)
    (folder / "actions" / "lib").symlink_to("../lib")


def _no_bytecode(_folder: Any, names: Sequence[str]) -> List[str]:
    return [name for name in names if name == "__pycache__"]


def _put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
