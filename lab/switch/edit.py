"""What an edit-config makes of a configuration (RFC 6241, section 7.2); pure."""

from typing import Sequence

from lxml import etree

from .change import CREATE, DELETE, REPLACE, Change, read
from .datastore import Datastore
from .errors import SwitchError
from .schema import CONTAINER, LEAF, LEAF_LIST, LIST, Tree


def apply(before: Datastore, config: etree._Element) -> Datastore:
    """What `config` makes of `before`: all of it is applied or, with SwitchError, nothing."""
    tree = _applied(before.tree, read(before.model, config, one_command=before.laws.one_command))
    before.laws.settle(before.tree, tree)
    before.laws.check(before.tree, tree)
    return Datastore(before.model, tree, before.laws)


def _applied(tree: Tree, changes: Sequence[Change]) -> Tree:
    """`tree` with the changes in it. What they do not touch is the same object in both, and a
    container or list that they leave without anything is gone: where a container has no presence of
    its own, an empty one does not exist (RFC 7950, 7.5.1)."""
    after = dict(tree)
    for name in {change.node.name for change in changes if change.node.kind in (LIST, LEAF_LIST)}:
        after[name] = dict(after.get(name) or {})
    for change in changes:
        name = change.node.name
        if change.node.kind == CONTAINER:
            after[name] = _applied(after.get(name) or {}, change.children)
        elif change.node.kind in (LIST, LEAF_LIST):
            _apply(after[name], change.text, change)
        else:
            _apply(after, name, change)
    for change in changes:
        if change.node.kind != LEAF and not after.get(change.node.name):
            after.pop(change.node.name, None)
    return after


def _apply(tree: Tree, name: str, change: Change) -> None:
    """Changes the leaf or list entry that `tree` holds, or will hold, as `name`."""
    what = f"{change.node.name} {change.text}".strip()
    if change.operation == CREATE and name in tree:
        raise SwitchError("data-exists", f"{what} exists already", path=change.path)
    if change.operation == DELETE and name not in tree:
        raise SwitchError("data-missing", f"{what} does not exist", path=change.path)
    if change.operation == DELETE:
        _check_deleted(change)
        del tree[name]
    elif change.node.kind in (LEAF, LEAF_LIST):
        tree[name] = change.text if change.node.kind == LEAF else ""
    else:
        known = tree.get(name) if change.operation != REPLACE else None
        tree[name] = _applied(known or {change.node.key: change.text}, change.children)


def _check_deleted(change: Change) -> None:
    for child in change.children:
        if child.operation not in ("", DELETE):
            raise SwitchError(
                "bad-attribute",
                f"{child.operation} inside what is deleted",
                path=child.path,
                info=[("bad-attribute", "operation"), ("bad-element", child.node.name)],
            )
        _check_deleted(child)
