"""A configuration, complete and immutable."""

import functools

from lxml import etree

from .schema import Node, Tree, element


class Datastore:
    """What a datastore holds at one moment; an edit makes another one.

    Two compare equal if they hold the same configuration, so a snapshot is taken by keeping one.
    """

    def __init__(self, model: Node, tree: Tree) -> None:
        self.model = model
        self.tree = tree
        """For reading only: other datastores share parts of it."""

    def element(self) -> etree._Element:
        """The configuration as a new `<data>` element in the base namespace."""
        return element(self.model, self.tree)

    def xml(self) -> str:
        """The `<data>` element in canonical form (C14N): equal exactly where datastores are."""
        return self._canonical

    @functools.cached_property
    def _canonical(self) -> str:
        return etree.tostring(self.element(), method="c14n").decode()

    def __eq__(self, other: object) -> bool:
        return self.tree == other.tree if isinstance(other, Datastore) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._canonical)

    def __repr__(self) -> str:
        return f"Datastore({self._canonical})"
