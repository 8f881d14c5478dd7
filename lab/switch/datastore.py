"""A configuration, complete and immutable."""

from dataclasses import dataclass
from typing import Callable, NamedTuple

from lxml import etree

from . import rules
from .lldp import Lldp
from .schema import Node, Tree, element


class Laws(NamedTuple):
    """What holds between the parts of a configuration: `settle` and `check` of `rules`, or of
    another kind of switch."""

    settle: Callable[[Tree, Tree], None]
    check: Callable[[Tree, Tree], None]
    one_command: bool = True
    """Whether an edit-config is one command, as on NOS."""
    told: "Callable[[Datastore, Lldp], Datastore]" = lambda config, _lldp: config
    """What `get` tells of a configuration: the state, too, where it stands beside that."""


NOS = Laws(rules.settle, rules.check)


@dataclass(frozen=True)
class Datastore:
    """What a datastore holds at one moment; an edit makes another one.

    Two compare equal if they hold the same configuration, so a snapshot is taken by keeping one.
    `tree` is for reading only: other datastores share parts of it.
    """

    model: Node
    tree: Tree
    laws: Laws = NOS

    def element(self) -> etree._Element:
        """The configuration as a new `<data>` element in the base namespace."""
        return element(self.model, self.tree)

    def xml(self) -> str:
        """The `<data>` element in canonical form (C14N): equal exactly where datastores are."""
        return etree.tostring(self.element(), method="c14n").decode()

    def __eq__(self, other: object) -> bool:
        return self.tree == other.tree if isinstance(other, Datastore) else NotImplemented

    def __repr__(self) -> str:
        return self.xml()
