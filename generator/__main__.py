"""python -m generator --yang DIR [DIR...] --pack vdx --out PATH: a pack from YANG."""

import argparse
import getpass
import os
import shlex
import sys
import tempfile
from pathlib import Path
from typing import Dict, List, Optional

from . import actions, pynos, reading, writing
from .errors import GeneratorError
from .schema import Model

PASSWORD = "NETCONF_PASSWORD"  # noqa: S105  # the variable's name
"""The environment variable that may hold it."""


def main(arguments: Optional[List[str]] = None) -> int:
    """Generate a pack; 0 if there is one now."""
    given = sys.argv[1:] if arguments is None else arguments
    known = parser()
    options = known.parse_args(given)
    if not options.yang and not options.host and not options.pynos:
        known.error("say where the YANG is: --yang DIR, or --from HOST")
    if options.host and not options.username:
        known.error("--from needs --username")
    try:
        _generate(options, shlex.join(["python", "-m", "generator", *given]))
    except GeneratorError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _generate(options: argparse.Namespace, command: str) -> None:
    writing.check_target(options.pack, options.release, options.out)
    model = _model(options)
    made = actions.generate(model, options.pack, options.only)
    if options.pynos and (options.yang or options.host):
        _print_overlap(options, made)
    writing.write(writing.Pack(options.pack, options.release, command, model, made), options.out)
    print(f"{options.out}: {len(made)} actions from {len(model.namespaces)} modules")


def _model(options: argparse.Namespace) -> Model:
    if options.pynos and not options.yang and not options.host:
        return pynos.read(options.pynos)
    with tempfile.TemporaryDirectory(prefix="yang-") as folder:
        if options.host:
            # Imported only here: YANG files need no NETCONF.
            from . import fetching

            user = options.username
            password = os.environ.get(PASSWORD) or getpass.getpass(f"Password of {user}: ")
            device = fetching.Device(options.host, options.port, user, password, options.host_key)
            print(f"{options.host}: {fetching.fetch(device, Path(folder))} modules")
        return reading.read(
            reading.Sources(
                folders=[*options.yang, *([Path(folder)] if options.host else [])],
                modules=options.modules,
                features=_features(options.features),
                deviations=options.deviations,
            )
        )


def _print_overlap(options: argparse.Namespace, made: List[actions.Action]) -> None:
    """How many names of Brocade's bindings are among those that the YANG gives."""
    theirs = {
        one.name for one in actions.generate(pynos.read(options.pynos), options.pack) if one.path
    }
    ours = {one.name for one in made if one.path}
    print(
        f"names: {len(ours & theirs)} of {len(ours)} from YANG are among the {len(theirs)} that "
        f"the bindings of NOS {options.pynos} have"
    )


def _features(given: List[str]) -> Dict[str, List[str]]:
    found: Dict[str, List[str]] = {}
    for one in given:
        module, colon, names = one.partition(":")
        if not colon or not module:
            raise GeneratorError(f"--features {one}: write it as in MODULE:FEATURE,FEATURE")
        found.setdefault(module, []).extend(name for name in names.split(",") if name)
    return found


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(
        prog="python -m generator",
        description="Make a StackStorm pack whose actions edit a device, from the device's YANG.",
    )
    add = made.add_argument
    add("--yang", nargs="+", type=Path, default=[], metavar="DIR", help="folders of .yang files")
    add("--from", dest="host", metavar="HOST", help="a device to fetch its YANG from")
    add("--port", type=int, default=830, help="its NETCONF port")
    add("--username", help=f"who logs in there; the password is in {PASSWORD}, or asked for")
    add("--host-key", default="", help="its SSH host key, or ignore; else known_hosts has it")
    add("--pack", required=True, help="what the pack is called")
    add("--out", type=Path, required=True, metavar="PATH", help="where it goes")
    add(
        "--pynos",
        metavar="VERSION",
        help=f"without YANG, what {pynos.PACKAGE} has of NOS {', '.join(pynos.FOLDERS)}; with "
        "YANG, how many of its names come out",
    )
    add("--release", default="0.1.0", help="the pack's version; 0.1.0 if left out")
    add(
        "--only",
        action="append",
        default=[],
        metavar="GLOB",
        help="only nodes of such a path, as in 'interface-vlan/**'; may be given again",
    )
    add("--modules", nargs="+", default=[], help="only what these modules begin")
    add(
        "--features",
        nargs="+",
        default=[],
        metavar="MODULE:FEATURE,...",
        help="the only features of a module that the device has",
    )
    add(
        "--deviations",
        nargs="+",
        default=[],
        metavar="MODULE",
        help="modules, or files, that say where the device deviates",
    )
    return made


if __name__ == "__main__":
    raise SystemExit(main())
