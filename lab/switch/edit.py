"""What an edit-config makes of a configuration (RFC 6241, section 7.2); pure."""

from typing import Optional, Sequence

from lxml import etree

from . import rules
from .change import CREATE, DELETE, MERGE, NONE, REPLACE, Change, read
from .datastore import Datastore
from .errors import SwitchError
from .schema import LEAF, LIST, Tree, tidy


def apply(
    before: Datastore, config: etree._Element, default: str = MERGE, blank: Optional[Tree] = None
) -> Datastore:
    """The configuration that `config` makes of `before`, all of it or, with SwitchError, nothing.

    `default` is the default-operation: "merge", "replace" or "none". Replacing starts from `blank`,
    the configuration of a switch that nobody has configured.
    """
    model = before.model
    changes = read(model, config)
    tree = tidy(model, (blank or {}) if default == REPLACE else before.tree)
    _apply(tree, changes, NONE if default == NONE else MERGE)
    rules.settle(before.tree, tree)
    rules.check(before.tree, tree)
    return Datastore(model, tree)


def _apply(tree: Tree, changes: Sequence[Change], inherited: str) -> None:
    for change in changes:
        if change.node.kind == LEAF:
            _apply_leaf(tree, change, change.operation or inherited)
        elif change.node.kind == LIST:
            _apply_entry(tree, change, change.operation or inherited)
        else:
            inner = tree.setdefault(change.node.name, {})
            _apply(inner, change.children, change.operation or inherited)


def _apply_leaf(tree: Tree, change: Change, operation: str) -> None:
    name = change.node.name
    _check_presence(name in tree, change, operation)
    if operation == DELETE:
        del tree[name]
    elif operation != NONE:
        tree[name] = change.text


def _apply_entry(tree: Tree, change: Change, operation: str) -> None:
    entries = tree.setdefault(change.node.name, {})
    key = change.text
    _check_presence(key in entries, change, operation)
    if operation == DELETE:
        _check_deleted(change)
        del entries[key]
        return
    if operation == REPLACE or key not in entries:
        entries[key] = {change.node.key: key}
    # What stands below a created or replaced node is new in any case.
    _apply(entries[key], change.children, NONE if operation == NONE else MERGE)


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
