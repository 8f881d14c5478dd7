"""Every check, in the order in which they are shown."""

from pathlib import Path
from typing import Callable, Iterator, List, NamedTuple, Sequence, Tuple

from lab.stackstorm.errors import RegistrationError

from . import content, example, files


class Check(NamedTuple):
    """`find` takes the pack's folder and yields what is wrong; `there` is what the Exchange runs,
    or nothing where it is a rule of its guide."""

    name: str
    there: str
    find: Callable[[Path], Iterator[str]]


CHECKS: Sequence[Check] = (
    Check("files that every pack has", "", files.needed),
    Check("licence", "license-check", files.licence),
    Check("Python compiles", "compile", files.python),
    Check("YAML can be read", "st2-check-validate-yaml-file", files.yaml_files),
    Check("JSON can be read", "st2-check-validate-json-file", files.json_files),
    Check("pack.yaml, config.schema.yaml", "validate.py", content.metadata),
    Check("everything registers", "st2-check-register-pack-resources", content.resources),
    Check("what is named is there", "", content.references),
    Check("example as it is", "st2-check-validate-pack-example-config", example.as_it_is),
    Check("example, case by case", "", example.each_case),
    Check("icon of 64 by 64", "", files.icon),
    Check("version as in CHANGES.md", "pack-meta", files.version),
)


def run(pack_dir: Path) -> List[Tuple[Check, List[str]]]:
    """Each check, and what it has found wrong."""
    return [(check, _problems(check, pack_dir)) for check in CHECKS]


def _problems(check: Check, pack_dir: Path) -> List[str]:
    try:
        return list(check.find(pack_dir))
    except RegistrationError as error:
        return [" ".join(str(error).split())]
    except OSError as error:
        return [f"{Path(error.filename or '').name}: {error.strerror}"]
