"""What an edit-config makes of a configuration (RFC 6241, section 7.2); pure."""

from typing import Optional, Sequence

from lxml import etree

from . import rules
from .change import CREATE, DELETE, MERGE, NONE, REPLACE, Change, read
from .datastore import Datastore
from .errors import SwitchError
from .schema import LEAF, LIST, Tree


def apply(
    before: Datastore, config: etree._Element, default: str = MERGE, blank: Optional[Tree] = None
) -> Datastore:
    """The configuration that `config` makes of `before`, all of it or, with SwitchError, nothing.

    `default` is the default-operation: "merge", "replace" or "none". Replacing starts from `blank`,
    the configuration of a switch that nobody has configured.
    """
    changes = read(before.model, config)
    start = (blank or {}) if default == REPLACE else before.tree
    tree = _applied(start, changes, NONE if default == NONE else MERGE)
    rules.settle(before.tree, tree)
    rules.check(before.tree, tree)
    return Datastore(before.model, tree)


def _applied(tree: Tree, changes: Sequence[Change], inherited: str) -> Tree:
    """`tree` with the changes in it. What they do not touch is the same object in both, and a
    container or list that they leave without anything is gone: where a container has no presence of
    its own, an empty one does not exist (RFC 7950, 7.5.1)."""
    after = dict(tree)
    for name in {change.node.name for change in changes if change.node.kind == LIST}:
        after[name] = dict(after.get(name) or {})
    for change in changes:
        operation = change.operation or inherited
        if change.node.kind == LEAF:
            _apply_leaf(after, change, operation)
        elif change.node.kind == LIST:
            _apply_entry(after[change.node.name], change, operation)
        else:
            inner = after.get(change.node.name) or {}
            after[change.node.name] = _applied(inner, change.children, operation)
    for change in changes:
        if change.node.kind != LEAF and not after.get(change.node.name):
            after.pop(change.node.name, None)
    return after


def _apply_leaf(tree: Tree, change: Change, operation: str) -> None:
    name = change.node.name
    _check_presence(name in tree, change, operation)
    if operation == DELETE:
        del tree[name]
    elif operation != NONE:
        tree[name] = change.text


def _apply_entry(entries: Tree, change: Change, operation: str) -> None:
    key = change.text
    _check_presence(key in entries, change, operation)
    if operation == DELETE:
        _check_deleted(change)
        del entries[key]
        return
    known = entries.get(key) if operation != REPLACE else None
    # What stands below a created or replaced node is new in any case.
    entries[key] = _applied(
        known or {change.node.key: key}, change.children, NONE if operation == NONE else MERGE
    )


def _check_presence(present: bool, change: Change, operation: str) -> None:
    if operation == CREATE and present:
        raise SwitchError("data-exists", f"{_label(change)} exists already", path=change.path)
    if operation in (DELETE, NONE) and not present:
        raise SwitchError("data-missing", f"{_label(change)} does not exist", path=change.path)


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


def _label(change: Change) -> str:
    return f"{change.node.name} {change.text}".strip()
