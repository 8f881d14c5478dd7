"""What of an edit is not so yet, by what a device has said. Pure."""

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence

from docker_tor.common.errors import InvalidValue
from lxml import etree

from . import values
from .edits import BEFORE, FIRST, LAST, Edit, Insert, Leaf, Step, same
from .values import Text


class Difference(NamedTuple):
    """What a reply says: `edit` is what of it has to be sent, if anything."""

    edit: Optional[Edit]
    before: Dict[str, Any]
    after: Dict[str, Any]


def compare(edit: Edit, data: etree._Element, *, defaults: bool = False) -> Difference:
    """What of the edit is not so yet in `data`, the reply's `<data>` element. `defaults`: what is
    not told of in there has the model's default (RFC 6243, 2)."""
    found: Optional[etree._Element] = data
    place = ""
    for step in edit.steps:
        found = _match(step, found)
        place += f"/{_step(step)}"
        defaults = defaults and not (step.made and found is None)
    place = place[1:]
    if not edit.leaves:
        have = True if found is not None else None
        want = None if edit.delete else True
        moved = bool(have and want) and not _is_in_place(edit, found)
        send = edit if have != want or moved else None
        return Difference(send, {place: have}, {place: want})
    before: Dict[str, Any] = {}
    after: Dict[str, Any] = {}
    send_leaves: List[Leaf] = []
    for leaf in edit.leaves:
        path = f"{place}/{etree.QName(leaf.tag).localname}".lstrip("/")
        there = _there(leaf, found)
        if defaults and not there and not edit.delete:
            there = _default(leaf)
        missing = _missing(leaf, there, edit)
        before[path], after[path] = _shown(leaf, there), _shown_after(leaf, there, edit)
        if missing is not None:
            send_leaves.append(missing)
    if not send_leaves and _is_in_place(edit, found):
        return Difference(None, before, after)
    return Difference(edit._replace(leaves=tuple(send_leaves)), before, after)


def _there(leaf: Leaf, parent: Optional[etree._Element]) -> Dict[str, Text]:
    """The values of a leaf that are there, by their canonical form, in their order."""
    found: Dict[str, Text] = {}
    for element in [] if parent is None else parent.iterchildren(leaf.tag):
        text = element.text or ""
        found[values.canonical(leaf.kind, text, element.nsmap)] = Text(text)
    return found


def _default(leaf: Leaf) -> Dict[str, Text]:
    if leaf.default is None:
        return {}
    try:
        text = values.check(leaf.kind, leaf.default, "default")
    except InvalidValue:
        # An identity in a union goes by a prefix that only the YANG file knows.
        return {}
    return {same(leaf.kind, text): text}


def _missing(leaf: Leaf, there: Mapping[str, Text], edit: Edit) -> Optional[Leaf]:
    """What of a leaf has to be sent."""
    wanted = {same(leaf.kind, text): text for text in leaf.want}
    if edit.delete:
        if not leaf.many or leaf.want:
            gone = tuple(text for key, text in wanted.items() if key in there)
            if not leaf.many:
                return leaf._replace(want=()) if there else None
            return leaf._replace(want=gone) if gone else None
        # No value given: all of them, each named (RFC 6241, 7.2, deletes single nodes).
        return leaf._replace(want=tuple(there.values())) if there else None
    if leaf.many:
        new = tuple(text for key, text in wanted.items() if key not in there)
        values_only = edit.insert is not None and not edit.insert.entry
        if (
            edit.insert
            and values_only
            and not _leaf_list_in_place(edit.insert, list(wanted), list(there), leaf)
        ):
            new = leaf.want
        return leaf._replace(want=new) if new else None
    return leaf if list(wanted) != list(there) else None


def _shown(leaf: Leaf, there: Mapping[str, Text]) -> Any:
    if leaf.many:
        return [_plain(leaf, text) for text in there.values()]
    return next((_plain(leaf, text) for text in there.values()), None)


def _plain(leaf: Leaf, text: Text) -> Any:
    if leaf.secret:
        return values.HIDDEN
    return True if leaf.kind["base"] == "empty" else text.text


def _shown_after(leaf: Leaf, there: Mapping[str, Text], edit: Edit) -> Any:
    wanted = {same(leaf.kind, text): text for text in leaf.want}
    if edit.delete:
        left = {key: text for key, text in there.items() if leaf.want and key not in wanted}
        return [_plain(leaf, text) for text in left.values()] if leaf.many else None
    if not leaf.many:
        return _plain(leaf, leaf.want[0])
    return [_plain(leaf, text) for text in {**there, **wanted}.values()]


def _match(step: Step, parent: Optional[etree._Element]) -> Optional[etree._Element]:
    for candidate in [] if parent is None else parent.iterchildren(step.tag):
        if _has_keys(candidate, step.keys):
            return candidate
    return None


def _has_keys(entry: etree._Element, keys: Sequence[Leaf]) -> bool:
    for key in keys:
        found = entry.find(key.tag)
        if found is None:
            return False
        have = values.canonical(key.kind, found.text or "", found.nsmap)
        if have != same(key.kind, key.want[0]):
            return False
    return True


def _is_in_place(edit: Edit, entry: Optional[etree._Element]) -> bool:
    """Whether an entry that is there is where it was asked to be."""
    if edit.insert is None or not edit.insert.entry or entry is None:
        return True
    where, _, at = edit.insert
    neighbour = entry.getnext() if where in (LAST, BEFORE) else entry.getprevious()
    same = neighbour is not None and neighbour.tag == entry.tag
    if where in (FIRST, LAST):
        return not same
    return same and neighbour is not None and _has_keys(neighbour, at)


def _leaf_list_in_place(insert: Insert, new: List[str], there: List[str], leaf: Leaf) -> bool:
    if any(one not in there for one in new):
        return False
    begin, end = there.index(new[0]), there.index(new[-1])
    if there[begin : begin + len(new)] != new:
        return False
    if insert.where == FIRST:
        return begin == 0
    if insert.where == LAST:
        return end == len(there) - 1
    at = same(leaf.kind, insert.at[0].want[0])
    beside = there[end + 1 : end + 2] if insert.where == BEFORE else there[begin - 1 : begin]
    return beside == [at]


def _step(step: Step) -> str:
    keys = "".join(f"[{key.want[0].text}]" for key in step.keys)
    return f"{etree.QName(step.tag).localname}{keys}"
