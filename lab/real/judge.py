"""libyang as the judge of YANG data: what somebody else says of what this project sends.

judge = Judge(folder, ["openconfig-vlan"])
judge.verdict("<vlans ...>")                # "" if each node and value is one of the model
judge.verdict("<vlans ...>", whole=True)    # and if that is a configuration that may be
"""

import re
from pathlib import Path
from typing import List, Sequence

try:
    import oopt_gnpy_libyang as libyang
except ImportError:
    # There is no wheel for each machine.
    libyang = None

_IMPORT = re.compile(r"^\s*(?:import|include)\s+\"?([\w.-]+)", re.MULTILINE)


def missing() -> List[str]:
    """What keeps libyang from judging here, one sentence each; empty means nothing."""
    return [] if libyang else ["oopt-gnpy-libyang is not installed"]


class Judge:
    """libyang with the modules of a folder; with all that these refer to, where `referred`, as
    `whole` needs it."""

    def __init__(self, folder: Path, modules: Sequence[str], *, referred: bool = False) -> None:
        options = libyang.ContextOptions
        chosen = options.DisableSearchCwd | options.NoYangLibrary
        libyang.set_log_options(libyang.LogOptions.Store)
        self._context = libyang.Context(
            str(folder), chosen | options.RefImplemented if referred else chosen
        )
        for name in _imported_first(folder, modules):
            self._context.load_module(name).set_implemented_all_features()

    def _said(self) -> str:
        errors = [one for one in self._context.errors() if one.level == libyang.LogLevel.Error]
        return "; ".join(str(one.message) for one in errors)

    def verdict(self, content: str, *, whole: bool = False) -> str:
        """What is wrong with the content of a `<config>` or a `<data>`; empty for nothing."""
        parse, validate = libyang.ParseOptions, libyang.ValidationOptions
        options = (
            (parse.Strict, validate.NoState) if whole else (parse.Strict | parse.ParseOnly, None)
        )
        self._context.clean_all_errors()
        try:
            self._context.parse_data(content, libyang.DataFormat.XML, *options)
        except libyang.Error as error:
            return self._said() or str(error)
        return ""


def _imported_first(folder: Path, modules: Sequence[str]) -> List[str]:
    """Modules in an order in which libyang takes them: a default may be an identity of another,
    and one that it has refused once it knows only in part."""
    found: List[str] = []

    def add(name: str) -> None:
        if name in modules and name not in found:
            for imported in _IMPORT.findall((folder / f"{name}.yang").read_text(encoding="utf-8")):
                add(imported)
            found.append(name)

    for name in modules:
        add(name)
    return found
