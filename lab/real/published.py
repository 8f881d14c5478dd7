"""YANG that others have published, by PyPI: fetched once, and kept in the virtualenv.

    modules(OPENCONFIG)    # the folder with its modules, each under its own name

A server or a validator that goes by YANG's rules cannot use OpenConfig's modules of that package as
they are, so the copy is mended:

- A pattern of YANG is anchored as it is; `^` and `$` would be characters. They are taken off, and
  so is `regexp-posix`, by which a validator that knows it would look for these anchors.
- Some `when` ask for a leaf where there is none, and so never hold: a condition is looked up from
  the node that it is on. They ask for it where it is, as they do in OpenConfig's later revisions.
- A type that they compare with has the prefix of its own module, as later, too: netconfd compares
  the texts.
"""

import contextlib
import re
import sys
import tempfile
import zlib
from pathlib import Path

from .process import run

OPENCONFIG = "ydk-models-openconfig==0.1.9"
IETF = "ydk-models-ietf==0.1.6"

_KEPT = Path(sys.prefix) / "published-yang"
_ANCHORS = re.compile(r"""(?<=pattern)(\s+(?://[^\n]*\n\s*)*['"])\^|\$(?=['"]\s*;)""")
_TYPE = re.compile(r'(augment\s+"[^{]*)(\{[^{]*?when ")oc-if:type =')
_TEXTS = (
    ('when "interface-mode =', 'when "../interface-mode ='),
    ("oc-ext:regexp-posix;", ""),
    ("'ift:", "'ianaift:"),
    ("import iana-if-type { prefix ift; }", "import iana-if-type { prefix ianaift; }"),
)
_NAME = re.compile(r"^\s*(?:sub)?module\s+([\w.-]+)", re.MULTILINE)
_WRONG = {"openconfig-aft-network-instance"}
"""A path in it lacks its prefixes: nobody who reads it whole takes it."""


def modules(package: str) -> Path:
    """The folder with the modules of a package, "name==version". Raises PartFailed where it
    cannot be had."""
    # What this module does to them may have changed since.
    mended_by = zlib.crc32(Path(__file__).read_bytes())
    folder = _KEPT / f"{package.replace('==', '-')}-{mended_by:08x}"
    if not folder.is_dir():
        _KEPT.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_KEPT) as made:
            options = ["--quiet", "--no-deps", "--no-compile", "--disable-pip-version-check"]
            where = ["--target", f"{made}/package"]
            run(sys.executable, "-m", "pip", "install", *options, *where, package)
            _mend(Path(made, "package"), Path(made, "modules"))
            # Somebody else may have been quicker.
            with contextlib.suppress(OSError):
                Path(made, "modules").rename(folder)
    return folder


def _mend(package: Path, into: Path) -> None:
    into.mkdir()
    for path in package.rglob("*.yang"):
        text = _ANCHORS.sub(lambda at: at[1] or "", path.read_text(encoding="utf-8"))
        text = _TYPE.sub(_from_below, text)
        for published, mended in _TEXTS:
            text = text.replace(published, mended)
        name = _NAME.findall(text)[0]
        if name not in _WRONG:
            (into / f"{name}.yang").write_text(text, encoding="utf-8")


def _from_below(condition: "re.Match[str]") -> str:
    """What asks for an interface's type, from as many nodes below it as the augmented one is."""
    below = condition[1].count("/") - "/oc-if:interfaces/oc-if:interface".count("/")
    return f"{condition[1]}{condition[2]}{'../' * below}oc-if:config/oc-if:type ="
