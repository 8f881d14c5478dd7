"""YANG files, as pyang resolves them: augments, groupings, choices, features, deviations."""

from pathlib import Path
from typing import Any, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

import pyang.context
import pyang.error
from pyang import statements

from .errors import GeneratorError
from .files import Repository
from .schema import ANY, CONTAINER, LEAF, LEAF_LIST, LIST, Model, Node
from .yang_types import Types

Statement = Any
"""A statement of pyang's, which publishes no types."""

_KINDS = {one: one for one in (CONTAINER, LIST, LEAF, LEAF_LIST)}
_KINDS.update(anyxml=ANY, anydata=ANY)
_THROUGH = ("choice", "case", "input")
_MOST_ERRORS = 10


class Sources(NamedTuple):
    """`folders` hold .yang files, each looked through with what is below; `modules` are those that
    count, with none all of them; `features` are, by module, the only ones of it that are there;
    `deviations` are modules, or files, that change others."""

    folders: Sequence[Path]
    modules: Sequence[str] = ()
    features: Mapping[str, Sequence[str]] = {}
    deviations: Sequence[str] = ()


def read(sources: Sources) -> Model:
    """The model that the modules make together.

    Raises GeneratorError for a folder that is not there or empty, a module that is missing (with
    who wants it), and for files that pyang refuses, each with its line.
    """
    repository = Repository(sources.folders)
    for name in sources.modules:
        if name not in repository.names:
            raise GeneratorError(f"--modules names {name}, which is in none of the folders")
    ctx = pyang.context.Context(repository)
    ctx.features = {module: list(names) for module, names in sources.features.items()}
    primary: List[Statement] = []
    for name in sources.modules or sorted(repository.names):
        module = ctx.search_module(pyang.error.Position("--modules"), name)
        if module is not None and module.keyword == "module":
            primary.append(module)
    for name in sources.deviations:
        ctx.deviation_modules.append(_deviation(ctx, name))
    ctx.validate()
    _check(ctx.errors)
    known = [one for one in ctx.modules.values() if one is not None]
    for module in known:
        module.prune()
    _check_features(sources.features, known)
    if not sources.modules:
        _check_augments(primary)
    return _Reader(ctx, known).model(primary)


def _check_augments(primary: Sequence[Statement]) -> None:
    """Refuse a module that augments one of pyang's own: its nodes would get no action."""
    there = {module.arg for module in primary}
    for module in primary:
        for augment in module.search("augment"):
            prefix = augment.arg.lstrip("/").partition(":")[0]
            target = module.i_prefixes.get(prefix, (module.arg,))[0]
            if target not in there:
                raise GeneratorError(
                    f'{augment.pos.label(True)}: it augments module "{target}", which is in none of'
                    " the folders; put it into one of the folders of --yang"
                )


def _deviation(ctx: Any, name: str) -> Statement:
    if name.endswith(".yang"):
        try:
            text = Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise GeneratorError(f"--deviations {name}: {error}") from None
        module = ctx.add_module(name, text)
    else:
        module = ctx.search_module(pyang.error.Position("--deviations"), name)
    if module is None:
        _check(ctx.errors)
        raise GeneratorError(f"--deviations names {name}, which cannot be read")
    return module


def _check(errors: Iterable[Tuple[Any, str, Any]]) -> None:
    told: List[str] = []
    for position, tag, arguments in errors:
        level = pyang.error.err_level(tag)
        if not pyang.error.is_error(level) or pyang.error.allow_warning(level):
            continue
        what = pyang.error.err_to_str(tag, arguments)
        if tag.startswith("MODULE_NOT_FOUND"):
            what += "; put it into one of the folders of --yang"
        told.append(f"{position.label(True)}: {what}")
    if told:
        more = len(told) - _MOST_ERRORS
        shown = told[:_MOST_ERRORS] + ([f"... and {more} more"] if more > 0 else [])
        raise GeneratorError("\n".join(shown))


def _check_features(features: Mapping[str, Sequence[str]], known: Sequence[Statement]) -> None:
    by_name = {module.arg: module for module in known}
    for name, wanted in features.items():
        if name not in by_name:
            raise GeneratorError(f"--features names {name}, which is no module here")
        there = by_name[name].i_features
        for feature in wanted:
            if feature not in there:
                has = ", ".join(sorted(there)) or "none"
                raise GeneratorError(f"--features: {name} has no feature {feature}; it has {has}")


class _Reader:
    """Statements to nodes."""

    def __init__(self, ctx: Any, known: Sequence[Statement]) -> None:
        self._ctx = ctx
        modules = [one for one in known if one.keyword == "module"]
        self._namespaces = {one.arg: _argument(one, "namespace") or "" for one in modules}
        self._revisions = {one.arg: _argument(one, "revision") or "" for one in modules}
        identities = [found for one in known for found in one.search("identity")]
        self._types = Types(identities, self._namespaces, self._refer)

    def model(self, primary: Sequence[Statement]) -> Model:
        """The nodes at the top of these modules, and their RPCs."""
        tops: List[Node] = []
        rpcs: List[Node] = []
        for module in sorted(primary, key=lambda one: str(one.arg)):
            for child in self._through(module):
                (rpcs if child.keyword == "rpc" else tops).append(self._node(child))
        return Model(tops, rpcs, self._namespaces, self._revisions)

    def _through(self, statement: Statement) -> List[Statement]:
        """Its data nodes and RPCs, those in choices too."""
        found: List[Statement] = []
        for child in getattr(statement, "i_children", ()):
            if child.keyword in _THROUGH:
                found.extend(self._through(child))
            elif child.keyword in _KINDS or child.keyword == "rpc":
                found.append(child)
        return found

    def _node(self, statement: Statement) -> Node:
        kind = _KINDS.get(statement.keyword, CONTAINER)
        module = statement.i_module.i_modulename
        leaf = kind in (LEAF, LEAF_LIST)
        return Node(
            name=statement.arg,
            kind=kind,
            module=module,
            namespace=self._namespaces[module],
            config=bool(getattr(statement, "i_config", True)),
            description=_argument(statement, "description") or "",
            notes=_notes(statement),
            children=[self._node(child) for child in self._through(statement)],
            keys=[key.arg for key in getattr(statement, "i_key", None) or ()],
            presence=statement.search_one("presence") is not None,
            user_ordered=_argument(statement, "ordered-by") == "user",
            mandatory=_argument(statement, "mandatory") == "true"
            and statement.parent.keyword != "case",
            type=self._types.of(statement) if leaf else None,
            default=_default(statement) if kind == LEAF else None,
        )

    def _refer(self, leaf: Statement, spec: Any) -> Optional[Statement]:
        """The leaf that a leafref of this leaf points to."""
        target = getattr(spec, "i_target_node", None)
        if leaf.i_leafref is not spec or target is None:
            found = statements.validate_leafref_path(
                self._ctx, leaf, spec.path_spec, spec.path_, accept_non_config_target=True
            )
            target = found[0] if found else None
        return target


def _argument(statement: Statement, keyword: str) -> Optional[str]:
    found = statement.search_one(keyword)
    return None if found is None else str(found.arg)


def _default(leaf: Statement) -> Optional[str]:
    """Its own, or its type's."""
    found = _argument(leaf, "default")
    kind = leaf.search_one("type")
    while found is None and kind is not None:
        typedef = getattr(kind, "i_typedef", None)
        if typedef is None:
            break
        found = _argument(typedef, "default")
        kind = typedef.search_one("type")
    return found


def _notes(statement: Statement) -> List[str]:
    """What is to be known of a node, a sentence each."""
    notes: List[str] = []
    units, status = _argument(statement, "units"), _argument(statement, "status")
    if units:
        notes.append(f"In {units}.")
    for must in statement.search("must"):
        why = _argument(must, "error-message") or _argument(must, "description")
        notes.append(f"Only if {_line(must.arg)}" + (f" ({_line(why)})." if why else "."))
    notes += [f"Is there when {_line(when.arg)}." for when in statement.search("when")]
    notes += [
        f"Is there when {when}, seen from the node above." for when in _whens_above(statement)
    ]
    if _argument(statement, "mandatory") == "true":
        notes.append("Mandatory.")
    for keyword, word in (("min-elements", "At least"), ("max-elements", "At most")):
        number = _argument(statement, keyword)
        if number and number != "unbounded":
            notes.append(f"{word} {number} of them.")
    if _argument(statement, "ordered-by") == "user":
        notes.append("Ordered by the user.")
    if status and status != "current":
        notes.append(f"Status: {status}.")
    if statement.parent.keyword == "case":
        choice = statement.parent.parent
        others = [case.arg for case in choice.i_children if case is not statement.parent]
        if others:
            notes.append(f"Instead of {', '.join(others)} (choice {choice.arg}).")
    return notes


def _whens_above(statement: Statement) -> Iterator[str]:
    """What `when` says of a node in the choice, case, augment or uses that it comes by."""
    inherited = getattr(statement.parent, "i_uses", ())
    by = [one for one in getattr(statement, "i_uses", ()) if one not in inherited]
    augment = getattr(statement, "i_augment", None)
    by += [augment] if augment is not None else []
    if statement.parent.keyword in ("choice", "case"):
        by.append(statement.parent)
        yield from _whens_above(statement.parent)
    for one in by:
        yield from (_line(when.arg) for when in one.search("when"))


def _line(text: str) -> str:
    return " ".join(text.split())
