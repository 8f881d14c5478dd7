"""A model as plain data: what is left of YANG once pyang has resolved it."""

from dataclasses import dataclass, field
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

Type = Mapping[str, Any]
"""A type as lib/yang_edit/values.py has it; None is anyxml and anydata."""

CONTAINER, LIST, LEAF, LEAF_LIST, ANY = "container", "list", "leaf", "leaf-list", "anyxml"


@dataclass
class Node:
    """A data node, or an RPC with its input as children. `module` is where its namespace is from;
    `notes` are what its description has to say of it: constraints, units and the like."""

    name: str
    kind: str
    module: str
    namespace: str
    config: bool = True
    description: str = ""
    notes: List[str] = field(default_factory=list)
    children: List["Node"] = field(default_factory=list)
    keys: List[str] = field(default_factory=list)
    presence: bool = False
    user_ordered: bool = False
    mandatory: bool = False
    type: Optional[Type] = None
    default: Optional[str] = None

    def child(self, name: str) -> "Node":
        """The child of that name in the same namespace: a key."""
        return next(
            one for one in self.children if one.name == name and one.namespace == self.namespace
        )


Path = Tuple[Node, ...]
"""A node with all above it, from the top."""


@dataclass
class Model:
    """What several modules make together. `revisions` and `namespaces` are by module."""

    tops: List[Node]
    rpcs: List[Node]
    namespaces: Dict[str, str]
    revisions: Dict[str, str]


def paths(nodes: List[Node], above: Path = ()) -> Iterator[Path]:
    """Every node below, with its path, parents first."""
    for node in nodes:
        path = (*above, node)
        yield path
        yield from paths(node.children, path)


def text(path: Path) -> str:
    """A path as people write it, and as --only matches it."""
    return "/".join(node.name for node in path)
