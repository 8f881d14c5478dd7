"""YANG from the device itself, by <get-schema> (RFC 6022)."""

import re
import sys
from pathlib import Path
from typing import Dict, List, NamedTuple

from lxml import etree

from .errors import GeneratorError
from .writing import HOUSE

if str(HOUSE / "lib") not in sys.path:
    sys.path.append(str(HOUSE / "lib"))

from docker_tor.common.errors import DockerTorError, SwitchRefused
from docker_tor.config.credentials import PARAMIKO, Login
from docker_tor.netconf.session import Session, open_session
from docker_tor.netconf.xml import BASE

MONITORING = "urn:ietf:params:xml:ns:yang:ietf-netconf-monitoring"
_SCHEMAS = (
    f'<get xmlns="{BASE}"><filter type="subtree"><netconf-state xmlns="{MONITORING}"><schemas/>'
    "</netconf-state></filter></get>"
)
# Both become part of a file's name.
_NAME = re.compile(r"[A-Za-z_][\w.-]*\Z", re.ASCII)
_VERSION = re.compile(r"(\d{4}-\d\d-\d\d)?\Z", re.ASCII)


class Device(NamedTuple):
    """Where it is and who logs in; `host_key` is "TYPE BASE64", "ignore", or "" for known_hosts."""

    host: str
    port: int
    username: str
    password: str
    host_key: str


class _Schema(NamedTuple):
    name: str
    version: str


def fetch(device: Device, folder: Path) -> int:
    """Write every module that a device has into a folder; returns how many.

    Raises GeneratorError where it offers no get-schema or names no module, and for whatever keeps
    it from answering.
    """
    # By paramiko, as that option of the pack docker's has it.
    login = Login(*device, PARAMIKO)
    try:
        with open_session(login) as session:
            if not any(MONITORING in uri for uri in session.capabilities):
                raise GeneratorError(
                    f"{login}: the device offers no get-schema (its hello does not name "
                    "ietf-netconf-monitoring): get its .yang files from its maker"
                )
            schemas = _schemas(session.call(_SCHEMAS))
            if not schemas:
                raise GeneratorError(f"{login}: the device names no YANG module")
            for schema in schemas:
                text = _text(session, schema, login)
                suffix = f"@{schema.version}" if schema.version else ""
                path = folder / f"{schema.name}{suffix}.yang"
                path.write_text(text, encoding="utf-8")
    except DockerTorError as error:
        raise GeneratorError(str(error)) from None
    return len(schemas)


def _schemas(reply: etree._Element) -> List[_Schema]:
    found: Dict[_Schema, None] = {}
    for one in reply.iter(f"{{{MONITORING}}}schema"):
        part = {name: _said(one, name) for name in ("identifier", "version", "format")}
        is_yang = part["format"].rpartition(":")[2] == "yang"
        if is_yang and _NAME.match(part["identifier"]) and _VERSION.match(part["version"]):
            found[_Schema(part["identifier"], part["version"])] = None
    return list(found)


def _said(schema: etree._Element, name: str) -> str:
    return (schema.findtext(f"{{{MONITORING}}}{name}") or "").strip()


def _text(session: Session, schema: _Schema, login: Login) -> str:
    version = f"<version>{schema.version}</version>" if schema.version else ""
    asked = (
        f'<get-schema xmlns="{MONITORING}"><identifier>{schema.name}</identifier>{version}'
        "<format>yang</format></get-schema>"
    )
    try:
        reply = session.call(asked)
    except SwitchRefused as error:
        raise GeneratorError(f"{login}: no get-schema of {schema.name}: {error.what}") from None
    text = reply.findtext(f"{{{MONITORING}}}data")
    if not text:
        raise GeneratorError(f"{login}: get-schema gives no text of {schema.name}")
    return text
