"""Writes docs/configuration.md and docs/reference.md from what StackStorm itself reads.

    python -m lab.reference

Keys, parameters, payloads and their descriptions are written once: in config.schema.yaml, and in
the YAML of sensors, rules, policies, aliases and actions. A test sees to it that the two documents
are current. Only the values in the datastore have no YAML: `VALUES` describes them.
"""

from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Sequence, Tuple

import yaml

PACK = Path(__file__).resolve().parents[1]

MADE = "<!-- Made by `make docs`: change the YAML that it is made of. -->\n"

VALUES = {
    "sensor": {
        "applied": "a key for each switch (`docker_tor.applied.tor1`): the segments that were"
        " dispatched",
        "segments": "the names of these switches, and the rejections that were dispatched",
        "lease": "which of several sensors dispatches; free after 20 seconds without a change",
        "heartbeat": "every 30 seconds: how each engine is, and whether docker.yaml is in force",
        "holds": "networks that an engine dropped all at once, and since when they are held",
    },
    "`docker.reconcile`": {
        "released": "which of the held networks a person has released",
        "reconcile": "since when there are orphans, and what chat was told",
    },
    "actions": {
        "port": "a key for each switch, VLAN and port"
        " (`docker_tor.port.tor1.112.Port-channel_2010`): the pack has added the VLAN there",
    },
    "`DockerSensor`": {
        "containers": "the containers that have been told",
        "containers_lease": "which of several such sensors tells",
    },
}
"""What the values in StackStorm's datastore hold, by who writes them and their name behind
"docker_tor."."""

CONFIGURATION = """# Configuration

The pack reads `/opt/stackstorm/configs/docker.yaml`. [docker.yaml.example](../docker.yaml.example)
has three whole cases with comments. After a change run `st2ctl reload --register-configs`; nothing
has to be restarted ([what a change of each key does][change]).

A key that is left out has its default. An empty value means none: `vlans: ""` allows no VLAN, and
without `vlans` all are allowed. A key that is not known is refused, with the nearest one that is.
Keep passwords in the datastore: `"{{ st2kv.system.NAME }}"`, without a decrypt filter.

[change]: runbook.md#after-a-change-of-the-configuration
"""

REFERENCE = """# Reference

What the pack registers in StackStorm. The keys of docker.yaml are in
[configuration.md](configuration.md).
"""

DATASTORE = """## Values in the datastore

In the system scope. All of them can be lost without lasting harm: the engines and the switches are
asked again. A VLAN of which no `docker_tor.port` is left stays allowed on that port.
"""

GROUPS = (
    ("Workflows", ("workflows/",)),
    ("Single edits", ("vdx_edit.py",)),
    ("Images and containers", ("run_containers.py",)),
    ("For people and workflows", ("",)),
)
"""The actions' headings, and how the entry points of those below begin; the last takes the rest."""


def read(path: Path) -> Dict[str, Any]:
    found: Dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def folder(name: str) -> List[Dict[str, Any]]:
    """The content of a folder's YAML files, by name."""
    return [read(path) for path in sorted((PACK / name).glob("*.yaml"))]


def line(text: object) -> str:
    """A text in one line."""
    return " ".join(str(text).split())


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; what is in a cell may have lines and bars of its own."""
    cells = [[line(cell).replace("|", "\\|") for cell in row] for row in rows]
    lines = [head, ["---"] * len(head), *cells]
    return "".join("| " + " | ".join(one).rstrip() + " |\n" for one in lines)


def kind(spec: Mapping[str, Any]) -> str:
    """The type of a value, with its range or its choices."""
    types = spec.get("type", "any")
    said = types if isinstance(types, str) else " or ".join(types)
    if "minimum" in spec and "maximum" in spec:
        said += f", {spec['minimum']} - {spec['maximum']}"
    if "enum" in spec:
        said += ": " + ", ".join(map(str, spec["enum"]))
    return said


def default(spec: Mapping[str, Any]) -> str:
    if spec.get("required"):
        return "needed"
    if spec.get("default") is None:
        return ""
    return f"`{yaml.safe_dump(spec['default'], default_flow_style=True).splitlines()[0]}`"


def nested(specs: Mapping[str, Any], prefix: str = "") -> Iterator[Tuple[str, Mapping[str, Any]]]:
    """Each key, and those inside it: `switches`, `switches[].host`, `engines[].tls.ca`."""
    for name, spec in specs.items():
        yield prefix + name, spec
        yield from nested(spec.get("properties") or {}, f"{prefix}{name}.")
        yield from nested((spec.get("items") or {}).get("properties") or {}, f"{prefix}{name}[].")


def described(specs: Mapping[str, Any], head: str) -> str:
    rows = [
        (f"`{name}`", kind(spec), default(spec), spec.get("description", ""))
        for name, spec in nested(specs)
    ]
    return table((head, "type", "default", "what it is"), rows)


def parameters(action: Mapping[str, Any]) -> Dict[str, Any]:
    """Those that somebody may set."""
    of = action.get("parameters") or {}
    return {name: spec for name, spec in of.items() if not spec.get("immutable")}


def group(actions: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Actions, what all of them take told once before."""
    each = [parameters(action) for action in actions]
    same = {
        name: spec for name, spec in each[0].items() if all(one.get(name) == spec for one in each)
    }
    if same:
        yield "All of these take:\n\n" + described(same, "parameter")
    for action, takes in zip(actions, each):
        own = {name: spec for name, spec in takes.items() if name not in same}
        yield f"#### docker.{action['name']}\n\n{line(action['description'])}\n"
        if own:
            yield described(own, "parameter")


def actions() -> Iterator[str]:
    left = folder("actions")
    for heading, starts in GROUPS:
        mine = [one for one in left if one["entry_point"].startswith(starts)]
        left = [one for one in left if one not in mine]
        yield f"### {heading}\n"
        yield from group(mine)


def triggers() -> Iterator[str]:
    for sensor in folder("sensors"):
        yield f"### {sensor['class_name']}\n\n{line(sensor['description'])}\n"
        for trigger in sensor["trigger_types"]:
            yield f"#### docker.{trigger['name']}\n\n{line(trigger['description'])}\n"
            yield described(trigger["payload_schema"]["properties"], "payload")


def configuration() -> str:
    """docs/configuration.md."""
    return f"{MADE}{CONFIGURATION}\n{described(read(PACK / 'config.schema.yaml'), 'key')}"


def reference() -> str:
    """docs/reference.md."""
    rules = [
        (one["name"], one["trigger"]["type"], one["action"]["ref"], one["description"])
        for one in folder("rules")
    ]
    chat = [
        (f"`{shown['display']}`", f"`{one['action_ref']}`", one["description"])
        for one in folder("aliases")
        for shown in one["formats"]
    ]
    policies = [(f"`{one['resource_ref']}`", one["description"]) for one in folder("policies")]
    values = [
        (f"`docker_tor.{name}`", by, what) for by, of in VALUES.items() for name, what in of.items()
    ]
    parts = [
        "## Triggers\n",
        *triggers(),
        "## Rules\n",
        table(
            ("rule", "trigger", "starts", "what for"),
            [(f"`docker.{name}`", f"`{on}`", f"`{ref}`", what) for name, on, ref, what in rules],
        ),
        "## Policies\n",
        table(("of", "what for"), policies),
        "## Chat commands\n",
        table(("say", "runs", "what for"), chat),
        "## Actions\n",
        *actions(),
        DATASTORE,
        table(("value", "written by", "what"), values),
    ]
    return f"{MADE}{REFERENCE}\n" + "\n".join(parts)


DOCUMENTS = {"configuration.md": configuration, "reference.md": reference}


if __name__ == "__main__":
    for name, made in DOCUMENTS.items():
        (PACK / "docs" / name).write_text(made(), encoding="utf-8")
