"""YANG files by the name of the module in them, for pyang to find."""

import importlib.metadata
import re
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

import pyang.repository

from .errors import GeneratorError

_MODULE = re.compile(r"^\s*(?:sub)?module\s+[\"']?([A-Za-z_][\w.-]*)", re.M | re.ASCII)
_REVISION = re.compile(r"^\s*revision\s+[\"']?(\d{4}-\d\d-\d\d)", re.M | re.ASCII)
_IETF = "ietf-inet-types.yang"


class Repository(pyang.repository.Repository):  # type: ignore[misc]  # pyang publishes no types
    """The modules of some folders; where these lack one of IETF's, pyang's own copy of it.

    `names` are the modules of the folders. Of several files of a module the newest counts. Raises
    GeneratorError for a folder that is not there or holds no module.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        super().__init__()
        self._found: Dict[Tuple[str, str], Path] = {}
        for folder in folders:
            if not folder.is_dir():
                raise GeneratorError(f"{folder} is no folder")
            here = _modules(folder)
            if not here:
                raise GeneratorError(f"{folder} holds no .yang file")
            self._found.update(here)
        self.names = {name for name, _ in self._found}
        for key, path in (item for folder in _ietf() for item in _modules(folder).items()):
            if key[0] not in self.names:
                self._found[key] = path

    def get_modules_and_revisions(self, _ctx: Any) -> List[Tuple[str, str, Tuple[str, str]]]:
        """What pyang may read: name, revision, and the format and file."""
        return [(name, rev, ("yang", str(path))) for (name, rev), path in self._found.items()]

    def get_module_from_handle(self, handle: Tuple[str, str]) -> Tuple[str, str, str]:
        """File, format and text of a module. Raises ReadError."""
        kind, path = handle
        try:
            return path, kind, Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise self.ReadError(f"{path}: {error}") from None


def _modules(folder: Path) -> Dict[Tuple[str, str], Path]:
    found: Dict[Tuple[str, str], Path] = {}
    for path in sorted(folder.rglob("*.yang")):
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        named = _MODULE.search(text)
        name = named[1] if named else path.name.partition("@")[0].replace(".yang", "")
        # The newest of them is the module's revision (RFC 7950, 7.1.9).
        found[name, max(_REVISION.findall(text), default="")] = path
    return found


def _ietf() -> List[Path]:
    """The folder of the modules that come with pyang, if they do."""
    files = importlib.metadata.files("pyang") or []
    return [Path(str(one.locate())).resolve().parent for one in files if one.name == _IETF]
