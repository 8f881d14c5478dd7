"""A configuration, complete and immutable, and the kind of switch that it is one of."""

from dataclasses import dataclass
from typing import Any, Callable, Mapping, NamedTuple, Tuple

from lxml import etree

from .lldp import Lldp
from .schema import Node, Tree, element


class Kind(NamedTuple):
    """A kind of switch: all that one differs in from others.

    `blank` is the configuration of a new one. `settle` puts into the tree after an edit what the
    switch adds by itself; `check` raises SwitchError if a switch would not go from the tree before
    it to that. `operations` are those that it has besides NETCONF's own, by their tags: see
    `rpc.Operation`.
    """

    name: str
    model: Node
    blank: Tree
    settle: Callable[[Tree, Tree], None]
    check: Callable[[Tree, Tree], None]
    capabilities: Tuple[str, ...]
    operations: Mapping[str, Callable[..., Any]]
    one_command: bool = True
    """Whether an edit-config is one command, as on NOS."""
    told: Callable[[Tree, Lldp], Tree] = lambda tree, _lldp: tree
    """What `get` tells of a configuration: the state, too, where it stands beside that."""


@dataclass(frozen=True)
class Datastore:
    """What a datastore holds at one moment; an edit makes another one.

    Two compare equal if they hold the same configuration, so a snapshot is taken by keeping one.
    `tree` is for reading only: other datastores share parts of it.
    """

    kind: Kind
    tree: Tree

    def element(self) -> etree._Element:
        """The configuration as a new `<data>` element in the base namespace."""
        return element(self.kind.model, self.tree)

    def xml(self) -> str:
        """The `<data>` element in canonical form (C14N): equal exactly where datastores are."""
        return etree.tostring(self.element(), method="c14n").decode()

    def __eq__(self, other: object) -> bool:
        return self.tree == other.tree if isinstance(other, Datastore) else NotImplemented

    def __repr__(self) -> str:
        return self.xml()
