"""What Brocade's own generated bindings know of NOS's YANG (PyPI pynos 1.3.27): paths, keys and
namespaces, for owners of a VDX without its YANG files. Read as text by `ast`, never imported.

A function of theirs builds the XML of one path, a line an element. It does not say which type a
value has (it is text then), whether there may be several, or which RPC is in which namespace: RPCs
are left out. A list with nothing but its key looks like a container with a leaf.
"""

import ast
import importlib.util
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from .errors import GeneratorError
from .schema import CONTAINER, LEAF, LIST, Model, Node

PACKAGE = "pynos==1.3.27"
FOLDERS = {
    # The bindings of the oldest are what the others began as.
    "5.0.1": "base",
    "6.0.1": "ver_6/ver_6_0_1",
    "7.0.0": "ver_7/ver_7_0_0",
    "7.1.0": "ver_7/ver_7_1_0",
}
"""Where pynos has each version of NOS."""


class Element(NamedTuple):
    """An element that a function builds: its name, its namespace where it is not its parent's, and
    whether it is a key of what it is in, or has a text."""

    name: str
    namespace: str
    is_key: bool
    has_text: bool


Way = Tuple[Element, ...]
"""An element with all above it."""


def read(version: str, package: Optional[Path] = None) -> Model:
    """The model of a version of NOS; `package` is pynos's folder, found where it is installed.

    Raises GeneratorError where there is no such version, or no pynos.
    """
    if version not in FOLDERS:
        raise GeneratorError(f"--pynos {version}: it has {', '.join(FOLDERS)}")
    folder = (package or _installed()) / "versions" / FOLDERS[version] / "yang"
    if not folder.is_dir():
        raise GeneratorError(f"{folder} is no folder: install {PACKAGE}")
    top = Node("", CONTAINER, "", "")
    seen: Dict[Way, None] = {}
    for path in sorted(folder.glob("*.py")):
        for function in _functions(path):
            seen.update(dict.fromkeys(ways(function)))
    known: Dict[Tuple[int, str, str], Node] = {}
    for way in seen:
        _add(top, way, known)
    _settle(top)
    namespaces = {one.module: one.namespace for one in _all(top)}
    revisions = dict.fromkeys(namespaces, f"NOS {version}")
    return Model(top.children, [], namespaces, revisions)


def _installed() -> Path:
    # Of a package at the top this looks for its files and runs none of them.
    spec = importlib.util.find_spec("pynos")
    if spec is None or not spec.submodule_search_locations:
        raise GeneratorError(f"--pynos needs pynos: pip install --no-deps {PACKAGE}")
    return Path(next(iter(spec.submodule_search_locations)))


def _functions(path: Path) -> Iterator[ast.FunctionDef]:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        raise GeneratorError(f"{path}: {error}") from None
    # Each stands there twice.
    found: Dict[str, ast.FunctionDef] = {}
    for one in tree.body:
        if isinstance(one, ast.ClassDef):
            found.update({two.name: two for two in one.body if isinstance(two, ast.FunctionDef)})
    return iter(found.values())


def ways(function: ast.FunctionDef) -> List[Way]:
    """The elements that a function builds below <config>; none of an RPC's."""
    known: Dict[str, Optional[int]] = {}
    built: List[Way] = []
    for line in function.body:
        if not isinstance(line, ast.Assign) or len(line.targets) != 1:
            continue
        target = line.targets[0]
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name):
            at = known.get(target.value.id)
            if target.attr == "text" and at is not None:
                *above, last = built[at]
                built[at] = (*above, last._replace(has_text=True))
        elif isinstance(target, ast.Name) and isinstance(line.value, ast.Call):
            made = _element(line.value, target.id)
            if made is None:
                continue
            parent, element = made
            if parent != "config" and known.get(parent) is None:
                return []
            at = known.get(parent) if parent != "config" else None
            built.append((*(built[at] if at is not None else ()), element))
            known[target.id] = len(built) - 1
    has_space = all(way[0].namespace for way in built)
    return built if has_space else []


def _element(call: ast.Call, variable: str) -> Optional[Tuple[str, Element]]:
    """The parent's variable, and the element of ET.SubElement(parent, "name", xmlns="...")."""
    is_it = isinstance(call.func, ast.Attribute) and call.func.attr == "SubElement"
    if not is_it or len(call.args) != 2 or not isinstance(call.args[0], ast.Name):
        return None
    name = ast.literal_eval(call.args[1])
    spaces = [ast.literal_eval(one.value) for one in call.keywords if one.arg == "xmlns"]
    space = str(spaces[0]) if spaces else ""
    return call.args[0].id, Element(str(name), space, variable.endswith("_key"), False)


def _add(top: Node, way: Way, known: Dict[Tuple[int, str, str], Node]) -> None:
    node = top
    for element in way:
        space = element.namespace or node.namespace
        key = (id(node), element.name, space)
        child = known.get(key)
        if child is None:
            module = space.rpartition(":")[2]
            child = known[key] = Node(element.name, CONTAINER, module, space)
            node.children.append(child)
        if element.has_text:
            child.type = {"base": "string"}
        if element.is_key and element.name not in node.keys:
            node.keys.append(element.name)
        node = child


def _settle(node: Node) -> None:
    """Say of every node below what it is, now that all of it is known."""
    for child in node.children:
        if child.children:
            child.kind, child.type = (LIST if child.keys else CONTAINER), None
            _settle(child)
        else:
            child.kind = LEAF
            child.type = child.type or {"base": "empty"}


def _all(node: Node) -> Iterator[Node]:
    for child in node.children:
        yield child
        yield from _all(child)
