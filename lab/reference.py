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

VALUES = (
    (
        "docker_tor.applied",
        "sensor",
        "a key for each switch (`docker_tor.applied.tor1`): the segments that were dispatched",
    ),
    (
        "docker_tor.segments",
        "sensor",
        "the names of these switches, and the rejections that were dispatched",
    ),
    (
        "docker_tor.lease",
        "sensor",
        "which of several sensors dispatches; free after 20 seconds without a change",
    ),
    (
        "docker_tor.heartbeat",
        "sensor",
        "every 30 seconds: how each engine is, and whether docker.yaml is in force",
    ),
    (
        "docker_tor.holds",
        "sensor",
        "networks that an engine dropped all at once, and since when they are held",
    ),
    (
        "docker_tor.released",
        "`docker.reconcile`",
        "which of the held networks a person has released",
    ),
    (
        "docker_tor.reconcile",
        "`docker.reconcile`",
        "since when there are orphans, and what chat was told",
    ),
    (
        "docker_tor.port",
        "actions",
        "a key for each switch, VLAN and port (`docker_tor.port.tor1.112.Port-channel_2010`):"
        " the pack has added the VLAN there",
    ),
    ("docker_tor.containers", "`DockerSensor`", "the containers that have been told"),
    ("docker_tor.containers_lease", "`DockerSensor`", "which of several such sensors tells"),
)
"""The values that the pack keeps in StackStorm's datastore: name, who writes it, what it holds."""

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
    """A text as one line of a table's cell."""
    return " ".join(str(text).split()).replace("|", "\\|")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cells).rstrip() + " |\n" for cells in lines)


def kind(spec: Mapping[str, Any]) -> str:
    """The type of a value, with its range or its choices."""
    types = spec.get("type", "any")
    said = types if isinstance(types, str) else " or ".join(types)
    if "minimum" in spec and "maximum" in spec:
        said += f", {spec['minimum']} - {spec['maximum']}"
    if "enum" in spec:
        said += ": " + ", ".join(map(str, spec["enum"]))
    return line(said)


def default(spec: Mapping[str, Any]) -> str:
    if spec.get("required"):
        return "needed"
    value = spec.get("default")
    return (
        ""
        if value is None
        else f"`{yaml.safe_dump(value, default_flow_style=True).split(chr(10))[0]}`"
    )


def nested(specs: Mapping[str, Any], prefix: str = "") -> Iterator[Tuple[str, Mapping[str, Any]]]:
    """Each key, and those inside it: `switches`, `switches[].host`, `engines[].tls.ca`."""
    for name, spec in specs.items():
        yield prefix + name, spec
        yield from nested(spec.get("properties") or {}, f"{prefix}{name}.")
        yield from nested((spec.get("items") or {}).get("properties") or {}, f"{prefix}{name}[].")


def described(specs: Mapping[str, Any], head: str) -> str:
    rows = [
        (f"`{name}`", kind(spec), default(spec), line(spec.get("description", "")))
        for name, spec in nested(specs)
    ]
    return table((head, "type", "default", "what it is"), rows)


def configuration() -> str:
    """docs/configuration.md."""
    return f"{MADE}{CONFIGURATION}\n{described(read(PACK / 'config.schema.yaml'), 'key')}"


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


def reference() -> str:
    """docs/reference.md."""
    rules = [
        (
            f"`docker.{one['name']}`",
            f"`{one['trigger']['type']}`",
            f"`{one['action']['ref']}`",
            line(one["description"]),
        )
        for one in folder("rules")
    ]
    chat = [
        (f"`{line(shown['display'])}`", f"`{one['action_ref']}`", line(one["description"]))
        for one in folder("aliases")
        for shown in one["formats"]
    ]
    policies = [
        (f"`{one['resource_ref']}`", line(one["description"])) for one in folder("policies")
    ]
    parts = [
        "## Triggers\n",
        *triggers(),
        "## Rules\n",
        table(("rule", "trigger", "starts", "what for"), rules),
        "## Policies\n",
        table(("of", "what for"), policies),
        "## Chat commands\n",
        table(("say", "runs", "what for"), chat),
        "## Actions\n",
        *actions(),
        DATASTORE,
        table(
            ("value", "written by", "what"), [(f"`{name}`", by, what) for name, by, what in VALUES]
        ),
    ]
    return f"{MADE}{REFERENCE}\n" + "\n".join(parts)


DOCUMENTS = {"configuration.md": configuration, "reference.md": reference}


if __name__ == "__main__":
    for name, made in DOCUMENTS.items():
        (PACK / "docs" / name).write_text(made(), encoding="utf-8")
